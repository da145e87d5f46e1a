"""Networks that start from a constant with or without noise, and what becomes of their units."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from vanishing import bounds
from vanishing.data import load_digits
from vanishing.experiment import SEED
from vanishing.networks import CLASSES, PIXELS
from vanishing.progress import report
from vanishing.remembering import remembered
from vanishing.training import STATES, end_state

BATCH, MOMENTUM, RATE = 100, 0.9, 0.1
_NUMBERS = bounds.several(bounds.number, "(0.1, 0.2)", most=10_000)
_SHARES = bounds.several(bounds.real(0, 1), "(0.1, 0.9)", most=10_000)


@dataclass(frozen=True, kw_only=True)
class Start:
    """Describe two hidden tanh layers of 64 units and where their weights start.

    Each weight is ``constant`` plus ``noise`` times a number from N(0, 1/64); biases are 0. SGD
    with a learning rate of 0.1 and momentum 0.9 trains for ``epochs`` epochs of the digits.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    constant: float = 0.01
    noise: float = 0.0
    epochs: int = 12
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        bounds.settle(
            self,
            constant=bounds.real(-10, 10, example=0.01),
            noise=bounds.real(0, 100, "less noise", "0 for none"),
            epochs=bounds.whole(1, 200),
            seed=SEED,
        )

    def at(self, **changes: Any) -> "Start":
        """Return this start with some fields changed: ``Start().at(noise=1)``.

        Raises ``TypeError`` for a field that does not exist, else as the class does.
        """
        return bounds.changed(self, changes)


START = bounds.a(Start, "Start()")


@dataclass(frozen=True)
class Started:
    """Hold what became of a start.

    ``before`` and ``after`` are the singular values of the second layer's weights, from the largest
    on. ``different`` counts the units of the first layer whose weights are not equal, after the
    training. ``losses`` (training, in nats) and ``accuracies`` (test, 0 to 1) are those before and
    after it, and ``state`` is that of a ``Run``.
    """

    before: tuple[float, ...]
    after: tuple[float, ...]
    different: int
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    state: str

    def __post_init__(self) -> None:
        """Refuse what no training gives."""
        bounds.settle(
            self,
            before=_NUMBERS,
            after=_NUMBERS,
            different=bounds.whole(1, PIXELS),
            losses=_NUMBERS,
            accuracies=_SHARES,
            state=bounds.choice(STATES),
        )


@bounds.checked(start=START)
def build(start: Start) -> nn.Sequential:
    """Build the network of a start; equal starts give equal weights."""
    random = torch.Generator(device="cpu").manual_seed(start.seed)

    def layer(outputs: int) -> nn.Linear:
        made = nn.Linear(PIXELS, outputs, device="meta", dtype=torch.float32).to_empty(device="cpu")
        nn.init.normal_(made.weight, start.constant, start.noise / 8, generator=random)
        nn.init.zeros_(made.bias)
        return made

    return nn.Sequential(layer(64), nn.Tanh(), layer(64), nn.Tanh(), layer(CLASSES))


@bounds.checked(start=START)
@remembered
def train_from(start: Start) -> Started:
    """Train the network of a start.

    Raises what the ``observer`` of ``vanishing.progress`` raises, such as ``Cancelled``.
    """
    network = build(start)
    before, ends = _singular_values(network), [_end(network)]
    digits = load_digits()
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=MOMENTUM, foreach=True)
    random = torch.Generator(device="cpu").manual_seed(2**32 + start.seed)
    for epoch in range(start.epochs):
        order = torch.randperm(len(digits.train_inputs), generator=random, device="cpu")
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            optimizer.zero_grad()
            loss = cross_entropy(network(digits.train_inputs[batch]), digits.train_targets[batch])
            torch.autograd.backward(loss)
            optimizer.step()
        report(epoch + 1, start.epochs)
    ends.append(_end(network))
    losses, accuracies = zip(*ends, strict=True)
    different = len(torch.unique(network.get_parameter("0.weight").detach(), dim=0))
    state = end_state(losses, accuracies[-1])
    return Started(before, _singular_values(network), different, losses, accuracies, state)


@bounds.checked(score=bounds.real(-700, 700))
def output_gradients(score: float) -> dict[str, float]:
    """Return the gradient of two losses with respect to a score whose right answer is 1.

    ``"squared error"`` is half the squared error of the sigmoid of the score, ``"cross-entropy"``
    minus the logarithm of this sigmoid.
    """
    value = torch.tensor(score, dtype=torch.float64, device="cpu", requires_grad=True)
    losses = {
        "squared error": (value.sigmoid() - 1) ** 2 / 2,
        "cross-entropy": -nn.functional.logsigmoid(value),
    }
    return {name: torch.autograd.grad(loss, value)[0].item() for name, loss in losses.items()}


def _singular_values(network: nn.Sequential) -> tuple[float, ...]:
    weights: Tensor = network.get_parameter("2.weight").detach().double()
    values = torch.linalg.svdvals(weights)
    # What double precision cannot tell from 0 is 0: a matrix of equal rows has rank 1.
    return tuple(torch.where(values > 1e-6 * values[0], values, 0.0).tolist())


@torch.no_grad()
def _end(network: nn.Sequential) -> tuple[float, float]:
    digits = load_digits()
    loss = cross_entropy(network(digits.train_inputs), digits.train_targets).item()
    right = network(digits.test_inputs).argmax(dim=1) == digits.test_targets
    return loss if math.isfinite(loss) else math.nan, right.double().mean().item()
