"""Print a built book as one PDF with a title page, a table of contents and page numbers."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote, urlsplit

from bs4 import Tag
from playwright.sync_api import Page, sync_playwright
from pypdf import PdfReader

from booktools import browsers
from booktools.editions.reading import Chapter, ReadBook
from booktools.editions.solutions import gather_solutions

_STYLE = Path(__file__).with_name("pdf.css")
_PATIENCE = 600_000  # milliseconds for a whole book
_IN_SVG = re.compile(r"url\((['\"]?)#")
_NAMES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers")
_FOLDED = "details:not(.hide, .vg-quiz-answer)"
_DOCUMENT = """<!doctype html>
<html lang="{tag}" dir="{direction}" data-theme="light">
<head><meta charset="utf-8"><title>{title}</title>
{styles}
<style>{style}</style>
</head>
<body>
<section class="vg-title"><p class="vg-book">{title}</p><div>{notice}</div></section>
<nav class="vg-toc"><p class="vg-toc-title">{contents}</p><ol>{ways}</ol></nav>
<div class="bd-main"><div class="bd-content"><div class="bd-article-container">
{chapters}
</div></div></div>
</body>
</html>
"""


def write_pdf(read: ReadBook, target: Path, fonts: Sequence[Path] = ()) -> int:
    """Print the book twice, the second time with the page numbers; return how many pages it has.

    fonts: asked for characters that this machine's own fonts lack.
    Raises NoBrowserError where no browser is here.
    """
    source = read.site / f"{target.stem}.print.html"  # beside the files that it links
    chapters = "\n".join(_chapters(read))
    try:
        with sync_playwright() as playwright:
            browser = browsers.start(playwright)
            page = browser.new_page()
            page.set_default_timeout(_PATIENCE)
            _print(page, source, _document(read, chapters, fonts, {}), target)
            _print(page, source, _document(read, chapters, fonts, _numbers(target)), target)
            browser.close()
    finally:
        source.unlink(missing_ok=True)
    return len(PdfReader(target).pages)


def _print(page: Page, source: Path, document: str, target: Path) -> None:
    source.write_text(document, encoding="utf-8")
    page.goto(source.resolve().as_uri(), wait_until="load")
    page.evaluate("document.fonts.ready.then(() => 0)")
    page.pdf(path=target, format="A4", prefer_css_page_size=True, outline=True, tagged=True)


def _numbers(target: Path) -> Mapping[str, int]:
    """Return the place of each chapter -> the number of the page on which it begins."""
    reader = PdfReader(target)
    return {
        name.removeprefix("/"): number + 1
        for name, place in reader.named_destinations.items()
        if (number := reader.get_destination_page_number(place)) is not None
    }


def _document(
    read: ReadBook, chapters: str, fonts: Sequence[Path], numbers: Mapping[str, int]
) -> str:
    styles = (f'<link rel="stylesheet" href="{quote(path)}">' for path in read.styles)
    return _DOCUMENT.format(
        tag=read.language.tag,
        direction=read.language.direction,
        title=escape(read.title),
        styles="\n".join(styles),
        style=_fonts(fonts) + _STYLE.read_text(encoding="utf-8"),
        notice=read.notice,
        contents=escape(read.contents),
        ways="".join(_ways(read, numbers)),
        chapters=chapters,
    )


def _fonts(fonts: Sequence[Path]) -> str:
    ways = [path.resolve().as_uri() for path in fonts]
    faces = (
        f'@font-face {{ font-family: "vg-print-{number}"; src: url("{way}"); }}\n'
        for number, way in enumerate(ways)
    )
    names = "".join(f', "vg-print-{number}"' for number in range(len(fonts)))
    return "".join(faces) + f":root {{ --vg-further: sans-serif{names}; }}\n"


def _ways(read: ReadBook, numbers: Mapping[str, int]) -> Iterator[str]:
    places = _places(read)
    for part in read.parts:
        if part.caption:
            yield f'<li class="vg-part">{escape(part.caption)}</li>'
        for chapter in part.chapters:
            place = places[chapter.page]
            yield (
                f'<li><a href="#{place}"><span>{escape(chapter.title)}</span>'
                f"<span>{numbers.get(place, '')}</span></a></li>"
            )


def _places(read: ReadBook) -> Mapping[str, str]:
    return {chapter.page: f"c{number}" for number, chapter in enumerate(read.chapters)}


def _chapters(read: ReadBook) -> Iterator[str]:
    places = _places(read)
    for chapter in read.chapters:
        place = places[chapter.page]
        text = _printed(chapter, places)
        yield f'<article class="bd-article" id="{place}">{text.decode_contents()}</article>'


def _printed(chapter: Chapter, places: Mapping[str, str]) -> Tag:
    """Return the text with its solutions at the end, its places unique in the whole book."""
    text = copy.copy(chapter.text)
    for aside in text.select(_FOLDED):
        aside["open"] = ""
    gather_solutions(text, chapter.solutions)
    for tag in text.find_all(True):
        _rename(tag, f"{places[chapter.page]}-")
    for link in text.find_all("a", href=True):
        address = urlsplit(str(link["href"]))
        if not address.scheme and address.path:
            place = places[address.path.removesuffix(".html")]
            link["href"] = f"#{place}" + (f"-{address.fragment}" if address.fragment else "")
    return text


def _rename(tag: Tag, prefix: str) -> None:
    for name, value in tag.attrs.items():
        if name == "id":
            tag[name] = f"{prefix}{value}"
        elif name in _NAMES:
            words = value if isinstance(value, list) else str(value).split()
            tag[name] = " ".join(f"{prefix}{word}" for word in words)
        elif name in ("href", "xlink:href") and str(value).startswith("#"):
            tag[name] = f"#{prefix}{str(value)[1:]}"
        elif isinstance(value, str) and "url(" in value:
            tag[name] = _IN_SVG.sub(rf"url(\1#{prefix}", value)
