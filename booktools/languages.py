"""The languages of the book: `locales/languages.toml` is their only list."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from functools import cache
from gettext import c2py  # accepts nothing but arithmetic on n
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ROOT / "locales" / "languages.toml"
GB2312 = "gb2312"  # its 3,755 common characters stand in the order of their pinyin

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
        rule = c2py(_plurals_match(self.plurals).group(2))
        return sum(rule(number) == form for number in range(1000))


def load_languages(path: Path = LANGUAGES) -> tuple[Language, ...]:
    """Return the languages of `path` in its order, the source language among them.

    Raises `LanguageError` with the line's table, what is wrong and how to mend it.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LanguageError(f"{path}: {error}; it must be TOML with a table per language") from None
    languages = tuple(_language(path, code, table) for code, table in tables.items())
    sources = [language.code for language in languages if language.source]
    if len(sources) != 1:
        raise LanguageError(
            f"{path}: exactly one table must say `source = true`, got {sources or 'none'}"
        )
    return languages


def source_language(languages: Iterable[Language]) -> Language:
    """Return the language in which the book is written."""
    return next(language for language in languages if language.source)


def chosen_languages(codes: Iterable[str], languages: tuple[Language, ...]) -> tuple[Language, ...]:
    """Return the translations named by `codes`, or all where `codes` is empty.

    Raises `LanguageError` where a code is unknown.
    """
    known = {language.code: language for language in languages}
    wanted = tuple(codes)
    for code in wanted:
        if code not in known:
            raise LanguageError(
                f"language must be one of {', '.join(known)}, got {code!r}; "
                f"add it with `python -m booktools new {code}`"
            )
    chosen = (known[code] for code in wanted) if wanted else iter(languages)
    return tuple(language for language in chosen if not language.source)


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
    for field in dataclass_fields(language):
        value = getattr(language, field.name)
        if field.name != "code" and value != field.default:
            lines.append(f"{field.name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _language(path: Path, code: str, table: object) -> Language:
    where = f"{path}: [{code}]"
    if not isinstance(table, dict):
        raise LanguageError(f"{where} must be a table, got {table!r}; write `[{code}]` above it")
    wanted = {field.name: field for field in dataclass_fields(Language) if field.name != "code"}
    if unknown := set(table) - set(wanted):
        raise LanguageError(
            f"{where}: unknown key {', '.join(sorted(unknown))}; known keys are {', '.join(wanted)}"
        )
    if missing := {"tag", "name", "direction", "plurals"} - set(table):
        raise LanguageError(f"{where}: {', '.join(sorted(missing))} is missing; add it")
    for name, value in table.items():
        kind = bool if name == "source" else str
        if not isinstance(value, kind):
            raise LanguageError(f"{where}: {name} must be a {kind.__name__}, got {value!r}")
    return _validated(where, Language(code=code, **_composed(table)))


def _composed(table: dict[str, Any]) -> dict[str, Any]:
    return {
        name: unicodedata.normalize("NFC", value) if isinstance(value, str) else value
        for name, value in table.items()
    }


def _validated(where: str, language: Language) -> Language:
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z][A-Za-z]+)?", language.code):
        raise LanguageError(f"{where}: a code is like `xx` or `xx_YY`, got {language.code!r}")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language.tag):
        raise LanguageError(f"{where}: tag must be a BCP 47 tag like xx-YY, got {language.tag!r}")
    if language.direction not in ("ltr", "rtl"):
        raise LanguageError(
            f'{where}: direction must be "ltr" or "rtl", got {language.direction!r}'
        )
    if not language.name.strip():
        raise LanguageError(f"{where}: name must be the language's name in itself, got nothing")
    if language.alphabet != GB2312 and len(set(language.alphabet)) != len(language.alphabet):
        raise LanguageError(
            f"{where}: alphabet must name every letter once, got {language.alphabet!r}"
        )
    try:
        language.plural_numbers(0)
    except ValueError as error:
        raise LanguageError(f"{where}: plurals: {error}") from None
    return language


def _plurals_match(plurals: str) -> re.Match[str]:
    match = re.fullmatch(r"\s*nplurals\s*=\s*([1-9])\s*;\s*plural\s*=\s*(.+?)\s*;?\s*", plurals)
    if not match:
        raise ValueError(f'must be like "nplurals=2; plural=(n != 1);", got {plurals!r}')
    return match


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
