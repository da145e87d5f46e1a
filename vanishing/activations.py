"""Measure activation functions: their slope, and the units that saturate or die during training."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import fmean, median

import torch
from torch import Tensor, nn

from vanishing import bounds
from vanishing.data import load_digits
from vanishing.experiment import ACTIVATIONS, EXPERIMENT, SEED, Experiment
from vanishing.networks import Network, activation_module, build_network
from vanishing.progress import report
from vanishing.remembering import remembered
from vanishing.training import accuracy, updates

REACH, PER_UNIT = 10, 1000  # slopes are sought from -10 to 10, at every thousandth
SATURATED = 0.1  # of the greatest slope
RECORDS = 10  # measurements during a training, besides the one before it

BIAS = bounds.real(-100, 100, "0 for none", "0 for none", example=0.0)

Shares = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class SlopeRange:
    """Hold the least and the greatest slope of a function on [-10, 10], and where they are."""

    least: float
    least_at: float
    greatest: float
    greatest_at: float


@dataclass(frozen=True)
class Units:
    """Hold what the units of a network did at some steps of a training run.

    ``saturated[i][j]`` is the share, from 0 to 1, of all pairs of a unit of hidden layer ``j`` + 1
    and a training image at which the slope of the activation is, in size, less than a tenth of its
    greatest, after ``steps[i]`` updates. ``dead[i][j]`` is the share of the units whose slope is
    exactly 0 at every training image: no gradient reaches their weights. A unit that computes NaN
    counts as neither. ``accuracy`` is the test accuracy after the last step, from 0 to 1.
    """

    steps: tuple[int, ...]
    saturated: Shares
    dead: Shares
    accuracy: float

    @property
    def last_saturated(self) -> float:
        """The share of saturated pairs in all hidden layers together after the last step."""
        return fmean(self.saturated[-1])

    @property
    def last_dead(self) -> float:
        """The share of dead units in all hidden layers together after the last step."""
        return fmean(self.dead[-1])


def slopes(activation: nn.Module, positions: Tensor) -> Tensor:
    """Return the derivative of an elementwise function at each position, by autograd.

    Where a function has a kink this is PyTorch's choice: 0 for ReLU, the left slope for SELU.
    A NaN has the slope NaN.
    """
    with torch.inference_mode(False), torch.enable_grad():
        positions = positions.clone().detach().requires_grad_()
        (found,) = torch.autograd.grad(activation(positions).sum(), positions)
    return found.masked_fill(positions.detach().isnan(), math.nan)


@bounds.checked(activation=bounds.choice(ACTIVATIONS))
def slope_range(activation: str) -> SlopeRange:
    """Measure the least and greatest derivative of an activation of ``Experiment`` by autograd.

    Raises ``ValueError`` for another activation.
    """
    edge = REACH * PER_UNIT
    positions = torch.arange(-edge, edge + 1, dtype=torch.float64, device="cpu") / PER_UNIT
    found = slopes(activation_module(activation), positions)
    low, high = int(found.argmin()), int(found.argmax())
    return SlopeRange(
        least=float(found[low]),
        least_at=float(positions[low]),
        greatest=float(found[high]),
        greatest_at=float(positions[high]),
    )


@bounds.checked(experiment=EXPERIMENT, bias=BIAS)
@remembered
def watch_units(experiment: Experiment, bias: float = 0.0) -> Units:
    """Train a network and measure its saturated and dead units on all 1,500 training images.

    bias: number from -100 to 100 added to every bias of the hidden layers before the training.
    The units are measured before the training and ten times during it, evenly spread.

    Raises ``ValueError`` for a bias out of bounds, ``TypeError`` for one that is no number, and
    what the ``observer`` of ``vanishing.progress`` raises, such as ``Cancelled``.
    """
    digits, network = load_digits(), build_network(experiment)
    with torch.no_grad():
        for name in network.hidden:
            network.get_parameter(f"{name}.bias").add_(bias)
    all_steps = experiment.epochs * (len(digits.train_inputs) // experiment.batch_size)
    steps = sorted({round(all_steps * record / RECORDS) for record in range(RECORDS + 1)})
    limit = SATURATED * slope_range(experiment.activation).greatest
    saturated, dead = [], []
    for step in updates(network, experiment, digits):
        if step in steps:
            found = unit_slopes(network, digits.train_inputs)
            saturated.append(tuple(_share(layer.abs() < limit) for layer in found))
            dead.append(tuple(_share((layer == 0).all(dim=0)) for layer in found))
        report(step, all_steps)
    return Units(tuple(steps), tuple(saturated), tuple(dead), accuracy(network, digits))


@bounds.checked(experiment=EXPERIMENT, bias=BIAS, seeds=bounds.several(SEED, "(0, 1, 2)"))
def typical_units(
    experiment: Experiment, bias: float = 0.0, seeds: Sequence[int] = (0, 1, 2)
) -> Units:
    """Watch the units of the same experiment at several seeds; return the median of each number.

    Raises ``ValueError`` without a seed, else as ``watch_units`` does.
    """
    watched = [watch_units(experiment.at(seed=seed), bias) for seed in seeds]
    return Units(
        steps=watched[0].steps,
        saturated=_median([units.saturated for units in watched]),
        dead=_median([units.dead for units in watched]),
        accuracy=median(units.accuracy for units in watched),
    )


def unit_slopes(network: Network, inputs: Tensor) -> list[Tensor]:
    """Return one tensor (inputs, units) per hidden layer: the activation's slope at each unit.

    The network runs in the mode that it is in; no hook stays behind.
    """
    with _listening(network) as pre_activations, torch.no_grad():
        network(inputs)
    return [slopes(network.activation, layer) for layer in pre_activations]


@contextmanager
def _listening(network: Network) -> Iterator[list[Tensor]]:
    """Collect what enters the activation function, one tensor per hidden layer."""
    pre_activations: list[Tensor] = []

    def listen(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        pre_activations.append(inputs[0])

    hook = network.activation.register_forward_pre_hook(listen)
    try:
        yield pre_activations
    finally:
        hook.remove()


def _share(chosen: Tensor) -> float:
    return float(chosen.double().mean())


def _median(shares: Sequence[Shares]) -> Shares:
    """Take the median over runs of every step's and layer's share."""
    return tuple(
        tuple(map(median, zip(*layers, strict=True))) for layers in zip(*shares, strict=True)
    )
