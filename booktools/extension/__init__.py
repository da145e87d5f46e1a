"""The Sphinx extension that makes one book speak six languages."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from booktools.extension import (
    captions,
    comments,
    fallback,
    glossary,
    page,
    prompts,
    quiz,
    site,
    templates,
    theme,
    untranslatable,
)

PARTS = (
    theme,
    comments,
    untranslatable,
    captions,
    glossary,
    quiz,
    prompts,
    fallback,
    site,
    page,
    templates,
)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register every part of the extension."""
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
