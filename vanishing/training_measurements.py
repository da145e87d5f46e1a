"""Measure every statement of ``vanishing.training_theory``, to put the two side by side."""

from collections.abc import Callable, Iterable
from statistics import median

import torch
from torch import Tensor, nn

from vanishing import bounds
from vanishing.measurements import Comparison, Measured
from vanishing.optimizers import Optimization, optimized
from vanishing.training_theory import TRAINING_PREDICTIONS

GROUPS = tuple(dict.fromkeys(prediction.group for prediction in TRAINING_PREDICTIONS))


def compare_training(*groups: str) -> tuple[Comparison, ...]:
    """Measure what the predictions of these groups predict; without a name, all of them.

    Raises ``ValueError`` for a group without predictions.
    """
    for group in groups:
        bounds.choice(GROUPS)("group", group)
    chosen = [one for one in TRAINING_PREDICTIONS if one.group in (groups or GROUPS)]
    return tuple(Comparison(one, TRAINING_MEASUREMENTS[one.key]().value) for one in chosen)


def momentum_growth() -> Measured:
    """Measure the 200th step of SGD with momentum 0.9 at a gradient of 1, divided by the first."""
    steps = _steps(lambda weights: torch.optim.SGD(weights, lr=0.01, momentum=0.9), [1.0] * 200)
    return Measured(steps[-1] / steps[0])


def small_step() -> Measured:
    """Measure the 100th step of Adam at a gradient of 1e-8, in learning rates."""
    return Measured(_steps(lambda weights: torch.optim.Adam(weights, lr=0.01), [1e-8] * 100)[-1])


def rare_step() -> Measured:
    """Measure Adam's step at a gradient of 1 behind 8,000 gradients of 0, in learning rates."""
    gradients = [0.0] * 8_000 + [1.0]
    return Measured(_steps(lambda weights: torch.optim.Adam(weights, lr=0.01), gradients)[-1])


def first_update() -> Measured:
    """Measure how far Adam's first update moves the middle layer of a plain sigmoid network.

    Five hidden layers of 64 units, learning rate 0.01; the median of three seeds.
    """
    runs = optimized(Optimization(depth=5, epochs=1))
    return Measured(median(run.updates_at(1)[2] for run in runs))


def _steps(
    make: Callable[[list[Tensor]], torch.optim.Optimizer], gradients: Iterable[float]
) -> list[float]:
    """Return how far one weight moves under each gradient, in learning rates of 0.01."""
    weight = nn.Parameter(torch.zeros(1, dtype=torch.float64, device="cpu"))
    optimizer, steps = make([weight]), []
    for gradient in gradients:
        before = weight.item()
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        steps.append(abs(weight.item() - before) / 0.01)
    return steps


TRAINING_MEASUREMENTS: dict[str, Callable[[], Measured]] = {
    "optimizers/momentum-limit": momentum_growth,
    "optimizers/adam-small": small_step,
    "optimizers/adam-rare": rare_step,
    "optimizers/adam-first": first_update,
}
