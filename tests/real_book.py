"""The book of this repository, for the tests that read it."""

from __future__ import annotations

from pathlib import Path

from booktools.book import Book

ROOT = Path(__file__).resolve().parent.parent
BOOK = Book(ROOT)
