"""Charts from plain numbers: axes, lines, bars, legends, marks for what has no place there."""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from vanishing.figures.drawing import COLOURS, Picture, fonts
from vanishing.figures.svg import own_settings
from vanishing.figures.table import Table
from vanishing.localisation import _, direction

Limits = tuple[float, float]

WIDTH, HEIGHT = 440, 380  # pixels of the page; the letters are readable when a phone shows less
LEFT, RIGHT, BOTTOM, ROW = 80, 12, 58, 24  # margins of the axes, height of a row of the legend
LETTERS, LEAST_LETTERS = 15.0, 11.0  # pixels: a legend's letters, and those of a long translation
DASHES = ((), (4, 1.5), (1, 1.2), (5, 1.5, 1, 1.5), (7, 1.5, 1, 1.5, 1, 1.5))
MARKERS = ((8, 0, 22.5), "s", "D", "P", "*", "p", "h")
LEAST_HEIGHT = 68  # of the axes and what stands above the legend
SMALLEST, LARGEST = 1e-307, 1e307  # beyond these, a power of ten has no double
LARGEST_LINEAR = 1e300  # beyond it, so has no round number above the values


@dataclass(frozen=True)
class Series:
    """Hold one line of a chart: its name in the legend, positions and values (any float).

    joined: False draws every value as a point, without a line.
    """

    name: str
    positions: tuple[float, ...]
    values: tuple[float, ...]
    joined: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if not self.values:
            raise ValueError(f"{self.name}: there must be at least one value to draw, got none")
        if not all(map(math.isfinite, self.positions)):
            raise ValueError(f"{self.name}: positions must be finite, got others: leave them out")
        if len(self.positions) != len(self.values):
            raise ValueError(
                f"{self.name}: every value must have its position, got {len(self.values)} values "
                f"and {len(self.positions)} positions: pass lists of equal length"
            )

    @classmethod
    def numbered(cls, name: str, values: Sequence[float], start: int = 1) -> Series:
        """Put values at whole numbers, the first at `start`."""
        return cls(name, tuple(map(float, range(start, start + len(values)))), tuple(values))

    @classmethod
    def of(cls, name: str, values: Mapping[int, float] | Mapping[float, float]) -> Series:
        """Take a mapping from positions to values, in its order."""
        return cls(name, tuple(map(float, values)), tuple(values.values()))

    def where(self, kind: str, *, log: bool = True) -> list[float]:
        """Return the positions of the values of one kind: finite, zero, infinite or nan.

        Zero is a kind of its own on a logarithmic axis only.
        """
        return [position for position, value in self.pairs() if kind_of(value, log) == kind]

    def pairs(self) -> Iterator[tuple[float, float]]:
        """Yield each position with its value."""
        return zip(self.positions, self.values, strict=True)

    def finite(self, *, log: bool = True) -> list[float]:
        """Return the values that have a place on the axis."""
        return [value for value in self.values if kind_of(value, log) == "finite"]


def line_chart(
    series: Sequence[Series],
    *,
    x: str,
    y: str,
    description: str,
    log_x: bool = False,
    log_y: bool = False,
    limits: Limits | None = None,
    marks: Mapping[str, float] | None = None,
    markers: bool | Sequence[bool] = True,
    x_limits: Limits | None = None,
    x_ticks: Sequence[float] | None = None,
    borders: Sequence[float] = (),
) -> Picture:
    """Draw one line per series; zero (on a log axis), NaN and infinity are marked at the edge.

    x, y, description: labels of the axes and alternative text, in the reader's language.
    limits: least range of the y axis, so that several drawings can be compared; data extend it.
    marks: legend text -> value of a dotted horizontal line.
    markers: False for smooth curves; or one for each series.
    x_limits, x_ticks: the x axis, where what matplotlib would choose does not fit.
    borders: positions of vertical lines that part the chart.

    Raises ``ValueError`` without series, for a negative value on a logarithmic axis, and if there
    are not as many markers as series.
    """
    marks = dict(marks or {})
    _check(series, log_y)
    styles = _styles(series, markers)

    def fill(axes: Axes) -> dict[str, Line2D]:
        _set_y(axes, series, [*marks.values(), *(limits or ())], log_y)
        label_axes(axes, x, y)
        _set_x(axes, [at for line in series for at in line.positions], log_x, x_limits, x_ticks)
        for number, line in enumerate(series):
            _add_line(axes, line, number, log_y, styles[number])
        return {line.name: Line2D([], [], **styles[n]) for n, line in enumerate(series)}

    return _picture(series, _odd_names(series, log_y), marks, description, (x, y), fill, borders)


