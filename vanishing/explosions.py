"""Runs that break: recorded update by update until NaN, and gradients too small for 16 bits."""

import copy
import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from vanishing import bounds
from vanishing.data import load_digits
from vanishing.experiment import EXPERIMENT, Experiment
from vanishing.networks import Network, build_network
from vanishing.probes import norm_of, undisturbed
from vanishing.products import FORMATS
from vanishing.progress import report
from vanishing.remembering import remembered
from vanishing.reproducible import without_flushing
from vanishing.training import updates

SMALLEST = {
    name: torch.finfo(dtype).tiny * torch.finfo(dtype).eps for name, dtype in FORMATS.items()
}  # positive numbers, which are subnormal
EXPONENTS = tuple(range(0, 25, 3))
IMAGES = 100


@dataclass(frozen=True)
class Divergence:
    """Hold a run, update by update, as plain numbers that may be infinite or NaN.

    ``losses[i]``, ``gradient_norms[i]`` and ``largest_weights[i]`` belong to the network after
    ``i`` updates: the training loss in nats, the norm of its gradient with respect to all
    parameters and the largest absolute value of a parameter. ``broken_at`` is the first ``i`` at
    which a value is not finite anywhere, ``None`` if there is none, and ``origin`` the place where
    the computation of the loss and its gradient met one first: the name of a layer for its output,
    ``"loss"`` or ``"gradient"``; ``""`` if there is none.
    """

    experiment: Experiment
    losses: tuple[float, ...]
    gradient_norms: tuple[float, ...]
    largest_weights: tuple[float, ...]
    broken_at: int | None
    origin: str

    @property
    def nan_at(self) -> int | None:
        """Return after how many updates the loss is NaN first, or ``None``."""
        steps = (step for step, loss in enumerate(self.losses) if math.isnan(loss))
        return next(steps, None)


@bounds.checked(experiment=EXPERIMENT, most=bounds.whole(1, 1000))
@remembered
def record_divergence(experiment: Experiment, most: int = 20) -> Divergence:
    """Train until every weight of a layer is NaN, or for ``most`` updates at most.

    Norms are summed in float64: a norm is infinite only if an entry is.
    Raises ``ValueError`` unless ``most`` is between 1 and 1000.
    """
    digits, network = load_digits(), build_network(experiment)
    records: list[tuple[float, float, float]] = []
    broken_at, origin = None, ""
    for step in updates(network, experiment, digits):
        loss, gradients, place = _backward(network, digits.train_inputs, digits.train_targets)
        records.append((loss, norm_of(gradients), _largest(network)))
        if place and not origin:
            broken_at, origin = step, place
        report(step, most)
        if step == most or math.isnan(records[-1][2]):
            break
    losses, norms, weights = zip(*records, strict=True)
    return Divergence(experiment, losses, norms, weights, broken_at, origin)


def first_broken(network: nn.Module, inputs: Tensor, targets: Tensor) -> str:
    """Name the place where a computation first meets a number that is infinite or NaN.

    Returns the name of a linear layer for its output, ``"loss"``, ``"gradient"``, or ``""`` where
    all numbers are finite. The network is as before afterwards.
    inputs: one example per row, as the network takes them; targets: their classes, (number,).
    """
    return _backward(network, inputs, targets)[2]


def _backward(
    network: nn.Module, inputs: Tensor, targets: Tensor
) -> tuple[float, list[Tensor], str]:
    with undisturbed(network), _watching(network) as broken:
        loss = cross_entropy(network(inputs), targets)
        gradients = list(torch.autograd.grad(loss, list(network.parameters())))
    if not loss.isfinite():
        broken.append("loss")
    if not all(gradient.isfinite().all() for gradient in gradients):
        broken.append("gradient")
    return loss.item(), gradients, broken[0] if broken else ""


@contextmanager
def _watching(network: nn.Module) -> Iterator[list[str]]:
    """List the linear layers whose output is not finite, in the order of their calls."""
    names = {module: name for name, module in network.named_modules()}
    broken: list[str] = []

    def watch(module: nn.Module, _inputs: Any, output: Tensor) -> None:
        if not output.isfinite().all():
            broken.append(names[module])

    with ExitStack() as stack:
        for module in network.modules():
            if isinstance(module, nn.Linear):
                stack.callback(module.register_forward_hook(watch).remove)
        yield broken


