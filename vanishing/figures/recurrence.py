"""Recurrent networks: gradients by time step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph


@bounds.checked(
    relative=arguments.by_name(arguments.line, "network", "{name: values}"),
    limits=arguments.log_limits,
)
@drawn
def draw_gradient_by_time(
    relative: Mapping[str, Sequence[float]], *, limits: Limits | None = None
) -> Picture:
    """Draw the gradient norm at each time step, as a multiple of the last one, on a log axis.

    relative: name -> one value for each state, from time step 0 to the last, where it is 1.
    limits: least range of the axis, so that several drawings can be compared; data extend it.
    Raises ``ValueError`` for no network or state, or a negative value, and ``TypeError`` for a
    wrong type.
    """
    intro = _(
        "Line chart on a logarithmic scale: the gradient norm at each time step, "
        "divided by that at the last time step."
    )
    sentences = [
        _(
            "{network}: {value} at time step 0.",
            network=worded(name),
            value=format_number(values[0]),
        )
        for name, values in relative.items()
    ]
    return line_chart(
        [Series.numbered(worded(name), values, start=0) for name, values in relative.items()],
        x=_("time step"),
        # Translators: gradient norms, divided by the one at the last time step
        y=_("gradient norm (last step = 1)"),
        description=paragraph(intro, *sentences),
        log_y=True,
        limits=limits,
    )
