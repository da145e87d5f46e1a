"""Bring a new translation of a page's surroundings onto pages whose own text did not change."""

from __future__ import annotations

import hashlib

from sphinx.application import Sphinx
from sphinx.config import Config

from booktools.book import OWN_DOMAINS
from booktools.extension.messages import catalogue_path


def note_words(app: Sphinx, config: Config) -> None:
    """Remember the catalogues that every page shows: Sphinx itself compares each page's own."""
    digest = hashlib.sha256()
    for domain in OWN_DOMAINS:
        path = catalogue_path(app, config.language, domain)
        digest.update(path.read_bytes() if path else b"")
    config.book_words = digest.hexdigest()[:16]


def setup(app: Sphinx) -> None:
    """Register the words as a setting on which every page depends."""
    app.add_config_value("book_words", "", "env")
    app.connect("config-inited", note_words)
