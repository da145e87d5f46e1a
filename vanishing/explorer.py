"""Sliders over experiments: live they compute on release, on a page they need no kernel."""

from __future__ import annotations

import inspect
import itertools
import json
import math
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from vanishing.bounds import listed, shown
from vanishing.figures.drawing import Drawing
from vanishing.localisation import N_, _, format_number

if TYPE_CHECKING:
    from vanishing.live import LiveExplorer

LABELS = {
    "activation": N_("Activation function"),
    "batch_size": N_("Batch size"),
    "bias_variance": N_("Bias variance"),
    "blocks": N_("Depth (blocks)"),
    "data": N_("Data set"),
    "depth": N_("Depth (hidden layers)"),
    "epochs": N_("Epochs"),
    "factor": N_("Factor"),
    "factors": N_("Number of factors"),
    "gate_bias": N_("Bias of the gate"),
    "init": N_("Weight initialization"),
    "learning_rate": N_("Learning rate"),
    "length": N_("Sequence length"),
    "momentum": N_("Momentum"),
    "normalization": N_("Normalization"),
    "residual": N_("Residual connections"),
    "seed": N_("Random seed"),
    "spectral_radius": N_("Spectral radius"),
    "step": N_("Training step"),
    "variant": N_("Network variant"),
    "weight_scale": N_("Weight scale"),
    "weight_variance": N_("Weight variance times fan-in"),
    "width": N_("Width (neurons per layer)"),
}
_numbers = itertools.count(1)
MOST_STATES = 2000  # each is a training run when a page is built


@dataclass(frozen=True)
class Explorer:
    """Show the figure that a function draws at the values of its sliders.

    figure_function takes every axis by its name and returns a `Drawing`; axes maps a name to the
    values of its slider, in order.
    """

    figure_function: Callable[..., Drawing]
    axes: Mapping[str, tuple[Any, ...]]

    def label(self, axis: str) -> str:
        """Return the axis' name in the reader's language; an unknown axis keeps its own."""
        return _(LABELS[axis]) if axis in LABELS else axis

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
            error.add_note(f"raised by {_name(self.figure_function)} at {at}")
            raise
        if not isinstance(drawing, Drawing):
            raise TypeError(
                f"{_name(self.figure_function)} must return a drawing, got {shown(drawing)} at "
                f"{at}: end it with return figures.draw_…"
            )
        return drawing

    @cached_property
    def live(self) -> LiveExplorer:
        """Hold the ipywidgets twin, made when a kernel first shows it."""
        from vanishing.live import LiveExplorer

        return LiveExplorer(self)

    def html(self, number: int = 1) -> str:
        """Return the explorer as plain HTML for a page that has explorer.js and vanishing.css.

        number: tells apart the ids of several explorers on one page.
        """
        starts = [self.start(axis) for axis in self.axes]
        default = self.draw(starts).html()
        rows = "".join(self._row(axis, f"vg-explorer-{number}-{axis}") for axis in self.axes)
        return (
            f'<div class="vg-explorer"><div class="vg-axes" hidden>{rows}</div>'
            f'<div class="vg-stage">{default}</div>'
            f'<p class="vg-news" aria-live="polite"></p>'
            f'<script type="application/json">{self._states(default)}</script></div>'
        )

    def _row(self, axis: str, identifier: str) -> str:
        values, start = self.axes[axis], self.start(axis)
        text = escape(value_text(values[start]))
        name = escape(identifier)
        return (
            f'<div class="vg-axis"><label for="{name}">{escape(self.label(axis))}</label>'
            f'<output for="{name}" aria-live="off"><bdi>{text}</bdi></output>'
            f'<input type="range" id="{name}" min="0" max="{len(values) - 1}" step="1" '
            f'value="{start}" aria-valuetext="{text}" autocomplete="off"></div>'
        )

    def _states(self, default: str) -> str:
        """Return what the script needs: each drawing once, and which one each state shows."""
        drawings: dict[str, int] = {default: 0}
        states = []
        for indices in itertools.product(*(range(len(values)) for values in self.axes.values())):
            drawing = self.draw(indices).html()
            states.append(drawings.setdefault(drawing, len(drawings)))
        values = [[value_text(value) for value in axis] for axis in self.axes.values()]
        drawn = ["", *list(drawings)[1:]]  # the page itself holds the default figure
        data = {"values": values, "states": states, "drawings": drawn}
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        if os.environ.get("VANISHING_STATIC") == "1":
            return {"text/html": self.html(next(_numbers)), "text/plain": repr(self)}
        return self.live.mimebundle()

    def __repr__(self) -> str:
        """Return the call that makes this explorer."""
        axes = (f"{name}={list(values)}" for name, values in self.axes.items())
        return f"explore({', '.join([getattr(self.figure_function, '__name__', '…'), *axes])})"


def explore(figure_function: Callable[..., Drawing], **axes: Iterable[Any]) -> Explorer:
    """Make one slider per axis for a function that returns a drawing.

    axes: name of a parameter of `figure_function` -> the values that its slider offers.
    Raises `TypeError` for what is no function or no list, and `ValueError` where there is no axis,
    an axis is empty or no parameter, or there are more than 2,000 combinations of values.
    """
    name = _name(figure_function)
    if not callable(figure_function) or isinstance(figure_function, type):
        raise TypeError(
            f"explore must be given a function, got {shown(figure_function)}: "
            "write one that returns a drawing, and pass its name without parentheses"
        )
    if not axes:
        raise ValueError(f"explore({name}) needs at least one axis, got none: add depth=[2, 5, 10]")
    offered = {axis: _values(axis, values) for axis, values in axes.items()}
    parameters = inspect.signature(figure_function).parameters
    open_ended = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    for axis in offered:
        if axis not in parameters and not open_ended:
            raise ValueError(f"axis {axis} must be a parameter of {name}: {', '.join(parameters)}")
    states = math.prod(map(len, offered.values()))
    if states > MOST_STATES:
        raise ValueError(
            f"the axes must have at most {MOST_STATES} combinations of values, got {states}: "
            "offer fewer values, or fewer axes"
        )
    return Explorer(figure_function, offered)


def _values(axis: str, values: Any) -> tuple[Any, ...]:
    offered = listed(f"axis {axis}", values, "[2, 5, 10]", most=MOST_STATES)
    if not offered:
        raise ValueError(f"axis {axis} must offer at least one value, got none: pass [2, 5, 10]")
    return offered


def _name(function: Any) -> str:
    return getattr(function, "__name__", None) or shown(function)


def value_text(value: object) -> str:
    """Write a slider's value for the reader."""
    if isinstance(value, bool):
        # Translators: the two values of a slider such as "Residual connections".
        return _("yes") if value else _("no")
    return format_number(value) if isinstance(value, int | float) else str(value)
