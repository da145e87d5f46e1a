"""Measure every statement of ``vanishing.theory``, to put the two side by side."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional

from vanishing import bounds
from vanishing.experiment import Experiment
from vanishing.mean_field import TanhNetwork, median_propagation
from vanishing.networks import build_network
from vanishing.probes import gradient_profile
from vanishing.products import FORMATS
from vanishing.remembering import remembered
from vanishing.reproducible import without_flushing
from vanishing.residual import Stack, growth
from vanishing.theory import PREDICTIONS, Prediction

# In the first layers the signal still shrinks from the size of the inputs to that of the theory.
FIRST_LAYERS = 5
STEPS = 50  # of a recurrent network
BLOCKS = 54  # of the residual network of Veit, Wilber & Belongie (2016)


@dataclass(frozen=True)
class Measured:
    """Hold one measured number; a wrapper, so that it can be remembered."""

    value: float


@dataclass(frozen=True)
class Comparison:
    """Hold a prediction beside its measurement."""

    prediction: Prediction
    measured: float

    @property
    def agrees(self) -> bool:
        """Tell whether the measurement is what is predicted."""
        return self.prediction.agrees_with(self.measured)


COMPARISONS = bounds.several(bounds.a(Comparison, "compare()"), "compare()")


class DisagreementError(AssertionError):
    """Say which measurements are not what is predicted."""


@bounds.checked(
    predictions=bounds.several(bounds.a(Prediction, "one of PREDICTIONS"), "PREDICTIONS")
)
def compare(
    *groups: str, predictions: tuple[Prediction, ...] = PREDICTIONS
) -> tuple[Comparison, ...]:
    """Measure what the predictions of these groups predict; without a name, all of them.

    Raises ``ValueError`` for a group without predictions.
    """
    known = tuple(dict.fromkeys(prediction.group for prediction in predictions))
    for group in groups:
        bounds.choice(known)("group", group)
    chosen = [prediction for prediction in predictions if prediction.group in (groups or known)]
    return tuple(Comparison(prediction, measure(prediction.key)) for prediction in chosen)


@bounds.checked(comparisons=COMPARISONS)
def check(comparisons: tuple[Comparison, ...]) -> int:
    """Return how many comparisons there are, or raise ``DisagreementError`` if one disagrees."""
    failing = [
        f"{row.prediction.key}: predicted {row.prediction.value:g}, measured {row.measured:g}"
        for row in comparisons
        if not row.agrees
    ]
    if failing:
        raise DisagreementError("not as predicted: " + "; ".join(failing))
    return len(comparisons)


def measure(key: str) -> float:
    """Measure what the prediction with that key predicts.

    Raises ``ValueError`` for a key that nothing measures.
    """
    return MEASUREMENTS[bounds.choice(MEASUREMENTS)("key", key)]().value


_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "selu": functional.selu,
}


@remembered
def least_slope(activation: str) -> Measured:
    """Find the smallest derivative that autograd gives between -8 and 8, in steps of 0.00005."""
    return Measured(_slopes_of(activation).min().item())


@remembered
def largest_slope(activation: str) -> Measured:
    """Find the largest derivative that autograd gives between -8 and 8, in steps of 0.00005."""
    return Measured(_slopes_of(activation).max().item())


def _slopes_of(activation: str) -> Tensor:
    points = torch.linspace(-8, 8, 320_001, dtype=torch.float64, requires_grad=True)
    (slopes,) = torch.autograd.grad(_FUNCTIONS[activation](points).sum(), [points])
    return slopes


@remembered
def underflow(dtype: str) -> Measured:
    """Count how often 1 must be multiplied by 0.25 in that format until exactly 0 is left."""
    with without_flushing():
        number, times = torch.ones((), dtype=FORMATS[dtype]), 0
        while number.item() != 0:
            number, times = number * 0.25, times + 1
    return Measured(times)


@remembered
def layer_ratio(
    activation: str,
    init: str,
    normalization: str = "none",
    seeds: int = 5,
    first_seed: int = 0,
) -> Measured:
    """Measure the squared gradient norm's factor per layer, going back: the geometric mean.

    16 hidden layers of width 512 on 256 random inputs; the first five layers are left out.
    """
    numbers = range(first_seed, first_seed + seeds)
    logs = [_log_ratio(activation, init, normalization, seed) for seed in numbers]
    return Measured(math.exp(sum(logs) / len(logs)))


def _log_ratio(activation: str, init: str, normalization: str, seed: int) -> float:
    experiment = Experiment(
        activation=activation,
        init=init,
        normalization=normalization,
        depth=16,
        width=512,
        seed=seed,
        learning_rate=0.1,
        epochs=1,
    )
    random = torch.Generator(device="cpu").manual_seed(seed)
    inputs = torch.randn(256, 64, generator=random, device="cpu")
    targets = torch.randint(10, (256,), generator=random, device="cpu")
    norms = gradient_profile(build_network(experiment), inputs, targets).signal_norms
    first, last = norms[FIRST_LAYERS], norms[-2]
    return 2 * math.log(first / last) / (len(norms) - 2 - FIRST_LAYERS)


def _mean_field(weight_variance: float) -> TanhNetwork:
    return TanhNetwork(weight_variance=weight_variance, bias_variance=0.05, width=256, depth=40)


def settled_length(weight_variance: float) -> Measured:
    """Measure the mean squared pre-activation in the last 20 of 40 tanh layers of width 256.

    The bias variance is 0.05, and there are eight random inputs; the median of five networks.
    """
    lengths = median_propagation(_mean_field(weight_variance), seeds=5).lengths[-20:]
    return Measured(sum(lengths) / len(lengths))


def tanh_ratio(weight_variance: float) -> Measured:
    """Measure the squared gradient norm's factor per layer in such networks: the median of five."""
    return Measured(median_propagation(_mean_field(weight_variance), seeds=5).ratio)


