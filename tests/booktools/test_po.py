import shutil
import subprocess
from pathlib import Path

import pytest

from booktools.po import Entry, parse, quote, render

TEXT = """# A translator's note
msgid ""
msgstr ""
"Language: xx\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

# mine
#. code comment
#: book/page.md
#, fuzzy
#| msgid "the \\"old\\" one"
msgid "the new one"
msgstr "o \\\\novo"

msgctxt "menu"
msgid "%d layer"
msgid_plural "%d layers"
msgstr[0] "%d camada"
msgstr[1] ""
"%d\\n"
"camadas"

#~ msgid "gone"
#~ msgstr ""
#~ "ido\\n"
#~ "embora"
"""


def test_what_was_read_is_written_unchanged() -> None:
    catalogue = parse(TEXT)
    assert not catalogue.problems
    assert catalogue.header is not None
    assert render(catalogue.header, catalogue.entries) == TEXT


def test_every_part_of_an_entry_is_read() -> None:
    first, second, gone = parse(TEXT).entries
    assert first == Entry(
        msgid="the new one",
        msgstr=("o \\novo",),
        comments=("mine",),
        notes=("code comment",),
        locations=("book/page.md",),
        flags=("fuzzy",),
        previous='the "old" one',
    )
    assert second.key == ("menu", "%d layer")
    assert second.msgstr == ("%d camada", "%d\ncamadas")
    assert second.lines == (18, 19)
    assert gone.obsolete
    assert gone.msgstr == ("ido\nembora",)


@pytest.mark.parametrize(
    "text", ["", "a", 'say "x"', "a\\b", "a\nb", "a\n", "\n", "tab\t\r", "\u2028x"]
)
def test_any_string_survives_quoting(text: str) -> None:
    entry = Entry(msgid="k", msgstr=(text,))
    assert parse(render(Entry(msgid=""), [entry])).entries == (entry,)


def test_a_paragraph_stays_on_one_line() -> None:
    assert quote("word " * 100).count("\n") == 0


@pytest.mark.parametrize(
    ("broken", "rule", "line"),
    [
        ('msgid "a"\nmsgstr "x\n\nmsgid "b"\nmsgstr "y"\n', "syntax", 2),
        ('msgid "a"\nmsgstr "x\\q"\n\nmsgid "b"\nmsgstr "y"\n', "syntax", 2),
        ('msgid "a"\nmsgstr "x"\nmsgstr "z"\n\nmsgid "b"\nmsgstr "y"\n', "syntax", 3),
        ('msgid "a"\nmsgstr[0] "x"\n\nmsgid "b"\nmsgstr "y"\n', "syntax", 2),
        ('nonsense\n\nmsgid "b"\nmsgstr "y"\n', "syntax", 1),
        ('msgid "b"\nmsgstr "y"\n\nmsgid "a"\nmsgstr "x', "truncated", 5),
        ('msgid "b"\nmsgstr "y"\n\nmsgid "a"\n', "truncated", 4),
        (
            '<<<<<<< HEAD\nmsgid "a"\nmsgstr "x"\n=======\nmsgid "a"\nmsgstr "z"\n>>>>>>> b\n\n'
            'msgid "b"\nmsgstr "y"\n',
            "conflict_markers",
            1,
        ),
        (
            'msgid "a"\n<<<<<<< HEAD\nmsgstr "x"\n=======\nmsgstr "z"\n>>>>>>> b\n\n'
            'msgid "b"\nmsgstr "y"\n',
            "conflict_markers",
            2,
        ),
    ],
)
def test_a_broken_entry_is_a_problem_and_the_others_are_read(
    broken: str, rule: str, line: int
) -> None:
    catalogue = parse(broken)
    assert [(problem.rule, problem.line) for problem in catalogue.problems] == [(rule, line)]
    assert [(entry.msgid, entry.msgstr) for entry in catalogue.entries] == [("b", ("y",))]


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="gettext's tools are not installed")
def test_gettext_reads_what_we_write(tmp_path: Path) -> None:
    path = tmp_path / "x.po"
    path.write_text(TEXT, encoding="utf-8")
    subprocess.run(["msgfmt", "-o", tmp_path / "x.mo", path], check=True)
