"""The boxes that a detector finds in its images while it learns, beside the true ones."""

import copy
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from vanishing import bounds
from vanishing.detection import (
    CLIP_NORM,
    DETECTOR,
    Detector,
    build_detector,
    generate_images,
    load_ultralytics,
)
from vanishing.progress import last_recorded, report
from vanishing.remembering import remembered

STEPS = (0, 5, 15, 30)
PER_IMAGE = 2  # there are as many rectangles
SAME = 0.5  # IoU from which on two boxes count as one

Box = tuple[float, float, float, float]
Boxes = tuple[tuple[Box, ...], ...]


@dataclass(frozen=True)
class FoundBoxes:
    """Hold boxes in pixels, as left, top, right and bottom, for every image.

    ``predicted[i][k]`` are the two surest boxes in image ``k`` after ``steps[i]`` updates.
    """

    true: Boxes
    steps: tuple[int, ...]
    predicted: tuple[Boxes, ...]

    @bounds.checked(step=bounds.whole(0, 1000))
    def at(self, step: int) -> Boxes:
        """Return the predicted boxes at the nearest recorded step at or before ``step``."""
        return self.predicted[last_recorded(self.steps, step)]


@bounds.checked(detector=DETECTOR)
def watch_boxes(detector: Detector) -> FoundBoxes:
    """Train a detector as ``watch_detector`` does; keep the boxes after 0, 5, 15 and 30 updates.

    Batch normalization uses the batch's own mean and size for them, as during the training.
    """
    if find_spec("ultralytics") is None:
        load_ultralytics()  # says what to do
    return _watched(detector, version("ultralytics"))


@remembered
def _watched(detector: Detector, ultralytics_version: str) -> FoundBoxes:
    network: Any = build_detector(detector)
    batch = generate_images(detector.images, detector.image_size, detector.seed)
    weights = list(network.parameters())
    optimizer = torch.optim.SGD(
        weights, detector.learning_rate, momentum=detector.momentum, fused=True
    )
    steps, predicted = [], []
    for step in range(detector.steps + 1):
        if step in STEPS:
            steps.append(step)
            predicted.append(_predict(network, batch["img"]))
        optimizer.zero_grad()
        parts, _items = network.loss(batch)
        torch.autograd.backward(parts.sum() / detector.images)
        nn.utils.clip_grad_norm_(weights, CLIP_NORM, foreach=True)
        optimizer.step()
        report(step, detector.steps)
    true = _corners(batch["bboxes"] * detector.image_size).view(detector.images, -1, 4)
    return FoundBoxes(_plain(true), tuple(steps), tuple(predicted))


@torch.no_grad()
def _predict(network: nn.Module, images: Tensor) -> Boxes:
    """Return the surest boxes in each image; the network and its averages stay as they are."""
    tried = copy.deepcopy(network).eval()
    for module in tried.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train()
    scored: Tensor = tried(images)[0].transpose(1, 2)  # centre, size, then a score for each class
    return _plain([_surest(_corners(one[:, :4]), one[:, 4]) for one in scored])


def _corners(centred: Tensor) -> Tensor:
    """Turn centre, width and height into left, top, right and bottom."""
    centre, half = centred[:, :2], centred[:, 2:4] / 2
    return torch.cat([centre - half, centre + half], dim=1)


def _surest(boxes: Tensor, scores: Tensor) -> Tensor:
    """Return the boxes of the best scores, none of which is another one again."""
    chosen: list[Tensor] = []
    for place in scores.argsort(descending=True).tolist():
        if all(_overlap(boxes[place], other) < SAME for other in chosen):
            chosen.append(boxes[place])
        if len(chosen) == PER_IMAGE:
            break
    return torch.stack(chosen)


def _overlap(one: Tensor, other: Tensor) -> float:
    """Return the intersection over union of two boxes."""
    corners = torch.maximum(one[:2], other[:2]), torch.minimum(one[2:], other[2:])
    both = (corners[1] - corners[0]).clamp(min=0).prod()
    areas = [(box[2:] - box[:2]).clamp(min=0).prod() for box in (one, other)]
    return float(both / (areas[0] + areas[1] - both).clamp(min=1e-9))


def _plain(boxes: Tensor | list[Tensor]) -> Boxes:
    return tuple(
        tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in one.tolist())
        for one in boxes
    )
