"""Follow single inputs through layers: ten digits, two arrows, a circle, one weight of a chain."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy
import sklearn.datasets
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from vanishing import bounds
from vanishing.data import load_digits
from vanishing.experiment import EXPERIMENT, SEED, Experiment
from vanishing.mean_field import NETWORK, TanhNetwork
from vanishing.networks import Network, build_network
from vanishing.remembering import remembered
from vanishing.reproducible import without_flushing

CLASSES = 10
BRIGHTEST = 16.0  # a pixel of the scanned digits
FIRST_ANGLE = 30.0  # degrees between two inputs
KINDS = ("gaussian", "orthogonal")
STEPS, BIAS, TARGET = 12, -2.6, 0.7  # of the recurrent unit with a cliff


@bounds.checked(count=bounds.whole(1, 100))
def digit_images(count: int = CLASSES) -> tuple[tuple[float, ...], ...]:
    """Return the first scanned digits, 0, 1, …, 9, 0, …: 64 pixels each, row by row, 0 to 1.

    Raises ``ValueError`` unless there are 1 to 100, and ``TypeError`` for no whole number.
    """
    images = sklearn.datasets.load_digits().data[:count]
    return tuple(tuple(row) for row in (images / BRIGHTEST).tolist())


@dataclass(frozen=True)
class TenDigits:
    """Hold what becomes of ten digits, 0 to 9, on their way through hidden layers.

    ``spreads[l]`` is the root mean square over ten digits and all units of layer ``l + 1`` of how
    far a unit's value is from its mean over the ten; ``places[l]`` is each digit's place along the
    direction in which they differ most, divided by the largest. ``gradient_norms`` are those of the
    training loss by each hidden layer's weights, before any update.
    """

    spreads: tuple[float, ...]
    places: tuple[tuple[float, ...], ...]
    gradient_norms: tuple[float, ...]


@bounds.checked(experiment=EXPERIMENT)
@remembered
def follow_digits(experiment: Experiment) -> TenDigits:
    """Send ten digits through an untrained network, and the gradient back, in float64."""
    network = build_network(experiment).double()
    network.train()
    with without_flushing():
        signals = _hidden_signals(network, _ten_inputs())
        norms = _weight_norms(network)
    centred = [signal - signal.mean(dim=0) for signal in signals]
    spreads = tuple(one.square().mean().sqrt().item() for one in centred)
    places = [_place(one) for one in centred]
    for before, after in itertools.pairwise(places):
        after *= 1.0 if float(before @ after) >= 0 else -1.0
    return TenDigits(spreads, tuple(tuple(one.tolist()) for one in places), norms)


def _ten_inputs() -> Tensor:
    """Return the standardised inputs of the first scanned digits, 0 to 9."""
    digits = load_digits()
    inputs = torch.cat([digits.train_inputs, digits.test_inputs])
    size = len(inputs)
    order = numpy.random.RandomState(0).permutation(size).tolist()  # as in ``data``
    return inputs[[order.index(place) for place in range(CLASSES)]].double()


@torch.no_grad()
def _hidden_signals(network: Network, signal: Tensor) -> list[Tensor]:
    signals = []
    for number in range(len(network.hidden)):
        branch = network.branch(number, signal)
        added = network.residual and signal.shape == branch.shape
        signal = signal + branch if added else branch
        signals.append(signal)
    return signals


def _weight_norms(network: Network) -> tuple[float, ...]:
    digits = load_digits()
    loss = cross_entropy(network(digits.train_inputs.double()), digits.train_targets)
    weights = [network.get_submodule(name).weight for name in network.hidden]
    gradients = torch.autograd.grad(loss, weights)  # type: ignore[arg-type]
    return tuple(gradient.norm().item() for gradient in gradients)


def _place(centred: Tensor) -> Tensor:
    """Return each row's place along the direction of the largest differences, at most 1."""
    largest = centred.abs().max()
    scaled = centred / largest if largest > 0 else centred
    left, sizes, _right = torch.linalg.svd(scaled, full_matrices=False)
    places: Tensor = left[:, 0] * sizes[0]
    return torch.div(places, places.abs().max().clamp(min=1e-300))


@dataclass(frozen=True)
class Angles:
    """Hold the angle in degrees between two signals: at the input, then behind each layer."""

    degrees: tuple[float, ...]


