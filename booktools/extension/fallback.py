"""Mark what is still English on a translated page, and give every language its direction."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.builders.gettext import MessageCatalogBuilder
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from booktools.extension.messages import book_of, current_language

CLASS = "language-"  # docutils turns this class into a lang attribute


class MarkFallback(SphinxTransform):
    """Give each untranslated text the source language as its own."""

    default_priority = 26  # after Sphinx counts what is translated (25)

    def apply(self, **kwargs: Any) -> None:
        """Mark the texts."""
        if isinstance(self.app.builder, MessageCatalogBuilder):
            return
        if current_language(self.app).source:
            return
        for node in self.document.findall(nodes.TextElement):
            if node.get("translated") is False:
                node["classes"].append(CLASS + book_of(self.app).source.tag)


class MarkReferences(SphinxPostTransform):
    """Give the bibliography's entries, which stand as published, the source language."""

    default_priority = 6  # after sphinxcontrib-bibtex writes the entries (5)

    def run(self, **kwargs: Any) -> None:
        """Mark the entries."""
        for entry in self.document.findall(nodes.citation):
            entry["classes"].append(CLASS + book_of(self.app).source.tag)


class BookTranslator(HTML5Translator):
    """Write a dir attribute wherever docutils writes a lang attribute."""

    def __init__(self, document: nodes.document, builder: Builder) -> None:
        """Know the writing direction of every language's tag."""
        super().__init__(document, builder)
        languages = book_of(builder.app).languages
        self._directions = {language.tag: language.direction for language in languages}

    def starttag(
        self,
        node: Any,
        tagname: str,
        suffix: str = "\n",
        empty: bool = False,
        **attributes: Any,
    ) -> str:
        """Return the start tag, with the direction of the node's own language."""
        for name in node.get("classes", []):
            direction = self._directions.get(name.removeprefix(CLASS))
            if name.startswith(CLASS) and direction:
                attributes["dir"] = direction
        return str(super().starttag(node, tagname, suffix, empty, **attributes))


def setup(app: Sphinx) -> None:
    """Register the transform and the HTML writer."""
    app.add_transform(MarkFallback)
    app.add_post_transform(MarkReferences)
    app.set_translator("html", BookTranslator)
