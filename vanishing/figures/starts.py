"""What becomes of weights that start from a constant: their singular values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart, round_steps
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.runs import AFTER, ending
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph

if TYPE_CHECKING:
    from vanishing.starts import Started


@bounds.checked(run=arguments.started, limits=arguments.log_limits)
@drawn
def draw_start(run: Started, *, limits: Limits | None = None) -> Picture:
    """Draw the singular values of the second layer before and after the training, on a log axis.

    limits: least range of the axis, so that several drawings can be compared; data extend it.
    Raises ``TypeError`` for a wrong type.
    """
    names = _("before training"), ending(AFTER, run)
    pairs = zip(names, (run.before, run.after), strict=True)
    series = [Series.numbered(name, values) for name, values in pairs]
    intro = _(
        "Line chart on a logarithmic scale: the singular values of the second layer's weights, "
        "from the largest to the smallest."
    )
    return line_chart(
        series,
        x=_("singular value (1 = largest)"),
        y=_("singular value (logarithmic)"),
        description=paragraph(intro, *map(_value_sentence, series)),
        log_y=True,
        limits=limits,
        x_ticks=sorted({1, *round_steps(1, len(run.after), 8)}),
    )


def _value_sentence(series: Series) -> str:
    return _(
        "{name}: the largest is {largest}, and {count} are above 0.",
        name=series.name,
        largest=format_number(series.values[0]),
        count=len(series.finite()),
    )
