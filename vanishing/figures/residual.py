"""Residual blocks: growth of the signal, paths by length, deleted blocks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph


@bounds.checked(
    mean_squares=arguments.by_name(arguments.line, "kind of block", "{name: values}"),
    limits=arguments.log_limits,
)
@drawn
def draw_signal_growth(
    mean_squares: Mapping[str, Sequence[float]], *, limits: Limits | None = None
) -> Picture:
    """Draw the mean square of the signal against the number of blocks passed, on a log axis.

    mean_squares: kind of block -> one value at the input and one after each block.
    Raises ``ValueError`` for no kind of block, or a negative value, and ``TypeError`` for a wrong
    type.
    """
    intro = _("Line chart on a logarithmic scale: the mean square of the signal after each block.")
    sentences = [
        _(
            "{network}: {first} at the input, {last} at the end.",
            network=worded(name),
            first=format_number(values[0]),
            last=format_number(values[-1]),
        )
        for name, values in mean_squares.items()
    ]
    return line_chart(
        [Series.numbered(worded(name), values, start=0) for name, values in mean_squares.items()],
        # Translators: a residual block, a part of the network
        x=_("block"),
        y=_("mean square of the signal"),
        description=paragraph(intro, *sentences),
        log_y=True,
        limits=limits,
    )


@bounds.checked(paths=arguments.line, gradient=arguments.line)
@drawn
def draw_path_shares(paths: Sequence[float], gradient: Sequence[float]) -> Picture:
    """Draw how many of all paths have each length, beside what they bring of the gradient.

    paths, gradient: shares of the paths through 0, 1, … blocks; each adds up to 1.
    Raises ``ValueError`` for lists of unequal length, and ``TypeError`` for a wrong type.
    """
    if len(paths) != len(gradient):
        raise ValueError(
            f"paths and gradient must have one share per length, got {len(paths)} "
            f"and {len(gradient)}: pass lists of equal length"
        )
    names = {_("share of the paths"): paths, _("share of the gradient"): gradient}
    intro = _("Line chart: shares by the length of the path, in blocks.")
    sentences = [
        _("{name}: largest at a length of {length}.", name=name, length=_peak(values))
        for name, values in names.items()
    ]
    # Rounded, lest a share of -0.00001 pulls the axis below zero.
    rounded = {name: [round(value, 3) + 0.0 for value in values] for name, values in names.items()}
    return line_chart(
        [Series.numbered(name, values, start=0) for name, values in rounded.items()],
        x=_("path length (blocks passed)"),
        y=_("share"),
        description=paragraph(intro, *sentences),
    )


@bounds.checked(
    whole=arguments.by_name(bounds.number, "network", "{name: accuracy}"),
    without=arguments.by_name(arguments.line, "network", "{name: accuracies}"),
    chance=arguments.share,
)
@drawn
def draw_lesions(
    whole: Mapping[str, float], without: Mapping[str, Sequence[float]], *, chance: float = 0.1
) -> Picture:
    """Draw the test accuracy without one layer against the number of the deleted layer.

    whole: network -> accuracy with all layers; without: network -> accuracy without each layer.
    chance: accuracy of guessing.
    Raises ``ValueError`` for networks that are not the same in both, and ``TypeError`` for a wrong
    type.
    """
    if whole.keys() != without.keys():
        raise ValueError(
            f"whole and without must name the same networks, got {bounds.shown(sorted(whole))} "
            f"and {bounds.shown(sorted(without))}: measure both for each network"
        )
    names = {name: _whole_name(name, whole[name]) for name in without}
    intro = _("Line chart: the test accuracy after one layer is deleted, for each layer.")
    sentences = [
        _(
            "{network}. Without one layer: from {lowest} to {highest}.",
            network=names[name],
            lowest=f"{min(values):.2f}",
            highest=f"{max(values):.2f}",
        )
        for name, values in without.items()
    ]
    guessing = _("guessing: {accuracy}", accuracy=f"{chance:.1f}")
    return line_chart(
        [Series.numbered(names[name], values) for name, values in without.items()],
        x=_("deleted layer"),
        y=_("test accuracy"),
        description=paragraph(intro, *sentences),
        limits=(0.0, 1.0),
        marks={guessing: chance},
    )


def _whole_name(name: str, accuracy: float) -> str:
    # Translators: in a legend: the accuracy of the whole network, with no layer deleted
    return _("{network}, whole: {accuracy}", network=worded(name), accuracy=f"{accuracy:.2f}")


def _peak(values: Sequence[float]) -> int:
    finite = [-math.inf if math.isnan(value) else value for value in values]
    return finite.index(max(finite))
