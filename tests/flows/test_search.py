"""Readers find the page that they look for in the words that they type, on the built book."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from finder import Question, ask

pytestmark = pytest.mark.book

PROBES: Mapping[str, Mapping[str, str]] = tomllib.loads(
    Path(__file__).with_name("search_probes.toml").read_text(encoding="utf-8")
)
FIRST, FIRST_THREE = 0.87, 0.96  # shares of the probes, of all languages together


@pytest.fixture(scope="module")
def found(site: Path) -> Mapping[tuple[str, str], list[Mapping[str, Any]]]:
    """Give what each probe finds."""
    questions = [
        Question(site / code / "_static/search/places.js", code.partition("_")[0], list(probes))
        for code, probes in PROBES.items()
    ]
    answers = ask(*questions)
    return {
        (code, query): answer
        for (code, probes), given in zip(PROBES.items(), answers, strict=True)
        for query, answer in zip(probes, given, strict=True)
    }


def ranks(found: Mapping[tuple[str, str], list[Mapping[str, Any]]]) -> dict[str, int]:
    """Return probe -> the place of the wanted page, 0 where it is absent."""
    result = {}
    for (code, query), answer in found.items():
        names = [Path(one["address"]).stem for one in answer]
        wanted = PROBES[code][query]
        result[f"{code}: {query} → {wanted}"] = names.index(wanted) + 1 if wanted in names else 0
    return result


def test_the_wanted_page_is_nearly_always_first_and_never_absent(
    found: Mapping[tuple[str, str], list[Mapping[str, Any]]],
) -> None:
    placed = ranks(found)
    assert [probe for probe, rank in placed.items() if not rank] == []
    later = [f"{probe}: {rank}" for probe, rank in placed.items() if rank > 3]
    assert len(later) <= (1 - FIRST_THREE) * len(placed), later
    second = [f"{probe}: {rank}" for probe, rank in placed.items() if rank > 1]
    assert len(second) <= (1 - FIRST) * len(placed), second
