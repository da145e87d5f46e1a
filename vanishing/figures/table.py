"""The numbers behind a figure, as rows that any program reads."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

Cell = str | float


@dataclass(frozen=True)
class Table:
    """Hold what is drawn: the names of the columns, and the rows."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def csv(self) -> str:
        """Return the table with one row a line, none of which holds a line break."""
        return to_csv([self.head, *self.rows])


def to_csv(rows: Iterable[Sequence[Cell]]) -> str:
    """Write rows as CSV (RFC 4180); a line break within a cell becomes a space."""
    buffer = StringIO()
    csv.writer(buffer).writerows([_one_line(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def from_csv(text: str) -> list[list[str]]:
    """Return the rows that `to_csv` has written."""
    return list(csv.reader(StringIO(text, newline="")))


def numbers_of(recipe: Mapping[str, Any]) -> Table:
    """Return every number that a drawing was called with: the way to it, and the number."""
    found = [
        (name, way, number)
        for name, value in recipe.get("arguments", {}).items()
        for way, number in _numbers(value)
    ]
    return Table(("argument", "place", "value"), tuple(found))


def _one_line(cell: Cell) -> Cell:
    return " ".join(cell.split()) if isinstance(cell, str) else cell


def _numbers(value: Any, way: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, int | float):
        yield way, value
    for place, part in _parts(value):
        yield from _numbers(part, f"{way}.{place}".strip("."))


def _parts(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return the parts of plain data, as ``vanishing.recipes`` writes it, by their places."""
    if isinstance(value, list | tuple):
        return enumerate(value)
    if not isinstance(value, Mapping):
        return ()
    if "items" in value:
        return ((_name(name), part) for name, part in value["items"])
    fields: Mapping[str, Any] = value.get("fields", value)
    return fields.items()


def _name(key: Any) -> str:
    return str(key) if isinstance(key, str | int | float) else "-".join(map(str, key))
