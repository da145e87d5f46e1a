"""Draw from plain numbers, in the reader's language, for pages, notebooks and screen readers."""

from __future__ import annotations

import math
import os
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from vanishing.localisation import _, format_number, ngettext, script
from vanishing.svg import is_right_to_left, own_settings, svg_of

if TYPE_CHECKING:
    from vanishing.training import Run

Limits = tuple[float, float]

WIDTH, HEIGHT = 440, 380  # pixels of the page; the letters are readable when a phone shows less
LEFT, RIGHT, BOTTOM, ROW = 80, 12, 58, 24  # margins of the axes, height of a row of the legend
# Okabe and Ito's colours, darkened where needed to 3:1 on white as well as on #121212
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b5629b", "#9a6b00", "#767676")
DASHES = ((), (4, 1.5), (1, 1.2), (5, 1.5, 1, 1.5), (7, 1.5, 1, 1.5, 1, 1.5))
MARKERS = ((8, 0, 22.5), "s", "D", "P", "*", "p", "h")
PAGE_COLOURS = {hex: f"var(--vg-series-{n},{hex})" for n, hex in enumerate(COLOURS, start=1)}
SMALLEST, LARGEST = 1e-307, 1e307  # beyond these, a power of ten has no double
FONTS = {"Hans": ("Noto Sans CJK SC", "NotoSansSC-subset.otf")}


