"""Write into each folder of the site what leads to a page, and keep what all languages share."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.locale import _

from booktools.extension.head import summary_of_book, title_of
from booktools.extension.messages import book_of, current_language
from booktools.redirects import write_redirects
from booktools.sites import Site, keep_site


def write_ways(app: Sphinx, exception: Exception | None) -> None:
    """Lead on from the folders; note the site for the pages that lead to all of them."""
    if exception or app.builder.format != "html":
        return
    book, language = book_of(app), current_language(app)
    found = [page for page in book.pages if page in app.env.found_docs]
    pages = [app.builder.get_target_uri(page) for page in found]
    title, folder = title_of(app), Path(app.outdir)
    write_redirects(folder, pages, title, language, app.config.html_baseurl)
    if folder.name == language.code:
        lost = _("There is no page at this address.")
        keep_site(book.root, Site(language, title, summary_of_book(app), lost, pages))


def setup(app: Sphinx) -> None:
    """Write when all pages are there."""
    app.connect("build-finished", write_ways)
