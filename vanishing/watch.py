"""Watch the gradients of a plain PyTorch loop with one line after ``loss.backward()``."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from torch import nn

from vanishing import bounds, given
from vanishing.diagnose import Diagnosis
from vanishing.diagnosis.parts import LOOKUPS, Part, find_parts, squared_scale
from vanishing.diagnosis.verdicts import LayerEvidence, judge
from vanishing.diagnosis.way_back import norm_of
from vanishing.figures.diagnosis import draw_history

STEP = bounds.whole(0, 10**12)


@dataclass(frozen=True)
class GradientHistory:
    """Hold what each layer received at the recorded steps, as plain data.

    ``records[i][j]`` belongs to ``steps[i]`` and to the j-th layer, in the order of the model's
    definition.
    """

    model: str
    steps: tuple[int, ...] = ()
    records: tuple[tuple[LayerEvidence, ...], ...] = ()

    @bounds.checked(step=bounds.optional(STEP))
    def diagnosis(self, step: int | None = None) -> Diagnosis:
        """Judge a recorded step, the last one by default, by its norms alone.

        They tell that a layer starves or explodes, and less about why than ``diagnose`` does.

        Raises ``ValueError`` for a step that was not recorded.
        """
        if not self.steps or (step is not None and step not in self.steps):
            known = f"{', '.join(map(str, self.steps[-5:]))} at the end" if self.steps else "none"
            raise ValueError(
                f"step must be one that was recorded ({known}), got {step}: "
                "call watch(step) after loss.backward()"
            )
        record = self.records[-1 if step is None else self.steps.index(step)]
        return Diagnosis(self.model, math.nan, judge(record))

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return draw_history(self)._repr_mimebundle_()


class GradientWatch:
    """Remember the gradient norm of every layer while a loop trains a model.

    Write ``watch = GradientWatch(model, every=50)`` before the loop and ``watch(step)`` in it,
    between ``loss.backward()`` and ``optimizer.step()``. The watch reads the parameters and their
    ``.grad`` and changes nothing; it has no hooks. With a gradient scaler, call
    ``scaler.unscale_(optimizer)`` first.
    """

    @bounds.checked(every=bounds.whole(1, 10**12, more="50 for every fiftieth step"))
    def __init__(self, model: nn.Module, every: int = 1) -> None:
        """Find the layers of the model, as ``gradient_profile`` does.

        Raises ``TypeError`` for what is no module, and ``ValueError`` for a model without weights
        or with weights that have no values yet, and for ``every`` below 1.
        """
        model = given.module_of(model)
        find_parts(model)
        self.model: nn.Module = model
        self.every: int = every
        self.history: GradientHistory = GradientHistory(type(model).__name__)

    @bounds.checked(step=STEP)
    def __call__(self, step: int) -> None:
        """Record the gradients of a step whose number is a multiple of ``every``.

        Raises ``TypeError`` for a step that is no whole number, and ``ValueError`` for one that is
        not above the last recorded one and where no layer has a gradient.
        """
        if step % self.every:
            return
        past = self.history
        if past.steps and step <= past.steps[-1]:
            raise ValueError(
                f"step must be above the last recorded one, {past.steps[-1]}, got {step}: count "
                "on through all epochs, or begin a new GradientWatch"
            )
        record = tuple(map(_evidence, find_parts(self.model)[0]))
        if not any(one.connected for one in record):
            raise ValueError(
                f"at step {step}, at least one weight must have a gradient, got none: call "
                "watch(step) after loss.backward() and before optimizer.zero_grad()"
            )
        self.history = GradientHistory(past.model, (*past.steps, step), (*past.records, record))

    def diagnosis(self, step: int | None = None) -> Diagnosis:
        """Judge a recorded step, the last one by default; see ``GradientHistory.diagnosis``."""
        return self.history.diagnosis(step)


def _evidence(layer: Part) -> LayerEvidence:
    gradients = [weight.grad for weight in layer.weights]
    norm, scale = norm_of(gradients), math.sqrt(sum(map(squared_scale, layer.weights)))
    return LayerEvidence(
        name=layer.name,
        kind=layer.kind,
        gradient_norm=norm,
        weight_norm=norm_of(layer.weights),
        relative_gradient=norm / scale if scale else math.nan,
        dtype=str(layer.weights[0].dtype).removeprefix("torch."),
        frozen=not any(weight.requires_grad for weight in layer.weights),
        connected=any(gradient is not None for gradient in gradients),
        lookup=isinstance(layer.module, LOOKUPS),
    )
