"""The two ways in which sliders show themselves: as widgets, and as a page's plain HTML."""

from __future__ import annotations

import inspect
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from IPython.display import display

from vanishing import recipes
from vanishing.bounds import listed, shown
from vanishing.explorer.live import FIRST_FIGURE, LiveExplorer
from vanishing.explorer.page import Page, Shown, gallery, numbered, plain_name
from vanishing.explorer.sliders import Sliders, name_of, states
from vanishing.figures.drawing import Drawing

_shown: Counter[str] = Counter()  # how many explorers of a name this kernel has shown
_names = Path(__file__).with_name("handles.js").read_text(encoding="utf-8")
NAMED_HANDLES = {"text/html": f"<script>\n{_names}</script>", "text/plain": ""}
MOST_STATES = 2000  # each is a training run when a page is built


class Explorer(Sliders):
    """Show the figure that a function draws at the values of its sliders."""

    @cached_property
    def live(self) -> LiveExplorer:
        """Hold the ipywidgets twin, made when a kernel first shows it."""
        return LiveExplorer(self)

    def html(self, number: int = 1) -> str:
        """Return the explorer as plain HTML for a page that has explorer.js and vanishing.css.

        number: tells apart the ids of several explorers of one function on one page.
        """
        drawings = list(self._drawings())
        shown = [Shown(drawing.html(), drawing.table.csv()) for drawing in drawings]
        recipes = [drawing.recipe for drawing in drawings]
        return self._page().html(shown, numbered(self._name, number), recipes)

    @property
    def _name(self) -> str:
        return plain_name(name_of(self.figure_function))

    def _page(self) -> Page:
        return Page(self.axes, {axis: self.start(axis) for axis in self.axes})

    def _drawings(self) -> Iterator[Drawing]:
        return map(self.draw, states(self.axes))

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        if recipes.wanted():
            kept = (drawing.recipe for drawing in self._drawings())
            _shown[self._name] += 1
            name = numbered(self._name, _shown[self._name])
            return recipes.bundle(gallery(self._page(), kept, name, repr(self)))
        return self.live.mimebundle()

    def _ipython_display_(self) -> None:
        """Show the sliders at once and the first figure before the cell ends."""
        if recipes.wanted():
            raise NotImplementedError  # IPython then asks for the mime bundle
        display(self.live.mimebundle(), raw=True)  # type: ignore[no-untyped-call]
        display(NAMED_HANDLES, raw=True)  # type: ignore[no-untyped-call]
        self.live.wait(FIRST_FIGURE)


def explore(figure_function: Callable[..., Drawing], **axes: Iterable[Any]) -> Explorer:
    """Make one slider per axis for a function that returns a drawing.

    axes: name of a parameter of `figure_function` -> the values that its slider offers.
    Raises `TypeError` for what is no function or no list, and `ValueError` where there is no axis,
    an axis is empty or no parameter, or there are more than 2,000 combinations of values.
    """
    name = name_of(figure_function)
    if not callable(figure_function) or isinstance(figure_function, type):
        raise TypeError(
            f"explore must be given a function, got {shown(figure_function)}: "
            "write one that returns a drawing, and pass its name without parentheses"
        )
    if not axes:
        raise ValueError(f"explore({name}) needs at least one axis, got none: add depth=[2, 5, 10]")
    offered = {axis: _values(axis, values) for axis, values in axes.items()}
    parameters = inspect.signature(figure_function).parameters
    open_ended = any(given.kind is given.VAR_KEYWORD for given in parameters.values())
    for axis in offered:
        if axis not in parameters and not open_ended:
            raise ValueError(f"axis {axis} must be a parameter of {name}: {', '.join(parameters)}")
    combinations = math.prod(map(len, offered.values()))
    if combinations > MOST_STATES:
        raise ValueError(
            f"the axes must have at most {MOST_STATES} combinations of values, got {combinations}: "
            "offer fewer values, or fewer axes"
        )
    return Explorer(figure_function, offered)


def _values(axis: str, values: Any) -> tuple[Any, ...]:
    offered = listed(f"axis {axis}", values, "[2, 5, 10]", most=MOST_STATES)
    if not offered:
        raise ValueError(f"axis {axis} must offer at least one value, got none: pass [2, 5, 10]")
    return offered
