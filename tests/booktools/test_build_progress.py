"""A build tells how far each stage is: in place on a terminal, in quarters elsewhere."""

import io
import re
from typing import Any

import pytest

from booktools import progress
from booktools.progress import Display, Stage, duration


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def lines_of(total: int, capsys: pytest.CaptureFixture[str]) -> list[str]:
    stage = Stage("drawing the figures", total, 0.0)
    for done in range(total + 1):
        stage.step(done)
    return capsys.readouterr().out.splitlines()


def test_times_are_rounded_as_people_say_them() -> None:
    assert [duration(seconds) for seconds in (0.4, 8, 99, 100, 190)] == [
        "0 s", "8 s", "99 s", "2 min", "3 min",
    ]  # fmt: skip


def test_a_stage_tells_its_share_and_the_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 10.0, 20.0, 30.0, 40.0])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(clock))
    assert [line[1:] for line in lines_of(4, capsys)] == [
        "drawing the figures: 0 %",
        "drawing the figures: 25 %, about 30 s left",
        "drawing the figures: 50 %, about 20 s left",
        "drawing the figures: 75 %, about 10 s left",
        "drawing the figures: 100 %",
    ]


def shown(stream: io.StringIO, lines: list[str], **more: Any) -> list[bool]:
    display = Display(stream)
    kept = [display.show("vi", line) for line in lines]
    display.end("vi")
    return kept


def test_a_file_gets_every_page_and_each_quarter_of_a_stage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = io.StringIO()
    kept = shown(stream, [*lines_of(40, capsys), "reading book/index"])
    assert kept == [False] * 41 + [True]
    shares = re.findall(r"^\[vi\] drawing the figures: (\d+) %", stream.getvalue(), re.MULTILINE)
    assert shares == ["0", "25", "50", "75", "100"]
    assert stream.getvalue().endswith("[vi] reading book/index\n")


def test_a_terminal_has_one_line_of_shares_below_everything_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = Terminal()
    display = Display(stream)
    first, last = lines_of(1, capsys)
    for code, line in (("vi", first), ("ar", first), ("vi", last), ("ar", "shown in English: x")):
        display.show(code, line)
    assert not display.show("ar", first)
    assert display.show("ar", "reading book/index")
    frames = stream.getvalue().split("\r\x1b[K")
    assert frames[3] == "[vi] drawing the figures: 100 %  [ar] drawing the figures: 0 %"
    assert frames[4].startswith("[ar] shown in English: x\n[vi] drawing the figures: 100 %")
    assert "reading" not in stream.getvalue()
    display.end("vi")
    display.end("ar")
    assert stream.getvalue().endswith("\r\x1b[K")
