"""Show predictions beside their measurements, in the reader's language; what fails is marked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from vanishing import bounds, recipes
from vanishing.localisation import N_, _, direction, ngettext
from vanishing.measurements import COMPARISONS, Comparison
from vanishing.phrases import both
from vanishing.theory import Prediction, Source

STATEMENTS = {
    "slopes/sigmoid-max": N_("sigmoid, largest slope"),
    "slopes/tanh-max": N_("tanh, largest slope"),
    "slopes/gelu-min": N_("GELU, smallest slope"),
    "slopes/gelu-max": N_("GELU, largest slope"),
    "slopes/silu-min": N_("SiLU, smallest slope"),
    "slopes/silu-max": N_("SiLU, largest slope"),
    "slopes/selu-max": N_("SELU, largest slope"),
    "underflow/float32": N_("float32, multiplications by 0.25 until zero"),
    "underflow/float16": N_("float16, multiplications by 0.25 until zero"),
    "underflow/bfloat16": N_("bfloat16, multiplications by 0.25 until zero"),
    "products/gaussian-mean": N_("Gaussian matrix, mean logarithm of the stretching"),
    "layers/identity-xavier": N_("linear layers, Xavier initialization"),
    "layers/identity-orthogonal": N_("linear layers, orthogonal initialization"),
    "layers/tanh-default": N_("tanh, PyTorch's default"),
    "layers/relu-he": N_("ReLU, He initialization"),
    "layers/relu-xavier": N_("ReLU, Xavier initialization"),
    "layers/relu-default": N_("ReLU, PyTorch's default"),
    "layers/silu-default": N_("SiLU, PyTorch's default"),
    "layers/sigmoid-default": N_("sigmoid, PyTorch's default"),
    "layers/sigmoid-xavier": N_("sigmoid, Xavier initialization"),
    "mean-field/length-2.5": N_("variance of the sums at a weight variance of 2.5"),
    "mean-field/chi-0.5": N_("gradient factor at a weight variance of 0.5"),
    "mean-field/chi-1.76": N_("gradient factor at a weight variance of 1.76"),
    "mean-field/chi-4.0": N_("gradient factor at a weight variance of 4"),
    "blocks/relu-batch": N_("ReLU and batch normalization, gradient factor"),
    "blocks/relu-layer": N_("ReLU and layer normalization, gradient factor"),
    "blocks/relu-rms": N_("ReLU and RMS normalization, gradient factor"),
    "blocks/unscaled-sum": N_("unscaled residual sum, signal factor"),
    "blocks/unscaled-relu-sum": N_("the same with ReLU last, signal factor"),
    "blocks/path-mean": N_("mean length of the paths through 54 blocks"),
    "blocks/path-share": N_("share of the paths that pass 19 to 35 of 54 blocks"),
    "recurrence/linear-0.9": N_("linear recurrence, spectral radius 0.9, 50 steps"),
    "recurrence/linear-1.1": N_("linear recurrence, spectral radius 1.1, 50 steps"),
    "recurrence/tanh-0.9": N_("tanh recurrence, spectral radius 0.9, 50 steps"),
    "recurrence/lstm-0": N_("LSTM cell path, forget bias 0, 50 steps"),
    "recurrence/lstm-1": N_("LSTM cell path, forget bias 1, 50 steps"),
    "recurrence/lstm-2": N_("LSTM cell path, forget bias 2, 50 steps"),
    "memory/linear": N_("linear recurrence, factor of absolute value 0.99, 1,000 steps"),
    "optimizers/momentum-limit": N_("momentum 0.9, step at a constant gradient / first step"),
    "optimizers/adam-small": N_("Adam, step at a gradient of 1e-8 / learning rate"),
    "optimizers/adam-rare": N_("Adam, step after a long time without gradient / learning rate"),
    "optimizers/adam-first": N_("Adam, first update / weight, PyTorch's default, rate 0.01"),
    "starts/rank": N_("equal weights, rank of the second layer after the training"),
    "starts/squared-error": N_("squared error of a sigmoid at the score -8, size of the gradient"),
    "starts/scale-free": N_("weights / 10 before batch normalization, gradient factor"),
    "starts/first-loss": N_("random scores of variance 0.25 for ten classes, loss"),
    "convolutions/forgotten": N_("3 × 3 filters, variance 2 / channels, gradient factor"),
    "convolutions/zeros": N_("3 × 3 filters, 8 × 8 positions within zeros, signal factor"),
    "convolutions/batch": N_("filters with batch normalization, gradient factor"),
    "convolutions/group": N_("filters with group normalization, one group, gradient factor"),
    "language/zero-head": N_("22 letters, first loss of a model whose output starts at 0"),
    "language/feed-forward": N_("feed-forward branch with ReLU, mean square at the start"),
    "language/deep-stream": N_("GPT-2's scale, stream behind 64 blocks / behind 16"),
    "language/largest-score": N_("normalized queries and keys of 16 numbers, largest score"),
    "language/bfloat16": N_("bfloat16, smallest power of 2 that changes 1"),
}
"""What each prediction is about, by its key; numbers are squared norms' factors per layer or so."""

