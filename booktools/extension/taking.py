"""What a reader takes along: a printed page with its origin, and the book as one file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import _, get_translator

from booktools.downloads import EPUB, PDF, VARIABLE, ZIP, edition_path
from booktools.extension.messages import book_of, current_language

_FOLDED = ("vg-quiz-answer", "tag_solution", "sd-dropdown")


def add_ways_to_take(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Tell the page's template what can be opened for printing, and which files there are."""
    body = context.get("body", "")
    context["has_solutions"] = any(name in body for name in _FOLDED)
    author = book_of(app).author
    names = [context.get("docstitle"), author and get_translator().gettext(author)]
    context["imprint"] = " · ".join(filter(None, names))
    context["editions"] = [
        (text, context["content_root"] + edition_path(book_of(app), current_language(app), kind))
        for kind, text in _offers()
        if kind in app.config.book_editions
    ]


def say_what_needs_a_server(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Tell the page's template whether it loads modules, which a browser takes from no file."""
    scripts = context.get("script_files", ())
    kinds = [getattr(script, "attributes", {}).get("type") for script in scripts]
    context["needs_server"] = "module" in kinds


def _offers() -> Iterator[tuple[str, str]]:
    yield ZIP, _("The book to read without a network (ZIP)")
    yield EPUB, _("The book for e-readers (EPUB)")
    yield PDF, _("The book to print (PDF)")


def find_editions(app: Sphinx, config: Config) -> None:
    """Note which files this build will be followed by; pages change with it."""
    config.book_editions = sorted(os.environ.get(VARIABLE, "").split())


def setup(app: Sphinx) -> None:
    """Register the page's context, after the theme has added its own."""
    app.add_config_value("book_editions", [], "html")
    app.add_config_value("book_fonts", [], "")  # read by `booktools.editions`
    app.connect("config-inited", find_editions)
    app.connect("html-page-context", add_ways_to_take, priority=810)
    app.connect("html-page-context", say_what_needs_a_server, priority=910)
