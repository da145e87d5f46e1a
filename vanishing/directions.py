"""Measure an untrained network both ways: what is left of the images, and of the gradient."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from vanishing import bounds
from vanishing.data import load_digits
from vanishing.experiment import EXPERIMENT, Experiment
from vanishing.networks import CLASSES, Network, build_network
from vanishing.remembering import remembered


@dataclass(frozen=True)
class TwoDirections:
    """Hold one number per hidden layer of an untrained network, in forward order.

    ``spreads``: the standard deviation of a unit's output over the training images, as the root of
    the mean square over the units. ``gradient_norms``: the norm of the loss's gradient with respect
    to the layer's outputs. ``distinct``: how many of the 1,500 training images are still different
    from each other behind the layer.
    """

    spreads: tuple[float, ...]
    gradient_norms: tuple[float, ...]
    distinct: tuple[int, ...]


@bounds.checked(experiment=EXPERIMENT)
@remembered
def two_directions(experiment: Experiment) -> TwoDirections:
    """Send the training images forward through an untrained network, and the gradient back."""
    digits = load_digits()
    network, signals = build_network(experiment), [digits.train_inputs.requires_grad_()]
    for number in range(experiment.depth):
        signals.append(_onward(network, number, signals[-1]))
    loss = cross_entropy(network.scores(signals[-1]), digits.train_targets)
    gradients = torch.autograd.grad(loss, signals[1:])
    hidden = [signal.detach() for signal in signals[1:]]
    return TwoDirections(
        tuple(map(_spread, hidden)),
        tuple(gradient.double().norm().item() for gradient in gradients),
        tuple(len(set(map(tuple, signal.tolist()))) for signal in hidden),
    )


@bounds.checked(experiment=EXPERIMENT)
@remembered
def read_out(experiment: Experiment) -> float:
    """Return the test accuracy of the best linear read-out of an untrained network's last signals.

    The read-out is a least-squares fit in float64 to the classes of the training images, with a
    constant; the network keeps its random weights.
    """
    digits, network = load_digits(), build_network(experiment)
    train, test = (_features(network, one) for one in (digits.train_inputs, digits.test_inputs))
    centre = train.mean(dim=0)
    scale = (train - centre).std().clamp(min=torch.finfo(train.dtype).tiny)
    train, test = (_with_constant((one - centre) / scale) for one in (train, test))
    classes = one_hot(digits.train_targets, CLASSES).double()
    weights = torch.linalg.lstsq(train, classes, driver="gelsd").solution
    right = (test @ weights).argmax(dim=1) == digits.test_targets
    return float(right.double().mean())


def _onward(network: Network, number: int, signal: Tensor) -> Tensor:
    branch = network.branch(number, signal)
    adds = network.residual and signal.shape == branch.shape
    return signal + branch if adds else branch


def _spread(signal: Tensor) -> float:
    return signal.double().var(dim=0, correction=0).mean().sqrt().item()


@torch.no_grad()
def _features(network: Network, images: Tensor) -> Tensor:
    signal = images
    for number in range(len(network.hidden)):
        signal = _onward(network, number, signal)
    return signal.double()


def _with_constant(rows: Tensor) -> Tensor:
    return torch.cat([rows, torch.ones(len(rows), 1, dtype=rows.dtype)], dim=1)
