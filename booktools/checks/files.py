"""Is the file a catalogue that gettext reads as its translator meant it?"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from booktools.book import THEME, Book
from booktools.checks.finding import Finding
from booktools.languages import Language
from booktools.po import Catalogue, Entry, Problem, parse
from booktools.reading import ReadingError, decoded, read_bytes, refuse_links, refuse_other_kinds

MAX_BYTES = 2_000_000
MAX_ENTRIES = 5_000  # ten times what the longest page has
UNREAD = frozenset({"file", "encoding", "size"})  # rules of a file that was not read at all


def catalogue_domain(path: Path, language: Language, root: Path) -> str:
    """Return gettext's name of a catalogue, such as "book/glossary"; "" for what is none."""
    folder = Book(root).catalogue_folder(language)
    if path.suffix != ".po" or not path.is_relative_to(folder):
        return ""
    return path.relative_to(folder).with_suffix("").as_posix()


def catalogue_paths(language: Language, root: Path) -> list[Path]:
    """Return all that is called .po, whatever it is, and links to folders, which are not followed.

    Where the folder of catalogues, or one above it, is a link, that link is all there is.
    """
    folder = Book(root).catalogue_folder(language)
    for place in (folder.parents[1], folder.parent, folder):
        if place.is_symlink():
            return [place]
    paths: list[Path] = []
    for base, folders, files in os.walk(folder):
        links = [name for name in folders if Path(base, name).is_symlink()]
        named = [name for name in (*folders, *files) if name.endswith(".po")]
        paths += [Path(base, name) for name in {*links, *named}]
    return sorted(paths)


def book_catalogues(language: Language, root: Path) -> list[Path]:
    """Return what has the name of a catalogue of the book, read or not."""
    domains = Book(root).domains
    paths = catalogue_paths(language, root)
    return [path for path in paths if catalogue_domain(path, language, root) in domains]


def unreadable(path: Path) -> Problem | None:
    """Say why what lies at `path` is no catalogue without opening it; None where it may be one."""
    try:
        if path.is_symlink() and path.suffix != ".po":
            refuse_links(path / "any", folders=1)
        refuse_other_kinds(path)
    except ReadingError as error:
        return _problem(error)
    return None


def read_catalogue(path: Path, folders: int = 0) -> tuple[Catalogue, tuple[Problem, ...]]:
    """Read a file, whatever it holds; what cannot be read is a problem, never an exception.

    folders: how many of the folders above it must be no links.
    """
    try:
        catalogue = parse(decoded(path, read_bytes(path, MAX_BYTES, folders=folders)))
    except ReadingError as error:
        return Catalogue(), (_problem(error),)
    if (count := len(catalogue.entries)) > MAX_ENTRIES:
        message = f"the file has {count:,} entries, the bound is {MAX_ENTRIES:,}"
        return Catalogue(), (Problem(1, "size", message, "remove what does not belong there"),)
    return catalogue, (*catalogue.problems, *_misplaced(catalogue))


def _problem(error: ReadingError) -> Problem:
    return Problem(error.line or 1, error.rule, f"the file {error.what}", error.remedy)


def file_findings(
    path: Path, catalogue: Catalogue, problems: tuple[Problem, ...], language: Language, root: Path
) -> Iterator[Finding]:
    """Yield what is wrong with the file as a whole and with the form of its entries."""
    unread = any(problem.rule in UNREAD for problem in problems)
    more = (
        ()
        if unread
        else (
            *_header(catalogue, language),
            *_forms(catalogue, language),
            *_foreign(path, catalogue, language, root),
            *_line_ends(catalogue),
        )
    )
    for problem in sorted((*problems, *more), key=lambda problem: problem.line):
        yield found(path, problem, root)


def found(path: Path, problem: Problem, root: Path) -> Finding:
    """Return a problem of the file at `path` as a check reports it."""
    name = path.relative_to(root)
    return Finding(name, problem.line, problem.rule, problem.message, problem.remedy)


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
    for message in _header_fields(catalogue.header):
        yield Problem(line, "header", message, remedy)
    if _tokens(fields.get("Plural-Forms", "")) != _tokens(language.plurals):
        found = fields.get("Plural-Forms") or "nothing"
        message = f"Plural-Forms must be “{language.plurals}”, got “{found}”"
        yield Problem(line, "plural_header", message, remedy)
    if fields.get("Language") != language.code:
        found = fields.get("Language") or "nothing"
        yield Problem(line, "header", f"Language must be {language.code}, got {found}", remedy)
    if not re.fullmatch(r"text/plain; *charset=utf-8", fields.get("Content-Type", ""), re.I):
        yield Problem(line, "header", "Content-Type must say text/plain; charset=UTF-8", remedy)


def _header_fields(header: Entry) -> Iterator[str]:
    """Name what one reader of a header would find and another would not."""
    lines = [line for line in header.msgstr[0].split("\n") if line]
    names = Counter(line.partition(":")[0].casefold() for line in lines)
    for name in (name for name, count in names.items() if count > 1):
        yield f"the field “{name[:40]}” stands twice"
    for line in lines:
        if not re.match(r"[A-Za-z][A-Za-z0-9-]*+:(?: |$)", line):
            yield f"a field is like “Language: xx”, got “{line[:40]}”"


def _forms(catalogue: Catalogue, language: Language) -> Iterator[Problem]:
    for entry in catalogue.entries:
        count = len(entry.msgstr)
        if entry.plural is not None and not entry.obsolete and count != language.plural_count:
            yield Problem(
                entry.line, "plural_forms",
                f"the entry has {count} forms, the language has {language.plural_count}",
                f"write msgstr[0] to msgstr[{language.plural_count - 1}]",
            )  # fmt: skip


def has_plurals(domain: str, root: Path) -> bool:
    """Say whether a catalogue is a package's: pages and captions have no plural forms."""
    return domain == THEME or domain in Book(root).packages


def is_foreign(entry: Entry, *, plurals: bool) -> bool:
    """Say whether an entry has a context, or a plural without need: one reader would find it alone.

    plurals: whether the messages of its catalogue may have plural forms; none has a context.
    """
    return entry.context is not None or (entry.plural is not None and not plurals)


def _foreign(path: Path, catalogue: Catalogue, language: Language, root: Path) -> Iterator[Problem]:
    plurals = has_plurals(catalogue_domain(path, language, root), root)
    for entry in catalogue.entries:
        if not entry.obsolete and is_foreign(entry, plurals=plurals):
            message = "the entry has a msgctxt or a msgid_plural that the book has not"
            yield Problem(entry.line, "foreign_entry", message, "delete the entry")


def _line_ends(catalogue: Catalogue) -> Iterator[Problem]:
    """Find what gettext refuses: a line break at the end, or the beginning, of one text alone."""
    for entry in catalogue.entries:
        texts = [entry.msgid, entry.plural or entry.msgid, *filter(None, entry.msgstr)]
        ends = {(text.startswith("\n"), text.endswith("\n")) for text in texts}
        if len(ends) > 1 and not entry.obsolete and not entry.fuzzy:
            message = "only some of the texts begin, or end, with a line break (\\n)"
            yield Problem(entry.line, "line_ends", message, "begin and end as the English does")


def _tokens(rule: str) -> list[str]:
    """Return the words and signs of a rule for plural forms, without its last semicolon."""
    return re.findall(r"\w+|[!=<>]=|&&|\|\||[^ \t]", rule.rstrip("; \t"))
