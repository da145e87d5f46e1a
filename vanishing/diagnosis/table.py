"""Show a diagnosis as a table for pages and screen readers, and as a text for terminals."""

from html import escape

from vanishing.diagnosis.findings import Group, findings, groups, sign, summary, verdict_of
from vanishing.diagnosis.verdicts import Judgement
from vanishing.localisation import _, direction


def diagnosis_html(diagnosis: Judgement, figure: str = "") -> str:
    """Return the table, what to try and a figure's HTML, for a page or a notebook."""
    heads = (_("Layer"), _("Gradient norm / weight norm"), _("Verdict"))
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    rows = "".join(map(_row, groups(diagnosis.layers)))
    lines = "".join(f"<li>{line}</li>" for line in findings(diagnosis, html=True))
    advice = f"<ul>{lines}</ul>" if lines else ""
    return (
        f'<div class="vg-diagnosis" dir="{direction()}">'
        f'<table class="table"><caption>{escape(summary(diagnosis))}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"{advice}{figure}</div>"
    )


def diagnosis_text(diagnosis: Judgement) -> str:
    """Return the table and what to try, line by line, for a terminal."""
    rows = (f"  {sign(group.first)} {_row_text(group)}" for group in groups(diagnosis.layers))
    return "\n".join([summary(diagnosis), *rows, *findings(diagnosis, html=False)])


def _row_text(group: Group) -> str:
    return _(
        "{title} ({names}): {verdict}, {range}",
        title=group.title,
        names=group.names,
        verdict=verdict_of(group.first),
        range=group.range,
    )


def _row(group: Group) -> str:
    names = f'<bdi dir="{direction()}">{escape(group.names)}</bdi>'
    return (
        f'<tr><th scope="row"><bdi>{escape(group.title)}</bdi><br>'
        f'<small style="font-weight:normal;font-size:.9em">{names}</small></th>'
        f"<td><bdi>{escape(group.range)}</bdi></td>"
        f'<td><span aria-hidden="true">{sign(group.first)}</span>\u00a0'
        f"{escape(verdict_of(group.first))}</td></tr>"
    )
