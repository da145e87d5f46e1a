"""Gradients by distance, by block and by token, and who can recall the first token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart, round_steps
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.figures.sentences import length_sentence, token_sentence
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph


@bounds.checked(
    gradients=arguments.by_name(
        arguments.by_length(bounds.number, "{10: norm}"), "network", "{name: {10: norm}}"
    )
)
@drawn
def draw_gradients_by_length(gradients: Mapping[str, Mapping[int, float]]) -> Picture:
    """Draw the last output's gradient with respect to the first token against the length.

    gradients: network -> length -> gradient norm; both axes are logarithmic.
    Raises ``ValueError`` for no network or length, or a negative norm, and ``TypeError`` for a
    wrong type.
    """
    lengths = sorted({length for norms in gradients.values() for length in norms})
    intro = _(
        "Line chart with two logarithmic scales: the gradient of the last output "
        "by the first token against the length of the sequence."
    )
    series = [Series.of(worded(name), values) for name, values in gradients.items()]
    return line_chart(
        series,
        x=_("sequence length (tokens)"),
        y=_("gradient norm (logarithmic)"),
        description=paragraph(intro, *map(length_sentence, series)),
        log_x=True,
        log_y=True,
        x_ticks=lengths,
    )


@bounds.checked(
    norms=arguments.by_name(arguments.line, "network", "{name: norms}"), limits=arguments.limits
)
@drawn
def draw_block_gradients(
    norms: Mapping[str, Sequence[float]], *, limits: Limits | None = None
) -> Picture:
    """Draw one gradient norm per block of a Transformer, one line per network.

    norms: network -> one norm per block in forward order.
    limits: least range of the axis, so that several drawings can be compared; data extend it.
    Raises ``ValueError`` for no network or block, and ``TypeError`` for a wrong type.
    """
    intro = _(
        "Line chart: the gradient norm in each block, "
        "from the one next to the input to the one next to the output."
    )
    series = [Series.numbered(worded(name), values) for name, values in norms.items()]
    last = max(map(len, norms.values()))
    return line_chart(
        series,
        x=_("block (1 = next to the input)"),
        y=_("gradient norm"),
        description=paragraph(intro, *map(_block_sentence, series)),
        limits=limits,
        x_limits=(0.5, last + 0.5),
        x_ticks=_whole_ticks(last),
    )


@bounds.checked(
    sensitivities=arguments.by_name(arguments.line, "network", "{name: norms}"),
    limits=arguments.log_limits,
)
@drawn
def draw_sensitivities(
    sensitivities: Mapping[str, Sequence[float]], *, limits: Limits | None = None
) -> Picture:
    """Draw how strongly the answer depends on each token, on a log axis, one line per network.

    sensitivities: network -> one gradient norm per token, the first token first.
    limits: least range of the axis, so that several drawings can be compared; data extend it.
    Raises ``ValueError`` for no network or token, or a negative norm, and ``TypeError`` for a wrong
    type.
    """
    intro = _(
        "Line chart on a logarithmic scale: the gradient of the answer by each token, "
        "from the first token of the sequence to the last."
    )
    series = [Series.numbered(worded(name), values) for name, values in sensitivities.items()]
    return line_chart(
        series,
        x=_("token (1 = first)"),
        y=_("gradient norm (logarithmic)"),
        description=paragraph(intro, *map(token_sentence, series)),
        log_y=True,
        limits=limits,
        x_ticks=_whole_ticks(max(map(len, sensitivities.values()))),
    )


@bounds.checked(
    accuracies=arguments.by_name(
        arguments.by_length(arguments.line, "{10: accuracies}"),
        "network",
        "{name: {10: accuracies}}",
    ),
    chance=arguments.share,
)
@drawn
def draw_accuracies_by_length(
    accuracies: Mapping[str, Mapping[int, Sequence[float]]], *, chance: float
) -> Picture:
    """Draw the median accuracy over the random seeds against the sequence's length.

    accuracies: network -> length -> one accuracy from 0 to 1 per seed.
    chance: accuracy of guessing, which is marked.
    Raises ``ValueError`` for no network, length or seed, and ``TypeError`` for a wrong type.
    """
    lengths = sorted({length for seeds in accuracies.values() for length in seeds})
    intro = _("Line chart: the accuracy against the length of the sequence, median over the seeds.")
    series = [
        Series.of(worded(name), {length: median(values) for length, values in seeds.items()})
        for name, seeds in accuracies.items()
    ]
    return line_chart(
        series,
        x=_("sequence length (tokens)"),
        y=_("test accuracy (median)"),
        description=paragraph(intro, *map(length_sentence, series)),
        limits=(0.0, 1.0),
        marks={_("guessing: {accuracy}", accuracy=f"{chance:.3g}"): chance},
        x_ticks=lengths,
    )


def _whole_ticks(last: int) -> list[int]:
    return sorted({1, *round_steps(1, last, 7)})


def _block_sentence(series: Series) -> str:
    return _(
        "{network}: {first} in the first block, {last} in the last.",
        network=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
    )
