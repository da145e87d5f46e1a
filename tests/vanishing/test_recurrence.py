"""Gradients through time agree with hand-made derivations; gates learn what a matrix does not."""

import copy
import math
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from vanishing.progress import Cancelled, observer
from vanishing.recurrence import (
    GOAL,
    UNITS,
    AddingRun,
    Recurrence,
    RecurrentNetwork,
    ThroughTime,
    gradient_by_time,
    gradient_through_time,
    learn_adding,
)
from vanishing.sequences import adding_problem
from vanishing.theory import cell_path_factor, recurrent_factor

SEEDS = (0, 1, 2)
SMALL = Recurrence(unit="tanh", length=6, width=5)


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test see what an earlier one remembered."""
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path))


def without_weights(unit: str, gate_bias: float) -> RecurrentNetwork:
    """Build a network in which only the gate's bias and the last layer are not zero."""
    network = RecurrentNetwork(Recurrence(unit=unit, width=3))
    with torch.no_grad():
        for parameter in network.layer.parameters():
            parameter.zero_()
        network.layer.get_parameter("bias_hh_l0")[3:6] = gate_bias
    return network


def loss_from(network: RecurrentNetwork, cell: Tensor, inputs: Tensor, targets: Tensor) -> float:
    """Compute the loss of an LSTM that starts with this cell state, with PyTorch's own loop."""
    with torch.no_grad():
        hidden, _ = network.layer(inputs, (torch.zeros_like(cell)[None], cell[None]))
        return float(mse_loss(network.output(hidden[:, -1])[:, 0], targets))


@pytest.mark.parametrize("radius", [0.6, 0.9, 1.0, 1.3])
def test_a_linear_network_multiplies_the_gradient_by_the_radius_at_each_step(radius: float) -> None:
    found = gradient_through_time(Recurrence(unit="linear", init="orthogonal", radius=radius))
    for values in found.relative:
        expected = [recurrent_factor(radius, 50 - step) for step in range(51)]
        # the weights are orthogonal to single precision, and the factor has 50 of them
        numpy.testing.assert_allclose(values, expected, rtol=1e-5)


