"""The catalogues of all languages: update and count them, add one, copy what a build may use."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from booktools.book import SETTINGS, Book
from booktools.checks import SECURITY_RULES, Finding, catalogue_domain, check_entry
from booktools.checks.files import (
    catalogue_paths,
    duplicates,
    file_findings,
    found,
    has_plurals,
    is_foreign,
    read_catalogue,
    unreadable,
)
from booktools.extraction import Templates, collect, extract_messages
from booktools.files import write_whole
from booktools.glossary_terms import Terms
from booktools.languages import (
    Language,
    LanguageError,
    check_code,
    check_language,
    described,
    language_table,
    load_languages,
)
from booktools.merge import Merged, merge
from booktools.po import Catalogue, Entry, Problem, render
from booktools.reading import ReadingError, refuse_links

Extract = Callable[[Path], None]
_Read = tuple[Catalogue, tuple[Problem, ...]]


@dataclass(frozen=True)
class Change:
    """What `update` did to one catalogue.

    carried: messages whose English changed in punctuation only. fuzzied: messages to look at.
    state: "new", "changed", "unchanged", "removed" or "unreadable".
    """

    language: str
    domain: str
    state: str
    carried: tuple[str, ...] = ()
    fuzzied: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far one catalogue of one language is, in messages.

    unread: why its file is not read, and the remedy; "" where it is.
    """

    language: str
    domain: str
    translated: int
    fuzzy: int
    missing: int
    unread: str = ""

    @property
    def total(self) -> int:
        """Count all messages."""
        return self.translated + self.fuzzy + self.missing

    @property
    def share(self) -> float:
        """Return the translated share, from 0 to 1; an empty catalogue is complete."""
        return self.translated / self.total if self.total else 1.0


def update(
    codes: Iterable[str] = (), *, root: Path, extract: Extract | None = None
) -> tuple[Change, ...]:
    """Bring the messages of the book and of both packages into every catalogue of `codes`.

    extract: writes the .pot files of the pages; Sphinx's gettext builder where it is missing.
    A file that cannot be read is left as it is and reported. Raises `ExtractionError`.
    """
    languages = Book(root).chosen(codes)
    templates = collect(root, extract or partial(extract_messages, root=root))
    return tuple(
        change for language in languages for change in _update_language(language, templates, root)
    )


def status(codes: Iterable[str] = (), *, root: Path) -> tuple[Progress, ...]:
    """Count translated, fuzzy and missing messages per language and catalogue."""
    book = Book(root)
    read = {language.code: _catalogues(language, root) for language in book.translations}
    sizes: dict[str, int] = {}
    for catalogues in read.values():
        for domain, (catalogue, _problems) in catalogues.items():
            sizes[domain] = max(sizes.get(domain, 0), len(_live(catalogue)))
    return tuple(
        _progress(language, domain, read[language.code].get(domain), sizes[domain], root)
        for language in book.chosen(codes)
        for domain in sorted(sizes)
    )


def new_language(
    code: str,
    *,
    tag: str = "",
    name: str = "",
    direction: str = "",
    plurals: str = "",
    root: Path,
    extract: Extract | None = None,
) -> Language:
    """Add a language: its entry in languages.toml, its catalogues, its folder of notebooks.

    What is not given comes from Unicode's tables. Raises `LanguageError` where the code is taken,
    or unknown to Unicode while a value is missing.
    """
    book = Book(root)
    table = book.language_table
    known = (_own_language(book),) if book.untranslated else book.languages
    if code in {language.code for language in known}:
        raise LanguageError(f"language {code!r} exists already; choose another code")
    check_code(table, code)
    refuse_links(root / "locales" / code / "LC_MESSAGES/any", folders=3)
    refuse_links(root / "notebooks" / code / "any", folders=2)
    given = {"tag": tag, "name": name, "direction": direction, "plurals": plurals}
    language = described(code, given)
    check_language(table, language)
    with _added(book, (*known, language) if book.untranslated else (language,)):
        load_languages(table)
        update((code,), root=root, extract=extract)
    (root / "notebooks" / code).mkdir(parents=True, exist_ok=True)
    terms = root / "locales" / code / "terms.toml"
    _write(terms, 'matching = "words"\n')
    return language


