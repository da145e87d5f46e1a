"""Train plain networks with other optimizers, and measure how far each update moves a layer."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from vanishing import bounds
from vanishing.data import Digits, load_digits
from vanishing.experiment import ACTIVATIONS, INITS, SEED, Experiment
from vanishing.networks import Network, build_network
from vanishing.probes import norm_of
from vanishing.progress import last_recorded, report
from vanishing.remembering import remembered
from vanishing.training import STATES, STEP, accuracy, end_state

OPTIMIZERS = ("SGD", "momentum", "Adam", "AdamW")
BATCH, MOMENTUM = 100, 0.9
_NUMBERS = bounds.several(bounds.number, "(0.1, 0.2)", most=10_000)


@dataclass(frozen=True, kw_only=True)
class Optimization:
    """Describe a plain network and how an optimizer trains it, whole.

    ``optimizer`` is ``"SGD"``, ``"momentum"`` (SGD with a momentum of 0.9), ``"Adam"`` (Kingma & Ba
    2015) or ``"AdamW"`` (Loshchilov & Hutter 2019), these two with the decay rates 0.9 and 0.999.
    ``epsilon`` is the constant that Adam and AdamW add to the root of the squared gradient,
    ``weight_decay`` a share of the learning rate that AdamW takes off every weight. ``double``
    computes in float64.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    optimizer: str = "Adam"
    depth: int = 5
    width: int = 64
    activation: str = "sigmoid"
    init: str = "default"
    learning_rate: float = 0.01
    epsilon: float = 1e-8
    weight_decay: float = 0.01
    double: bool = False
    epochs: int = 12
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        bounds.settle(
            self,
            optimizer=bounds.choice(OPTIMIZERS),
            depth=bounds.whole(1, 100, "fewer layers", "more layers"),
            width=bounds.whole(1, 512, "narrower layers", "wider layers"),
            activation=bounds.choice(ACTIVATIONS),
            init=bounds.choice(INITS),
            learning_rate=bounds.real(1e-9, 100.0, "a smaller step", "a larger step"),
            epsilon=bounds.real(0.0, 1.0, "a smaller constant", "0 for none"),
            weight_decay=bounds.real(0.0, 1.0, "less decay", "0 for none"),
            double=bounds.flag,
            epochs=bounds.whole(1, 200, "fewer epochs", "at least one epoch"),
            seed=SEED,
        )

    def at(self, **changes: Any) -> "Optimization":
        """Return these settings with some fields changed: ``Optimization().at(depth=8)``.

        Raises ``TypeError`` for a field that does not exist, else as the class does.
        """
        return bounds.changed(self, changes)


OPTIMIZATION = bounds.a(Optimization, "Optimization()")


@dataclass(frozen=True)
class OptimizedRun:
    """Hold what a training run did, at its recorded steps, as plain numbers.

    ``losses`` (training, in nats) and ``accuracies`` (test, 0 to 1) belong to ``steps``, which
    start at 0. ``relative_updates[i][j]`` says how far update number ``steps[i + 1]`` moved the
    weights of layer j: the norm of the change, divided by that of the weights before it.
    ``relative_gradients[j]`` is the norm of the first gradient with respect to these weights,
    divided likewise. ``state`` is that of a ``Run``: ``"learned"``, ``"stalled"`` or
    ``"diverged"``.
    """

    optimization: Optimization
    steps: tuple[int, ...]
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    relative_gradients: tuple[float, ...]
    relative_updates: tuple[tuple[float, ...], ...]
    state: str

    def __post_init__(self) -> None:
        """Refuse what no training gives: lists of unequal length, an unknown state."""
        bounds.settle(
            self,
            optimization=OPTIMIZATION,
            steps=bounds.several(STEP, "(0, 1)", least=2, most=10_000),
            losses=_NUMBERS,
            accuracies=bounds.several(bounds.real(0, 1), "(0.1, 0.9)", most=10_000),
            relative_gradients=_NUMBERS,
            relative_updates=bounds.several(_NUMBERS, "((0.1, 0.2),)", most=10_000),
            state=bounds.choice(STATES),
        )
        lengths = {len(self.losses), len(self.accuracies), len(self.relative_updates) + 1}
        if lengths != {len(self.steps)}:
            raise ValueError(
                f"a run must have one value per step, got {len(self.steps)} steps and lists for "
                f"{sorted(lengths)}: pass lists of equal length"
            )

    @bounds.checked(step=bounds.whole(1, 10**9))
    def updates_at(self, step: int) -> tuple[float, ...]:
        """Return how far each layer moved in the nearest recorded update at or before ``step``."""
        return self.relative_updates[last_recorded(self.steps[1:], step)]


