"""Tell in one or two sentences what a page is about, for search engines and shared links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from docutils import nodes
from sphinx import addnodes

from booktools.plain_maths import plain_formula

SHORTEST, LONGEST = 70, 160  # characters, as search engines show them
_HOLE = "\ufffc"  # where a sentence has something that no text can hold
_NUMBERS = re.compile(r"\s*\[\d+(?:, ?\d+)*\]")  # of works that are cited
_ENDS = re.compile(
    r"(?<=[.!?؟])(?=\s)|(?<=[.!?؟][\"”»’)])(?=\s)|(?<=[。！？])(?![”」』）])|(?<=[。！？][”」』）])"
)
_WHOLE = re.compile(r"[.!?؟。！？…][\"”»’)”」』）]*$")  # neither a label nor what a list follows
_BREAKS = re.compile(r"[\s，、；,;]+[^\s，、；,;]*$")


def summary(document: nodes.document) -> str:
    """Return a page's own description, else its first sentences; "" where it has no prose."""
    if given := _given(document):
        return shortened(given)
    return fitted(one for text in _paragraphs(document) for one in sentences(text))


def _given(document: nodes.document) -> str:
    found = (meta for meta in document.findall(nodes.meta) if meta.get("name") == "description")
    return next((" ".join(str(meta["content"]).split()) for meta in found), "")


def _paragraphs(document: nodes.document) -> Iterator[str]:
    """Yield the text of what stands in the page's sections and in nothing else."""
    for paragraph in document.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section | nodes.document):
            yield plain(paragraph)


def plain(node: nodes.Node) -> str:
    """Return a node's words, formulas as text, without the numbers of cited works."""
    return _NUMBERS.sub("", " ".join(_text(node).split()))


def _text(node: nodes.Node) -> str:
    if isinstance(node, nodes.Text):
        return str(node)
    if isinstance(node, nodes.math):
        return plain_formula(node.astext()) or _HOLE
    if isinstance(node, nodes.image | nodes.math_block):
        return _HOLE
    if isinstance(node, nodes.raw | nodes.footnote_reference):
        return ""
    if isinstance(node, addnodes.pending_xref) and node.get("refdomain") == "cite":
        return ""
    return "".join(map(_text, node.children))


def sentences(text: str) -> list[str]:
    """Return the sentences of a paragraph that can stand alone."""
    found = (part.strip() for part in _ENDS.split(text))
    return [one for one in found if _WHOLE.search(one) and _HOLE not in one]


def fitted(parts: Iterable[str]) -> str:
    """Return as many sentences as have room, the last one cut where they would be too few."""
    text = ""
    for part in parts:
        longer = joined(text, part)
        if len(longer) > LONGEST:
            return text if len(text) >= SHORTEST else shortened(longer)
        text = longer
    return text


def joined(first: str, second: str) -> str:
    """Join two sentences as their script does: Chinese puts no space between them."""
    return f"{first}{second}" if not first or first[-1] > "\u3000" else f"{first} {second}"


def shortened(text: str) -> str:
    """Return a text that is not too long, cut between words where it was."""
    if len(text) <= LONGEST:
        return text
    cut = text[: LONGEST - 1]
    whole = _BREAKS.sub("", cut) if text[LONGEST - 1].strip() else cut.rstrip()
    return f"{whole if len(whole) >= SHORTEST else cut}…"