def bar_chart(
    groups: Mapping[str, Mapping[str, float]],
    *,
    y: str,
    description: str,
    x: str = "",
    log_y: bool = False,
    limits: Limits | None = None,
    marks: Mapping[str, float] | None = None,
) -> Picture:
    """Draw bars side by side for each category, every one topped with its group's marker.

    groups: name in the legend -> category -> value. The other arguments are those of `line_chart`.

    Raises ``ValueError`` without groups, and for a negative value on a logarithmic axis.
    """
    marks = dict(marks or {})
    categories = list(dict.fromkeys(name for group in groups.values() for name in group))
    places = {name: float(at) for at, name in enumerate(categories, start=1)}
    series = [
        Series(name, tuple(places[category] for category in group), tuple(group.values()))
        for name, group in groups.items()
    ]
    _check(series, log_y)
    special = _odd_names(series, log_y)

    def fill(axes: Axes) -> dict[str, Line2D]:
        _set_y(axes, series, [*marks.values(), *(limits or ()), *([] if log_y else [0.0])], log_y)
        label_axes(axes, x, y)
        _set_categories(axes, categories)
        for number, bars in enumerate(series):
            _add_bars(axes, bars, number, len(series), log_y)
        styles = [{**style_of(number), "linestyle": "none"} for number in range(len(series))]
        return {bars.name: Line2D([], [], **styles[n]) for n, bars in enumerate(series)}

    return _picture(series, special, marks, description, (x, y), fill, categories=categories)


def _picture(
    series: Sequence[Series],
    special: Mapping[str, str],
    marks: Mapping[str, float],
    description: str,
    labels: tuple[str, str],
    fill: Callable[[Axes], dict[str, Line2D]],
    borders: Sequence[float] = (),
    categories: Sequence[str] = (),
) -> Picture:
    """Return the picture of axes that `fill` fills; it returns the legend's names and lines.

    categories: what the positions 1, 2, … stand for, if they are no numbers.
    """
    _check_room([*(line.name for line in series), *special, *marks])
    settings = fonts()

    def draw() -> Figure:
        with own_settings(**settings):
            axes = empty_axes([line.name for line in series], special, marks)
            lines = fill(axes)
            add_legend(axes, {**lines, **_special_handles(special), **_add_marks(axes, marks)})
            for place in borders:
                axes.axvline(place, color="black", alpha=0.5, linewidth=1)
        return figure_of(axes)

    return Picture(draw, description, _table(series, labels, categories))


def _table(series: Sequence[Series], labels: tuple[str, str], categories: Sequence[str]) -> Table:
    rows = [
        (line.name, categories[int(at) - 1] if categories else at, value)
        for line in series
        for at, value in line.pairs()
    ]
    return Table(("series", *labels), tuple(rows))


def _check(series: Sequence[Series], log: bool) -> None:
    if not series:
        raise ValueError("a chart must have at least one series, got none: pass [Series(…)]")
    for line in series:
        if log and (least := min(line.values, key=_nan_last)) < 0:
            raise ValueError(
                f"{line.name}: values on a logarithmic axis must be at least 0, got {least}: "
                "pass their size, or draw them on a linear axis"
            )


def _nan_last(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _check_room(names: Sequence[str]) -> None:
    rows, most = math.ceil(len(names) / _columns(names)), (HEIGHT - BOTTOM - LEAST_HEIGHT) // ROW
    if rows > most:
        raise ValueError(
            f"a chart must have at most {most} rows of names above it, got {rows}: draw fewer "
            "lines, or give them shorter names"
        )


def empty_axes(*names: Iterable[str]) -> Axes:
    """Return empty axes of a new figure, with room for the legend's names above them."""
    entries = list(itertools.chain(*names))
    rows = math.ceil(len(entries) / _columns(entries))
    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), facecolor="none")
    highest = max((_size_of(figure, name)[1] for name in entries), default=0.0)
    top = HEIGHT - max(8 + ROW * rows, 17 + (highest + 0.35 * LETTERS) * rows)
    axes = figure.add_axes(
        (LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, (top - BOTTOM) / HEIGHT)
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0, pad=6)
    return axes


