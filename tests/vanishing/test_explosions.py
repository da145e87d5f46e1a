"""Runs that diverge are recorded to the end, and lost gradients are counted as the format says."""

import math
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from vanishing.data import load_digits
from vanishing.experiment import Experiment
from vanishing.explosions import (
    SMALLEST,
    first_broken,
    lost_shares,
    median_lost_shares,
    record_divergence,
    scaled_gradient,
)
from vanishing.networks import build_network
from vanishing.training import train

BARE_SUM = Experiment(residual=True, init="he", depth=20, width=32, learning_rate=0.0003, epochs=4)
SIGMOID = Experiment(activation="sigmoid", width=32, depth=5, learning_rate=0.1, epochs=1)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path))


@pytest.mark.parametrize("seed", range(5))
def test_a_bare_sum_of_20_layers_first_breaks_in_the_forward_pass(seed: int) -> None:
    record = record_divergence(BARE_SUM.at(seed=seed))
    assert record.origin in build_network(BARE_SUM).hidden
    assert record.nan_at is not None
    assert record.nan_at == record.broken_at
    assert math.isfinite(record.largest_weights[record.nan_at])
    assert math.isnan(record.largest_weights[-1])


def test_a_record_agrees_with_a_loop_written_by_hand() -> None:
    experiment = BARE_SUM.at(depth=5, momentum=0, batch_size=1500, epochs=3, learning_rate=0.01)
    digits, network = load_digits(), build_network(experiment)
    weights = list(network.parameters())
    losses, norms, largest = [], [], []
    for _ in range(4):
        loss = cross_entropy(network(digits.train_inputs), digits.train_targets)
        gradient = torch.autograd.grad(loss, weights)
        losses.append(loss.item())
        norms.append(math.sqrt(sum(g.double().square().sum().item() for g in gradient)))
        largest.append(max(w.abs().max().item() for w in weights))
        with torch.no_grad():
            for w, g in zip(weights, gradient, strict=True):
                w.sub_(0.01 * g)
    record = record_divergence(experiment)
    assert record.losses == pytest.approx(losses, rel=1e-4)
    assert record.gradient_norms == pytest.approx(norms, rel=1e-3)
    assert record.largest_weights == pytest.approx(largest, rel=1e-4)
    assert (record.broken_at, record.origin, record.nan_at) == (None, "", None)


def test_a_record_ends_after_the_updates_asked_for() -> None:
    assert len(record_divergence(BARE_SUM.at(depth=3), 2).losses) == 3