@dataclass(frozen=True)
class Series:
    """Hold one line of a figure: its name in the legend, positions and values (any float)."""

    name: str
    positions: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse what no norm and no loss can be."""
        if not self.values:
            raise ValueError(f"{self.name}: there must be at least one value to draw, got none")
        if (least := min(self.values)) < 0:
            raise ValueError(f"{self.name}: norms and losses must be at least 0, got {least}")

    def where(self, kind: str) -> list[float]:
        """Return the positions of the values of one kind: finite, zero, infinite or nan."""
        pairs = zip(self.positions, self.values, strict=True)
        return [position for position, value in pairs if _kind(value) == kind]

    def finite(self) -> list[float]:
        """Return the values that have a place on a logarithmic axis."""
        return [value for value in self.values if _kind(value) == "finite"]


@dataclass(frozen=True)
class Drawing:
    """Hold a matplotlib figure and its description (alternative text in the reader's language)."""

    figure: Figure
    description: str

    def svg(self, *, opaque: bool = False) -> str:
        """Return one `<svg>`, the same bytes every time; it takes the page's colours and font.

        An `opaque` one is black on white and stands alone.
        """
        return svg_of(self.figure, self.description, PAGE_COLOURS, opaque=opaque)

    def png(self) -> bytes:
        """Return the figure in black on white, at twice the page's resolution."""
        buffer = BytesIO()
        with own_settings(), _joined_letters(self.figure):
            self.figure.savefig(buffer, format="png", dpi=144, facecolor="white")
        return buffer.getvalue()

    def html(self) -> str:
        """Return a `<figure>` with the SVG inside, for a page with vanishing.css."""
        return f'<figure class="vg-figure">{self.svg()}</figure>'

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        if os.environ.get("VANISHING_STATIC") == "1":
            return {"text/html": self.html(), "text/plain": self.description}
        svg = self.svg(opaque=True)
        return {"image/svg+xml": svg, "image/png": self.png(), "text/plain": self.description}


def draw_gradient_norms(
    norms: Mapping[str, Sequence[float]],
    *,
    notes: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Drawing:
    """Draw the gradient norm of each layer on a log axis, one line per network.

    norms: network -> one norm per layer in forward order; zero, NaN and infinity are marked.
    notes: network -> what the legend says in place of the network's name.
    limits: least range of the axis, so that several drawings can be compared; data extend it.
    """
    if not norms:
        raise ValueError("norms must name at least one network, got none: pass {name: norms}")
    series = [_by_layer((notes or {}).get(name, name), values) for name, values in norms.items()]
    return _draw_layers(series, _layers_intro(series), limits)


def draw_runs(runs: Sequence[Run], *, step: int = 0, limits: Limits | None = None) -> Drawing:
    """Draw the gradient norm of each layer at a training step, with how every run ended.

    Without `limits` the axis spans all recorded steps: it stays put while the step changes.
    """
    if not runs:
        raise ValueError("runs must hold at least one run, got none: pass [train(experiment)]")
    series = [_by_layer(_outcome(run), run.norms_at(step)) for run in runs]
    intro = _(
        "Line chart on a logarithmic scale: "
        "the gradient norm of each layer at training step {step}.",
        step=step,
    )
    everything = [norm for run in runs for norms in run.gradient_norms for norm in norms]
    return _draw_layers(series, intro, limits or _extremes(everything))


def draw_losses(runs: Sequence[Run], *, chance: float = math.log(10)) -> Drawing:
    """Draw the training loss against the training step, with the loss of guessing marked.

    chance: loss of a network that finds every class equally likely; ln 10 for ten digits.
    """
    if not runs:
        raise ValueError("runs must hold at least one run, got none: pass [train(experiment)]")
    series = [Series(_outcome(run), tuple(map(float, run.steps)), run.losses) for run in runs]
    guessing = _("guessing: {loss}", loss=f"{chance:.2f}")
    with own_settings(**_fonts()):
        axes = _axes(series, (chance, chance), extra=(guessing,))
        _label(axes, _("training step"), _("loss (logarithmic)"))
        axes.set_xticks(_round_steps(0, max(map(max, (run.steps for run in runs))), 8))
        line = axes.axhline(chance, color="black", linewidth=1.2, linestyle=(0, (2, 3)))
        _add_lines(axes, series)
        _add_legend(axes, series, {guessing: line})
    intro = _(
        "Line chart on a logarithmic scale: the loss against the training step; "
        "guessing gives a loss of {loss}.",
        loss=f"{chance:.2f}",
    )
    return Drawing(_figure(axes), " ".join([intro, *map(_loss_sentence, series)]))


def _draw_layers(series: Sequence[Series], intro: str, limits: Limits | None) -> Drawing:
    with own_settings(**_fonts()):
        axes = _axes(series, limits)
        _label(axes, _("layer (1 = next to the input)"), _("gradient norm (logarithmic)"))
        last = max(len(one.values) for one in series)
        axes.set_xlim(0.5, last + 0.5)
        axes.set_xticks(sorted({1, *_round_steps(1, last, 12)}))
        _add_lines(axes, series)
        _add_legend(axes, series)
    sentences = [sentence for one in series for sentence in _norm_sentences(one)]
    return Drawing(_figure(axes), " ".join([intro, *sentences]))


def _by_layer(name: str, norms: Sequence[float]) -> Series:
    return Series(name, tuple(map(float, range(1, len(norms) + 1))), tuple(norms))


def _layers_intro(series: Sequence[Series]) -> str:
    last = max(len(one.values) for one in series)
    return ngettext(
        "Line chart on a logarithmic scale: the gradient norm of {count} layer.",
        "Line chart on a logarithmic scale: the gradient norm of each of {count} layers, "
        "from the one next to the input to the one next to the output.",
        last,
    )


def _outcome(run: Run) -> str:
    name = run.experiment.label
    percent = round(100 * run.accuracies[-1])
    if run.state == "learned":
        return _("{network}: learned, accuracy {percent}%", network=name, percent=percent)
    if run.state == "stalled":
        # Translators: training stalled; fewer than half of the digits are read, often none.
        return _("{network}: stalled, accuracy {percent}%", network=name, percent=percent)
    # Translators: training diverged; the loss has grown beyond all bounds.
    return _("{network}: diverged, accuracy {percent}%", network=name, percent=percent)


def _norm_sentences(series: Series) -> Iterator[str]:
    # Translators: {network} is a name ("ReLU"), or a name with its result ("ReLU: learned, …").
    yield _(
        "{network}. Gradient norm {first} in the first layer, {last} in the last; "
        "smallest {smallest}, largest {largest}.",
        network=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
        smallest=format_number(min(series.finite(), default=math.nan)),
        largest=format_number(max(series.finite(), default=math.nan)),
    )
    if zeros := len(series.where("zero")):
        yield ngettext(
            "In {count} layer it is zero or has underflowed.",
            "In {count} layers it is zero or has underflowed.",
            zeros,
        )
    if broken := len(series.where("infinite") + series.where("nan")):
        yield ngettext(
            "In {count} layer it is infinite or NaN.",
            "In {count} layers it is infinite or NaN.",
            broken,
        )


def _loss_sentence(series: Series) -> str:
    return _(
        "{network}. Loss {first} before training, {last} after {steps} training steps.",
        network=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
        steps=format_number(series.positions[-1]),
    )


def _axes(series: Sequence[Series], limits: Limits | None, extra: Sequence[str] = ()) -> Axes:
    """Return empty axes of a new figure, with room for the legend above them."""
    names = [*(one.name for one in series), *_special_names(series), *extra]
    rows = math.ceil(len(names) / _columns(names))
    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), facecolor="none")
    top = HEIGHT - 8 - ROW * rows
    axes = figure.add_axes(
        (LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, (top - BOTTOM) / HEIGHT)
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=0, pad=6)
    _set_decades(axes, [value for one in series for value in one.finite()], limits, series)
    return axes


