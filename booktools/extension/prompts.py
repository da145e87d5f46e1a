"""Translate the buttons of hidden cells; a hidden solution says that it is one."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

SHOW_SOLUTION = "Show the solution"
HIDE_SOLUTION = "Hide the solution"


class NameSolutions(SphinxPostTransform):
    """Give hidden cells with the tag `solution` prompts of their own."""

    default_priority = 190  # before myst-nb wraps hidden cells (199)

    def run(self, **kwargs: Any) -> None:
        """Set the prompts."""
        for cell in self.document.findall(nodes.container):
            if cell.get("hide_mode") and "solution" in _tags(cell):
                cell["prompt_show"], cell["prompt_hide"] = SHOW_SOLUTION, HIDE_SOLUTION


def _tags(cell: nodes.Element) -> list[str]:
    metadata: dict[str, Any] = cell.get("cell_metadata", {})
    return list(metadata.get("tags", []))


def visit_hidden(self: HTML5Translator, node: nodes.Element) -> None:
    """Open a <details> with the prompts in the reader's language."""
    classes = " ".join(["admonition", "hide", *node["classes"]])
    self.body.append(f'<details class="{classes}">\n<summary>\n')
    for state, prompt in (("collapsed", node["prompt_show"]), ("expanded", node["prompt_hide"])):
        self.body.append(f'<span class="{state}">{escape(_(prompt))}</span>\n')
    self.body.append("</summary>\n")


def depart_hidden(self: HTML5Translator, node: nodes.Element) -> None:
    """Close the <details>."""
    self.body.append("</details>\n")


def setup(app: Sphinx) -> None:
    """Replace myst-nb's English writer for hidden cells."""
    app.add_post_transform(NameSolutions)
    app.add_node(HideCodeCellNode, override=True, html=(visit_hidden, depart_hidden))