def _own_language(book: Book) -> Language:
    """Describe the language in which a book is written that has no table of languages yet."""
    code = book.own_code
    check_code(book.root / SETTINGS, code)
    return replace(described(code, {}), source=True)


@contextmanager
def _added(book: Book, languages: Iterable[Language]) -> Iterator[None]:
    """Write these languages into the table, which is as it was before where the rest fails."""
    table = book.language_table
    before = None if book.untranslated else table.read_text(encoding="utf-8")
    tables = "".join(map(language_table, languages))
    table.parent.mkdir(exist_ok=True)
    text = f"{before.rstrip()}\n{tables}" if before else tables.lstrip()
    table.write_text(text, encoding="utf-8")
    try:
        yield
    except BaseException:
        if before is None:
            table.unlink()
        else:
            table.write_text(before, encoding="utf-8")
        raise


def write_safe_copies(
    code: str, target: Path, *, root: Path, all_findings: bool = True
) -> list[Finding]:
    """Copy the catalogues of `code` below `target`/<code>/LC_MESSAGES for a build.

    Left out are fuzzy entries, broken ones, and those that break a security rule; the latter two
    are returned. A copy is written only where it changes, so that a build sees what is new.
    all_findings: False spares the catalogues whose copy is newer than they and these tools are.
    """
    language = Book(root).language(code)
    if language.source:
        return []
    folder = target / code / "LC_MESSAGES"
    findings = _links(language, root)
    kept = set()
    for path in _paths(language, root):
        copy = folder / f"{catalogue_domain(path, language, root)}.po"
        kept |= {copy, copy.with_suffix(".mo")}
        if not all_findings and _is_newer(copy, path):
            continue
        text, problems = _safe_copy(path, language, root)
        if not _write(copy, _signed(text)) and not all_findings:
            copy.touch()  # it is as new as these tools now
        _compile(copy, text, code)
        findings += problems
    for base, _folders, files in os.walk(folder):
        for stranger in {Path(base, name) for name in files} - kept:
            stranger.unlink()
    return findings


def _links(language: Language, root: Path) -> list[Finding]:
    """Return findings for links in place of folders, so that what is behind them is not missed."""
    paths = catalogue_paths(language, root)
    links = {path: unreadable(path) for path in paths if path.suffix != ".po"}
    return [found(path, problem, root) for path, problem in links.items() if problem]


def _compile(copy: Path, text: str, code: str) -> None:
    """Write the compiled form of a copy, which Sphinx takes as long as it is the newer one."""
    catalogue = read_po(text.split("\n"), locale=code)
    catalogue.creation_date = catalogue.revision_date = datetime.fromtimestamp(0, UTC)
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    compiled = copy.with_suffix(".mo")
    if not _write(compiled, buffer.getvalue()) and _age(compiled) < _age(copy):
        compiled.touch()


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns


def _is_newer(copy: Path, source: Path) -> bool:
    tools = Path(__file__).parent.rglob("*.py")
    latest = max(one.lstat().st_mtime for one in (source, *tools))
    return copy.exists() and copy.stat().st_mtime > latest and _is_whole(copy)


def _signed(text: str) -> str:
    """Put the digest of a copy above it: a build tells by it what a fault has damaged."""
    return f"# {hashlib.sha256(text.encode()).hexdigest()}\n{text}"


def _is_whole(copy: Path) -> bool:
    data = copy.read_bytes()
    return data == _signed(data.partition(b"\n")[2].decode("utf-8", "replace")).encode()


def _paths(language: Language, root: Path) -> list[Path]:
    """Return what has the name of a catalogue of the book, read or not."""
    domains = Book(root).domains
    paths = catalogue_paths(language, root)
    return [path for path in paths if catalogue_domain(path, language, root) in domains]


def _catalogues(language: Language, root: Path) -> dict[str, _Read]:
    return {
        catalogue_domain(path, language, root): read_catalogue(path)
        for path in _paths(language, root)
    }


