"""Ask the laboratory's modules, which run in one node, and read their lists of numbers."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import DTypeLike, NDArray

ROOT = Path(__file__).parents[1]
NODE = Path(sys.executable).with_name("node")


class Laboratory:
    """The modules in a node that waits for questions."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, call: str, **given: Any) -> Any:
        """Return what a function of laboratory.mjs answers."""
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None
        assert answers is not None
        questions.write(json.dumps({"call": call, **given}) + "\n")
        questions.flush()
        answer = json.loads(answers.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]


@contextmanager
def started() -> Iterator[Laboratory]:
    """Start node; it ends with its input."""
    command = [str(NODE), str(ROOT / "tests/laboratory.mjs")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        yield Laboratory(process)


def numbers(text: str, dtype: DTypeLike = numpy.float32) -> NDArray[Any]:
    """Return the numbers of a list that was sent as base64."""
    return numpy.frombuffer(base64.b64decode(text), dtype=dtype)
