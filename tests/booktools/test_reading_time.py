"""A catalogue is read and checked in a time that grows as its size does, whatever stands in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from real_book import BOOK, ROOT

from booktools.checks import check_entry
from booktools.checks.files import MAX_BYTES
from booktools.glossary_terms import load_terms
from booktools.po import Entry, parse

LANGUAGE = next(language for language in BOOK.languages if language.code == "ar")
TERMS = load_terms(ROOT / "locales/ar/terms.toml")
ENTRY = 'msgid "A gradient."\nmsgstr "x"\n'

LINES: dict[str, Callable[[int], str]] = {
    "comments": lambda n: "# c\n" * n + ENTRY,
    "notes": lambda n: "#. code comment\n" * n + ENTRY,
    "locations": lambda n: "#: book/page.md\n" * n + ENTRY,
    "locations on a line": lambda n: "#:" + " a" * n + "\n" + ENTRY,
    "flags": lambda n: "#, a\n" * n + ENTRY,
    "flags on a line": lambda n: "#," + " a," * n + "\n" + ENTRY,
    "lines of a msgstr": lambda n: 'msgid "a"\nmsgstr ""\n' + '"a"\n' * n,
    "lines of a previous msgid": lambda n: '#| msgid ""\n' + '#| "a"\n' * n + ENTRY,
    "escapes": lambda n: 'msgid "a"\nmsgstr "' + "\\n" * n + '"\n',
    "backslashes": lambda n: 'msgid "a"\nmsgstr "' + "\\" * (2 * n + 1) + '"\n',
    "a string without its end": lambda n: 'msgid "a"\nmsgstr "' + "x" * n + "\n",
    "entries": lambda n: "".join(f'msgid "{k}"\nmsgstr "x"\n\n' for k in range(n // 4)),
    "obsolete lines": lambda n: "#~ x\n" * n,
    "empty obsolete lines": lambda n: "#~\n" * n,
    "obsolete entries": lambda n: "".join(f'#~ msgid "{k}"\n#~ msgstr "x"\n' for k in range(n)),
    "broken entries": lambda n: "msgid x\n" * n,
    "broken lines between comments": lambda n: "x\n#\n" * n,
    "conflicts": lambda n: "<<<<<<< a\n>>>>>>> b\n" * n,
    "empty lines": lambda n: "\n" * n + ENTRY,
    "keywords": lambda n: 'msgstr[0] "x"\n' * n,
}


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time that something takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


def within(bound: float, work: Callable[[], object]) -> bool:
    """Say whether one of three attempts ends within so many seconds of processor time."""
    return any(seconds(work) < bound for _ in range(3))


@pytest.mark.parametrize("name", LINES)
def test_four_times_the_lines_take_about_four_times_as_long(name: str) -> None:
    small, large = LINES[name](10_000), LINES[name](40_000)
    bound = 8 * max(seconds(lambda: parse(small)) for _ in range(3)) + 0.1
    assert within(bound, lambda: parse(large))


@pytest.mark.parametrize("name", LINES)
def test_a_file_of_the_largest_size_is_read_in_seconds(name: str) -> None:
    size = len(LINES[name](1000).encode()) / 1000
    text = LINES[name](int(MAX_BYTES / size))
    assert within(4, lambda: parse(text))


PIECES = (
    "a", "a@", "a.a@a.", "_a", "a-", "a+",
    "[a]: b\n", "[a]:\n", "[a]: b\n\n", "[", "![", "[a](b", "[](", "]", "*", "*a ", "*a _b ",
    "a**b", "`", "``a ", "<", "<a ", "<!--", "<?", "{a}`", "{a`", "$", "$a ", "$$a", "\\",
    "\\text{", "&amp;", "&", "{", "{{", "{a!r:", "%0", "%(a", "%", "> ", "> > ", "- ", "- a\n",
    "1. ", "| a\n|-\n", "|a", "a\n: b\n", "a\n", "a\n\n", "(a)=\n", "\\begin{a}\n", "```\n",
    ":::{a}\n", "---\n", "a\n---\n", " ", "\t", "(", "（", "( ", "0", "1,1", "http://", "www.a ",
    "coding:", "و ", "ال", "层", "gradient ", "التدرج ", "e\u0301", "\u2068", "\u200b", "\n",
    "/a", "~", "^", ".", "...",
)  # fmt: skip
KINDS = (
    ("book/page", ""),
    ("book/page", "code comment"),
    ("book/glossary", "headword"),
    ("theme", ""),
)


@pytest.mark.parametrize("length", [4_000, 20_000])
@pytest.mark.parametrize("piece", PIECES)
def test_any_single_entry_is_checked_in_no_time(piece: str, length: int) -> None:
    text = (piece * length)[:length]
    for domain, note in KINDS:
        for english in (text, f"A gradient {'x' * (length // 10)}", f"gradient ({text}"[:length]):
            entry = Entry(msgid=english, msgstr=(text,), notes=(note,) if note else ())
            check = partial(check_entry, entry, LANGUAGE, TERMS, on_page=domain != "theme")
            assert within(0.25, lambda: list(check())), (domain, note, english[:20])  # noqa: B023


def test_the_longest_text_of_the_book_is_far_from_the_bounds() -> None:
    for path in Path(ROOT / "locales").rglob("*.po"):
        for entry in parse(path.read_text(encoding="utf-8")).entries:
            assert max(map(len, (entry.msgid, *entry.msgstr))) < 2_000
