"""Ask what a loss makes of a model's outputs: whether others are better, which are right."""

import math
from typing import Any

import torch
from torch import Tensor

from vanishing.calling import Loss, lost


def try_others(
    loss: Loss, outputs: Any, targets: Any, value: float
) -> tuple[bool | None, bool | None]:
    """Say whether other outputs of the same shape lower the loss, and whether they change it.

    None: it cannot be told.
    """
    if not math.isfinite(value) or not isinstance(outputs, Tensor):
        return None, None
    tried = (factor * outputs.detach() + shift for factor, shift in _OTHERS)
    try:
        with torch.no_grad():
            losses = [float(lost(loss, other, targets)) for other in tried]
    except (RuntimeError, TypeError, ValueError):
        return None, None
    least = value - 1e-2 * max(abs(value), 0.1)
    better = min((one for one in losses if math.isfinite(one)), default=value) < least
    return better, any(not abs(one - value) <= 1e-6 * max(abs(value), 1.0) for one in losses)


_OTHERS = (
    *((0.0, 0.0), (-1.0, 0.0), (0.1, 0.0), (0.0, 1.0), (0.0, -1.0), (0.0, 0.5)),
    *((1.0, 100.0), (1.0, -100.0)),  # far away, where a sigmoid is flat as well
)


def right_answers(outputs: Any, targets: Any) -> tuple[int, int]:
    """Return for how many of how many labels the largest output is the right one, if known."""
    if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor):
        return 0, 0
    has_classes = outputs.dim() > 1 and outputs.shape[1] > 1 and outputs.is_floating_point()
    is_labels = targets.dtype is torch.long and targets.shape == outputs[:, 0].shape
    if not has_classes or not is_labels:
        return 0, 0
    counted = targets >= 0
    right = (outputs.detach().argmax(1) == targets) & counted
    return int(right.sum()), int(counted.sum())


def are_probabilities(outputs: Any) -> bool:
    """Say whether outputs add up to one over the classes, as those of a softmax do."""
    if not isinstance(outputs, Tensor) or outputs.dim() < 2 or not outputs.is_floating_point():
        return False
    values = outputs.detach().float()
    sums = values.sum(1)
    return values.shape[1] > 1 and bool((values >= 0).all() & ((sums - 1).abs() < 1e-2).all())
