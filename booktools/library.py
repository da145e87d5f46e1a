"""Ask the library that a book's cells use: which of its code they need, and what they show.

It runs in a process of its own, so that these tools never load it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from booktools.faults import BuildError

NAME = "vanishing"
RECIPE = f"application/vnd.{NAME}.recipe"
_LAST_LINES = 15


def fingerprint() -> str:
    """Return a digest of every file of the library and of the Python that runs it."""
    digest = hashlib.sha256(sys.version.encode())
    for path in _files():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    spec = importlib.util.find_spec(NAME)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        files = (path for path in sorted(Path(folder).rglob("*")) if path.is_file())
        yield from (path for path in files if "__pycache__" not in path.parts)


def ask(question: Mapping[str, Any], environment: Mapping[str, str]) -> list[Any]:
    """Return the library's answers to a question that ``vanishing.painting`` understands.

    Raises BuildError with the last lines of what it says where it fails.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", f"{NAME}.painting"],
        input=json.dumps(question),
        capture_output=True,
        encoding="utf-8",
        env={**environment, "PYTHONIOENCODING": "utf-8"},
    )
    if done.returncode:
        said = "\n".join(done.stderr.splitlines()[-_LAST_LINES:])
        raise BuildError(f"{NAME}.painting could not answer:\n{said}")
    answers: list[Any] = json.loads(done.stdout)
    return answers
