"""Find and read the translators' catalogues."""

from __future__ import annotations

from pathlib import Path

from babel.messages.pofile import read_po
from sphinx.application import Sphinx

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
    """Return msgid -> msgstr of one catalogue, without fuzzy and empty entries.

    No catalogue, no messages.
    """
    path = catalogue_path(app, code, domain)
    if path is None:
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=None)
    return {
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and message.id
        and message.string
        and not message.fuzzy
    }
