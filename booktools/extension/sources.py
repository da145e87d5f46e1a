"""The list of sources: a plain list for screen readers, with a way back to where each is cited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.writers.html5 import HTML5Translator
from sphinxcontrib.bibtex.domain import BibtexDomain

from booktools.extension.fallback import CLASS
from booktools.extension.messages import current_language
from booktools.extension.uses import list_links

_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")


def name_places(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Give the first citation of each source on a page an id that links can lead to."""
    keys, named = _keys(app), set()
    for citation in doctree.findall(nodes.inline):
        if "bibtex-citation" not in citation["classes"]:
            continue
        citation["ids"].clear()  # no link leads there, and a translated paragraph may repeat it
        for link in citation.findall(nodes.reference):
            key = keys.get(link.get("refuri", link.get("refid", "")).rpartition("#")[2])
            if key and key not in named:
                named.add(key)
                link["ids"].append(_place(key))


def list_places(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Add to each source the pages that cite it, in the book's order; make its addresses links."""
    if app.builder.format != "html":
        return
    keys = _keys(app)
    for entry in doctree.findall(nodes.citation):
        _link_arxiv(entry)
        links = list(_links(app, page, keys.get(entry["ids"][0], "")))
        if links:
            paragraph = list_links(_("Cited in:"), links)
            paragraph["classes"].append(CLASS + current_language(app).tag)
            entry.append(paragraph)


def _cited(app: Sphinx) -> BibtexDomain | None:
    """Return what is known of citations, nothing in a book without them."""
    return cast("BibtexDomain | None", app.env.domains.get("cite"))


def _keys(app: Sphinx) -> Mapping[str, str]:
    domain = _cited(app)
    return {one.citation_id: one.key for one in domain.citations} if domain else {}


def _place(key: str) -> str:
    return nodes.make_id(f"cited-{key}")


def _links(app: Sphinx, page: str, key: str) -> Iterator[nodes.reference]:
    domain = _cited(app)
    citations = domain.citation_refs if domain else []
    citing = {one.docname for one in citations if any(key == cited.key for cited in one.targets)}
    for other in filter(citing.__contains__, app.env.collect_relations()):
        address = f"{app.builder.get_relative_uri(page, other)}#{_place(key)}"
        title = app.env.titles[other].astext()
        yield nodes.reference("", title, refuri=address, internal=True)


def _link_arxiv(entry: nodes.citation) -> None:
    for text in list(entry.findall(nodes.Text)):
        found = None if _is_link(text) else _ARXIV.search(text)
        if found:
            link = nodes.reference("", found[0], refuri=f"https://arxiv.org/abs/{found[1]}")
            parts = [nodes.Text(text[: found.start()]), link, nodes.Text(text[found.end() :])]
            text.parent.replace(text, parts)


def _is_link(text: nodes.Text) -> bool:
    above: nodes.Node | None = text.parent
    while above is not None and not isinstance(above, nodes.reference):
        above = above.parent
    return above is not None


def visit_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Open a source as an item of a list; docutils gives it a role that no list may hold."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", CLASS="citation", role="listitem"))


def depart_citation(self: HTML5Translator, node: nodes.citation) -> None:
    """Close it."""
    HTML5Translator.depart_citation(self, node)


def setup(app: Sphinx) -> None:
    """Register the listeners and the writer of sources."""
    app.connect("doctree-resolved", name_places)
    app.connect("doctree-resolved", list_places)
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
