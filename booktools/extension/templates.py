"""Put these tools' page templates before the theme's."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

TEMPLATES = Path(__file__).parents[1] / "templates"


def prefer_own(app: Sphinx, config: Config) -> None:
    """Let Sphinx look for templates here first."""
    config.templates_path = [str(TEMPLATES), *config.templates_path]


def setup(app: Sphinx) -> None:
    """Register the folder after the themes have registered theirs."""
    app.connect("config-inited", prefer_own, priority=900)
