"""Train an experiment and keep what happened, as plain numbers."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from vanishing import bounds
from vanishing.data import Digits, load_digits
from vanishing.experiment import EXPERIMENT, Experiment
from vanishing.networks import CLASSES, Network, build_network
from vanishing.probes import gradient_profile
from vanishing.progress import last_recorded, report
from vanishing.remembering import remembered
from vanishing.reproducible import without_flushing

CHANCE_LOSS = math.log(CLASSES)
LEARNED_ACCURACY = 0.5
DIVERGED_LOSS = 2 * CHANCE_LOSS
STATES = ("learned", "stalled", "diverged")
STEP = bounds.whole(0, 10**9)
_NUMBERS = bounds.several(bounds.number, "(0.1, 0.2)", most=10_000)


@dataclass(frozen=True)
class Run:
    """Hold what a training run did, at its recorded steps, as plain numbers.

    ``gradient_norms[i][j]`` is the norm of the training loss's gradient with respect to the weights
    of ``layers[j]`` after ``steps[i]`` updates, ``losses[i]`` that loss in nats and
    ``accuracies[i]`` the test accuracy from 0 to 1. Norms and losses may be NaN or infinite.

    ``state`` says how the run ended:

    - ``"diverged"``: some loss was NaN or infinite, or the last loss is more than twice ln 10,
      which is what guessing gives, and higher than the first;
    - ``"learned"``: else, if at least half of the test digits are recognised at the end;
    - ``"stalled"``: else; the loss stays near ln 10 and the accuracy near one in ten, or little has
      been learned in the time given.
    """

    experiment: Experiment
    layers: tuple[str, ...]
    steps: tuple[int, ...]
    gradient_norms: tuple[tuple[float, ...], ...]
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    state: str

    def __post_init__(self) -> None:
        """Refuse what no training gives: lists of unequal length, an unknown state."""
        bounds.settle(
            self,
            experiment=EXPERIMENT,
            layers=bounds.several(bounds.text, '("1", "output")'),
            steps=bounds.several(STEP, "(0, 10)", most=10_000),
            gradient_norms=bounds.several(_NUMBERS, "((0.1, 0.2),)", most=10_000),
            losses=_NUMBERS,
            accuracies=bounds.several(bounds.real(0, 1), "(0.1, 0.9)", most=10_000),
            state=bounds.choice(STATES),
        )
        lengths = {
            len(self.steps),
            len(self.gradient_norms),
            len(self.losses),
            len(self.accuracies),
        }
        if len(lengths) != 1 or {len(norms) for norms in self.gradient_norms} != {len(self.layers)}:
            raise ValueError(
                f"a run must have one value per step and layer, got lists of {sorted(lengths)} "
                f"values for {len(self.layers)} layers: pass lists of equal length"
            )

    @bounds.checked(step=STEP)
    def norms_at(self, step: int) -> tuple[float, ...]:
        """Return every layer's gradient norm at the nearest recorded step at or before ``step``.

        Raises ``ValueError`` for a step below 0 and ``TypeError`` for what is no whole number.
        """
        return self.gradient_norms[last_recorded(self.steps, step)]


@bounds.checked(experiment=EXPERIMENT)
@remembered
def train(experiment: Experiment) -> Run:
    """Train a network, or remember how it went: equal experiments give equal runs.

    The result depends on nothing but the experiment and the kind of processor: not on the random
    state, default dtype or number of threads, all of which are as before afterwards. A plain ReLU
    network of 20 layers or more starts alike everywhere, but ends elsewhere with AVX2 than with
    AVX-512. Updates are plain SGD with momentum on
    shuffled batches without the last incomplete one. A network that explodes is a result, not an
    error.

    Raises what the ``observer`` of ``vanishing.progress`` raises, such as ``Cancelled``.
    """
    digits, network = load_digits(), build_network(experiment)
    all_steps = experiment.epochs * (len(digits.train_inputs) // experiment.batch_size)
    steps = _recorded_steps(all_steps)
    records = []
    for step in updates(network, experiment, digits):
        if step in steps:
            with without_flushing():
                records.append(_record(network, digits))
        report(step, all_steps)
    norms, losses, accuracies = zip(*records, strict=True)
    layers = (*network.hidden, "output")
    state = end_state(losses, accuracies[-1])
    return Run(experiment, layers, steps, norms, losses, accuracies, state)


def _recorded_steps(last: int) -> tuple[int, ...]:
    spaced = {digit * 10**power for power in range(len(str(last))) for digit in (1, 2, 5)}
    return (0, *sorted(step for step in spaced if step < last), last)


@bounds.checked(
    network=bounds.a(nn.Module, "build_network(experiment)"),
    experiment=EXPERIMENT,
    digits=bounds.a(Digits, "load_digits()"),
)
def updates(network: Network, experiment: Experiment, digits: Digits) -> Iterator[int]:
    """Train ``network`` in place; yield the number of updates done: 0, then 1, and so on."""
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=experiment.learning_rate,
        momentum=experiment.momentum,
        foreach=True,
    )
    yield 0
    for step, batch in enumerate(_batches(experiment, len(digits.train_inputs)), start=1):
        network.train()
        optimizer.zero_grad()
        scores = network(digits.train_inputs[batch])
        torch.autograd.backward(cross_entropy(scores, digits.train_targets[batch]))
        _clip(network, experiment)
        optimizer.step()
        yield step


def _clip(network: Network, experiment: Experiment) -> None:
    if experiment.clip_norm is not None:
        nn.utils.clip_grad_norm_(network.parameters(), experiment.clip_norm)
    if experiment.clip_value is not None:
        nn.utils.clip_grad_value_(network.parameters(), experiment.clip_value)


def _batches(experiment: Experiment, size: int) -> Iterator[Tensor]:
    # The stream that drew the weights, from its start: PyTorch keeps a seed's low 32 bits only.
    random = torch.Generator(device="cpu").manual_seed(2**32 + experiment.seed)
    whole = size - size % experiment.batch_size
    for _ in range(experiment.epochs):
        order = torch.randperm(size, generator=random, device="cpu")
        for start in range(0, whole, experiment.batch_size):
            yield order[start : start + experiment.batch_size]


def _record(network: Network, digits: Digits) -> tuple[tuple[float, ...], float, float]:
    losses = []

    def loss(scores: Tensor, targets: Tensor) -> Tensor:
        value = cross_entropy(scores, targets)
        losses.append(value.item())
        return value

    network.train()
    profile = gradient_profile(network, digits.train_inputs, digits.train_targets, loss)
    return profile.weight_norms, losses[0], accuracy(network, digits)


def accuracy(network: Network, digits: Digits, without: Collection[str] = ()) -> float:
    """Return the share of the test digits that a network recognises, from 0 to 1, in its test mode.

    without: names of hidden layers that are passed by.
    """
    network.eval()
    with torch.no_grad():
        guesses = network(digits.test_inputs, without).argmax(dim=1)
    return float((guesses == digits.test_targets).double().mean())


def end_state(losses: Sequence[float], accuracy: float) -> str:
    """Judge a run by its recorded losses and its last test accuracy, as ``Run`` defines it."""
    if not all(map(math.isfinite, losses)):
        return "diverged"
    if losses[-1] > max(DIVERGED_LOSS, losses[0]):
        return "diverged"
    return "learned" if accuracy >= LEARNED_ACCURACY else "stalled"
