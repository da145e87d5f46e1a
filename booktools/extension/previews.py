"""Give each page the picture that a shared link shows, and its first figure as a file of its own.

Both only where the book's address is known: others show them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

from sphinx.application import Sphinx

from booktools.extension.messages import book_of
from booktools.files import made_once, write_changed
from booktools.preview import Preview, curves_of, draw, first_figure
from booktools.published import PREVIEWS, figure_name

CACHE = "_build/cache/previews"


def picture_of(app: Sphinx, page: str, title: str, book: str, direction: str, body: str) -> str:
    """Write the picture of a page; return its address, "" where it cannot be drawn or named."""
    if not app.config.html_baseurl:
        return ""
    data = _drawn(app, Preview(title, book, direction, curves_of(body)))
    if not data:
        return ""
    name = f"{PREVIEWS}/{page}.png"
    write_changed(Path(app.outdir) / name, data)
    return f"{app.config.html_baseurl}{quote(name)}"


def publish_figure(app: Sphinx, page: str, body: str) -> None:
    """Write the first figure of a page, which its notebook shows before any cell has run."""
    figure = first_figure(body) if app.config.html_baseurl else ""
    if figure:
        write_changed(Path(app.outdir) / figure_name(page), figure.encode())


def _drawn(app: Sphinx, preview: Preview) -> bytes:
    """Return a picture, drawn where no earlier build has kept it."""
    digest = hashlib.sha256(f"{app.config.book_tools}{preview}".encode()).hexdigest()[:24]
    kept = book_of(app).root / CACHE / f"{digest}.json"
    return made_once(kept, lambda: draw(preview, _fonts(app)))


def _fonts(app: Sphinx) -> list[Path]:
    return [book_of(app).root / name for name in app.config.book_fonts]
