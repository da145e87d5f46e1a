"""Sort the glossary as its readers do, and give each entry its name in every language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.gettext import MessageCatalogBuilder
from sphinx.domains.std import split_term_classifiers
from sphinx.transforms import SphinxTransform
from sphinx.util.i18n import docname_to_domain

from booktools.extension.downloads import concepts_of
from booktools.extension.fallback import CLASS
from booktools.extension.messages import (
    book_of,
    catalogue_path,
    current_language,
    read_messages,
)
from booktools.glossary_data import Concept, Wording
from booktools.languages import Language, sort_key
from booktools.markup import plain_text

NAMES_CLASS = "vg-names"


@dataclass(frozen=True)
class Edition:
    """A glossary in one language: its messages, and the name of each entry by its English one."""

    language: Language
    messages: Mapping[str, str]
    names: Mapping[str, str]


class ArrangeGlossary(SphinxTransform):
    """Put each glossary in the reader's order, and the six names into each entry."""

    default_priority = 30  # after Locale (20) and after progress is counted (25)

    def apply(self, **kwargs: Any) -> None:
        """Change every glossary of the page, unless messages are being extracted."""
        if isinstance(self.app.builder, MessageCatalogBuilder):
            return
        for glossary in self.document.findall(addnodes.glossary):
            for entries in glossary.findall(nodes.definition_list):
                self._arrange(entries)

    def _arrange(self, entries: nodes.definition_list) -> None:
        domain = docname_to_domain(self.env.docname, self.config.gettext_compact)
        editions = tuple(
            self._editions(domain, [term.rawsource for term in entries.findall(nodes.term)])
        )
        concepts = tuple(_concept(entry, editions) for entry in entries)
        concepts_of(self.env)[self.env.docname] = concepts
        for entry in entries:
            _add_names(entry, editions)
        key = sort_key(current_language(self.app))
        entries[:] = sorted(entries, key=partial(_headword_key, key))

    def _editions(self, domain: str, headwords: Sequence[str]) -> Iterator[Edition]:
        for language in book_of(self.app).languages:
            messages = {} if language.source else read_messages(self.app, language.code, domain)
            if path := catalogue_path(self.app, language.code, domain):
                self.env.note_dependency(str(path))
            yield Edition(language, messages, names_of(headwords, language, messages))


def names_of(
    headwords: Sequence[str], language: Language, messages: Mapping[str, str]
) -> dict[str, str]:
    """Return English headword -> its name; none where that names another entry, too."""
    taken = Counter(plain_text(english).casefold() for english in headwords)
    names = {}
    for english in headwords:
        name = _name(english, language, messages)
        if name and taken[name.casefold()] <= (name.casefold() == plain_text(english).casefold()):
            names[english] = name
            taken[name.casefold()] += 1
    return names


def _headword_key(key: Any, entry: nodes.Element) -> Any:
    return key(entry[0].astext())


def _concept(entry: Any, editions: Sequence[Edition]) -> Concept:
    term, definition = entry
    wordings = {}
    for one in editions:
        texts = [_translated(text.rawsource, one.language, one.messages) for text in definition]
        if headword := one.names.get(term.rawsource):
            explained = plain_text(" ".join(texts)) if all(texts) else ""
            wordings[one.language.code] = Wording(headword, explained)
    return Concept(term["ids"][0], wordings)


def _translated(english: str, language: Language, messages: Mapping[str, str]) -> str:
    english = english.replace("\n", " ").strip()
    return english if language.source else messages.get(english, "")


def _name(english: str, language: Language, messages: Mapping[str, str]) -> str:
    """Return a headword as its page shows it, "" where Sphinx would hide a part of it."""
    text = _translated(english, language, messages)
    return "" if split_term_classifiers(text)[1] else plain_text(text)


def _add_names(entry: Any, editions: Sequence[Edition]) -> None:
    items = _names(entry[0].rawsource, editions)
    entry[-1].append(nodes.bullet_list("", *items, classes=[NAMES_CLASS]))


def _names(english: str, editions: Sequence[Edition]) -> Iterator[nodes.list_item]:
    """Yield the headword's name in each language that has one, marked as that language."""
    for one in editions:
        if name := one.names.get(english):
            label = nodes.inline("", f"{one.language.name}:", classes=["vg-language"])
            classes = [CLASS + one.language.tag]
            term = nodes.inline("", name, edition=one.language.code)
            text = nodes.inline("", "", label, nodes.Text(" "), term, classes=classes)
            yield nodes.list_item("", nodes.paragraph("", "", text))


def link_names(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Lead from each name to the entry in that language, if its site lies beside this one."""
    own = current_language(app).code
    if app.builder.format != "html" or Path(app.outdir).name != own:
        return
    root = "../" * page.count("/")
    target = app.builder.get_target_uri(page)
    for entry in doctree.findall(nodes.definition_list_item):
        term = next(entry.findall(nodes.term))
        for name in list(entry.findall(nodes.inline)):
            code = name.get("edition", own)
            if code != own:
                address = f"{root}../{code}/{target}#{term['ids'][0]}"
                link = nodes.reference("", name.astext(), refuri=address, internal=True)
                name[:] = [link]


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(ArrangeGlossary)
    app.connect("doctree-resolved", link_names)
