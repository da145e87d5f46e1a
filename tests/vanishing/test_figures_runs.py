"""Figures of runs show each layer's gradient norm and say how every run ended."""

import math
from collections.abc import Callable

import pytest
from drawn import a_run, axes_of, data_of, legend_of

from vanishing.figures import (
    Drawing,
    draw_gradient_norms,
    draw_losses,
    draw_runs,
    draw_training,
    runs,
)
from vanishing.localisation import set_language
from vanishing.training import STATES

NAN = math.nan


def test_the_axis_of_a_run_stays_still_while_the_step_changes() -> None:
    first, last = (axes_of(draw_runs([a_run()], step=step)) for step in (0, 20))
    assert first.get_ylim() == last.get_ylim() == pytest.approx((1e-4, 1.0))
    assert list(last.lines[0].get_ydata()) == [1e-4, 1e-2]  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["learned", "stalled", "diverged"])
def test_the_legend_of_a_run_says_how_it_ended(state: str) -> None:
    assert legend_of(draw_runs([a_run(state=state)])) == [f"ReLU: {state}, accuracy 97%"]


def test_two_runs_of_one_name_are_two_lines() -> None:
    assert len(legend_of(draw_runs([a_run(), a_run(state="stalled")]))) == 2


@pytest.mark.parametrize("draw", [draw_runs, draw_losses])
def test_runs_can_be_given_names_of_their_own(draw: Callable[..., Drawing]) -> None:
    drawing = draw([a_run(), a_run(state="stalled")], names=["He init", "Xavier init"])
    assert legend_of(drawing)[:2] == [
        "He init: learned, accuracy 97%",
        "Xavier init: stalled, accuracy 97%",
    ]
    assert "Xavier init: stalled, accuracy 97%." in drawing.description


def test_losses_show_what_guessing_gives_and_where_nan_begins() -> None:
    drawing = draw_losses([a_run(), a_run("sigmoid", "diverged", losses=(2.3, 9.0, NAN))])
    assert legend_of(drawing)[2:] == ["NaN (not a number)", "guessing: 2.30"]
    heights = [list(line.get_ydata()) for line in axes_of(drawing).lines]  # type: ignore[arg-type]
    assert [math.log(10)] * 2 in heights
    assert "Loss 2.3 before training, NaN after 20 training steps." in drawing.description


def test_the_description_is_computed_from_the_numbers() -> None:
    assert draw_gradient_norms({"ReLU": [0.02, 0.01, 0.5]}).description == (
        "Line chart on a logarithmic scale: the gradient norm of each of 3 layers, from the one "
        "next to the input to the one next to the output. ReLU. Gradient norm 0.02 in the first "
        "layer, 0.5 in the last; smallest 0.01, largest 0.5."
    )


def test_notes_replace_names_in_the_legend() -> None:
    drawing = draw_gradient_norms({"a": [1.0], "b": [2.0]}, notes={"b": "b at depth 2"})
    assert legend_of(drawing) == ["a", "b at depth 2"]


def test_a_training_is_drawn_before_and_after_with_its_outcome() -> None:
    drawing = draw_training(a_run(), limits=(1e-10, 100))
    assert legend_of(drawing) == ["before training", "after: learned, accuracy 97%"]
    assert data_of(drawing, 0)[1] == [1e-3, 1e-1]
    assert data_of(drawing, 1)[1] == [1e-4, 1e-2]
    low, high = axes_of(drawing).get_ylim()
    assert low <= 1e-10
    assert high >= 100


def test_a_stalled_training_is_called_so() -> None:
    drawing = draw_training(a_run(state="stalled"))
    assert legend_of(drawing)[1] == "after: stalled, accuracy 97%"


def test_a_diverged_training_marks_what_is_nan() -> None:
    drawing = draw_training(a_run(state="diverged", gradient_norms=((0.5, 0.1), (NAN, NAN))))
    assert "after: diverged, accuracy 97%" in legend_of(drawing)
    assert "NaN (not a number)" in legend_of(drawing)


@pytest.mark.parametrize("sentences", [runs.WHOLE, runs.AFTER, runs.CLIPPED])
def test_every_way_to_say_how_a_run_ended_knows_every_ending(sentences: dict[str, str]) -> None:
    assert tuple(sentences) == STATES


@pytest.mark.parametrize("language", ["vi", "zh_CN", "tr", "pt", "ar"])
def test_a_training_can_be_drawn_in_every_language(language: str) -> None:
    set_language(language)
    assert draw_training(a_run()).svg().startswith("<svg")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: draw_runs([]), r"runs must hold at least 1, got none: pass \[train"),
        (lambda: draw_losses([]), r"runs must hold at least 1, got none: pass \[train"),
        (lambda: draw_runs([a_run()], names=["a", "b"]), r"got 2 names for 1 runs: pass one name"),
        (lambda: draw_training(a_run(state="won")), r"state .* got 'won': choose from learned,"),
    ],
)
def test_runs_that_cannot_be_drawn_are_named_with_the_remedy(
    call: Callable[[], Drawing], error: str
) -> None:
    with pytest.raises(ValueError, match=error):
        call()
