"""Say formulas in words: a browser gives the name of a button no formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.etree import ElementTree

from docutils import nodes
from sphinx.locale import _

from booktools.mathml import UNSEEN, to_mathml

_PRIMES = "′″‴"
_TRANSPOSED = ("⊤", "T")


def spoken(latex: str) -> str:
    """Return a formula in words of the reader's language; its source where it cannot be read."""
    try:
        mathml = to_mathml(latex)
    except ValueError:
        return latex
    return " ".join(_say(ElementTree.fromstring(mathml)).split())


def spoken_text(node: nodes.Node) -> str:
    """Return the text of a part of a page, with its formulas in words."""
    return "".join(
        spoken(part.astext()) if isinstance(part, nodes.math) else part.astext()
        for part in node.findall(lambda part: isinstance(part, nodes.Text | nodes.math))
        if not isinstance(part.parent, nodes.math)
    )


def _say(node: ElementTree.Element) -> str:
    parts = [_say(child) for child in node]
    shape = _SHAPES.get(node.tag)
    return shape(parts) if shape else " ".join([(node.text or "").translate(UNSEEN), *parts])


def _filled(message: str, **parts: str) -> str:
    for name, part in parts.items():
        message = message.replace(f"{{{name}}}", part)
    return message


def _power(base: str, exponent: str) -> str:
    exponent = exponent.strip()
    if exponent and not exponent.strip(_PRIMES):
        return base + exponent
    if exponent in _TRANSPOSED:
        return _filled(_("{matrix} transposed"), matrix=base)
    return _filled(_("{base} to the power of {exponent}"), base=base, exponent=exponent)


def _fraction(parts: Sequence[str]) -> str:
    return _filled(_("{numerator} over {denominator}"), numerator=parts[0], denominator=parts[1])


def _root(parts: Sequence[str]) -> str:
    return _filled(_("the square root of {number}"), number=" ".join(parts))


_SHAPES: dict[str, Callable[[Sequence[str]], str]] = {
    "msup": lambda parts: _power(parts[0], parts[1]),
    "msubsup": lambda parts: _power(f"{parts[0]} {parts[1]}", parts[2]),
    "mfrac": _fraction,
    "msqrt": _root,
}
