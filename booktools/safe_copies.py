"""Copy of a language's catalogues what a build may use, and say what it may not."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from booktools.book import Book, catalogues_below
from booktools.checks import SECURITY_RULES, Finding, catalogue_domain, check_entry
from booktools.checks.files import (
    MAX_BYTES,
    book_catalogues,
    catalogue_paths,
    duplicates,
    file_findings,
    found,
    has_plurals,
    is_foreign,
    read_catalogue,
    unreadable,
)
from booktools.files import keep, kept, write_changed
from booktools.glossary_terms import Terms
from booktools.languages import Language
from booktools.po import Entry, render
from booktools.reading import ReadingError, read_bytes
from booktools.versions import tools_version

COPIES = "_build/locale"  # where a book's builds have them


@dataclass(frozen=True)
class _Copied:
    """What became of a catalogue: its digest, those of both copies, and what was left out."""

    source: str
    copies: list[str]
    findings: list[list[Any]]


def write_safe_copies(code: str, target: Path, *, root: Path) -> list[Finding]:
    """Copy the catalogues of `code` to where a build looks for them below `target`.

    Left out are fuzzy entries, broken ones, and those that break a security rule; the latter two
    are returned. A copy is written only where it changes, so that a build sees what is new; what
    was found in a catalogue is kept until it, the book or these tools change.
    """
    language = Book(root).language(code)
    if language.source:
        return []
    folder, record = catalogues_below(target, code), target / f"{code}.json"
    rules = _digest(f"{tools_version()} {language} {sorted(Book(root).packages)}".encode())
    before = _known(record, rules)
    findings, now = _links(language, root), {}
    for path in book_catalogues(language, root):
        domain = catalogue_domain(path, language, root)
        now[domain] = _copied(before.get(domain), path, folder / f"{domain}.po", language, root)
        name = path.relative_to(root)
        findings += [Finding(name, *one) for one in now[domain].findings]
    if now != before:
        keep(record, {"rules": rules, "catalogues": {name: astuple(now[name]) for name in now}})
    _remove_others(folder, now)
    return findings


def _known(record: Path, rules: str) -> Mapping[str, _Copied]:
    """Return what was made of each catalogue by these rules."""
    found = kept(record) or {}
    catalogues = found["catalogues"] if found.get("rules") == rules else {}
    return {domain: _Copied(*values) for domain, values in catalogues.items()}


def _copied(
    before: _Copied | None, path: Path, copy: Path, language: Language, root: Path
) -> _Copied:
    """Return what was made of a catalogue, by now or before."""
    source = _source(path)
    if before and source and (before.source, before.copies) == (source, _digests(copy)):
        return before
    text, findings = _safe_copy(path, language, root)
    write_changed(copy, text)
    _compile(copy, text, language.code)
    known = source if _source(path) == source else ""  # saved meanwhile: look again next time
    rows = [[one.line, one.rule, one.message, one.remedy] for one in findings]
    return _Copied(known, _digests(copy), rows)


def _source(path: Path) -> str:
    """Return the digest of a catalogue; "" where it cannot be read, which is looked at anew."""
    try:
        return _digest(read_bytes(path, MAX_BYTES))
    except ReadingError:
        return ""


def _digests(copy: Path) -> list[str]:
    """Return the digests of a copy and its compiled form, which counts where it is the newer."""
    paths = (copy, copy.with_suffix(".mo"))
    if any(path.is_symlink() or not path.is_file() for path in paths) or _age(copy) > _age(
        paths[1]
    ):
        return []
    return [_digest(path.read_bytes()) for path in paths]


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _remove_others(folder: Path, domains: Iterable[str]) -> None:
    ours = {folder / f"{domain}{suffix}" for domain in domains for suffix in (".po", ".mo")}
    for base, _folders, files in os.walk(folder):
        for stranger in {Path(base, name) for name in files} - ours:
            stranger.unlink()


def _links(language: Language, root: Path) -> list[Finding]:
    """Return findings for links in place of folders, so that what is behind them is not missed."""
    paths = catalogue_paths(language, root)
    links = {path: unreadable(path) for path in paths if path.suffix != ".po"}
    return [found(path, problem, root) for path, problem in links.items() if problem]


def _safe_copy(path: Path, language: Language, root: Path) -> tuple[str, list[Finding]]:
    catalogue, problems = read_catalogue(path)
    findings = list(file_findings(path, catalogue, problems, language, root))
    domain = catalogue_domain(path, language, root)
    on_page = Book(root).is_page(domain)
    doubled, plurals = duplicates(catalogue), has_plurals(domain, root)
    entries = []
    for place, entry in enumerate(catalogue.entries):
        if place in doubled or not entry.translated or entry.obsolete:
            continue
        if len(entry.msgstr) != (language.plural_count if entry.plural is not None else 1):
            continue
        if is_foreign(entry, plurals=plurals):
            continue
        found = [
            Finding(path.relative_to(root), line, rule, message, remedy)
            for rule, message, remedy, line in check_entry(
                entry, language, Terms(), SECURITY_RULES, on_page=on_page
            )
        ]
        findings += found
        if not found:
            entries.append(_bare(entry))
    header = Entry(msgid="", msgstr=(_plain_header(language),))
    return render(header, entries), findings


def _bare(entry: Entry) -> Entry:
    return replace(entry, comments=(), notes=(), locations=(), flags=(), previous=None)


def _plain_header(language: Language) -> str:
    return (
        f"Language: {language.code}\n"
        "Content-Type: text/plain; charset=UTF-8\n"
        "Content-Transfer-Encoding: 8bit\n"
        f"Plural-Forms: {language.plurals}\n"
    )


def _compile(copy: Path, text: str, code: str) -> None:
    """Write the compiled form of a copy, which Sphinx takes as long as it is the newer one."""
    catalogue = read_po(text.split("\n"), locale=code)
    catalogue.creation_date = catalogue.revision_date = datetime.fromtimestamp(0, UTC)
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    compiled = copy.with_suffix(".mo")
    if not write_changed(compiled, buffer.getvalue()) and _age(compiled) < _age(copy):
        compiled.touch()
