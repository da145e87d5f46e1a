"""Read the pages of a built site as a reader would look for them: sections, terms and sources.

Formulas become one line of text; quiz answers, solutions and what a figure draws are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from booktools.plain_maths import raised

_DRAWN = re.compile(r"<(script|svg|style)\b.*?</\1>", re.DOTALL)
_CODE = re.compile(r"(?<=<pre>).*?(?=</pre>)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_FURTHER = re.compile(r'class="vg-find".*?<script[^>]*>(.*?)</script>', re.DOTALL)
_ARTICLE = re.compile(r"<article\b.*</article>", re.DOTALL)
_BLANKS = re.compile(r"\s+")
# A blank beside a sign that a word bears.
_LOOSE = re.compile(r" (?=[.,;:!?…)\]，。；：！？）])|(?<=[(\[（]) ")
_LEFT_OUT = re.compile(
    r"headerlink|eqno|cell_input|tag_solution|sd-dropdown|bibtex-citation|citation|glossary"
    r"|toctree-wrapper|vg-(quiz-title|quiz-answer|explorer|lab|find|letters|downloads|names|uses|number)"
)
_NO_PROSE = frozenset({"section", "script", "summary", "input", "button", "label", "output"})
_WITHIN_LINES = re.compile("a|abbr|b|cite|code|em|i|kbd|mark|q|s|small|span|strong|su[bp]|u")
_MOSTLY = 0.6  # share of a section's letters that are links to terms
_CITATION = ".bibtex-citation a[href*='#']"
_RELATIONS = re.compile(r"([=≠≤≥<>≈∼∝→←↦∈×·⋅≪≫:]|(?<=[\w)\]])[+−])")


@dataclass(frozen=True)
class Place:
    """What a hit leads to.

    kind: page, section, list (a section of little but names of terms), term or source.
    anchor: "" for a page's top. cites: anchors of sources.
    """

    kind: str
    anchor: str
    title: str
    names: tuple[str, ...]
    text: str
    code: str = ""
    cites: tuple[str, ...] = ()


def read_page(html: str) -> list[Place]:
    """Return the places of a page, the page itself first; none where it has no heading."""
    article = _ARTICLE.search(html)
    text = _DRAWN.sub(" ", article[0] if article else "")
    plain = _CODE.sub(lambda code: _TAG.sub("", code[0]), text)  # its colours are half of a page
    soup = BeautifulSoup(plain, "html.parser")
    first = soup.find("section")
    if not isinstance(first, Tag) or not first.find(_is_heading):
        return []
    names = _further_names(html)
    found = [_section(one, "section" if number else "page") for number, one in _sections(soup)]
    found += [_term(one, names) for one in soup.select("dl.glossary > dt[id]")]
    return found + [_source(one) for one in soup.select("div.citation[id]")]


def _is_heading(tag: Tag) -> bool:
    return bool(re.fullmatch("h[1-6]", tag.name))


def _sections(soup: BeautifulSoup) -> Iterator[tuple[int, Tag]]:
    return enumerate(one for one in soup.find_all("section") if one.find(_is_heading))


def _further_names(html: str) -> Mapping[str, Sequence[str]]:
    """Return id of a term -> the names that its page's own search field knows."""
    found = _FURTHER.search(html)
    names: dict[str, list[str]] = json.loads(found[1]) if found else {}
    return names


def _section(section: Tag, kind: str) -> Place:
    heading = next(one for one in section.find_all(_is_heading))
    anchor = str(section.get("id") or heading.get("id") or "") if kind == "section" else ""
    rest = [one for one in section.children if one is not heading]
    code = " ".join(one.get_text() for one in _own(section, ".cell_input pre"))
    cited = [str(one["href"]).rpartition("#")[2] for one in _own(section, _CITATION)]
    title, text = text_of(heading), _tidy(_join(rest))
    named = sum(len(one.get_text()) for one in _own(section, ".std-term"))
    if named > _MOSTLY * len(text):
        kind = "list" if kind == "section" else kind
    return Place(kind, anchor, title, (), text, _tidy(code), tuple(dict.fromkeys(cited)))


