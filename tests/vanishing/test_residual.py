"""What residual blocks do to signals, gradients and paths agrees with hand-made derivations."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy
import pytest
import torch
from torch.nn.functional import cross_entropy

from vanishing import residual
from vanishing.data import load_digits
from vanishing.experiment import RELU, RESNET, Experiment
from vanishing.networks import build_network
from vanishing.progress import Cancelled, observer
from vanishing.residual import (
    Growth,
    PathGradients,
    Stack,
    growth,
    lesions,
    path_gradients,
    path_shares,
)
from vanishing.theory import relu_last_residual_ratio
from vanishing.training import updates

SHORT = RELU.at(depth=4, epochs=1)


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test see what an earlier one remembered."""
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path))


def grown(**kind: Any) -> list[Growth]:
    return [growth(Stack(seed=seed, **kind)) for seed in range(3)]


def test_a_sum_with_the_linear_layer_last_doubles_the_signal_and_the_gradient_at_each_block() -> (
    None
):
    for one in grown(width=256, blocks=30):
        assert one.factor() == pytest.approx(2, abs=0.1)
        assert one.gradient[0] ** (1 / 30) == pytest.approx(2, abs=0.1)


def test_a_sum_with_relu_last_grows_as_the_fixed_point_says() -> None:
    predicted = relu_last_residual_ratio()
    assert predicted == pytest.approx(2.904, abs=0.001)
    for one in grown(width=256, blocks=40, order="relu_last"):
        assert one.factor(15) == pytest.approx(predicted, abs=0.1)


def test_the_fixed_point_solves_its_own_equation() -> None:
    c = 1 / math.sqrt(math.pi)
    m = (relu_last_residual_ratio() - 2) / (2 * c)
    assert 2 * c * m**3 + m**2 - 2 * c * m - c**2 == pytest.approx(0, abs=1e-12)


def test_the_first_block_doubles_in_either_order_while_the_signal_has_mean_zero() -> None:
    for order in residual.ORDERS:
        first = mean(
            one.signal[1] / one.signal[0] for one in grown(order=order, width=512, blocks=1)
        )
        assert first == pytest.approx(2, abs=0.05)


def test_scaled_blocks_stay_below_e_on_average_and_only_if_the_linear_layer_is_last() -> None:
    assert median(one.signal[-1] for one in grown(branch="scaled")) == pytest.approx(2.69, abs=0.5)
    assert median(one.gradient[0] for one in grown(branch="scaled")) == pytest.approx(2.69, abs=0.5)
    relu_last = grown(branch="scaled", order="relu_last", blocks=200)
    assert min(one.signal[-1] for one in relu_last) > 1e5


def test_normalized_blocks_add_one_each() -> None:
    for one in grown(branch="normalized"):
        assert one.signal[-1] == pytest.approx(51, rel=0.15)
        assert 50 < one.gradient[0] < 500


def test_rezero_is_the_identity_at_the_start() -> None:
    (one, *_others) = grown(branch="rezero")
    assert set(one.signal) == {one.signal[0]}
    assert one.gradient == pytest.approx([1.0] * 51)


@pytest.mark.parametrize("order", residual.ORDERS)
def test_signal_and_gradient_are_those_of_a_product_made_by_hand(order: str) -> None:
    random = torch.Generator().manual_seed(7)

    def gaussian(*shape: int) -> Any:
        return torch.randn(*shape, generator=random, dtype=torch.float64).numpy()

    signals, jacobians, identity = gaussian(256, 3), [], numpy.eye(3)
    for _ in range(2):
        weight = gaussian(3, 3) * math.sqrt(2 / 3)
        summed = signals if order == "linear_last" else signals @ weight.T
        on = (summed > 0)[:, :, None] * identity
        jacobians.append(identity + (weight @ on if order == "linear_last" else on @ weight))
        relu = numpy.maximum(summed, 0)
        signals = signals + (relu @ weight.T if order == "linear_last" else relu)
    top = gaussian(256, 3)
    back = numpy.einsum("bi,bij,bjk->bk", top, jacobians[1], jacobians[0])
    measured = growth(Stack(blocks=2, width=3, order=order, seed=7))
    assert measured.signal[-1] == pytest.approx((signals**2).mean())
    assert measured.gradient[0] == pytest.approx((back**2).mean() / (top**2).mean())
    assert measured.gradient[-1] == pytest.approx(1)


def test_half_of_the_paths_are_left_after_each_block_and_most_of_54_pass_19_to_35() -> None:
    shares = path_shares(54)
    assert sum(shares) == pytest.approx(1)
    assert sum(length * share for length, share in enumerate(shares)) == pytest.approx(27)
    assert sum(shares[19:36]) == pytest.approx(0.980, abs=0.001)
    tosses = [sum(toss) for toss in itertools.product((0, 1), repeat=5)]
    assert path_shares(5) == tuple(tosses.count(length) / 32 for length in range(6))


def test_the_gradient_by_length_is_the_sum_over_every_single_path() -> None:
    experiment = RESNET.at(depth=4, epochs=1)
    network = build_network(experiment).eval()
    digits = load_digits()
    inputs, targets = digits.test_inputs[:3], digits.test_targets[:3]
    parts = residual._gradients_by_length(network, inputs, targets)
    for image in range(3):
        signal, jacobians = inputs[image], []
        for number in range(4):

            def branch(one: torch.Tensor, number: int = number) -> torch.Tensor:
                return network.branch(number, one[None])[0]

            jacobians.append(torch.func.jacrev(branch)(signal))
            signal = signal + branch(signal)
        top = signal.detach().requires_grad_()
        loss = cross_entropy(network.scores(top[None]), targets[image : image + 1]) / 3
        (gradient,) = torch.autograd.grad(loss, top)
        expected = torch.zeros(5, 64)
        for path in itertools.product((False, True), repeat=4):
            row = gradient
            for number in reversed(range(4)):
                row = row @ jacobians[number] if path[number] else row
            expected[sum(path)] += row
        torch.testing.assert_close(parts[:, image].float(), expected, rtol=1e-4, atol=1e-8)


