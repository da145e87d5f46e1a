"""Is the file a catalogue that gettext reads as its translator meant it?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from booktools.checks.finding import Finding
from booktools.languages import Language
from booktools.po import Catalogue, Problem, parse

PACKAGE_DOMAINS = ("toc", "vanishing", "theme")
MAX_BYTES = 4_000_000


def known_domains(root: Path) -> frozenset[str]:
    """Return the names that a catalogue may have: one per page, and those of the packages."""
    pages = (root / "book").rglob("*.md")
    return frozenset({page.relative_to(root).with_suffix("").as_posix() for page in pages}) | set(
        PACKAGE_DOMAINS
    )


def read_catalogue(path: Path) -> tuple[Catalogue, tuple[Problem, ...]]:
    """Read a file, whatever it holds; what cannot be read is a problem, never an exception."""
    if (size := path.stat().st_size) > MAX_BYTES:
        message = f"the file has {size:,} bytes, the bound is {MAX_BYTES:,}"
        return Catalogue(), (Problem(1, "size", message, "remove what is no translation"),)
    data = path.read_bytes()
    try:
        catalogue = parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        return Catalogue(), (Problem(line, "encoding", message, "save the file as UTF-8"),)
    return catalogue, (*catalogue.problems, *_misplaced(catalogue))


def file_findings(
    path: Path, catalogue: Catalogue, problems: tuple[Problem, ...], language: Language, root: Path
) -> Iterator[Finding]:
    """Yield what is wrong with the file as a whole and with the form of its entries."""
    unread = any(problem.rule in ("encoding", "size") for problem in problems)
    found = [*problems]
    if not unread:
        found += [*_header(catalogue, language), *_forms(catalogue, language)]
    for problem in sorted(found, key=lambda problem: problem.line):
        yield Finding(
            path.relative_to(root), problem.line, problem.rule, problem.message, problem.remedy
        )


def duplicates(catalogue: Catalogue) -> frozenset[int]:
    """Return the positions of entries whose msgid an earlier entry has."""
    seen: set[tuple[str | None, str]] = set()
    doubled = set()
    for place, entry in enumerate(catalogue.entries):
        if not entry.obsolete and entry.key in seen:
            doubled.add(place)
        elif not entry.obsolete:
            seen.add(entry.key)
    return frozenset(doubled)


def _misplaced(catalogue: Catalogue) -> Iterator[Problem]:
    for place in sorted(duplicates(catalogue)):
        entry = catalogue.entries[place]
        yield Problem(
            entry.line, "duplicate_entry", f"“{entry.msgid[:60]}” stands here a second time",
            "delete one of the two entries",
        )  # fmt: skip


def _header(catalogue: Catalogue, language: Language) -> Iterator[Problem]:
    fields = catalogue.fields
    line = catalogue.header.line if catalogue.header else 1
    remedy = "`python -m booktools update` writes the right header"
    if not catalogue.header:
        yield Problem(line, "header", "the header entry is missing", remedy)
        return
    if catalogue.header.fuzzy:
        yield Problem(line, "header", "the header is marked fuzzy, so it would not count", remedy)
    if _squeezed(fields.get("Plural-Forms", "")) != _squeezed(language.plurals):
        found = fields.get("Plural-Forms") or "nothing"
        message = f"Plural-Forms must be “{language.plurals}”, got “{found}”"
        yield Problem(line, "plural_header", message, remedy)
    if fields.get("Language") != language.code:
        found = fields.get("Language") or "nothing"
        yield Problem(line, "header", f"Language must be {language.code}, got {found}", remedy)
    if "charset=utf-8" not in fields.get("Content-Type", "").lower():
        yield Problem(line, "header", "Content-Type must say charset=UTF-8", remedy)


def _forms(catalogue: Catalogue, language: Language) -> Iterator[Problem]:
    for entry in catalogue.entries:
        count = len(entry.msgstr)
        if entry.plural is not None and not entry.obsolete and count != language.plural_count:
            yield Problem(
                entry.line, "plural_forms",
                f"the entry has {count} forms, the language has {language.plural_count}",
                f"write msgstr[0] to msgstr[{language.plural_count - 1}]",
            )  # fmt: skip


def _squeezed(text: str) -> str:
    return re.sub(r"[\s;]", "", text)
