"""What search engines and shared links show of a page: title, summary, addresses, picture, data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.core import Locale, UnknownLocaleError, get_global
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import get_translator

from booktools.extension.downloads import DATA, FOLDER, concepts_of
from booktools.extension.messages import book_of, current_language
from booktools.extension.previews import picture_of, publish_figure
from booktools.extension.summary import SHORTEST, plain, shortened, summary
from booktools.languages import Language
from booktools.published import published
from booktools.schema import Work, breadcrumbs, course, json_ld, resource, term_set

_DOUBLES = re.compile(r'<meta\b[^>]*\bname="(?:viewport|description)"[^>]*>\s*')


def find_address(app: Sphinx, config: Config) -> None:
    """Ask once where this language's pages will be published; they change with it."""
    config.book_site = published(book_of(app)) or ""
    code = current_language(app).code
    folder = f"{code}/" if Path(app.outdir).name == code else ""
    config.html_baseurl = f"{config.book_site}/{folder}" if config.book_site else ""


def add_head(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the page template what stands in the head of a page of the book."""
    context["metatags"] = _DOUBLES.sub("", context.get("metatags", ""))
    context["alternates"] = []
    if doctree is None:
        context["pageurl"] = None  # a page that nobody should find by a search engine
        return
    work = _work(app, page, page, _summary(app, page, doctree))
    direction, body = current_language(app).direction, context.get("body", "")
    picture = picture_of(app, page, work.title, title_of(app), direction, body)
    work = replace(work, picture=picture)
    publish_figure(app, page, body)
    context["work"] = work
    context["headline"] = headline(work.title, title_of(app), page == app.config.root_doc)
    context["site_name"] = title_of(app)
    context["locale"] = locale_of(current_language(app))
    context["alternates"] = list(_alternates(app, page))
    context["json_ld"] = json_ld(*_things(app, page, work))
    context["data_address"] = _data(app, page, context["content_root"])


def headline(title: str, book: str, first: bool = False) -> str:
    """Return what a tab and a list of results show: the page and the book, nothing twice.

    first: whether it is the book's first page, which may nearly be called as the book is.
    """
    names = title.casefold(), book.casefold()
    if names[0] == names[1] or not book:
        return title
    if not title or (first and any(one in other for one, other in (names, names[::-1]))):
        return max(title, book, key=len)
    return f"{title} — {book}"


def locale_of(language: Language) -> str:
    """Return language and country as Open Graph wants them, such as pt_PT, or the language."""
    likely = get_global("likely_subtags")
    try:
        known = Locale.parse(language.tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return language.tag.replace("-", "_")
    full = likely.get(f"{known.language}_{known.script}", likely.get(known.language, ""))
    country = known.territory or full.rpartition("_")[2]
    return f"{known.language}_{country}" if country else known.language


def title_of(app: Sphinx) -> str:
    """Return the book's title in the page's language."""
    return str(get_translator().gettext(app.config.html_title or app.config.project))


def _alternates(app: Sphinx, page: str) -> Iterator[tuple[str, str]]:
    """Yield tag and address of the page in each language, where the addresses are known."""
    book, target = book_of(app), app.builder.get_target_uri(page)
    if not app.config.book_site or Path(app.outdir).name != current_language(app).code:
        return
    for language in book.languages:
        yield language.tag, f"{app.config.book_site}/{language.code}/{target}"
    yield "x-default", f"{app.config.book_site}/{book.source.code}/{target}"


def address_of(app: Sphinx, page: str, seen_from: str) -> str:
    """Return a page's whole address, the way to it where the book's is not known."""
    if app.config.html_baseurl:
        return f"{app.config.html_baseurl}{app.builder.get_target_uri(page)}"
    return app.builder.get_relative_uri(seen_from, page) or "#"


def _work(app: Sphinx, page: str, seen_from: str, text: str = "") -> Work:
    book = book_of(app)
    title = plain(app.env.titles[page]) if page in app.env.titles else ""
    return Work(
        title=title or title_of(app),
        address=address_of(app, page, seen_from),
        language=current_language(app).tag,
        summary=text,
        author=get_translator().gettext(book.author) if book.author else "",
        licence=app.config.book_licences.get("text", {}).get("url", ""),
    )


def _summary(app: Sphinx, page: str, doctree: nodes.document) -> str:
    """Return a page's summary; one that is too short leans on that of the book."""
    text = summary(doctree)
    if len(text) >= SHORTEST or page == app.config.root_doc:
        return text
    title = plain(app.env.titles[page]) if page in app.env.titles else ""
    book = f"{title_of(app)}: {summary_of_book(app)}"
    return shortened(f"{text or title + ' —'} {book}".strip())


@lru_cache(maxsize=1)
def summary_of_book(app: Sphinx) -> str:
    """Return what the whole book is about: what its first page says."""
    return summary(app.env.get_doctree(app.config.root_doc))


def _things(app: Sphinx, page: str, work: Work) -> Iterator[Any]:
    """Yield what a page is to machines, and the way to it."""
    root = app.config.root_doc
    if page == root:
        chapters = [one for one in book_of(app).pages if one != root and one in app.env.titles]
        yield course(work, [_work(app, one, page) for one in chapters])
        return
    book = _work(app, root, page, summary_of_book(app))
    yield term_set(work) if concepts_of(app.env).get(page) else resource(work, book)
    yield breadcrumbs([book, work])


def _data(app: Sphinx, page: str, root: str) -> str:
    """Return the way to the file with a glossary's terms, "" where the page has none."""
    return f"{root}{FOLDER}/{DATA}" if concepts_of(app.env).get(page) else ""


def setup(app: Sphinx) -> None:
    """Register the head, after the page's context and before its files."""
    app.add_config_value("book_site", "", "html")
    app.connect("config-inited", find_address)
    app.connect("html-page-context", add_head, priority=850)
