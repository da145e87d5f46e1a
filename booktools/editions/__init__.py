"""Make files that hold the whole built book: a zip, an EPUB and a PDF for each language."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from booktools import browsers
from booktools.book import Book
from booktools.build import build_all
from booktools.downloads import EPUB, FOLDER, PDF, VARIABLE, ZIP, edition_path
from booktools.editions.archive import write_zip
from booktools.editions.epub import Origin, write_epub
from booktools.editions.pdf import write_pdf
from booktools.editions.reading import ReadBook, follow_links, read_book
from booktools.languages import Language
from booktools.locking import sole_writer
from booktools.published import published
from booktools.repository import last_change

# What no list of contents names, and the search's places, whose name its script makes.
_FURTHER = ("index.html", "search.html", "places.js")


@dataclass(frozen=True)
class Made:
    """A file that was made, and how long it took, in seconds."""

    path: Path
    seconds: float
    note: str

    def __str__(self) -> str:
        """Say it in one line."""
        size = self.path.stat().st_size / 1e6
        return f"{self.path}: {size:.2f} MB{self.note}, in {self.seconds:.0f} s"


def make_editions(root: Path, codes: Sequence[str], kinds: Sequence[str]) -> Iterator[Made]:
    """Build these languages' sites, whose pages offer these kinds of files; then make the files.

    Raises NoBrowserError before anything is built where a PDF is asked for and no browser is here.
    """
    if PDF in kinds:
        browsers.require()
    os.environ[VARIABLE] = " ".join(kinds)
    build_all(root, codes)
    with sole_writer(root):
        for code in codes:
            press = Press(Book(root), Book(root).language(code))
            shutil.rmtree(press.site / FOLDER, ignore_errors=True)
            (press.site / FOLDER).mkdir()
            yield from map(press.make, kinds)


@dataclass(frozen=True)
class Press:
    """Makes the files of one language out of its built site, which it reads once."""

    book: Book
    language: Language

    @property
    def site(self) -> Path:
        """Where the pages are."""
        return self.book.root / "_build/html" / self.language.code

    @cached_property
    def online(self) -> str:
        """The address of this site, "" where nobody said."""
        site = published(self.book)
        return f"{site}/{self.language.code}" if site else ""

    @cached_property
    def read(self) -> ReadBook:
        """The book as it is read without a script."""
        read = read_book(self.book, self.language, self.site)
        pages = {chapter.page: chapter for chapter in read.chapters}
        for chapter in read.chapters:
            follow_links(chapter, pages, self.online)
        return read

    def make(self, kind: str) -> Made:
        """Make the file of this kind where the site's pages offer it."""
        started = time.perf_counter()
        target = self.site / edition_path(self.book, self.language, kind)
        note = {ZIP: self._zip, EPUB: self._epub, PDF: self._pdf}[kind](target)
        return Made(target, time.perf_counter() - started, note)

    def _zip(self, target: Path) -> str:
        pages = [f"{page}.html" for page in self.book.pages]
        write_zip(self.site, [*_FURTHER, *pages], target, self.online)
        return ""

    def _epub(self, target: Path) -> str:
        licence = self.book.settings.get("book_licences", {}).get("text", {})
        origin = Origin(
            author=self.book.author,
            rights=" ".join(licence.get(key, "") for key in ("name", "url")).strip(),
            address=self.online,
            revised=last_change(self.book.root, ["."]) or int(time.time()),
        )
        write_epub(self.read, target, origin)
        return ""

    def _pdf(self, target: Path) -> str:
        fonts = [self.book.root / name for name in self.book.settings.get("book_fonts", [])]
        return f", {write_pdf(self.read, target, fonts)} pages"
