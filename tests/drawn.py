"""What a drawing shows, read from its axes; a run to draw, and how a test chooses the words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Protocol

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


def a_run(label: str = "ReLU", state: str = "learned", **changes: Any) -> Any:
    """Make a run by hand: two layers, recorded at steps 0, 1 and 20."""
    norms = ((1e-3, 1e-1), (1e-2, 1.0), (1e-4, 1e-2))
    values: dict[str, Any] = {
        "experiment": SimpleNamespace(label=label),
        "layers": ("hidden", "output"),
        "steps": (0, 1, 20),
        "gradient_norms": norms,
        "losses": (2.3, 2.0, 0.1),
        "accuracies": (0.1, 0.5, 0.973),
        "state": state,
        "norms_at": lambda step: norms[sum(at <= step for at in (0, 1, 20)) - 1],
    }
    return SimpleNamespace(**{**values, **changes})
