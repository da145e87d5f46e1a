"""Find and read the translators' catalogues."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

from booktools.book import CATALOGUES, Book, catalogues_below
from booktools.checks.files import read_catalogue
from booktools.languages import Language
from booktools.po import Entry


def book_of(app: Sphinx) -> Book:
    """Return the book that this application builds."""
    return Book(Path(app.srcdir))


def current_language(app: Sphinx) -> Language:
    """Return the language of this build; without one configured, the source language.

    Raises `LanguageError` that lists the known codes.
    """
    return book_of(app).language(app.config.language)


def catalogue_path(app: Sphinx, code: str, domain: str) -> Path | None:
    """Return where a catalogue is: the build's checked copy before the translators' own file."""
    folders = [Path(app.srcdir) / folder for folder in (*app.config.locale_dirs, CATALOGUES)]
    paths = (catalogues_below(folder, code) / f"{domain}.po" for folder in folders)
    return next((path for path in paths if path.exists()), None)


def read_messages(app: Sphinx, code: str, domain: str) -> dict[str, str]:
    """Return msgid -> msgstr of one catalogue, without fuzzy, empty and broken entries.

    No catalogue, no messages.
    """
    entries = _entries(app, code, domain)
    return {entry.msgid: entry.msgstr[0] for entry in entries if entry.plural is None}


def read_plurals(app: Sphinx, code: str, domain: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return (singular, plural) -> forms of one catalogue, as `read_messages` does the others."""
    entries = _entries(app, code, domain)
    return {(entry.msgid, entry.plural): entry.msgstr for entry in entries if entry.plural}


def _entries(app: Sphinx, code: str, domain: str) -> list[Entry]:
    path = catalogue_path(app, code, domain)
    if path is None:
        return []
    catalogue, _problems = read_catalogue(path)
    return [
        entry
        for entry in catalogue.entries
        if entry.translated and entry.context is None and not entry.obsolete
    ]
