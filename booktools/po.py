"""Read and write gettext catalogues without losing a byte that a translator typed.

Babel's reader drops the previous msgid (`#|`), merges duplicates and repairs broken strings in
silence, and its writer wraps lines anew; a check needs lines and problems, a merge needs all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_KEYWORD = re.compile(r"(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s*(?=\")")
_CONFLICT = re.compile(r"(<{7}|={7}|>{7}|\|{7})(\s|$)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One message: English `msgid`, one `msgstr` per plural form, and what is noted about it.

    comments: the translator's (`# `). notes: the extraction's (`#. `). previous: the English
    from which a fuzzy msgstr was translated (`#| `). lines: line of each msgstr, from 1.
    """

    msgid: str
    msgstr: tuple[str, ...] = ("",)
    plural: str | None = None
    context: str | None = None
    comments: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    previous: str | None = None
    obsolete: bool = False
    lines: tuple[int, ...] = field(default=(), compare=False)

    @property
    def key(self) -> tuple[str | None, str]:
        """Return what gettext looks a message up by."""
        return self.context, self.msgid

    @property
    def fuzzy(self) -> bool:
        """Say whether the translation waits for a translator's eye."""
        return "fuzzy" in self.flags

    @property
    def translated(self) -> bool:
        """Say whether every form has text that counts."""
        return all(self.msgstr) and not self.fuzzy

    @property
    def line(self) -> int:
        """Return the line of the first msgstr, 0 where the entry was never in a file."""
        return self.lines[0] if self.lines else 0


@dataclass(frozen=True)
class Problem:
    """A place in a file that gettext could not read, or would read wrongly."""

    line: int
    rule: str
    message: str
    remedy: str


@dataclass(frozen=True)
class Catalogue:
    """A catalogue's header, entries in their order, and what was wrong with the file."""

    header: Entry | None = None
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def fields(self) -> dict[str, str]:
        """Return the header's fields by name."""
        text = self.header.msgstr[0] if self.header else ""
        pairs = (line.partition(":") for line in text.splitlines())
        return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def parse(text: str) -> Catalogue:
    """Read a catalogue; broken entries become problems, the others are kept."""
    reader = _Reader()
    lines = text.removeprefix("\ufeff").split("\n")
    end = max((number for number, line in enumerate(lines, start=1) if line.strip()), default=0)
    for number, line in enumerate(lines, start=1):
        reader.read(number, line.strip(" \t\r"), last=number == end)
    reader.finish(at_end=True)
    headers = [entry for entry in reader.entries if not entry.msgid and not entry.context]
    entries = tuple(entry for entry in reader.entries if entry.msgid or entry.context)
    more = (
        Problem(entry.line, "header", "a second header stands here", "delete the entry")
        for entry in headers[1:]
    )
    return Catalogue(headers[0] if headers else None, entries, (*reader.problems, *more))


def render(header: Entry, entries: Iterable[Entry]) -> str:
    """Write a catalogue: one line per paragraph, no wrapping, obsolete entries last."""
    ordered = sorted(entries, key=lambda entry: entry.obsolete)
    return "\n".join(map(_render_entry, (header, *ordered)))


def quote(text: str) -> str:
    """Write a string as a catalogue does; a text of several lines takes a line for each."""
    parts = re.findall(r"[^\n]*\n|[^\n]+", text) or [""]
    quoted = [f'"{_escaped(part)}"' for part in parts]
    return quoted[0] if len(quoted) == 1 else "\n".join(['""', *quoted])


def _escaped(text: str) -> str:
    for letter, plain in (("\\", "\\"), ('"', '"'), ("n", "\n"), ("t", "\t"), ("r", "\r")):
        text = text.replace(plain, "\\" + letter)
    return text


def _render_entry(entry: Entry) -> str:
    lines = [f"# {comment}".rstrip() for comment in entry.comments]
    lines += [f"#. {note}" for note in entry.notes]
    if entry.locations:
        lines.append("#: " + " ".join(entry.locations))
    if entry.flags:
        lines.append("#, " + ", ".join(sorted(entry.flags)))
    if entry.previous is not None:
        lines += [f"#| {line}" for line in f"msgid {quote(entry.previous)}".split("\n")]
    mark = "#~ " if entry.obsolete else ""
    strings = "\n".join(f"{key} {quote(text)}" for key, text in _strings(entry))
    lines += [mark + line for line in strings.split("\n")]
    return "\n".join(lines) + "\n"


def _strings(entry: Entry) -> Iterable[tuple[str, str]]:
    if entry.context is not None:
        yield "msgctxt", entry.context
    yield "msgid", entry.msgid
    if entry.plural is None:
        yield "msgstr", entry.msgstr[0]
        return
    yield "msgid_plural", entry.plural
    for number, text in enumerate(entry.msgstr):
        yield f"msgstr[{number}]", text


@dataclass
class _Draft:
    """The entry that is being read."""

    strings: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    previous: dict[str, str] = field(default_factory=dict)
    current: str = ""
    entry: Entry = field(default_factory=lambda: Entry(msgid=""))
    broken: bool = False

    @property
    def has_msgstr(self) -> bool:
        return any(key.startswith("msgstr") for key in self.strings)


