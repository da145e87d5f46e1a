"""Write formulas as MathML while the book is built: no script, no font, no request to any host."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from booktools.mathml import to_mathml

STATIC = Path(__file__).parent / "static"

_logger = logging.getLogger(__name__)


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
