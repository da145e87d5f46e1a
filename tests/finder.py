"""Ask the search of a built site in node, with the scripts that the reader's browser runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NODE = Path(sys.executable).with_name("node")


@dataclass(frozen=True)
class Question:
    """What one language's readers type. places: the file that a build has written."""

    places: Path
    language: str
    queries: Sequence[str]


def ask(*questions: Question) -> list[list[list[Mapping[str, Any]]]]:
    """Return for each question and each query the pages that are found, the best one first."""
    lines = [
        json.dumps({"places": str(one.places), "language": one.language, "queries": one.queries})
        for one in questions
    ]
    done = subprocess.run(
        [str(NODE), str(ROOT / "tests/finder.mjs")],
        input="\n".join(lines) + "\n",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["answers"] for line in done.stdout.splitlines()]
