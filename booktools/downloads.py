"""Where the files are that hold a whole book."""

from __future__ import annotations

import re

from booktools.book import Book
from booktools.languages import Language

FOLDER = "downloads"  # in each language's site
ZIP, EPUB, PDF = KINDS = ("zip", "epub", "pdf")
VARIABLE = "BOOKTOOLS_EDITIONS"  # tells a build which kinds its pages offer


def edition_name(book: Book, language: Language) -> str:
    """Return the name of a language's editions: letters of the title, digits, hyphens."""
    title = re.sub(r"[^a-z0-9]+", "-", book.title.lower()).strip("-") or "book"
    return f"{title}-{language.code}"


def edition_path(book: Book, language: Language, kind: str) -> str:
    """Return where an edition is, from its language's site."""
    return f"{FOLDER}/{edition_name(book, language)}.{kind}"