def test_the_parts_add_up_to_the_whole_gradient_and_the_shares_to_one() -> None:
    network, digits = build_network(RESNET.at(depth=12)).eval(), load_digits()
    inputs = digits.test_inputs.clone().requires_grad_()
    loss = cross_entropy(network(inputs), digits.test_targets)
    (whole,) = torch.autograd.grad(loss, inputs)
    parts = residual._gradients_by_length(network, digits.test_inputs, digits.test_targets)
    torch.testing.assert_close(parts.sum(dim=0).float(), whole, rtol=1e-3, atol=1e-7)
    measured = path_gradients(RESNET.at(depth=12, epochs=1))
    assert sum(measured.shares) == pytest.approx(1)
    assert len(measured.norms) == len(measured.shares) == 13


def test_the_mean_length_weighs_each_length_with_its_share() -> None:
    assert PathGradients((1.0, 1.0, 1.0), (0.25, 0.5, 0.25)).mean_length == 1.0


def test_short_paths_carry_the_gradient_of_a_trained_residual_network() -> None:
    for seed in range(3):
        measured = path_gradients(RESNET.at(depth=54, epochs=1, seed=seed))
        assert measured.mean_length < 10
        assert sum(measured.shares[:18]) > 0.99


def _without(experiment: Experiment, change: Callable[[torch.nn.Module], object]) -> float:
    """Train by hand, change the third hidden layer, and measure the test accuracy."""
    digits, network = load_digits(), build_network(experiment)
    for _ in updates(network, experiment, digits):
        pass
    with torch.no_grad():
        change(network.get_submodule("3"))
    guesses = network.eval()(digits.test_inputs).argmax(dim=1)
    return float((guesses == digits.test_targets).double().mean())


def test_a_deleted_residual_block_is_a_branch_of_zeros() -> None:
    experiment = SHORT.at(residual=True, branch="scaled")
    expected = _without(experiment, lambda layer: [one.zero_() for one in layer.parameters()])
    assert lesions(experiment).without[2] == expected


def test_a_deleted_plain_layer_passes_its_input_on() -> None:
    def pass_on(layer: torch.nn.Module) -> None:
        layer.get_parameter("weight").copy_(torch.eye(64))
        layer.get_parameter("bias").zero_()

    measured = lesions(SHORT)
    assert measured.without[2] == _without(SHORT, pass_on)
    assert measured.whole == _without(SHORT, lambda _layer: None)


def test_a_residual_network_survives_each_deletion_and_a_plain_one_none() -> None:
    for seed in range(3):
        connected = lesions(RESNET.at(depth=10, epochs=4, seed=seed))
        assert min(connected.without) > connected.whole - 0.15
        for plain in (RELU.at(depth=10), RESNET.at(residual=False, depth=10, epochs=4)):
            cut = lesions(plain.at(seed=seed))
            assert cut.whole > 0.9
            assert max(cut.without) < 0.4


def test_the_observer_can_stop_the_training_of_a_measurement() -> None:
    def stop(done: int, _steps: int) -> None:
        if done == 2:
            raise Cancelled

    token = observer.set(stop)
    try:
        with pytest.raises(Cancelled):
            lesions(SHORT.at(seed=9))
    finally:
        observer.reset(token)


def test_growth_counts_its_factor_from_a_block_on() -> None:
    one = Growth((1.0, 4.0, 8.0, 16.0), (1.0,) * 4)
    assert one.factor(1) == pytest.approx(2)
    assert one.factor() == pytest.approx(16 ** (1 / 3))
    with pytest.raises(ValueError, match="start must be between 0 and 2, got 3: choose 0"):
        one.factor(3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blocks": 0}, "blocks must be between 1 and 200, got 0"),
        ({"blocks": 201}, "blocks must be between 1 and 200, got 201"),
        ({"width": 1025}, "width must be between 1 and 1024, got 1025"),
        ({"seed": -1}, "seed must be between 0 and 4294967295, got -1"),
        ({"order": "linear"}, "order must be a known name, got 'linear': choose from linear_last"),
        ({"branch": "none"}, "branch must be a known name, got 'none': choose from sum, scaled"),
    ],
)
def test_a_stack_out_of_bounds_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Stack(**change)


@pytest.mark.parametrize("value", [2.0, True, "2"])
def test_a_count_that_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="blocks must be a whole number between 1 and 200, got"):
        Stack(blocks=value)
    with pytest.raises(TypeError, match="blocks must be a whole number between 1 and 1000, got"):
        path_shares(value)


def test_a_count_may_come_from_numpy() -> None:
    three: Any = numpy.int64(3)
    assert type(Stack(blocks=three).blocks) is int
    assert len(path_shares(three)) == 4


@pytest.mark.parametrize("measure", [lesions, path_gradients])
def test_a_network_whose_signal_cannot_go_around_a_layer_is_refused(
    measure: Callable[[Experiment], object],
) -> None:
    with pytest.raises(ValueError, match=r"width must be 64, .* got 32: choose width=64"):
        measure(RESNET.at(width=32))


def test_a_plain_network_has_no_paths_to_compare() -> None:
    with pytest.raises(ValueError, match="residual must be True, got False"):
        path_gradients(RELU)
