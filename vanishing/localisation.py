"""The reader's language: messages from `.po` catalogues, numbers that read the same everywhere."""

from __future__ import annotations

import math
import os
import re
import unicodedata
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

from babel import Locale
from babel.core import UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from vanishing.bounds import shown

SOURCE_LANGUAGE = "en"

_packaged = Path(__file__).parent / "locales"
LOCALES = _packaged if _packaged.is_dir() else Path(__file__).parents[1] / "locales"
_chosen: str | None = None


def set_language(code: str) -> None:
    """Choose the language of every later message.

    Raises `ValueError` where no folder of catalogues exists for `code`.
    """
    global _chosen
    known = known_languages()
    if not isinstance(code, str):
        raise TypeError(f'code must be a string, got {shown(code)}: write "{SOURCE_LANGUAGE}"')
    if code not in known:
        raise ValueError(
            f"language must be one of {', '.join(known)}, got {shown(code)}: choose one of them; "
            f"a new language needs a folder {LOCALES / '<code>'}"
        )
    _chosen = code


def language() -> str:
    """Return the code in use: the chosen one, else VANISHING_LANGUAGE, else English."""
    if _chosen is None:
        set_language(os.environ.get("VANISHING_LANGUAGE") or SOURCE_LANGUAGE)
    assert _chosen is not None
    return _chosen


def known_languages() -> tuple[str, ...]:
    """Return the source language and every code that has a folder of catalogues, sorted."""
    folders = {path.parent.name for path in LOCALES.glob("*/LC_MESSAGES")}
    return tuple(sorted(folders | {SOURCE_LANGUAGE}))


def direction() -> str:
    """Return the writing direction of the language in use, "ltr" or "rtl"."""
    locale = _locale(language())
    return locale.text_direction if locale else "ltr"


def script() -> str:
    """Return the ISO 15924 script of the language in use where it is not the usual one ("Hans")."""
    locale = _locale(language())
    return (locale.script if locale else None) or ""


def _(message: str, /, **values: object) -> str:
    """Translate `message` and fill its `{name}` fields with `values`."""
    return _filled(_translations(LOCALES, language()).gettext(message), values)


def ngettext(singular: str, plural: str, count: int, /, **values: object) -> str:
    """Translate the form that the language uses for `count`; `{count}` is filled as well."""
    try:
        text = _translations(LOCALES, language()).ngettext(singular, plural, count)
    except ArithmeticError:  # the catalogue's rule for plural forms divides by zero
        text = singular if count == 1 else plural
    return _filled(text, {"count": count, **values})


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark, translate later"
    """Mark `message` for the catalogue and return it unchanged."""
    return message


def format_number(value: float) -> str:
    """Write `value` with two digits, Western numerals and a point: 12, 0.25, 2.3e-8, NaN."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e5:
        return str(int(value))
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _filled(text: str, values: dict[str, object]) -> str:
    if not values:
        return text
    if direction() == "rtl":
        values = {name: _isolated(str(value)) for name, value in values.items()}
    return text.format(**values)


def _isolated(value: str) -> str:
    """Keep a name in its own order; a plain number needs no help, nor does the percent after it."""
    return value if re.fullmatch(r"[\d.]+", value) else f"\u2068{value}\u2069"


@lru_cache(maxsize=32)
def _locale(code: str) -> Locale | None:
    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=32)
def _translations(locales: Path, code: str) -> NullTranslations:
    path = locales / code / "LC_MESSAGES" / "vanishing.po"
    try:
        with path.open("rb") as file:
            catalog = read_po(file, locale=code if _locale(code) else None, abort_invalid=True)
        for message in list(catalog):
            if message.id and not (_fields_fit(message) and _is_plain(message)):
                catalog.delete(message.id, message.context)
        return _compiled(catalog)
    except (ArithmeticError, LookupError, OSError, PoFileError, ValueError):
        return NullTranslations()  # missing or broken: English; the book's checks say what is wrong


def _compiled(catalog: Catalog) -> Translations:
    buffer = BytesIO()
    write_mo(buffer, catalog, use_fuzzy=False)  # in memory only: no compiled file can go stale
    buffer.seek(0)
    translations = Translations(buffer)
    choose = translations.ngettext  # gettext asks for the form of 1 even where there is no plural
    choose("", "", 1)
    return translations


def _fields_fit(message: Message) -> bool:
    """Say whether the translation uses no field that the source lacks (it would raise or leak)."""
    try:
        return _fields(message.string) <= _fields(message.id)
    except ValueError:  # a lone brace
        return False


def _is_plain(message: Message) -> bool:
    """Say whether the translation brings words only: it ends in figures, labels and widgets."""
    source, text = "".join(_texts(message.id)), "".join(_texts(message.string))
    strange = {character for character in text if character in '<>"' or _is_control(character)}
    return strange <= set(source) and len(text) <= 10 * len(source) + 1000


def _is_control(character: str) -> bool:
    """Say whether a character controls the text or reorders what stands around it."""
    kind = unicodedata.category(character)
    return kind in ("Cc", "Cs", "Zl", "Zp") or "\u202a" <= character <= "\u202e"


def _texts(texts: Any) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(text or "" for text in texts)


def _fields(texts: Any) -> set[tuple[str, str | None, str | None]]:
    return {
        (name, form, conversion)
        for text in _texts(texts)
        for _literal, name, form, conversion in Formatter().parse(text)
        if name is not None
    }
