"""Slopes agree with calculus, and saturated and dead units are what they are said to be."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest
import torch
from torch import nn

from vanishing.activations import (
    Units,
    slope_range,
    slopes,
    typical_units,
    unit_slopes,
    watch_units,
)
from vanishing.data import load_digits
from vanishing.experiment import ACTIVATIONS, Experiment
from vanishing.networks import activation_module, build_network
from vanishing.progress import Cancelled, observer
from vanishing.training import train, updates

SMALL = Experiment(activation="relu", init="he", depth=2, width=8, learning_rate=0.1, epochs=1)
RELU = Experiment(activation="relu", init="he", depth=2, learning_rate=0.05, epochs=6)
SIGMOID = Experiment(activation="sigmoid", depth=3, learning_rate=1.0, epochs=6)
SEEDS = (0, 1, 2)


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("experiments")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VANISHING_CACHE", str(folder))
        yield folder


# The slope of a function


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_slope_is_the_limit_of_the_difference_quotient(name: str) -> None:
    activation = activation_module(name)
    positions = torch.linspace(-6, 6, 41, dtype=torch.float64)
    positions = positions[positions.abs() > 0.01]  # beside the kinks
    step = 1e-5
    quotient = (activation(positions + step) - activation(positions - step)) / (2 * step)
    assert torch.allclose(slopes(activation, positions), quotient, atol=1e-8)


def test_the_formulas_of_the_chapter_are_the_slopes() -> None:
    z = torch.linspace(-5, 5, 101, dtype=torch.float64)
    z = z[z.abs() > 0.01]
    gate, normal = torch.sigmoid(z), torch.distributions.Normal(0.0, 1.0)
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    right = z > 0
    formulas = {
        "sigmoid": gate * (1 - gate),
        "tanh": 1 - z.tanh() ** 2,
        "relu": right.double(),
        "leaky_relu": torch.where(right, 1.0, 0.01).double(),
        "elu": torch.where(right, torch.ones_like(z), z.exp()),
        "selu": torch.where(right, scale, scale * alpha * z.exp()),
        "gelu": normal.cdf(z) + z * normal.log_prob(z).exp(),
        "silu": gate * (1 + z * (1 - gate)),
    }
    for name, expected in formulas.items():
        assert torch.allclose(slopes(activation_module(name), z), expected, atol=1e-6), name


def test_the_slope_of_nan_is_nan_and_gradients_may_be_switched_off() -> None:
    positions = torch.tensor([math.nan, -1.0, 1.0])
    with torch.inference_mode():
        found = slopes(nn.ReLU(), positions)
    assert math.isnan(found[0])
    assert found[1:].tolist() == [0.0, 1.0]


def test_at_a_kink_the_slope_is_the_one_from_the_left() -> None:
    zero = torch.zeros(1, dtype=torch.float64)
    assert slopes(nn.ReLU(), zero).item() == 0.0
    assert slopes(nn.LeakyReLU(), zero).item() == pytest.approx(0.01)
    assert slopes(nn.SELU(), zero).item() == pytest.approx(1.7581, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "least", "greatest"),
    [
        ("sigmoid", 0.0, 0.25),
        ("tanh", 0.0, 1.0),
        ("relu", 0.0, 1.0),
        ("leaky_relu", 0.01, 1.0),
        ("elu", 0.0, 1.0),
        ("gelu", -0.1289, 1.1289),
        ("silu", -0.0998, 1.0998),
        ("identity", 1.0, 1.0),
    ],
)
def test_slopes_lie_in_the_range_of_the_literature(
    name: str, least: float, greatest: float
) -> None:
    found = slope_range(name)
    assert (found.least, found.greatest) == pytest.approx((least, greatest), abs=1e-4)


def test_gelu_and_silu_are_steepest_where_their_second_derivatives_are_zero() -> None:
    gelu, silu = slope_range("gelu"), slope_range("silu")
    assert (gelu.least_at, gelu.greatest_at) == pytest.approx((-(2**0.5), 2**0.5), abs=1e-3)
    assert silu.greatest_at == -silu.least_at
    assert silu.greatest_at * math.tanh(silu.greatest_at / 2) == pytest.approx(2, abs=1e-3)


def test_the_greatest_slope_of_selu_follows_from_mean_0_and_variance_1() -> None:
    below, left = math.erfc(math.sqrt(0.5)) / 2, math.erfc(math.sqrt(2)) / 2
    alpha = 1 / math.sqrt(2 * math.pi) / (0.5 - math.exp(0.5) * below)
    variance = 0.5 + alpha**2 * (math.exp(2) * left - 2 * math.exp(0.5) * below + 0.5)
    assert slope_range("selu").greatest == pytest.approx(alpha / math.sqrt(variance), abs=1e-6)


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(
        ValueError, match="activation must be a known name, got 'step': choose from sig"
    ):
        slope_range("step")


@pytest.mark.parametrize("seed", SEEDS)
def test_selu_keeps_mean_0_and_variance_1_only_with_weights_of_variance_one_over_n(
    seed: int,
) -> None:
    random = torch.Generator().manual_seed(seed)
    for variance, keeps in ((1.0, True), (2.0, False)):
        signal = torch.randn(500, 256, generator=random)
        for _ in range(30):
            weights = torch.randn(256, 256, generator=random) * (variance / 256) ** 0.5
            signal = nn.functional.selu(signal @ weights)
        kept = abs(signal.mean()) < 0.1 and abs(signal.var() - 1) < 0.2
        assert kept == keeps


# The units of a network


def test_unit_slopes_are_those_of_the_sums_of_each_layer_and_leave_no_hook() -> None:
    network, inputs = build_network(SMALL.at(activation="tanh")), load_digits().test_inputs
    first = network.get_submodule("1")(inputs)
    second = network.get_submodule("2")(first.tanh())
    found = unit_slopes(network, inputs)
    assert len(found) == 2
    assert torch.allclose(found[0], 1 - first.tanh() ** 2, atol=1e-6)
    assert torch.allclose(found[1], 1 - second.tanh() ** 2, atol=1e-6)
    assert not network.activation._forward_pre_hooks


def test_no_hook_stays_behind_when_the_network_raises() -> None:
    network = build_network(SMALL)
    with pytest.raises(RuntimeError):
        unit_slopes(network, torch.zeros(3, 5))
    assert not network.activation._forward_pre_hooks


def test_watched_units_are_counted_as_defined() -> None:
    watched = watch_units(SMALL)
    network, digits = build_network(SMALL), load_digits()
    for step in updates(network, SMALL, digits):
        at = watched.steps.index(step) if step in watched.steps else None
        if at is None:
            continue
        signal = digits.train_inputs
        for layer, name in enumerate(network.hidden):
            signal = network.get_submodule(name)(signal).relu()
            dead = (signal == 0).all(dim=0).double().mean().item()
            assert watched.dead[at][layer] == pytest.approx(dead, abs=1e-9)
            silent = (signal == 0).double().mean().item()
            assert watched.saturated[at][layer] == pytest.approx(silent, abs=1e-4)


def test_watching_does_not_disturb_the_training() -> None:
    run, watched = train(SMALL), watch_units(SMALL)
    assert watched.accuracy == pytest.approx(run.accuracies[-1])
    assert watched.steps == (0, 2, 3, 4, 6, 8, 9, 10, 12, 14, 15)
    assert len(watched.dead) == len(watched.saturated) == len(watched.steps)
    assert {len(one) for one in (*watched.dead, *watched.saturated)} == {2}


def test_nan_counts_as_neither_saturated_nor_dead() -> None:
    broken = RELU.at(activation="leaky_relu", learning_rate=0.5)
    assert math.isnan(train(broken).losses[-1])
    watched = watch_units(broken)
    assert watched.dead[-1] == (0.0, 0.0)
    assert watched.saturated[-1] == (0.0, 0.0)


def test_no_gradient_reaches_the_weights_of_a_dead_unit() -> None:
    network, digits = build_network(SMALL), load_digits()
    layer = network.get_submodule("1")
    assert isinstance(layer, nn.Linear)
    with torch.no_grad():
        layer.bias[3] -= 100
    nn.functional.cross_entropy(network(digits.train_inputs), digits.train_targets).backward()
    assert layer.weight.grad is not None
    assert layer.bias.grad is not None
    assert layer.weight.grad[3].abs().sum() == 0 == layer.bias.grad[3]
    assert layer.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("bias", [-101, 100.5, math.nan, math.inf])
def test_a_bias_out_of_bounds_is_refused(bias: float) -> None:
    with pytest.raises(ValueError, match=f"between -100 and 100, got {bias}: choose 0"):
        watch_units(SMALL, bias)


@pytest.mark.parametrize("bias", [True, "low", None])
def test_a_bias_that_is_no_number_is_refused(bias: object) -> None:
    with pytest.raises(TypeError, match=f"bias must be a number .*, got {bias!r}: write 0.0"):
        watch_units(SMALL, bias)  # type: ignore[arg-type]


def test_watching_can_be_cancelled() -> None:
    def stop(done: int, _: int) -> None:
        if done == 3:
            raise Cancelled

    token = observer.set(stop)
    try:
        with pytest.raises(Cancelled):
            watch_units(SMALL.at(seed=99))
    finally:
        observer.reset(token)


def test_typical_units_are_the_medians_over_the_seeds() -> None:
    single = [watch_units(SMALL.at(seed=seed)) for seed in SEEDS]
    typical = typical_units(SMALL)
    for field in ("dead", "saturated"):
        expected = numpy.median([getattr(one, field) for one in single], axis=0)
        assert numpy.array(getattr(typical, field)) == pytest.approx(expected)
    assert typical.accuracy == sorted(one.accuracy for one in single)[1]
    assert typical.steps == single[0].steps


def test_no_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seeds must hold at least 1, got none: pass"):
        typical_units(SMALL, seeds=())


def test_the_last_shares_are_means_over_the_layers() -> None:
    units = Units((0, 1), ((0.0, 0.0), (0.5, 1.0)), ((0.0, 0.0), (0.25, 0.75)), 0.1)
    assert units.last_saturated == 0.75
    assert units.last_dead == 0.5


# What the chapter says, for every seed of it


def test_units_die_at_a_large_learning_rate_in_the_second_layer_only() -> None:
    for seed in SEEDS:
        small, large = (watch_units(RELU.at(seed=seed, learning_rate=r)) for r in (0.05, 0.4))
        assert max(small.dead[-1]) < 0.05
        assert small.accuracy > 0.9
        assert large.dead[-1][0] == 0
        assert large.dead[-1][1] > 0.6


def test_units_of_the_first_layer_that_start_dead_stay_dead() -> None:
    for seed in SEEDS:
        watched = watch_units(RELU.at(seed=seed, learning_rate=0.02), -6.0)
        first = [layers[0] for layers in watched.dead]
        assert first[0] > 0.1
        assert min(first) == first[0]


def test_a_leaky_unit_never_dies_but_gelu_can() -> None:
    for seed in SEEDS:
        leaky = watch_units(RELU.at(activation="leaky_relu", learning_rate=0.3, seed=seed))
        gelu = watch_units(RELU.at(activation="gelu", learning_rate=0.5, seed=seed))
        assert {share for layers in leaky.dead for share in layers} == {0.0}
        assert gelu.dead[-1][1] > 0.5


def test_a_large_learning_rate_saturates_the_top_layer_of_a_sigmoid_network() -> None:
    for seed in SEEDS:
        watched = watch_units(SIGMOID.at(seed=seed))
        assert min(layers[2] for layers in watched.saturated[2:]) > 0.95
        assert max(max(layers[:2]) for layers in watched.saturated) < 0.05
        assert watched.accuracy < 0.2


def test_tanh_networks_learn_while_many_units_are_saturated() -> None:
    for seed in SEEDS:
        tanh = SIGMOID.at(activation="tanh", init="xavier", seed=seed)
        shares = [watch_units(tanh.at(learning_rate=rate)) for rate in (0.01, 0.1, 1.0)]
        assert shares[0].last_saturated < shares[1].last_saturated < shares[2].last_saturated
        assert shares[2].last_saturated > 0.7
        assert min(one.accuracy for one in shares) > 0.8


def test_twenty_plain_layers_learn_with_selu_and_tanh_and_not_with_silu_or_sigmoid() -> None:
    deep = Experiment(depth=20, learning_rate=0.01, epochs=6)
    for seed in SEEDS:
        one = deep.at(seed=seed)
        assert train(one.at(activation="selu", init="xavier")).accuracies[-1] > 0.9
        assert train(one.at(activation="tanh", init="xavier")).accuracies[-1] > 0.85
        relu = train(one.at(activation="relu", init="he")).accuracies[-1]
        assert 0.5 < relu < 0.85
        assert train(one.at(activation="selu", init="he")).state != "learned"
        assert train(one.at(activation="silu", init="he")).state == "stalled"
        sigmoid = one.at(activation="sigmoid", init="xavier", learning_rate=0.1)
        assert train(sigmoid).state == "stalled"
