"""Find a term in a translated sentence, whatever its endings: `locales/<code>/terms.toml`.

Each table there is an English concept. approved: the headword. accepted: other forms and stems
that count as the term. forbidden: variants, each with the reason. unless: English words beside
which a forbidden variant is right. searched: what readers elsewhere call it, for the search alone.
required: whether the term must appear where the English has it (false for words with an everyday
sense). How words inflect is the table's `matching`.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from booktools.characters import is_printable, is_word
from booktools.tables import (
    Rule,
    TableError,
    check_table,
    check_value,
    flag,
    list_of,
    nearest,
    one_of,
    parse_toml,
    read_table,
    shown,
    shown_key,
    table_of,
    text,
)

MAX_BYTES = 500_000
MAX_TERMS = 2_000
MAX_FORM = 100  # characters of a word or phrase
MAX_REASON = 500
_WORDS = re.compile(r"[\s-]+")  # between the words of an English name
_SETTINGS = ("matching", "typography", "always")
_TYPOGRAPHY = ("arabic", "han", "old tone marks")


class TermsError(TableError):
    """A table of terms is not as the checks need it."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One concept: how English names it and how a translation must, may and may not."""

    english: tuple[str, ...]
    approved: str
    accepted: tuple[str, ...] = ()
    forbidden: Mapping[str, str] = field(default_factory=dict)
    unless: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms of one language and how its words inflect."""

    terms: tuple[Term, ...] = ()
    matching: str = "words"
    typography: tuple[str, ...] = ()
    always: Mapping[str, str] = field(default_factory=dict)

    def named(self, english: str) -> Term | None:
        """Return the concept that English calls `english`, in any case."""
        return self._by_name.get(english.casefold())

    def mentioned(self, text: str, *, nested: bool = False) -> tuple[Term, ...]:
        """Return the concepts that an English text names; the longest name wins.

        nested: also those within a longer name, such as layer in hidden layer.
        """
        found: list[Term] = []
        rest = text.casefold()
        for name, word in self._longest_first:
            if word not in rest:  # the quickest test, and nearly every name fails it
                continue
            marked, count = _english_pattern(name).subn(" \ufffc ", rest)
            rest = rest if nested else marked
            if count and self._by_name[name] not in found:
                found.append(self._by_name[name])
        return tuple(found)

    def says(self, text: str, term: Term) -> bool:
        """Say whether a translation uses an approved or accepted form of `term`."""
        return any(self.found(text, form) for form in (term.approved, *term.accepted))

    def found(self, text: str, form: str) -> bool:
        """Say whether a translation uses `form`, inflected or not."""
        return find(self.matching, text, form)

    def same(self, text: str, form: str) -> bool:
        """Say whether two headwords differ in nothing but case and vowel marks."""
        normalise, _pattern = _MATCHERS[self.matching]
        return normalise(text) == normalise(form)

    def without(self, text: str, form: str) -> str:
        """Return `text` without the accepted terms of which `form` is only a part."""
        normalise, _pattern = _MATCHERS[self.matching]
        rest = normalise(text)
        for pattern in self._containing(form):
            rest = pattern.sub(" \ufffc ", rest)
        return rest

    def _containing(self, form: str) -> tuple[re.Pattern[str], ...]:
        """Return the patterns of the accepted terms that contain `form`."""
        if form not in self._remembered:
            normalise, pattern = _MATCHERS[self.matching]
            self._remembered[form] = tuple(
                _compiled(pattern, normalise(allowed))
                for term in self.terms
                for allowed in (term.approved, *term.accepted)
                if self.found(allowed, form)
            )
        return self._remembered[form]

    @cached_property
    def _remembered(self) -> dict[str, tuple[re.Pattern[str], ...]]:
        return {}

    @cached_property
    def _longest_first(self) -> tuple[tuple[str, str], ...]:
        """Pair each English name with the longest of its words."""
        names = sorted(self._by_name, key=len, reverse=True)
        return tuple((name, max(_WORDS.split(name), key=len)) for name in names)

    @cached_property
    def _by_name(self) -> dict[str, Term]:
        return {name.casefold(): term for term in self.terms for name in term.english}


def load_terms(path: Path) -> Terms:
    """Return the terms of `path`; no file, no terms.

    Raises `TermsError` with the table, what is wrong and how to mend it.
    """
    if not os.path.lexists(path):
        return Terms()
    try:
        written = read_table(path, MAX_BYTES, folders=2)
        return _terms(path, parse_toml(path, written, "concept"))
    except TableError as error:
        raise TermsError(*error.args) from None


def find(matching: str, text: str, form: str) -> bool:
    """Say whether `form` stands in `text` under the inflections of `matching`."""
    _normalise, pattern = _MATCHERS[matching]
    return bool(_compiled(pattern, _normal(matching, form)).search(_normal(matching, text)))


@lru_cache(maxsize=10_000)  # many forms are looked for in one text, and the same forms in all
def _normal(matching: str, text: str) -> str:
    normalise, _pattern = _MATCHERS[matching]
    return normalise(text)


def _terms(path: Path, tables: dict[str, Any]) -> Terms:
    settings = {key: tables.pop(key) for key in _SETTINGS if key in tables}
    check_value(path, "matching", settings.setdefault("matching", "words"), one_of(*_MATCHERS))
    form = _form(settings["matching"])
    check_value(path, "typography", settings.get("typography", []), _TYPOGRAPHIES)
    check_value(path, "always", settings.get("always", {}), table_of(form, _REASON, MAX_TERMS))
    if len(tables) > MAX_TERMS:
        what = f"it has {len(tables):,} tables, the bound is {MAX_TERMS:,}"
        raise TermsError(path, what, "remove those that are no terms of the book")
    rules = _rules(form)
    terms = tuple(_term(path, name, table, rules) for name, table in tables.items())
    _check_together(path, terms)
    settings["typography"] = tuple(settings.get("typography", ()))
    return Terms(terms=terms, **settings)


def _term(path: Path, name: str, table: object, rules: Mapping[str, Rule]) -> Term:
    where = f"[{shown_key(name)}]"
    if not isinstance(table, dict):
        what = f"{where} must be a table, got {shown(table)}"
        raise TermsError(path, what, f"write `{where}` above it{nearest(name, _SETTINGS)}")
    check_value(path, f"{where}: the name", name, _ENGLISH)
    values = check_table(path, where, table, rules, ("approved",))
    return Term(
        english=(name, *values.get("english", ())),
        approved=values["approved"],
        accepted=tuple(values.get("accepted", ())),
        forbidden=values.get("forbidden", {}),
        unless=tuple(values.get("unless", ())),
        searched=tuple(values.get("searched", ())),
        required=values.get("required", True),
    )


def _check_together(path: Path, terms: Iterable[Term]) -> None:
    """Refuse an English name of two concepts, and a form that is both right and forbidden."""
    seen: dict[str, Term] = {}
    for term in terms:
        where = f"[{shown_key(term.english[0])}]"
        for name in term.english:
            if seen.setdefault(name.casefold(), term) is not term:
                other = shown_key(seen[name.casefold()].english[0])
                what = f"{where}: the name {name!r} stands in [{other}] already"
                raise TermsError(path, what, "write it in one of the two")
        for form in (term.approved, *term.accepted):
            if form in term.forbidden:
                what = f"{where}: {form!r} is both a right form and forbidden"
                raise TermsError(path, what, "remove it from one of the two lists")


def _form(matching: str) -> Rule:
    """Return the rule of a form: of it, something must be left once marks and case are folded."""
    normalise, _pattern = _MATCHERS[matching]

    def fits(form: str) -> bool:
        return len(form) <= MAX_FORM and is_word(form) and is_word(normalise(form))

    return text("be a word or a phrase", fits, f"write 1 to {MAX_FORM} visible characters")


def _is_english(name: str) -> bool:
    return len(name) <= MAX_FORM and is_word(name) and not name.startswith("-")


_ENGLISH = text(
    "be an English word or phrase", _is_english, f"write 1 to {MAX_FORM} visible characters"
)
_REASON = text(
    "give its reason",
    lambda reason: 0 < len(reason) <= MAX_REASON and is_word(reason),
    f"write a sentence of at most {MAX_REASON} characters",
)
_NOTE = text(
    "be a note without invisible characters",
    lambda note: len(note) <= 4 * MAX_REASON and is_printable(note.replace("\n", "")),
    "write it anew",
)
_TYPOGRAPHIES = list_of(one_of(*_TYPOGRAPHY), len(_TYPOGRAPHY))


def _rules(form: Rule) -> dict[str, Rule]:
    return {
        "english": list_of(_ENGLISH, MAX_FORM),
        "approved": form,
        "accepted": list_of(form, MAX_FORM),
        "forbidden": table_of(form, _REASON, MAX_FORM),
        "unless": list_of(_ENGLISH, MAX_FORM),
        "searched": list_of(form, MAX_FORM),
        "required": flag,
        "note": _NOTE,
    }


@cache
def _english_pattern(name: str) -> re.Pattern[str]:
    words = r"[\s-]+".join(map(re.escape, _WORDS.split(name)))
    return re.compile(rf"(?<!\w){words}(?:e?s)?(?!\w)")


@cache
def _compiled(pattern: Callable[[str], str], form: str) -> re.Pattern[str]:
    return re.compile(pattern(form))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _words_pattern(form: str) -> str:
    return rf"(?<!\w){re.escape(form)}(?!\w)"


def _plurals_pattern(form: str) -> str:
    """Match Romance plurals of every word, and articles that are joined to prepositions."""
    return rf"(?<!\w){' '.join(map(_with_plural, form.split()))}(?!\w)"


def _with_plural(word: str) -> str:
    if contraction := re.fullmatch(r"(d|n|pel)[oa]s?|de", word):
        return {"n": "n[oa]s?", "pel": "pel[oa]s?"}.get(contraction.group(1), r"d(?:e|[oa]s?)")
    for ending, plural in (("ão", "(?:ão|ões)"), ("l", "(?:l|is)"), ("m", "(?:m|ns)")):
        if word.endswith(ending):
            return re.escape(word.removesuffix(ending)) + plural
    ending = "(?:es)?" if word.endswith(("r", "z", "s", "n")) else "s?"
    return re.escape(word) + ending


def _turkic_folded(text: str) -> str:
    return _folded(text.replace("’", "'").replace("İ", "i").replace("I", "ı"))


def _suffixes_pattern(form: str) -> str:
    """Match a stem that softens its last consonant, with its endings."""
    *first, last = form.split()
    if first:  # a compound loses its possessive before other endings: kuralı, kuralının, kuralları
        last = re.sub(r"(?<=[^\W\d_]{2})(?:s[ıiuü]|(?<=[^aeıioöuüs])[ıiuü])$", "", last)
    soft = {"p": "[pb]", "ç": "[çc]", "t": "[td]", "k": "[kğ]"}
    last = re.escape(last[:-1]) + soft.get(last[-1], re.escape(last[-1]))
    words = " ".join([*map(re.escape, first), last])
    return rf"(?<!\w){words}'?[a-zçğıöşüâîû]*"


_ARABIC_MARKS = re.compile("[\u064b-\u0652\u0670\u0640\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_ARABIC_LETTERS = str.maketrans("أإآٱىکی", "ااااي" + "كي")


def _arabic_folded(text: str) -> str:
    return _folded(_ARABIC_MARKS.sub("", text).translate(_ARABIC_LETTERS))


def _clitics_pattern(form: str) -> str:
    """Match each word with its conjunction, preposition and article before, pronoun behind."""
    words = r"[\s*_]+".join(map(_with_clitics, form.split()))
    return rf"(?<![ء-ي]){words}(?![ء-ي])"


def _with_clitics(word: str) -> str:
    stem = word.removeprefix("ال") if len(word) > 4 else word
    if not re.search("[ء-ي]", stem):
        return rf"[وفبكل]*(?:ال)?{re.escape(stem)}"
    ending = "[ةته]" if stem.endswith("ة") else re.escape(stem[-1])
    body = re.escape(stem[:-1]) + ending
    return rf"(?:[وف])?(?:لل|[بك]?ال|[بكل])?{body}(?:ا|ه|ها|هم|هما|نا|ك)?"


def _unspaced(text: str) -> str:
    return re.sub(r"\s+", "", _folded(text))


_Matcher = tuple[Callable[[str], str], Callable[[str], str]]
_MATCHERS: dict[str, _Matcher] = {
    "words": (_folded, _words_pattern),
    "plurals": (_folded, _plurals_pattern),
    "suffixes": (_turkic_folded, _suffixes_pattern),
    "clitics": (_arabic_folded, _clitics_pattern),
    "substring": (_unspaced, re.escape),
}


def listed(forms: Iterable[str]) -> Iterator[str]:
    """Yield each form in quotation marks, for a message."""
    return (f"“{form}”" for form in forms)