def label_axes(axes: Axes, x: str, y: str) -> None:
    """Label both axes; a long translation is set smaller rather than cut off."""
    box = axes.get_position()
    room = box.y1 * HEIGHT - 4  # below the legend
    size = min(17, room / (0.62 * letters_in(y)))
    axes.set_xlabel(x, fontsize=min(17, (WIDTH - LEFT) / (0.62 * max(1, letters_in(x)))))
    axes.set_ylabel(y, fontsize=size)
    if 0.62 * size * letters_in(y) > box.height * HEIGHT:  # longer than the axis
        axes.yaxis.label.set_y((box.y1 / 2 - box.y0) / box.height)


def _set_y(axes: Axes, series: Sequence[Series], wanted: Sequence[float], log: bool) -> None:
    """Span the data and what else is wanted, with a band at the edges for special marks."""
    values = [*(value for line in series for value in line.finite(log=log)), *wanted]
    band = 0.03 * (len(series) + 1)  # of the height, for the marks of all series
    below = band if log and any(line.where("zero") for line in series) else 0.0
    odd = [line.where("nan") + line.where("infinite") for line in series]
    (_set_decades if log else _set_linear)(axes, values, below, band if any(odd) else 0.0)
    axes.grid(axis="y", color="black", alpha=0.2, linewidth=0.8)


def _set_decades(axes: Axes, values: Sequence[float], below: float, above: float) -> None:
    """Give the y axis whole powers of ten, at most about seven."""
    first, last = decades(values)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator([10.0**n for n in round_steps(first, last, 6)]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _at: power_of_ten(value)))
    axes.yaxis.set_minor_locator(NullLocator())
    height = (last - first) / (1 - below - above)
    axes.set_ylim(10.0 ** (first - below * height), 10.0 ** (last + above * height))


def decades(values: Sequence[float]) -> tuple[int, int]:
    """Return the exponents of the powers of ten around the values that a log axis can show."""
    low, high = extremes(values) or (0.1, 1.0)
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    return first, max(last, first + 1)


def _set_linear(axes: Axes, values: Sequence[float], below: float, above: float) -> None:
    """Give the y axis round numbers, about six, the outermost of them beyond the data."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = 0.0 if high > low else max(abs(high), 1.0) / 2
    ticks = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(low - margin, high + margin)
    axes.set_yticks(ticks, [plain(tick) for tick in ticks])
    height = (ticks[-1] - ticks[0]) / (1 - below - above)
    axes.set_ylim(ticks[0] - below * height, ticks[-1] + above * height)


def _set_x(
    axes: Axes,
    positions: Sequence[float],
    log: bool,
    limits: Limits | None,
    ticks: Sequence[float] | None,
) -> None:
    low, high = limits or (min(positions), max(positions))
    if log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        ticks = ticks or [10.0**n for n in round_steps(first, last, 7)]
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xticks(ticks, [_power_or_plain(tick) for tick in ticks])
        margin = (high / low) ** 0.03 if high > low else 2.0
        axes.set_xlim(limits or (low / margin, high * margin))
        return
    if ticks is None:
        ticks = MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        ticks = [tick for tick in ticks if low - 1e-9 <= tick <= high + 1e-9]
    axes.set_xticks(ticks, [plain(tick) for tick in ticks])
    margin = 0.03 * (high - low) or 0.5
    axes.set_xlim(limits or (low - margin, high + margin))


def _set_categories(axes: Axes, categories: Sequence[str]) -> None:
    """Name each category below its bars; names too long to stand side by side are set aslant."""
    room = (WIDTH - LEFT - RIGHT) / len(categories)
    longest = max(map(letters_in, categories))
    size = min(15.0, room / (0.62 * longest))
    aslant = size < 12
    size = max(size, 12.0)
    axes.set_xlim(0.5, len(categories) + 0.5)
    axes.set_xticks(range(1, len(categories) + 1), categories, fontsize=size)
    if aslant:
        lift = min(0.5 * 0.62 * size * longest, 100) / HEIGHT
        box = axes.get_position()
        axes.set_position((box.x0, box.y0 + lift, box.width, box.height - lift))
        for text in axes.get_xticklabels():
            text.set(rotation=30, ha="right", rotation_mode="anchor")


def plain(value: float) -> str:
    """Write a tick of a linear axis: 0.125, 20, -1."""
    return f"{round(float(value), 12) + 0.0:.6g}"


def _power_or_plain(value: float) -> str:
    is_power = math.isclose(math.log10(value), round(math.log10(value)), abs_tol=1e-9)
    return power_of_ten(value) if is_power and not 0.01 <= value <= 1000 else plain(value)


def round_steps(first: int, last: int, most: int) -> list[int]:
    """Return multiples of 1, 2, 5, 10, … from `first` to `last`, in at most `most` steps."""
    every = next(n * 10**k for k in range(9) for n in (1, 2, 5) if last - first <= most * n * 10**k)
    return list(range(math.ceil(first / every) * every, last + 1, every))


def power_of_ten(value: float) -> str:
    """Write a power of ten without maths markup, which no label in Arabic survives: 10⁻⁸."""
    exponent = round(math.log10(value))
    digits = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return {0: "1", 1: "10"}.get(exponent, f"10{digits}")


def _add_line(axes: Axes, line: Series, number: int, log: bool, style: Mapping[str, Any]) -> None:
    drawn = [value if kind_of(value, log) == "finite" else math.nan for value in line.values]
    marked = with_markers(drawn, offset=number) if line.joined else None
    axes.plot(line.positions, drawn, markevery=marked, clip_on=False, **style)
    for kind in _SPECIAL:
        _add_special(axes, line.where(kind, log=log), kind, number)


def _add_bars(axes: Axes, bars: Series, number: int, groups: int, log: bool) -> None:
    width = 0.8 / groups
    shift = (number - (groups - 1) / 2) * width
    floor = axes.get_ylim()[0] if log else 0.0
    places = [at + shift for at in bars.where("finite", log=log)]
    values = bars.finite(log=log)
    colour = COLOURS[number % len(COLOURS)]
    heights = [value - floor for value in values]
    axes.bar(places, heights, 0.85 * width, bottom=floor, color=colour, alpha=0.45, linewidth=0)
    axes.plot(places, values, clip_on=False, **{**style_of(number), "linestyle": "none"})
    for kind in _SPECIAL:
        _add_special(axes, [at + shift for at in bars.where(kind, log=log)], kind, number)


def _add_marks(axes: Axes, marks: Mapping[str, float]) -> dict[str, Line2D]:
    """Draw the reference lines, each with its own dots; return them by their legend text."""
    dots = ((2, 3), (6, 3), (1, 2), (8, 2, 2, 2))
    return {
        text: axes.axhline(value, color="black", linewidth=1.2, linestyle=(0, dots[n % len(dots)]))
        for n, (text, value) in enumerate(marks.items())
    }


def _add_special(axes: Axes, positions: Sequence[float], kind: str, number: int) -> None:
    """Mark what has no place on the axis at the axes' edge, in the colour of line `number`."""
    marker, edge, inward = _SPECIAL[kind]
    axes.plot(
        positions,
        [edge + inward * (0.02 + 0.03 * number)] * len(positions),
        transform=axes.get_xaxis_transform(),
        clip_on=False,
        color=COLOURS[number % len(COLOURS)],
        **_mark(marker),
    )


