"""Recurrent networks: the gradient at every time step, before and after learning to add."""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from vanishing import bounds
from vanishing.progress import report
from vanishing.remembering import remembered
from vanishing.sequences import adding_problem

UNITS = ("linear", "tanh", "ReLU", "LSTM", "GRU")
INITS = ("default", "orthogonal", "identity")
BATCH, MOST_NORM = 32, 0.1
RECORDED_EVERY, GOAL = 20, 0.01
TEST_SEED = 2**31  # the test sequences come from another stream than those of the training


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """Describe a recurrent network and the length of its sequences, whole.

    ``unit`` is ``"linear"``, ``"tanh"`` or ``"ReLU"``, after h = W h + U x + b, or ``"LSTM"``
    (Gers et al. 2000) or ``"GRU"`` (Cho et al. 2014). ``init`` of the recurrent matrix W is
    ``"default"`` (PyTorch's U(-1/√width, 1/√width)), ``radius`` times an ``"orthogonal"`` matrix
    (Saxe et al. 2014) or ``radius`` times the ``"identity"``; the last also has no biases and input
    weights of deviation 0.001 (Le et al. 2015). ``gate_bias`` is that of the forget gate of an LSTM
    or of the update gate of a GRU, at the start; ``None`` leaves PyTorch's random one.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    unit: str
    init: str = "default"
    radius: float = 1.0
    gate_bias: float | None = None
    length: int = 50
    width: int = 24
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be built; turn NumPy's numbers into Python's."""
        bounds.settle(
            self,
            unit=bounds.choice(UNITS),
            init=bounds.choice(INITS),
            radius=bounds.real(0.0, 10.0, example=1.0),
            gate_bias=bounds.optional(bounds.real(-100.0, 100.0, example=1.0)),
            length=bounds.whole(2, 1000),
            width=bounds.whole(1, 512),
            seed=bounds.whole(0, 2**31 - 1),
        )
        if self.gate_bias is not None and self.unit not in ("LSTM", "GRU"):
            raise ValueError(f"gate_bias must be None for {self.unit} units: they have no gate")
        if self.init != "default" and self.unit in ("LSTM", "GRU"):
            raise ValueError(f"init must be 'default' for {self.unit} units, got {self.init!r}")

    def at(self, **changes: Any) -> "Recurrence":
        """Return this recurrence with some fields changed; raise as the class does."""
        return bounds.changed(self, changes)


RECURRENCE = bounds.a(Recurrence, 'Recurrence(unit="tanh")')


