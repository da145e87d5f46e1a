"""How far an update moves each layer, and how deep a network each optimizer still trains."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart, round_steps
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.figures.runs import WHOLE, ending
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph

if TYPE_CHECKING:
    from vanishing.optimizers import OptimizedRun


@bounds.checked(
    updates=arguments.by_name(arguments.line, "optimizer", "{name: updates}"),
    limits=arguments.log_limits,
)
@drawn
def draw_relative_updates(
    updates: Mapping[str, Sequence[float]], *, limits: Limits | None = None
) -> Picture:
    """Draw how far one update moves each layer, relative to its weights, one line per optimizer.

    updates: optimizer -> the norm of the change, divided by that of the weights, per layer in
    forward order. limits: least range of the axis, so that several drawings can be compared.
    Raises ``ValueError`` for no optimizer or layer, or a negative number, and ``TypeError`` for a
    wrong type.
    """
    series = [Series.numbered(worded(name), values) for name, values in updates.items()]
    return _draw_updates(series, limits)


@bounds.checked(
    runs=arguments.optimized_runs,
    step=bounds.whole(1, 10**9),
    limits=arguments.log_limits,
)
@drawn
def draw_optimized_runs(
    runs: Sequence[OptimizedRun], *, step: int = 1, limits: Limits | None = None
) -> Picture:
    """Draw how far an update moved each layer, one line per random seed, and how each run ended.

    step: the number of the update, 1 for the first.
    limits: least range of the axis, so that several drawings can be compared.
    Raises ``ValueError`` for no run, and ``TypeError`` for a wrong type.
    """
    names = [_("seed {seed}", seed=run.optimization.seed) for run in runs]
    series = [
        Series.numbered(ending(WHOLE, run, network=name), run.updates_at(step))
        for name, run in zip(names, runs, strict=True)
    ]
    return _draw_updates(series, limits)


@bounds.checked(
    accuracies=arguments.by_name(
        arguments.by_length(arguments.line, "{5: accuracies}"),
        "optimizer",
        "{name: {5: accuracies}}",
    ),
    chance=arguments.share,
)
@drawn
def draw_accuracies_by_depth(
    accuracies: Mapping[str, Mapping[int, Sequence[float]]], *, chance: float
) -> Picture:
    """Draw the median accuracy over the random seeds against the depth.

    accuracies: optimizer -> depth -> one accuracy from 0 to 1 per seed.
    chance: accuracy of guessing, which is marked.
    Raises ``ValueError`` for no optimizer, depth or seed, and ``TypeError`` for a wrong type.
    """
    series = [
        Series.of(worded(name), {depth: median(values) for depth, values in seeds.items()})
        for name, seeds in accuracies.items()
    ]
    depths = sorted({depth for seeds in accuracies.values() for depth in seeds})
    intro = _("Line chart: the accuracy against the number of hidden layers, median over seeds.")
    return line_chart(
        series,
        x=_("hidden layers"),
        y=_("test accuracy (median)"),
        description=paragraph(intro, *map(_depth_sentence, series)),
        limits=(0.0, 1.0),
        marks={_("guessing: {accuracy}", accuracy=f"{chance:.3g}"): chance},
        x_ticks=depths,
    )


def _draw_updates(series: Sequence[Series], limits: Limits | None) -> Picture:
    last = max(len(line.values) for line in series)
    intro = _(
        "Line chart on a logarithmic scale: how far one update moves the weights of each layer, "
        "as a share of their own size."
    )
    return line_chart(
        series,
        x=_("layer (1 = next to the input)"),
        y=_("update / weight (logarithmic)"),
        description=paragraph(intro, *map(_update_sentence, series)),
        log_y=True,
        limits=limits,
        x_limits=(0.5, last + 0.5),
        x_ticks=sorted({1, *round_steps(1, last, 12)}),
    )


def _update_sentence(series: Series) -> str:
    return _(
        "{name}. Update {first} in the first layer, {last} in the last; largest {largest}.",
        name=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
        largest=format_number(max(series.finite(), default=math.nan)),
    )


def _depth_sentence(series: Series) -> str:
    return _(
        "{name}: {first} with {shallow} hidden layers, {last} with {deep}.",
        name=series.name,
        first=format_number(series.values[0]),
        shallow=int(series.positions[0]),
        last=format_number(series.values[-1]),
        deep=int(series.positions[-1]),
    )
