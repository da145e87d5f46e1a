"""Say at the foot of a page who wrote it, when it changed, how to cite it, where its source is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.locale import get_translator

from booktools import repository
from booktools.book import Book
from booktools.citing import Citation, apa, bibtex, day_of, read_record
from booktools.extension.head import title_of
from booktools.extension.messages import book_of, current_language
from booktools.extension.summary import plain

REPORTS = {"gitlab.com": "-/issues/new?issue[title]="}
_REPORT = "issues/new?title="


def add_colophon(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the page template the authors, the day, the citations and the ways to the source."""
    if doctree is None:
        return
    book = book_of(app)
    citation = _citation(app, page)
    names = [f"{one.given} {one.family}".strip() for one in citation.record.authors]
    context["colophon"] = {
        "authors": ", ".join(get_translator().gettext(name) for name in names),
        "day": citation.changed.isoformat() if citation.changed else "",
        "version": citation.record.version,
        "bibtex": bibtex(citation),
        "apa": apa(citation),
    }
    if app.config.book_repository:
        source = Path(app.env.doc2path(page))
        context["source_address"] = source_address(app.config.book_repository, book, source)
        context["report_address"] = report_address(app.config.book_repository, f"{page}: ")


def source_address(repository_address: str, book: Book, path: Path) -> str:
    """Return the address of a file of the book in its repository."""
    return f"{repository_address}/blob/{quote(book.branch)}/{quote(book.in_repository(path))}"


def report_address(repository_address: str, title: str) -> str:
    """Return the address of a form that reports an error under this title."""
    form = REPORTS.get(urlsplit(repository_address).netloc, _REPORT)
    return f"{repository_address}/{form}{quote(title)}"


def _citation(app: Sphinx, page: str) -> Citation:
    book, language = book_of(app), current_language(app)
    title = plain(app.env.titles[page]) if page in app.env.titles else ""
    base = app.config.html_baseurl
    return Citation(
        key=f"{Path(page).name}-{language.code}",
        title=title or title_of(app),
        book=title_of(app),
        record=read_record(book.root, book.author),
        language=language.tag,
        changed=day_of(_days(app.env).get(page)),
        address=base and f"{base}{app.builder.get_target_uri(page)}",
    )


def _days(env: BuildEnvironment) -> dict[str, int]:
    """Return page -> when it or its translation changed last, in seconds."""
    found: dict[str, int] = getattr(env, "book_days", {})
    return found


def note_days(app: Sphinx, env: BuildEnvironment, *_sets: Any) -> Sequence[str]:
    """Ask for each page's last change; name the pages for which it is another than before."""
    book, language, before = book_of(app), current_language(app), _days(env)
    after = {}
    for page in sorted(env.found_docs):
        paths = [Path(env.doc2path(page)), book.catalogue(language, page)]
        inside = [path.as_posix() for path in paths if path.is_relative_to(book.root)]
        if seconds := repository.last_change(book.root, inside):
            after[page] = seconds
    env.book_days = after  # type: ignore[attr-defined]
    return [page for page in env.all_docs if before.get(page) != after.get(page)]


def note_record(app: Sphinx, config: Config) -> None:
    """Read the file for citations once; every page changes with it."""
    book = book_of(app)
    config.book_record = repr(read_record(book.root, book.author))


def setup(app: Sphinx) -> None:
    """Register the colophon, after the head."""
    app.add_config_value("book_record", "", "html")
    app.connect("config-inited", note_record)
    app.connect("env-get-outdated", note_days)
    app.connect("html-page-context", add_colophon, priority=870)
