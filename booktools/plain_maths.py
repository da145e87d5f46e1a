"""Say a formula in plain text, for places that show neither MathML nor TeX."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from booktools.mathml import UNSEEN, to_mathml

_RAISED = dict(zip("0123456789+−-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ", strict=True))
_LOWERED = dict(zip("0123456789+−-=()n", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₙ", strict=True))
_PRIMES = frozenset("′″‴*")
_SPACED = frozenset("=≈≠<>≤≥≪≫→←±∈∼∝⇒·×−+")


def plain_formula(latex: str) -> str | None:
    """Return a formula such as 10⁻⁶ or 1/√n as text, None where it needs more than a line."""
    try:
        tree = ElementTree.fromstring(to_mathml(latex))
        return " ".join(_text(tree).split())
    except (ValueError, LookupError, ElementTree.ParseError):
        return None


def _text(node: ElementTree.Element) -> str:
    """Return the text of an element; raises LookupError where it has no form in a line."""
    parts = [_text(child) for child in node]
    match node.tag:
        case "mfrac":
            return "/".join(map(_grouped, parts))
        case "msqrt":
            return f"√{_grouped(''.join(parts))}"
        case "msup" | "mover":
            return _with_scripts(node, parts[0], "", parts[1])
        case "msub" | "munder":
            return _with_scripts(node, parts[0], parts[1], "")
        case "msubsup" | "munderover":
            return _with_scripts(node, *parts)
        case "mspace":
            return " "
        case "mtable" | "mroot" | "mmultiscripts":
            raise LookupError(node.tag)
        case "mo" if (text := node.text or "") in _SPACED and text:
            return text if node.get("lspace") == "0" else f" {text} "
    return (node.text or "").translate(UNSEEN) + "".join(parts)


def _with_scripts(node: ElementTree.Element, base: str, lower: str, upper: str) -> str:
    if node.get("accent"):
        raise LookupError("an accent has no form in a line")
    return base + _script(lower, "_", _LOWERED) + _script(upper, "^", _RAISED)


def raised(text: str) -> str | None:
    """Return an exponent in small raised signs, None where there are none for it."""
    return "".join(_RAISED[sign] for sign in text) if set(text) <= _RAISED.keys() else None


def _script(text: str, sign: str, letters: dict[str, str]) -> str:
    text = "".join(text.split())
    if not text or set(text) <= _PRIMES:
        return text
    if set(text) <= letters.keys():
        return "".join(letters[letter] for letter in text)
    return sign + _grouped(text)


def _grouped(text: str | Sequence[str]) -> str:
    whole = "".join(text).strip()
    atom = whole.removeprefix("√").replace(".", "")
    return whole if len(whole) <= 1 or atom.isalnum() else f"({whole})"
