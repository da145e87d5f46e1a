"""Sliders over experiments: live they compute on release, on a page they need no kernel."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from IPython.display import display

from vanishing import recipes
from vanishing.bounds import listed, shown
from vanishing.figures.drawing import Drawing
from vanishing.live import LiveExplorer
from vanishing.sliders import Sliders, gallery

FIRST_FIGURE = 600.0  # seconds for which a cell waits for it
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
        return LiveExplorer(self.sliders, self.draw, repr(self))

    def html(self, number: int = 1) -> str:
        """Return the explorer as plain HTML for a page that has explorer.js and vanishing.css.

        number: tells apart the ids of several explorers on one page.
        """
        return self.sliders.html([one.html() for one in self._drawings()], number)

    @property
    def sliders(self) -> Sliders:
        """The sliders alone, without what they draw."""
        return Sliders(self.axes, {axis: self.start(axis) for axis in self.axes})

    def _drawings(self) -> Iterator[Drawing]:
        return map(self.draw, self.sliders.states())

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        if recipes.wanted():
            kept = (drawing.recipe for drawing in self._drawings())
            return recipes.bundle(gallery(self.sliders, kept, next(_numbers), repr(self)))
        return self.live.mimebundle()

    def _ipython_display_(self) -> None:
        """Show the sliders at once and the first figure before the cell ends."""
        if recipes.wanted():
            raise NotImplementedError  # IPython then asks for the mime bundle
        display(self.live.mimebundle(), raw=True)  # type: ignore[no-untyped-call]
        self.live.wait(FIRST_FIGURE)

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
