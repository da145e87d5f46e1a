"""What is left of the images on their way forward, and of the gradient on its way back."""

from __future__ import annotations

from collections.abc import Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart, round_steps
from vanishing.figures.drawing import Picture, drawn
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph


@bounds.checked(
    spreads=arguments.values, gradient_norms=arguments.values, limits=arguments.log_limits
)
@drawn
def draw_two_directions(
    spreads: Sequence[float], gradient_norms: Sequence[float], *, limits: Limits | None = None
) -> Picture:
    """Draw both on one log axis, each divided by its value where it starts: layer 1, last layer.

    spreads, gradient_norms: one value per hidden layer, in forward order.
    Raises ``ValueError`` for no layer, lists of unequal length, a start that is not above 0, or a
    negative value, and ``TypeError`` for a wrong type.
    """
    if len(spreads) != len(gradient_norms):
        raise ValueError(
            f"spreads and gradient_norms must have one value per layer, got {len(spreads)} and "
            f"{len(gradient_norms)}: pass lists of equal length"
        )
    lines = [
        # Translators: in a legend: how much the images still differ from each other
        _relative(_("difference between the images, going forward"), spreads, 0),
        _relative(_("gradient, going back"), gradient_norms, -1),
    ]
    return line_chart(
        lines,
        x=_("layer (1 = next to the input)"),
        y=_("part that is left (logarithmic)"),
        description=paragraph(
            _("Line chart on a logarithmic scale: what is left in each layer, both ways."),
            *map(_sentence, lines),
        ),
        log_y=True,
        limits=limits,
        x_ticks=sorted({1, *round_steps(1, len(spreads), 12)}),
    )


def _relative(name: str, values: Sequence[float], start: int) -> Series:
    if not values or not values[start] > 0:
        raise ValueError(
            f"each direction must start above 0, got {list(values)[:3]}: "
            "measure a network in which something arrives"
        )
    return Series.numbered(name, [value / values[start] for value in values])


def _sentence(line: Series) -> str:
    return _(
        "{name}: {first} in the first layer, {last} in the last.",
        name=line.name,
        first=format_number(line.values[0]),
        last=format_number(line.values[-1]),
    )
