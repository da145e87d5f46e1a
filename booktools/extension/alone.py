"""Give a figure that can stand alone a page of its own, to embed, and a file of its numbers.

The library names both in the figure's HTML, ``own:name.html`` and ``own:name.csv``, where name is
the figure's id; its numbers are the output's CSV.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from booktools.extension.links import with_ways
from booktools.extension.messages import current_language
from booktools.files import write_changed
from booktools.painting import NUMBERS, painted_path, read_painted

FOLDER = "embed"
TEMPLATE = "vg-embed.html"
_HTML = "text/html"
_ID = re.compile(r'<\w+\b[^>]*? id="([\w-]+)"')
_ANCHOR = re.compile(r"</?a\b[^>]*>")
_CAPTION = re.compile(r"<figcaption\b.*?</figcaption>", re.DOTALL)
_FIGURE = re.compile(r'<figure\b[^>]*class="vg-numbered".*?</figcaption>', re.DOTALL)


@dataclass(frozen=True)
class Alone:
    """A figure that can stand alone: its id, its HTML, its numbers."""

    name: str
    html: str
    numbers: str


def add_files(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Write the files of this page's figures; turn their names into ways."""
    if doctree is None or app.builder.format != "html":
        return
    place = PurePosixPath(FOLDER, page)
    written: set[str] = set()
    for figure in _figures(app, page):
        files = {
            f"{place.name}.{figure.name}.html": _page(app, page, figure, context),
            f"{place.name}.{figure.name}.csv": f"\ufeff{figure.numbers}",  # which Excel needs
        }
        for name, text in files.items():
            write_changed(Path(app.outdir, place).with_name(name), text)
        written.update(files)
        context["body"] = with_files(
            context["body"], figure.name, f"{context['content_root']}{place}"
        )
    _remove_others(Path(app.outdir, place), written)


def with_files(html: str, name: str, place: str) -> str:
    """Replace the names of a figure's files by the ways to them."""
    return re.sub(rf'(?<=")own:({re.escape(name)}\.(?:html|csv))(?=")', rf"{place}.\1", html)


def caption(body: str, name: str) -> str:
    """Return the caption below a figure on its page without its links, "" where it has none."""
    for figure in _FIGURE.findall(body):
        if f' id="{name}"' in figure:
            return _ANCHOR.sub("", _CAPTION.findall(figure)[-1])
    return ""


def _figures(app: Sphinx, page: str) -> Iterator[Alone]:
    root, language = Path(app.srcdir), current_language(app).code
    painted = read_painted(painted_path(root, language, page))
    for output in (one for cell in painted.outputs for one in cell) if painted else ():
        data = output.get("data", {})
        found = _ID.match(data.get(_HTML, ""))
        if found and NUMBERS in data:
            yield Alone(found[1], data[_HTML], data[NUMBERS])


def _page(app: Sphinx, page: str, figure: Alone, context: Mapping[str, Any]) -> str:
    here = f"{FOLDER}/{page}"
    root = "../" * here.count("/")
    files = [
        name
        for kind, names in app.config.book_assets.items()
        for name in names
        if kind in figure.html
    ]
    # To a page that is embedded already, there is no code to embed it.
    html = re.sub(
        rf'(?<=")own:(?={re.escape(figure.name)}\.csv")',
        f"{PurePosixPath(page).name}.",
        figure.html,
    )
    return str(
        app.builder.templates.render(
            TEMPLATE,
            {
                "language": current_language(app),
                "title": context["title"],
                "book": context["docstitle"],
                "licence": context.get("licence", ""),
                "figure": with_ways(app, here, html),
                "caption": caption(context["body"], figure.name),
                "home": f"{root}{app.builder.get_target_uri(page)}#{figure.name}",
                "root": root,
                "styles": [name for name in files if name.endswith(".css")],
                "scripts": [name for name in files if name.endswith(".js")],
            },
        )
    )


def _remove_others(place: Path, written: set[str]) -> None:
    """Remove the files of figures that this page no longer has."""
    for path in place.parent.glob("*.*.*"):
        if path.name.rsplit(".", 2)[0] == place.name and path.name not in written:
            path.unlink()


def setup(app: Sphinx) -> None:
    """Write the files when the page's context is complete."""
    app.connect("html-page-context", add_files, priority=850)
