"""Draw the picture that a shared link shows: a page's title over the curves of its first figure."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.lines import Line2D

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # no bold Chinese is no fault

WIDTH, HEIGHT = 1200, 630  # pixels, as networks show them
_DOTS = 100
_GROUND, _INK, _FAINT = "#10243d", "#ffffff", "#9fb6d1"
_COLOURS = ("#5ab4e8", "#ff8f4a", "#2fd0a3", "#e59fcb", "#e6b422", "#b0b0b0")
_SIZES = ((58, 26), (48, 32), (40, 40), (32, 50))  # points, letters in a line
_MARGIN, _TITLE_WIDTH, _TITLE_HEIGHT = 60, WIDTH - 120, 250  # pixels
_CURVES = (_MARGIN, 90, WIDTH - _MARGIN, 330)  # left, bottom, right, top
_SHAPING = (3, 11)  # the first matplotlib that joins letters and turns what runs from the right
_FEWEST, _MOST = 5, 6  # points of a curve, curves
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_DESCRIBED = 'role="img" aria-label="'
_PAPER = '<rect width="100%" height="100%" fill="#fff"/>'
_PATH = re.compile(r'<path d="([^"]*)"[^>]*fill:none')
_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")

Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Preview:
    """What a picture shows: a page's title, the book's, the curves of a figure."""

    title: str
    book: str
    direction: str
    curves: tuple[Curve, ...] = ()


def curves_of(html: str) -> tuple[Curve, ...]:
    """Return the curves of the first figure on a page that has some, as points of its drawing."""
    for svg in _SVG.findall(html):
        curves = tuple(curve for data in _PATH.findall(svg) for curve in _polylines(data))
        if curves:
            return curves[:_MOST]
    return ()


def first_figure(html: str) -> str:
    """Return the first drawing on a page, black on white in a file of its own; "" without one.

    A drawing has a description; an icon has none.
    """
    drawings = (svg for svg in _SVG.findall(html) if _DESCRIBED in svg.partition(">")[0])
    return next(drawings, "").replace(">", f">{_PAPER}", 1)


def _polylines(data: str) -> Iterator[Curve]:
    """Yield the lines of a path that only moves and draws straight on, if they bend."""
    here = (0.0, 0.0)
    points: list[tuple[float, float]] = []
    for letter, written in _COMMAND.findall(data):
        numbers = [float(number) for number in _NUMBER.findall(written)]
        if letter not in "MmLl":
            return
        if letter in "Mm":
            yield from _curve(points)
            points = []
        for x, y in zip(numbers[::2], numbers[1::2], strict=False):
            left, top = here if letter.islower() else (0.0, 0.0)
            here = (left + x, top + y)
            points.append(here)
    yield from _curve(points)


def _curve(points: Sequence[tuple[float, float]]) -> Iterator[Curve]:
    if len(set(points)) >= _FEWEST:
        yield tuple(points)


def draw(preview: Preview, fonts: Sequence[Path] = ()) -> bytes:
    """Return the picture as PNG, b"" where no font here can write its words.

    fonts: files with the letters that matplotlib's own font lacks.
    """
    if preview.direction == "rtl" and matplotlib.__version_info__ < _SHAPING:
        return b""
    figure = Figure(figsize=(WIDTH / _DOTS, HEIGHT / _DOTS), dpi=_DOTS, facecolor=_GROUND)
    FigureCanvasAgg(figure)
    families = ["DejaVu Sans", *map(_family, fonts)]
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing")
        try:
            _write(figure, preview, families)
            _draw_curves(figure, preview.curves)
            target = BytesIO()
            figure.savefig(target, format="png", metadata={"Software": None})
        except UserWarning:
            return b""
    return target.getvalue()


def _family(font: Path) -> str:
    """Make a font known to matplotlib; return its name."""
    fontManager.addfont(font)
    return FontProperties(fname=font).get_name()


def _write(figure: Figure, preview: Preview, families: Sequence[str]) -> None:
    right = preview.direction == "rtl"
    x = (WIDTH - _MARGIN if right else _MARGIN) / WIDTH
    common: dict[str, Any] = {
        "family": families,
        "ha": "right" if right else "left",
        "parse_math": False,
    }
    title = figure.text(x, 1 - 56 / HEIGHT, "", va="top", weight="bold", color=_INK, **common)
    for size, letters in _SIZES:
        title.set_text("\n".join(wrap(preview.title, letters)))
        title.set_fontsize(size * 72 / _DOTS)
        box = title.get_window_extent()
        if box.width <= _TITLE_WIDTH and box.height <= _TITLE_HEIGHT:
            break
    if preview.book != preview.title:
        figure.text(x, 32 / HEIGHT, preview.book, size=20, color=_FAINT, **common)


def _draw_curves(figure: Figure, curves: Sequence[Curve]) -> None:
    """Draw the curves in the lower half, as wide as the picture."""
    if not curves:
        return
    left, top = (min(point[axis] for curve in curves for point in curve) for axis in (0, 1))
    right, bottom = (max(point[axis] for curve in curves for point in curve) for axis in (0, 1))
    for colour, curve in zip(_COLOURS, curves, strict=False):
        across = [_between(x, left, right, _CURVES[0], _CURVES[2]) / WIDTH for x, _y in curve]
        upward = [_between(y, bottom, top, _CURVES[1], _CURVES[3]) / HEIGHT for _x, y in curve]
        line = Line2D(across, upward, color=colour, linewidth=5, solid_capstyle="round")
        figure.add_artist(line)


def _between(value: float, low: float, high: float, start: float, end: float) -> float:
    share = (value - low) / (high - low) if high != low else 0.5
    return start + share * (end - start)
