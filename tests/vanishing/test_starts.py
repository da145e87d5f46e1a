"""Equal weights stay equal, noise sets them free, and the figure shows both."""

import math
from typing import Any

import pytest
import torch
from drawn import data_of, legend_of

from vanishing.figures import draw_start
from vanishing.starts import Start, Started, build, output_gradients, train_from
from vanishing.training_theory import first_loss, squared_error_gradient

pytestmark = pytest.mark.usefixtures("computed_here", "own_cache")


@pytest.mark.parametrize("constant", [0.01, 0.1])
def test_equal_weights_stay_one_unit_however_long_they_train(constant: float) -> None:
    run = train_from(Start(constant=constant, epochs=3))
    assert run.different == 1
    assert sum(value > 0 for value in run.after) == sum(value > 0 for value in run.before) == 1
    assert run.before[0] == pytest.approx(64 * constant)
    assert run.after[0] != run.before[0]


def test_zero_weights_learn_the_shares_of_the_digits_only() -> None:
    run = train_from(Start(constant=0, epochs=2))
    assert run.after == (0.0,) * 64
    assert run.losses[0] == pytest.approx(math.log(10))
    assert run.state == "stalled"


def test_noise_of_the_usual_size_learns() -> None:
    run = train_from(Start(constant=0, noise=1, epochs=3))
    assert (run.state, run.different) == ("learned", 64)
    assert sum(value > 0 for value in run.after) == 64


def test_the_noise_is_that_of_xavier() -> None:
    weights = build(Start(constant=0.5, noise=1))[0].get_parameter("weight")
    assert weights.mean().item() == pytest.approx(0.5, abs=0.01)
    assert weights.var().item() == pytest.approx(1 / 64, rel=0.1)


def test_equal_starts_give_equal_weights_and_leave_the_random_state_alone() -> None:
    before = torch.get_rng_state()
    one, two, other = (build(Start(noise=1, seed=seed)) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one[0].get_parameter("weight"), two[0].get_parameter("weight"))
    assert not torch.equal(one[0].get_parameter("weight"), other[0].get_parameter("weight"))


@pytest.mark.parametrize("score", [-8.0, 0.0, 3.0])
def test_the_gradients_of_the_output_are_what_finite_differences_say(score: float) -> None:
    def losses(at: float) -> tuple[float, float]:
        likely = 1 / (1 + math.exp(-at))
        return (1 - likely) ** 2 / 2, -math.log(likely)

    low, high = losses(score - 1e-5), losses(score + 1e-5)
    expected = [(after - before) / 2e-5 for before, after in zip(low, high, strict=True)]
    assert list(output_gradients(score).values()) == pytest.approx(expected, rel=1e-5)
    assert squared_error_gradient(score) == pytest.approx(-expected[0], rel=1e-5)


def test_scores_without_variance_cost_the_logarithm_of_the_classes() -> None:
    assert first_loss(1000, 0) == pytest.approx(math.log(1000))
    assert first_loss(10, 0.5) > first_loss(10, 0.1)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"constant": "0"}, TypeError, "constant must be a number .*, got '0': write 0.01"),
        ({"noise": -1}, ValueError, "noise must be between 0 and 100, got -1: choose 0 for none"),
        ({"epochs": 0}, ValueError, "epochs must be between 1 and 200, got 0: choose 1"),
    ],
)
def test_settings_out_of_bounds_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Start(**changes)


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="score must be between -700 and 700, got nan"):
        output_gradients(math.nan)


def test_the_figure_shows_both_spectra_and_marks_what_is_zero() -> None:
    run = Started((1.0, 0.5), (2.0, 0.0), 1, (2.3, 2.0), (0.1, 0.37), "stalled")
    drawing = draw_start(run)
    assert data_of(drawing) == ([1, 2], [1.0, 0.5])
    names = ["before training", "after: stalled, accuracy 37%", "zero or underflow"]
    assert legend_of(drawing) == names
    assert "the largest is 2, and 1 are above 0." in drawing.description
    with pytest.raises(TypeError, match=r"run must be a run, got 7: pass train_from\(start\)"):
        draw_start(7)  # type: ignore[arg-type]
