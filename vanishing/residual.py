"""Measure what residual blocks do to a signal, to its gradient, and to a network that loses one."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import batch_norm, cross_entropy

from vanishing import bounds
from vanishing.data import load_digits
from vanishing.experiment import BRANCHES, EXPERIMENT, SEED, Experiment
from vanishing.networks import PIXELS, Network, build_network
from vanishing.progress import report
from vanishing.remembering import remembered
from vanishing.theory import path_shares
from vanishing.training import accuracy, updates

__all__ = [
    "Growth",
    "Lesions",
    "PathGradients",
    "Stack",
    "growth",
    "lesions",
    "path_gradients",
    "path_shares",
]

ORDERS = ("linear_last", "relu_last")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Describe residual blocks ``h + scale · branch(h)`` at their start, with He initialization.

    ``order`` is ``"linear_last"``, branch = W relu(h), or ``"relu_last"``, branch = relu(W h).
    ``branch`` is ``"sum"``, scale 1; ``"scaled"``, scale 1/√blocks; ``"rezero"``, scale 0 (where
    Bachlechner et al. 2021 start); or ``"normalized"``, scale 1 and batch normalization before ReLU
    (linear_last is then the branch of He et al. 2016, "Identity mappings", figure 4 e).

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    blocks: int = 50
    width: int = 128
    order: str = "linear_last"
    branch: str = "sum"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        bounds.settle(
            self,
            blocks=bounds.whole(1, 200),
            width=bounds.whole(1, 1024),
            order=bounds.choice(ORDERS),
            branch=bounds.choice((*BRANCHES, "normalized")),
            seed=SEED,
        )


@dataclass(frozen=True)
class Growth:
    """Hold mean squares per block: entry k stands between block k and block k + 1, 0 at the input.

    ``signal`` starts at about 1. ``gradient`` is that of the loss by the signal, 1 behind the last
    block, so that its first entry says what came through.
    """

    signal: tuple[float, ...]
    gradient: tuple[float, ...]

    @bounds.checked(start=bounds.whole(0, 200))
    def factor(self, start: int = 0) -> float:
        """Return the signal's geometric mean factor per block, counted behind block ``start``.

        Raises ``ValueError`` for a block that is not there and ``TypeError`` for no whole number.
        """
        blocks = len(self.signal) - 1
        if not 0 <= start < blocks:
            raise ValueError(f"start must be between 0 and {blocks - 1}, got {start}: choose 0")
        return float((self.signal[-1] / self.signal[start]) ** (1 / (blocks - start)))


@dataclass(frozen=True)
class Lesions:
    """Hold test accuracies from 0 to 1: of the whole network, and without each hidden layer."""

    whole: float
    without: tuple[float, ...]


@dataclass(frozen=True)
class PathGradients:
    """Hold what the paths of each length, 0 blocks to all, bring of the gradient at the input.

    All gradients are stacked over the test images. ``norms[k]``: norm of the sum over all paths
    through k blocks; ``shares[k]``: that sum's projection on the whole gradient, as a part of it.
    The shares add up to 1; a path that works against the others has a negative share.
    """

    norms: tuple[float, ...]
    shares: tuple[float, ...]

    @property
    def mean_length(self) -> float:
        """The mean path length, each length weighted with its share of the gradient."""
        return sum(length * share for length, share in enumerate(self.shares))


@bounds.checked(stack=bounds.a(Stack, "Stack()"))
@remembered
def growth(stack: Stack) -> Growth:
    """Send 256 Gaussian inputs through random blocks, and a Gaussian gradient back."""
    random = torch.Generator(device="cpu").manual_seed(stack.seed)

    def gaussian(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random, dtype=torch.float64)

    # float64: 200 unscaled blocks leave the range of float32
    signals = [gaussian(256, stack.width).requires_grad_()]
    for _ in range(stack.blocks):
        weight = gaussian(stack.width, stack.width) * math.sqrt(2 / stack.width)
        signals.append(signals[-1] + _scale(stack) * _branch(stack, weight, signals[-1]))
    top = gaussian(256, stack.width)
    gradients = torch.autograd.grad(signals[-1], signals, top / top.square().mean().sqrt())
    return Growth(tuple(map(_mean_square, signals)), tuple(map(_mean_square, gradients)))


@bounds.checked(experiment=EXPERIMENT)
@remembered
def lesions(experiment: Experiment) -> Lesions:
    """Train a network, then test it without its first hidden layer, without its second, and so on.

    Nothing is trained again. In a residual network the skip connection stays, in a plain one the
    layer's input goes to the next layer. Source: Veit, Wilber & Belongie 2016, section 4.1.

    Raises ``ValueError`` for a width at which a plain network cannot do without its first layer.
    """
    _check_width(experiment)
    digits, network = load_digits(), _trained(experiment)
    without = tuple(accuracy(network, digits, {name}) for name in network.hidden)
    return Lesions(accuracy(network, digits), without)


@bounds.checked(experiment=EXPERIMENT)
@remembered
def path_gradients(experiment: Experiment) -> PathGradients:
    """Train a residual network and split its gradient at the input by the length of the paths.

    Exact: the gradient is the product of (I + Jᵢ)ᵀ, and the paths through k blocks are its terms
    with k factors J. The network is in its test mode. Veit, Wilber & Belongie 2016, section 5,
    sample single paths instead.

    Raises ``ValueError`` for a network without residual connections from the input on.
    """
    _check_width(experiment)
    if not experiment.residual:
        raise ValueError("residual must be True, got False: a plain network has one path only")
    digits, network = load_digits(), _trained(experiment)
    parts = _gradients_by_length(network, digits.test_inputs, digits.test_targets)
    whole = parts.sum(dim=0)
    shares = (parts * whole).sum(dim=(1, 2)) / whole.square().sum()
    norms = torch.linalg.vector_norm(parts, dim=(1, 2))
    return PathGradients(tuple(norms.tolist()), tuple(shares.tolist()))


def _scale(stack: Stack) -> float:
    return {"scaled": 1 / math.sqrt(stack.blocks), "rezero": 0.0}.get(stack.branch, 1.0)


def _branch(stack: Stack, weight: Tensor, signal: Tensor) -> Tensor:
    linear_last = stack.order == "linear_last"
    pre_activation = signal if linear_last else signal @ weight.T
    if stack.branch == "normalized":
        pre_activation = batch_norm(pre_activation, None, None, training=True)
    return pre_activation.relu() @ weight.T if linear_last else pre_activation.relu()


def _mean_square(values: Tensor) -> float:
    return values.square().mean().item()


def _trained(experiment: Experiment) -> Network:
    digits, network = load_digits(), build_network(experiment)
    all_steps = experiment.epochs * (len(digits.train_inputs) // experiment.batch_size)
    for step in updates(network, experiment, digits):
        report(step, all_steps)
    return network.eval()


def _gradients_by_length(network: Network, inputs: Tensor, targets: Tensor) -> Tensor:
    """Return the gradient at the inputs, (blocks + 1, number, pixels), one part per path length."""
    signals = [inputs]
    with torch.no_grad():
        for number in range(len(network.hidden)):
            signals.append(signals[-1] + network.branch(number, signals[-1]))
    top = signals.pop().requires_grad_()
    loss = cross_entropy(network.scores(top), targets)
    parts = torch.autograd.grad(loss, top)[0][None]
    for number in reversed(range(len(network.hidden))):
        # In test mode images do not mix: one copy of them for each length.
        copies = signals.pop().repeat(len(parts), 1).requires_grad_()
        added = network.branch(number, copies)
        through = torch.autograd.grad(added, copies, parts.flatten(0, 1))[0].view_as(parts)
        none = torch.zeros_like(parts[:1])
        # A path around the block keeps its length, a path through it is one block longer.
        parts = torch.cat([parts, none]) + torch.cat([none, through])
    return parts.double()


def _check_width(experiment: Experiment) -> None:
    if experiment.width != PIXELS:
        raise ValueError(
            f"width must be {PIXELS}, so that the signal can go around every layer, "
            f"got {experiment.width}: choose width={PIXELS}"
        )
