"""The Sphinx extension that makes one book speak six languages."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from booktools.extension import (
    alone,
    bundle,
    captions,
    cards,
    citations,
    colophon,
    comments,
    described,
    downloads,
    fallback,
    foreign,
    glossary,
    head,
    landing,
    links,
    made,
    message_parser,
    numbered,
    offline,
    outputs,
    page,
    predictions,
    prompts,
    prose_tables,
    quiz,
    safe_messages,
    scriptless,
    site,
    sources,
    streams,
    taking,
    templates,
    theme,
    translations,
    unbroken,
    untranslatable,
    uses,
    ways,
    words,
)
from booktools.versions import tools_version

PARTS = (
    theme,
    comments,
    untranslatable,
    words,
    captions,
    glossary,
    links,
    message_parser,
    safe_messages,
    described,
    downloads,
    uses,
    quiz,
    numbered,
    predictions,
    prompts,
    fallback,
    site,
    made,
    streams,
    outputs,
    citations,
    sources,
    foreign,
    unbroken,
    prose_tables,
    landing,
    cards,
    scriptless,
    page,
    alone,
    head,
    colophon,
    ways,
    taking,
    bundle,
    templates,
    translations,
    offline,
)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register every part of the extension."""
    # A page read by other code must be read again.
    app.add_config_value("book_tools", tools_version(), "env")
    app.add_config_value("book_packages", {}, "")  # read by `Book`
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
