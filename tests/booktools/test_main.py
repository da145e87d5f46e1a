from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from small_book import SmallBook

from booktools.__main__ import booktools


def run(book: SmallBook, *arguments: str) -> Result:
    return CliRunner().invoke(booktools, ["--root", str(book.root), *arguments])


@dataclass(frozen=True)
class Ended:
    """What became of a command in a process of its own."""

    exit_code: int
    output: str


def run_apart(book: SmallBook, *arguments: str) -> Ended:
    """Run a command that runs Sphinx itself: one process can do that well once only."""
    done = subprocess.run(
        [sys.executable, "-m", "booktools", "--root", str(book.root), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return Ended(done.returncode, done.stdout)


def test_the_commands_that_stay_are_all_there() -> None:
    commands = ["build", "serve", "notebooks", "update", "check", "status", "new", "editions"]
    assert set(booktools.commands) == set(commands)
    assert all(booktools.commands[name].help for name in commands)


def test_the_book_is_the_one_in_whose_folder_the_user_stands(
    small_book: SmallBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_book.translate("tr", "Metin.")
    monkeypatch.chdir(small_book.root / "book/course")
    result = CliRunner().invoke(booktools, ["status", "tr", "--json"])
    assert [row["domain"] for row in json.loads(result.output)] == ["book/course/chapter"]


@pytest.mark.parametrize("command", ["build", "serve", "notebooks", "update", "check", "new nl"])
def test_outside_of_a_book_a_sentence_says_how_to_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(booktools, command.split())
    assert result.exit_code == 2
    assert f"no book is here: neither {tmp_path} nor a folder above it" in result.output
    assert "or name it with --root" in result.output
    assert CliRunner().invoke(booktools, [command.split()[0], "--help"]).exit_code == 0


def test_a_folder_that_holds_no_book_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(booktools, ["--root", str(tmp_path), "status"])
    assert result.exit_code == 2
    assert f"no book is in {tmp_path}: it has no _config.yml and _toc.yml" in result.output


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


def test_a_package_that_a_command_alone_needs_is_named_where_it_is_missing(
    small_book: SmallBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lack(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'rare'", name="rare")

    monkeypatch.setattr("booktools.catalogues.status", lack)
    result = run(small_book, "status", "tr")
    assert result.exit_code == 1
    assert "Error: booktools needs rare, which is not installed: run pip" in result.output


def test_serving_without_a_built_book_says_how_to_build_it(small_book: SmallBook) -> None:
    result = run(small_book, "serve")
    assert result.exit_code == 1
    assert "nothing is built" in result.output
    assert "python -m booktools build" in result.output


@pytest.mark.parametrize(
    ("given", "code"),
    [("TR", "tr"), ("zh-CN", "zh_CN"), ("ZH_cn", "zh_CN"), ("Türkçe", "tr"), ("tr", "tr")],
)
def test_a_code_in_another_spelling_is_understood(
    small_book: SmallBook, given: str, code: str
) -> None:
    small_book.translate(code, "Metin.")
    result = run(small_book, "status", given, "--json")
    assert result.exit_code == 0, result.output
    assert {row["language"] for row in json.loads(result.output)} == {code}


@pytest.mark.parametrize(
    ("given", "offer"),
    [("zh", "zh_CN"), ("zh-Hant", "zh_CN"), ("pt-BR", "pt"), ("pt_br", "pt"), ("en-US", "en")],
)
def test_the_book_s_own_variant_of_a_language_is_offered(
    small_book: SmallBook, given: str, offer: str
) -> None:
    result = run(small_book, "build", given)
    assert result.exit_code == 2
    assert f"{given!r} is not a language of the book; did you mean {offer}?" in result.output


def test_a_new_language_is_proposed_only_where_the_code_could_be_one(
    small_book: SmallBook,
) -> None:
    assert "python -m booktools new nl" in run(small_book, "build", "nl").output
    assert "booktools new" not in run(small_book, "build", "../nl").output


@pytest.mark.parametrize("arguments", [("update", "en"), ("status", "EN"), ("update", "tr", "en")])
def test_the_source_language_has_no_catalogue(
    small_book: SmallBook, arguments: tuple[str, ...]
) -> None:
    result = run(small_book, *arguments)
    assert result.exit_code == 2
    assert "en is the language in which the book is written and has no catalogue" in result.output
    assert "choose from vi, zh_CN, tr, pt, ar" in result.output
    assert "reading the messages" not in result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["ar"], "ar is a language of the book already; choose another code"),
        (["zh-CN"], "zh_CN is a language of the book already"),
        (["english"], "en is a language of the book already"),
        (["klingon"], "a code is like `xx` or `xx_YY`, got 'klingon'"),
        (["../nl"], "a code is like `xx` or `xx_YY`"),
        (["qq"], "Unicode's tables do not know language 'qq'; give tag, name"),
        (["nl", "--direction", "up"], 'direction must be "ltr" or "rtl", got \'up\''),
        (["nl", "--plurals", "many"], "plurals"),
        (["nl", "--tag", "?"], "tag"),
    ],
)
def test_an_impossible_language_is_refused_before_the_book_is_read(
    small_book: SmallBook, arguments: list[str], sentence: str
) -> None:
    table = (small_book.root / "locales/languages.toml").read_bytes()
    result = run(small_book, "new", *arguments)
    assert result.exit_code in (1, 2)
    assert sentence in result.output
    assert "reading the messages" not in result.output
    assert "Traceback" not in result.output
    assert (small_book.root / "locales/languages.toml").read_bytes() == table


@pytest.mark.parametrize("arguments", [("serve", "tr"), ("serve",), ("build", "tr")])
@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_cannot_be_is_refused(
    small_book: SmallBook, arguments: tuple[str, ...], port: str
) -> None:
    result = run(small_book, *arguments, "--port", port)
    assert result.exit_code == 2
    assert re.search(r"Invalid value for '--port': .*(0<=x<=65535|integer)", result.output)


@pytest.mark.parametrize("command", ["serve", "build"])
def test_a_taken_port_is_noticed_before_anything_is_built(
    small_book: SmallBook, command: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(small_book, command, "tr", "--port", str(port))
    assert result.exit_code == 1
    assert f"Error: port {port} is not free: " in result.output
    assert "choose another" in result.output
    assert not (small_book.root / "_build").exists()


@pytest.mark.parametrize("arguments", [("build", "tr"), ("notebooks", "tr"), ("update", "tr")])
def test_an_impossible_repository_is_a_sentence(
    small_book: SmallBook, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("VANISHING_REPOSITORY", "foo")
    result = run_apart(small_book, *arguments)
    assert result.exit_code == 1
    assert "Error: VANISHING_REPOSITORY must be an address such as https://host" in result.output
    assert "got 'foo'; correct it, or unset it" in result.output
    assert "Handler <" not in result.output


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("_toc.yml", "root: [\n", r"_toc.yml:2: not YAML \(.+\); mend it"),
        ("_toc.yml", "format: jb-book\n", r"_toc.yml: `root:` is missing; add that line"),
        ("_toc.yml", "- a list\n", r"_toc.yml: `root:` is missing"),
        ("_toc.yml", "\x00", r"_toc.yml: not YAML"),
        ("_toc.yml", None, r"_toc.yml: No such file or directory; the book needs this file"),
        ("_config.yml", "title: [\n", r"_config.yml:2: not YAML"),
        ("_config.yml", "author: us\n", r"_config.yml: `title:` is missing"),
        ("_config.yml", None, r"_config.yml: No such file or directory"),
        ("_config.yml", "title: T\nexecute: 3\n", r"_config.yml: .*3 is not of type 'object'"),
        ("locales/languages.toml", None, r"languages.toml: cannot be read: No such file"),
        ("locales/languages.toml", "[en\n", r"languages.toml: "),
    ],
)
@pytest.mark.parametrize("command", ["build", "update", "notebooks"])
def test_a_broken_or_missing_setting_is_a_sentence(
    small_book: SmallBook, command: str, name: str, text: str | None, sentence: str
) -> None:
    (small_book.root / name).unlink()
    if text is not None:
        small_book.write(name, text)
    result = run(small_book, command, "tr")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), result.exception
    assert re.search(rf"Error: (.|\n)*{sentence}", result.output), result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["build", "update", "notebooks"])
def test_an_extension_that_is_not_there_is_a_sentence(small_book: SmallBook, command: str) -> None:
    settings = "title: T\nsphinx: {extra_extensions: [no.such]}\n"
    small_book.write("_config.yml", settings)
    result = run_apart(small_book, command, "tr")
    assert result.exit_code == 1
    assert re.search(r"Error: (.|\n)*no\.such", result.output), result.output
    assert "Traceback" not in result.output