def _own(section: Tag, selector: str) -> Iterator[Tag]:
    """Yield what stands in this section, in none within it, and solves no exercise."""
    for one in section.select(selector):
        solves = any("tag_solution" in (parent.get("class") or ()) for parent in one.parents)
        if one.find_parent("section") is section and not solves:
            yield one


def _term(term: Tag, further: Mapping[str, Sequence[str]]) -> Place:
    definition = term.find_next_sibling("dd")
    assert isinstance(definition, Tag)
    others = [
        name.find_all("span", recursive=False)[-1].get_text()
        for name in definition.select(".vg-names > li > p > [lang]")
    ]
    anchor, title = str(term["id"]), text_of(term)
    names = dict.fromkeys([*others, *further.get(anchor, ())])
    return Place("term", anchor, title, tuple(names), text_of(definition))


def _source(entry: Tag) -> Place:
    label = entry.find("span", class_="label")
    title = f"[{label.get_text().strip('[]')}]" if isinstance(label, Tag) else ""
    text = " ".join(text_of(one) for one in entry.find_all("p"))
    return Place("source", str(entry["id"]), title, (), text)


def text_of(tag: Tag) -> str:
    """Return what a reader sees of an element in one line, its formulas too."""
    return _tidy(_join(tag.children))


def _tidy(text: str) -> str:
    return _LOOSE.sub("", _BLANKS.sub(" ", text)).strip()


def _join(nodes: Iterator[PageElement] | Sequence[PageElement]) -> str:
    return "".join(map(_text, nodes))


def _text(node: PageElement) -> str:
    if isinstance(node, NavigableString):
        return "" if isinstance(node, PreformattedString) else str(node)
    assert isinstance(node, Tag)
    if node.name == "math":
        return formula(node)
    if _is_left_out(node):
        return " "
    return (
        _join(node.children) if _WITHIN_LINES.fullmatch(node.name) else f" {_join(node.children)} "
    )


def _is_left_out(tag: Tag) -> bool:
    return tag.name in _NO_PROSE or any(map(_LEFT_OUT.fullmatch, tag.get("class") or ()))


def formula(tag: Tag) -> str:
    """Return a MathML element as one line: fractions with a slash, x², e^x, n_in."""
    return _RELATIONS.sub(r" \1 ", _linear(tag))


def _linear(node: PageElement) -> str:
    if not isinstance(node, Tag):
        return ""
    if node.name in ("annotation", "annotation-xml"):
        return ""
    parts = [_linear(one) for one in node.children if isinstance(one, Tag)]
    if not parts:
        return node.get_text().replace("\u2061", " ")  # between a function and its argument
    return _JOINTS.get(node.name, "".join)(parts)


def _atom(text: str) -> str:
    return text if len(text) == 1 or text.isalnum() else f"({text})"


def _power(text: str) -> str:
    return text if text in "′″" else raised(text) or f"^{_atom(text)}"


_JOINTS: Mapping[str, Callable[[list[str]], str]] = {
    "mfrac": lambda parts: "/".join(map(_atom, parts)),
    "msup": lambda parts: parts[0] + _power(parts[1]),
    "msub": lambda parts: f"{parts[0]}_{_atom(parts[1])}",
    "msubsup": lambda parts: f"{parts[0]}_{_atom(parts[1])}{_power(parts[2])}",
    "msqrt": lambda parts: f"√{_atom(''.join(parts))}",
    "mover": lambda parts: parts[0],
    "munder": " ".join,
    "munderover": " ".join,
    "mtr": " ".join,
    "mtable": " ".join,
}


def as_row(page: int, place: Place) -> list[Any]:
    """Return a place as the search's script reads it."""
    return [page, *astuple(place)]
