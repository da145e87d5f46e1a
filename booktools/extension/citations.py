"""Find what formats the citations once: pybtex looks through all installed packages each time."""

from __future__ import annotations

from pybtex.plugin import find_plugin, register_plugin  # type: ignore[import-untyped]
from sphinx.application import Sphinx

PLUGINS = (
    ("pybtex.backends", "docutils"),
    ("pybtex.backends", "plaintext"),
    ("pybtex.style.formatting", "plain"),
)


def setup(app: Sphinx) -> None:
    """Register what has been found: pybtex looks there first."""
    for group, name in PLUGINS:
        register_plugin(group, name, find_plugin(group, name), force=True)
