"""A real detector, YOLO26, built without weights and taken apart: what do its blocks learn from?

Ultralytics, which it comes from, is under the licence AGPL-3.0 and optional: it is imported late.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from statistics import median
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vanishing import bounds
from vanishing.experiment import SEED
from vanishing.probes import norm_of
from vanishing.progress import last_recorded, report
from vanishing.remembering import remembered

ACTIVATIONS = ("SiLU", "sigmoid")
RECORDED = (0, 1, 2, 5, 10)  # besides the last step
CLIP_NORM = 10.0  # as the trainer of Ultralytics does
DRAWING = ("kaiming_uniform_", "uniform_")  # what draws the weights of this network
QUIET = {"YOLO_OFFLINE": "1", "YOLO_VERBOSE": "0", "YOLO_AUTOINSTALL": "0"}


@dataclass(frozen=True, kw_only=True)
class Detector:
    """Describe a YOLO26n with parts removed or replaced, and its training, whole.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    shortcuts: bool = True
    batch_norm: bool = True
    activation: str = "SiLU"
    image_size: int = 64
    images: int = 4
    learning_rate: float = 0.05
    momentum: float = 0.9
    steps: int = 15
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be built or trained."""
        bounds.settle(
            self,
            shortcuts=bounds.flag,
            batch_norm=bounds.flag,
            activation=bounds.choice(ACTIVATIONS),
            image_size=bounds.whole(64, 640),
            images=bounds.whole(2, 64),
            learning_rate=bounds.real(1e-9, 100.0),
            momentum=bounds.real(0.0, 0.999),
            steps=bounds.whole(0, 1000),
            seed=SEED,
        )
        if self.image_size % 32:
            raise ValueError(
                f"image_size must be a multiple of 32, got {self.image_size}: choose 64 or 96"
            )

    @property
    def label(self) -> str:
        """The network's short name, the same in every language: YOLO26, -skip, -BN, sigmoid."""
        removed = ("" if self.shortcuts else " -skip") + ("" if self.batch_norm else " -BN")
        name = "sigmoid" if self.activation == "sigmoid" else ""
        return f"{name}{removed}".strip() or "YOLO26"


@dataclass(frozen=True)
class DetectorRun:
    """Hold what the blocks of a detector received at some steps, and its loss at every step.

    ``gradient_norms[i][j]`` is the Euclidean norm of the gradient with respect to all convolution
    weights of block ``blocks[j]`` of the yaml file after ``steps[i]`` updates; ``losses[i]`` is the
    loss per image after ``i`` updates.
    """

    blocks: tuple[int, ...]
    steps: tuple[int, ...]
    gradient_norms: tuple[tuple[float, ...], ...]
    losses: tuple[float, ...]

    @bounds.checked(step=bounds.whole(0, 1000))
    def norms_at(self, step: int) -> dict[int, float]:
        """Return block -> gradient norm at the nearest recorded step at or before ``step``.

        Raises ``ValueError`` for a step out of bounds and ``TypeError`` for no whole number.
        """
        norms = self.gradient_norms[last_recorded(self.steps, step)]
        return dict(zip(self.blocks, norms, strict=True))


DETECTOR = bounds.a(Detector, "Detector()")
RUNS = bounds.several(
    bounds.a(DetectorRun, "watch_detector(Detector())"), "watch_seeds(Detector())"
)

VARIANTS = {
    detector.label: detector
    for detector in (
        Detector(),
        Detector(shortcuts=False),
        Detector(batch_norm=False),
        Detector(shortcuts=False, batch_norm=False),
        Detector(activation="sigmoid"),
    )
}


