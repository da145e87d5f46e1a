"""Say how far each stage of a build is: its share and the time left, on one line."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TextIO

Stands = Callable[[str, Sequence[str]], None]
"""Told which language can be read from now on, and which ones follow."""

_MARK = "\x1f"  # begins a line that tells a share; what follows replaces what was said before
_STEPS = 4  # lines per stage where none can be replaced
# What a terminal, which shows the share of the whole stage, leaves to the log.
_DETAIL = re.compile(r"(?:reading|read|writing|ran) \S")


@dataclass
class Stage:
    """One stage of a build; `step` says how many of its parts are done."""

    name: str
    total: int
    started: float = field(default_factory=time.perf_counter)

    def step(self, done: int) -> None:
        """Print the share and, before the end, about how long the rest takes."""
        share = 100 * done // max(self.total, 1)
        left = (time.perf_counter() - self.started) / max(done, 1) * (self.total - done)
        rest = f", about {duration(left)} left" if 0 < done < self.total else ""
        mark = "" if sys.stdout.isatty() else _MARK  # a reader needs none
        print(f"{mark}{self.name}: {share} %{rest}", flush=True)


def duration(seconds: float) -> str:
    """Write a time as a reader says it: 8 s, 3 min."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


class Display:
    """Shows what the builds of several languages print: one line for all shares, at the end."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to a terminal or a file, by default to standard output."""
        self._stream = stream or sys.stdout
        self._shares: dict[str, str] = {}
        self._quarters: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def show(self, code: str, line: str) -> bool:
        """Show a line that the build of a language has printed; say whether the log keeps it."""
        with self._lock:
            if line.startswith(_MARK):
                self._show_share(code, line.removeprefix(_MARK))
            elif not (self._stream.isatty() and _DETAIL.match(line)):
                self._write(f"[{code}] {line}\n")
        return not line.startswith(_MARK)

    def end(self, code: str) -> None:
        """Forget a language, whose build has ended."""
        with self._lock:
            self._shares.pop(code, None)
            self._write("")

    def _show_share(self, code: str, text: str) -> None:
        if self._stream.isatty():
            self._shares[code] = f"[{code}] {text}"
            self._write("")
        elif self._is_next_quarter(code, text):
            self._write(f"[{code}] {text}\n")

    def _is_next_quarter(self, code: str, text: str) -> bool:
        stage, _colon, rest = text.rpartition(": ")
        quarter = int(rest.split()[0]) * _STEPS // 100
        is_next = self._quarters.get((code, stage)) != quarter
        self._quarters[code, stage] = quarter
        return is_next

    def _write(self, text: str) -> None:
        if self._stream.isatty():
            text = f"\r\x1b[K{text}{'  '.join(self._shares.values())}"
        self._stream.write(text)
        self._stream.flush()
