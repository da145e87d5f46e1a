"""Random tanh networks do what the mean-field theory says of wide ones."""

import math

import pytest
import torch

from vanishing.mean_field import (
    Propagation,
    TanhNetwork,
    _pre_activations,
    median_propagation,
    propagate,
)
from vanishing.theory import chi, fixed_length


@pytest.mark.parametrize("bias_variance", [0.0, 0.05])
@pytest.mark.parametrize("weight_variance", [0.5, 1.5, 2.5, 4])
def test_the_median_of_three_networks_has_the_predicted_factor(
    weight_variance: float, bias_variance: float
) -> None:
    network = TanhNetwork(weight_variance=weight_variance, bias_variance=bias_variance, width=128)
    predicted = chi(weight_variance, bias_variance)
    assert median_propagation(network).ratio == pytest.approx(predicted, rel=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_small_weights_are_in_order_and_large_ones_in_chaos(seed: int) -> None:
    order = propagate(TanhNetwork(weight_variance=0.5, seed=seed))
    chaos = propagate(TanhNetwork(weight_variance=4, seed=seed))
    assert order.gradient_norms[0] < 1e-4
    assert chaos.gradient_norms[0] > 50
    assert order.gradient_norms[-1] == pytest.approx(1)
    assert chaos.gradient_norms[-1] == pytest.approx(1)


def test_the_sums_settle_at_the_fixed_length() -> None:
    network = TanhNetwork(weight_variance=2.5, bias_variance=0.05, width=512, depth=30)
    settled = propagate(network).lengths[10:]
    assert sum(settled) / len(settled) == pytest.approx(fixed_length(2.5, 0.05), rel=0.1)


def test_the_gradient_is_that_of_finite_differences() -> None:
    network = TanhNetwork(weight_variance=2, bias_variance=0.1, width=3, depth=12)
    random = torch.Generator().manual_seed(0)
    sums = _pre_activations(network, random)
    sent = torch.randn(sums[-1].shape, generator=random, dtype=torch.float64)
    sent = sent / sent.norm()
    weights, biases = _last_layer(network)

    def loss(sums_below: torch.Tensor) -> float:
        return ((sums_below.tanh() @ weights.T + biases) * sent).sum().item()

    below, squares = sums[-2].detach(), 0.0
    for place in range(below.numel()):
        step = torch.zeros(below.numel(), dtype=torch.float64)
        step[place] = 1e-6
        step = step.reshape(below.shape)
        squares += ((loss(below + step) - loss(below - step)) / 2e-6) ** 2
    assert propagate(network).gradient_norms[-2] == pytest.approx(math.sqrt(squares), rel=1e-6)


def _last_layer(network: TanhNetwork) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw all numbers in the order of the documentation, and keep those of the last layer."""
    random, width = torch.Generator().manual_seed(network.seed), network.width
    torch.randn(8, width, generator=random, dtype=torch.float64)
    for _ in range(network.depth):
        weights = torch.randn(width, width, generator=random, dtype=torch.float64)
        biases = torch.randn(width, generator=random, dtype=torch.float64)
    deviations = network.weight_variance / width, network.bias_variance
    return weights * math.sqrt(deviations[0]), biases * math.sqrt(deviations[1])


def test_the_median_is_taken_number_by_number() -> None:
    network = TanhNetwork(weight_variance=1, width=16)
    runs = [propagate(TanhNetwork(weight_variance=1, width=16, seed=seed)) for seed in range(3)]
    middle = median_propagation(network)
    assert isinstance(middle, Propagation)
    assert middle.ratio == sorted(run.ratio for run in runs)[1]
    assert middle.gradient_norms[0] == sorted(run.gradient_norms[0] for run in runs)[1]


def test_the_same_network_gives_the_same_numbers_whatever_the_random_state() -> None:
    network = TanhNetwork(weight_variance=1.1, width=16)
    torch.manual_seed(1)
    once = propagate.__wrapped__(network)  # type: ignore[attr-defined]
    torch.manual_seed(2)
    assert propagate.__wrapped__(network) == once  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"weight_variance": 0.01},
            r"weight_variance must be between 0.1 and 16, got 0.01: choose",
        ),
        ({"weight_variance": math.nan}, r"weight_variance must be between 0.1 and 16, got nan"),
        ({"bias_variance": -1}, r"bias_variance must be between 0 and 4, got -1: choose 0 for no"),
        ({"width": 5000}, r"width must be between 1 and 1024, got 5000: choose narrower layers"),
        ({"depth": 11}, r"depth must be between 12 and 200, got 11: choose at least 10 layers to"),
        ({"seed": -1}, r"seed must be between 0 and 4294967295, got -1: choose a seed from 0 on"),
    ],
)
def test_networks_that_cannot_be_measured_are_refused(
    changes: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        TanhNetwork(**{"weight_variance": 1.0, **changes})


def test_no_network_at_all_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"seeds must be between 1 and 1000, got 0: choose one network"
    ):
        median_propagation(TanhNetwork(weight_variance=1), seeds=0)
