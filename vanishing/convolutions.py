"""Convolutional networks: how signal and gradient pass a stack, and what a small ResNet learns."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from vanishing import bounds
from vanishing.data import Digits, load_digits
from vanishing.experiment import SEED
from vanishing.networks import CLASSES
from vanishing.probes import norm_of
from vanishing.progress import last_recorded, report
from vanishing.remembering import remembered
from vanishing.reproducible import without_flushing
from vanishing.training import STATES, STEP, end_state

SIDE, BATCH, MOMENTUM = 8, 100, 0.9
STARTS = ("He", "channels only", "default")
NORMALIZATIONS = ("none", "batch", "group")
PADDINGS = ("zeros", "circular")
SHORTCUTS = ("none", "zeros", "projection", "always")
_NUMBERS = bounds.several(bounds.number, "(0.1, 0.2)", most=10_000)


def _odd(name: str, value: Any) -> int:
    size = int(bounds.whole(1, 7)(name, value))
    if size % 2 == 0:
        raise ValueError(f"{name} must be odd, got {size}: choose {size - 1} or {size + 1}")
    return size


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Describe a plain stack of convolutional layers with ReLU, before any training.

    Each layer has as many channels as the one before, and images of 8 × 8 positions keep their
    size. ``start`` is the variance of the weights: ``"He"`` 2/n with the whole fan-in n, which is
    channels · kernel², ``"channels only"`` 2/channels, or ``"default"``, PyTorch's 1/(3n).
    ``normalization`` stands in front of each ReLU; group normalization makes ``groups`` groups.
    ``padding`` surrounds the image with zeros, or continues it on its other side (circular).
    ``images`` are drawn from N(0, 1).

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    depth: int = 20
    channels: int = 16
    kernel: int = 3
    start: str = "He"
    normalization: str = "none"
    groups: int = 1
    padding: str = "zeros"
    images: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        bounds.settle(
            self,
            depth=bounds.whole(1, 200, "fewer layers", "more layers"),
            channels=bounds.whole(1, 512, "fewer channels", "more channels"),
            kernel=_odd,
            start=bounds.choice(STARTS),
            normalization=bounds.choice(NORMALIZATIONS),
            groups=bounds.whole(1, 512, "fewer groups", "one group"),
            padding=bounds.choice(PADDINGS),
            images=bounds.whole(2, 1000, "fewer images", "two images"),
            seed=SEED,
        )
        if self.channels % self.groups:
            raise ValueError(
                f"groups must divide the {self.channels} channels, got {self.groups}: "
                f"choose 1 or {self.channels}"
            )

    def at(self, **changes: Any) -> "Filters":
        """Return this stack with some fields changed: ``Filters().at(kernel=5)``.

        Raises ``TypeError`` for a field that does not exist, else as the class does.
        """
        return bounds.changed(self, changes)


FILTERS = bounds.a(Filters, "Filters()")


@dataclass(frozen=True)
class Followed:
    """Hold how a stack passes a signal on and a gradient back, layer by layer.

    ``signal`` is the mean square of the pre-activations of each layer. ``gradient`` is the norm of
    the gradient with respect to them, for a random gradient of norm 1 at the last layer.
    ``rows`` is the mean square behind the last layer for each row of positions, as a share of the
    largest.
    """

    signal: tuple[float, ...]
    gradient: tuple[float, ...]
    rows: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse what no measurement gives."""
        bounds.settle(self, signal=_NUMBERS, gradient=_NUMBERS, rows=_NUMBERS)

    @bounds.checked(first=bounds.whole(0, 198))
    def signal_factor(self, first: int = 0) -> float:
        """Return the mean factor per layer of the mean square, from layer ``first`` (from 0) on."""
        return _mean_factor(self.signal[first:])

    @bounds.checked(first=bounds.whole(0, 198))
    def gradient_factor(self, first: int = 0) -> float:
        """Return the mean factor per layer of the squared norm, going back to layer ``first``."""
        return 1 / _mean_factor([norm**2 for norm in self.gradient[first:]])


