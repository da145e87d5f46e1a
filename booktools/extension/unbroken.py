"""Keep an inline formula on one line with the marks that touch it."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

CLASS = "vg-unbroken"
_BEFORE = re.compile(r"[(\[{（［「『《“‘«]+$")
_AFTER = re.compile(r"^(?:-\w+|[.,;:!?…)\]}%”’»،؛؟。，、；：！？）］」』》]+)")


def join_marks(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """On a web page, put each inline formula and the marks around it into one unbroken part."""
    if app.builder.format != "html":
        return
    for formula in list(doctree.findall(nodes.math)):
        before, after = _cut(formula)
        if before or after:
            parts = [nodes.Text(before), formula.deepcopy(), nodes.Text(after)]
            joined = nodes.inline("", "", *parts, classes=[CLASS])
            formula.replace_self(joined)


def _cut(formula: nodes.math) -> tuple[str, str]:
    """Take the marks that touch a formula out of the texts around it."""
    parent, place = formula.parent, formula.parent.index(formula)
    before = _BEFORE.search(_text(parent, place - 1)) if place else None
    after = _AFTER.match(_text(parent, place + 1)) if place + 1 < len(parent) else None
    if after:
        parent[place + 1] = nodes.Text(_text(parent, place + 1)[after.end() :])
    if before:
        parent[place - 1] = nodes.Text(_text(parent, place - 1)[: before.start()])
    return (before[0] if before else ""), (after[0] if after else "")


def _text(parent: nodes.Element, place: int) -> str:
    return str(parent[place]) if isinstance(parent[place], nodes.Text) else ""


def setup(app: Sphinx) -> None:
    """Register the listener."""
    app.connect("doctree-resolved", join_marks)
