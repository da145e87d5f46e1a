"""Tables that a stranger may have written: what does not fit is said in a sentence."""

from __future__ import annotations

import difflib
import re
import reprlib
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from booktools.characters import is_printable
from booktools.reading import ReadingError, read_text

# A parser's time grows with the square of a key's dots, and of the accents on one letter.
MAX_LINE = 3_000
MAX_DOTS = 50
_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 60
_REPR.maxlevel = 2


class TableError(ValueError):
    """A table is not as the book needs it: in which file, what is wrong, and what to do."""

    def __init__(self, path: Path, what: str, remedy: str) -> None:
        """Take the three parts of the sentence."""
        super().__init__(path, what, remedy)
        self.path, self.what, self.remedy = path, what, remedy

    def __str__(self) -> str:
        """Return the whole sentence."""
        return f"{self.path}: {self.what}; {self.remedy}"


class Misfit(NamedTuple):
    """A value that a rule refuses: where in the key's value, what it must be, the remedy."""

    place: str
    value: object
    must: str
    remedy: str


Rule = Callable[[Any], Iterator[Misfit]]


def read_table(path: Path, limit: int, *, folders: int) -> str:
    """Return the text of a table of at most `limit` bytes, which a parser reads in good time.

    folders: how many folders above it must be no links. Raises `TableError`.
    """
    try:
        text = read_text(path, limit, folders=folders)
    except ReadingError as error:
        what, _, remedy = str(error).removeprefix(str(path)).strip(": ").rpartition("; ")
        raise TableError(path, what, remedy) from None
    _check_lines(path, text)
    return text


def parse_toml(path: Path, text: str, entry: str) -> dict[str, Any]:
    """Return the tables in the text of the file `path`, their own texts composed (NFC).

    entry: what each table is about. Raises `TableError`.
    """
    remedy = f"it must be TOML with a table per {entry}"
    try:
        return tomllib.loads(unicodedata.normalize("NFC", text))
    except RecursionError:
        raise TableError(path, "brackets stand in brackets without end", remedy) from None
    except ValueError as error:
        place = re.search(r"at line (\d+)", str(error))
        lines = text.split("\n")
        line = f": {shown(lines[int(place[1]) - 1])}" if place else ""
        raise TableError(path, f"{error}{line}", remedy) from None


def _check_lines(path: Path, text: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        for count, bound, kind in (
            (len(line), MAX_LINE, "characters"),
            (line.count("."), MAX_DOTS, "dots"),
        ):
            if count > bound:
                what = f"line {number}, {shown(line)}, has {count:,} {kind}, the bound is {bound:,}"
                raise TableError(path, what, "divide it, or remove what does not belong there")


def check_table(
    path: Path, where: str, table: object, rules: Mapping[str, Rule], required: Collection[str]
) -> dict[str, Any]:
    """Return `table` if it is one, has every required key, and each value fits its key's rule.

    where: the table's name as it stands in the file. Raises `TableError`.
    """
    if not isinstance(table, dict):
        raise TableError(
            path, f"{where} must be a table, got {shown(table)}", f"write `{where}` above it"
        )
    for key in table:
        if key not in rules:
            what = f"{where}: unknown key {shown_key(key)}"
            raise TableError(path, what, f"known keys are {', '.join(rules)}{nearest(key, rules)}")
    if missing := [key for key in required if key not in table]:
        raise TableError(path, f"{where}: {missing[0]} is missing", "add it")
    for key, value in table.items():
        check_value(path, f"{where}: {key}", value, rules[key])
    return table


def check_value(path: Path, where: str, value: object, rule: Rule) -> None:
    """Raise `TableError` where a rule refuses the value."""
    for misfit in rule(value):
        what = f"{where}{misfit.place} must {misfit.must}, got {shown(misfit.value)}"
        raise TableError(path, what, misfit.remedy)


def nearest(key: str, known: Collection[str]) -> str:
    """Return the question whether a known key was meant, or nothing."""
    found = difflib.get_close_matches(key[:100], known, n=1)
    return f"; did you mean {found[0]}?" if found else ""


def shown(value: object) -> str:
    """Return a value for a message: short, on one line, with invisible characters as escapes."""
    if isinstance(value, bool):
        return str(value).lower()
    return _REPR.repr(value)


def shown_key(key: str) -> str:
    """Return a key as TOML writes it, with escapes where it would confuse a message."""
    return key if re.fullmatch(r"[\w-]{1,60}", key) and is_printable(key) else shown(key)


def text(must: str, fits: Callable[[str], bool], remedy: str) -> Rule:
    """Return the rule of a text that `fits`."""

    def rule(value: Any) -> Iterator[Misfit]:
        if not isinstance(value, str):
            yield Misfit("", value, "be a text", "write it in quotation marks")
        elif not fits(value):
            yield Misfit("", value, must, remedy)

    return rule


def one_of(*values: str) -> Rule:
    """Return the rule of a text that is one of `values`."""
    must = "be " + " or ".join(f'"{value}"' for value in values)
    return text(must, lambda value: value in values, "choose one of them")


def flag(value: Any) -> Iterator[Misfit]:
    """Demand true or false."""
    if not isinstance(value, bool):
        yield Misfit("", value, "be true or false", "write it without quotation marks")


def list_of(rule: Rule, limit: int) -> Rule:
    """Return the rule of a list of at most `limit` values that fit `rule`."""

    def check(value: Any) -> Iterator[Misfit]:
        if not isinstance(value, list) or len(value) > limit:
            must = f"be a list of at most {limit} texts"
            yield Misfit("", value, must, 'write it like ["one", "two"]')
            return
        for number, item in enumerate(value):
            yield from (one._replace(place=f"[{number}]{one.place}") for one in rule(item))

    return check


def table_of(key_rule: Rule, rule: Rule, limit: int) -> Rule:
    """Return the rule of a table of at most `limit` pairs, each of a key and a value that fit."""

    def check(value: Any) -> Iterator[Misfit]:
        if not isinstance(value, dict) or len(value) > limit:
            must = f"be a table of at most {limit} texts"
            yield Misfit("", value, must, 'write it like { "one" = "a reason" }')
            return
        for key, item in value.items():
            yield from (one._replace(place=f": the key {shown_key(key)}") for one in key_rule(key))
            yield from (one._replace(place=f".{shown_key(key)}{one.place}") for one in rule(item))

    return check