@bounds.checked(filters=FILTERS)
@remembered
def follow(filters: Filters) -> Followed:
    """Send random images through a stack of filters, and a random gradient back."""
    random = torch.Generator(device="cpu").manual_seed(filters.seed)
    shape = (filters.images, filters.channels, SIDE, SIDE)
    signal, sums = torch.randn(shape, generator=random, device="cpu"), []
    for _ in range(filters.depth):
        sums.append(_filter(filters, random)(signal).requires_grad_())
        signal = _normalization(filters.normalization, filters.channels, filters.groups)(
            sums[-1]
        ).relu()
    sent = torch.randn(shape, generator=random, device="cpu")
    # The gradient enters at the last pre-activations, behind which there is nothing.
    with without_flushing():
        back = torch.autograd.grad(sums[-1], sums, sent / sent.norm())
        squares = [one.detach().double().square() for one in sums]
        places = squares[-1].mean(dim=(0, 1, 3))
        return Followed(
            tuple(one.mean().item() for one in squares),
            tuple(norm_of([one]) for one in back),
            tuple((places / places.max()).tolist()),
        )


@bounds.checked(filters=FILTERS, seeds=bounds.whole(1, 100))
def median_gradient(filters: Filters, seeds: int = 3) -> tuple[float, ...]:
    """Return the gradient norm of each layer, the median of as many stacks from seed 0 on."""
    runs = [follow(filters.at(seed=seed)).gradient for seed in range(seeds)]
    return tuple(median(norms) for norms in zip(*runs, strict=True))


@dataclass(frozen=True, kw_only=True)
class ImageNetwork:
    """Describe a small ResNet for images of 8 × 8 pixels, and how it is trained, whole.

    It is the network that He et al. 2016 train on CIFAR-10, section 4.2, with fewer channels: a
    convolutional layer, three stages of ``blocks`` blocks with two such layers each, the mean over
    all positions, and a linear layer: 6 · blocks + 2 layers. The first layer of the second and of
    the third stage halves the image, and the channels double.

    ``shortcut`` is ``"none"`` (a plain network), ``"zeros"`` (their option A: where the size
    changes, the path takes every second position and adds channels of zeros), ``"projection"``
    (option B: a 1 × 1 convolution there, the identity elsewhere) or ``"always"`` (option C: a
    1 × 1 convolution in every block). ``start`` is that of ``Filters``; every convolution is
    followed by the ``normalization``, where groups have four channels.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    blocks: int = 2
    shortcut: str = "projection"
    normalization: str = "batch"
    channels: int = 8
    start: str = "He"
    learning_rate: float = 0.1
    clip_norm: float | None = None
    epochs: int = 6
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        bounds.settle(
            self,
            blocks=bounds.whole(1, 18, "fewer blocks", "more blocks"),
            shortcut=bounds.choice(SHORTCUTS),
            normalization=bounds.choice(NORMALIZATIONS),
            channels=bounds.whole(4, 64, "fewer channels", "more channels"),
            start=bounds.choice(STARTS),
            learning_rate=bounds.real(1e-9, 100.0, "a smaller step", "a larger step"),
            clip_norm=bounds.optional(bounds.real(1e-9, 1e9)),
            epochs=bounds.whole(1, 200, "fewer epochs", "at least one epoch"),
            seed=SEED,
        )
        if self.channels % 4:
            raise ValueError(f"channels must be a multiple of 4, got {self.channels}: choose 8")

    def at(self, **changes: Any) -> "ImageNetwork":
        """Return this network with some fields changed: ``ImageNetwork().at(blocks=5)``.

        Raises ``TypeError`` for a field that does not exist, else as the class does.
        """
        return bounds.changed(self, changes)

    @property
    def layers(self) -> int:
        """The number of layers with weights on the main path: 6 · blocks + 2."""
        return 6 * self.blocks + 2


NETWORK = bounds.a(ImageNetwork, "ImageNetwork()")


@dataclass(frozen=True)
class ImageRun:
    """Hold what a training run did, as plain numbers, before it and after it.

    ``gradient_norms[i][j]`` is the norm of the training loss's gradient with respect to the weights
    of layer j of the main path after ``steps[i]`` updates, ``losses`` that loss in nats and
    ``accuracies`` the test accuracy from 0 to 1. ``state`` is that of a ``Run``.
    """

    network: ImageNetwork
    steps: tuple[int, ...]
    gradient_norms: tuple[tuple[float, ...], ...]
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    state: str

    def __post_init__(self) -> None:
        """Refuse what no training gives: lists of unequal length, an unknown state."""
        bounds.settle(
            self,
            network=NETWORK,
            steps=bounds.several(STEP, "(0, 10)", most=10_000),
            gradient_norms=bounds.several(_NUMBERS, "((0.1, 0.2),)", most=10_000),
            losses=_NUMBERS,
            accuracies=bounds.several(bounds.real(0, 1), "(0.1, 0.9)", most=10_000),
            state=bounds.choice(STATES),
        )
        lengths = {len(self.gradient_norms), len(self.losses), len(self.accuracies)}
        if lengths != {len(self.steps)}:
            raise ValueError(
                f"a run must have one value per step, got {len(self.steps)} steps and lists for "
                f"{sorted(lengths)}: pass lists of equal length"
            )

    @bounds.checked(step=STEP)
    def norms_at(self, step: int) -> tuple[float, ...]:
        """Return every layer's gradient norm at the nearest recorded step at or before ``step``."""
        return self.gradient_norms[last_recorded(self.steps, step)]


