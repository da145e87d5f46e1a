"""Find and read the translators' catalogues."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

from booktools.checks.files import read_catalogue
from booktools.languages import Language, load_languages

ROOT = Path(__file__).parents[2]


def current_language(app: Sphinx) -> Language:
    """Return the language of this build; without one configured, the source language.

    Raises ValueError that lists the known codes.
    """
    languages = load_languages()
    code = app.config.language
    for language in languages:
        if language.code == code or (code is None and language.source):
            return language
    known = ", ".join(language.code for language in languages)
    raise ValueError(
        f"language must be one of {known}, got {code!r}: correct the code, or add the language to "
        "locales/languages.toml"
    )


def source_language() -> Language:
    """Return the language in which the book is written."""
    return next(language for language in load_languages() if language.source)


def catalogue_path(app: Sphinx, code: str, domain: str) -> Path | None:
    """Return where a catalogue is: the build's checked copy before the translators' own file."""
    folders = [Path(app.srcdir) / folder for folder in (*app.config.locale_dirs, "locales")]
    paths = (folder / code / "LC_MESSAGES" / f"{domain}.po" for folder in folders)
    return next((path for path in paths if path.exists()), None)


def read_messages(app: Sphinx, code: str, domain: str) -> dict[str, str]:
    """Return msgid -> msgstr of one catalogue, without fuzzy, empty and broken entries.

    No catalogue, no messages.
    """
    path = catalogue_path(app, code, domain)
    if path is None:
        return {}
    catalogue, _problems = read_catalogue(path)
    return {
        entry.msgid: entry.msgstr[0]
        for entry in catalogue.entries
        if entry.translated and entry.plural is None and not entry.obsolete
    }
