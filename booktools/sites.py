"""What the pages for all languages need to know of the site of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from booktools.book import Book
from booktools.files import keep, kept
from booktools.languages import Language

FOLDER = "_build/sites"


@dataclass(frozen=True)
class Site:
    """One language's site: its title, what it is about, what says that a page is not there.

    pages: their files in the book's order, such as "book/index.html".
    """

    language: Language
    title: str
    summary: str
    lost: str
    pages: Sequence[str]

    def address(self, site: str, page: str) -> str:
        """Return the whole address of a page."""
        return f"{site}/{quote(f'{self.language.code}/{page}')}"


def keep_site(root: Path, site: Site) -> None:
    """Keep what the pages for all languages need."""
    known = {name: getattr(site, name) for name in ("title", "summary", "lost")}
    keep(_path(root, site.language), {**known, "pages": list(site.pages)})


def kept_sites(book: Book) -> list[Site]:
    """Return the languages that are built, in the order of their table."""
    found = ((language, kept(_path(book.root, language))) for language in book.languages)
    return [
        Site(language=language, **values)
        for language, values in found
        if values and (book.root / "_build/html" / language.code / book.first_page).exists()
    ]


def _path(root: Path, language: Language) -> Path:
    return root / FOLDER / f"{language.code}.json"
