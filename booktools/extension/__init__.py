"""The Sphinx extension that makes one book speak six languages."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from booktools.extension import (
    captions,
    citations,
    comments,
    downloads,
    fallback,
    glossary,
    message_parser,
    numbered,
    outputs,
    page,
    prompts,
    quiz,
    safe_messages,
    site,
    streams,
    templates,
    theme,
    translations,
    untranslatable,
    uses,
    words,
)

PARTS = (
    theme,
    comments,
    untranslatable,
    words,
    captions,
    glossary,
    message_parser,
    safe_messages,
    downloads,
    uses,
    quiz,
    numbered,
    prompts,
    fallback,
    site,
    streams,
    outputs,
    citations,
    page,
    templates,
    translations,
)


def own_version() -> str:
    """Return a digest of this package's code: a page read by other code must be read again."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register every part of the extension."""
    app.add_config_value("book_tools", own_version(), "env")
    app.add_config_value("book_packages", {}, "")  # read by `Book`
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