def load_ultralytics() -> ModuleType:
    """Import Ultralytics offline and without traces, or return it where it is imported already.

    Its import looks for a network, writes a settings file, changes environment variables, print
    options, warning filters and ``torch.save``. Here it finds no network, its settings lie in a
    temporary folder and do not allow reports (``sync``), and everything else is put back.

    Raises ``ModuleNotFoundError`` where it is not installed.
    """
    if imported := sys.modules.get("ultralytics"):
        return imported
    _look_for_ultralytics()
    with _untouched():
        os.environ.update(QUIET, YOLO_CONFIG_DIR=_settings_folder().name)
        module = import_module("ultralytics")
        module.settings.update(sync=False)
        _ = module.YOLO  # loads the rest of what we use
    return module


def _look_for_ultralytics() -> None:
    if "ultralytics" not in sys.modules and find_spec("ultralytics") is None:
        raise ModuleNotFoundError(
            "the detector needs the package ultralytics (licence AGPL-3.0), which is not "
            "installed: run pip install ultralytics",
            name="ultralytics",
        )


@cache
def _settings_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ultralytics-")  # removed when Python ends


@contextmanager
def _untouched() -> Iterator[None]:
    """Put back what importing or building a model of Ultralytics changes in the process."""
    environment, save = dict(os.environ), torch.save
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(numpy.printoptions())
        stack.enter_context(torch._tensor_str.printoptions())
        try:
            yield
        finally:
            torch.save = save
            for name in set(os.environ) - set(environment):
                del os.environ[name]
            os.environ.update(environment)


@bounds.checked(detector=DETECTOR)
def build_detector(detector: Detector) -> nn.Module:
    """Build the network of ``yolo26n.yaml`` with random weights and apply the variant's changes.

    The global random state is left alone.
    """
    ultralytics = load_ultralytics()
    with _untouched(), _Seeded(detector.seed):
        network: Any = ultralytics.YOLO("yolo26n.yaml").model
    network.args = SimpleNamespace(**_plain(network.args))
    if not detector.shortcuts:
        remove_shortcuts(network)
    if not detector.batch_norm:
        remove_batch_norm(network)
    if detector.activation == "sigmoid":
        replace_activation(network, nn.Sigmoid())
    network.train()
    assert isinstance(network, nn.Module)
    return network


