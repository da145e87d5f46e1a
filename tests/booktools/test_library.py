from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from booktools.faults import BuildError
from booktools.library import WAITING, Library, Painter, fingerprint

TINY = Library("tiny_library", "tiny")
CODE = """\
import json, sys
if question := sys.stdin.readline():
    print(json.dumps([json.loads(question)["number"] * {factor}]))
"""


def write_code(folder: Path, factor: str) -> None:
    (folder / "tiny_library/painting.py").write_text(CODE.format(factor=factor), encoding="utf-8")
    fingerprint.cache_clear()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Give the variables with which Python finds a library that multiplies by two."""
    (tmp_path / "tiny_library").mkdir()
    (tmp_path / "tiny_library/__init__.py").touch()
    write_code(tmp_path, "2")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    fingerprint.cache_clear()


@pytest.fixture
def painter(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Painter]:
    """Give one that waits, as a process has it that inherits its files."""
    painter = Painter(TINY, environment)
    files = [str(os.dup(number)) for number in painter.files]
    monkeypatch.setenv(WAITING, " ".join([painter.version, *files]))
    yield painter
    painter.end()


def test_a_painter_that_waits_answers_one_question(
    painter: Painter, environment: dict[str, str]
) -> None:
    assert painter.is_ready(TINY)
    assert TINY.ask({"number": 3}, {}) == [6], "an empty environment has no library to start"
    assert painter.process.wait(timeout=10) == 0
    assert not painter.is_ready(TINY)
    assert WAITING not in os.environ
    assert TINY.ask({"number": 4}, environment) == [8]


def test_a_painter_that_has_loaded_other_code_is_not_asked(
    painter: Painter, environment: dict[str, str], tmp_path: Path
) -> None:
    write_code(tmp_path, "5")
    assert not painter.is_ready(TINY)
    assert TINY.ask({"number": 3}, environment) == [15]
    assert painter.process.poll() is None


def test_where_a_painter_has_died_another_answers(
    painter: Painter, environment: dict[str, str]
) -> None:
    painter.process.kill()
    painter.process.wait()
    assert TINY.ask({"number": 3}, environment) == [6]


def test_a_painter_ends_when_nobody_can_ask_it(environment: dict[str, str]) -> None:
    painter = Painter(TINY, environment)
    painter.talk.asked.close()
    assert painter.process.wait(timeout=10) == 0
    painter.end()


def test_a_painter_that_fails_says_why(environment: dict[str, str], tmp_path: Path) -> None:
    write_code(tmp_path, "None")
    with pytest.raises(BuildError, match=r"painting could not answer:(.*\n)*TypeError"):
        TINY.ask({"number": 3}, environment)
