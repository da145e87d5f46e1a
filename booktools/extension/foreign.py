"""Mark the English that a translation gives in brackets, so that it is spoken as English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from docutils import nodes
from sphinx.application import Sphinx

from booktools.extension.downloads import concepts_of
from booktools.extension.fallback import CLASS
from booktools.extension.messages import book_of, current_language
from booktools.glossary_terms import TermsError

_PHRASE = re.compile(r"[A-Za-z][A-Za-z'’ -]*[A-Za-z]")
_WORD = re.compile(r"(?<![A-Za-z])[a-z]{3,}(?![A-Za-z])")
_OPEN, _CLOSED, _BETWEEN = "(（", ")）", ",，、،;；"
_REACH = 200  # characters: no pair of brackets is looked at that holds more
_NO_PROSE = (
    nodes.literal,
    nodes.math,
    nodes.raw,
    nodes.title,
    nodes.term,
    nodes.FixedTextElement,
)


@dataclass(frozen=True)
class English:
    """What counts as English on a page.

    names: of the book's terms. certain: the page's own words are never written in Latin letters.
    """

    names: frozenset[str]
    certain: bool

    def holds(self, phrase: str, source: str, *, emphasized: bool = False) -> bool:
        """Say whether a phrase is a term, or words that the English original has in this place."""
        plain = phrase.casefold()
        if plain in self.names or _singular(plain) & self.names:
            return True
        likely = self.certain or emphasized or " " in phrase
        return likely and bool(_WORD.search(phrase)) and _stands_in(plain, source.casefold())


def _singular(plain: str) -> set[str]:
    return {plain.removesuffix(end) for end in ("s", "es") if plain.endswith(end)}


def _stands_in(phrase: str, source: str) -> bool:
    return bool(re.search(rf"(?<![a-z]){re.escape(phrase)}(?![a-z])", source))


def mark_english(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """On a translated web page, give English in brackets its language."""
    language, source = current_language(app), book_of(app).source
    if app.builder.format != "html" or language.source:
        return
    english = English(frozenset(_names(app)), not _is_latin(language.name))
    tag = CLASS + source.tag
    for text in list(doctree.findall(nodes.Text)):
        if not _is_prose(text):
            continue
        if isinstance(text.parent, nodes.emphasis):
            if _is_english(text, english):
                text.parent["classes"].append(tag)
        elif parts := list(_parts(text, english, tag)):
            place = _place(text)
            text.parent[place : place + 1] = parts


def _names(app: Sphinx) -> Iterator[str]:
    book, language = book_of(app), current_language(app)
    for concepts in concepts_of(app.env).values():
        for concept in concepts:
            if wording := concept.wordings.get(book.source.code):
                yield wording.name.casefold()
    try:
        for term in book.terms(language).terms:
            yield from (name.casefold() for name in term.english)
    except TermsError:  # `booktools check` says what is wrong with a broken table
        return


def _is_latin(name: str) -> bool:
    letters = filter(str.isalpha, name)
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)


def _is_prose(text: nodes.Text) -> bool:
    """Say whether a text is in the page's own language, and no name that other parts look for."""
    above: nodes.Node | None = text.parent
    while isinstance(above, nodes.Element):
        classes: list[str] = above.get("classes", [])
        if isinstance(above, _NO_PROSE) or any(name.startswith(CLASS) for name in classes):
            return False
        above = above.parent
    return True


def _is_english(text: nodes.Text, english: English) -> bool:
    """Say whether emphasized text is English; where letters do not tell, it is in brackets."""
    before, after = _around(text.parent)
    bracketed = english.certain or _in_brackets(before, after)
    phrase = text.strip()
    is_phrase = bool(_PHRASE.fullmatch(phrase))
    return bracketed and is_phrase and english.holds(phrase, _original(text), emphasized=True)


def _parts(text: nodes.Text, english: English, tag: str) -> Iterator[nodes.Node]:
    """Yield a text in pieces if some of them are English in brackets, else nothing."""
    (before, after), original, end = _around(text), _original(text), 0
    whole = before + text + after
    for phrase in _PHRASE.finditer(text):
        start, stop = len(before) + phrase.start(), len(before) + phrase.end()
        around = whole[max(0, start - _REACH) : start], whole[stop : stop + _REACH]
        if _in_brackets(*around) and english.holds(phrase[0], original):
            yield nodes.Text(text[end : phrase.start()])
            yield nodes.inline("", phrase[0], classes=[tag])
            end = phrase.end()
    if end:
        yield nodes.Text(text[end:])


def _around(node: nodes.Node) -> tuple[str, str]:
    """Return the text before and after a part of a paragraph, as far as brackets reach."""
    siblings = node.parent.children
    place = _place(node)
    before = [one.astext() for one in siblings[max(0, place - _REACH) : place]]
    after = [one.astext() for one in siblings[place + 1 : place + _REACH]]
    return "".join(before)[-_REACH:], "".join(after)[:_REACH]


def _place(node: nodes.Node) -> int:
    """Return which child a node is; of two equal texts, it is one."""
    return next(place for place, one in enumerate(node.parent.children) if one is node)


def _in_brackets(before: str, after: str) -> bool:
    """Say whether what stands between is a whole part of what brackets hold."""
    opened = max(map(before.rfind, _OPEN)) > max(map(before.rfind, _CLOSED))
    starts = before.rstrip().endswith(tuple(_OPEN + _BETWEEN))
    return opened and starts and after.lstrip().startswith(tuple(_CLOSED + _BETWEEN))


def _original(text: nodes.Text) -> str:
    """Return the English of the paragraph that a text belongs to."""
    above: nodes.Node | None = text.parent
    while above is not None and not getattr(above, "rawsource", ""):
        above = above.parent
    return str(getattr(above, "rawsource", ""))


def setup(app: Sphinx) -> None:
    """Register the listener."""
    app.connect("doctree-resolved", mark_english)
