"""Try each translation before Sphinx applies it: one that is more than words stays English.

The rules of `check` refuse such an entry already; here nothing depends on them. What a translated
text points at, quotes or calculates must be what the English does, as the nodes of the page say it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.gettext import MessageCatalogBuilder
from sphinx.domains.std import split_term_classifiers
from sphinx.locale import init as read_catalogue
from sphinx.transforms import SphinxTransform
from sphinx.transforms.i18n import parse_noqa, publish_msgstr
from sphinx.util.i18n import docname_to_domain
from sphinx.util.nodes import extract_messages

from booktools.characters import shows_something
from booktools.checks.files import read_catalogue as read_sources
from booktools.checks.finding import Finding
from booktools.checks.security import is_visible
from booktools.extension.message_parser import refuse
from booktools.extension.messages import book_of, current_language
from booktools.markup import numbering, without_words
from booktools.mathml import to_mathml

_PLAIN = (nodes.Text, nodes.emphasis, nodes.strong, addnodes.index)
_LINKS = (nodes.reference, addnodes.pending_xref, addnodes.download_reference)
_BLANKS = re.compile(r"[\n\t]")
_TARGET = ("refdomain", "reftype", "reftarget", "refuri", "refname", "uri")


class RefuseUnsafeMessages(SphinxTransform):
    """Keep in English what a translation would make other than words, and name its entry."""

    default_priority = 19  # right before Locale (20)

    def apply(self, **kwargs: Any) -> None:
        """Try the page's translations, unless messages are being extracted."""
        if isinstance(self.app.builder, MessageCatalogBuilder) or not self.config.language:
            return
        domain = docname_to_domain(self.env.docname, self.config.gettext_compact)
        folders = [str(Path(self.env.srcdir) / folder) for folder in self.config.locale_dirs]
        catalogue, found = read_catalogue(folders, self.config.language, domain)
        headwords = {_plain(term) for term in self.document.findall(nodes.term)}
        for node, english in list(extract_messages(self.document)) if found else ():
            text, _noqa = parse_noqa(catalogue.gettext(english))
            if text in ("", english) or not _is_parsed(node):
                continue
            patch = self._published(node, text)
            problem = difference(node, patch) or _as_headword(node, patch, text, headwords)
            if problem:
                refuse(self.env, text)
                finding = _finding(self.app, domain, english, problem)
                print(f"shown in {book_of(self.app).source.name}: {finding}", flush=True)

    def _published(self, node: nodes.Element, translation: str) -> nodes.Element:
        source = self.document["source"]
        return publish_msgstr(
            self.app, translation, source, node.line or 0, self.config, self.document.settings
        )


def difference(english: nodes.Element, translated: nodes.Element) -> str:
    """Say what the translated text has that the English has not, or lacks; "" where only words."""
    if not isinstance(translated, nodes.paragraph):
        return "Markdown does not read it as one sentence"
    has, needs = (Counter(_parts(node)) for node in (translated, english))
    for what in (has - needs) or (needs - has):
        return f"{what[:80]} is {'not ' if has[what] > needs[what] else 'only '}in the English"
    for what in Counter(_lost_links(translated)) - Counter(_lost_links(english)):
        return f"{what} is not in the English"
    return next(_unreadable(translated), _unseen(english.astext(), translated.astext()))


def _is_parsed(node: nodes.Element) -> bool:
    return not isinstance(node, addnodes.translatable | nodes.meta | nodes.image)


def _parts(text: nodes.Element) -> Iterator[str]:
    """Yield everything in the text that is more than words and their emphasis."""
    for node in text.findall():
        if node is text or isinstance(node, _PLAIN):
            continue
        assert isinstance(node, nodes.Element)
        yield " ".join([type(node).__name__, *_targets(node), *_content(node)])


def _targets(node: nodes.Element) -> Iterator[str]:
    for name in _TARGET:
        if value := node.get(name):
            yield str(value).lower() if node.get("reftype") == "term" else str(value)


def _content(node: nodes.Element) -> Iterator[str]:
    """Yield the words of a node that are not to be translated."""
    if isinstance(node, nodes.math):
        yield without_words(node.astext())
    elif isinstance(node.parent, addnodes.pending_xref):
        return  # the visible words of a link
    elif isinstance(node, nodes.literal | nodes.raw | nodes.FixedTextElement):
        yield node.astext()
    elif node.get("reftype") == "numref":
        yield numbering(node.astext())


def _unreadable(text: nodes.Element) -> Iterator[str]:
    for formula in text.findall(nodes.math):
        try:
            to_mathml(formula.astext())
        except ValueError as error:
            yield str(error)


def _unseen(english: str, translation: str) -> str:
    """Say that a text hides, covers or reorders, where the English does nothing of this."""
    hides = not is_visible(_BLANKS.sub(" ", translation))
    return "it hides or reorders" if hides and is_visible(_BLANKS.sub(" ", english)) else ""


def _lost_links(text: nodes.Element) -> Iterator[str]:
    """Name what readers cannot follow."""
    for link in _links(text):
        if not shows_something(link.astext()) and not any(link.findall(nodes.image)):
            yield "a link without words"
        if any(inner is not link for inner in _links(link)):
            yield "a link within a link"


def _links(text: nodes.Element) -> Iterator[nodes.Element]:
    return (node for node in text.findall(nodes.Element) if isinstance(node, _LINKS))


def _as_headword(node: nodes.Element, patch: nodes.Element, text: str, headwords: set[str]) -> str:
    """Say what keeps a text from naming an entry of the glossary; else note it among the names."""
    if not isinstance(node, nodes.term):
        return ""
    if split_term_classifiers(text)[1]:
        return "a colon between blanks begins a remark that Sphinx hides"
    name = _plain(patch)
    if name in headwords - {_plain(node)}:
        return f"“{patch.astext()}” names another entry of the glossary"
    headwords.add(name)
    return ""


def _plain(text: nodes.Element) -> str:
    return text.astext().casefold()


def _finding(app: Sphinx, domain: str, english: str, problem: str) -> Finding:
    """Name the entry in the translators' own catalogue, where that holds it."""
    path = book_of(app).catalogue(current_language(app), domain)
    entries = read_sources(path)[0].entries if path.is_file() else ()
    line = next((entry.line for entry in entries if entry.msgid == english), 1)
    name = path.relative_to(app.srcdir)
    return Finding(name, line, "words_only", problem, "translate the words, keep the rest")


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(RefuseUnsafeMessages)
