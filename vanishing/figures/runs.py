"""Gradient norms by layer and losses by training step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, extremes, line_chart, round_steps
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.figures.sentences import loss_sentence
from vanishing.localisation import N_, _, format_number, ngettext
from vanishing.phrases import paragraph

if TYPE_CHECKING:
    from vanishing.training import Run


WHOLE = {
    "learned": N_("{network}: learned, accuracy {percent}%"),
    # Translators: training stalled; fewer than half of the digits are read, often none.
    "stalled": N_("{network}: stalled, accuracy {percent}%"),
    # Translators: training diverged; the loss has grown beyond all bounds.
    "diverged": N_("{network}: diverged, accuracy {percent}%"),
}
AFTER = {
    # Translators: in a legend, beside "before training": the gradient after a training run.
    "learned": N_("after: learned, accuracy {percent}%"),
    # Translators: the training stalled: fewer than half of the digits are read, often none.
    "stalled": N_("after: stalled, accuracy {percent}%"),
    # Translators: the training diverged: the loss has grown beyond all bounds.
    "diverged": N_("after: diverged, accuracy {percent}%"),
}
CLIPPED = {
    # Translators: in a legend: {clipping} is "no clipping", "clipped by norm" and so on.
    "learned": N_("{clipping}: learned, {percent}%"),
    # Translators: fewer than half of the digits are read at the end, often hardly any.
    "stalled": N_("{clipping}: stalled, {percent}%"),
    # Translators: the loss has grown beyond all bounds.
    "diverged": N_("{clipping}: diverged"),
}


class Ended(Protocol):
    """What is read of a run to say how it ended."""

    @property
    def state(self) -> str:
        """One of the states of a ``Run``."""
        ...

    @property
    def accuracies(self) -> Sequence[float]:
        """Accuracies from 0 to 1, the last one at the end."""
        ...


def ending(sentences: Mapping[str, str], run: Ended, **names: str) -> str:
    """Say how a run ended, in one of the sentences by state, with its last accuracy."""
    state = bounds.choice(sentences)("state", run.state)
    return _(sentences[state], percent=round(100 * run.accuracies[-1]), **names)


@bounds.checked(
    norms=arguments.by_name(arguments.line, "network", "{name: norms}"),
    notes=bounds.optional(arguments.by_name(arguments.label, "network", "{name: note}")),
    limits=arguments.log_limits,
)
@drawn
def draw_gradient_norms(
    norms: Mapping[str, Sequence[float]],
    *,
    notes: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Picture:
    """Draw the gradient norm of each layer on a log axis, one line per network.

    norms: network -> one norm per layer in forward order; zero, NaN and infinity are marked.
    notes: network -> what the legend says in place of the network's name.
    limits: least range of the axis, so that several drawings can be compared; data extend it.
    Raises ``ValueError`` for no network, no norm, or a negative one, and ``TypeError`` for a wrong
    type.
    """
    series = [Series.numbered(worded((notes or {}).get(name, name)), norms[name]) for name in norms]
    return draw_layers(series, layers_intro(series), limits)


@bounds.checked(
    runs=arguments.runs,
    step=bounds.whole(0, 10**9),
    limits=arguments.log_limits,
    names=bounds.optional(arguments.names),
)
@drawn
def draw_runs(
    runs: Sequence[Run],
    *,
    step: int = 0,
    limits: Limits | None = None,
    names: Sequence[str] | None = None,
) -> Picture:
    """Draw the gradient norm of each layer at a training step, with how every run ended.

    Without `limits` the axis spans all recorded steps: it stays put while the step changes.
    names: what the legend calls the runs, in place of the kinds of their networks.
    Raises ``ValueError`` for no run, or names that are not one per run, and ``TypeError`` for a
    wrong type.
    """
    outcomes = zip(_outcomes(runs, names), runs, strict=True)
    series = [Series.numbered(outcome, run.norms_at(step)) for outcome, run in outcomes]
    intro = _(
        "Line chart on a logarithmic scale: "
        "the gradient norm of each layer at training step {step}.",
        step=step,
    )
    everything = [norm for run in runs for norms in run.gradient_norms for norm in norms]
    return draw_layers(series, intro, limits or extremes(everything))


@bounds.checked(
    runs=arguments.runs, chance=arguments.positive, names=bounds.optional(arguments.names)
)
@drawn
def draw_losses(
    runs: Sequence[Run], *, chance: float = math.log(10), names: Sequence[str] | None = None
) -> Picture:
    """Draw the training loss against the training step, with the loss of guessing marked.

    chance: loss of a network that finds every class equally likely; ln 10 for ten digits.
    names: what the legend calls the runs, in place of the kinds of their networks.
    Raises ``ValueError`` for no run, or names that are not one per run, and ``TypeError`` for a
    wrong type.
    """
    outcomes = zip(_outcomes(runs, names), runs, strict=True)
    series = [
        Series(outcome, tuple(map(float, run.steps)), run.losses) for outcome, run in outcomes
    ]
    intro = _(
        "Line chart on a logarithmic scale: the loss against the training step; "
        "guessing gives a loss of {loss}.",
        loss=f"{chance:.2f}",
    )
    return line_chart(
        series,
        x=_("training step"),
        y=_("loss (logarithmic)"),
        description=paragraph(intro, *map(loss_sentence, series)),
        log_y=True,
        marks={_("guessing: {loss}", loss=f"{chance:.2f}"): chance},
        x_ticks=round_steps(0, max(max(run.steps) for run in runs), 8),
    )


@bounds.checked(run=arguments.run, limits=arguments.log_limits)
@drawn
def draw_training(run: Run, *, limits: Limits | None = None) -> Picture:
    """Draw the gradient norm of each layer before and after a training run, with how it ended.

    limits: least range of the axis, so that several drawings can be compared.
    Raises ``ValueError`` for an unknown state of the run, and ``TypeError`` for a wrong type.
    """
    names = _("before training"), ending(AFTER, run)
    norms = run.gradient_norms[0], run.gradient_norms[-1]
    series = [Series.numbered(name, values) for name, values in zip(names, norms, strict=True)]
    return draw_layers(series, layers_intro(series), limits)


def draw_layers(series: Sequence[Series], intro: str, limits: Limits | None) -> Picture:
    """Draw norms by layer on a log axis, with the introduction in front of their description."""
    last = max(len(line.values) for line in series)
    sentences = [sentence for line in series for sentence in _norm_sentences(line)]
    return line_chart(
        series,
        x=_("layer (1 = next to the input)"),
        y=_("gradient norm (logarithmic)"),
        description=paragraph(intro, *sentences),
        log_y=True,
        limits=limits,
        x_limits=(0.5, last + 0.5),
        x_ticks=sorted({1, *round_steps(1, last, 12)}),
    )


def layers_intro(series: Sequence[Series]) -> str:
    """Say what is seen, and of how many layers."""
    last = max(len(line.values) for line in series)
    return ngettext(
        "Line chart on a logarithmic scale: the gradient norm of {count} layer.",
        "Line chart on a logarithmic scale: the gradient norm of each of {count} layers, "
        "from the one next to the input to the one next to the output.",
        last,
    )


def _outcomes(runs: Sequence[Run], names: Sequence[str] | None) -> list[str]:
    names = [run.experiment.label for run in runs] if names is None else names
    if len(names) != len(runs):
        raise ValueError(
            f"names must be as many as the runs, got {len(names)} names for {len(runs)} runs: "
            "pass one name per run"
        )
    return [ending(WHOLE, run, network=worded(name)) for name, run in zip(names, runs, strict=True)]


def _norm_sentences(series: Series) -> Iterator[str]:
    # Translators: {network} is a name ("ReLU"), or a name with its result ("ReLU: learned, …").
    yield _(
        "{network}. Gradient norm {first} in the first layer, {last} in the last; "
        "smallest {smallest}, largest {largest}.",
        network=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
        smallest=format_number(min(series.finite(), default=math.nan)),
        largest=format_number(max(series.finite(), default=math.nan)),
    )
    if zeros := len(series.where("zero")):
        yield ngettext(
            "In {count} layer it is zero or has underflowed.",
            "In {count} layers it is zero or has underflowed.",
            zeros,
        )
    if broken := len(series.where("infinite") + series.where("nan")):
        yield ngettext(
            "In {count} layer it is infinite or NaN.",
            "In {count} layers it is infinite or NaN.",
            broken,
        )
