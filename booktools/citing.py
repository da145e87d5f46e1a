"""Cite a page of a book: BibTeX, and the seventh edition of the APA's manual."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from booktools.faults import BuildError

RECORD = "CITATION.cff"
HERE = "@here"  # stands for a page's address where only the reader's browser knows it
_ENDS = tuple("?!.؟？！。")  # marks after which a title gets no full stop
_MEANT = re.compile(r"([#$%&_{}])")  # signs of TeX


@dataclass(frozen=True)
class Author:
    """A person with both names, or a group with its name as the family's."""

    family: str
    given: str = ""


@dataclass(frozen=True)
class Record:
    """What a book says of itself in its file for citations; version: "" where it is silent."""

    authors: tuple[Author, ...]
    version: str = ""


@dataclass(frozen=True)
class Citation:
    """All that is cited of a page. address: "" where it is not known when the book is built."""

    key: str
    title: str
    book: str
    record: Record
    language: str
    changed: date | None
    address: str


def read_record(root: Path, author: str) -> Record:
    """Return what CITATION.cff says; a book without one has this author.

    Raises BuildError where it names no author.
    """
    path = root / RECORD
    if not path.is_file():
        return Record((Author(author),) if author else ())
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        first, *others = map(_author, found["authors"])
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        raise BuildError(
            f"{path} must list authors, each with a name, or with family-names and given-names, "
            f"got {type(error).__name__}: {error}; correct it, or remove the file"
        ) from None
    return Record((first, *others), str(found.get("version") or ""))


def day_of(seconds: int | None) -> date | None:
    """Return the day in UTC, the same on every machine."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date()


def bibtex(citation: Citation) -> str:
    """Return an entry for BibTeX and its relatives."""
    day = citation.changed
    fields = {
        "author": " and ".join(map(_in_bibtex, citation.record.authors)),
        "title": f"{{{_escaped(citation.title)}}}",
        "booktitle": "" if citation.title == citation.book else f"{{{_escaped(citation.book)}}}",
        "year": str(day.year) if day else "",
        "month": str(day.month) if day else "",
        "version": citation.record.version,
        "language": citation.language,
        "url": citation.address or HERE,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{citation.key},", *lines, "}"])


def apa(citation: Citation) -> str:
    """Return a reference as the American Psychological Association writes it."""
    day = citation.changed
    names = [_in_apa(author) for author in citation.record.authors]
    who = ", & ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
    when = f"({day.year}, {day:%B} {day.day})" if day else "(n.d.)"
    version = f" (Version {citation.record.version})" if citation.record.version else ""
    within = "" if citation.title == citation.book else f" In {citation.book}"
    parts = [f"{who.rstrip('.')}." if who else "", f"{when}."]
    title = citation.title if citation.title.endswith(_ENDS) or not within else f"{citation.title}."
    named = f"{title}{within}{version}."
    return " ".join([*filter(None, parts), named, citation.address or HERE])


def _author(entry: Any) -> Author:
    if "name" in entry:
        return Author(str(entry["name"]))
    return Author(str(entry["family-names"]), str(entry.get("given-names") or ""))


def _in_bibtex(author: Author) -> str:
    family = _escaped(author.family)
    return f"{family}, {_escaped(author.given)}" if author.given else f"{{{family}}}"


def _in_apa(author: Author) -> str:
    initials = " ".join(f"{name[0]}." for name in author.given.split())
    return f"{author.family}, {initials}" if initials else author.family


def _escaped(text: str) -> str:
    return _MEANT.sub(r"\\\1", text.replace("\\", ""))