def _live(catalogue: Catalogue) -> list[Entry]:
    return [entry for entry in catalogue.entries if not entry.obsolete]


def _progress(
    language: Language, domain: str, read: _Read | None, size: int, root: Path
) -> Progress:
    catalogue, problems = read or (Catalogue(), ())
    entries = _live(catalogue)
    translated = sum(entry.translated for entry in entries)
    fuzzy = sum(entry.fuzzy for entry in entries)
    missing = max(len(entries), size) - translated - fuzzy
    path = Book(root).catalogue(language, domain)
    unread = str(found(path, problems[0], root)) if problems and not catalogue.header else ""
    unread = unread or _link_above(path, root)
    return Progress(language.code, domain, translated, fuzzy, missing, unread)


def _link_above(path: Path, root: Path) -> str:
    try:
        refuse_links(path, folders=len(path.relative_to(root).parts) - 1)
    except ReadingError as error:
        return str(error)
    return ""


def _update_language(language: Language, templates: Templates, root: Path) -> Iterator[Change]:
    book = Book(root)
    folder = book.catalogue_folder(language)
    paths = catalogue_paths(language, root)
    refused = {path: problem for path in paths if (problem := unreadable(path))}
    for path, problem in refused.items():
        name = catalogue_domain(path, language, root) or path.name
        yield Change(language.code, name, "unreadable", findings=(found(path, problem, root),))
    old = {
        catalogue_domain(path, language, root): read_catalogue(path)
        for path in paths
        if path not in refused
    }
    broken = {domain for domain, (_catalogue, problems) in old.items() if problems}
    for domain, template in templates.items():
        path = folder / f"{domain}.po"
        if {path, *path.parents} & set(refused):
            continue
        catalogue, problems = old.get(domain, (Catalogue(), ()))
        if domain in broken:
            findings = tuple(file_findings(path, catalogue, problems, language, root))
            yield Change(language.code, domain, "unreadable", findings=findings)
            continue
        merged = merge(template, catalogue.entries, _pool(domain, old, book), language.plural_count)
        text = render(_header(catalogue, language, book.title), merged.entries)
        yield _change(language, domain, _write(path, text), domain in old, merged)
    for domain in sorted(set(old) - set(templates) - broken):
        if not book.page_source(domain).is_file():
            (folder / f"{domain}.po").unlink()
            yield Change(language.code, domain, "removed")


def _pool(domain: str, old: Mapping[str, _Read], book: Book) -> Iterator[Entry]:
    """Yield what text may have moved from: the same word on a button means something else."""
    for other, (catalogue, _problems) in old.items():
        if other == domain or (book.is_page(other) and book.is_page(domain)):
            yield from catalogue.entries


def _change(language: Language, domain: str, written: bool, known: bool, merged: Merged) -> Change:
    state = "unchanged" if not written else "changed" if known else "new"
    carried = tuple(entry.msgid for entry in merged.carried)
    fuzzied = tuple(entry.msgid for entry in merged.fuzzied)
    return Change(language.code, domain, state, carried, fuzzied)


def _header(catalogue: Catalogue, language: Language, title: str) -> Entry:
    """Write the header anew, but keep what a translator or an editor noted in it."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M+0000")
    fields = {
        "Project-Id-Version": " ".join(title.split()),
        "PO-Revision-Date": now,
        "Last-Translator": "",
        "Language-Team": " ".join(language.name.split()),
        **catalogue.fields,
        "Language": language.code,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": language.plurals,
    }
    fields.pop("POT-Creation-Date", None)  # it would change with every extraction
    text = "".join(f"{name}: {value}".rstrip() + "\n" for name, value in fields.items())
    comments = catalogue.header.comments if catalogue.header else ()
    return Entry(msgid="", msgstr=(text,), comments=comments)


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


def _write(path: Path, content: str | bytes) -> bool:
    """Write `content` where the file differs, whole or not at all; say whether it did."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return False
    write_whole(path, data)
    return True
