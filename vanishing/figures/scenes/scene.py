"""A plane for boxes, arrows, cells and words: laid out by code, mirrored where it flows."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Patch, PathPatch
from matplotlib.path import Path

from vanishing.figures.drawing import COLOURS, Picture, fonts
from vanishing.figures.scenes.lines import LINE, SIZE, fitted
from vanishing.figures.svg import own_settings
from vanishing.localisation import direction

Point = tuple[float, float]

BLUE, ORANGE, GREEN, PINK, BROWN, GREY = COLOURS
INK = "black"
SMALL = 12.0  # size of small letters, in pixels of the page
LEVELS = 10  # of opacity, which an SVG of ours has in tenths
MARGIN = 6.0
HEAD = 7.0  # length of an arrow's head


class Scene:
    """Collect what is to be seen, in pixels from the top left; the height grows with it.

    flows: whether what begins left in English begins right where words do.
    """

    def __init__(self, width: float, *, flows: bool = False) -> None:
        """Begin an empty plane, for the language in use."""
        self.width = width
        self.height = 0.0
        self._mirrored = flows and direction() == "rtl"
        self._settings = fonts()
        self._parts: list[Callable[[Axes], object]] = []

    def words(
        self, x: float, y: float, text: str, *, width: float, size: float = SIZE, align: str = ""
    ) -> float:
        """Write words below y, centred on x or from it to one side; return where they end.

        align: "left" or "right": the side of the words that lies at x.
        """
        set_ = fitted(text, width, size)
        here = self._x(x)
        side = _OTHER.get(align, "center") if self._mirrored else align or "center"
        for number, line in enumerate(set_.lines):
            middle = y + LINE * set_.size * (number + 0.5)
            self._text(here, middle, line, set_.size, side)
        return self._down_to(y + set_.height)

    def centred(
        self, x: float, y: float, text: str, *, width: float, size: float = SIZE, align: str = ""
    ) -> None:
        """Write words whose middle is at y."""
        height = fitted(text, width, size).height
        self.words(x, y - height / 2, text, width=width, size=size, align=align)

    def box(
        self,
        x: float,
        y: float,
        text: str,
        *,
        width: float,
        height: float = 0.0,
        size: float = SIZE,
        colour: str = INK,
        strength: float = 0.12,
    ) -> float:
        """Draw a box around words, its top at y and its middle at x; return where it ends.

        strength: opacity of its ground, in its own colour.
        """
        height = max(height, fitted(text, width - 8, size).height + 10)
        left = self._x(x) - width / 2
        place = ((left + 3, y + 3), width - 6, height - 6, "round,pad=3,rounding_size=4")
        self._add(FancyBboxPatch, *place, facecolor=colour, edgecolor="none", alpha=strength)
        self._add(FancyBboxPatch, *place, facecolor="none", edgecolor=colour, linewidth=1.5)
        if text:
            self.centred(x, y + height / 2, text, width=width - 8, size=size)
        return self._down_to(y + height)

    def line(
        self,
        points: Sequence[Point],
        *,
        colour: str = INK,
        width: float = 1.5,
        dashed: bool = False,
        arrow: bool = False,
        opacity: float = 1.0,
    ) -> None:
        """Join points by straight lines; an arrow has its head at the last one."""
        placed = [(self._x(x), y) for x, y in points]
        if arrow:
            tip, placed[-1:] = placed[-1], [_before(placed[-2], placed[-1])]
            self._filled([_head(placed[-1], tip)], colour, opacity)
        style: dict[str, Any] = {"linestyle": (0, (4, 3)) if dashed else "-", "alpha": opacity}
        path = Path(placed)
        self._add(PathPatch, path, facecolor="none", edgecolor=colour, linewidth=width, **style)
        self._down_to(max(y for _x, y in points))

    def strokes(
        self, pairs: Iterable[tuple[Point, Point]], *, width: float, opacity: float = 1.0
    ) -> None:
        """Join each pair of points by a thin line, all as one shape."""
        vertices = [(self._x(x), y) for pair in pairs for x, y in pair]
        codes = [Path.MOVETO, Path.LINETO] * (len(vertices) // 2)
        path = Path(vertices, codes)
        self._add(PathPatch, path, facecolor="none", edgecolor=INK, linewidth=width, alpha=opacity)
        self._down_to(max(y for _x, y in vertices))

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        text: str = "",
        *,
        colour: str = INK,
        opacity: float = 0.12,
    ) -> None:
        """Draw a circle with a sign in it; opacity: of its ground."""
        place = ((self._x(x), y), radius)
        self._add(Circle, *place, facecolor=colour, edgecolor="none", alpha=opacity)
        self._add(Circle, *place, facecolor="none", edgecolor=colour, linewidth=1.5)
        if text:
            self._text(self._x(x), y, text, min(SIZE, 1.5 * radius), "center")
        self._down_to(y + radius)

    def dots(
        self, points: Iterable[Point], radius: float, *, colour: str = INK, opacity: float = 1.0
    ) -> None:
        """Draw small filled discs, all as one shape."""
        corners = 8 if radius < 5 else 14
        outline = [_around(radius, turn / corners) for turn in range(corners)]
        shapes = [[(self._x(x) + dx, y + dy) for dx, dy in outline] for x, y in points]
        self._filled(shapes, colour, opacity)

    def cells(
        self,
        x: float,
        y: float,
        rows: Sequence[Sequence[float]],
        *,
        width: float,
        height: float,
        colour: str = BLUE,
        gap: float = 0.0,
    ) -> float:
        """Draw a table of cells, as opaque as their values from 0 to 1; return where it ends.

        x, y: its top left. width, height: of one cell.
        """
        levels: dict[int, list[list[Point]]] = defaultdict(list)
        for row, values in enumerate(rows):
            for column, count, level in _runs(values, joined=not gap):
                left, top = x + column * width, y + row * height
                right, bottom = left + count * width - gap, top + height - gap
                corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
                levels[level].append([(self._x(at), down) for at, down in corners])
        for level, shapes in sorted(levels.items()):
            if level:
                self._filled(shapes, colour, level / LEVELS)
        return self._down_to(y + len(rows) * height)

    def area(self, points: Sequence[Point], *, colour: str, opacity: float) -> None:
        """Fill a polygon."""
        self._filled([[(self._x(x), y) for x, y in points]], colour, opacity)
        self._down_to(max(y for _x, y in points))

    def space(self, height: float) -> float:
        """Leave room below what is there; return where it ends."""
        return self._down_to(self.height + height)

    def picture(self, description: str, *, from_end: bool = False) -> Picture:
        """Return what was collected as a picture.

        from_end: whether what is told begins where words end, as a gradient does at the loss.
        """
        return Picture(self._figure, description, from_right=from_end is not self._mirrored)

    def _figure(self) -> Figure:
        height = self.height + MARGIN
        with own_settings(**self._settings):
            figure = Figure(figsize=(self.width / 72, height / 72), facecolor="none")
            axes = figure.add_axes((0, 0, 1, 1))
            axes.set_axis_off()
            axes.set(xlim=(0, self.width), ylim=(height, 0))
            for part in self._parts:
                part(axes)
        return figure

    def _filled(self, shapes: Sequence[Sequence[Point]], colour: str, opacity: float) -> None:
        if shapes:
            outlines = [Path([*shape, shape[0]], closed=True) for shape in shapes]
            whole = Path.make_compound_path(*outlines)
            self._add(PathPatch, whole, facecolor=colour, edgecolor="none", alpha=opacity)

    def _add(self, kind: type[Patch], *place: Any, **style: Any) -> None:
        self._parts.append(lambda axes: axes.add_patch(kind(*place, clip_on=False, **style)))

    def _text(self, x: float, y: float, text: str, size: float, side: str) -> None:
        self._parts.append(
            lambda axes: axes.text(
                x, y, text, fontsize=size, ha=side, va="center_baseline", color=INK
            )
        )

    def _x(self, x: float) -> float:
        return self.width - x if self._mirrored else x

    def _down_to(self, y: float) -> float:
        self.height = max(self.height, y)
        return y


def _runs(values: Sequence[float], *, joined: bool) -> list[tuple[int, int, int]]:
    """Return where cells of one level begin, how many they are, and the level."""
    levels = [
        round(LEVELS * min(1.0, max(0.0, value))) if math.isfinite(value) else 0 for value in values
    ]
    if not joined:
        return [(column, 1, level) for column, level in enumerate(levels)]
    runs, column = [], 0
    for level, cells in itertools.groupby(levels):
        count = len(list(cells))
        runs.append((column, count, level))
        column += count
    return runs


_OTHER = {"left": "right", "right": "left"}


def _before(start: Point, tip: Point) -> Point:
    """Return where a line ends whose head reaches from there to the tip."""
    length = math.dist(start, tip) or 1.0
    part = max(0.0, length - HEAD) / length
    return start[0] + part * (tip[0] - start[0]), start[1] + part * (tip[1] - start[1])


def _head(base: Point, tip: Point) -> list[Point]:
    length = math.dist(base, tip) or 1.0
    across = (tip[1] - base[1]) / length * HEAD / 2, (base[0] - tip[0]) / length * HEAD / 2
    left, right = (
        (base[0] + across[0], base[1] + across[1]),
        (base[0] - across[0], base[1] - across[1]),
    )
    return [left, tip, right]


def _around(radius: float, turn: float) -> Point:
    angle = 2 * math.pi * turn
    return radius * math.cos(angle), radius * math.sin(angle)
