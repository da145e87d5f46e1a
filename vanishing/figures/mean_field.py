"""Initialization: accuracies by seed, order and chaos, and the gradient on its way back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, bar_chart, line_chart
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph


@bounds.checked(
    accuracies=arguments.by_name(arguments.line, "network", "{name: […]}"), chance=arguments.share
)
@drawn
def draw_accuracies(accuracies: Mapping[str, Sequence[float]], *, chance: float = 0.1) -> Picture:
    """Draw one bar per seed and network: the test accuracy, from 0 to 1.

    accuracies: network -> one accuracy per seed, seeds 0, 1, … in order.
    Raises ``ValueError`` for no network or seed, and ``TypeError`` for a wrong type.
    """
    groups = {
        worded(name): {str(seed): value for seed, value in enumerate(values)}
        for name, values in accuracies.items()
    }
    intro = _("Bar chart: the accuracy on the test images, one bar per network and random seed.")
    return bar_chart(
        groups,
        x=_("random seed"),
        y=_("accuracy"),
        description=paragraph(intro, *map(_accuracy_sentence, accuracies, accuracies.values())),
        limits=(0.0, 1.0),
        marks={_("guessing: {accuracy}", accuracy=format_number(chance)): chance},
    )


@bounds.checked(predicted=arguments.factors, measured=arguments.factors)
@drawn
def draw_chi(predicted: Mapping[float, float], measured: Mapping[float, float]) -> Picture:
    """Draw the squared gradient norm's factor per layer against the variance of the weights.

    predicted, measured: variance of a weight times the fan-in -> factor, going back.
    Raises ``ValueError`` for no factor on either side, and ``TypeError`` for a wrong type.
    """
    series = [
        Series.of(_("theory"), dict(sorted(predicted.items()))),
        replace(Series.of(_("measured"), dict(sorted(measured.items()))), joined=False),
    ]
    description = _(
        "Line chart: the factor of the squared gradient norm per layer, from theory and measured. "
        "At a weight variance of {smallest}, theory gives {first}, and {least} is measured; "
        "at {largest}, theory gives {last}, and {most} is measured.",
        smallest=format_number(min(measured)),
        first=_three_digits(_nearest(predicted, min(measured))),
        least=_three_digits(measured[min(measured)]),
        largest=format_number(max(measured)),
        last=_three_digits(_nearest(predicted, max(measured))),
        most=_three_digits(measured[max(measured)]),
    )
    return line_chart(
        series,
        x=_("weight variance times fan-in"),
        y=_("factor per layer"),
        description=description,
        markers=(False, True),
        # Translators: in a legend, beside a dotted line: a factor of 1, between order and chaos.
        marks={_("edge of chaos: {factor}", factor=1): 1.0},
    )


@bounds.checked(
    norms=arguments.line,
    measured=bounds.number,
    predicted=arguments.positive,
    limits=arguments.log_limits,
)
@drawn
def draw_propagation(
    norms: Sequence[float], measured: float, predicted: float, *, limits: Limits | None = None
) -> Picture:
    """Draw gradient norms by layer beside the straight line that theory predicts.

    norms: one norm per layer, in forward order; measured, predicted: factor of the squared norm per
    layer, going back. The line of theory ends at the last layer's norm.
    Raises ``ValueError`` for fewer than two layers, or a negative norm, and ``TypeError`` for a
    wrong type.
    """
    if len(norms) < 2:
        raise ValueError(f"norms must hold at least two layers, got {len(norms)}: pass one a layer")
    layers = tuple(map(float, range(1, len(norms) + 1)))
    theory = tuple(norms[-1] * _power(predicted, (len(norms) - layer) / 2) for layer in layers)
    values = {"predicted": _three_digits(predicted), "measured": _three_digits(measured)}
    description = _(
        "Line chart on a logarithmic scale: the gradient norm of each of {count} layers. "
        "From the last layer back to the first, it goes from {last} to {first}. "
        "The factor of the squared norm per layer is {measured}; theory gives {predicted}.",
        count=len(norms),
        last=format_number(norms[-1]),
        first=format_number(norms[0]),
        **values,
    )
    return line_chart(
        [
            # Translators: in a legend: the factor χ of the squared gradient norm per layer.
            Series(_("theory: χ = {predicted}", **values), layers, theory),
            Series(_("measured: χ = {measured}", **values), layers, tuple(norms)),
        ],
        x=_("layer (1 = next to the input)"),
        y=_("gradient norm (logarithmic)"),
        description=description,
        log_y=True,
        limits=limits,
        markers=(False, True),
    )


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf


def _nearest(factors: Mapping[float, float], variance: float) -> float:
    return factors[min(factors, key=lambda known: abs(known - variance))]


def _three_digits(value: float) -> str:
    return f"{value:#.3g}"


def _accuracy_sentence(network: str, accuracies: Sequence[float]) -> str:
    return _(
        "{network}. Accuracy between {lowest} and {highest}.",
        network=worded(network),
        lowest=format_number(min(accuracies)),
        highest=format_number(max(accuracies)),
    )
