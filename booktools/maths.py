"""Write formulas as MathML while the book is built: no script, no font, no request to any host."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

STATIC = Path(__file__).parent / "static"

_logger = logging.getLogger(__name__)
_converter = LatexToMathML(fancy_error=False)
_NUMBERED = re.compile(r"\\(begin|end)\{(align|equation|gather|multline)\}")


@cache
def to_mathml(latex: str, *, display: bool = False) -> str:
    """Convert a LaTeX formula to a MathML element.

    Raises ValueError that quotes the formula and names what is wrong with it.
    """
    try:
        mathml = _converter.convert_with_local_state(_prepare(latex), displaystyle=display)
    except LatexError as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"cannot read the formula {latex!r}: {reason}; correct its LaTeX, or use commands "
            "that math-core knows"
        ) from error
    return str(mathml)


def _prepare(latex: str) -> str:
    """Star the numbering environments, for Sphinx numbers equations; align loose rows."""
    latex = _NUMBERED.sub(r"\\\1{\2*}", latex)
    if r"\\" in latex and r"\begin" not in latex:
        return rf"\begin{{aligned}}{latex}\end{{aligned}}"
    return latex


def _mathml_or_source(translator: HTML5Translator, node: nodes.Element, *, display: bool) -> str:
    """Return the formula's MathML; where it cannot be read, warn and show its source."""
    try:
        return to_mathml(node.astext(), display=display)
    except ValueError as error:
        _logger.warning("%s", error, location=node, type="maths")
        return f"<code>{translator.encode(node.astext())}</code>"


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula, left to right in isolation."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate", dir="ltr"))
    self.body.append(_mathml_or_source(self, node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula with its number and the anchor that links lead to."""
    self.body.append(self.starttag(node, "div", "", CLASS="math notranslate"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append(_mathml_or_source(self, node, display=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the renderer; Sphinx prefers it to MathJax as the only other one."""
    app.connect("builder-inited", lambda app: app.config.html_static_path.append(str(STATIC)))
    app.add_css_file("maths.css")
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
