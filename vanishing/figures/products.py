"""Powers of a number in few bits, and singular values of products of matrices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import Limits, Series, line_chart
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.localisation import N_, _, format_number, ngettext
from vanishing.phrases import paragraph, sentence

KINDS = {"gaussian": N_("Gaussian"), "orthogonal": N_("orthogonal")}


@bounds.checked(
    powers=arguments.by_name(arguments.line, "format", "{name: products}"),
    limits=arguments.log_limits,
)
@drawn
def draw_powers(powers: Mapping[str, Sequence[float]], *, limits: Limits | None = None) -> Picture:
    """Draw the products of 1, 2, 3, … equal factors on a log axis.

    A line ends at its first zero or infinity, which is marked at the edge.
    powers: name of a number format -> the products, from one factor on.
    limits: least range of the axis, so that several drawings can be compared; data extend it.
    Raises ``ValueError`` for no format or product, or a negative product, and ``TypeError`` for a
    wrong type.
    """
    series = [Series.numbered(worded(name), _until_lost(values)) for name, values in powers.items()]
    intro = _(
        "Line chart on a logarithmic scale: the product of equal factors "
        "against the number of factors."
    )
    return line_chart(
        series,
        x=_("number of factors"),
        y=_("product (logarithmic)"),
        description=paragraph(intro, *map(_power_sentence, series)),
        log_y=True,
        limits=limits,
        markers=False,
        x_limits=(0, max(map(len, powers.values()))),
    )


@bounds.checked(
    spectra=arguments.by_name(arguments.line, "product", "{name: values}"),
    limits=arguments.log_limits,
)
@drawn
def draw_spectra(
    spectra: Mapping[str, Sequence[float]], *, limits: Limits | None = None
) -> Picture:
    """Draw the singular values of products of matrices on a log axis, the largest first.

    spectra: "gaussian", "orthogonal" or another name -> singular values in falling order.
    limits: least range of the axis, so that several drawings can be compared; data extend it.
    Raises ``ValueError`` for no product or singular value, or a negative one, and ``TypeError`` for
    a wrong type.
    """
    series = [
        Series.numbered(_spectrum_name(name, values), values) for name, values in spectra.items()
    ]
    intro = _(
        "Line chart on a logarithmic scale: the singular values of a product of matrices, "
        "from the largest to the smallest."
    )
    return line_chart(
        series,
        x=_("singular value (1 = largest)"),
        y=_("size (logarithmic)"),
        description=paragraph(intro, *(sentence(line.name) for line in series)),
        log_y=True,
        limits=limits,
        marks={_("length unchanged"): 1.0},
        markers=False,
    )


@bounds.checked(rates=arguments.by_length(arguments.line, "{50: roots}"), limit=arguments.line)
@drawn
def draw_rates(rates: Mapping[int, Sequence[float]], limit: Sequence[float]) -> Picture:
    """Draw the factor per matrix of every singular value, for some products and in the limit.

    rates: number of factors m -> m-th roots of the singular values in falling order.
    limit: what the roots approach when the number of factors grows.
    Raises ``ValueError`` for no product or root, and ``TypeError`` for a wrong type.
    """
    names = {m: ngettext("{count} factor", "{count} factors", m) for m in rates}
    series = [Series.numbered(names[m], values) for m, values in rates.items()]
    series.append(Series.numbered(_("infinitely many (theory)"), limit))
    intro = _(
        "Line chart: how much each singular value changes per factor, "
        "from the largest to the smallest singular value."
    )
    return line_chart(
        series,
        x=_("singular value (1 = largest)"),
        y=_("change per factor"),
        description=paragraph(intro, *map(_rate_sentence, series)),
        marks={_("length unchanged"): 1.0},
        markers=False,
    )


def _until_lost(values: Sequence[float]) -> Sequence[float]:
    """Return the values up to the first one that is zero or infinite."""
    lost = (n for n, value in enumerate(values, start=1) if value == 0 or math.isinf(value))
    return values[: next(lost, len(values))]


def _spectrum_name(name: str, values: Sequence[float]) -> str:
    # Translators: in a legend: {kind} matrices; the largest and the smallest singular value.
    return _(
        "{kind}: {largest} to {smallest}",
        kind=_(KINDS[name]) if name in KINDS else worded(name),
        largest=format_number(max(values)),
        smallest=format_number(min(values)),
    )


def _power_sentence(series: Series) -> str:
    values = {
        "format": series.name,
        "first": format_number(series.values[0]),
        "last": format_number(series.values[-1]),
        "count": len(series.values),
    }
    if zeros := series.where("zero"):
        return _(
            "{format}: from {first} to exactly zero, which is reached at {count} factors.",
            **{**values, "count": int(zeros[0])},
        )
    if infinite := series.where("infinite"):
        return _(
            "{format}: from {first} to infinity, which is reached at {count} factors.",
            **{**values, "count": int(infinite[0])},
        )
    return _("{format}: from {first} to {last} at {count} factors.", **values)


def _rate_sentence(series: Series) -> str:
    return _(
        "{product}: from {largest} down to {smallest}.",
        product=series.name,
        largest=format_number(max(series.values)),
        smallest=format_number(min(series.values)),
    )
