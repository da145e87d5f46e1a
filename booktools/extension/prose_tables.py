"""Give the tables of the prose names, heads for their rows, and numbers that stay whole."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

NAME, NUMBER, NUMBERS = "vg-label", "vg-number-cell", "vg-number-column"
_NUMBER = re.compile(
    r"(?:[≈~<>≤≥±+−-]\s*)*\d[\d.,]*(?:\s?[·×]\s?10[\d−+-]*)?(?:e[+−-]?\d+)?(?:\s?%)?"
    r"(?:\s?±\s?[\d.,]+)?"
)


class table_name(nodes.General, nodes.TextElement):  # noqa: N801
    """What a table is called: no title, which Sphinx would number."""


def visit_name(self: HTML5Translator, node: table_name) -> None:
    """Open the caption."""
    self.body.append(self.starttag(node, "caption", ""))


def depart_name(self: HTML5Translator, node: table_name) -> None:
    """Close it."""
    self.body.append("</caption>\n")


def improve_tables(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """On a web page, mark what each table is called, and what its cells are."""
    if app.builder.format != "html":
        return
    for table in doctree.findall(nodes.table):
        _name(table)
        group = next(table.findall(nodes.tgroup))
        rows = _rows(next(group.findall(nodes.tbody)))
        if rows and all(len(row) > 1 and _says(row[0]) for row in rows):
            next(group.findall(nodes.colspec))["stub"] = 1
        _mark_numbers(group, rows)


def _says(cell: nodes.entry) -> bool:
    """Say whether a cell has words: a formula is no name for a row that a browser knows."""
    return any(not isinstance(text.parent, nodes.math) for text in cell.findall(nodes.Text))


def _name(table: nodes.table) -> None:
    """Call a table without a caption what its section is called, for screen readers alone."""
    section: nodes.Node | None = table
    while section is not None and not isinstance(section, nodes.section):
        section = section.parent
    if section is not None and not isinstance(table[0], nodes.title):
        title = next(section.findall(nodes.title)).astext()
        table.insert(0, table_name("", title, classes=[NAME]))


def _rows(part: nodes.Element) -> list[list[nodes.entry]]:
    return [list(row.findall(nodes.entry)) for row in part.findall(nodes.row)]


def _mark_numbers(group: nodes.tgroup, rows: Sequence[Sequence[nodes.entry]]) -> None:
    for cell in (cell for row in rows for cell in row if is_number(cell.astext())):
        cell["classes"].append(NUMBER)
    heads = [row for head in group.findall(nodes.thead) for row in _rows(head)]
    for place, column in enumerate(zip(*rows, strict=False)):
        if all(is_number(cell.astext()) for cell in column):
            for cell in (*(row[place] for row in heads), *column):
                cell["classes"].append(NUMBERS)


def is_number(text: str) -> bool:
    """Say whether a cell holds one number, with its sign, its power of ten and its error."""
    return bool(_NUMBER.fullmatch(text.strip()))


def setup(app: Sphinx) -> None:
    """Register the listener and the node."""
    app.add_node(table_name, html=(visit_name, depart_name))
    app.connect("doctree-resolved", improve_tables)
