"""Draw a diagnosis layer by layer, and the history of a watched training."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vanishing import bounds
from vanishing.diagnosis.findings import shared, verdict_of
from vanishing.diagnosis.verdicts import Judgement, LayerEvidence
from vanishing.diagnosis.words import WORDS
from vanishing.figures import arguments
from vanishing.figures.charts import (
    Limits,
    Series,
    add_legend,
    decades,
    empty_axes,
    figure_of,
    kind_of,
    label_axes,
    line_chart,
    power_of_ten,
    round_steps,
)
from vanishing.figures.drawing import COLOURS, Picture, drawn, fonts
from vanishing.figures.labels import worded
from vanishing.figures.svg import own_settings
from vanishing.figures.table import Table
from vanishing.localisation import _, format_number, ngettext
from vanishing.phrases import explained, paragraph, parted, sentence

# verdict -> marker, colour
LOOKS = {
    "healthy": ("o", COLOURS[2]),
    "starving": ("D", COLOURS[0]),
    "dead": ("X", COLOURS[5]),
    "exploding": ("^", COLOURS[1]),
    "not finite": ("v", "black"),
    "underflowing": ("s", COLOURS[3]),
    "alike": ("P", COLOURS[4]),
}


# What has no place among the powers of ten stands on a row of its own, with the verdict's marker.
NO_NUMBER = {"zero": "0", "infinite": "∞", "nan": "NaN"}


class History(Protocol):
    """What was recorded of a training: the steps, and what each layer received at each."""

    @property
    def steps(self) -> tuple[int, ...]:
        """The recorded steps."""

    @property
    def records(self) -> tuple[tuple[LayerEvidence, ...], ...]:
        """Per step, the evidence on every layer."""


@bounds.checked(
    diagnosis=bounds.a(Judgement, "diagnose(model, inputs, targets)"), limits=arguments.log_limits
)
@drawn
def draw_diagnosis(diagnosis: Judgement, *, limits: Limits | None = None) -> Picture:
    """Draw each layer's gradient norm divided by its weight norm, with a marker per verdict.

    Zero stands on a row of its own below the logarithmic scale, infinity and NaN above it.
    limits: least range of the scale, so that several drawings can be compared.
    Raises ``TypeError`` for what is no diagnosis, and ``ValueError`` for limits that do not rise.
    """
    words = {verdict: _(WORDS[verdict]) for verdict in LOOKS if diagnosis.count(verdict)}
    labels = _("layer (1 = next to the input)"), _("gradient norm / weight norm")
    settings = fonts()

    def draw() -> Figure:
        with own_settings(**settings):
            return _figure(diagnosis, words, labels, limits)

    rows = [
        (_(WORDS[layer.verdict]), at, layer.evidence.relative_gradient)
        for at, layer in enumerate(diagnosis.layers, start=1)
    ]
    return Picture(draw, _description(diagnosis), Table(("series", *labels), tuple(rows)))


def _figure(
    diagnosis: Judgement, words: Mapping[str, str], labels: tuple[str, str], limits: Limits | None
) -> Figure:
    evidence = [layer.evidence for layer in diagnosis.layers]
    unknown = [layer.frozen and math.isnan(layer.relative_gradient) for layer in evidence]
    values = [layer.relative_gradient for layer in evidence]
    known = [value for value, gap in zip(values, unknown, strict=True) if not gap]
    axes = empty_axes(words.values())
    known_heights = iter(_set_scale(axes, known, limits))
    heights = [math.nan if gap else next(known_heights) for gap in unknown]
    joined = [
        at if kind_of(value) == "finite" else math.nan
        for at, value in zip(heights, values, strict=True)
    ]
    label_axes(axes, *labels)
    axes.set_xlim(0.5, len(values) + 0.5)
    axes.set_xticks(sorted({1, *round_steps(1, len(values), 12)}))
    axes.plot(range(1, len(values) + 1), joined, color="black", alpha=0.4, linewidth=1)
    handles = {}
    for verdict, word in words.items():
        points = [n for n, layer in enumerate(diagnosis.layers) if layer.verdict == verdict]
        places, at = [n + 1 for n in points], [heights[n] for n in points]
        handles[word] = _add_points(axes, places, at, verdict)
    add_legend(axes, handles)
    return figure_of(axes)


@bounds.checked(history=arguments.history, limits=arguments.log_limits)
@drawn
def draw_history(history: History, *, limits: Limits | None = None) -> Picture:
    """Draw the gradient norm against the training step, for at most six layers of a watched model.

    Raises ``ValueError`` where nothing was recorded, and ``TypeError`` for what is no history.
    """
    if not history.steps:
        raise ValueError("the watch must have recorded a step, got none: call watch(step)")
    names = [layer.name for layer in history.records[0]]
    chosen = sorted({round(n * (len(names) - 1) / 5) for n in range(6)})
    series = [
        Series(
            worded(names[n]),
            tuple(map(float, history.steps)),
            tuple(record[n].gradient_norm for record in history.records),
        )
        for n in chosen
    ]
    description = ngettext(
        "Line chart on a logarithmic scale: the gradient norm of some layers at {count} recorded "
        "step of the training.",
        "Line chart on a logarithmic scale: the gradient norm of some layers at {count} recorded "
        "steps of the training.",
        len(history.steps),
    )
    return line_chart(
        series,
        x=_("training step"),
        y=_("gradient norm (logarithmic)"),
        description=paragraph(description, *map(_ends, series)),
        log_y=True,
        limits=limits,
    )


def _set_scale(axes: Axes, values: Sequence[float], limits: Limits | None) -> list[float]:
    """Set the y axis to powers of ten, zero below them, infinity and NaN above; return heights.

    Without a number to show, there are no powers of ten.
    """
    first, last = decades([*values, *(limits or ())])
    kinds = [kind_of(value) for value in values]
    apart = 0.09 * (last - first)
    above_infinity = 2 if "infinite" in kinds else 1
    rows = {"zero": first - apart, "infinite": last + apart, "nan": last + above_infinity * apart}
    has_scale = limits is not None or "finite" in kinds
    ticks = {float(n): power_of_ten(10.0**n) for n in round_steps(first, last, 6) if has_scale}
    ticks |= {row: NO_NUMBER[kind] for kind, row in rows.items() if kind in kinds}
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.grid(axis="y", color="black", alpha=0.2, linewidth=0.8)
    axes.set_ylim(min(first, *ticks), max(last, *ticks))
    return [
        math.log10(value) if kind == "finite" else rows[kind]
        for value, kind in zip(values, kinds, strict=True)
    ]


def _add_points(axes: Axes, places: Sequence[int], at: Sequence[float], verdict: str) -> Line2D:
    marker, colour = LOOKS[verdict]
    (points,) = axes.plot(
        places,
        at,
        linestyle="none",
        marker=marker,
        color=colour,
        markersize=8 if len(places) < 40 else 6,
        markeredgewidth=0.8,
        clip_on=False,
    )
    return points


def _description(diagnosis: Judgement) -> str:
    intro = ngettext(
        "Chart on a logarithmic scale: the gradient norm divided by the weight norm, of {count} "
        "layer.",
        "Chart on a logarithmic scale: the gradient norm divided by the weight norm, of each of "
        "{count} layers, from the one next to the input to the one next to the output.",
        len(diagnosis.layers),
    )
    groups = [
        explained(group.numbers, verdict_of(group.first)) for group in shared(diagnosis.layers)
    ]
    return paragraph(intro, sentence(parted(groups)))


def _ends(series: Series) -> str:
    return _(
        "{layer}: {first} at the first step, {last} at the last.",
        layer=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
    )