@pytest.mark.parametrize(
    ("most", "error", "message"),
    [
        (0, ValueError, "most must be between 1 and 1000, got 0: choose 1"),
        (1001, ValueError, "most must be between 1 and 1000, got 1001: choose 1000"),
        (2.5, TypeError, "most must be a whole number between 1 and 1000, got 2.5: write 1"),
        (True, TypeError, "most must be a whole number between 1 and 1000, got True: write 1"),
    ],
)
def test_a_record_refuses(most: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        record_divergence(BARE_SUM, most)


def tiny(first: float, last: float) -> nn.Sequential:
    """Two linear layers whose weights are all equal."""
    network = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    for layer, value in zip(network, (first, last), strict=True):
        nn.init.constant_(layer.weight, value)  # type: ignore[arg-type]
    return network


@pytest.mark.parametrize(
    ("network", "place"),
    [
        (tiny(1.0, 1.0), ""),
        (tiny(3e38, 1.0), "0"),
        (tiny(1e20, 1e20), "1"),
    ],
)
def test_the_first_broken_place_is_found(network: nn.Module, place: str) -> None:
    assert first_broken(network, torch.ones(1, 2), torch.tensor([0])) == place


class Steep(nn.Module):
    """A square root at zero: finite, with an infinite slope."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(2))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.shift.sqrt() * inputs


def test_a_gradient_may_break_where_the_forward_pass_is_finite() -> None:
    inputs = torch.tensor([[1.0, 2.0]])
    assert first_broken(Steep(), inputs, torch.tensor([0])) == "gradient"
    assert first_broken(Steep(), inputs * math.inf, torch.tensor([0])) == "loss"


def test_looking_leaves_no_hook_and_no_gradient_also_when_the_network_raises() -> None:
    network = tiny(1.0, 1.0)
    with pytest.raises(RuntimeError, match="shapes"):
        first_broken(network, torch.ones(1, 3), torch.tensor([0]))
    assert not any(module._forward_hooks for module in network.modules())
    assert all(weights.grad is None for weights in network.parameters())


@pytest.mark.parametrize("seed", range(3))
def test_with_five_layers_the_share_of_zeros_is_as_predicted(seed: int) -> None:
    lost = lost_shares(SIGMOID.at(seed=seed))
    assert lost.zero == pytest.approx(lost.predicted_zero, abs=0.01)
    assert 0.005 < lost.zero[0] < 0.1
    assert lost.zero[4] == 0.0 == lost.overflowed[4]


@pytest.mark.parametrize("seed", range(3))
def test_with_twenty_layers_no_scale_saves_every_entry(seed: int) -> None:
    lost = lost_shares(SIGMOID.at(depth=20, seed=seed))
    assert min(map(sum, zip(lost.zero, lost.overflowed, strict=True))) > 0.2
    assert lost.overflowed[-1] > 0.9


@pytest.mark.parametrize("seed", range(3))
def test_bfloat16_loses_nothing_where_float16_loses_half(seed: int) -> None:
    experiment = SIGMOID.at(depth=10, seed=seed)
    assert lost_shares(experiment, exponents=(0,)).zero[0] > 0.3
    assert lost_shares(experiment, "bfloat16", (0,)).zero[0] < 0.01


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_number_of_each_format_is_torch_s(name: str) -> None:
    smallest = SMALLEST[name]
    dtype = getattr(torch, name)
    assert torch.tensor(smallest, dtype=torch.float64).to(dtype).item() == smallest
    assert torch.tensor(smallest / 2, dtype=torch.float64).to(dtype).item() == 0.0


def test_a_scale_that_is_a_power_of_two_is_exact_in_float32() -> None:
    network = build_network(SIGMOID)
    plain, scaled = (scaled_gradient(network, "float32", exponent) for exponent in (0, 10))
    assert torch.equal(scaled, plain * 1024)
    assert all(weights.dtype == torch.float32 for weights in network.parameters())


def test_medians_are_taken_over_the_seeds() -> None:
    runs = [lost_shares(SIGMOID.at(seed=seed)) for seed in range(3)]
    together = median_lost_shares(SIGMOID, seeds=3)
    assert together.zero[0] == median(run.zero[0] for run in runs)
    assert together.exponents == runs[0].exponents


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("float8",), "number_format must be a known name, got 'float8'"),
        (("float16", ()), "exponents must hold at least 1, got none"),
        (("float16", (0, 61)), "exponents.1. must be between -60 and 60, got 61: choose 60"),
    ],
)
def test_lost_shares_refuse(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lost_shares(SIGMOID, *arguments)


def test_medians_refuse_no_seed() -> None:
    with pytest.raises(ValueError, match="seeds must be between 1 and 100, got 0: choose 1"):
        median_lost_shares(SIGMOID, seeds=0)


@pytest.mark.parametrize("seed", range(3))
def test_clipping_by_norm_stops_the_divergence_of_a_bare_sum(seed: int) -> None:
    experiment = BARE_SUM.at(learning_rate=0.1, seed=seed)
    assert train(experiment).state == "diverged"
    assert train(experiment.at(learning_rate=0.01)).state == "diverged"
    assert train(experiment.at(clip_norm=1.0)).state == "learned"


@pytest.mark.parametrize("seed", range(3))
def test_five_layers_need_no_clipping_but_a_smaller_learning_rate(seed: int) -> None:
    experiment = BARE_SUM.at(depth=5, seed=seed)
    assert train(experiment.at(learning_rate=1.0)).state == "diverged"
    assert train(experiment.at(learning_rate=0.1)).state == "learned"


@pytest.mark.parametrize("seed", range(3))
def test_a_flat_gradient_does_not_protect_from_a_large_learning_rate(seed: int) -> None:
    experiment = BARE_SUM.at(
        residual=False, activation="identity", init="orthogonal", seed=seed, learning_rate=0.1
    )
    flat = train(experiment)
    assert flat.state == "diverged"
    assert train(experiment.at(learning_rate=0.01)).state == "learned"
    # between square layers, the norms of the gradients by the weights are equal as well
    hidden = flat.gradient_norms[0][1:-1]
    assert hidden == pytest.approx([hidden[0]] * len(hidden), rel=1e-4)