@bounds.checked(optimization=OPTIMIZATION)
@remembered
def optimize(optimization: Optimization) -> OptimizedRun:
    """Train a plain network on the digits, in shuffled batches of 100.

    Raises what the ``observer`` of ``vanishing.progress`` raises, such as ``Cancelled``.
    """
    digits, network = _ready(optimization)
    last = optimization.epochs * (len(digits.train_inputs) // BATCH)
    steps = [step for step in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500) if step < last]
    steps.append(last)
    ends, moved = [_end(network, digits)], []
    gradients: tuple[float, ...] = ()
    for step, before in _updates(network, optimization, digits):
        if step == 1:
            gradients = _relative([weight.grad for weight in _weights(network)], before)
        if step in steps:
            changes = zip(_weights(network), before, strict=True)
            moved.append(_relative([after.detach() - old for after, old in changes], before))
            ends.append(_end(network, digits))
        report(step, last)
    losses, accuracies = zip(*ends, strict=True)
    state = end_state(losses, accuracies[-1])
    return OptimizedRun(
        optimization, tuple(steps), losses, accuracies, gradients, tuple(moved), state
    )


@bounds.checked(optimization=OPTIMIZATION, seeds=bounds.several(SEED, "(0, 1, 2)"))
def optimized(
    optimization: Optimization, seeds: Sequence[int] = (0, 1, 2)
) -> tuple[OptimizedRun, ...]:
    """Return the run of each random seed."""
    return tuple(optimize(optimization.at(seed=seed)) for seed in seeds)


def make_optimizer(optimization: Optimization, weights: list[Tensor]) -> torch.optim.Optimizer:
    """Make PyTorch's optimizer of that name for some weights."""
    rate, epsilon = optimization.learning_rate, optimization.epsilon
    if optimization.optimizer == "Adam":
        return torch.optim.Adam(weights, lr=rate, eps=epsilon, foreach=True)
    if optimization.optimizer == "AdamW":
        decay = optimization.weight_decay
        return torch.optim.AdamW(weights, lr=rate, eps=epsilon, weight_decay=decay, foreach=True)
    momentum = MOMENTUM if optimization.optimizer == "momentum" else 0.0
    return torch.optim.SGD(weights, lr=rate, momentum=momentum, foreach=True)


def _ready(optimization: Optimization) -> tuple[Digits, Network]:
    experiment = Experiment(
        depth=optimization.depth,
        width=optimization.width,
        activation=optimization.activation,
        init=optimization.init,
        learning_rate=optimization.learning_rate,
        epochs=optimization.epochs,
        seed=optimization.seed,
    )
    digits, network = load_digits(), build_network(experiment)
    if not optimization.double:
        return digits, network
    inputs = digits.train_inputs.double(), digits.test_inputs.double()
    return Digits(inputs[0], digits.train_targets, inputs[1], digits.test_targets), network.double()


def _updates(
    network: Network, optimization: Optimization, digits: Digits
) -> Iterator[tuple[int, list[Tensor]]]:
    """Train in place; yield the number of updates done and the weights before the last of them."""
    optimizer = make_optimizer(optimization, list(network.parameters()))
    for step, batch in enumerate(_batches(optimization, len(digits.train_inputs)), start=1):
        before = [weight.detach().clone() for weight in _weights(network)]
        optimizer.zero_grad()
        scores = network(digits.train_inputs[batch])
        torch.autograd.backward(cross_entropy(scores, digits.train_targets[batch]))
        optimizer.step()
        yield step, before


def _batches(optimization: Optimization, size: int) -> Iterator[Tensor]:
    # Another stream of random numbers than the one that drew the weights.
    random = torch.Generator(device="cpu").manual_seed(2**32 + optimization.seed)
    for _ in range(optimization.epochs):
        order = torch.randperm(size, generator=random, device="cpu")
        for start in range(0, size - size % BATCH, BATCH):
            yield order[start : start + BATCH]


def _weights(network: Network) -> list[Tensor]:
    return [network.get_parameter(f"{name}.weight") for name in (*network.hidden, "output")]


def _relative(changes: list[Tensor | None], weights: list[Tensor]) -> tuple[float, ...]:
    pairs = zip(changes, weights, strict=True)
    return tuple(norm_of([] if one is None else [one]) / norm_of([weight]) for one, weight in pairs)


def _end(network: Network, digits: Digits) -> tuple[float, float]:
    with torch.no_grad():
        loss = cross_entropy(network(digits.train_inputs), digits.train_targets).item()
    return loss if math.isfinite(loss) else math.nan, accuracy(network, digits)
