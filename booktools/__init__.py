"""One book in several languages: sites, notebooks, checked catalogues. Never imports torch."""
