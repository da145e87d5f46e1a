"""A figure is drawn from the results that are there, while the others are still computed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vanishing import SIGMOID, explore, figures, train
from vanishing.figures import Drawing
from vanishing.promises import Postponed, Promise, kept, later
from vanishing.remembering import postponing
from vanishing.training import Run

SMALL = SIGMOID.at(width=4, depth=1, epochs=1)
pytestmark = pytest.mark.usefixtures("computed_here")


@pytest.fixture(autouse=True)
def nothing_is_remembered(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VANISHING_RESULTS", "none")
    monkeypatch.delenv("VANISHING_STATIC", raising=False)


class Result:
    """Comes when ``here`` says so."""

    numbers = (1.0, 2.0)
    value = "learned"
    here = False

    def at(self, step: int) -> tuple[float, ...]:
        return self.numbers[:step]


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(Result, "here", False)

    def ask() -> Result:
        if not Result.here:
            raise Postponed(lambda: None)
        return Result()

    return later(ask)


def test_parts_of_a_promise_are_promises_until_the_result_is_there(result: Any) -> None:
    parts = result.numbers[0], result.at(2), result.value
    assert all(isinstance(part, Promise) for part in parts)
    Result.here = True
    assert [kept(part) for part in parts] == [1.0, (1.0, 2.0), "learned"]
    assert (list(parts[1]), f"{parts[2]:>8}", str(parts[2])) == ([1.0, 2.0], " learned", "learned")
    assert result.value == "learned"
    assert parts[0]


@pytest.mark.parametrize(
    "need",
    [bool, list, str, repr, kept, lambda one: one == 1, lambda one: one != 1, lambda one: f"{one}"],
)
def test_what_needs_a_result_itself_does_not_go_on_without_it(
    result: Any, need: Callable[[Any], object]
) -> None:
    with pytest.raises(Postponed):
        need(result.value)


@pytest.mark.parametrize("need", [lambda one: one + 1, lambda one: one < 1, lambda one: {one}])
def test_a_promise_is_no_number_and_no_key(result: Any, need: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError):
        need(result.value)


def test_of_a_list_or_a_mapping_what_is_there_is_taken(result: Any) -> None:
    assert kept([1, result, 2]) == (1, 2)
    assert kept({"a": result.numbers, "b": (3,)}) == {"b": (3,)}
    untouched = [1, 2]
    assert kept(untouched) is untouched


def seen(compare: Callable[..., Drawing]) -> list[str]:
    """Move a slider to a new value; return each figure that a reader sees, the whole one last."""
    live = explore(compare, seed=[0, 1]).live
    live.wait()
    figures_seen: list[str] = []
    live.view.observe(lambda change: figures_seen.append(change["new"]), "value")
    live.sliders[0].value = 0
    live.wait()
    assert figures_seen[-1] == compare(seed=0).html()
    assert live.progress.layout.visibility == "hidden"
    return figures_seen


def lines(figures_seen: list[str]) -> list[int]:
    return [one.count("accuracy") // 2 for one in figures_seen]  # in the legend and in words


def test_each_line_is_drawn_as_soon_as_it_is_measured() -> None:
    def compare(seed: int = 1) -> Drawing:
        runs = [train(SMALL.at(depth=depth, seed=seed)) for depth in (1, 2, 3)]
        return figures.draw_runs(runs)

    assert lines(seen(compare)) == [1, 2, 3]


def test_parts_of_results_by_name_are_drawn_as_soon_as_they_are_measured() -> None:
    def compare(seed: int = 1) -> Drawing:
        runs = {f"net {n}": train(SMALL.at(depth=n, seed=seed)) for n in (1, 2)}
        return figures.draw_gradient_norms({name: run.norms_at(0) for name, run in runs.items()})

    assert ["net 2" in one for one in seen(compare)] == [False, True]


def test_a_figure_that_needs_every_result_is_drawn_once() -> None:
    def mean(seed: int = 1) -> Drawing:
        runs = [train(SMALL.at(depth=depth, seed=seed)) for depth in (1, 2)]
        return figures.draw_gradient_norms({"a": [sum(run.losses[-1] for run in runs)]})

    def named(seed: int = 1) -> Drawing:
        runs = [train(SMALL.at(depth=depth, seed=seed)) for depth in (1, 2)]
        return figures.draw_runs(runs, names=["a", "b"])

    assert len(seen(mean)) == len(seen(named)) == 1


def test_what_a_cell_keeps_of_a_promise_becomes_the_result() -> None:
    runs: dict[tuple[int, int], Run] = {}

    def compare(seed: int = 1) -> Drawing:
        for depth in (1, 2):
            if (depth, seed) not in runs:
                runs[depth, seed] = train(SMALL.at(depth=depth, seed=seed))
        return figures.draw_runs([runs[depth, seed] for depth in (1, 2)])

    assert lines(seen(compare)) == [1, 2]
    assert [run.state in ("stalled", "learned") for run in runs.values()] == [True] * 4


def test_an_error_is_told_once_nothing_is_missing_that_could_be_its_cause() -> None:
    def broken(seed: int = 1) -> Drawing:
        train(SMALL.at(seed=seed))
        raise ValueError("own fault")

    live = explore(broken, seed=[0, 1]).live
    live.wait()
    assert "own fault" in live.view.value


def test_without_a_list_for_promises_a_missing_result_stops_what_asks() -> None:
    with postponing({}), pytest.raises(Postponed):
        train(SMALL)
