"""The catalogues of all languages: update and count them, add one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from booktools.book import CATALOGUES, SETTINGS, Book, catalogues_below
from booktools.checks import Finding, catalogue_domain
from booktools.checks.files import (
    book_catalogues,
    catalogue_paths,
    file_findings,
    found,
    read_catalogue,
    unreadable,
)
from booktools.extraction import Templates, collect, extract_messages
from booktools.files import write_changed
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
class Count:
    """How many messages a file has, and of which kinds.

    stamp: when the file changed, and its size; None where nobody can say.
    """

    stamp: tuple[int, int] | None
    total: int
    translated: int
    fuzzy: int
    unread: str


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


def status(
    codes: Iterable[str] = (), *, root: Path, known: dict[Path, Count] | None = None
) -> tuple[Progress, ...]:
    """Count translated, fuzzy and missing messages per language and catalogue.

    known: the counts of earlier calls, which hold as long as a file does; they are brought up.
    """
    book = Book(root)
    known = {} if known is None else known
    read = {language.code: _counts(language, root, known) for language in book.translations}
    sizes: dict[str, int] = {}
    for counts in read.values():
        for domain, count in counts.items():
            sizes[domain] = max(sizes.get(domain, 0), count.total)
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
    refuse_links(catalogues_below(root / CATALOGUES, code) / "any", folders=3)
    refuse_links(root / "notebooks" / code / "any", folders=2)
    given = {"tag": tag, "name": name, "direction": direction, "plurals": plurals}
    language = described(code, given)
    check_language(table, language)
    with _added(book, (*known, language) if book.untranslated else (language,)):
        load_languages(table)
        update((code,), root=root, extract=extract)
    (root / "notebooks" / code).mkdir(parents=True, exist_ok=True)
    terms = book.language_folder(code) / "terms.toml"
    write_changed(terms, 'matching = "words"\n')
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


def _catalogues(language: Language, root: Path) -> dict[str, _Read]:
    return {
        catalogue_domain(path, language, root): read_catalogue(path)
        for path in book_catalogues(language, root)
    }


def _live(catalogue: Catalogue) -> list[Entry]:
    return [entry for entry in catalogue.entries if not entry.obsolete]


def _counts(language: Language, root: Path, known: dict[Path, Count]) -> dict[str, Count]:
    counts = {}
    for path in book_catalogues(language, root):
        name, stamp = path.relative_to(root), _stamp(path)
        if not (stamp and name in known and known[name].stamp == stamp):
            known[name] = _count(path, stamp, root)
        counts[catalogue_domain(path, language, root)] = known[name]
    return counts


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _count(path: Path, stamp: tuple[int, int] | None, root: Path) -> Count:
    catalogue, problems = read_catalogue(path)
    entries = _live(catalogue)
    translated = sum(entry.translated for entry in entries)
    fuzzy = sum(entry.fuzzy for entry in entries)
    unread = str(found(path, problems[0], root)) if problems and not catalogue.header else ""
    return Count(stamp, len(entries), translated, fuzzy, unread)


def _progress(
    language: Language, domain: str, count: Count | None, size: int, root: Path
) -> Progress:
    count = count or Count(None, 0, 0, 0, "")
    missing = max(count.total, size) - count.translated - count.fuzzy
    unread = count.unread or _link_above(Book(root).catalogue(language, domain), root)
    return Progress(language.code, domain, count.translated, count.fuzzy, missing, unread)


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
        yield _change(language, domain, write_changed(path, text), domain in old, merged)
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
