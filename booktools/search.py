"""Write what the search page finds: every place of the book, in one file that a page can load.

A script makes the index of it in the reader's browser, with the same rules for words on both sides;
it is loaded as a script, so that the search works from a folder without a server too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from booktools.embedding import script_json
from booktools.files import write_changed
from booktools.passages import as_row, read_page

FILE = "places.js"
STYLE = "search/search.css"
PAGE = "search"


def write_places(site: Path, pages: Iterable[str]) -> None:
    """Write the places of these pages, in this order, for the site's search page."""
    found: dict[str, list[Any]] = {"pages": [], "places": []}
    for page in pages:
        places = read_page((site / f"{page}.html").read_text(encoding="utf-8"))
        if places:
            rows = [as_row(len(found["pages"]), place) for place in places]
            found["pages"].append([f"{page}.html", places[0].title])
            found["places"].extend(rows)
    write_changed(site / FILE, f"globalThis.vgPlaces = {script_json(found)};\n")


def pages_in_order(app: Sphinx) -> Iterator[str]:
    """Yield every page of the book, those of its contents first, as they follow each other."""
    order = dict.fromkeys(app.env.collect_relations())
    yield from (page for page in order if page in app.env.found_docs)
    yield from sorted(app.env.found_docs - order.keys())


def write_after_build(app: Sphinx, exception: Exception | None) -> None:
    """Read the site that Sphinx has just written."""
    if exception is None and app.builder.format == "html":
        write_places(Path(app.outdir), pages_in_order(app))


def link_style(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the search page its own stylesheet."""
    if page == PAGE:
        app.add_css_file(STYLE, priority=910)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Write after every build; the search page's scripts are in booktools/static/search."""
    app.connect("html-page-context", link_style)
    app.connect("build-finished", write_after_build, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
