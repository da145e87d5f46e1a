"""The languages of the book: `locales/languages.toml` is their only list."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from functools import cache, lru_cache
from gettext import c2py  # accepts nothing but arithmetic on n
from pathlib import Path
from typing import Any

from babel.core import Locale, UnknownLocaleError
from babel.messages.plurals import get_plural

from booktools.characters import is_mark, is_name, is_printable
from booktools.tables import (
    Misfit,
    Rule,
    TableError,
    check_table,
    flag,
    one_of,
    parse_toml,
    read_table,
    shown,
    shown_key,
    text,
)

GB2312 = "gb2312"  # its 3,755 common characters stand in the order of their pinyin

MAX_BYTES = 200_000
MAX_LANGUAGES = 100
MAX_TAG = 35  # the longest that programs must understand (RFC 5646, 4.4.1)
MAX_NAME = 60
MAX_PLURALS = 300
COUNTED = 1001  # the numbers for which plural forms are computed: 0 to 1000
_CODE = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_([A-Z]{2}|[0-9]{3}))?")
_ADDRESS = re.compile(r"\.\w")
_RESERVED = ("aux", "con", "nul", "prn")  # no folder on Windows can be called so
_TAG = re.compile(
    r"[a-z]{2,3}(-[a-z]{3})?(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*",
    re.IGNORECASE | re.ASCII,
)
_DIVISION = re.compile(r"[/%] *(?![1-9 ])")  # by what is not a number from 1 on
_PLURALS = re.compile(r" *nplurals *= *([1-9]) *; *plural *= *([-n0-9()?:!=<>&|%+*/ ]+?) *;? *")

SortKey = tuple[tuple[int, ...], str]


class LanguageError(ValueError):
    """A language, or the table of languages, is not as the book needs it."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """One language of the book.

    code: the same in every folder, URL and option. tag: BCP 47 tag for HTML. name: in itself.
    alphabet: the letters in the reader's order, or "gb2312". plurals: gettext's Plural-Forms.
    """

    code: str
    tag: str
    name: str
    direction: str
    plurals: str
    source: bool = False
    alphabet: str = ""
    ignored_prefix: str = ""
    font: str = ""

    @property
    def plural_count(self) -> int:
        """Count the plural forms: the nplurals of `plurals`."""
        return int(_plurals_match(self.plurals).group(1))

    def plural_numbers(self, form: int) -> int:
        """Count the numbers below 1000 that take plural form `form`."""
        return _forms(self.plurals)[:1000].count(form)

    def plural_form(self, count: int) -> int:
        """Return which plural form a number takes; one above 1000 takes that of 1000."""
        return _forms(self.plurals)[min(count, COUNTED - 1)]


def load_languages(path: Path) -> tuple[Language, ...]:
    """Return the languages of `path` in its order, the source language among them.

    Raises `LanguageError` with the file, the key, what is wrong and how to mend it.
    """
    if not path.exists() and not path.is_symlink():
        remedy = "`python -m booktools new CODE` writes it"
        raise LanguageError(f"{path}: cannot be read: No such file or directory; {remedy}")
    try:
        return _languages(path, read_table(path, MAX_BYTES, folders=1))
    except TableError as error:
        raise LanguageError(str(error)) from None


@lru_cache(maxsize=4)
def _languages(path: Path, written: str) -> tuple[Language, ...]:
    tables = parse_toml(path, written, "language")
    if len(tables) > MAX_LANGUAGES:
        what = f"it has {len(tables):,} tables, the bound is {MAX_LANGUAGES}"
        raise TableError(path, what, "remove those that are no languages of the book")
    languages = tuple(_language(path, code, table) for code, table in tables.items())
    _check_together(path, languages)
    return languages


def check_language(path: Path, language: Language) -> None:
    """Raise `LanguageError` where `language` could not stand in the table at `path`."""
    try:
        _language(path, language.code, _fields(language))
    except TableError as error:
        raise LanguageError(str(error)) from None


def check_code(path: Path, code: str) -> None:
    """Raise `LanguageError` where `code` could not name a table of `path`, nor a folder."""
    if not is_code(code):
        what = f"[{shown_key(code)}]: a code is like `xx` or `xx_YY`, got {shown(code)}"
        remedy = f"write a code of ISO 639; {', '.join(_RESERVED)} cannot be folders everywhere"
        raise LanguageError(str(TableError(path, what, remedy)))


def understood(given: str, languages: Iterable[Language]) -> str | None:
    """Return the code that is meant, whatever its case and hyphens, or None."""
    plain = _plain(given)
    return next((one.code for one in languages if plain in _names(one)), None)


def near_codes(given: str, languages: Iterable[Language]) -> list[str]:
    """Return the codes of the same language elsewhere, such as zh_CN for zh and pt for pt-BR."""
    base = _plain(given).partition("_")[0]
    return [one.code for one in languages if base == one.code.partition("_")[0]]


def _names(language: Language) -> set[str]:
    return {_plain(name) for name in (language.code, language.tag, language.name)}


def _plain(given: str) -> str:
    return given.casefold().replace("-", "_")


def described(code: str, given: Mapping[str, str]) -> Language:
    """Return a language; what is not given (tag, name, direction, plurals) Unicode's tables say.

    Raises `LanguageError` where they do not know the code and a value is missing.
    """
    try:
        values = _unicode(code) | {name: value for name, value in given.items() if value}
    except (UnknownLocaleError, ValueError):
        if missing := [name for name in REQUIRED if not given.get(name)]:
            raise LanguageError(
                f"Unicode's tables do not know language {code!r}; give {', '.join(missing)} too"
            ) from None
        values = dict(given)
    return Language(
        code=code,
        tag=values["tag"],
        name=values["name"],
        direction=values["direction"],
        plurals=values["plurals"],
    )


def _unicode(code: str) -> dict[str, str]:
    locale = Locale.parse(code)
    plural = get_plural(code)
    return {
        "tag": code.replace("_", "-"),
        "name": _name_in_itself(locale, code),
        "direction": locale.text_direction,
        "plurals": f"nplurals={plural.num_plurals}; plural={plural.plural_expr};",
    }


def _name_in_itself(locale: Locale, code: str) -> str:
    """Name a language, with its script and region where the code has them."""
    names = (locale.get_display_name(code), locale.get_language_name(code))
    return next((name for name in names if name and is_name(name)), code)


def sort_key(language: Language) -> Callable[[str], SortKey]:
    """Return the key that sorts headwords as a reader of `language` looks them up."""
    positions = _positions(language.alphabet)

    def key(headword: str) -> SortKey:
        word = _without_prefix(_lowered(headword, language.alphabet), language.ignored_prefix)
        weights = (_weight(letter, language.alphabet, positions) for letter in word)
        return tuple(weight for weight in weights if weight), word

    return key


def language_table(language: Language) -> str:
    """Write `language` as a table for languages.toml."""
    lines = [f"\n[{language.code}]"]
    for name, value in _fields(language).items():
        lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _fields(language: Language) -> dict[str, Any]:
    """Return what a table says of `language`: all but its code and what is usual."""
    values = {field: getattr(language, field.name) for field in dataclass_fields(language)}
    return {
        field.name: value
        for field, value in values.items()
        if field.name != "code" and value != field.default
    }


def _language(path: Path, code: str, table: object) -> Language:
    check_code(path, code)
    where = f"[{code}]"
    values = check_table(path, where, table, RULES, REQUIRED)
    usual = _direction(code)
    if {usual, values["direction"]} == {"ltr", "rtl"}:
        what = f"{where}: direction must be {usual!r}, as this language is written"
        raise TableError(path, f"{what}, got {values['direction']!r}", "correct that")
    return Language(code=code, **values)


def _direction(code: str) -> str | None:
    """Return how Unicode says that a language is written, or None for one that it does not know."""
    try:
        return str(Locale.parse(code).text_direction)
    except (UnknownLocaleError, ValueError):
        return None


def _check_together(path: Path, languages: tuple[Language, ...]) -> None:
    """Refuse two languages by one name, and any number of sources but one."""
    for kind in ("code", "tag", "name"):
        seen: dict[str, str] = {}
        for language in languages:
            value = getattr(language, kind)
            other = seen.setdefault(value.casefold(), language.code)
            if other != language.code:
                what = f"[{language.code}]: {kind} {value!r} is that of [{other}] already"
                raise TableError(path, what, f"give each language its own {kind}")
    sources = [language.code for language in languages if language.source]
    if len(sources) != 1:
        found = " and ".join(f"[{code}]" for code in sources) or "none"
        what = f"exactly one table must say `source = true`, got {found}"
        raise TableError(path, what, "mark the language in which the book is written, and no other")


def _plurals_match(plurals: str) -> re.Match[str]:
    match = _PLURALS.fullmatch(plurals) if len(plurals) <= MAX_PLURALS else None
    if not match:
        raise ValueError(
            f'be like "nplurals=2; plural=(n != 1);", {MAX_PLURALS} characters at most, in one line'
        )
    return match


@cache
def _forms(plurals: str) -> tuple[int, ...]:
    """Return the plural form of each number from 0 to 1000.

    Raises ValueError that says what the rule must be.
    """
    count, expression = _plurals_match(plurals).group(1, 2)
    if _DIVISION.search(expression):
        raise ValueError("never divide by zero, so by numbers only")
    try:
        rule = c2py(expression)
        forms = tuple(rule(number) for number in range(COUNTED))
    except ValueError as error:
        raise ValueError(f"be arithmetic and comparisons of n ({error})") from None
    for number, form in enumerate(forms):
        if not 0 <= form < int(count):
            raise ValueError(f"give forms 0 to {int(count) - 1} (n={number}: {form})")
    return forms


def _check_plurals(value: Any) -> Iterator[Misfit]:
    remedy = "copy the line Plural-Forms from a gettext catalogue of the language"
    try:
        _forms(value if isinstance(value, str) else "")
    except ValueError as error:
        yield Misfit("", value, str(error), remedy)


def is_code(code: str) -> bool:
    """Say whether a text can be the code of a language, and name a folder everywhere."""
    return bool(_CODE.fullmatch(code)) and code not in _RESERVED


def _is_tag(tag: str) -> bool:
    """Say whether a text has the shape of a BCP 47 tag without extensions."""
    variants = tag.lower().split("-")[1:]
    unique = len(set(variants)) == len(variants)
    return len(tag) <= MAX_TAG and unique and bool(_TAG.fullmatch(tag))


def _is_alphabet(letters: str) -> bool:
    if letters == GB2312:
        return True
    known = all(letter.isalpha() or is_mark(letter) for letter in letters)
    return known and len(letters) <= 200 and len(set(letters)) == len(letters)


RULES: dict[str, Rule] = {
    "tag": text(
        "be a BCP 47 tag like xx-YY",
        _is_tag,
        f"write its parts with hyphens, {MAX_TAG} characters at most",
    ),
    "name": text(
        "be the language's name in itself",
        lambda name: len(name) <= MAX_NAME and is_name(name) and not _ADDRESS.search(name),
        f"write 1 to {MAX_NAME} letters, no markup and no address",
    ),
    "direction": one_of("ltr", "rtl"),
    "plurals": _check_plurals,
    "source": flag,
    "alphabet": text(
        f'name every letter once, or be "{GB2312}"', _is_alphabet, "remove what is no letter"
    ),
    "ignored_prefix": text(
        "be an article of at most 10 letters",
        lambda prefix: len(prefix) <= 10 and is_printable(prefix),
        "shorten it, or leave the key out",
    ),
    "font": text(
        "be the name of a font file, at most 40 letters and digits",
        lambda font: bool(re.fullmatch("[A-Za-z0-9-]{0,40}", font)),
        "write it without folder and ending",
    ),
}
REQUIRED = ("tag", "name", "direction", "plurals")


@cache
def _positions(alphabet: str) -> dict[str, int]:
    if alphabet == GB2312:
        return {}
    return {letter: 2 * place for place, letter in enumerate(alphabet, start=ord("a"))}


def _lowered(text: str, alphabet: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if "ı" in alphabet:  # dotted and dotless i are two letters here
        text = text.replace("İ", "i").replace("I", "ı")
    return text.lower()


def _without_prefix(word: str, prefix: str) -> str:
    return word.removeprefix(prefix) if prefix and len(word) > len(prefix) + 1 else word


def _weight(letter: str, alphabet: str, positions: dict[str, int]) -> int:
    """Weigh a letter: its place in the alphabet, its base letter's place, or its code point."""
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if letter in positions:
        return positions[letter]
    kept = "".join(mark for mark in marks if unicodedata.normalize("NFC", base + mark) in positions)
    if (
        unicodedata.normalize("NFC", base + kept) in positions
    ):  # a tone mark on an alphabet's letter
        return positions[unicodedata.normalize("NFC", base + kept)]
    if alphabet == GB2312 and ord(letter) > 0x2E7F:
        return 0x10000 + int.from_bytes(letter.encode("gb18030"), "big")
    if not base.isalnum():
        return 1 if base.isspace() else 0
    return _foreign(base, positions)


def _foreign(letter: str, positions: dict[str, int]) -> int:
    """Place a letter that the alphabet lacks: just behind its Latin neighbour, as w behind v."""
    if not positions or not "a" <= letter <= "z":
        return ord(letter)
    return 1 + max((positions[near] for near in positions if "a" <= near < letter), default=0)
