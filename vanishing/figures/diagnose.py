"""Show a diagnosis: a figure, a table for pages and screen readers, a text for terminals."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vanishing.figures.charts import (
    Limits,
    Series,
    add_legend,
    empty_axes,
    extremes,
    figure_of,
    label_axes,
    line_chart,
    power_of_ten,
    round_steps,
)
from vanishing.figures.drawing import COLOURS, Picture, drawn, fonts
from vanishing.localisation import N_, _, direction, format_number, ngettext
from vanishing.svg import own_settings

if TYPE_CHECKING:
    from vanishing.diagnose import Diagnosis
    from vanishing.verdicts import LayerDiagnosis
    from vanishing.watch import GradientHistory

EACH = 12  # layers up to which each has a row of its own; above, neighbours share one

# verdict -> word, sign in tables, marker in figures, colour
# Translators: the five verdicts on a layer of a network. Starving: too little gradient reaches it.
LOOKS = {
    "healthy": (N_("healthy"), "●", "o", COLOURS[2]),
    # Translators: verdict on a layer: too little gradient reaches it, so it cannot learn.
    "starving": (N_("starving"), "◆", "D", COLOURS[0]),
    # Translators: verdict on a layer: its units give zero whatever the input is.
    "dead": (N_("dead"), "✖", "X", COLOURS[5]),
    # Translators: verdict on a layer: its gradient is far too large.
    "exploding": (N_("exploding"), "▲", "^", COLOURS[1]),
    # Translators: verdict on a layer: its gradient is too small for the computer's numbers.
    "underflowing": (N_("underflowing"), "■", "s", COLOURS[3]),
}

CAUSES = {
    "frozen": N_("The layer is frozen, and no gradient is computed for it."),
    "inactive": N_(
        "{portion} of the units behind this layer give zero on every example, so no gradient "
        "passes through them."
    ),
    "disconnected": N_(
        "The loss does not depend on this layer: it is not used, or the way back is cut."
    ),
    "unfed": N_("All inputs of this layer are zero, so its weights cannot matter."),
    "unfed_by": N_("All inputs of this layer are zero, because layer “{layer}” before it is dead."),
    "blocked": N_("Layer “{layer}” on the way back is dead and lets no gradient through."),
    "zero_weights": N_(
        "The gradient is exactly zero. The parameter “{layer}” is zero in every entry and may "
        "block the way back; with some initializations, the first update ends this."
    ),
    "zero": N_("The gradient is exactly zero, and the measurements do not show why."),
    "still": N_(
        "The gradient is exactly zero in all layers: the network makes no error on these "
        "examples, or the loss does not change with the outputs."
    ),
    "time": N_(
        "The gradient fades along the sequence: its beginning receives {share} of what the best "
        "step receives."
    ),
    "saturated": N_(
        "Most activation functions on the way back are saturated: they are flat where the signal "
        "is, so their slopes shrink the gradient."
    ),
    "squashed": N_(
        "The slope of the sigmoid is at most 0.25, and the weights do not make up for it."
    ),
    "small_weights": N_(
        "The weights are too small for the activation function, so the gradient shrinks in every "
        "layer."
    ),
    "faded": N_("The signal fades on its way forward, so the last layers see hardly anything."),
    "flat": N_(
        "The gradient is small in all layers, the last one included: the network has learned these "
        "examples, or the loss is scaled down."
    ),
    "passed": N_(
        "A layer nearer to the input receives far more, so the gradient does pass; the weights of "
        "this layer hardly change the loss on these examples."
    ),
    "lost": N_("The gradient shrinks little by little on its way back to this layer."),
    "lost_at": N_("Most of the gradient is lost on its way back through layer “{layer}”."),
    "bad_inputs": N_("The inputs contain NaN or infinite values."),
    "bad_weights": N_("The weights of layer “{layer}” contain NaN or infinite values."),
    "large_weights": N_("The weights are too large for the activation function."),
    "large_weights_at": N_("The weights of layer “{layer}” are far too large."),
    "growing_sum": N_(
        "The signal grows on its way forward although the weights have the usual size, as in a sum "
        "of residual branches that are not scaled."
    ),
    "overflow": N_("The output of layer “{layer}” is too large for its number format."),
    "not_a_number": N_(
        "A calculation gives NaN or infinity, although the inputs and the weights are finite."
    ),
    "grows_backward": N_(
        "The gradient grows from layer to layer on its way back, as it does with batch "
        "normalization without residual connections."
    ),
    "large_error": N_(
        "The gradient is large from the start of its way back: the error is large, or the loss is "
        "a sum and not a mean."
    ),
    "half_precision": N_(
        "Up to {portion} of the entries of a gradient are rounded to zero, because float16 has no "
        "smaller numbers."
    ),
}

_BOTH = N_("ReLU with He initialization; residual connections with normalization.")
_REPAIR = N_("Repair layer “{layer}” first, then diagnose again.")
REMEDIES = {
    "frozen": N_("Nothing, if it is meant to be frozen."),
    "inactive": N_("Biases of zero, a smaller learning rate, or Leaky ReLU."),
    "disconnected": N_("Look for detach(), no_grad() or an output that is not used."),
    "unfed": N_("Look at the inputs and at what stands before this layer."),
    "unfed_by": _REPAIR,
    "blocked": _REPAIR,
    "zero_weights": N_("Diagnose again after a few updates."),
    "zero": N_(
        "Diagnose again on another batch, and look for functions without a slope between the "
        "layers, such as round()."
    ),
    "still": N_(
        "Compare the loss with that of guessing. If it is not smaller, look at how the loss is "
        "computed: round() and argmax() have no slope."
    ),
    "time": N_("LSTM with a large forget-gate bias, attention, or shorter sequences."),
    "saturated": N_("Smaller weights, normalization before the activation function, or ReLU."),
    "squashed": _BOTH,
    "small_weights": N_(
        "He initialization for ReLU, Xavier initialization for tanh; or residual connections with "
        "normalization."
    ),
    "faded": N_("Larger initial weights, normalization, or residual connections."),
    "flat": N_("Compare the loss with that of guessing. If it is small, there is little to learn."),
    "passed": N_(
        "Diagnose again on another batch. In one of several branches, or as the gain of a "
        "normalization, this can be harmless."
    ),
    "lost": N_("Residual connections with normalization."),
    "lost_at": N_("Look at what layer “{layer}” does to its input; go around it with a sum."),
    "bad_inputs": N_("Clean the data: isfinite() finds the values."),
    "bad_weights": N_("Go back to weights from before, and train with a smaller learning rate."),
    "large_weights": N_("He or Xavier initialization; gradient clipping as a first aid."),
    "large_weights_at": N_("Initialize this layer anew; gradient clipping as a first aid."),
    "growing_sum": N_("Normalize or scale the residual branches."),
    "overflow": N_("Smaller signals through normalization, or bfloat16 or float32."),
    "not_a_number": N_(
        "Look for NaN in the targets, a division by zero, a logarithm or root of zero or less, and "
        "a loss scale that is too large."
    ),
    "grows_backward": N_("Residual connections around the normalized layers."),
    "large_error": N_(
        "Scale inputs and targets, take the mean; gradient clipping and a smaller step."
    ),
    "half_precision": N_("Loss scaling, or bfloat16 in place of float16."),
}


@drawn
def draw_diagnosis(diagnosis: Diagnosis, *, limits: Limits | None = None) -> Picture:
    """Draw each layer's gradient norm divided by its weight norm, with a marker per verdict.

    Zero stands on a line of its own below the logarithmic scale, infinity and NaN above it.
    limits: least range of the scale, so that several drawings can be compared.
    """
    words = {verdict: _(LOOKS[verdict][0]) for verdict in LOOKS if diagnosis.count(verdict)}
    labels = _("layer (1 = next to the input)"), _("gradient norm / weight norm")
    settings = fonts()

    def draw() -> Figure:
        with own_settings(**settings):
            return _figure(diagnosis, words, labels, limits)

    return Picture(draw, _description(diagnosis))


def _figure(
    diagnosis: Diagnosis, words: Mapping[str, str], labels: tuple[str, str], limits: Limits | None
) -> Figure:
    values = [layer.evidence.relative_gradient for layer in diagnosis.layers]
    axes = empty_axes(words.values())
    heights = _set_scale(axes, values, limits)
    label_axes(axes, *labels)
    axes.set_xlim(0.5, len(values) + 0.5)
    axes.set_xticks(sorted({1, *round_steps(1, len(values), 12)}))
    axes.plot(range(1, len(values) + 1), heights, color="black", alpha=0.4, linewidth=1)
    handles = {}
    for verdict, word in words.items():
        points = [n for n, one in enumerate(diagnosis.layers) if one.verdict == verdict]
        places, at = [n + 1 for n in points], [heights[n] for n in points]
        handles[word] = _add_points(axes, places, at, verdict)
    add_legend(axes, handles)
    return figure_of(axes)


@drawn
def draw_history(history: GradientHistory, *, limits: Limits | None = None) -> Picture:
    """Draw the gradient norm against the training step, for at most six layers of a watched model.

    Raises ``ValueError`` where nothing was recorded.
    """
    if not history.steps:
        raise ValueError("the watch must have recorded a step, got none: call watch(step)")
    names = [layer.name for layer in history.records[0]]
    chosen = sorted({round(n * (len(names) - 1) / 5) for n in range(6)})
    series = [
        Series(
            names[n],
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
        description=" ".join([description, *map(_ends, series)]),
        log_y=True,
        limits=limits,
    )


def diagnosis_html(diagnosis: Diagnosis) -> str:
    """Return the table, what to try and the figure, for a page or a notebook."""
    heads = (_("Layer"), _("Gradient norm / weight norm"), _("Verdict"))
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    rows = "".join(map(_row, _groups(diagnosis.layers)))
    findings = "".join(f"<li>{line}</li>" for line in _findings(diagnosis, html=True))
    advice = f"<ul>{findings}</ul>" if findings else ""
    return (
        f'<div class="vg-diagnosis" dir="{direction()}">'
        f'<table class="table"><caption>{escape(_summary(diagnosis))}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"{advice}{draw_diagnosis(diagnosis).html()}</div>"
    )


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """Return the table and what to try, line by line, for a terminal."""
    rows = (
        f"  {_sign(group.first)} {group.numbers} ({group.names}): "
        f"{_verdict(group.first)}, {group.range}"
        for group in _groups(diagnosis.layers)
    )
    return "\n".join([_summary(diagnosis), *rows, *_findings(diagnosis, html=False)])


def _set_scale(axes: Axes, values: Sequence[float], limits: Limits | None) -> list[float]:
    """Set the y axis to powers of ten, zero below and infinity above; return heights."""
    low, high = extremes([*values, *(limits or ())]) or (0.1, 1.0)
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    last = max(last, first + 1)
    apart = 0.09 * (last - first)
    kinds = [extremes([value]) is not None for value in values]
    ticks = {float(n): power_of_ten(10.0**n) for n in round_steps(first, last, 6)}
    bottom, top = float(first), float(last)
    if any(
        not fits and value == value and value < 1 for fits, value in zip(kinds, values, strict=True)
    ):
        bottom -= apart
        ticks[bottom] = "0"
    odd = [v for fits, v in zip(kinds, values, strict=True) if not fits and not v < 1]
    if odd:
        top += apart
        ticks[top] = "NaN" if any(map(math.isnan, odd)) else "∞"
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.grid(axis="y", color="black", alpha=0.2, linewidth=0.8)
    axes.set_ylim(bottom, top)
    return [
        math.log10(value) if fits else bottom if value < 1 else top
        for fits, value in zip(kinds, values, strict=True)
    ]


def _add_points(axes: Axes, places: Sequence[int], at: Sequence[float], verdict: str) -> Line2D:
    _word, _sign, marker, colour = LOOKS[verdict]
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


def _description(diagnosis: Diagnosis) -> str:
    intro = ngettext(
        "Chart on a logarithmic scale: the gradient norm divided by the weight norm, of {count} "
        "layer.",
        "Chart on a logarithmic scale: the gradient norm divided by the weight norm, of each of "
        "{count} layers, from the one next to the input to the one next to the output.",
        len(diagnosis.layers),
    )
    groups = (f"{group.numbers}: {_verdict(group.first)}" for group in _shared(diagnosis.layers))
    return f"{intro} {'; '.join(groups)}."


def _summary(diagnosis: Diagnosis) -> str:
    verdict = f"{LOOKS[diagnosis.verdict][1]} {_(LOOKS[diagnosis.verdict][0])}"
    if math.isnan(diagnosis.loss) and all(
        math.isfinite(layer.evidence.gradient_norm) for layer in diagnosis.layers
    ):  # not known
        return _("{model}: {verdict}", model=diagnosis.model, verdict=verdict)
    return _(
        "{model}, loss {loss}: {verdict}",
        model=diagnosis.model,
        loss=format_number(diagnosis.loss),
        verdict=verdict,
    )


def _ends(series: Series) -> str:
    return _(
        "{layer}: {first} at the first step, {last} at the last.",
        layer=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
    )


@dataclass(frozen=True)
class _Group:
    """Hold neighbours with one finding; the first of them is the layer ``start`` from the input."""

    start: int
    layers: tuple[LayerDiagnosis, ...]

    @property
    def first(self) -> LayerDiagnosis:
        return self.layers[0]

    @property
    def numbers(self) -> str:
        return _span(str(self.start), str(self.start + len(self.layers) - 1))

    @property
    def names(self) -> str:
        kinds = " ".join(dict.fromkeys(layer.evidence.kind for layer in self.layers))
        return f"{_span(self.first.name, self.layers[-1].name)}, {kinds}"

    @property
    def range(self) -> str:
        values = [layer.evidence.relative_gradient for layer in self.layers]
        broken = [value for value in values if math.isnan(value)]
        low, high = (broken * 2)[:2] or (min(values), max(values))
        return _span(format_number(low), format_number(high))


def _span(low: str, high: str) -> str:
    # Translators: a range of numbers or names, such as "1 to 23".
    return low if low == high else _("{low} to {high}", low=low, high=high)


def _groups(layers: Sequence[LayerDiagnosis]) -> list[_Group]:
    if len(layers) > EACH:
        return _shared(layers)
    return [_Group(number, (layer,)) for number, layer in enumerate(layers, start=1)]


def _shared(layers: Sequence[LayerDiagnosis]) -> list[_Group]:
    """Put neighbours with one verdict, for one cause, together."""

    def finding(numbered: tuple[int, LayerDiagnosis]) -> tuple[str, str, str, bool]:
        layer = numbered[1]
        return layer.verdict, layer.cause, layer.culprit, layer.evidence.frozen

    runs = [list(run) for _key, run in itertools.groupby(enumerate(layers, start=1), finding)]
    return [_Group(run[0][0], tuple(layer for _number, layer in run)) for run in runs]


def _row(group: _Group) -> str:
    return (
        f'<tr><th scope="row"><bdi>{escape(group.numbers)}</bdi><br>'
        f'<small style="font-weight:normal"><bdi>{escape(group.names)}</bdi></small></th>'
        f"<td><bdi>{escape(group.range)}</bdi></td>"
        f'<td><span aria-hidden="true">{_sign(group.first)}</span>\u00a0'
        f"{escape(_verdict(group.first))}</td></tr>"
    )


def _sign(layer: LayerDiagnosis) -> str:
    return LOOKS[layer.verdict][1]


def _verdict(layer: LayerDiagnosis) -> str:
    word = _(LOOKS[layer.verdict][0])
    # Translators: a layer of a network whose weights are not trained.
    return _("{verdict} (frozen)", verdict=word) if layer.evidence.frozen else word


def _findings(diagnosis: Diagnosis, *, html: bool) -> list[str]:
    """Return a line per cause: which layers, why, what to try."""
    causes: dict[tuple[str, str, str, str], list[LayerDiagnosis]] = {}
    for layer in diagnosis.layers:
        if layer.cause:
            inactive = _percent(layer.evidence.inactive_share) if layer.verdict == "dead" else ""
            key = (layer.verdict, layer.cause, layer.culprit, inactive)
            causes.setdefault(key, []).append(layer)
    return [_finding(layers, html) for layers in causes.values()]


def _finding(layers: Sequence[LayerDiagnosis], html: bool) -> str:
    layer = layers[0]
    fields = _fields(layers)
    cause, remedy = _filled(CAUSES, layer, fields), _filled(REMEDIES, layer, fields)
    count = ngettext("{count} layer", "{count} layers", len(layers))
    attempt = _("Try: {remedy}", remedy=remedy)
    if not html:
        return f"{_sign(layer)} {_verdict(layer)} ({count}): {cause} {attempt}"
    verdict = f'<strong><span aria-hidden="true">{_sign(layer)}</span> {escape(_verdict(layer))}'
    return f"{verdict}</strong> ({escape(count)}): {escape(cause)} {escape(attempt)}"


def _filled(texts: Mapping[str, str], layer: LayerDiagnosis, fields: Mapping[str, str]) -> str:
    source = texts.get(_variant(layer), texts[layer.cause])
    return _(source, **{name: text for name, text in fields.items() if f"{{{name}}}" in source})


def _variant(layer: LayerDiagnosis) -> str:
    """Return the cause's key for a text that names the layer to blame, where there is one."""
    suffixes = {"unfed": "unfed_by", "large_weights": "large_weights_at"}
    return suffixes.get(layer.cause, layer.cause) if layer.culprit else layer.cause


def _fields(layers: Sequence[LayerDiagnosis]) -> dict[str, str]:
    first = layers[0]
    lost = max(one.evidence.lost_share for one in layers)
    return {
        "layer": first.culprit,
        "portion": _percent(first.evidence.inactive_share if first.verdict == "dead" else lost),
        "share": format_number(min(one.evidence.first_step for one in layers)),
    }


def _percent(share: float) -> str:
    # Translators: a share, such as 50% of the units.
    return _("{percent}%", percent=math.floor(100 * share))