def _label(axes: Axes, x: str, y: str) -> None:
    """Label both axes; a long translation is set smaller rather than cut off."""
    box = axes.get_position()
    room = box.y1 * HEIGHT - 4  # below the legend
    size = min(17, room / (0.62 * _length(y)))
    axes.set_xlabel(x, fontsize=min(17, (WIDTH - LEFT) / (0.62 * _length(x))))
    axes.set_ylabel(y, fontsize=size)
    if 0.62 * size * _length(y) > box.height * HEIGHT:  # longer than the axis
        axes.yaxis.label.set_y((box.y1 / 2 - box.y0) / box.height)


def _set_decades(
    axes: Axes, values: Sequence[float], limits: Limits | None, series: Sequence[Series]
) -> None:
    """Give the y axis whole powers of ten, at most about seven, and a margin for special marks."""
    low, high = _extremes([*values, *(limits or ())]) or (0.1, 1.0)
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    last = max(last, first + 1)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator([10.0**n for n in _round_steps(first, last, 6)]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _at: power_of_ten(value)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color="black", alpha=0.2, linewidth=0.8)
    band = 0.03 * (len(series) + 1)  # of the height, for the marks of all networks
    below = band if any(one.where("zero") for one in series) else 0.0
    above = band if any(one.where("nan") + one.where("infinite") for one in series) else 0.0
    height = (last - first) / (1 - below - above)
    axes.set_ylim(10.0 ** (first - below * height), 10.0 ** (last + above * height))


def _round_steps(first: int, last: int, most: int) -> list[int]:
    """Return multiples of 1, 2, 5, 10, … from `first` to `last`, in at most `most` steps."""
    every = next(n * 10**k for k in range(9) for n in (1, 2, 5) if last - first <= most * n * 10**k)
    return list(range(math.ceil(first / every) * every, last + 1, every))


def power_of_ten(value: float) -> str:
    """Write a power of ten without maths markup, which no label in Arabic survives: 10⁻⁸."""
    exponent = round(math.log10(value))
    digits = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return {0: "1", 1: "10"}.get(exponent, f"10{digits}")


def _add_lines(axes: Axes, series: Sequence[Series]) -> None:
    for number, one in enumerate(series):
        drawn = [value if _kind(value) == "finite" else math.nan for value in one.values]
        marked = _marked(drawn, offset=number)
        axes.plot(one.positions, drawn, markevery=marked, clip_on=False, **_look(number))
        for kind in _SPECIAL:
            _add_marks(axes, one.where(kind), kind, number)


def _add_marks(axes: Axes, positions: Sequence[float], kind: str, number: int) -> None:
    """Mark what has no place on a log axis at the axes' edge, in the colour of line `number`."""
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


