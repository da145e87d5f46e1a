"""Put the book's own page templates before the theme's."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.config import Config

from booktools.extension.messages import ROOT

TEMPLATES = ROOT / "book" / "_templates"


def prefer_own(app: Sphinx, config: Config) -> None:
    """Let Sphinx look for templates in book/_templates first."""
    config.templates_path = [str(TEMPLATES), *config.templates_path]


def setup(app: Sphinx) -> None:
    """Register the folder after the themes have registered theirs."""
    app.connect("config-inited", prefer_own, priority=900)