class RecurrentNetwork(nn.Module):
    """Read a sequence and answer with one number, a linear function of the last hidden state.

    Inputs: (number, length, 2); outputs: (number,).
    """

    def __init__(self, recurrence: Recurrence) -> None:
        """Build the weights, seeded by the recurrence; the global random state is left alone."""
        super().__init__()
        self.unit, self.width = recurrence.unit, recurrence.width
        random = torch.Generator(device="cpu").manual_seed(recurrence.seed)
        kind = {"LSTM": nn.LSTM, "GRU": nn.GRU}.get(self.unit, nn.RNN)
        more = {"nonlinearity": "relu"} if self.unit == "ReLU" else {}
        # Born without numbers, so that no one draws them from the global random state.
        with torch.device("meta"):
            layer = kind(2, self.width, batch_first=True, **more, dtype=torch.float32)
            output = nn.Linear(self.width, 1, dtype=torch.float32)
        self.layer, self.output = layer.to_empty(device="cpu"), output.to_empty(device="cpu")
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.uniform_(-(self.width**-0.5), self.width**-0.5, generator=random)
            _initialize(self.layer, recurrence, random)

    def forward(self, inputs: Tensor) -> Tensor:
        """Compute the answers, with PyTorch's own loop over the time steps where it has one."""
        if self.unit == "linear":
            return self.unrolled(inputs)[1]
        answers: Tensor = self.output(self.layer(inputs)[0][:, -1])[:, 0]
        return answers

    def unrolled(self, inputs: Tensor) -> tuple[list[Tensor], Tensor]:
        """Compute the states from 0 to the length, each (number, width), and the answers.

        The state of an LSTM is its cell state, that of every other network its hidden state.
        """
        hidden = inputs.new_zeros(len(inputs), self.width).requires_grad_()
        cell = torch.zeros_like(hidden).requires_grad_()
        states = [cell if self.unit == "LSTM" else hidden]
        for values in inputs.unbind(dim=1):
            hidden, cell = self._step(values, hidden, cell)
            states.append(cell if self.unit == "LSTM" else hidden)
        return states, self.output(hidden)[:, 0]

    def _step(self, values: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        weights = tuple(self.layer.parameters())
        if self.unit == "LSTM":
            return torch.lstm_cell(values, (hidden, cell), *weights)
        if self.unit == "linear":
            to_input, to_hidden, *biases = weights
            return values @ to_input.T + hidden @ to_hidden.T + sum(biases), cell
        step = {"tanh": torch.rnn_tanh_cell, "ReLU": torch.rnn_relu_cell, "GRU": torch.gru_cell}
        return step[self.unit](values, hidden, *weights), cell


def _initialize(layer: nn.Module, recurrence: Recurrence, random: torch.Generator) -> None:
    inputs, matrix, *biases = layer.parameters()
    if recurrence.init == "orthogonal":
        nn.init.orthogonal_(matrix, gain=recurrence.radius, generator=random)
    if recurrence.init == "identity":
        nn.init.eye_(matrix).mul_(recurrence.radius)
        nn.init.normal_(inputs, std=0.001, generator=random)
        for bias in biases:
            nn.init.zeros_(bias)
    if recurrence.gate_bias is not None:
        # PyTorch's order of the gates: LSTM input, forget, …; GRU reset, update, …
        gate = slice(recurrence.width, 2 * recurrence.width)
        biases[0][gate], biases[1][gate] = recurrence.gate_bias, 0.0


def gradient_by_time(
    network: RecurrentNetwork, inputs: Tensor, targets: Tensor
) -> tuple[float, ...]:
    """Measure the error's gradient with respect to the state at each time step, in float64.

    inputs: (number, length, 2); targets: (number,). Returns one norm, over all sequences, for each
    state from 0 to the length. The network and its gradients are left as they are. For an LSTM, see
    ``RecurrentNetwork.unrolled``.
    """
    with torch.enable_grad():
        precise = copy.deepcopy(network).double()
        states, answers = precise.unrolled(inputs.double())
        gradients = torch.autograd.grad(mse_loss(answers, targets.double()), states)
    return tuple(float(gradient.norm()) for gradient in gradients)


@dataclass(frozen=True)
class ThroughTime:
    """Hold gradient norms divided by that at the last time step, for each random seed.

    ``relative[i][t]`` belongs to seed ``i`` and the state after ``t`` time steps; the last is 1.
    """

    relative: tuple[tuple[float, ...], ...]

    @property
    def median(self) -> tuple[float, ...]:
        """The median over the seeds, one value per state."""
        return tuple(map(median, zip(*self.relative, strict=True)))


@bounds.checked(recurrence=RECURRENCE, seeds=bounds.whole(1, 1000, "fewer seeds", "3"))
@remembered
def gradient_through_time(recurrence: Recurrence, seeds: int = 3) -> ThroughTime:
    """Measure how the gradient changes through time before any training, for several seeds.

    The seeds are the recurrence's own and the next ones; the gradient is that of the mean squared
    error on 50 sequences of the adding problem (see ``gradient_by_time``).
    Raises ``ValueError`` unless there is at least one seed.
    """
    found = []
    for one in range(seeds):
        report(one, seeds)
        chosen = recurrence.at(seed=recurrence.seed + one)
        inputs, targets = adding_problem(chosen.length, 50, TEST_SEED + chosen.seed)
        norms = gradient_by_time(RecurrentNetwork(chosen), inputs, targets)
        found.append(_relative(norms))
    return ThroughTime(tuple(found))


def _relative(norms: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(norm / norms[-1] if norms[-1] else math.nan for norm in norms)


@dataclass(frozen=True)
class AddingRun:
    """Hold how a network learned to add, as plain numbers.

    ``errors[i]`` is the mean squared error on 500 test sequences after ``updates[i]`` updates; the
    training ends when it falls below 0.01. ``before`` and ``after`` are the gradient norms at the
    states from 0 to the last time step, divided by the last one, before and after the training.
    """

    updates: tuple[int, ...]
    errors: tuple[float, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def learned_after(self) -> int | None:
        """The number of updates after which the error was first below 0.01, or None."""
        return self.updates[-1] if self.errors[-1] < GOAL else None


@bounds.checked(
    recurrence=RECURRENCE,
    learning_rate=bounds.real(1e-9, 1.0),
    updates=bounds.whole(RECORDED_EVERY, 100_000),
)
@remembered
def learn_adding(recurrence: Recurrence, learning_rate: float, updates: int = 500) -> AddingRun:
    """Train a network on the adding problem until its test error is below 0.01.

    Every update is one of Adam (Kingma & Ba 2015) on 32 new sequences, with the gradient's norm
    clipped at 0.1; the test error is computed after every 20. Raises ``ValueError`` for a learning
    rate that is not between 1e-9 and 1, or a number of updates that is not between 20 and 100,000.
    """
    network = RecurrentNetwork(recurrence)
    test = adding_problem(recurrence.length, 500, TEST_SEED + recurrence.seed)
    before = _relative(gradient_by_time(network, *test))
    steps, errors = [0], [_error(network, *test)]
    for step in _updates(network, recurrence, learning_rate, updates):
        if step % RECORDED_EVERY == 0:
            steps.append(step)
            errors.append(_error(network, *test))
        report(step, updates)
        if errors[-1] < GOAL:
            break
    after = _relative(gradient_by_time(network, *test))
    return AddingRun(tuple(steps), tuple(errors), before, after)


def _updates(
    network: RecurrentNetwork, recurrence: Recurrence, learning_rate: float, updates: int
) -> Iterator[int]:
    """Yield the number of updates done, after each."""
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    for step in range(1, updates + 1):
        inputs, targets = adding_problem(recurrence.length, BATCH, _seed(recurrence, step))
        optimizer.zero_grad()
        torch.autograd.backward(mse_loss(network(inputs), targets))
        nn.utils.clip_grad_norm_(network.parameters(), MOST_NORM)
        optimizer.step()
        yield step


def _seed(recurrence: Recurrence, step: int) -> int:
    return (100_003 * recurrence.seed + step) % TEST_SEED


def _error(network: RecurrentNetwork, inputs: Tensor, targets: Tensor) -> float:
    with torch.no_grad():
        return float(mse_loss(network(inputs), targets))
