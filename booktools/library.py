"""Ask the library that a book's cells use: which of its code they need, and what they show.

It runs in a process of its own, so that these tools never load it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from booktools.faults import BuildError
from booktools.progress import Stage

_LAST_LINES = 15
WAITING = "BOOKTOOLS_PAINTER"
_SHARE = re.compile(r"(\d+)/(\d+)")


@dataclass(frozen=True)
class Library:
    """A package that a book's cells import, and that speaks the reader's language.

    It lies in a folder of its name beside the book, has a function `set_language`, and a module
    `painting` that draws what its figures leave in an output. Its variables begin with its name.
    """

    module: str
    distribution: str

    @property
    def recipe(self) -> str:
        """The kind of output that says what draws it, instead of being drawn."""
        return f"application/vnd.{self.module}.recipe"

    def variable(self, name: str) -> str:
        """Return the environment variable with which the library is told something."""
        return f"{self.module.upper()}_{name}"

    def ask(
        self, question: Mapping[str, Any], environment: Mapping[str, str], *, stage: str = ""
    ) -> list[Any]:
        """Return the answers to a question that the library's ``painting`` understands.

        stage: the name under which it is said how far it is.
        Raises BuildError with the last lines of what it says where it fails.
        """
        waiting = _inherited(self)
        if waiting and (answers := waiting.answers(question, stage)):
            return answers
        painter = Painter(self, environment)
        answers = painter.talk.answers(question, stage)
        if painter.process.wait() or not answers:
            last = "\n".join(painter.talk.words[-_LAST_LINES:])
            raise BuildError(f"{self.module}.painting could not answer:\n{last}")
        return answers


@dataclass(frozen=True)
class Talk:
    """The open files between a process that waits for a question and one that asks."""

    asked: IO[str]
    answered: IO[str]
    said: IO[str]
    words: list[str] = field(default_factory=list)

    def answers(self, question: Mapping[str, Any], stage: str) -> list[Any]:
        """Return the answers, none where the process has ended without; `words` is what it said."""
        with suppress(BrokenPipeError), self.asked:
            self.asked.write(json.dumps(question) + "\n")
        with self.answered, self.said:
            self.words.extend(_unknown_lines(self.said, stage))
            self.answered.seek(0)
            text = self.answered.read()
        answers: list[Any] = json.loads(text) if text.endswith("\n") else []
        return answers


class Painter:
    """A process that loads the library and then answers one question."""

    def __init__(self, library: Library, environment: Mapping[str, str]) -> None:
        """Start it; it ends unasked when nobody is left who could ask."""
        self.version = _fingerprint(library)
        answered = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - `Talk` closes it
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", f"{library.module}.painting"],
            stdin=subprocess.PIPE,
            stdout=answered,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={**environment, "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,
        )
        assert self.process.stdin
        assert self.process.stderr
        self.talk = Talk(self.process.stdin, answered, self.process.stderr)

    @property
    def files(self) -> tuple[int, ...]:
        """The numbers of its open files, for a process that inherits them."""
        return tuple(one.fileno() for one in (self.talk.asked, self.talk.answered, self.talk.said))

    @property
    def address(self) -> dict[str, str]:
        """The variable by which a process that inherits the files finds them."""
        return {WAITING: " ".join([self.version, *map(str, self.files)])}

    def is_ready(self, library: Library) -> bool:
        """Say whether nobody has asked yet, and the library is what has been loaded."""
        return self.process.poll() is None and self.version == _fingerprint(library)

    def end(self) -> None:
        """End it whatever it does."""
        self.process.kill()
        self.process.wait()
        for one in (self.talk.asked, self.talk.answered, self.talk.said):
            one.close()


def _inherited(library: Library) -> Talk | None:
    """Return the talk with a process that an earlier one has started, if it fits, once."""
    version, *files = os.environ.pop(WAITING, "").split() or [""]
    if version != fingerprint(library):
        return None
    asked, answered, said = map(int, files)
    return Talk(
        os.fdopen(asked, "w", encoding="utf-8"),
        os.fdopen(answered, "r+", encoding="utf-8"),
        os.fdopen(said, encoding="utf-8", errors="replace"),
    )


@cache
def fingerprint(library: Library | None) -> str:
    """Return a digest of every file of the library, if any, and of the Python that runs it.

    It is looked at once in each process.
    """
    return _fingerprint(library)


def _fingerprint(library: Library | None) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in _files(library.module) if library else ():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _files(module: str) -> Iterator[Path]:
    spec = importlib.util.find_spec(module)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        files = (path for path in sorted(Path(folder).rglob("*")) if path.is_file())
        yield from (path for path in files if "__pycache__" not in path.parts)


def _unknown_lines(lines: Iterable[str], name: str) -> Iterator[str]:
    """Yield all lines but those that tell how much is done, such as 20/50; show these."""
    stage, started = None, time.perf_counter()
    for line in lines:
        if share := _SHARE.fullmatch(line.strip()):
            stage = stage or Stage(name, int(share[2]), started)
            stage.step(int(share[1]))
        else:
            yield line.rstrip()
