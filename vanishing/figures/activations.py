"""Activation functions and their slopes; units that saturate or die during training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph

SHARE: Limits = (0.0, 1.0)


@bounds.checked(
    name=arguments.label,
    positions=arguments.positions,
    values=arguments.line,
    slopes=arguments.line,
    limits=arguments.limits,
)
@drawn
def draw_activation(
    name: str,
    positions: Sequence[float],
    values: Sequence[float],
    slopes: Sequence[float],
    *,
    limits: Limits | None = None,
) -> Picture:
    """Draw an activation function and its derivative, with a dotted line at the height 1.

    name: the function's own name. values, slopes: one number per position.
    limits: least range of the y axis, so that several drawings can be compared.
    Raises ``ValueError`` for positions and numbers that differ in number, and ``TypeError`` for a
    wrong type.
    """
    name = worded(name)
    series = [
        # Translators: in a legend: {activation} is the name of a function, such as "SiLU".
        Series(_("{activation}: function", activation=name), tuple(positions), tuple(values)),
        Series(_("{activation}: derivative", activation=name), tuple(positions), tuple(slopes)),
    ]
    description = _(
        "Line chart of the activation function {activation} and its derivative for inputs "
        "from {first} to {last}. The derivative lies between {least} and {greatest}.",
        activation=name,
        first=format_number(positions[0]),
        last=format_number(positions[-1]),
        least=format_number(min(slopes)),
        greatest=format_number(max(slopes)),
    )
    return line_chart(
        series,
        x=_("input of the unit"),
        y=_("output and derivative"),
        description=description,
        limits=limits,
        # Translators: in a legend: a dotted line at the height 1.
        marks={_("height 1"): 1.0},
        markers=False,
    )


@bounds.checked(
    positions=arguments.positions,
    slopes=arguments.by_name(arguments.line, "function", "{name: slopes}"),
)
@drawn
def draw_slopes(positions: Sequence[float], slopes: Mapping[str, Sequence[float]]) -> Picture:
    """Draw the derivatives of several activation functions.

    slopes: the function's own name -> one number per position.
    Raises ``ValueError`` for no function, and for slopes that are not one per position, and
    ``TypeError`` for a wrong type.
    """
    series = [
        Series(worded(name), tuple(positions), tuple(values)) for name, values in slopes.items()
    ]
    intro = _(
        "Line chart of the derivatives of activation functions for inputs from {first} to {last}.",
        first=format_number(positions[0]),
        last=format_number(positions[-1]),
    )
    return line_chart(
        series,
        x=_("input of the unit"),
        y=_("derivative"),
        description=paragraph(intro, *map(_range_sentence, series)),
        marks={_("height 1"): 1.0},
        markers=False,
    )


@bounds.checked(steps=arguments.positions, shares=arguments.lines)
@drawn
def draw_saturated_units(steps: Sequence[int], shares: Sequence[Sequence[float]]) -> Picture:
    """Draw the share of saturated pairs of unit and image in each hidden layer during training.

    shares: one sequence per step, with a number from 0 to 1 per hidden layer.
    Raises ``ValueError`` for shares that are not those of all steps, and ``TypeError`` for a wrong
    type.
    """
    intro = _("Line chart: the share of saturated units in each hidden layer during the training.")
    # Translators: axis: the part of the units that are saturated, from 0 (none) to 1 (all).
    return _draw_shares(steps, shares, _("share of saturated units"), intro)


@bounds.checked(steps=arguments.positions, shares=arguments.lines)
@drawn
def draw_dead_units(steps: Sequence[int], shares: Sequence[Sequence[float]]) -> Picture:
    """Draw the share of dead units in each hidden layer during training.

    shares: one sequence per step, with a number from 0 to 1 per hidden layer.
    Raises ``ValueError`` for shares that are not those of all steps, and ``TypeError`` for a wrong
    type.
    """
    intro = _("Line chart: the share of dead units in each hidden layer during the training.")
    # Translators: axis: the part of the units that are dead, from 0 (none) to 1 (all).
    return _draw_shares(steps, shares, _("share of dead units"), intro)


def _draw_shares(
    steps: Sequence[int], shares: Sequence[Sequence[float]], y: str, intro: str
) -> Picture:
    if not shares or len(shares) != len(steps):
        raise ValueError(
            f"shares must hold one sequence for each of {len(steps)} steps, got {len(shares)}: "
            "pass the steps and the shares of one training run"
        )
    if len({len(values) for values in shares}) > 1:
        raise ValueError(
            "shares must hold as many layers at every step, got lists of unequal length: "
            "pass the shares of one training run"
        )
    series = [
        Series(_("hidden layer {number}", number=number), tuple(map(float, steps)), tuple(values))
        for number, values in enumerate(zip(*shares, strict=True), start=1)
    ]
    return line_chart(
        series,
        x=_("training step"),
        y=y,
        description=paragraph(intro, *map(_share_sentence, series)),
        limits=SHARE,
    )


def _range_sentence(series: Series) -> str:
    return _(
        "{activation}: from {least} to {greatest}.",
        activation=series.name,
        least=format_number(min(series.values)),
        greatest=format_number(max(series.values)),
    )


def _share_sentence(series: Series) -> str:
    # Translators: {layer} is "hidden layer 2".
    return _(
        "{layer}: {first} before training, {last} after {steps} training steps.",
        layer=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
        steps=format_number(series.positions[-1]),
    )
