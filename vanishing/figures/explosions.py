"""Runs that diverge, runs that clipping stops, and gradients that 16 bits cannot hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Series, line_chart, plain, round_steps
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.figures.runs import CLIPPED, ending
from vanishing.localisation import N_, _, format_number
from vanishing.phrases import paragraph, sentence

if TYPE_CHECKING:
    from vanishing.training import Run

CLIPPINGS = {
    "none": N_("no clipping"),
    "norm": N_("clipped by norm"),
    "value": N_("clipped by value"),
}
LOWEST, CEILING = 0.01, 1e6  # of the losses that are drawn, so that those that learn are readable


@bounds.checked(
    losses=arguments.line, gradient_norms=arguments.line, largest_weights=arguments.line
)
@drawn
def draw_divergence(
    losses: Sequence[float], gradient_norms: Sequence[float], largest_weights: Sequence[float]
) -> Picture:
    """Draw a run that breaks: three lines on a log axis against the number of updates.

    All three have one value per update, from 0 updates on; infinity and NaN are marked.
    Raises ``ValueError`` for lists of unequal length, or a negative value, and ``TypeError`` for a
    wrong type.
    """
    steps = tuple(map(float, range(len(losses))))
    series = [
        Series(_("loss"), steps, tuple(losses)),
        Series(_("gradient norm"), steps, tuple(gradient_norms)),
        Series(_("largest weight"), steps, tuple(largest_weights)),
    ]
    intro = _(
        "Line chart on a logarithmic scale: the loss, the gradient norm and the largest weight "
        "against the training step, from step 0 to step {last}.",
        last=len(losses) - 1,
    )
    return line_chart(
        series,
        x=_("training step"),
        y=_("size (logarithmic)"),
        description=paragraph(intro, *map(_growth_sentence, series)),
        log_y=True,
        x_ticks=round_steps(0, len(losses) - 1, 10),
    )


@bounds.checked(
    runs=arguments.by_name(arguments.run, "run", "{name: run}"), chance=arguments.positive
)
@drawn
def draw_clipped_runs(runs: Mapping[str, Run], *, chance: float = math.log(10)) -> Picture:
    """Draw the losses of runs that differ in their clipping, with how each ended.

    runs: "none", "norm", "value" or another name -> run. Finite losses above a million are left
    out. chance: loss of a network that finds every class equally likely; ln 10 for ten digits.
    Raises ``ValueError`` for no run, and ``TypeError`` for a wrong type.
    """
    series = [_drawn_losses(name, run) for name, run in runs.items()]
    intro = _(
        "Line chart on a logarithmic scale: the loss against the training step, "
        "for several kinds of gradient clipping. Losses above one million are not drawn."
    )
    sentences = [sentence(line.name) for line in series]
    return line_chart(
        series,
        x=_("training step"),
        y=_("loss (logarithmic)"),
        description=paragraph(intro, *sentences),
        log_y=True,
        limits=(LOWEST, CEILING),
        marks={_("guessing: {loss}", loss=f"{chance:.2f}"): chance},
        x_limits=(0, max(max(run.steps) for run in runs.values())),
    )


@bounds.checked(
    exponents=arguments.positions,
    zero=arguments.line,
    overflowed=arguments.line,
    expected_zero=arguments.values,
)
@drawn
def draw_lost_shares(
    exponents: Sequence[int],
    zero: Sequence[float],
    overflowed: Sequence[float],
    expected_zero: Sequence[float] = (),
) -> Picture:
    """Draw which share of a gradient a format loses, against the loss scale.

    exponents: the loss scales, as exponents of 2. zero, overflowed: shares of the entries, 0 to 1.
    expected_zero: the share of zeros that follows from the gradient in float32, if it is known.
    Raises ``ValueError`` for lists of unequal length, and ``TypeError`` for a wrong type.
    """
    scales = tuple(map(float, exponents))
    series = [
        Series(_("rounded to zero"), scales, tuple(zero)),
        Series(_("infinite or NaN"), scales, tuple(overflowed)),
    ]
    if expected_zero:
        series.append(Series(_("expected zeros"), scales, tuple(expected_zero)))
    least = min(range(len(scales)), key=lambda at: zero[at] + overflowed[at])
    description = _(
        "Line chart: the share of gradient entries that are rounded to zero, and the share that "
        "are infinite or NaN, against the loss scale. Without scaling, {zero} are rounded to "
        "zero. At best, with exponent {exponent}, {lost} are lost in one of the two ways.",
        zero=format_number(zero[0]),
        exponent=plain(scales[least]),
        lost=format_number(zero[least] + overflowed[least]),
    )
    return line_chart(
        series,
        x=_("loss scale (exponent of 2)"),
        y=_("share of gradient entries"),
        description=description,
        limits=(0.0, 1.0),
        x_ticks=scales,
    )


def _growth_sentence(series: Series) -> str:
    """Say how a line begins and what its largest value is."""
    values = {
        "quantity": series.name,
        "first": format_number(series.values[0]),
        "largest": format_number(max(series.finite(), default=math.nan)),
    }
    if broken := series.where("infinite") + series.where("nan"):
        return _(
            "{quantity}: from {first} to {largest}; from step {step} on, infinite or NaN.",
            **values,
            step=int(min(broken)),
        )
    return _("{quantity}: from {first} to {largest}; always finite.", **values)


def _drawn_losses(name: str, run: Run) -> Series:
    pairs = zip(run.steps, run.losses, strict=True)
    drawn = [(float(at), loss) for at, loss in pairs if not CEILING < loss < math.inf]
    positions, losses = zip(*(drawn or [(0.0, math.inf)]), strict=True)
    clipping = _(CLIPPINGS[name]) if name in CLIPPINGS else worded(name)
    return Series(ending(CLIPPED, run, clipping=clipping), positions, losses)
