"""The reader's language: messages from `.po` catalogues, numbers that read the same everywhere."""

from __future__ import annotations

import math
import os
import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from gettext import NullTranslations, c2py
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations

from vanishing.bounds import shown
from vanishing.untrusted import brings_only_words

SOURCE_LANGUAGE = "en"
MAX_BYTES = 2_000_000  # of a catalogue

_LINE = re.compile(
    r"(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[[0-9]\])?) +)?"
    r'"[^"\\]*+(?:\\[nrt"\\][^"\\]*+)*+"'
)
_KEYWORDS = {"": '"', "msgctxt": "c", "msgid": "i", "msgid_plural": "p", "msgstr": "s"}
_ENTRIES = re.compile(r'(?:#|(?:c"*+)?i"*+(?:s"*+|p"*+(?:[0-9]"*+)++))*+')

_packaged = Path(__file__).parent / "locales"
LOCALES = _packaged if _packaged.is_dir() else Path(__file__).parents[1] / "locales"
_chosen: str | None = None
Lookup = tuple[str] | tuple[str, str, int]
_lookups: ContextVar[dict[Lookup, str] | None] = ContextVar("lookups", default=None)


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
    places = (place for base in (LOCALES, _folder()) for place in base.glob("*/LC_MESSAGES"))
    return tuple(sorted({SOURCE_LANGUAGE, *(place.parent.name for place in places)}))


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
    return _filled(look_up((message,)), values)


def ngettext(singular: str, plural: str, count: int, /, **values: object) -> str:
    """Translate the form that the language uses for `count`; `{count}` is filled as well."""
    return _filled(look_up((singular, plural, count)), {"count": count, **values})


def look_up(lookup: Lookup) -> str:
    """Return what the catalogue has for a message, or for a singular, its plural and a count."""
    translations, plurals = _translations(_folder(), language())
    if plurals.get(lookup[0]) != (lookup[1] if len(lookup) == 3 else None):
        translations = NullTranslations()  # its forms were checked against another plural
    try:
        text = (
            translations.gettext(lookup[0]) if len(lookup) == 1 else translations.ngettext(*lookup)
        )
    except ArithmeticError:  # the catalogue's rule for plural forms divides by zero
        text = NullTranslations().ngettext(*lookup)
    if (lookups := _lookups.get()) is not None:
        lookups[lookup] = text
    return text


@contextmanager
def recording() -> Iterator[Mapping[Lookup, str]]:
    """Collect what is looked up meanwhile, and what the catalogue has for it."""
    lookups: dict[Lookup, str] = {}
    token = _lookups.set(lookups)
    try:
        yield lookups
    finally:
        _lookups.reset(token)


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
        return f"{value:.2g}" if abs(value) < 99.5 else f"{value:.0f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _filled(text: str, values: dict[str, object]) -> str:
    if not values:
        return text
    if direction() == "rtl":
        values = {name: _isolated(str(value)) for name, value in values.items()}
    return text.format(**values)


def _isolated(value: str) -> str:
    """Keep a name in its own order; a plain number needs no help, nor does the percent after it.

    Several numbers need none either: they follow each other as the sentence does.
    """
    return value if re.fullmatch(r"[\d.]+(?:، [\d.…]+)*", value) else f"\u2068{value}\u2069"


@lru_cache(maxsize=32)
def _locale(code: str) -> Locale | None:
    try:
        return Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return None


def _folder() -> Path:
    """Return where catalogues are: the copies that a build has checked, else the book's own."""
    return Path(os.environ.get("VANISHING_LOCALES") or LOCALES)


@lru_cache(maxsize=32)
def _translations(locales: Path, code: str) -> tuple[NullTranslations, Mapping[str, str]]:
    """Return the messages of a catalogue, and the plural of each singular that has one."""
    path = locales / code / "LC_MESSAGES" / "vanishing.po"
    if not path.exists():
        return NullTranslations(), {}
    try:
        catalog = _read(path, code)
        refused = _refused(catalog)
        for message in refused:
            catalog.delete(message.id, message.context)
        translations = _compiled(catalog)
    except (ArithmeticError, LookupError, OSError, PoFileError, ValueError):
        _warn(path, "cannot be read: figures stay in English", code)
        return NullTranslations(), {}
    if refused and locales == LOCALES:  # a build has named them already
        _warn(path, f"brings more than words in {len(refused)} of its messages", code)
    return translations, {one.id[0]: one.id[1] for one in catalog if one.pluralizable}


def _warn(path: Path, what: str, code: str) -> None:
    remedy = f"`python -m booktools check {code}` says where and why"
    warnings.warn(f"{code}/{path.name} {what}; {remedy}", stacklevel=4)


def _read(path: Path, code: str) -> Catalog:
    """Read a catalogue as the checks do: UTF-8 whatever its header says, no obsolete entries."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES or not path.is_file():
        raise ValueError(f"a catalogue has at most {MAX_BYTES:,} bytes")
    lines = [line.strip(" \t\r") for line in data.decode("utf-8").split("\n")]
    if not _ENTRIES.fullmatch("".join(map(_shape, lines))):
        raise ValueError("a line stands where none may")  # Babel would put it somewhere
    kept = (line if not line.startswith("#") or line.startswith("#,") else "#" for line in lines)
    catalog = read_po(kept, locale=code if _locale(code) else None, abort_invalid=True)
    catalog.charset = "utf-8"
    return catalog


def _shape(line: str) -> str:
    """Return a letter for what a line is: a comment, a string, or the keyword before a string."""
    if not line or line.startswith("#"):
        return line[:1]
    if not (found := _LINE.fullmatch(line)):
        return "?"
    keyword = found.group(1) or ""
    return _KEYWORDS.get(keyword) or keyword[-2]


def _refused(catalog: Catalog) -> list[Message]:
    """Return the messages whose translation brings more than words: they stay in English."""
    rule = c2py(catalog.plural_expr)
    counts = Counter(rule(number) for number in range(1000))
    alone = {form for form, count in counts.items() if count == 1}
    return [
        message
        for message in catalog
        if message.id and not message.fuzzy and not _fits(message, alone)
    ]


def _fits(message: Message, alone: Collection[int]) -> bool:
    """Say whether each form is safe; those `alone` stand for one number and may spell it."""
    if message.context is not None:
        return False  # the program has none
    if isinstance(message.id, str):
        return not message.string or brings_only_words(message.id, str(message.string))
    singular, plural = message.id[0], message.id[1]
    return all(
        not text
        or brings_only_words(singular if form in alone else plural, text, one=form in alone)
        for form, text in enumerate(message.string or ())
    )


def _compiled(catalog: Catalog) -> Translations:
    buffer = BytesIO()
    write_mo(buffer, catalog, use_fuzzy=False)  # in memory only: no compiled file can go stale
    buffer.seek(0)
    translations = Translations(buffer)
    choose = translations.ngettext  # gettext asks for the form of 1 even where there is no plural
    choose("", "", 1)
    return translations
