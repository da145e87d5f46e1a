"""The optimizers are PyTorch's, and an update is measured by what it changes."""

import math
from typing import Any

import pytest
import torch

from vanishing.optimizers import (
    OPTIMIZERS,
    Optimization,
    OptimizedRun,
    make_optimizer,
    optimize,
    optimized,
)
from vanishing.training_measurements import TRAINING_MEASUREMENTS, compare_training
from vanishing.training_theory import TRAINING_PREDICTIONS, adam_first_update, adam_step

pytestmark = pytest.mark.usefixtures("computed_here", "own_cache")

QUICK = Optimization(depth=2, width=16, epochs=1)
CLASSES = {
    "SGD": torch.optim.SGD,
    "momentum": torch.optim.SGD,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_name_stands_for_pytorchs_optimizer_with_these_settings(name: str) -> None:
    settings = Optimization(optimizer=name, learning_rate=0.02, epsilon=1e-7, weight_decay=0.3)
    optimizer = make_optimizer(settings, [torch.zeros(1, requires_grad=True)])
    (group,) = optimizer.param_groups
    assert type(optimizer) is CLASSES[name]
    assert group["lr"] == 0.02
    assert group.get("momentum", 0) == (0.9 if name == "momentum" else 0)
    assert group.get("eps", 1e-7) == 1e-7
    assert group["weight_decay"] == (0.3 if name == "AdamW" else 0)


def test_the_first_update_of_sgd_is_the_learning_rate_times_the_gradient() -> None:
    run = optimize(QUICK.at(optimizer="SGD", learning_rate=0.5))
    expected = [0.5 * gradient for gradient in run.relative_gradients]
    assert run.updates_at(1) == pytest.approx(expected, rel=1e-4)


def test_the_first_update_of_adam_is_the_same_share_of_every_layer() -> None:
    run = optimize(QUICK)
    expected = [adam_first_update(0.01, inputs) for inputs in (64, 16, 16)]
    # the constant pixels have no gradient
    assert run.updates_at(1) == pytest.approx(expected, rel=0.15)


def test_a_large_constant_makes_adam_pass_the_size_of_the_gradient_on() -> None:
    small = optimize(QUICK.at(epsilon=1.0))
    expected = [0.01 * gradient for gradient in small.relative_gradients]
    assert small.updates_at(1) == pytest.approx(expected, rel=0.1)


def test_a_run_keeps_its_steps_and_judges_its_end() -> None:
    run = optimize(QUICK.at(depth=1, width=32, epochs=8))
    assert run.steps == (0, 1, 2, 5, 10, 20, 50, 100, 120)
    assert len(run.relative_updates) == 8
    assert (run.state, run.accuracies[-1] > 0.8) == ("learned", True)
    assert run.losses[0] == pytest.approx(math.log(10), abs=0.3)


def test_seeds_give_other_runs_and_equal_settings_give_equal_ones() -> None:
    first, second = optimized(QUICK, seeds=(0, 1))
    assert first.losses != second.losses
    assert optimize(QUICK.at(seed=1)) == second


def test_double_precision_starts_from_the_same_weights() -> None:
    single, double = optimize(QUICK), optimize(QUICK.at(double=True))
    assert single.losses[0] == pytest.approx(double.losses[0], rel=1e-5)
    assert single.losses != double.losses


def test_the_update_at_a_step_is_the_nearest_recorded_one_before() -> None:
    run = OptimizedRun(
        QUICK, (0, 1, 10), (2.3, 2.2, 2.1), (0.1,) * 3, (1.0,), ((0.1,), (0.2,)), "stalled"
    )
    assert [run.updates_at(step) for step in (1, 9, 10, 99)] == [(0.1,), (0.1,), (0.2,), (0.2,)]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"optimizer": "sgd"}, ValueError, "optimizer must be a known name, got 'sgd': choose"),
        ({"depth": 0}, ValueError, "depth must be between 1 and 100, got 0: choose more layers"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be between 1e-09 and 100, got 0"),
        ({"epsilon": -1.0}, ValueError, "epsilon must be between 0 and 1, got -1.0: choose 0 for"),
        ({"weight_decay": 2}, ValueError, "weight_decay must be between 0 and 1, got 2: choose le"),
        ({"double": 1}, TypeError, "double must be True or False, got 1: write True or False"),
        ({"epochs": 1.5}, TypeError, "epochs must be a whole number between 1 and 200, got 1.5"),
    ],
)
def test_settings_out_of_bounds_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Optimization(**changes)


def test_a_run_with_lists_of_unequal_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"one value per step, got 2 steps and lists for \[2, 3\]"):
        OptimizedRun(QUICK, (0, 1), (2.3, 2.2), (0.1, 0.1), (1.0,), ((0.1,), (0.2,)), "stalled")


def test_every_prediction_of_training_is_measured_and_agrees() -> None:
    rows = compare_training()
    assert {row.prediction.key for row in rows} == TRAINING_MEASUREMENTS.keys()
    assert len(rows) == len(TRAINING_PREDICTIONS)
    assert [row.prediction.key for row in rows if not row.agrees] == []


def test_a_prediction_of_training_that_is_wrong_by_a_tenth_would_fail() -> None:
    for prediction in TRAINING_PREDICTIONS:
        assert not prediction.agrees_with(1.1 * prediction.value), prediction.key


def test_an_unknown_group_of_predictions_is_refused() -> None:
    with pytest.raises(ValueError, match="group must be a known name, got 'layers': choose from"):
        compare_training("layers")


def test_adams_step_is_half_where_the_gradient_is_its_constant() -> None:
    assert adam_step(1e-8) == 0.5
    assert adam_step(1.0) == pytest.approx(1, rel=1e-7)
    assert adam_step(0.0) == 0