# White on dark red reads well on light and on dark pages, and needs no stylesheet.
ALARM = "background:#a31621;color:#ffffff;font-weight:700"


@dataclass(frozen=True)
class Table:
    """Hold one row per comparison; it shows itself as HTML or as plain text."""

    comparisons: tuple[Comparison, ...]

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Return statement, source, prediction, measurement and verdict of each row, in words."""
        return [
            (
                statement(row.prediction),
                source(row.prediction.source),
                predicted(row.prediction),
                number(row.measured),
                verdict(row),
            )
            for row in self.comparisons
        ]

    def summary(self) -> str:
        """Say how many rows agree and, where some do not, how many these are."""
        failing = sum(not row.agrees for row in self.comparisons)
        if failing:
            return ngettext(
                "{count} of {all} rows fails.",
                "{count} of {all} rows fail.",
                failing,
                all=len(self.comparisons),
            )
        return ngettext(
            "{count} row: it agrees.",
            "{count} rows: all agree.",
            len(self.comparisons),
        )

    def html(self) -> str:
        """Return a `<table>` with a caption and header cells for screen readers."""
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in headings())
        rows = zip(self.rows(), self.comparisons, strict=True)
        body = "".join(_html_row(words, agrees=row.agrees) for words, row in rows)
        caption = f'<caption style="caption-side:bottom">{escape(self.summary())}</caption>'
        return (
            f'<div class="vg-checks" style="overflow-x:auto"><table class="table" '
            f'dir="{direction()}">{caption}'
            f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def text(self) -> str:
        """Return the table as lines of plain text, the statement with its source in the first."""
        lines = [" | ".join(headings())]
        for about, where, foretold, found, judged in self.rows():
            lines.append(" | ".join((f"{about} ({where})", foretold, found, judged)))
        return "\n".join([*lines, self.summary()])

    def page(self) -> dict[str, str]:
        """Return what a page of the book shows, and a notebook."""
        return {"text/html": self.html(), "text/plain": self.text()}

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return recipes.bundle(self) if recipes.wanted() else self.page()


@bounds.checked(comparisons=COMPARISONS)
def predicted_and_measured(comparisons: Sequence[Comparison]) -> Table:
    """Make the table of some comparisons.

    Raises ``ValueError`` without comparisons.
    """
    return Table(tuple(comparisons))


def headings() -> tuple[str, str, str, str]:
    """Return the names of the four columns."""
    # Translators: headings of a table that puts predictions beside measurements.
    return _("statement"), _("predicted"), _("measured"), _("verdict")


def statement(prediction: Prediction) -> str:
    """Say what the number is; a prediction without words of its own shows its key."""
    known = STATEMENTS.get(prediction.key)
    return _(known) if known else prediction.key


def source(source: Source) -> str:
    """Say where the statement stands, or from what it was calculated."""
    paper, numbers = source.paper, source.equations
    if not paper:
        return _("calculated from the definition")
    if not numbers:
        # Translators: {paper} is a citation: "He et al. 2015".
        return _("calculated from {paper}", paper=paper) if source.derived else paper
    several = numbers.split(", ")
    # Translators: {numbers} are numbers of equations: "14", or "6 and 16".
    place = ngettext(
        "{paper}, equation {numbers}",
        "{paper}, equations {numbers}",
        len(several),
        paper=paper,
        numbers=both(several),
    )
    return _("calculated from {paper}", paper=place) if source.derived else place


def predicted(prediction: Prediction) -> str:
    """Write the predicted number with its tolerance, or as a bound."""
    if prediction.is_bound:
        return _("at most {number}", number=number(prediction.value))
    if not prediction.tolerance:
        return _("exactly {number}", number=number(prediction.value))
    return f"{number(prediction.value)} ± {prediction.tolerance:.2g}"


def verdict(comparison: Comparison) -> str:
    """Say in a word whether the measurement is what is predicted."""
    # Translators: verdicts of a table: the measurement is as predicted, or it is not.
    return _("✓ agrees") if comparison.agrees else _("✗ FAILS")


def number(value: float) -> str:
    """Write five digits: 0.16667, 27, 8.8818e-16."""
    return f"{value:.5g}"


def _html_row(words: tuple[str, str, str, str, str], *, agrees: bool) -> str:
    about, where, foretold, found, judged = map(escape, words)
    style = "" if agrees else f' style="{ALARM}"'
    kind = "vg-agrees" if agrees else "vg-fails"
    return (
        f'<tr class="{kind}"><th scope="row" style="font-weight:400">{about}'
        f'<br><span style="font-size:0.85em">{where}</span></th>'
        f"<td><bdi>{foretold}</bdi></td>"
        f"<td{style}><bdi>{found}</bdi></td><td{style}>{judged}</td></tr>"
    )