@pytest.mark.parametrize("radius", [0.6, 0.9, 1.0, 1.1, 1.3])
def test_tanh_never_exceeds_the_linear_bound(radius: float) -> None:
    found = gradient_through_time(Recurrence(unit="tanh", init="orthogonal", radius=radius))
    for values in found.relative:
        assert all(
            value <= recurrent_factor(radius, 50 - step) * (1 + 1e-5)
            for step, value in enumerate(values)
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gradient_of_a_tanh_network_follows_the_chain_rule(seed: int) -> None:
    network = RecurrentNetwork(SMALL.at(seed=seed))
    inputs, targets = adding_problem(6, 4, seed=seed)
    states, answers = copy.deepcopy(network).double().unrolled(inputs.double())
    gradient = (2 / 4) * (answers - targets)[:, None] * network.output.weight.double()
    expected = [gradient.norm().item()]
    for state in states[:0:-1]:
        gradient = (gradient * (1 - state**2)) @ network.layer.weight_hh_l0.double()
        expected.append(gradient.norm().item())
    found = gradient_by_time(network, inputs, targets)
    numpy.testing.assert_allclose(found, expected[::-1], rtol=1e-10)


def test_the_gradient_by_the_first_cell_state_agrees_with_finite_differences() -> None:
    network = RecurrentNetwork(SMALL.at(unit="LSTM"))
    inputs, targets = adding_problem(6, 3, seed=0)
    precise, doubles = copy.deepcopy(network).double(), (inputs.double(), targets.double())
    slopes = torch.zeros(3, 5, dtype=torch.float64)
    for place in numpy.ndindex(3, 5):
        up, down = torch.zeros(2, 3, 5, dtype=torch.float64)
        up[place], down[place] = 1e-5, -1e-5
        difference = loss_from(precise, up, *doubles) - loss_from(precise, down, *doubles)
        slopes[place] = difference / 2e-5
    found = gradient_by_time(network, inputs, targets)
    assert found[0] == pytest.approx(slopes.norm().item(), rel=1e-6)


@pytest.mark.parametrize("unit", ["LSTM", "GRU"])
@pytest.mark.parametrize("bias", [-1, 0, 1, 2])
def test_a_gate_without_weights_multiplies_by_its_value_at_each_step(unit: str, bias: int) -> None:
    norms = gradient_by_time(without_weights(unit, bias), *adding_problem(50, 3, seed=0))
    assert norms[0] / norms[-1] == pytest.approx(cell_path_factor(bias, 50), rel=1e-5)


def test_an_open_gate_passes_more_than_a_closed_one_in_every_seed() -> None:
    for unit in ("LSTM", "GRU"):
        biases = (-1, 0, 1, 2, 3)
        found = [gradient_through_time(Recurrence(unit=unit, gate_bias=b)) for b in biases]
        for seed in SEEDS:
            factors = [one.relative[seed][0] for one in found]
            assert factors == sorted(factors)
            assert factors[0] < 1e-12
            assert factors[-1] > 0.05


def test_an_orthogonal_start_keeps_powers_of_ten_more_than_the_default_in_every_seed() -> None:
    orthogonal = gradient_through_time(Recurrence(unit="tanh", init="orthogonal"))
    default = gradient_through_time(Recurrence(unit="tanh"))
    for kept, lost in zip(orthogonal.relative, default.relative, strict=True):
        assert kept[0] > 1e4 * lost[0]


def test_the_identity_start_keeps_most_of_the_gradient_in_every_seed() -> None:
    tanh = gradient_through_time(Recurrence(unit="tanh", init="identity"))
    relu = gradient_through_time(Recurrence(unit="ReLU", init="identity"))
    assert all(0.95 < values[0] <= 1 for values in tanh.relative)
    assert all(0.2 < values[0] <= 1 for values in relu.relative)


@pytest.mark.parametrize("unit", UNITS)
def test_unrolling_computes_what_pytorch_computes(unit: str) -> None:
    network = RecurrentNetwork(SMALL.at(unit=unit))
    inputs, _ = adding_problem(6, 4, seed=0)
    states, answers = network.unrolled(inputs)
    assert [tuple(state.shape) for state in states] == [(4, 5)] * 7
    torch.testing.assert_close(network(inputs), answers)


def test_the_linear_network_has_no_tanh() -> None:
    network = RecurrentNetwork(SMALL.at(unit="linear"))
    inputs, _ = adding_problem(6, 1, seed=0)
    layer, state = network.layer, torch.zeros(5)
    for values in inputs[0]:
        state = layer.weight_ih_l0 @ values + layer.weight_hh_l0 @ state
        state = state + layer.bias_ih_l0 + layer.bias_hh_l0
    torch.testing.assert_close(network.unrolled(inputs)[0][-1][0], state)


def test_orthogonal_and_identity_starts_are_what_their_names_say() -> None:
    matrix = RecurrentNetwork(SMALL.at(init="orthogonal", radius=0.5)).layer.weight_hh_l0
    torch.testing.assert_close(matrix @ matrix.T, 0.25 * torch.eye(5))
    layer = RecurrentNetwork(SMALL.at(init="identity", radius=2.0)).layer
    assert torch.equal(layer.weight_hh_l0, 2 * torch.eye(5))
    assert not layer.bias_ih_l0.any()
    assert not layer.bias_hh_l0.any()
    assert 0 < layer.weight_ih_l0.abs().max() < 0.005


@pytest.mark.parametrize("unit", ["LSTM", "GRU"])
def test_the_gate_bias_is_the_sum_of_pytorch_s_two_biases(unit: str) -> None:
    layer = RecurrentNetwork(SMALL.at(unit=unit, gate_bias=1.5)).layer
    both = layer.bias_ih_l0 + layer.bias_hh_l0
    assert torch.equal(both[5:10], torch.full((5,), 1.5))
    assert not (both[:5] == 1.5).any()


def test_equal_recurrences_give_equal_networks_and_leave_the_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    one, other = (RecurrentNetwork(SMALL).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
    gradient_through_time(SMALL)
    learn_adding(SMALL, 0.01, 20)
    assert torch.equal(before, torch.random.get_rng_state())


def test_measuring_leaves_the_network_and_its_gradients_alone() -> None:
    network = RecurrentNetwork(SMALL.at(unit="LSTM"))
    before = copy.deepcopy(network.state_dict())
    with torch.no_grad():
        gradient_by_time(network, *adding_problem(6, 4, seed=0))
    assert all(parameter.grad is None for parameter in network.parameters())
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert next(network.parameters()).dtype == torch.float32


def test_seeds_are_the_recurrence_s_own_and_the_next() -> None:
    three = gradient_through_time(SMALL).relative
    assert gradient_through_time(SMALL.at(seed=2), seeds=1).relative == three[2:]
    assert all(values[-1] == 1 for values in three)


def test_the_median_is_taken_at_each_time_step() -> None:
    found = ThroughTime(((1.0, 5.0), (3.0, 1.0), (2.0, 9.0)))
    assert found.median == (2.0, 5.0)


@pytest.mark.usefixtures("computed_here")
def test_a_gradient_that_is_zero_everywhere_has_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vanishing.recurrence.gradient_by_time", lambda *_: (0.0, 0.0))
    (values,) = gradient_through_time(SMALL, seeds=1).relative
    assert all(map(math.isnan, values))


def test_gates_learn_at_forty_steps_what_a_plain_network_does_not_in_every_seed() -> None:
    plain = Recurrence(unit="tanh", length=40, width=32)
    for seed in SEEDS:
        rnn = learn_adding(plain.at(seed=seed), 0.01)
        lstm = learn_adding(plain.at(unit="LSTM", gate_bias=1, seed=seed), 0.02)
        gru = learn_adding(plain.at(unit="GRU", seed=seed), 0.02)
        assert rnn.learned_after is None
        assert rnn.errors[-1] > 0.14
        assert lstm.learned_after is not None
        assert gru.learned_after is not None
        assert gru.before[0] < 1e-6 < 0.05 < gru.after[0]
        assert lstm.after[0] > 0.3
        assert rnn.before[0] < 1e-6


def test_a_plain_network_makes_progress_at_ten_steps_in_every_seed() -> None:
    for seed in SEEDS:
        run = learn_adding(Recurrence(unit="tanh", length=10, width=32, seed=seed), 0.01)
        assert run.errors[-1] < 0.1


def test_the_training_is_recorded_every_twenty_updates_and_ends_at_the_goal() -> None:
    run = learn_adding(Recurrence(unit="GRU", length=4, width=24), 0.03, 200)
    assert run.updates == tuple(range(0, run.updates[-1] + 1, 20))
    assert len(run.errors) == len(run.updates)
    assert run.errors[-1] < GOAL <= min(run.errors[:-1])
    assert run.learned_after == run.updates[-1] < 200
    assert len(run.before) == len(run.after) == 5


def test_the_first_error_is_that_of_the_untrained_network() -> None:
    run = learn_adding(SMALL, 0.01, 20)
    inputs, targets = adding_problem(6, 500, 2**31)
    with torch.no_grad():
        expected = mse_loss(RecurrentNetwork(SMALL)(inputs), targets).item()
    assert run.errors[0] == pytest.approx(expected, rel=1e-6)
    assert run.updates == (0, 20)


def test_a_run_that_has_not_reached_the_goal_has_learned_after_no_number_of_updates() -> None:
    assert AddingRun((0, 20), (0.5, GOAL), (1.0,), (1.0,)).learned_after is None


def test_more_updates_begin_as_fewer_do() -> None:
    short, long = (learn_adding(SMALL, 0.001, updates) for updates in (20, 40))
    assert long.errors[:2] == short.errors


def test_a_training_run_can_be_watched_and_stopped() -> None:
    seen: list[tuple[int, int]] = []

    def watch(done: int, steps: int) -> None:
        seen.append((done, steps))
        if done == 3:
            raise Cancelled

    token = observer.set(watch)
    try:
        with pytest.raises(Cancelled):
            learn_adding(SMALL, 0.01, 20)
    finally:
        observer.reset(token)
    assert seen == [(1, 20), (2, 20), (3, 20)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unit": "relu"}, "unit must be a known name, got 'relu': choose from linear, tanh"),
        ({"init": "he"}, "init must be a known name, got 'he': choose from default, orthogonal"),
        ({"radius": -0.1}, "radius must be between 0 and 10, got -0.1"),
        ({"radius": math.nan}, "radius must be between 0 and 10, got nan"),
        ({"length": 1}, "length must be between 2 and 1000, got 1"),
        ({"length": 1001}, "length must be between 2 and 1000, got 1001"),
        ({"width": 0}, "width must be between 1 and 512, got 0"),
        ({"seed": -1}, "seed must be between 0 and 2147483647, got -1"),
        ({"unit": "LSTM", "gate_bias": 101}, "gate_bias must be between -100 and 100, got 101"),
        ({"gate_bias": 1.0}, "gate_bias must be None for tanh units: they have no gate"),
        ({"unit": "GRU", "init": "identity"}, "init must be 'default' for GRU units, got 'ident"),
    ],
)
def test_a_value_out_of_bounds_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SMALL.at(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length": 2.0}, "length must be a whole number between 2 and 1000, got 2.0: write 2"),
        ({"width": True}, "width must be a whole number between 1 and 512, got True: write 1"),
        ({"seed": "0"}, "seed must be a whole number between 0 and 2147483647, got '0': write 0"),
        ({"radius": "1"}, "radius must be a number between 0 and 10, got '1': write 1.0"),
        (
            {"unit": "GRU", "gate_bias": True},
            "gate_bias must be a number between -100 and 100, got True: write 1.0",
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        SMALL.at(**changes)


def test_numpy_s_numbers_become_python_s() -> None:
    recurrence = SMALL.at(length=numpy.int64(7), radius=numpy.float32(0.5))
    assert (type(recurrence.length), type(recurrence.radius)) == (int, float)


def test_a_measurement_without_seeds_is_refused() -> None:
    with pytest.raises(ValueError, match="seeds must be between 1 and 1000, got 0: choose 3"):
        gradient_through_time(SMALL, seeds=0)


@pytest.mark.parametrize(
    ("learning_rate", "updates", "message"),
    [
        (0.0, 20, "learning_rate must be between 1e-09 and 1, got 0.0"),
        (2.0, 20, "learning_rate must be between 1e-09 and 1, got 2.0"),
        (0.01, 19, "updates must be between 20 and 100000, got 19"),
    ],
)
def test_a_training_out_of_bounds_is_refused(
    learning_rate: float, updates: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        learn_adding(SMALL, learning_rate, updates)


def test_every_recurrent_layer_is_pytorch_s_own() -> None:
    kinds = [type(RecurrentNetwork(SMALL.at(unit=unit)).layer) for unit in UNITS]
    assert kinds == [nn.RNN, nn.RNN, nn.RNN, nn.LSTM, nn.GRU]
