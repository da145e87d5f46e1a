"""The gradient in small image networks, by their shortcuts, and how each run ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.runs import WHOLE, draw_layers, ending, layers_intro
from vanishing.localisation import N_, _

if TYPE_CHECKING:
    from vanishing.convolutions import ImageRun

SHORTCUTS = {
    "none": N_("plain"),
    # Translators: in a legend: a shortcut that adds channels of zeros where the size changes.
    "zeros": N_("zeros"),
    # Translators: in a legend: a shortcut with a 1 × 1 convolution where the size changes.
    "projection": N_("projection"),
    "always": N_("projection in every block"),
}


@bounds.checked(runs=arguments.image_runs, step=bounds.whole(0, 10**9), limits=arguments.log_limits)
@drawn
def draw_image_runs(
    runs: Sequence[ImageRun], *, step: int = 0, limits: Limits | None = None
) -> Picture:
    """Draw the gradient norm of each layer at a training step, one line per run, with its end.

    limits: least range of the axis, so that several drawings can be compared; data extend it.
    Raises ``ValueError`` for no run, and ``TypeError`` for a wrong type.
    """
    names = [_(SHORTCUTS[run.network.shortcut]) for run in runs]
    series = [
        Series.numbered(ending(WHOLE, run, network=name), run.norms_at(step))
        for name, run in zip(names, runs, strict=True)
    ]
    return draw_layers(series, layers_intro(series), limits)