class Residual(nn.Module):
    """Two convolutional layers with a shortcut around them, and ReLU behind the sum."""

    def __init__(self, network: ImageNetwork, inputs: int, outputs: int) -> None:
        """Build the modules; where the channels double, the image is halved."""
        super().__init__()
        stride = outputs // inputs
        self.first = nn.Sequential(
            _layer(inputs, outputs, 3, stride), _grouped(network, outputs), nn.ReLU()
        )
        self.second = nn.Sequential(_layer(outputs, outputs, 3, 1), _grouped(network, outputs))
        self.shortcut = _shortcut(network, inputs, outputs)

    def forward(self, signal: Tensor) -> Tensor:
        """Compute the block: (number, channels, side, side)."""
        branch: Tensor = self.second(self.first(signal))
        return branch.relu() if self.shortcut is None else (branch + self.shortcut(signal)).relu()


class Zeros(nn.Module):
    """Take every second position, and add as many channels of zeros as there are channels."""

    def forward(self, signal: Tensor) -> Tensor:
        """Compute the path: (number, channels, side, side) -> half the side, twice the channels."""
        half = signal[:, :, ::2, ::2]
        return torch.cat([half, torch.zeros_like(half)], dim=1)


@bounds.checked(network=NETWORK)
def build_images(network: ImageNetwork) -> nn.Sequential:
    """Build a network for images of shape (number, 1, 8, 8); equal ones have equal weights."""
    width = network.channels
    widths = [width * 2**stage for stage in range(3) for _ in range(network.blocks)]
    pairs = zip([width, *widths], widths, strict=False)
    made = nn.Sequential(
        nn.Sequential(_layer(1, width, 3, 1), _grouped(network, width), nn.ReLU()),
        *(Residual(network, inputs, outputs) for inputs, outputs in pairs),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * width, CLASSES, device="meta", dtype=torch.float32).to_empty(device="cpu"),
    )
    random = torch.Generator(device="cpu").manual_seed(network.seed)
    for layer in made.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            _draw(layer.weight, network.start, random)
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.bias)
    return made


@bounds.checked(network=NETWORK)
@remembered
def train_images(network: ImageNetwork) -> ImageRun:
    """Train a network on the digits: SGD with momentum 0.9, in shuffled batches of 100.

    Raises what the ``observer`` of ``vanishing.progress`` raises, such as ``Cancelled``.
    """
    digits, module = _images(), build_images(network)
    last = network.epochs * (len(digits.train_inputs) // BATCH)
    records = []
    for step in _updates(module, network, digits):
        if step in (0, last):
            with without_flushing():
                records.append(_record(module, digits))
        report(step, last)
    norms, losses, accuracies = zip(*records, strict=True)
    state = end_state(losses, accuracies[-1])
    return ImageRun(network, (0, last), norms, losses, accuracies, state)


@bounds.checked(network=NETWORK, seeds=bounds.several(SEED, "(0, 1, 2)"))
def trained_images(network: ImageNetwork, seeds: Sequence[int] = (0, 1, 2)) -> tuple[ImageRun, ...]:
    """Return the run of each random seed."""
    return tuple(train_images(network.at(seed=seed)) for seed in seeds)


@bounds.checked(module=bounds.a(nn.Module, "build_images(network)"))
def main_path(module: nn.Module) -> list[Tensor]:
    """Return the weights of the main path, from the input on: no shortcuts, no normalization."""
    layers = [
        layer
        for name, layer in module.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear) and "shortcut" not in name
    ]
    return [layer.weight for layer in layers]


