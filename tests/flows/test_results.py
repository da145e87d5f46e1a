"""The results that travel with the package are those that the book's cells ask for, and right."""

from __future__ import annotations

import json
import math
import random
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from booktools.execution import ASKED, FOLDER
from vanishing.remembering import shipped
from vanishing.remembering.calls import plain
from vanishing.remembering.keys import code_version

ROOT = Path(__file__).resolve().parents[2]
REMEDY = "run `make new-results` and commit vanishing/results"
DRAWN = 40
CLOSE = 1e-4  # how float32 rounds, through fifty layers, where others add up in another order
# After many updates another processor may end elsewhere: of what is trained, the start must agree.
STARTS: dict[str, tuple[str, ...]] = {
    "train": ("steps", "gradient_norms", "losses"),
    "watch_units": ("steps", "saturated", "dead"),
    "record_divergence": ("losses", "gradient_norms", "largest_weights"),
    "learn_adding": ("updates", "errors", "before"),
    "learn_to_recall": ("steps", "losses", "sensitivities"),
    "learn_to_translate": ("steps", "gradients"),
    "learn_to_write": ("steps", "losses", "training_losses", "gradient_norms"),
    "optimize": ("steps", "losses", "relative_gradients", "relative_updates"),
    "train_from": ("before", "losses"),
    "train_images": ("steps", "gradient_norms", "losses"),
    "_trained": ("blocks", "steps", "gradient_norms", "losses"),
    "_watched": ("true", "steps"),
    "angle_by_layer": ("degrees",),
    "follow_digits": ("spreads", "places", "gradient_norms"),
    "watch_attention": ("steps", "tables"),
    "watch_gates": ("marks",),
    "watch_sums": ("steps", "shares"),
    "watch_words": ("steps", "norms"),
    "lesions": (),
    "path_gradients": (),
}

pytestmark = pytest.mark.book


def asked() -> set[str]:
    """Return what the cells of every chapter of the built book asked for."""
    run = sorted((ROOT / FOLDER).rglob("*.json"))
    assert run, "run `python -m booktools build` first"
    files = [ROOT / ASKED / path.relative_to(ROOT / FOLDER).with_suffix(".txt") for path in run]
    assert [path for path in files if not path.exists()] == [], "run `make new-results`"
    return {line for path in files for line in path.read_text("utf-8").splitlines()}


@cache
def all_shipped() -> dict[str, str]:
    """Return everything that travels: the text of what was asked -> the text of its result."""
    files = sorted(shipped.FOLDER.glob("*.tsv"))
    assert files, f"no result travels: {REMEDY}"
    return {line: result for path in files for line, result in shipped.read(path)[1].items()}


def test_exactly_what_the_cells_ask_for_travels() -> None:
    wanted, there = asked(), set(all_shipped())
    assert sorted(wanted - there) == [], f"missing: {REMEDY}"
    assert sorted(there - wanted) == [], f"no cell asks for it any more: {REMEDY}"


def test_all_of_it_was_made_by_this_code() -> None:
    stale = []
    for path in shipped.FOLDER.glob("*.tsv"):
        module = import_module(f"vanishing.{path.name.removesuffix('.tsv')}")
        if shipped.read(path)[0] != code_version(Path(str(module.__file__))):
            stale.append(path.name)
    assert stale == [], f"made by other code: {REMEDY}"


def drawn() -> list[str]:
    """Draw entries by the hash of the commit: others every time, and the same for everybody."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    lines = sorted(all_shipped())
    return random.Random(done.stdout.strip()).sample(lines, min(DRAWN, len(lines)))


def test_results_drawn_by_the_commit_are_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANISHING_RESULTS", "none")
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path))
    monkeypatch.delenv("VANISHING_ASKED", raising=False)
    wrong = [line for line in drawn() if not agrees(line, all_shipped()[line])]
    assert wrong == [], f"another result is measured: {REMEDY}"


def agrees(line: str, result: str) -> bool:
    """Compute a result anew and compare it with the one that travels."""
    question = json.loads(line)
    module, _, name = question["function"].rpartition(".")
    function = getattr(import_module(module), name)
    kinds = get_type_hints(function)
    arguments = {n: plain.structure(v, kinds[n]) for n, v in question["arguments"].items()}
    found = json.loads(json.dumps(plain.unstructure(function(**arguments))))
    return differences(name, found, json.loads(result)) == []


def differences(name: str, found: Any, expected: Any) -> list[tuple[Any, Any]]:
    """Return what differs in two results of a function: pairs of what was and what should be."""
    if name not in STARTS or found.keys() != expected.keys():
        return list(compared(found, expected))
    return [pair for n in STARTS[name] for pair in compared(found[n][0], expected[n][0])]


def compared(found: Any, expected: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the parts that are not equal up to rounding."""
    if isinstance(expected, dict) and isinstance(found, dict) and found.keys() == expected.keys():
        for name, value in expected.items():
            yield from compared(found[name], value)
    elif isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        for one, other in zip(found, expected, strict=True):
            yield from compared(one, other)
    elif isinstance(expected, float) and isinstance(found, float):
        if not close(found, expected):
            yield found, expected
    elif found != expected:
        yield found, expected


def close(found: float, expected: float) -> bool:
    """Say whether two numbers are equal up to rounding; below float32's range all are."""
    same = math.isnan(found) and math.isnan(expected)
    return same or math.isclose(found, expected, rel_tol=CLOSE, abs_tol=1e-37)


RUN = {"steps": [0, 1], "gradient_norms": [[1.0, 2.0], [3.0, 4.0]], "losses": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("name", "found", "expected", "count"),
    [
        ("growth", {"a": [1.0, 2.0]}, {"a": [1.00001, 2.0]}, 0),
        ("growth", {"a": [1.0, 2.0]}, {"a": [1.0, 2.1]}, 1),
        ("growth", {"a": [1.0]}, {"a": [1.0, 2.0]}, 1),
        ("growth", {"a": math.nan, "b": math.inf}, {"a": math.nan, "b": math.inf}, 0),
        ("growth", {"a": math.nan, "b": 1.0}, {"a": 1.0, "b": math.inf}, 2),
        ("growth", {"a": 1.0}, {"b": 1.0}, 1),
        ("growth", {"a": "one", "b": None}, {"a": "two", "b": 1.0}, 2),
        ("train", RUN, {**RUN, "losses": [1.0, 9.0]}, 0),
        ("train", RUN, {**RUN, "losses": [1.1, 2.0]}, 1),
        ("train", RUN, {**RUN, "gradient_norms": [[1.0, 2.1], [3.0, 4.0]]}, 1),
        ("train", RUN, {"steps": [0, 1]}, 1),
    ],
)
def test_the_comparison_sees_what_differs(name: str, found: Any, expected: Any, count: int) -> None:
    assert len(differences(name, found, expected)) == count