def block_growth(order: str) -> Measured:
    """Measure by what unscaled residual blocks multiply the mean square: the median of five stacks.

    Blocks 21 to 50 of width 256 on 256 random inputs; ``order`` is that of
    ``vanishing.residual.Stack``.
    """
    stacks = [Stack(blocks=50, width=256, order=order, seed=seed) for seed in range(5)]
    return Measured(median(growth(stack).factor(20) for stack in stacks))


@remembered
def matrix_rate(seeds: int = 3) -> Measured:
    """Measure by how much a random 64 × 64 matrix stretches volumes: ln|det| / 64, in nats.

    Its entries are drawn from N(0, 1/64); the mean of 200 matrices for each seed.
    """
    rates = []
    for seed in range(seeds):
        random = torch.Generator(device="cpu").manual_seed(seed)
        matrices = torch.randn(200, 64, 64, generator=random, dtype=torch.float64) / 8
        rates.append(torch.linalg.slogdet(matrices).logabsdet.mean().item() / 64)
    return Measured(sum(rates) / len(rates))


@remembered
def path_length_mean(paths: int = 200_000) -> Measured:
    """Flip a coin for each of 54 blocks, branch or no branch; return the mean length of paths."""
    return Measured(_path_lengths(paths).mean().item())


@remembered
def path_length_share(paths: int = 200_000) -> Measured:
    """Do so, and return the share of paths that pass 19 to 35 branches."""
    lengths = _path_lengths(paths)
    return Measured(((lengths >= 19) & (lengths <= 35)).double().mean().item())


def _path_lengths(paths: int) -> Tensor:
    random = torch.Generator(device="cpu").manual_seed(0)
    coins = torch.randint(2, (paths, BLOCKS), generator=random, device="cpu", dtype=torch.int8)
    return coins.sum(dim=1).double()


@remembered
def recurrent_norm(activation: str, radius: float) -> Measured:
    """Send a gradient of norm 1 back through 50 steps of h = φ(W·h), in float64.

    W is ``radius`` times a random orthogonal matrix of width 32; h starts from N(0, 1).
    """
    random = torch.Generator(device="cpu").manual_seed(0)
    weights = torch.empty(32, 32, dtype=torch.float64, device="cpu")
    nn.init.orthogonal_(weights, gain=radius, generator=random)
    start = torch.randn(32, generator=random, dtype=torch.float64, device="cpu").requires_grad_()
    state: Tensor = start
    for _ in range(STEPS):
        state = weights @ state
        state = state.tanh() if activation == "tanh" else state
    sent = torch.randn(32, generator=random, dtype=torch.float64, device="cpu")
    (arrived,) = torch.autograd.grad(state, [start], sent / sent.norm())
    return Measured(arrived.norm().item())


@remembered
def cell_path(forget_bias: float) -> Measured:
    """Differentiate the last cell state of ``nn.LSTM`` by the first one, through 50 steps.

    All weights are 0, and so are all biases but the forget gate's, one of PyTorch's two parts.
    """
    lstm = nn.LSTM(1, 1, dtype=torch.float64, device="cpu")
    with torch.no_grad():
        for parameter in lstm.parameters():
            parameter.zero_()
        # The order of the gates: input, forget, cell, output.
        lstm.get_parameter("bias_ih_l0")[1] = forget_bias
    first = torch.zeros(1, 1, 1, dtype=torch.float64, device="cpu", requires_grad=True)
    inputs = torch.zeros(STEPS, 1, 1, dtype=torch.float64, device="cpu")
    _outputs, (_hidden, last) = lstm(inputs, (torch.zeros_like(first), first))
    (arrived,) = torch.autograd.grad(last.sum(), [first])
    return Measured(arrived.item())


def _measurements() -> dict[str, Callable[[], Measured]]:
    slopes = {f"slopes/{name}-max": partial(largest_slope, name) for name in _FUNCTIONS}
    least = {f"slopes/{name}-min": partial(least_slope, name) for name in ("gelu", "silu")}
    formats = {f"underflow/{name}": partial(underflow, name) for name in FORMATS}
    layers = [prediction.key for prediction in PREDICTIONS if prediction.group == "layers"]
    names = [key.partition("/")[2] for key in layers]
    pairs = [name.split("-") for name in names]
    return {
        **slopes,
        **least,
        **formats,
        **{f"layers/{name}-{init}": partial(layer_ratio, name, init) for name, init in pairs},
        "mean-field/length-2.5": partial(settled_length, 2.5),
        **{f"mean-field/chi-{value}": partial(tanh_ratio, value) for value in (0.5, 1.76, 4.0)},
        **{
            f"blocks/relu-{name}": partial(layer_ratio, "relu", "he", name)
            for name in ("batch", "layer", "rms")
        },
        "products/gaussian-mean": matrix_rate,
        "blocks/unscaled-sum": partial(block_growth, "linear_last"),
        "blocks/unscaled-relu-sum": partial(block_growth, "relu_last"),
        "blocks/path-mean": path_length_mean,
        "blocks/path-share": path_length_share,
        "recurrence/linear-0.9": partial(recurrent_norm, "linear", 0.9),
        "recurrence/linear-1.1": partial(recurrent_norm, "linear", 1.1),
        "recurrence/tanh-0.9": partial(recurrent_norm, "tanh", 0.9),
        **{f"recurrence/lstm-{bias}": partial(cell_path, bias) for bias in (0, 1, 2)},
    }


MEASUREMENTS = _measurements()
