"""What the blocks of a detector receive, and how its loss falls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart, round_steps
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.figures.sentences import loss_sentence
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph

STAGES = (10.5, 22.5)  # where the backbone of YOLO26 ends, and where its head begins


@bounds.checked(
    norms=arguments.by_name(arguments.blocks, "network", "{name: {0: norm}}"),
    step=bounds.whole(0, 10**9),
    limits=arguments.log_limits,
)
@drawn
def draw_blocks(
    norms: Mapping[str, Mapping[int, float]], *, step: int = 0, limits: Limits | None = None
) -> Picture:
    """Draw the gradient norm of each block of YOLO26 on a log axis, one line per network.

    norms: network -> block of the yaml file -> norm; two lines part backbone, neck and head.
    step: the number of training steps done. limits: least range of the axis.
    Raises ``ValueError`` for no network or block, a block that YOLO26 has not, or a negative norm,
    and ``TypeError`` for a wrong type.
    """
    series = [Series.of(worded(name), blocks) for name, blocks in norms.items()]
    intro = _(
        "Line chart on a logarithmic scale: the gradient norm of each block of the detector "
        "at training step {step}.",
        step=step,
    )
    return line_chart(
        series,
        # Translators: the three parts of a detector with the numbers of their blocks.
        x=_("block (0–10 backbone, 11–22 neck, 23 head)"),
        y=_("gradient norm (logarithmic)"),
        description=paragraph(intro, *map(_blocks_sentence, series)),
        log_y=True,
        limits=limits,
        x_limits=(-0.7, 23.7),
        x_ticks=(0, 5, 10, 16, 19, 23),
        borders=STAGES,
    )


@bounds.checked(losses=arguments.by_name(arguments.line, "network", "{name: losses}"))
@drawn
def draw_detector_losses(losses: Mapping[str, Sequence[float]]) -> Picture:
    """Draw the loss per image against the training step, one line per network.

    Raises ``ValueError`` for no network or loss, and ``TypeError`` for a wrong type.
    """
    series = [Series.numbered(worded(name), values, start=0) for name, values in losses.items()]
    intro = _("Line chart: the loss per image against the training step.")
    last = max(map(len, losses.values())) - 1
    return line_chart(
        series,
        x=_("training step"),
        y=_("loss per image"),
        description=paragraph(intro, *map(loss_sentence, series)),
        limits=(0.0, 1.0),
        x_ticks=round_steps(0, last, 8),
    )


def _blocks_sentence(series: Series) -> str:
    return _(
        "{network}. Gradient norm {first} in the first block, {last} in the last; "
        "smallest {smallest}, largest {largest}.",
        network=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
        smallest=format_number(min(series.values)),
        largest=format_number(max(series.values)),
    )
