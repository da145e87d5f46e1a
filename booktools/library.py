"""Ask the library that a book's cells use: which of its code they need, and what they show.

It runs in a process of its own, so that these tools never load it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from booktools.faults import BuildError
from booktools.progress import Stage

_LAST_LINES = 15
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
        with (
            TemporaryFile("w+", encoding="utf-8") as asked,
            TemporaryFile("w+", encoding="utf-8") as answered,
        ):
            json.dump(question, asked)
            asked.seek(0)
            with subprocess.Popen(
                [sys.executable, "-P", "-m", f"{self.module}.painting"],
                stdin=asked,
                stdout=answered,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                env={**environment, "PYTHONIOENCODING": "utf-8"},
            ) as process:
                said = list(_unknown_lines(process.stderr or (), stage))
            if process.returncode:
                last = "\n".join(said[-_LAST_LINES:])
                raise BuildError(f"{self.module}.painting could not answer:\n{last}")
            answered.seek(0)
            answers: list[Any] = json.load(answered)
        return answers


@cache
def fingerprint(library: Library | None) -> str:
    """Return a digest of every file of the library, if any, and of the Python that runs it."""
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