class _Seeded(TorchFunctionMode):
    """Let initializers in this thread draw from a generator of their own, as from the global one.

    Nothing of Ultralytics takes a generator, and whoever draws meanwhile must not meet its seed.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = torch.Generator(device="cpu").manual_seed(seed)

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        drawing = getattr(function, "__name__", "") in DRAWING
        own = {"generator": self._random} if drawing else {}
        return function(*args, **{**(kwargs or {}), **own})


def _plain(settings: Any) -> dict[str, Any]:
    return settings if isinstance(settings, dict) else vars(settings)


def remove_shortcuts(network: nn.Module) -> int:
    """Switch off every addition of a block's input to its output; return how many there were.

    Concatenations, which also carry the signal past a block, stay.
    """
    added = [module for module in network.modules() if getattr(module, "add", False) is True]
    for module in added:
        module.add = False  # type: ignore[assignment]
    return len(added)


def remove_batch_norm(network: nn.Module) -> int:
    """Replace every batch normalization by the identity; return how many there were.

    The convolutions before it have no bias, and get none.
    """
    normed = [m for m in network.modules() if isinstance(getattr(m, "bn", None), nn.BatchNorm2d)]
    for module in normed:
        module.bn = nn.Identity()
    return len(normed)


def replace_activation(network: nn.Module, activation: nn.Module) -> int:
    """Put ``activation`` in the place of every SiLU; return how many there were."""
    active = [m for m in network.modules() if isinstance(getattr(m, "act", None), nn.SiLU)]
    for module in active:
        module.act = activation
    return len(active)


@bounds.checked(count=bounds.whole(1, 1000), size=bounds.whole(8, 1024), seed=SEED)
def generate_images(count: int, size: int = 64, seed: int = 0) -> dict[str, Tensor]:
    """Draw images of noise with two bright rectangles each, as the batch that YOLO expects.

    ``img`` has the shape (count, 3, size, size) and values around 0.5; the other entries have one
    row per rectangle: ``batch_idx`` the number of its image, ``cls`` its class, always 0, and
    ``bboxes`` its centre, width and height as parts of the image's size.
    """
    random = torch.Generator(device="cpu").manual_seed(seed)
    images = 0.4 + 0.1 * torch.randn(count, 3, size, size, generator=random)
    boxes = []
    for _ in range(2 * count):
        extent = 0.15 + 0.7 * torch.rand(2, generator=random)
        corner = (1 - extent) * torch.rand(2, generator=random)
        boxes.append((torch.stack([corner, corner + extent]) * size).round().int())
    for number, box in enumerate(boxes):
        (left, top), (right, bottom) = box.tolist()
        images[number // 2, :, top:bottom, left:right] += 0.4
    corners = torch.stack(boxes).float() / size
    return {
        "img": images,
        "batch_idx": torch.arange(count).repeat_interleave(2).float(),
        "cls": torch.zeros(2 * count, 1),
        "bboxes": torch.cat([corners.mean(dim=1), corners[:, 1] - corners[:, 0]], dim=1),
    }


def block_norms(network: nn.Module) -> dict[int, float]:
    """Map a block of the yaml file to the norm of the gradient of all its convolution weights.

    Blocks without convolutions are left out; the gradient must be there (after ``backward``).
    """
    norms = {}
    blocks: Any = network.model
    for number, block in enumerate(blocks):
        weights = [module.weight for module in block.modules() if isinstance(module, nn.Conv2d)]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        if gradients:
            norms[number] = norm_of(gradients)
    return norms


@bounds.checked(detector=DETECTOR)
def watch_detector(detector: Detector) -> DetectorRun:
    """Train a detector on one batch of generated images, or remember how it went.

    Updates are SGD with momentum on the loss per image; a gradient longer than 10 is scaled down to
    that length. The version of Ultralytics is part of what is remembered.
    """
    _look_for_ultralytics()
    return _trained(detector, version("ultralytics"))


@remembered
def _trained(detector: Detector, ultralytics_version: str) -> DetectorRun:
    network: Any = build_detector(detector)
    batch = generate_images(detector.images, detector.image_size, detector.seed)
    weights = list(network.parameters())
    optimizer = torch.optim.SGD(
        weights, detector.learning_rate, momentum=detector.momentum, fused=True
    )
    norms: dict[int, dict[int, float]] = {}
    losses = []
    for step in range(detector.steps + 1):
        optimizer.zero_grad()
        parts, _items = network.loss(batch)
        loss = parts.sum() / detector.images
        loss.backward()
        losses.append(loss.item())
        if step in RECORDED or step == detector.steps:
            norms[step] = block_norms(network)
        nn.utils.clip_grad_norm_(weights, CLIP_NORM, foreach=True)
        optimizer.step()
        report(step, detector.steps)
    rows = tuple(tuple(blocks.values()) for blocks in norms.values())
    return DetectorRun(tuple(norms[0]), tuple(norms), rows, tuple(losses))


@bounds.checked(runs=RUNS, step=bounds.whole(0, 1000))
def median_norms(runs: list[DetectorRun], step: int = 0) -> dict[int, float]:
    """Return block -> the median over runs of the gradient norm after ``step`` updates."""
    norms = [run.norms_at(step) for run in runs]
    return {block: median(blocks[block] for blocks in norms) for block in runs[0].blocks}


@bounds.checked(detector=DETECTOR, seeds=bounds.several(SEED, "(0, 1, 2)"))
def watch_seeds(detector: Detector, seeds: tuple[int, ...] = (0, 1, 2)) -> list[DetectorRun]:
    """Train a detector once for each random seed, which draws its weights and its images."""
    return [watch_detector(replace(detector, seed=seed)) for seed in seeds]


@bounds.checked(runs=RUNS)
def median_losses(runs: list[DetectorRun]) -> list[float]:
    """Return the median over runs of the loss per image, one value per step."""
    return [median(losses) for losses in zip(*(run.losses for run in runs), strict=True)]
