"""Translate the captions of the parts in _toc.yml, and note the kind of extracted messages."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po, write_po
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.gettext import MessageCatalogBuilder, MsgOrigin
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util.i18n import docname_to_domain

from booktools.book import TOC
from booktools.checks.message import CODE_COMMENT, HEADWORD
from booktools.extension.comments import code_comment
from booktools.extension.messages import read_messages


class TranslateCaptions(SphinxTransform):
    """Show part captions in the reader's language."""

    default_priority = 101  # after sphinx-external-toc inserts them (100)

    def apply(self, **kwargs: Any) -> None:
        """Replace the captions, or keep them out of the chapter's own catalogue."""
        extracting = isinstance(self.app.builder, MessageCatalogBuilder)
        messages = {} if extracting else read_messages(self.app, self.config.language, TOC)
        for toctree in self.document.findall(addnodes.toctree):
            caption = toctree.attributes.pop("rawcaption", "") or toctree.get("caption")
            if caption:
                toctree["caption"] = messages.get(caption, caption)
            toctree["rawcaption"] = toctree.get("caption") or ""
            if extracting:
                del toctree["rawcaption"]


def collect_captions(app: Sphinx, env: BuildEnvironment) -> None:
    """Put the captions into toc.pot."""
    if not isinstance(app.builder, MessageCatalogBuilder):
        return
    for contents in env.tocs.values():
        for toctree in contents.findall(addnodes.toctree):
            if toctree.get("caption"):
                origin = MsgOrigin(str(Path(app.srcdir) / app.config.external_toc_path), 1)
                app.builder.catalogs[TOC].add(toctree["caption"], origin)


def note_kinds(app: Sphinx, exception: Exception | None) -> None:
    """Say of each code comment and headword what it is: checks and translators need to know."""
    if exception or not isinstance(app.builder, MessageCatalogBuilder):
        return
    kinds: dict[str, dict[str, str]] = defaultdict(dict)
    for docname in app.env.found_docs:
        domain = docname_to_domain(docname, app.config.gettext_compact)
        kinds[domain] |= _kinds(app.env.get_doctree(docname))
    for domain, noted in kinds.items():
        path = Path(app.outdir) / f"{domain}.pot"
        if noted and path.exists():
            _write_notes(path, noted)


def _kinds(document: nodes.document) -> dict[str, str]:
    terms = {
        _message(term): HEADWORD for term in document.findall(nodes.term) if _is_headword(term)
    }
    comments = {node["comment"].text: CODE_COMMENT for node in document.findall(code_comment)}
    return terms | comments


def _is_headword(term: nodes.term) -> bool:
    entries = term.parent.parent
    return entries is not None and isinstance(entries.parent, addnodes.glossary)


def _message(term: nodes.Element) -> str:
    return term.rawsource.replace("\n", " ").strip() or term.astext()


def _write_notes(path: Path, kinds: dict[str, str]) -> None:
    with path.open("rb") as file:
        catalogue = read_po(file)
    for message in catalogue:
        if message.id:
            message.flags.clear()  # Babel takes prose with braces or percent signs for a format
        kind = kinds.get(str(message.id))
        if kind:
            message.auto_comments = [kind]
    with path.open("wb") as file:
        write_po(file, catalogue, width=0)


def setup(app: Sphinx) -> None:
    """Register the transform and the steps of the extraction."""
    app.add_transform(TranslateCaptions)
    app.connect("env-updated", collect_captions)
    app.connect("build-finished", note_kinds)