def _largest(network: nn.Module) -> float:
    largest = torch.stack([weights.detach().abs().max() for weights in network.parameters()])
    return largest.max().item()


@dataclass(frozen=True)
class LostShares:
    """Hold what a 16-bit format does to a gradient, for several loss scales, as shares of 1.

    Counted are the entries that are not zero in float32. ``zero[i]`` is the share that is zero in
    the format when the loss is multiplied by ``2 ** exponents[i]``, ``overflowed[i]`` the share
    that is infinite or NaN. ``predicted_zero[i]`` follows from the gradient in float32 alone: the
    share of entries which, scaled, are at most half of the format's smallest number.
    """

    experiment: Experiment
    exponents: tuple[int, ...]
    zero: tuple[float, ...]
    overflowed: tuple[float, ...]
    predicted_zero: tuple[float, ...]


@bounds.checked(
    experiment=EXPERIMENT,
    number_format=bounds.choice(FORMATS),
    exponents=bounds.several(bounds.whole(-60, 60), "(0,)", most=121),
)
@remembered
def lost_shares(
    experiment: Experiment,
    number_format: str = "float16",
    exponents: tuple[int, ...] = EXPONENTS,
) -> LostShares:
    """Compute one gradient before training, with all weights and signals in a 16-bit format.

    The loss itself, over 100 images, is computed in float32; subnormal numbers are kept.
    Source: loss scaling is section 3.2 of Micikevicius et al. 2018.
    Raises ``ValueError`` for an unknown format, no exponent, or one not between -60 and 60.
    """
    network = build_network(experiment)
    with without_flushing():
        exact = scaled_gradient(network, "float32", 0)
        rows = [_shares(network, exact, number_format, exponent) for exponent in exponents]
    zero, overflowed, predicted = zip(*rows, strict=True)
    return LostShares(experiment, tuple(exponents), zero, overflowed, predicted)


@bounds.checked(
    experiment=EXPERIMENT, number_format=bounds.choice(FORMATS), seeds=bounds.whole(1, 100)
)
def median_lost_shares(
    experiment: Experiment, number_format: str = "float16", seeds: int = 3
) -> LostShares:
    """Return the median of each share over networks with the random seeds 0, 1, ….

    Raises as ``lost_shares`` does, and ``ValueError`` unless seeds is between 1 and 100.
    """
    runs = [lost_shares(experiment.at(seed=seed), number_format) for seed in range(seeds)]
    return LostShares(
        experiment,
        runs[0].exponents,
        tuple(map(median, zip(*(run.zero for run in runs), strict=True))),
        tuple(map(median, zip(*(run.overflowed for run in runs), strict=True))),
        tuple(map(median, zip(*(run.predicted_zero for run in runs), strict=True))),
    )


def scaled_gradient(network: Network, number_format: str, exponent: int) -> Tensor:
    """Return all entries of the gradient of 2 ** exponent times the loss, in a number format.

    The tensor has one dimension: all parameters, one after the other.
    """
    digits, dtype = load_digits(), FORMATS[number_format]
    converted = copy.deepcopy(network).to(dtype)
    scores = converted(digits.train_inputs[:IMAGES].to(dtype)).float()
    loss = cross_entropy(scores, digits.train_targets[:IMAGES]) * 2.0**exponent
    gradients = torch.autograd.grad(loss, list(converted.parameters()))
    return torch.cat([gradient.flatten() for gradient in gradients])


def _shares(
    network: Network, exact: Tensor, number_format: str, exponent: int
) -> tuple[float, float, float]:
    counted = exact != 0
    gradient = scaled_gradient(network, number_format, exponent)[counted]
    lost = exact[counted].double().abs() * 2.0**exponent <= SMALLEST[number_format] / 2
    return _share(gradient == 0), _share(~gradient.isfinite()), _share(lost)


def _share(flags: Tensor) -> float:
    return flags.double().mean().item() if len(flags) else 0.0