def _mark(marker: str) -> dict[str, Any]:
    return {"marker": marker, "linestyle": "none", "markersize": 8, "markeredgewidth": 1.5}


# kind -> marker, edge of the axes (0 bottom, 1 top), direction in which several networks stack
_SPECIAL: dict[str, tuple[str, float, int]] = {
    "zero": ("v", 0.0, 1),
    "infinite": ("^", 1.0, -1),
    "nan": ("x", 1.0, -1),
}


def _odd_names(series: Sequence[Series], log: bool) -> dict[str, str]:
    """Return legend text -> kind for the special values that occur."""
    names = {
        # Translators: in a legend: the gradient is 0, or too small for the computer's numbers.
        _("zero or underflow"): "zero",
        # Translators: in a legend: the value is too large for the computer's numbers.
        _("infinite (overflow)"): "infinite",
        _("NaN (not a number)"): "nan",
    }
    occurs = {kind for kind in _SPECIAL for line in series if line.where(kind, log=log)}
    return {name: kind for name, kind in names.items() if kind in occurs}


def _special_handles(names: Mapping[str, str]) -> dict[str, Line2D]:
    return {
        name: Line2D([], [], color="black", **_mark(_SPECIAL[kind][0]))
        for name, kind in names.items()
    }


def add_legend(axes: Axes, entries: Mapping[str, Line2D]) -> None:
    """Set the legend above the axes, in as many columns as fit: its texts and their lines.

    It begins where a line of the reader's language does.
    """
    names, columns, turned = [*entries], _columns([*entries]), direction() == "rtl"
    if turned:
        names, columns = mirrored(names, columns)
    wide, empty = WIDTH - LEFT - RIGHT, Line2D([], [], linestyle="none")
    size, lines = _fitting(_size_of(figure_of(axes), name)[0] for name in names)
    legend = axes.legend(
        [entries.get(name, empty) for name in names],
        [" "] * len(names),  # matplotlib would leave out a name that begins with "_"
        loc="lower right" if turned else "lower left",
        bbox_to_anchor=(1 + (RIGHT - 4) / wide if turned else -(LEFT - 8) / wide, 1.0),
        ncols=columns,
        markerfirst=not turned,
        frameon=False,
        fontsize=size,
        handlelength=lines,
        columnspacing=1,
        borderaxespad=0.3,
        labelspacing=0.35,
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set(text=name, horizontalalignment="right" if turned else "left")


def _fitting(widths: Iterable[float]) -> tuple[float, float]:
    """Return the size of the letters and, in letters, the length of a line in the legend.

    A long translation has less of both rather than being cut off.
    """
    longest = max(widths, default=0.0) / LETTERS
    if (4.2 + longest) * LETTERS <= WIDTH - 16:
        return LETTERS, 3.0
    return max(LEAST_LETTERS, min(LETTERS, (WIDTH - 20) / (3.2 + longest))), 2.0


def _size_of(figure: Figure, name: str) -> tuple[float, float]:
    """Return how wide and how high a name of the legend is, in pixels of the page."""
    text = Text(text=name, fontsize=LETTERS)
    text.set_figure(figure)
    box = text.get_window_extent()
    return box.width * 72 / figure.dpi, box.height * 72 / figure.dpi


def mirrored(names: Sequence[str], columns: int) -> tuple[list[str], int]:
    """Return names in an order whose columns, set from the left, read from the right."""
    rows = math.ceil(len(names) / columns)
    parts = [names[first : first + rows] for first in range(0, len(names), rows)]
    filled = [[*part, *[""] * (rows - len(part))] for part in reversed(parts)]
    return list(itertools.chain(*filled)), len(parts)


def _styles(series: Sequence[Series], markers: bool | Sequence[bool]) -> list[dict[str, Any]]:
    """Return the style of each series; without a line, it has its marker in any case."""
    marked = [markers] * len(series) if isinstance(markers, bool) else markers
    if len(marked) != len(series):
        raise ValueError(
            f"markers must be as many as the series, got {len(marked)} for {len(series)} series: "
            "pass one truth value for all, or one for each"
        )
    styles = []
    for number, (line, has_marker) in enumerate(zip(series, marked, strict=True)):
        style = style_of(number, markers=has_marker or not line.joined)
        styles.append(style if line.joined else {**style, "linestyle": "none"})
    return styles


def style_of(number: int, *, markers: bool = True) -> dict[str, Any]:
    """Return the colour, dash and marker of a line; no two of the first thirty are alike."""
    dashes = DASHES[number % len(DASHES)]
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": (0, dashes) if dashes else "-",
        "marker": MARKERS[number % len(MARKERS)] if markers else "",
        "markersize": 7.5,
        "markeredgewidth": 0.8,
        "linewidth": 2,
    }