def _mean_factor(values: Sequence[float]) -> float:
    return math.exp((math.log(values[-1]) - math.log(values[0])) / (len(values) - 1))


def _filter(filters: Filters, random: torch.Generator) -> nn.Conv2d:
    ring = filters.padding == "circular"
    layer = _layer(filters.channels, filters.channels, filters.kernel, 1, ring=ring)
    _draw(layer.weight, filters.start, random)
    return layer


def _layer(inputs: int, outputs: int, kernel: int, stride: int, *, ring: bool = False) -> nn.Conv2d:
    # Born without numbers, so that no one draws them from the global random state.
    return nn.Conv2d(
        inputs,
        outputs,
        kernel,
        stride,
        padding=kernel // 2,
        padding_mode="circular" if ring else "zeros",
        bias=False,
        device="meta",
        dtype=torch.float32,
    ).to_empty(device="cpu")


def _draw(weight: Tensor, start: str, random: torch.Generator) -> None:
    fan_in = weight[0].numel()
    variances = {"He": 2 / fan_in, "channels only": 2 / weight.shape[1], "default": 1 / 3 / fan_in}
    nn.init.normal_(weight, 0.0, math.sqrt(variances[start]), generator=random)


def _normalization(kind: str, channels: int, groups: int) -> nn.Module:
    make: dict[str, Callable[[], nn.Module]] = {
        "none": nn.Identity,
        "batch": lambda: nn.BatchNorm2d(channels, device="cpu", dtype=torch.float32),
        "group": lambda: nn.GroupNorm(groups, channels, device="cpu", dtype=torch.float32),
    }
    return make[kind]()


def _grouped(network: ImageNetwork, channels: int) -> nn.Module:
    return _normalization(network.normalization, channels, channels // 4)


def _shortcut(network: ImageNetwork, inputs: int, outputs: int) -> nn.Module | None:
    if network.shortcut == "none":
        return None
    changes = inputs != outputs
    if network.shortcut == "always" or (network.shortcut == "projection" and changes):
        return nn.Sequential(
            _layer(inputs, outputs, 1, outputs // inputs), _grouped(network, outputs)
        )
    return Zeros() if changes else nn.Identity()


def _images() -> Digits:
    digits = load_digits()
    return Digits(
        digits.train_inputs.view(-1, 1, SIDE, SIDE),
        digits.train_targets,
        digits.test_inputs.view(-1, 1, SIDE, SIDE),
        digits.test_targets,
    )


def _updates(module: nn.Module, network: ImageNetwork, digits: Digits) -> Iterator[int]:
    """Train in place; yield the number of updates done: 0, then 1, and so on."""
    optimizer = torch.optim.SGD(
        module.parameters(), lr=network.learning_rate, momentum=MOMENTUM, foreach=True
    )
    yield 0
    for step, batch in enumerate(_batches(network, len(digits.train_inputs)), start=1):
        module.train()
        optimizer.zero_grad()
        scores = module(digits.train_inputs[batch])
        torch.autograd.backward(cross_entropy(scores, digits.train_targets[batch]))
        if network.clip_norm is not None:
            nn.utils.clip_grad_norm_(module.parameters(), network.clip_norm)
        optimizer.step()
        yield step


def _batches(network: ImageNetwork, size: int) -> Iterator[Tensor]:
    # Another stream of random numbers than the one that drew the weights.
    random = torch.Generator(device="cpu").manual_seed(2**32 + network.seed)
    for _ in range(network.epochs):
        order = torch.randperm(size, generator=random, device="cpu")
        for start in range(0, size - size % BATCH, BATCH):
            yield order[start : start + BATCH]


def _record(module: nn.Module, digits: Digits) -> tuple[tuple[float, ...], float, float]:
    """Measure gradients and loss as in training, with the batch's own averages; then test."""
    module.train()
    averages = [buffer.clone() for buffer in module.buffers()]
    loss = cross_entropy(module(digits.train_inputs), digits.train_targets)
    gradients = torch.autograd.grad(loss, main_path(module))
    for buffer, kept in zip(module.buffers(), averages, strict=True):
        buffer.copy_(kept)
    module.eval()
    with torch.no_grad():
        right = module(digits.test_inputs).argmax(dim=1) == digits.test_targets
    norms = tuple(norm_of([gradient]) for gradient in gradients)
    value = loss.item()
    return norms, value if math.isfinite(value) else math.nan, right.double().mean().item()
