from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result
from small_book import SmallBook

from booktools.__main__ import booktools


def run(book: SmallBook, *arguments: str) -> Result:
    return CliRunner().invoke(booktools, ["--root", str(book.root), *arguments])


def test_the_commands_that_stay_are_all_there() -> None:
    commands = ["build", "serve", "notebooks", "update", "check", "status", "new"]
    assert set(booktools.commands) == set(commands)
    assert all(booktools.commands[name].help for name in commands)


def test_the_light_commands_start_without_sphinx() -> None:
    heavy = {"sphinx", "jupyter_book", "sqlalchemy", "myst_nb", "nbclient", "torch", "matplotlib"}
    code = f"import sys, booktools.__main__; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("command", ["build", "serve", "notebooks", "update", "check", "status"])
def test_an_unknown_language_is_refused_with_the_known_ones(
    small_book: SmallBook, command: str
) -> None:
    result = run(small_book, command, "xx")
    assert result.exit_code == 2
    assert "'xx' is not a language of the book; choose from en, vi, zh_CN" in result.output


def test_status_counts_each_catalogue(small_book: SmallBook) -> None:
    small_book.translate("tr", "Metin.")
    result = run(small_book, "status", "tr", "--json")
    assert result.exit_code == 0
    (row,) = json.loads(result.output)
    assert (row["language"], row["domain"], row["translated"]) == ("tr", "book/course/chapter", 1)
    assert "100%" in run(small_book, "status", "tr").output


def test_check_fails_with_file_and_line_of_what_is_wrong(small_book: SmallBook) -> None:
    small_book.translate("tr", "<script>alert(1)</script>")
    result = run(small_book, "check", "tr")
    assert result.exit_code == 1
    assert "locales/tr/LC_MESSAGES/book/course/chapter.po:" in result.output


def test_a_failed_build_is_a_message_and_no_traceback(
    small_book: SmallBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small_book.root / "_toc.yml").write_text("format: jb-book\nroot: book/nowhere\n")
    result = run(small_book, "build", "tr")
    assert result.exit_code == 1
    assert re.match(
        r"Error: \S+_toc.yml names the page book/nowhere, but \S+nowhere.md is not there; write it",
        result.output,
    )


def test_serving_without_a_built_book_says_how_to_build_it(small_book: SmallBook) -> None:
    result = run(small_book, "serve")
    assert result.exit_code == 1
    assert "nothing is built" in result.output
    assert "python -m booktools build" in result.output
