"""Translators: right words by the length of the sentence, gradients of the source's tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.figures.sentences import length_sentence, token_sentence
from vanishing.localisation import _
from vanishing.phrases import paragraph


@bounds.checked(
    accuracies=arguments.by_name(
        arguments.by_length(arguments.line, "{8: shares}"), "network", "{name: {8: shares}}"
    ),
    unrelated=bounds.optional(arguments.by_length(bounds.number, "{8: share}")),
)
@drawn
def draw_right_words(
    accuracies: Mapping[str, Mapping[int, Sequence[float]]],
    unrelated: Mapping[int, float] | None = None,
) -> Picture:
    """Draw the median share of right words over the random seeds against the sentence's length.

    accuracies: network -> length -> one share from 0 to 1 per seed. unrelated: length -> the share
    of words that the translation of another sentence gets right, as one more line.
    Raises ``ValueError`` for no network, length or seed, and ``TypeError`` for a wrong type.
    """
    intro = _(
        "Line chart: the share of right words against the length of the sentence, "
        "median over the random seeds."
    )
    series = [
        Series.of(worded(name), {length: median(values) for length, values in seeds.items()})
        for name, seeds in accuracies.items()
    ]
    if unrelated:
        # Translators: in a legend: the right words of an unrelated sentence, as a comparison.
        series.append(Series.of(_("another sentence"), unrelated))
    return line_chart(
        series,
        x=_("sentence length (tokens)"),
        y=_("right words (median)"),
        description=paragraph(intro, *map(length_sentence, series)),
        limits=(0.0, 1.0),
        x_ticks=_lengths(series),
    )


@bounds.checked(
    gradients=arguments.by_name(
        arguments.by_length(bounds.number, "{8: norm}"), "network", "{name: {8: norm}}"
    )
)
@drawn
def draw_first_token_gradients(gradients: Mapping[str, Mapping[int, float]]) -> Picture:
    """Draw the first target word's gradient with respect to the first source token, by length.

    gradients: network -> length of the source -> gradient norm, on a logarithmic axis.
    Raises ``ValueError`` for no network or length, or a negative norm, and ``TypeError`` for a
    wrong type.
    """
    intro = _(
        "Line chart on a logarithmic scale: the gradient of the first target word's score "
        "by the first source token against the length of the sentence."
    )
    series = [Series.of(worded(name), values) for name, values in gradients.items()]
    return line_chart(
        series,
        x=_("sentence length (tokens)"),
        y=_("gradient norm (logarithmic)"),
        description=paragraph(intro, *map(length_sentence, series)),
        log_y=True,
        x_ticks=_lengths(series),
    )


@bounds.checked(
    gradients=arguments.by_name(arguments.line, "network", "{name: norms}"),
    limits=arguments.log_limits,
)
@drawn
def draw_source_gradients(
    gradients: Mapping[str, Sequence[float]], *, limits: Limits | None = None
) -> Picture:
    """Draw how strongly the first target word depends on each source token, on a log axis.

    gradients: network -> one gradient norm per token, the first token first.
    limits: least range of the axis, so that several drawings can be compared; data extend it.
    Raises ``ValueError`` for no network or token, or a negative norm, and ``TypeError`` for a wrong
    type.
    """
    intro = _(
        "Line chart on a logarithmic scale: the gradient of the first target word's score "
        "by each source token, from the first to the last."
    )
    series = [Series.numbered(worded(name), values) for name, values in gradients.items()]
    return line_chart(
        series,
        x=_("source token (1 = first)"),
        y=_("gradient norm (logarithmic)"),
        description=paragraph(intro, *map(token_sentence, series)),
        log_y=True,
        limits=limits,
    )


def _lengths(series: Sequence[Series]) -> list[float]:
    return sorted({length for line in series for length in line.positions})
