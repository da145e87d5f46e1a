"""Collect every English message: pages, part captions, both packages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file

from booktools.book import CONTENTS, SETTINGS, SPHINX, THEME, TOC, Book
from booktools.faults import BuildError
from booktools.locking import sole_writer
from booktools.po import Entry, parse

OWN_PACKAGE = Path(__file__).parent
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
_LINE_NUMBER = re.compile(r"^(#: .+):\d+$", re.MULTILINE)

Templates = dict[str, tuple[Entry, ...]]


class ExtractionError(BuildError):
    """The messages of the book could not be collected."""


def collect(root: Path, extract: Callable[[Path], None]) -> Templates:
    """Return the messages of every catalogue in their order.

    extract: writes one .pot per page of the book, and toc.pot, below the folder that it receives.
    Raises `ExtractionError` where there was none, or where one belongs to no page.
    """
    folder = root / "_build" / "gettext"
    with sole_writer(root):
        for stale in folder.rglob("*.pot"):
            stale.unlink()
        extract(folder)
        templates = dict(_pages(root, folder))
    if not templates:
        raise ExtractionError(f"no page left a .pot below {folder}; does the book build?")
    book = Book(root)
    templates |= {name: tuple(_package(root / place)) for name, place in book.packages.items()}
    templates[THEME] = (*_names(book), *_package(OWN_PACKAGE))
    return {name: entries for name, entries in templates.items() if entries}


def extract_messages(target: Path, root: Path) -> None:
    """Write the book's messages as one .pot per chapter, without running a cell."""
    from booktools.sphinx_run import (
        run_sphinx,  # a second of loading, which `status` can do without
    )

    settings = {"nb_execution_mode": "off", "locale_dirs": []}
    doctrees = root / "_build/doctrees/gettext"
    source = Book(root).source.code
    run_sphinx(root, source, "gettext", target, doctrees=doctrees, settings=settings)
    for template in target.rglob("*.pot"):
        text = template.read_text(encoding="utf-8")
        template.write_text(_LINE_NUMBER.sub(r"\1", text), encoding="utf-8")


def _pages(root: Path, folder: Path) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    book = Book(root)
    for path in sorted(folder.rglob("*.pot")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        source = root / CONTENTS if name == TOC else book.page_source(name)
        if name == SPHINX:
            continue
        if not source.is_file():
            raise ExtractionError(f"{path} belongs to no page; expected {source}")
        entries = parse(path.read_text(encoding="utf-8")).entries
        place = source.relative_to(root).as_posix()
        yield name, tuple(_bare(entry, place) for entry in entries)


def _names(book: Book) -> Iterator[Entry]:
    for name in filter(None, (book.title, book.author)):
        yield Entry(msgid=name, locations=(SETTINGS,))


def _bare(entry: Entry, source: str) -> Entry:
    """Keep of an extracted message what stays the same from one extraction to the next."""
    return Entry(msgid=entry.msgid, context=entry.context, notes=entry.notes, locations=(source,))


def _package(folder: Path) -> Iterator[Entry]:
    found: dict[str, Entry] = {}
    for path in sorted(folder.rglob("*.py")):
        place = path.relative_to(folder.parent).as_posix()
        for _line, ids, comments, context in extract_from_file(
            "python",
            path,
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        ):
            entry = _entry(ids, tuple(comments), context, place)
            known = found.get(entry.msgid)
            found[entry.msgid] = _joined(known, entry) if known else entry
    return iter(found.values())


def _entry(
    ids: str | tuple[str, ...], notes: tuple[str, ...], context: str | None, place: str
) -> Entry:
    message = Message(ids)  # Babel says which of gettext's format flags hold
    singular, plural = (ids, None) if isinstance(ids, str) else (ids[0], ids[1])
    return Entry(
        msgid=singular,
        plural=plural,
        context=context,
        notes=notes,
        locations=(place,),
        flags=tuple(sorted(flag for flag in message.flags if flag != "fuzzy")),
    )


def _joined(first: Entry, second: Entry) -> Entry:
    return replace(
        first,
        plural=first.plural or second.plural,
        notes=tuple(dict.fromkeys((*first.notes, *second.notes))),
        locations=tuple(dict.fromkeys((*first.locations, *second.locations))),
    )
