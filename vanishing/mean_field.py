"""Send signals forth and gradients back through wide random tanh layers, for one theory of them."""

import math
from dataclasses import dataclass, replace
from statistics import median

import torch
from torch import Tensor

from vanishing import bounds
from vanishing.experiment import SEED
from vanishing.remembering import remembered

EXAMPLES = 8
SETTLING_LAYERS = 10  # until the variance is near its fixed point


@dataclass(frozen=True, kw_only=True)
class TanhNetwork:
    """Describe square tanh layers at random initialization, whole.

    Weights are drawn from N(0, weight_variance / width), so ``weight_variance`` is the width times
    the variance of one weight; biases from N(0, bias_variance).

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    weight_variance: float
    bias_variance: float = 0.0
    width: int = 256
    depth: int = 40
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be measured."""
        bounds.settle(
            self,
            weight_variance=bounds.real(0.1, 16, "smaller weights", "larger weights"),
            bias_variance=bounds.real(0, 4, "smaller biases", "0 for no biases"),
            width=bounds.whole(1, 1024, "narrower layers", "wider layers"),
            depth=bounds.whole(
                SETTLING_LAYERS + 2,
                200,
                "fewer layers",
                f"at least {SETTLING_LAYERS} layers to settle and one to measure",
            ),
            seed=SEED,
        )


NETWORK = bounds.a(TanhNetwork, "TanhNetwork(weight_variance=1.5)")


@dataclass(frozen=True)
class Propagation:
    """Hold one number per layer, in forward order.

    ``lengths`` are the variances q (Poole's "length"): the mean squares of the pre-activations,
    weights times signal plus bias, over units and examples. ``gradient_norms`` are the norms of the
    gradient with respect to these, for a random gradient of norm 1 at the last layer. ``ratio`` is
    the mean factor of the squared norm per layer, going back, without the first layers, in which
    the signal still settles.
    """

    lengths: tuple[float, ...]
    gradient_norms: tuple[float, ...]
    ratio: float


@bounds.checked(network=NETWORK)
@remembered
def propagate(network: TanhNetwork) -> Propagation:
    """Measure one random network, in float64: the signal forth, the gradient back.

    The inputs of the first layer are drawn from N(0, 1).
    """
    random = torch.Generator(device="cpu").manual_seed(network.seed)
    pre_activations = _pre_activations(network, random)
    last = pre_activations[-1]
    sent = torch.randn(last.shape, generator=random, dtype=torch.float64)
    arrived = torch.autograd.grad(last, pre_activations, sent / sent.norm())
    norms = [gradient.norm().item() for gradient in arrived]
    first = norms[SETTLING_LAYERS]
    ratio = (first / norms[-1]) ** (2 / (network.depth - 1 - SETTLING_LAYERS))
    lengths = tuple(layer.detach().square().mean().item() for layer in pre_activations)
    return Propagation(lengths, tuple(norms), ratio)


@bounds.checked(
    network=NETWORK, seeds=bounds.whole(1, 1000, "fewer networks", "one network or more")
)
def median_propagation(network: TanhNetwork, seeds: int = 3) -> Propagation:
    """Measure that many networks, seeds 0, 1, …, and take the median of every number.

    Raises ``ValueError`` unless seeds is between 1 and 1000, and ``TypeError`` for a wrong type.
    """
    runs = [propagate(replace(network, seed=seed)) for seed in range(seeds)]
    lengths = zip(*(run.lengths for run in runs), strict=True)
    norms = zip(*(run.gradient_norms for run in runs), strict=True)
    ratio = median(run.ratio for run in runs)
    return Propagation(tuple(map(median, lengths)), tuple(map(median, norms)), ratio)


def _pre_activations(network: TanhNetwork, random: torch.Generator) -> list[Tensor]:
    """Send random inputs through random layers; each layer gives a tensor (examples, width)."""

    def draw(variance: float, *shape: int) -> Tensor:
        numbers = torch.randn(shape, generator=random, dtype=torch.float64, device="cpu")
        return numbers * math.sqrt(variance)

    signal, layers = draw(1.0, EXAMPLES, network.width).requires_grad_(), []
    for _ in range(network.depth):
        weights = draw(network.weight_variance / network.width, network.width, network.width)
        layers.append(signal @ weights.T + draw(network.bias_variance, network.width))
        signal = layers[-1].tanh()
    return layers
