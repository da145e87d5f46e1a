"""Tell below each entry of the glossary which chapters use its term."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.locale import _

USES_CLASS = "vg-uses"


def note_uses(app: Sphinx, doctree: nodes.document) -> None:
    """Remember the terms that a page links to, and whether it explains terms itself."""
    page = app.env.docname
    terms = {
        node["reftarget"].lower()
        for node in doctree.findall(addnodes.pending_xref)
        if node.get("reftype") == "term"
    }
    _uses(app.env)[page] = terms
    if any(doctree.findall(addnodes.glossary)):
        _glossaries(app.env).add(page)
    else:
        _glossaries(app.env).discard(page)


def forget_page(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Forget a page that is read again or gone."""
    _uses(env).pop(page, None)
    _glossaries(env).discard(page)


def merge_pages(
    app: Sphinx, env: BuildEnvironment, pages: Iterable[str], other: BuildEnvironment
) -> None:
    """Take over what another process has read."""
    _uses(env).update({page: _uses(other)[page] for page in pages if page in _uses(other)})
    _glossaries(env).update(set(pages) & _glossaries(other))


def write_glossary_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages that list uses, if a use or a chapter's title is another than before."""
    shown = {page: (terms, env.titles[page].astext()) for page, terms in _uses(env).items()}
    if shown == getattr(env, "book_uses_shown", None):
        return []
    env.book_uses_shown = shown  # type: ignore[attr-defined]
    return sorted(_glossaries(env))


def show_uses(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Add the chapters to each entry, in the book's order."""
    if app.builder.format != "html":
        return
    for glossary in doctree.findall(addnodes.glossary):
        for entry in glossary.findall(nodes.definition_list_item):
            headword, definition = cast("tuple[nodes.term, nodes.definition]", entry.children)
            terms = {id.removeprefix("term-") for id in headword["ids"]}
            if links := list(_links(app, page, terms)):
                definition.append(list_links(_("Chapters that use this term:"), links))


def _links(app: Sphinx, page: str, terms: set[str]) -> Iterator[nodes.reference]:
    for chapter in app.env.collect_relations():
        used = {nodes.make_id(term) for term in _uses(app.env).get(chapter, ())}
        if chapter != page and used & {nodes.make_id(term) for term in terms}:
            title = app.env.titles[chapter].astext()
            address = app.builder.get_relative_uri(page, chapter)
            yield nodes.reference("", title, refuri=address, internal=True)


def list_links(label: str, links: Sequence[nodes.reference]) -> nodes.paragraph:
    """Return a label and after it the links, side by side."""
    paragraph = nodes.paragraph("", f"{label} ", classes=[USES_CLASS])
    for number, link in enumerate(links):
        paragraph += [nodes.Text(" · "), link] if number else [link]
    return paragraph


def _uses(env: BuildEnvironment) -> dict[str, set[str]]:
    kept: dict[str, set[str]] = _kept(env, "book_term_uses", {})
    return kept


def _glossaries(env: BuildEnvironment) -> set[str]:
    kept: set[str] = _kept(env, "book_glossaries", set())
    return kept


def _kept(env: BuildEnvironment, name: str, empty: Any) -> Any:
    if not hasattr(env, name):
        setattr(env, name, empty)
    return getattr(env, name)


def setup(app: Sphinx) -> None:
    """Register the listeners."""
    app.connect("doctree-read", note_uses)
    app.connect("env-purge-doc", forget_page)
    app.connect("env-merge-info", merge_pages)
    app.connect("env-updated", write_glossary_again)
    app.connect("doctree-resolved", show_uses)
