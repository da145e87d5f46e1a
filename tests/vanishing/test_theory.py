"""What is measured is what the papers predict."""

import math
from collections.abc import Iterator

import pytest
import torch

from vanishing.experiment import Experiment
from vanishing.networks import build_network
from vanishing.probes import gradient_profile
from vanishing.theory import (
    PREDICTIONS,
    Prediction,
    backward_ratio,
    batch_normalized_relu_ratio,
    mean_squared_slope,
    weight_variance,
)

# In the first layers the signal still shrinks from the size of the inputs to that of the theory.
SETTLING_LAYERS = 5


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def log_ratio(seed: int, activation: str, init: str, normalization: str = "none") -> float:
    """Measure the mean logarithm of the squared gradient norm's factor per layer, going back."""
    experiment = Experiment(
        activation=activation,
        init=init,
        normalization=normalization,
        depth=16,
        width=512,
        seed=seed,
        learning_rate=0.1,
        epochs=1,
    )
    random = torch.Generator().manual_seed(seed)
    inputs = torch.randn(256, 64, generator=random)
    targets = torch.randint(10, (256,), generator=random)
    norms = gradient_profile(build_network(experiment), inputs, targets).signal_norms
    first, last = norms[SETTLING_LAYERS], norms[-2]
    return 2 * math.log(first / last) / (len(norms) - 2 - SETTLING_LAYERS)


def measured_ratio(activation: str, init: str, normalization: str = "none") -> float:
    seeds = range(1) if init == "orthogonal" else range(6)
    logs = [log_ratio(seed, activation, init, normalization) for seed in seeds]
    return math.exp(sum(logs) / len(logs))


@pytest.mark.parametrize("prediction", PREDICTIONS, ids=lambda row: f"{row.activation}-{row.init}")
def test_the_gradient_changes_per_layer_as_predicted(prediction: Prediction) -> None:
    measured = measured_ratio(prediction.activation, prediction.init)
    assert prediction.agrees_with(measured), f"measured {measured}, predicted {prediction}"


def test_batch_normalization_without_skips_makes_the_gradient_explode_as_predicted() -> None:
    measured = measured_ratio("relu", "he", "batch")
    assert measured == pytest.approx(batch_normalized_relu_ratio(), rel=0.025)


@pytest.mark.parametrize(
    ("activation", "init", "ratio"),
    [
        ("identity", "xavier", 1),
        ("tanh", "default", 1 / 3),
        ("relu", "he", 1),
        ("relu", "xavier", 1 / 2),
        ("relu", "default", 1 / 6),
        ("sigmoid", "default", 1 / 48),
        ("sigmoid", "xavier", 1 / 16),
        ("identity", "orthogonal", 1),
    ],
)
def test_the_closed_forms_give_the_known_numbers(activation: str, init: str, ratio: float) -> None:
    assert backward_ratio(activation, init) == pytest.approx(ratio)
    assert (activation, init) in {(row.activation, row.init) for row in PREDICTIONS}


@pytest.mark.parametrize(
    ("activation", "module"), [("sigmoid", torch.sigmoid), ("tanh", torch.tanh)]
)
def test_the_largest_slope_is_the_known_one(activation: str, module: type[torch.nn.Module]) -> None:
    points = torch.linspace(-6, 6, 2001, dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(module(points).sum(), [points])
    assert slopes.max().item() ** 2 == pytest.approx(mean_squared_slope(activation))


def test_a_bound_is_kept_from_below_and_a_value_from_both_sides() -> None:
    bound = next(row for row in PREDICTIONS if row.is_bound)
    value = next(row for row in PREDICTIONS if row.ratio == 1 and row.tolerance == 0.01)
    assert bound.agrees_with(bound.ratio / 2)
    assert not bound.agrees_with(bound.ratio * 1.01)
    assert not bound.agrees_with(0.0)
    assert value.agrees_with(0.995)
    assert not value.agrees_with(0.98)
    assert not value.agrees_with(1.02)
    assert not value.agrees_with(float("nan"))


def test_every_prediction_names_its_source() -> None:
    assert all(" 20" in row.source for row in PREDICTIONS)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match=r"init must be .*, got 'zeros': choose from default"):
        weight_variance("zeros", inputs=64)
    with pytest.raises(ValueError, match=r"activation must be .*, got 'selu': one of identity"):
        mean_squared_slope("selu")
