"""The results that travel with the package: one text file per measuring module.

The first line says which code made the results and with which versions; every other line is what
was asked and what came out, as JSON, with a tab between them. Lines are sorted.
"""

import functools
import json
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "results"
PACKAGES = ("torch", "numpy", "scipy", "scikit-learn")


def find(module: str, code: str, asked: Mapping[str, Any]) -> str | None:
    """Return the result of a call as JSON if it travels with the package and its code made it.

    ``VANISHING_RESULTS`` names another folder of results; with ``none``, nothing is found.
    """
    chosen = os.environ.get("VANISHING_RESULTS")
    if chosen == "none":
        return None
    made_by, results = read(file_of(module, Path(chosen) if chosen else FOLDER))
    return results.get(as_text(asked)) if made_by == code else None


def file_of(module: str, folder: Path = FOLDER) -> Path:
    """Return the file for the results of a measuring module."""
    return folder / f"{module.partition('.')[2] or module}.tsv"


def as_text(asked: Mapping[str, Any]) -> str:
    """Write what is asked in the one way in which it is looked up."""
    return json.dumps(asked, sort_keys=True, separators=(",", ":"))


@functools.cache
def read(file: Path) -> tuple[str, Mapping[str, str]]:
    """Return the version of the code that made a file, and its results; none where it is damaged.

    Each is the text of what was asked -> the text of the result.
    """
    with suppress(OSError, ValueError, KeyError, TypeError):
        head, *lines = file.read_text(encoding="utf-8").splitlines()
        pairs = (line.partition("\t") for line in lines)
        return str(json.loads(head)["code"]), {asked: result for asked, _tab, result in pairs}
    return "", {}


def write(file: Path, code: str, results: Iterable[tuple[str, str]]) -> None:
    """Write results, pairs of what was asked and what came out; equal ones give equal bytes."""
    head = {"code": code, "python": sys.version.split()[0], **{n: version(n) for n in PACKAGES}}
    lines = sorted({f"{asked}\t{result}" for asked, result in results})
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([json.dumps(head), *lines, ""]), encoding="utf-8", newline="\n")
