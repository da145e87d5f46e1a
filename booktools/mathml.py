"""Convert formulas from LaTeX to MathML: the page needs no script, font or request for them."""

from __future__ import annotations

import re
from functools import cache
from html import unescape

from math_core import LatexError, LatexToMathML

_MACROS = {"mbox": r"\text{#1}"}  # the older name of the same, which books still use
UNSEEN = str.maketrans(
    "", "", "\u2061\u2062\u2063"
)  # marks of a function applied, a product, a list
_NAMED = re.compile(
    r"&(?!(?:lt|gt|amp|quot|apos);)\w+;"
)  # characters whose names XML does not know
_converter = LatexToMathML(fancy_error=False, macros=_MACROS)
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
    return _NAMED.sub(lambda name: unescape(name[0]), mathml)


def _prepare(latex: str) -> str:
    """Star the numbering environments, for Sphinx numbers equations; align loose rows."""
    latex = _NUMBERED.sub(r"\\\1{\2*}", latex)
    if r"\\" in latex and r"\begin" not in latex:
        return rf"\begin{{aligned}}{latex}\end{{aligned}}"
    return latex
