"""Read and write gettext catalogues without losing a byte that a translator typed.

Babel's reader drops the previous msgid (`#|`), merges duplicates and repairs broken strings in
silence, and its writer wraps lines anew; a check needs lines and problems, a merge needs all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_STRING = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"')
_KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[[0-9]\])?) +(?=")')
_BEFORE = {  # what may stand before a keyword; msgstr[2] stands behind msgstr[1]
    "msgctxt": ("",),
    "msgid": ("", "msgctxt"),
    "msgid_plural": ("msgid",),
    "msgstr": ("msgid",),
    "msgstr[0]": ("msgid_plural",),
}
_CONFLICT = re.compile(r"(<{7}|={7}|>{7}|\|{7})(\s|$)")
_WRONG_ESCAPE = re.compile(r"\\([^nrt\"\\])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # of a msgstr, a rule speaks
_QUOTED = (
    'write each line as msgid "…" or "…", with one space behind the keyword, \\" for a quotation '
    "mark and \\\\ for a backslash"
)
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
    """Read a catalogue; broken entries become problems, the others are kept.

    What gettext's own tools, Babel and this reader would read differently is a problem, too.
    """
    reader = _Reader()
    if text.startswith("\ufeff"):
        remedy = "save the file as UTF-8 without a signature (BOM)"
        reader.problem(1, "encoding", "the file begins with a byte order mark", remedy)
    lines = text.removeprefix("\ufeff").rstrip(" \t\r\n").split("\n")
    for number, line in enumerate(lines, start=1):
        reader.read(number, line.strip(" \t\r"), last=number == len(lines))
    reader.finish(at_end=True)
    live = [entry for entry in reader.entries if not entry.obsolete]
    headers = [entry for entry in live if not entry.msgid]
    entries = tuple(entry for entry in reader.entries if entry.msgid)
    problems = (*reader.problems, *_header_problems(headers, live))
    header = headers[0] if headers and headers[0].context is None else None
    return Catalogue(header, entries, problems)


def _header_problems(headers: list[Entry], live: list[Entry]) -> Iterator[Problem]:
    for entry in headers[1:]:
        yield Problem(entry.line, "header", "a second header stands here", "delete the entry")
    for entry in headers[:1]:
        if entry.context is not None or entry.plural is not None:
            message = "the header has a msgctxt or a msgid_plural"
            yield Problem(entry.line, "header", message, "leave only its msgid and its msgstr")
        if entry is not live[0]:
            remedy = "move it above all other entries"
            yield Problem(entry.line, "header", "the header is not the first entry", remedy)


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
class _Strings:
    """The strings of an entry by keyword, each in the pieces of its lines."""

    pieces: dict[str, list[str]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    current: str = ""

    def start(self, keyword: str, number: int) -> bool:
        """Begin with the string of `keyword`; say whether it may stand here."""
        before = _BEFORE.get(keyword) or (f"msgstr[{int(keyword[7]) - 1}]",)
        if self.current not in before:
            return False
        self.current = keyword
        self.pieces[keyword], self.lines[keyword] = [], number
        return True

    def text(self, keyword: str) -> str | None:
        """Return the whole string of `keyword`, None where it has none."""
        return "".join(self.pieces[keyword]) if keyword in self.pieces else None


@dataclass
class _Draft:
    """The entry that is being read."""

    strings: _Strings = field(default_factory=_Strings)
    previous: _Strings = field(default_factory=_Strings)
    comments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    locations: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    flag_lines: int = 0
    obsolete: bool = False
    broken: bool = False

    @property
    def started(self) -> bool:
        """Say whether more than comments were read."""
        return bool(self.strings.pieces or self.previous.pieces)

    @property
    def has_msgstr(self) -> bool:
        """Say whether a msgstr was read, so that the entry may end."""
        return self.strings.current.startswith("msgstr")

    def note(self, line: str) -> None:
        """Keep a comment that stands above the entry."""
        text = line[2:].strip()
        if line.startswith("#."):
            self.notes.append(text)
        elif line.startswith("#:"):
            self.locations += text.split()
        else:
            self.comments.append(line[1:].strip())

    def entry(self) -> Entry:
        """Return what was read; the draft has a msgid and a msgstr."""
        forms = [keyword for keyword in self.strings.pieces if keyword.startswith("msgstr")]
        return Entry(
            msgid=self.strings.text("msgid") or "",
            plural=self.strings.text("msgid_plural"),
            context=self.strings.text("msgctxt"),
            msgstr=tuple(self.strings.text(form) or "" for form in forms),
            comments=tuple(self.comments),
            notes=tuple(self.notes),
            locations=tuple(self.locations),
            flags=tuple(self.flags),
            previous=None if self.obsolete else self.previous.text("msgid"),
            obsolete=self.obsolete,
            lines=tuple(self.strings.lines[form] for form in forms),
        )


class _Reader:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []
        self.draft = _Draft()
        self.in_conflict = False

    def read(self, number: int, line: str, *, last: bool) -> None:
        """Read one line without the blanks around it."""
        if match := _CONFLICT.match(line):
            self._conflict(number, match.group(1)[0])
        elif self.in_conflict:
            return
        elif line.startswith("#~"):
            self._obsolete(number, line[2:].lstrip(" \t"))
        elif line.startswith("#"):
            self._comment(number, line)
        elif line:
            self._statement(number, line, last=last)
        elif self.draft.broken:
            self.draft = _Draft()  # a blank line ends what could not be read

    def finish(self, *, at_end: bool = False) -> None:
        """End the entry that is being read."""
        draft, self.draft = self.draft, _Draft()
        if draft.broken or not draft.started:
            return
        if draft.has_msgstr:
            self.entries.append(draft.entry())
            return
        line = max({**draft.previous.lines, **draft.strings.lines}.values())
        rule = "truncated" if at_end else "syntax"
        self.problem(line, rule, "the entry has no msgid or no msgstr", "complete the entry")

    def problem(self, line: int, rule: str, message: str, remedy: str) -> None:
        """Note what is wrong."""
        self.problems.append(Problem(line, rule, message, remedy))

    def _conflict(self, number: int, mark: str) -> None:
        if not self.in_conflict:
            message = "the file holds an unfinished merge"
            remedy = "keep one of the two versions and delete the lines <<<<<<< to >>>>>>>"
            self.problem(number, "conflict_markers", message, remedy)
        self.draft = _Draft(broken=mark == ">")
        self.in_conflict = mark != ">"

    def _restart(self) -> None:
        """Leave what could not be read; what stands below it at once stays fuzzy, if it was."""
        self.draft = _Draft(flags=["fuzzy"] if "fuzzy" in self.draft.flags else [])

    def _comment(self, number: int, line: str) -> None:
        if self.draft.broken:
            self._restart()
        elif self.draft.has_msgstr:
            self.finish()
        if self.draft.strings.pieces:
            remedy = "move the comment above the entry"
            self._unreadable(number, "a comment stands within an entry", remedy)
        elif line.startswith("#|"):
            self._string(number, line[2:].strip(" \t"), self.draft.previous)
        else:
            self._above(number, line)

    def _above(self, number: int, line: str) -> None:
        if self.draft.started:
            remedy = "move it above the lines that begin with #|"
            self.problem(number, "syntax", "a comment stands behind the previous msgid", remedy)
        if line.startswith("#,"):
            self._flag(number, line)
        else:
            self.draft.note(line)

    def _flag(self, number: int, line: str) -> None:
        flags = [flag.strip() for flag in line[2:].split(",") if flag.strip()]
        if any(len(flag.split()) > 1 for flag in flags):
            remedy = "put a comma between two flags, as in “#, fuzzy, python-format”"
            self.problem(number, "syntax", f"cannot read the flags {line[2:60]!r}", remedy)
            flags = ["fuzzy"]  # what is not understood does not count
        elif self.draft.flag_lines:
            self.problem(number, "syntax", "a second line of flags", "write all flags on one line")
        self.draft.flags += flags
        self.draft.flag_lines += 1

    def _obsolete(self, number: int, line: str) -> None:
        if self.draft.has_msgstr and not self.draft.obsolete:
            self.finish()
        if self.draft.started and not self.draft.obsolete:
            self._unreadable(number, "an obsolete line stands within an entry", "delete the line")
        elif line:
            self._statement(number, line, obsolete=True)

    def _statement(
        self, number: int, line: str, *, last: bool = False, obsolete: bool = False
    ) -> None:
        former = obsolete and line.startswith("|")  # the previous msgid of an obsolete entry
        starts = line.startswith(("msgctxt", "msgid")) and not line.startswith("msgid_plural")
        if starts and self.draft.broken:
            self._restart()
        elif (starts or former) and self.draft.has_msgstr:
            self.finish()
        if self.draft.broken:
            return
        if self.draft.started and self.draft.obsolete != obsolete:
            self._unreadable(number, "a line of an obsolete entry lacks its #~", "write it")
            return
        self.draft.obsolete = obsolete
        strings = self.draft.previous if former else self.draft.strings
        self._string(
            number, line.removeprefix("|").lstrip(" ") if former else line, strings, last=last
        )

    def _string(self, number: int, line: str, strings: _Strings, *, last: bool = False) -> None:
        keyword = _KEYWORD.match(line)
        if keyword and not strings.start(keyword.group(1), number):
            message = f"{keyword.group(1)} stands in the wrong place"
            remedy = "write msgctxt, msgid, msgid_plural, msgstr (or msgstr[0], …) in this order"
            self._unreadable(number, message, remedy)
            return
        literal = _STRING.fullmatch(line, keyword.end() if keyword else 0)
        if not literal or not strings.current:
            self._unreadable(number, f"cannot read {line[:60]!r}", last=last)
        elif wrong := _WRONG_ESCAPE.search(literal.group(1).replace("\\\\", "")):
            self._unreadable(number, f"unknown escape \\{wrong.group(1)}")
        elif _CONTROL.search(line) and not strings.current.startswith("msgstr"):
            self._unreadable(number, "a control character in the English", "delete it")
        else:
            strings.pieces[strings.current].append(_unescaped(literal.group(1)))

    def _unreadable(
        self, number: int, message: str, remedy: str = _QUOTED, *, last: bool = False
    ) -> None:
        self.problem(number, "truncated" if last else "syntax", message, remedy)
        self.draft.broken = True


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES[match.group(1)], text) if "\\" in text else text
