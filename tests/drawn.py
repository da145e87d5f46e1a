"""What a drawing shows, read from its axes, and how a test chooses the words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure

Speak = Callable[[str, Mapping[str, str]], None]


class Drawn(Protocol):
    """Whatever holds a figure of matplotlib."""

    @property
    def figure(self) -> Figure:
        """The figure."""
        ...


def axes_of(drawing: Drawn) -> Axes:
    """Return the first axes."""
    return drawing.figure.axes[0]


def legend_of(drawing: Drawn) -> list[str]:
    """Return the words of the legend, from the first to the last."""
    legend = axes_of(drawing).get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def data_of(drawing: Drawn, line: int = 0) -> tuple[list[float], list[float]]:
    """Return positions and values of one of the lines that have any."""
    lines = [one for one in axes_of(drawing).get_lines() if len(one.get_xdata())]  # type: ignore[arg-type]
    drawn = lines[line]
    return list(map(float, drawn.get_xdata())), list(map(float, drawn.get_ydata()))  # type: ignore[arg-type]
