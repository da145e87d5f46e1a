"""Let readers search the glossary in every language and take it with them as data.

Directives for a glossary's page: {glossary-search} and {glossary-downloads}.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from booktools import repository
from booktools.book import CATALOGUES, Book, catalogues_below
from booktools.embedding import script_json
from booktools.extension.aliases import first_letters, names_by_id, read_aliases, unknown_entries
from booktools.extension.messages import book_of, current_language
from booktools.extension.site import link_signs
from booktools.glossary_data import REVISED, Concept, to_csv, to_json_ld, to_tbx, write_deck
from booktools.glossary_terms import Terms, TermsError
from booktools.languages import Language

_logger = logging.getLogger(__name__)

FOLDER = "glossary"
SCRIPTS = ("search/words.js", "glossary.js")
SEARCH_PAGE = "search"
DATA = "glossary.jsonld"


class glossary_search(nodes.General, nodes.Element):  # noqa: N801
    """The field that finds an entry by its name in any language."""


class glossary_downloads(nodes.General, nodes.Element):  # noqa: N801
    """The list of files that hold the glossary."""


class GlossarySearch(SphinxDirective):
    """Put the search field here; a line `entry: name, name` gives an entry further names."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return its node; a line that is none becomes an error of the page."""
        try:
            node = glossary_search(aliases=read_aliases(self.content))
        except ValueError as fault:
            raise self.error(str(fault)) from None
        self.set_source_info(node)
        return [node]


class GlossaryDownloads(SphinxDirective):
    """Put the list of files here."""

    def run(self) -> list[nodes.Node]:
        """Return its node."""
        return [glossary_downloads()]


def visit_search(self: HTML5Translator, node: nodes.Element) -> None:
    """Write the field; it appears only where its script runs."""
    app, page = self.builder.app, self.builder.current_docname
    book, language = book_of(app), current_language(app)
    concepts = concepts_of(app.env).get(page, ())
    for headword in unknown_entries(node["aliases"], concepts, book.source):
        text = "no entry is called %r: correct it, or remove its line"
        _logger.warning(text, headword, location=node, type="glossary")
    aliases = names_by_id(node["aliases"], concepts, book.source, _terms(book, language))
    label = escape(_("Find a term by its name in any language"))
    found = escape(_("Terms found: {count}"), quote=True)
    elsewhere = escape(_("Search the whole book"))
    address = self.builder.get_relative_uri(page, SEARCH_PAGE)
    self.body.append(
        f'<div class="vg-find" role="search" hidden><label for="vg-find">{label}</label>'
        f'<input type="search" id="vg-find" dir="auto" autocomplete="off" spellcheck="false">'
        f'<p role="status" data-found="{found}"></p><a href="{address}" hidden>{elsewhere}</a>'
        f'<script type="application/json">{script_json(aliases)}</script></div>'
    )
    letters = first_letters(concepts, language, book.source)
    links = "".join(f'<a href="#{place}">{escape(letter)}</a>' for letter, place in letters.items())
    self.body.append(f'<p class="vg-letters">{links}</p>' if links else "")
    raise nodes.SkipNode


def _terms(book: Book, language: Language) -> Terms:
    """Return a language's terms; `booktools check` says what is wrong with a broken table."""
    try:
        return book.terms(language)
    except TermsError:
        return Terms()


def visit_downloads(self: HTML5Translator, node: nodes.Element) -> None:
    """Write a list with a link to each file."""
    app = self.builder.app
    root = "../" * self.builder.current_docname.count("/")
    links = [
        f'<li>{escape(text)} <a href="{root}{FOLDER}/{name}" download>{name}</a></li>'
        for text, name in _files(book_of(app), current_language(app))
    ]
    self.body.append(f'<ul class="vg-downloads">{"".join(links)}</ul>')
    raise nodes.SkipNode


def _files(book: Book, language: Language) -> Iterator[tuple[str, str]]:
    yield _("All terms in all languages, as a table:"), "glossary.csv"
    yield _("All terms in all languages, for translation programs (TBX):"), "glossary.tbx"
    for other in _paired(book, language):
        text = _("Cards to learn the terms with Anki, in English and in {language}:")
        yield text.replace("{language}", other.name), deck_name(book, other)


def _paired(book: Book, language: Language) -> list[Language]:
    """Return the languages whose cards a page offers: its own, the English one all."""
    return list(book.translations) if language.source else [language]


def deck_name(book: Book, language: Language) -> str:
    """Return the file of the cards in English and this language: letters, digits and hyphens."""
    return re.sub(r"[^A-Za-z0-9-]", "", f"{book.source.tag}-{language.tag}") + ".apkg"


def concepts_of(env: BuildEnvironment) -> dict[str, tuple[Concept, ...]]:
    """Return page -> the concepts of its glossaries."""
    if not hasattr(env, "book_concepts"):
        env.book_concepts = {}  # type: ignore[attr-defined]
    kept: dict[str, tuple[Concept, ...]] = env.book_concepts  # type: ignore[attr-defined]
    return kept


def link_script(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Link the script of a glossary's search field."""
    if doctree and concepts_of(app.env).get(page) and next(doctree.findall(glossary_search), None):
        link_signs(app)
        for script in SCRIPTS:
            app.add_js_file(script, loading_method="defer")


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the files that the list of downloads names."""
    concepts = [one for page in concepts_of(app.env).values() for one in page]
    if exception or app.builder.format != "html" or not concepts:
        return
    book, title = book_of(app), str(app.config.html_title or app.config.project)
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / "glossary.csv").write_text(to_csv(concepts, book.languages), encoding="utf-8-sig")
    (folder / "glossary.tbx").write_text(to_tbx(concepts, book.languages, title), encoding="utf-8")
    language, address = current_language(app), app.config.html_baseurl or "../"
    pages = {
        f"{address}{app.builder.get_target_uri(page)}": concepts
        for page, concepts in concepts_of(app.env).items()
    }
    licence = app.config.book_licences.get("text", {}).get("url", "")
    data = to_json_ld(pages, language, title, licence)
    (folder / DATA).write_text(data, encoding="utf-8")
    revised = _revised(app)
    for language in _paired(book, current_language(app)):
        path = folder / deck_name(book, language)
        write_deck(path, concepts, book.source, language, title, revised)


def _revised(app: Sphinx) -> int:
    """Return when a glossary or a translation of it changed last: Anki updates cards by it."""
    pages = sorted(page for page, concepts in concepts_of(app.env).items() if concepts)
    folder = catalogues_below(Path(CATALOGUES), "*").as_posix()
    translations = [f"{folder}/{page}.po" for page in pages]
    sources = [f"{page}.md" for page in pages]
    return repository.last_change(Path(app.srcdir), [*sources, *translations]) or REVISED


def forget_page(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    """Forget a page that is read again or gone."""
    concepts_of(env).pop(page, None)


def setup(app: Sphinx) -> None:
    """Register the directives and the listeners."""
    app.add_directive("glossary-search", GlossarySearch)
    app.add_directive("glossary-downloads", GlossaryDownloads)
    app.add_node(glossary_search, html=(visit_search, None))
    app.add_node(glossary_downloads, html=(visit_downloads, None))
    app.connect("env-purge-doc", forget_page)
    app.connect("html-page-context", link_script)
    app.connect("build-finished", write_files)