def with_markers(values: Sequence[float], offset: int) -> list[int]:
    """Return the indices that get a marker: about ten, and every point without a neighbour."""
    every = math.ceil(len(values) / 12)
    gaps = [True, *map(math.isnan, values), True]
    lonely = [n for n in range(len(values)) if gaps[n] and gaps[n + 2]]
    regular = range(offset * every // 3 % every, len(values), every)
    return sorted({*regular, *lonely})


def _columns(names: Sequence[str]) -> int:
    """Return how many columns of the legend fit."""
    wide = max(map(letters_in, names), default=0)
    fitting = (WIDTH - 16) // (75 + 9 * wide)
    return max(1, min(fitting, len(names)))


def letters_in(text: str) -> int:
    """Return about how many Latin letters are as long as `text`."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def kind_of(value: float, log: bool = True) -> str:
    """Say what an axis can do with a value: finite, zero (if logarithmic), infinite or nan."""
    if math.isnan(value):
        return "nan"
    if abs(value) > (LARGEST if log else LARGEST_LINEAR):
        return "infinite"
    return "zero" if log and value < SMALLEST else "finite"


def extremes(values: Sequence[float]) -> Limits | None:
    """Return the smallest and the largest value that a logarithmic axis can show."""
    finite = [value for value in values if kind_of(value) == "finite"]
    return (min(finite), max(finite)) if finite else None


def figure_of(axes: Axes) -> Figure:
    """Return the figure that the axes stand in."""
    figure = axes.figure
    assert isinstance(figure, Figure)
    return figure