def _special_names(series: Sequence[Series]) -> dict[str, str]:
    """Return legend text -> kind for the special values that occur."""
    names = {
        # Translators: in a legend: the gradient is 0, or too small for the computer's numbers.
        _("zero or underflow"): "zero",
        # Translators: in a legend: the value is too large for the computer's numbers.
        _("infinite (overflow)"): "infinite",
        _("NaN (not a number)"): "nan",
    }
    return {name: kind for name, kind in names.items() if any(one.where(kind) for one in series)}


def _add_legend(
    axes: Axes, series: Sequence[Series], extra: Mapping[str, Line2D] | None = None
) -> None:
    lines = {one.name: Line2D([], [], **_look(number)) for number, one in enumerate(series)}
    marks = {
        name: Line2D([], [], color="black", **_mark(_SPECIAL[kind][0]))
        for name, kind in _special_names(series).items()
    }
    entries = [*lines.items(), *marks.items(), *(extra or {}).items()]
    axes.legend(
        [line for _name, line in entries],
        [name for name, _line in entries],
        loc="lower left",
        bbox_to_anchor=(-(LEFT - 8) / (WIDTH - LEFT - RIGHT), 1.0),
        ncols=_columns([name for name, _line in entries]),
        frameon=False,
        handlelength=3,
        columnspacing=1,
        borderaxespad=0.3,
        labelspacing=0.35,
    )


def _look(number: int) -> dict[str, Any]:
    """Return the colour, dash and marker of a line; no two of the first thirty are alike."""
    dashes = DASHES[number % len(DASHES)]
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": (0, dashes) if dashes else "-",
        "marker": MARKERS[number % len(MARKERS)],
        "markersize": 7.5,
        "markeredgewidth": 0.8,
        "linewidth": 2,
    }


def _marked(values: Sequence[float], offset: int) -> list[int]:
    """Return the indices that get a marker: about ten, and every point without a neighbour."""
    every = math.ceil(len(values) / 12)
    gaps = [True, *map(math.isnan, values), True]
    lonely = [n for n in range(len(values)) if gaps[n] and gaps[n + 2]]
    regular = range(offset * every // 3 % every, len(values), every)
    return sorted({*regular, *lonely})


def _columns(names: Sequence[str]) -> int:
    """Return how many columns of the legend fit."""
    wide = max(map(_length, names))
    fitting = (WIDTH - 16) // (75 + 9 * wide)
    return max(1, min(fitting, len(names)))


def _length(text: str) -> int:
    """Return about how many Latin letters are as long as `text`."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def _kind(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if value > LARGEST:
        return "infinite"
    return "finite" if value >= SMALLEST else "zero"


def _extremes(values: Sequence[float]) -> Limits | None:
    finite = [value for value in values if _kind(value) == "finite"]
    return (min(finite), max(finite)) if finite else None


def _figure(axes: Axes) -> Figure:
    figure = axes.figure
    assert isinstance(figure, Figure)
    return figure


def _fonts() -> dict[str, list[str]]:
    """Return the font settings for the language in use: DejaVu, then one for its own script."""
    font = FONTS.get(script())
    return {"font.family": ["DejaVu Sans", *([_registered(*font)] if font else [])]}


@cache
def _registered(family: str, file: str) -> str:
    fontManager.addfont(Path(__file__).parent / "fonts" / file)
    return family


@contextmanager
def _joined_letters(figure: Figure) -> Iterator[None]:
    """Join and order Arabic letters where matplotlib (before 3.11) does not do it itself."""
    originals: dict[Text, str] = {}
    if tuple(map(int, matplotlib.__version__.split(".")[:2])) < (3, 11):
        texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
        originals = {text: text.get_text() for text in texts if is_right_to_left(text.get_text())}
    try:
        for text, original in originals.items():
            text.set_text(_shaped(original))
        yield
    finally:
        for text, original in originals.items():
            text.set_text(original)


def _shaped(text: str) -> str:
    text = text.translate({0x2068: None, 0x2069: None})  # isolates, which neither side knows
    try:
        reshape = import_module("arabic_reshaper").reshape
        display = import_module("bidi.algorithm").get_display
    except ImportError:  # unjoined letters are still better than no figure
        return text
    return str(display(reshape(text)))
