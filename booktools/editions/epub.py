"""Write a built book as an EPUB 3: its pages as XHTML, its figures as they first stand."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from html import escape
from mimetypes import guess_type
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from urllib.parse import quote, urlsplit
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from bs4 import Tag

from booktools.editions.reading import Chapter, ReadBook

_FOLDER = "OEBPS"
_STYLE = Path(__file__).with_name("epub.css")
_STYLES = {"displaystyle", "scriptlevel"}  # of a formula's part
_ALLOWED = {"mstyle": _STYLES, "math": _STYLES, "mtable": {"displaystyle"}}
_ROWS = {"mtr", "mtd"}  # which stand in a table, where nothing else may
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
_CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""
_PACKAGE = """<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"
xml:lang="{tag}" dir="{direction}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">{identifier}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:language>{tag}</dc:language>
{further}
<meta property="dcterms:modified">{modified}</meta>
<meta name="cover" content="cover-image"/>
</metadata>
<manifest>
{items}
</manifest>
<spine page-progression-direction="{direction}">
{spine}
</spine>
</package>
"""
_PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"
lang="{tag}" xml:lang="{tag}" dir="{direction}">
<head><title>{title}</title><link rel="stylesheet" href="{root}style.css"/></head>
<body>
{body}
</body>
</html>
"""
_COVER = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 800"
role="img" aria-label="{title}">
<rect width="600" height="800" fill="#0b2f57"/>
{bars}
<text x="300" y="{y}" direction="{direction}" xml:lang="{tag}"
text-anchor="middle" font-family="sans-serif" font-size="{size}" fill="#fff">{lines}</text>
</svg>
"""


@dataclass(frozen=True)
class Item:
    """A file of the EPUB: its path in the package, its content, what the manifest says of it."""

    path: str
    content: str | bytes
    kind: str = "application/xhtml+xml"
    properties: str = ""
    in_spine: bool = False


@dataclass(frozen=True)
class Origin:
    """What the metadata say beyond the book's own words."""

    author: str
    rights: str
    address: str
    revised: int


def write_epub(read: ReadBook, target: Path, origin: Origin) -> None:
    """Write the EPUB; equal books become equal files."""
    items = list(_items(read))
    files = [
        ("META-INF/container.xml", _CONTAINER),
        (f"{_FOLDER}/package.opf", _package(read, items, origin)),
        *((f"{_FOLDER}/{item.path}", item.content) for item in items),
    ]
    with ZipFile(target, "w") as archive:
        archive.writestr(_entry("mimetype", ZIP_STORED), "application/epub+zip")
        for name, content in files:
            archive.writestr(_entry(name), content)


def _entry(name: str, compression: int = ZIP_DEFLATED) -> ZipInfo:
    entry = ZipInfo(name, _LONG_AGO)
    entry.compress_type = compression
    entry.external_attr = 0o644 << 16
    return entry


def _items(read: ReadBook) -> Iterator[Item]:
    yield Item("cover.svg", _cover(read), "image/svg+xml", "cover-image")
    cover = (
        f'<section epub:type="cover"><img src="cover.svg" alt="{escape(read.title)}"/></section>'
    )
    yield Item("cover.xhtml", _page(read, read.title, cover), in_spine=True)
    title = f"<h1>{escape(read.title)}</h1>\n{read.notice}"
    yield Item("title.xhtml", _page(read, read.title, title), in_spine=True)
    contents = _page(read, read.contents, _contents(read))
    yield Item("nav.xhtml", contents, properties="nav", in_spine=True)
    yield Item("style.css", _STYLE.read_text(encoding="utf-8"), "text/css")
    pictures: dict[str, None] = {}
    for chapter in read.chapters:
        yield _chapter(read, chapter)
        pictures |= dict.fromkeys(_pictures(chapter))
    for path in pictures:
        yield Item(path, (read.site / path).read_bytes(), guess_type(path)[0] or "")


def _chapter(read: ReadBook, chapter: Chapter) -> Item:
    text, folder = copy(chapter.text), dirname(chapter.page) or "."
    for link in text.find_all("a", href=True):
        address = urlsplit(str(link["href"]))
        if not address.scheme and address.path:
            there = relpath(address.path, folder).removesuffix(".html") + ".xhtml"
            link["href"] = quote(there) + (f"#{address.fragment}" if address.fragment else "")
    _keep_direction(text)
    _say_styles_apart(text)
    body = f"<section>{text.decode_contents()}</section>"
    found = [name for name in ("math", "svg") if text.find(name)]
    names = {"math": "mathml", "svg": "svg"}
    return Item(
        f"{chapter.page}.xhtml",
        _page(read, chapter.title, body, "../" * chapter.page.count("/")),
        properties=" ".join(names[name] for name in found),
        in_spine=True,
    )


