"""Write what the search page finds: every place of the book, in one file that a page can load.

A script makes the index of it in the reader's browser, with the same rules for words on both sides;
it is loaded as a script, so that the search works from a folder without a server too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from booktools.embedding import script_json
from booktools.extension.messages import book_of, current_language
from booktools.extension.site import link_signs
from booktools.faults import BuildError
from booktools.files import write_changed
from booktools.passages import Place, as_row, read_page

FILE = "places.js"
SOUGHT = "searches.toml"  # in a language's folder
STYLE = "search/search.css"
PAGE = "search"


Sought = Mapping[str, Sequence[str]]


def read_sought(path: Path) -> Sought:
    """Return place -> words of queries that look for it; none where there is no such file.

    Raises BuildError where it is no table of lists of words.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise BuildError(f"{path} must be TOML in UTF-8, got: {error}; correct it") from None
    for place, queries in found.items():
        if not (isinstance(queries, list) and all(isinstance(one, str) for one in queries)):
            raise BuildError(
                f"{path}: {place} must have a list of queries, got {queries!r}; "
                f'write "{place}" = ["words of a query", …]'
            )
    return found


def write_places(site: Path, pages: Iterable[str], sought: Sought = MappingProxyType({})) -> None:
    """Write the places of these pages, in this order, for the site's search page.

    sought: page or page#section -> words of queries that look for it.
    Raises BuildError where the site has no such place.
    """
    found: dict[str, list[Any]] = {"pages": [], "places": []}
    rest = dict(sought)
    for page in pages:
        read = read_page((site / f"{page}.html").read_text(encoding="utf-8"))
        places = [_with_queries(page, place, rest) for place in read]
        if places:
            rows = [as_row(len(found["pages"]), place) for place in places]
            found["pages"].append([f"{page}.html", places[0].title])
            found["places"].extend(rows)
    if rest:
        raise BuildError(
            f"{SOUGHT} leads to {min(rest)}, which is no place of the book; correct it"
        )
    write_changed(site / FILE, f"globalThis.vgPlaces = {script_json(found)};\n")


def _with_queries(page: str, place: Place, rest: dict[str, Sequence[str]]) -> Place:
    """Give a page or section the queries that look for it, which then leave the rest."""
    if place.kind not in ("page", "section", "list"):
        return place
    queries = rest.pop(f"{page}#{place.anchor}" if place.anchor else page, ())
    return replace(place, names=tuple(queries))


def pages_in_order(app: Sphinx) -> Iterator[str]:
    """Yield every page of the book, those of its contents first, as they follow each other."""
    order = dict.fromkeys(app.env.collect_relations())
    yield from (page for page in order if page in app.env.found_docs)
    yield from sorted(app.env.found_docs - order.keys())


def write_after_build(app: Sphinx, exception: Exception | None) -> None:
    """Read the site that Sphinx has just written."""
    if exception is None and app.builder.format == "html":
        folder = book_of(app).language_folder(current_language(app).code)
        write_places(Path(app.outdir), pages_in_order(app), read_sought(folder / SOUGHT))


def link_style(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the search page its own stylesheet, and what its words need."""
    if page == PAGE:
        app.add_css_file(STYLE, priority=910)
        link_signs(app)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Write after every build; the search page's scripts are in booktools/static/search."""
    app.connect("html-page-context", link_style)
    app.connect("build-finished", write_after_build, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