class _Reader:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []
        self.draft = _Draft()
        self.in_conflict = False

    def read(self, number: int, line: str, *, last: bool) -> None:
        if match := _CONFLICT.match(line):
            self._conflict(number, match.group(1)[0])
        elif self.in_conflict:
            return
        elif line.startswith("#"):
            self._comment(number, line)
        elif line:
            self._statement(number, line, last=last)
        elif self.draft.broken:
            self.draft = _Draft()  # a blank line ends what could not be read

    def finish(self, *, at_end: bool = False) -> None:
        draft, self.draft = self.draft, _Draft()
        if not draft.strings or draft.broken:
            return
        line = max(draft.lines.values())
        if "msgid" not in draft.strings or not draft.has_msgstr:
            rule = "truncated" if at_end else "syntax"
            self._problem(line, rule, "the entry has no msgid or no msgstr", "complete the entry")
            return
        forms = sorted(key for key in draft.strings if key.startswith("msgstr"))
        if (forms != ["msgstr"]) != ("msgid_plural" in draft.strings):
            message = "msgid_plural and msgstr[0], msgstr[1], … belong together"
            remedy = "write one msgstr for one msgid, or msgstr[…] below a msgid_plural"
            self._problem(line, "syntax", message, remedy)
            return
        self.entries.append(_entry(draft, forms))

    def _problem(self, line: int, rule: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(line, rule, message, remedy))

    def _conflict(self, number: int, mark: str) -> None:
        if not self.in_conflict:
            message = "the file holds an unfinished merge"
            remedy = "keep one of the two versions and delete the lines <<<<<<< to >>>>>>>"
            self._problem(number, "conflict_markers", message, remedy)
        self.draft = _Draft(broken=mark == ">")
        self.in_conflict = mark != ">"

    def _comment(self, number: int, line: str) -> None:
        obsolete = line.startswith("#~")
        within = obsolete and self.draft.entry.obsolete  # perhaps the next line of a long msgstr
        if self.draft.broken or (self.draft.has_msgstr and not within):
            self.finish()
        if obsolete:
            self.draft.entry = replace(self.draft.entry, obsolete=True)
            if not (body := line[2:].lstrip()).startswith("|"):
                self._statement(number, body, obsolete=True)
        elif line.startswith("#|"):
            self._string(number, line[2:].strip(), self.draft.previous)
        else:
            self.draft.entry = _noted(self.draft.entry, line)

    def _statement(
        self, number: int, line: str, *, last: bool = False, obsolete: bool = False
    ) -> None:
        starts = line.startswith(("msgctxt", "msgid")) and not line.startswith("msgid_plural")
        if starts and (self.draft.has_msgstr or self.draft.broken):
            self.finish()
            self.draft.entry = replace(self.draft.entry, obsolete=obsolete)
        if not self.draft.broken:
            self._string(number, line, self.draft.strings, last=last)

    def _string(
        self, number: int, line: str, strings: dict[str, str], *, last: bool = False
    ) -> None:
        draft, keyword = self.draft, _KEYWORD.match(line)
        if keyword and (key := keyword.group(1)) in strings:
            self._unreadable(number, f"{key} stands twice in one entry")
            return
        if keyword:
            draft.current = keyword.group(1)
            draft.lines.setdefault(draft.current, number)
            strings[draft.current] = ""
        literal = _STRING.fullmatch(line[keyword.end() :] if keyword else line)
        if not literal or draft.current not in strings:
            self._unreadable(number, f"cannot read {line[:60]!r}", last=last)
        elif wrong := re.search(r"\\([^nrt\"\\])", literal.group(1).replace("\\\\", "")):
            self._unreadable(number, f"unknown escape \\{wrong.group(1)}")
        else:
            strings[draft.current] += _unescaped(literal.group(1))

    def _unreadable(self, number: int, message: str, *, last: bool = False) -> None:
        rule = "truncated" if last else "syntax"
        remedy = 'write each line as "…", with \\" for a quotation mark and \\\\ for a backslash'
        self._problem(number, rule, message, remedy)
        self.draft.broken = True


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES[match.group(1)], text)


def _noted(entry: Entry, line: str) -> Entry:
    text = line[2:].strip()
    if line.startswith("#."):
        return replace(entry, notes=(*entry.notes, text))
    if line.startswith("#:"):
        return replace(entry, locations=(*entry.locations, *text.split()))
    if line.startswith("#,"):
        flags = tuple(flag.strip() for flag in text.split(",") if flag.strip())
        return replace(entry, flags=(*entry.flags, *flags))
    return replace(entry, comments=(*entry.comments, line[1:].strip()))


def _entry(draft: _Draft, forms: list[str]) -> Entry:
    return replace(
        draft.entry,
        msgid=draft.strings["msgid"],
        plural=draft.strings.get("msgid_plural"),
        context=draft.strings.get("msgctxt"),
        msgstr=tuple(draft.strings[form] for form in forms),
        previous=draft.previous.get("msgid"),
        lines=tuple(draft.lines[form] for form in forms),
    )
