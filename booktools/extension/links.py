"""Lead from what a cell shows to another page of the book, wherever the cell stands.

A cell does not know its page; it writes ``href="page:book/name#place"``.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

_LINK = re.compile(r'(?<=href=")page:([\w/-]+)(?=[#"])')
_logger = logging.getLogger(__name__)


def find_ways(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Lead from a page's body to the others."""
    if "body" in context:
        context["body"] = with_ways(app, page, context["body"])


def with_ways(app: Sphinx, page: str, html: str) -> str:
    """Replace the names of pages by the ways to them; name those that the book does not have.

    page: where the HTML will stand, as the book names its pages.
    """

    def way(found: re.Match[str]) -> str:
        if found[1] not in app.env.found_docs:
            _logger.warning(
                "a cell of %s leads to %s, which the book does not have", page, found[1]
            )
            return "#"
        return app.builder.get_relative_uri(page, found[1])

    return _LINK.sub(way, html)


def setup(app: Sphinx) -> None:
    """Register the hook."""
    app.connect("html-page-context", find_ways)
