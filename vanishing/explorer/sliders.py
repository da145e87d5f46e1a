"""The sliders of an explorer: what they are called, where they start, what they draw."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vanishing.bounds import shown
from vanishing.figures.drawing import Drawing
from vanishing.figures.labels import worded
from vanishing.localisation import N_, _, format_number

LABELS = {
    "activation": N_("Activation function"),
    "batch_size": N_("Batch size"),
    "bias_variance": N_("Bias variance"),
    "blocks": N_("Depth (blocks)"),
    "branch_scale": N_("Scale of the branches"),
    "constant": N_("Constant of all weights"),
    "data": N_("Data set"),
    "depth": N_("Depth (hidden layers)"),
    "epochs": N_("Epochs"),
    "factor": N_("Factor"),
    "factors": N_("Number of factors"),
    "gate_bias": N_("Bias of the gate"),
    "init": N_("Weight initialization"),
    "kernel": N_("Kernel size"),
    "layer": N_("Layer"),
    "learning_rate": N_("Learning rate"),
    "length": N_("Sequence length"),
    "momentum": N_("Momentum"),
    "noise": N_("Size of the random part"),
    "normalization": N_("Normalization"),
    "optimizer": N_("Optimizer"),
    "residual": N_("Residual connections"),
    "seed": N_("Random seed"),
    "shift": N_("Shift (pixels)"),
    "spectral_radius": N_("Spectral radius"),
    "step": N_("Training step"),
    "variant": N_("Network variant"),
    "weight_scale": N_("Weight scale"),
    "weight_variance": N_("Weight variance times fan-in"),
    "width": N_("Width (neurons per layer)"),
}


@dataclass(frozen=True)
class Sliders:
    """Hold one slider per axis for a function that draws a figure at their values.

    figure_function takes every axis by its name and returns a `Drawing`; axes maps a name to the
    values of its slider, in order.
    """

    figure_function: Callable[..., Drawing]
    axes: Mapping[str, tuple[Any, ...]]

    def start(self, axis: str) -> int:
        """Return the index at which the slider starts: the function's default, else the middle."""
        values = self.axes[axis]
        default = inspect.signature(self.figure_function).parameters.get(axis)
        if default is not None and default.default in values:
            return values.index(default.default)
        return len(values) // 2

    def draw(self, indices: Iterable[int]) -> Drawing:
        """Call the figure function with one value per axis."""
        pairs = zip(self.axes.items(), indices, strict=True)
        chosen = {name: values[index] for (name, values), index in pairs}
        at = ", ".join(f"{name}={shown(value)}" for name, value in chosen.items())
        try:
            drawing = self.figure_function(**chosen)
        except Exception as error:
            error.add_note(f"raised by {name_of(self.figure_function)} at {at}")
            raise
        if not isinstance(drawing, Drawing):
            raise TypeError(
                f"{name_of(self.figure_function)} must return a drawing, got {shown(drawing)} at "
                f"{at}: end it with return figures.draw_…"
            )
        return drawing

    def __repr__(self) -> str:
        """Return the call that makes this explorer."""
        axes = (f"{name}={list(values)}" for name, values in self.axes.items())
        return f"explore({', '.join([getattr(self.figure_function, '__name__', '…'), *axes])})"


def states(axes: Mapping[str, tuple[Any, ...]]) -> Iterator[tuple[int, ...]]:
    """Yield the index of each axis' value, for every state; the last axis moves first."""
    return itertools.product(*(range(len(values)) for values in axes.values()))


def label(axis: str) -> str:
    """Return an axis' name in the reader's language; an unknown axis keeps its own."""
    return _(LABELS[axis]) if axis in LABELS else axis


def value_text(value: object) -> str:
    """Write a slider's value for the reader: a number with all of its digits."""
    if isinstance(value, bool):
        # Translators: the two values of a slider such as "Residual connections".
        return _("yes") if value else _("no")
    if not isinstance(value, int | float):
        return worded(str(value))
    text = format_number(value)
    return text if not math.isfinite(value) or float(text) == value else f"{value:.12g}"


def name_of(function: Any) -> str:
    """Return what a function is called, or what stands for it."""
    return getattr(function, "__name__", None) or shown(function)
