"""Checks of translations: one small function per rule, each with a bad and a good example.

Translations are untrusted input. The rules in `SECURITY_RULES` also guard the build: an entry that
breaks one of them is shown in English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from booktools.book import CATALOGUES, LANGUAGES, Book
from booktools.checks import security, terminology, typography
from booktools.checks.files import (
    catalogue_domain,
    catalogue_paths,
    file_findings,
    found,
    read_catalogue,
    unreadable,
)
from booktools.checks.finding import Finding, shortened
from booktools.checks.message import Message, Rule, messages
from booktools.glossary_terms import Terms, TermsError
from booktools.languages import Language
from booktools.po import Entry

MAX_LETTERS, MAX_LINES, MAX_MARKS, MAX_BRACKETS = (
    4_000,
    60,
    300,
    30,
)  # of a text, ten times what a page has
_MARKS = re.compile(r"[^\w\s.,،、。]")

SECURITY_RULES: tuple[Rule, ...] = tuple(security.RULES)
RULES: tuple[Rule, ...] = (*SECURITY_RULES, *terminology.RULES, *typography.RULES)
# A comment may begin with what opens a block; of its line breaks another rule speaks.
_NOT_OF_COMMENTS = (security.block_start, security.line_break, security.control_characters)
_OF_PAGES = tuple(rule for rule in SECURITY_RULES if rule not in _NOT_OF_COMMENTS)


__all__ = [
    "RULES",
    "SECURITY_RULES",
    "Finding",
    "catalogue_domain",
    "check_catalogue",
    "check_catalogues",
    "check_entry",
    "shortened",
]


def check_catalogues(
    codes: Iterable[str] = (), *, root: Path, report: Callable[[str], None] | None = None
) -> list[Finding]:
    """Check every catalogue of the languages `codes` (all where empty) with every rule.

    report: receives a line about each language before its catalogues are read.
    A broken file becomes a finding, and the others are still checked. Raises `LanguageError`
    for an unknown code and a broken table of languages.
    """
    book = Book(root)
    findings: list[Finding] = []
    for language in book.chosen(codes):
        paths = catalogue_paths(language, root)
        if report:
            report(f"checking {language.code}: {len(paths):,} catalogues")
        findings += _check_language(language, paths, book)
    return [*findings, *_strangers(book)]


def _strangers(book: Book) -> Iterator[Finding]:
    """Yield what lies beside the languages' folders and belongs to none of them."""
    known = {LANGUAGES.partition("/")[2], *(language.code for language in book.languages)}
    for path in sorted((book.root / CATALOGUES).iterdir()):
        if path.name not in known:
            yield Finding(
                path.relative_to(book.root), 1, "stray_file",
                "the table of languages names no such language",
                "delete it, or add the language with `python -m booktools new`",
            )  # fmt: skip


def check_catalogue(path: Path, language: Language, terms: Terms, book: Book) -> Iterator[Finding]:
    """Check one file: its form first, then each of its translations."""
    root = book.root
    catalogue, problems = read_catalogue(path)
    yield from file_findings(path, catalogue, problems, language, root)
    on_page = book.is_page(catalogue_domain(path, language, root))
    for entry in catalogue.entries:
        for rule, message, remedy, line in check_entry(entry, language, terms, on_page=on_page):
            yield Finding(path.relative_to(root), line, rule, message, remedy)
    for problem in terminology.duplicate_headwords(catalogue.entries):
        yield Finding(path.relative_to(root), *problem)


def check_entry(
    entry: Entry,
    language: Language,
    terms: Terms,
    rules: tuple[Rule, ...] = RULES,
    *,
    on_page: bool,
) -> Iterator[tuple[str, str, str, int]]:
    """Yield rule, message, remedy and line of each problem of one entry.

    on_page: whether its catalogue is that of a page of the book.
    Untranslated and fuzzy entries are the business of `status`. What is far too long is not
    read any further. The English plural, against which most forms are checked, has to be the
    program's own: it brings nothing that the singular has not.
    """
    if entry.obsolete or entry.fuzzy:
        return
    for message in messages(entry, language, terms, on_page=on_page):
        yield from _problems(message, rules)
    if entry.plural is not None:
        english = replace(entry, plural=None, msgstr=(entry.plural,), lines=entry.lines[:1])
        yield from _problems(Message(english, 0, language, terms, on_page), SECURITY_RULES)


def _problems(message: Message, rules: tuple[Rule, ...]) -> Iterator[tuple[str, str, str, int]]:
    if too_much := _too_much(message):
        yield "size", too_much, "translate the English, nothing more", message.line
        return
    spoken = set()
    for rule, view in _views(message, rules):
        problems = list(rule(view)) if rule not in spoken else []
        for what, remedy in problems:
            spoken.add(rule)
            yield rule.__name__, what, remedy, message.line
        if problems and rule is security.size:
            break


def _views(message: Message, rules: Iterable[Rule]) -> Iterator[tuple[Rule, Message]]:
    """Pair each rule with the message; a comment's note may be forged, so pages are thought of."""
    yield from ((rule, message) for rule in rules)
    if message.is_comment:
        page = replace(message, entry=replace(message.entry, notes=()))
        yield from ((rule, page) for rule in _OF_PAGES)


def _check_language(language: Language, paths: Iterable[Path], book: Book) -> Iterator[Finding]:
    root = book.root
    try:
        terms = book.terms(language)
    except TermsError as error:
        yield Finding(error.path.relative_to(root), 1, "terms", error.what, error.remedy)
        terms = Terms()
    domains = book.domains
    for path in paths:
        if problem := unreadable(path):
            yield found(path, problem, root)
        elif catalogue_domain(path, language, root) in domains:
            yield from sorted(check_catalogue(path, language, terms, book))
        else:
            yield Finding(
                path.relative_to(root), 1, "stray_file",
                "no page and no package has messages by this name",
                "delete the file, or rename it as its page is called",
            )  # fmt: skip


def _too_much(message: Message) -> str:
    """Say what of a message is too much to read on; "" for what may stand in a book."""
    for name, text in (("English", message.english), ("translation", message.translation)):
        for count, bound, what in (
            (len(text), MAX_LETTERS, "characters"),
            (text.count("\n"), MAX_LINES, "line breaks"),
            (len(_MARKS.findall(text)), MAX_MARKS, "marks"),
            (text.count("["), MAX_BRACKETS, "opening brackets"),  # each may begin a link
        ):
            if count > bound:
                return f"the {name} has {count:,} {what}, the bound is {bound:,}"
    return ""
