"""Checks of translations: one small function per rule, each with a bad and a good example.

Translations are untrusted input. The rules in `SECURITY_RULES` also guard the build: an entry that
breaks one of them is shown in English.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from booktools.checks import security, terminology, typography
from booktools.checks.files import file_findings, known_domains, read_catalogue
from booktools.checks.finding import Finding
from booktools.checks.message import Rule, messages
from booktools.glossary_terms import Terms, TermsError, load_terms
from booktools.languages import ROOT, Language, chosen_languages, load_languages
from booktools.po import Entry

SECURITY_RULES: tuple[Rule, ...] = security.RULES
RULES: tuple[Rule, ...] = (*SECURITY_RULES, *terminology.RULES, *typography.RULES)

__all__ = [
    "RULES",
    "SECURITY_RULES",
    "Finding",
    "check_catalogue",
    "check_catalogues",
    "check_entry",
]


def check_catalogues(codes: Iterable[str] = (), *, root: Path = ROOT) -> list[Finding]:
    """Check every catalogue of the languages `codes` (all where empty) with every rule.

    A broken file becomes a finding, and the others are still checked. Raises `LanguageError`
    for an unknown code and a broken table of languages.
    """
    languages = chosen_languages(codes, load_languages(root / "locales" / "languages.toml"))
    return [finding for language in languages for finding in _check_language(language, root)]


def check_catalogue(path: Path, language: Language, terms: Terms, root: Path) -> Iterator[Finding]:
    """Check one file: its form first, then each of its translations."""
    catalogue, problems = read_catalogue(path)
    yield from file_findings(path, catalogue, problems, language, root)
    domain = catalogue_domain(path, language, root)
    for entry in catalogue.entries:
        for rule, message, remedy, line in check_entry(entry, domain, language, terms):
            yield Finding(path.relative_to(root), line, rule, message, remedy)
    if domain == "book/glossary":
        for problem in terminology.duplicate_headwords(catalogue.entries):
            yield Finding(path.relative_to(root), *problem)


def check_entry(
    entry: Entry,
    domain: str,
    language: Language,
    terms: Terms,
    rules: tuple[Rule, ...] = RULES,
) -> Iterator[tuple[str, str, str, int]]:
    """Yield rule, message, remedy and line of each problem of one entry.

    Untranslated and fuzzy entries are the business of `status`. What is far too long is not
    read any further.
    """
    if entry.obsolete or entry.fuzzy:
        return
    for message in messages(entry, domain, language, terms):
        for rule in rules:
            problems = list(rule(message))
            for what, remedy in problems:
                yield rule.__name__, what, remedy, message.line
            if problems and rule is security.size:
                break


def catalogue_domain(path: Path, language: Language, root: Path) -> str:
    """Return gettext's name of a catalogue, such as "book/glossary" or "theme"."""
    folder = root / "locales" / language.code / "LC_MESSAGES"
    return path.relative_to(folder).with_suffix("").as_posix()


def _check_language(language: Language, root: Path) -> Iterator[Finding]:
    try:
        terms = load_terms(root / "locales" / language.code / "terms.toml")
    except TermsError as error:
        yield Finding(error.path.relative_to(root), 1, "terms", error.what, error.remedy)
        terms = Terms()
    folder = root / "locales" / language.code / "LC_MESSAGES"
    domains = known_domains(root)
    for path in sorted(folder.rglob("*.po")):
        if catalogue_domain(path, language, root) in domains:
            yield from sorted(check_catalogue(path, language, terms, root))
        else:
            yield Finding(
                path.relative_to(root), 1, "stray_file",
                "no page and no package has messages by this name",
                "delete the file, or rename it as its page is called",
            )  # fmt: skip
