"""Read a built site as a book: its chapters in their order, without what only a screen can do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from posixpath import join, normpath
from urllib.parse import quote, unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from booktools.book import Book
from booktools.faults import BuildError
from booktools.languages import Language

# What answers to a mouse, a key or a script.
_LIVE = (
    "script, noscript, template, iframe, dialog, form, button, input, select, textarea, canvas, "
    "[hidden]:not(.vg-axes), .headerlink, .vg-news, .vg-train, .vg-find, .vg-letters, "
    ".vg-downloads, .vg-lab, .vg-foot, .vg-taken"
)
_NAMESPACES = {"svg": "http://www.w3.org/2000/svg", "math": "http://www.w3.org/1998/Math/MathML"}


@dataclass(frozen=True)
class Chapter:
    """A page as it is read on paper: its name, such as "book/index", its title, its text.

    solutions: what a section of them is called, "" on a page without any.
    """

    page: str
    title: str
    text: Tag
    solutions: str = ""

    @cached_property
    def ids(self) -> frozenset[str]:
        """The places in it that a link may name."""
        return frozenset(str(tag["id"]) for tag in self.text.find_all(id=True))


@dataclass(frozen=True)
class Part:
    """Chapters that stand together in the table of contents; the first part has no caption."""

    caption: str
    chapters: Sequence[Chapter]


@dataclass(frozen=True)
class ReadBook:
    """A whole book in one language, with the words that a title page needs."""

    language: Language
    title: str
    contents: str
    parts: Sequence[Part]
    styles: Sequence[str]
    notice: str
    site: Path

    @property
    def chapters(self) -> list[Chapter]:
        """All chapters in their order."""
        return [chapter for part in self.parts for chapter in part.chapters]


def read_book(book: Book, language: Language, site: Path) -> ReadBook:
    """Read a language's built site; raises BuildError where it is not built."""
    first = book.first_page.removesuffix(".html")
    front = _soup(site, first)
    places = _captions(front, first)
    chapters = [read_chapter(site, page) for page in book.pages]
    captions = dict.fromkeys(places.get(chapter.page, "") for chapter in chapters)
    parts = [
        Part(caption, [one for one in chapters if places.get(one.page, "") == caption])
        for caption in captions
    ]
    footer = _one(front, "footer.bd-footer-content")
    for live in footer.select(f"{_LIVE}, .vg-colophon, .vg-dated"):
        live.decompose()
    return ReadBook(
        language=language,
        title=_words(front.select_one(".vg-brand")),
        contents=str(_one(front, "nav.bd-links")["aria-label"]),
        parts=parts,
        styles=_styles(site, book.pages),
        notice=footer.decode_contents().strip(),
        site=site,
    )


def read_chapter(site: Path, page: str) -> Chapter:
    """Return a page's text without what is live; figures stay in the state they open with."""
    soup = _soup(site, page)
    text = _one(soup, "article.bd-article")
    for axes in text.select(".vg-axes"):
        _say_state(soup, axes)
    for live in text.select(_LIVE):
        live.decompose()
    for line in text.select("summary > p"):
        line.name = "span"  # no other place of HTML allows a paragraph less
    for name, namespace in _NAMESPACES.items():
        for root in text.find_all(name):
            if not root.find_parent(name):
                root["xmlns"] = namespace
    opener = soup.select_one("[data-solutions]")
    solutions = str(opener["data-solutions"]) if opener else ""
    return Chapter(page, _words(text.find("h1")) or page, text, solutions)


def follow_links(chapter: Chapter, pages: Mapping[str, Chapter], online: str) -> None:
    """Let links to other pages be `page.html#place`; those to files of the site lead online.

    online: the site's address, "" where nobody said: then the words stay without a link.
    """
    for link in chapter.text.find_all("a", href=True):
        target = _target(chapter.page, str(link["href"]))
        if target is None:
            continue
        path, place = target
        page = path.removesuffix(".html")
        if page in pages:
            known = place in pages[page].ids
            link["href"] = f"{page}.html" + (f"#{place}" if known else "")
        elif online:
            link["href"] = urljoin(f"{online}/", quote(path))
        else:
            link.unwrap()


def _target(page: str, address: str) -> tuple[str, str] | None:
    """Return (path in the site, place) of a link, None where it leads elsewhere."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    path = normpath(join(page, "..", unquote(parts.path))) if parts.path else f"{page}.html"
    return path, unquote(parts.fragment)


def _say_state(soup: BeautifulSoup, axes: Tag) -> None:
    """Put words in the place of sliders: what each is called, and where it stands."""
    states = [
        f"{_words(label)}: {_words(axes.find('output', attrs={'for': label['for']}))}"
        for label in axes.find_all("label")
    ]
    line = soup.new_tag("p", attrs={"class": "vg-state"})
    line.string = " · ".join(states)
    axes.replace_with(line)


def _captions(front: BeautifulSoup, first: str) -> dict[str, str]:
    """Return page -> the caption above it in the list of pages."""
    found, caption = {}, ""
    for tag in _one(front, "nav.bd-links").select("p.caption, a[href]"):
        if tag.name == "p":
            caption = _words(tag)
        elif target := _target(first, str(tag["href"])):
            found[target[0].removesuffix(".html")] = caption
    return found


def _styles(site: Path, pages: Sequence[str]) -> list[str]:
    """Return the stylesheets of all pages from the site's root, each once, those of paper last."""
    found: dict[str, bool] = {}
    for page in pages:
        for link in re.findall(r'<link[^>]*rel="stylesheet"[^>]*>', _source(site, page)):
            href = re.search(r'href="([^"]+)"', link)
            target = _target(page, href[1]) if href else None
            if target and "noscript" not in link:
                found[target[0]] = 'media="print"' in link
    return sorted(found, key=lambda name: found[name])


def _soup(site: Path, page: str) -> BeautifulSoup:
    return BeautifulSoup(_source(site, page), "html5lib")


def _source(site: Path, page: str) -> str:
    path = site / f"{page}.html"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BuildError(f"{path} is missing; run: python -m booktools build") from None


def _one(soup: Tag, selector: str) -> Tag:
    found = soup.select_one(selector)
    if found is None:
        raise BuildError(f"a page of the book has no {selector}; use these tools' own templates")
    return found


def _words(tag: object) -> str:
    return (
        " ".join(tag.get_text().split()).removesuffix("#").strip() if isinstance(tag, Tag) else ""
    )
