"""Give a cited work an address that stays, and find what formats the works only once."""

from __future__ import annotations

from pybtex.plugin import find_plugin, register_plugin  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.config import Config

PLUGINS = (
    ("pybtex.backends", "docutils"),
    ("pybtex.backends", "plaintext"),
    ("pybtex.style.formatting", "plain"),
)


ADDRESS = "cite-{key}"  # a number would change with each work that comes before


def name_works(app: Sphinx, config: Config) -> None:
    """Give each work of the bibliography its key as its place, where a book says no other."""
    if "bibtex_cite_id" in config and not config.bibtex_cite_id:
        config.bibtex_cite_id = ADDRESS


def setup(app: Sphinx) -> None:
    """Register what has been found: pybtex looks there first, else through all packages."""
    app.connect("config-inited", name_works)
    for group, name in PLUGINS:
        register_plugin(group, name, find_plugin(group, name), force=True)