def _keep_direction(text: Tag) -> None:
    """Let code, formulas and figures run from left to right: an EPUB's style may not say so."""
    for tag in text.find_all(["pre", "code", "math"]):
        tag["dir"] = "ltr"
    for figure in text.find_all("svg"):
        figure["direction"] = "ltr"


def _say_styles_apart(text: Tag) -> None:
    """Write as EPUB's MathML 3 and ARIA 1.1 do what newer HTML says at more elements."""
    for formula in text.find_all("math"):
        for tag in formula.find_all(True):
            names = (_STYLES & tag.attrs.keys()) - _ALLOWED.get(tag.name, set())
            style = {name: tag.attrs.pop(name) for name in names}
            if style and tag.name not in _ROWS:
                tag.wrap(Tag(name="mstyle", attrs=style))
    for entry in text.select('[role="doc-biblioentry"]'):
        del entry["role"]


def _pictures(chapter: Chapter) -> Iterator[str]:
    for picture in chapter.text.find_all("img", src=True):
        yield normpath(join(dirname(chapter.page), str(picture["src"])))


def _page(read: ReadBook, title: str, body: str, root: str = "") -> str:
    return _PAGE.format(
        tag=read.language.tag,
        direction=read.language.direction,
        title=escape(title),
        root=root,
        body=body,
    )


def _contents(read: ReadBook) -> str:
    parts = [(escape(part.caption), "".join(map(_way, part.chapters))) for part in read.parts]
    lines = [
        f"<li><span>{caption}</span><ol>{ways}</ol></li>" if caption else ways
        for caption, ways in parts
    ]
    title = escape(read.contents)
    return f'<nav epub:type="toc"><h1>{title}</h1><ol>{"".join(lines)}</ol></nav>'


def _way(chapter: Chapter) -> str:
    return f'<li><a href="{quote(chapter.page)}.xhtml">{escape(chapter.title)}</a></li>'


def _package(read: ReadBook, items: list[Item], origin: Origin) -> str:
    named = [(f"i{number}", item) for number, item in enumerate(items)]
    further = [("creator", origin.author), ("rights", origin.rights), ("source", origin.address)]
    name = f"{origin.address} {read.title} {read.language.tag}"
    return _PACKAGE.format(
        tag=read.language.tag,
        direction=read.language.direction,
        identifier=uuid.uuid5(uuid.NAMESPACE_URL, name).urn,
        title=escape(read.title),
        further="\n".join(f"<dc:{key}>{escape(text)}</dc:{key}>" for key, text in further if text),
        modified=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(origin.revised)),
        items="\n".join(_manifest_line(key, item) for key, item in named),
        spine="\n".join(f'<itemref idref="{key}"/>' for key, item in named if item.in_spine),
    ).replace('content="cover-image"', f'content="{named[0][0]}"')


def _manifest_line(key: str, item: Item) -> str:
    properties = f' properties="{item.properties}"' if item.properties else ""
    return f'<item id="{key}" href="{quote(item.path)}" media-type="{item.kind}"{properties}/>'


def _cover(read: ReadBook) -> str:
    """Draw the title above bars that grow smaller: what the book's first figure shows."""
    words = read.title.split()
    longest = max(len(word) for word in words)
    size = min(96, 900 // max(longest, 6))
    bars = "\n".join(
        f'<rect x="{60 + 48 * place}" y="{720 - 320 * 0.7**place:.0f}" width="32" '
        f'height="{320 * 0.7**place:.0f}" fill="#8fc1ff"/>'
        for place in range(10)
    )
    lines = "".join(
        f'<tspan x="300" dy="{0 if place == 0 else 1.2 * size:.0f}">{escape(word)}</tspan>'
        for place, word in enumerate(words)
    )
    return _COVER.format(
        title=escape(read.title),
        tag=read.language.tag,
        direction=read.language.direction,
        bars=bars,
        size=size,
        y=max(size + 40, 200),
        lines=lines,
    )