@bounds.checked(network=NETWORK)
@remembered
def angle_by_layer(network: TanhNetwork) -> Angles:
    """Send two inputs, 30 degrees apart, through one random tanh network, in float64.

    Each input has a mean square of 1.
    """
    random = torch.Generator(device="cpu").manual_seed(network.seed)

    def draw(variance: float, *shape: int) -> Tensor:
        numbers = torch.randn(shape, generator=random, dtype=torch.float64, device="cpu")
        return numbers * math.sqrt(variance)

    signals = _two_inputs(draw(1.0, network.width, 2))
    degrees = [_degrees(signals)]
    for _layer in range(network.depth):
        weights = draw(network.weight_variance / network.width, network.width, network.width)
        signals = (signals @ weights.T + draw(network.bias_variance, network.width)).tanh()
        degrees.append(_degrees(signals))
    return Angles(tuple(degrees))


@bounds.checked(network=NETWORK, seeds=bounds.whole(1, 100))
def median_angles(network: TanhNetwork, seeds: int = 3) -> tuple[float, ...]:
    """Return the median angle over networks with the random seeds 0, 1, …, layer by layer.

    Raises ``ValueError`` unless seeds is between 1 and 100, and ``TypeError`` for a wrong type.
    """
    settings = {name: value for name, value in vars(network).items() if name != "seed"}
    found = [angle_by_layer(TanhNetwork(**settings, seed=seed)).degrees for seed in range(seeds)]
    return tuple(map(median, zip(*found, strict=True)))


def _two_inputs(drawn: Tensor) -> Tensor:
    """Return two rows of mean square 1, at the first angle, in the plane of two columns."""
    plane = torch.linalg.qr(drawn).Q.T * math.sqrt(len(drawn))
    angle = math.radians(FIRST_ANGLE)
    return torch.stack([plane[0], math.cos(angle) * plane[0] + math.sin(angle) * plane[1]])


def _degrees(signals: Tensor) -> float:
    """Return the angle between two rows; by sines, which keep small ones exact."""
    one, other = signals / signals.norm(dim=1, keepdim=True)
    return math.degrees(2 * math.atan2((one - other).norm().item(), (one + other).norm().item()))


@bounds.checked(kind=bounds.choice(KINDS), factors=bounds.whole(0, 100), seed=SEED)
def plane_product(kind: str, factors: int, seed: int = 0) -> tuple[tuple[float, float], ...]:
    """Multiply random matrices of size 2 × 2; return the two rows of the product.

    kind: "gaussian", entries of variance 1/2, or "orthogonal", a random turn. No factor gives the
    unit matrix, and one more factor multiplies the same product from the left.
    Raises ``ValueError`` for an unknown kind or a number out of bounds.
    """
    random = torch.Generator(device="cpu").manual_seed(seed)
    product = torch.eye(2, dtype=torch.float64)
    for _factor in range(factors):
        drawn = torch.randn(2, 2, generator=random, dtype=torch.float64) / math.sqrt(2)
        if kind == "orthogonal":
            drawn = torch.linalg.qr(drawn).Q
        product = drawn @ product
    first, second = product.tolist()
    return (first[0], first[1]), (second[0], second[1])


def cliff(weight: float) -> tuple[float, float]:
    """Return the loss of a recurrent unit with this weight, and its derivative.

    The unit computes z = w σ(z) - 2.6 for 12 time steps from 0.5 on and should end with σ(z) = 0.7,
    after figure 6 of Pascanu, Mikolov & Bengio 2013. Raises ``ValueError`` or ``TypeError`` for
    what is no number between -100 and 100.
    """
    given = bounds.real(-100.0, 100.0, example=5.0)("weight", weight)
    parameter = torch.tensor(given, dtype=torch.float64, requires_grad=True)
    state = torch.tensor(0.5, dtype=torch.float64)
    for _step in range(STEPS):
        state = parameter * state.sigmoid() + BIAS
    loss = (state.sigmoid() - TARGET).square()
    (slope,) = torch.autograd.grad(loss, [parameter])
    return loss.item(), slope.item()


@bounds.checked(
    start=bounds.real(-100.0, 100.0, example=4.6),
    learning_rate=bounds.real(1e-9, 100.0),
    steps=bounds.whole(0, 1000),
    threshold=bounds.optional(bounds.real(1e-9, 1e9)),
)
def descend_cliff(
    start: float = 4.6, learning_rate: float = 1.0, steps: int = 8, threshold: float | None = None
) -> tuple[float, ...]:
    """Descend by plain gradient descent; return the weight before the first and after every step.

    threshold: the longest gradient that is not clipped; None clips nothing.
    Raises ``ValueError`` for a number out of bounds, and ``TypeError`` for a wrong type.
    """
    weights = [start]
    clip: Callable[[float], float] = _clipped(threshold) if threshold else float
    for _step in range(steps):
        _loss, slope = cliff(max(-100.0, min(100.0, weights[-1])))
        weights.append(weights[-1] - learning_rate * clip(slope))
    return tuple(weights)


def _clipped(threshold: float) -> Callable[[float], float]:
    return lambda slope: max(-threshold, min(threshold, slope))
