"""The hostile translations of tests/booktools/catalogues/hostile."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from real_book import BOOK

from booktools.po import Entry, render

FOLDER = Path(__file__).resolve().parent / "booktools/catalogues/hostile"
PAYLOAD = "pwned"
CODE = "ar"
LANGUAGE = next(language for language in BOOK.languages if language.code == CODE)
HEADER = Entry(
    msgid="",
    msgstr=(
        f"Language: {CODE}\nContent-Type: text/plain; charset=UTF-8\n"
        f"Plural-Forms: {LANGUAGE.plurals}\n",
    ),
)


@dataclass(frozen=True)
class Case:
    """One translation that must be refused, and the rules that refuse it."""

    name: str
    rules: frozenset[str]
    domain: str
    entry: Entry


def cases() -> list[Case]:
    """Return every case of entries.toml."""
    tables = tomllib.loads((FOLDER / "entries.toml").read_text(encoding="utf-8"))
    return [_case(name, table) for name, table in tables.items()]


def catalogue(chosen: Iterable[Case]) -> str:
    """Write the text of a catalogue with these cases."""
    return render(HEADER, (case.entry for case in chosen))


def _case(name: str, table: Mapping[str, object]) -> Case:
    rules = table["rule"]
    words = name.replace("_", " ").capitalize()
    domain = str(table.get("catalogue", "book/page"))
    sentence = f"{words}." if domain == "book/page" and "note" not in table else words
    entry = Entry(
        msgid=str(table.get("english", sentence)),
        msgstr=(str(table["arabic"]) * int(str(table.get("times", 1))),),
        notes=(str(table["note"]),) if "note" in table else (),
    )
    return Case(name, frozenset([rules] if isinstance(rules, str) else rules), domain, entry)
