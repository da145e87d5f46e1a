"""What a language model's stream does before the training, and its losses by learning rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart, round_steps
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph


@bounds.checked(signal=arguments.line, gradient=arguments.line, limits=arguments.log_limits)
@drawn
def draw_stream(
    signal: Sequence[float], gradient: Sequence[float], *, limits: Limits | None = None
) -> Picture:
    """Draw the mean squares of the stream and of its gradient between the blocks, on a log axis.

    Both have one value more than there are blocks: before the first, and behind each.
    limits: least range of the axis, so that several drawings can be compared; data extend it.
    Raises ``ValueError`` for a negative value, and ``TypeError`` for a wrong type.
    """
    series = [
        # Translators: in a legend: what flows forward through the blocks of a network.
        Series.numbered(_("signal, forward"), signal, start=0),
        # Translators: in a legend: what flows back through the blocks of a network.
        Series.numbered(_("gradient, backward"), gradient, start=0),
    ]
    last = max(len(signal), len(gradient)) - 1
    intro = _(
        "Line chart on a logarithmic scale: the mean square of the signal and of its gradient "
        "before the first block and behind each block."
    )
    return line_chart(
        series,
        x=_("number of blocks passed"),
        y=_("mean square (logarithmic)"),
        description=paragraph(intro, *map(_end_sentence, series)),
        log_y=True,
        limits=limits,
        x_ticks=round_steps(0, last, 8),
    )


@bounds.checked(
    losses=arguments.by_name(
        arguments.by_rate(arguments.line, "{0.01: losses}"), "model", "{name: {0.01: losses}}"
    )
)
@drawn
def draw_losses_by_rate(losses: Mapping[str, Mapping[float, Sequence[float]]]) -> Picture:
    """Draw the loss at the end against the learning rate, the median over the random seeds.

    losses: model -> learning rate -> one loss per seed.
    Raises ``ValueError`` for no model, rate or seed, and ``TypeError`` for a wrong type.
    """
    series = [
        Series.of(worded(name), {rate: median(values) for rate, values in seeds.items()})
        for name, seeds in losses.items()
    ]
    rates = sorted({rate for seeds in losses.values() for rate in seeds})
    intro = _("Line chart: the loss at the end against the learning rate, median over seeds.")
    return line_chart(
        series,
        x=_("learning rate (logarithmic)"),
        y=_("loss at the end (median)"),
        description=paragraph(intro, *map(_rate_sentence, series)),
        log_x=True,
        x_ticks=rates,
    )


def _end_sentence(series: Series) -> str:
    return _(
        "{name}: {first} before the first block, {last} behind the last.",
        name=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
    )


def _rate_sentence(series: Series) -> str:
    pairs = zip(series.values, series.positions, strict=True)
    least, rate = min(pairs, key=lambda pair: (pair[0] != pair[0], pair[0]))
    return _(
        "{name}: the least loss is {loss}, at a learning rate of {rate}.",
        name=series.name,
        loss=format_number(least),
        rate=format_number(rate),
    )
