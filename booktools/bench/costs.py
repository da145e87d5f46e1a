"""Run a command and know what it cost; write what was measured as a table."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import psutil

from booktools.faults import BuildError

_LAST_LINES = 15
_PATIENCE = 1800.0  # seconds for what a command is expected to print
_SHARE = re.compile(r"(\[\w+\] )?((running|drawing|reading|writing) the \w+: |ran )")
_ENDS = {  # the last such line of a build's output ends a stage
    "start": re.compile(r"running the cells: 0 %"),
    "execute": re.compile(r"running the cells: 100 %"),
    "paint": re.compile("what the cells show is ready"),
}


@dataclass(frozen=True)
class Cost:
    """The seconds of the clock, and those of all processors."""

    seconds: float
    cpu: float

    def __add__(self, other: Cost) -> Cost:
        """Return the cost of one after the other."""
        return Cost(self.seconds + other.seconds, self.cpu + other.cpu)


@dataclass(frozen=True)
class Measure:
    """What was measured in a step; limit: the most that it shall be, None where there is none."""

    step: int
    name: str
    value: float
    unit: str
    limit: float | None
    cost: Cost
    parts: Mapping[str, float]

    @property
    def met(self) -> bool | None:
        """Say whether the target is met; None where there is none."""
        return None if self.limit is None else self.value <= self.limit


class Running:
    """A command that runs in a folder: what it prints, and when."""

    def __init__(self, folder: Path, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Start it with the packages of this folder and, of their own variables, only these."""
        foreign = {n: v for n, v in os.environ.items() if not _is_own(n, variables)}
        own = {"PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8", **variables}
        self.lines: list[tuple[float, str]] = []
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**foreign, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            self.lines.append((time.perf_counter() - self._started, line.rstrip()))
            if _SHARE.match(line):
                print(f"   {line.rstrip()}", flush=True)

    def wait_for(self, text: str, begin: int = 0) -> str:
        """Return the first line, from this number on, that holds a text.

        Raises BuildError with the last lines where the command ends or a build fails before.
        """
        while True:
            over = not self._listener.is_alive() or self._seconds() > _PATIENCE
            if found := self.said(text, begin):
                return found
            if over or self.said("] failed after", begin):
                raise BuildError(f"it did not say {text!r}:\n{self._last()}")
            time.sleep(0.05)

    def said(self, text: str, begin: int = 0) -> str:
        """Return the first line, from this number on, that holds a text; "" where there is none."""
        return next((line for _second, line in self.lines[begin:] if text in line), "")

    def so_far(self) -> float:
        """Return the seconds of all processors, those of children that have ended included."""
        times = psutil.Process(self._process.pid).cpu_times()
        return float(sum(times[:4]))

    def end(self) -> Cost:
        """Wait for the end and return the cost; raises BuildError with the last lines."""
        self._listener.join()
        _pid, status, usage = os.wait4(self._process.pid, 0)
        seconds = self._seconds()
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode:
            raise BuildError(f"it ended with {self._process.returncode}:\n{self._last()}")
        return Cost(seconds, usage.ru_utime + usage.ru_stime)

    def stop(self) -> None:
        """End it now. Ctrl+C would not reach a bench that runs in the background."""
        self._process.terminate()
        self._process.wait()

    def _seconds(self) -> float:
        return time.perf_counter() - self._started

    def _last(self) -> str:
        return "\n".join(line for _second, line in self.lines[-_LAST_LINES:])


def _is_own(name: str, variables: Mapping[str, str]) -> bool:
    """Say whether a variable of the environment tells the tools, or the library, something."""
    prefixes = {"BOOKTOOLS", *(variable.partition("_")[0] for variable in variables)}
    return name.partition("_")[0] in prefixes


def stages(lines: Sequence[tuple[float, str]], seconds: float) -> dict[str, float]:
    """Return the seconds of each stage of a build: start, execute, paint, write."""
    found, before = {}, 0.0
    for stage, pattern in _ENDS.items():
        ends = [second for second, line in lines if pattern.search(line)]
        after = ends[-1] if ends else before
        found[stage], before = after - before, after
    return {**found, "write": seconds - before}


def chapters_run(lines: Sequence[tuple[float, str]]) -> int:
    """Return of how many chapters a build has run the cells."""
    return sum("] ran " in line for _second, line in lines)


def table(measures: Sequence[Measure]) -> str:
    """Write one row for each measure, and below it its parts."""
    return "\n".join(line for measure in measures for line in _rows(measure))


def _rows(measure: Measure) -> Iterator[str]:
    limit = "" if measure.limit is None else f"≤ {measure.limit:g} {measure.unit}"
    met = {True: "met", False: "missed", None: ""}[measure.met]
    value = f"{measure.value:.4g} {measure.unit}"
    cost = f"{measure.cost.seconds:.1f} s, {measure.cost.cpu:.1f} s of CPU"
    yield f"{measure.step}  {measure.name:<46}{limit:>12}{value:>14}  {met:<7} {cost}".rstrip()
    if measure.parts:
        parts = ", ".join(f"{name} {number:.4g}" for name, number in measure.parts.items())
        yield f"   {parts}"
