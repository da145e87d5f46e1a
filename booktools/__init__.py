"""One book in several languages: sites, notebooks, checked catalogues. Never imports torch."""

from importlib.metadata import packages_distributions
from pathlib import Path


def missing(error: ModuleNotFoundError) -> str:
    """Return a sentence with the line that installs what these tools need."""
    folder = Path(__file__).parents[1]
    cloned = (folder / "requirements.txt").is_file()
    distribution = packages_distributions().get(__name__, [__name__])[0]
    remedy = (
        f'pip install -r "{folder / "requirements.txt"}" -e "{folder}"'
        if cloned
        else f'pip install "{distribution}[book]"'
    )
    return f"booktools needs {error.name}, which is not installed: run {remedy}"
