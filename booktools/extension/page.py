"""What stands around a page's text: languages, notebook, progress, licences, direction."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import _, get_translator

from booktools import repository
from booktools.book import BRANCH, OWN_LANGUAGE, Book, notebook_path
from booktools.extension.messages import book_of, current_language
from booktools.languages import Language

BINDER = {"github.com": "gh", "gitlab.com": "gl"}
PULLED = "newest"  # the folder in Binder with the newest notebooks


def add_page_context(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the page template everything that depends on language and repository."""
    language = current_language(app)
    address = app.config.book_repository
    context["page_language"] = language
    context["language_links"] = list(_language_links(app, page, context["content_root"]))
    context["default_language"] = book_of(app).source
    context["notebook_links"] = list(_notebook_links(app, page, language, address, context))
    context["notebook_note"] = "" if address else _how_to_run()
    context["licence"] = _licence(_licences_of(doctree, app.config.book_licences))
    context["docstitle"] = get_translator().gettext(context["docstitle"])
    context["progress_note"], context["all_english"] = "", False
    if doctree is not None and not language.source:
        _add_progress(doctree, context, book_of(app).source)
        context["catalogue_link"] = address and catalogue_address(
            address, book_of(app), language, page
        )


def find_repository(app: Sphinx, config: Config) -> None:
    """Ask for the repository's address once; pages change with it."""
    config.book_repository = repository.address(book_of(app))


def _language_links(app: Sphinx, page: str, root: str) -> Iterator[tuple[Language, str]]:
    """Yield every language with the address of this page in it, if its site lies beside ours."""
    code = current_language(app).code
    if Path(app.outdir).name != code:
        return
    target = app.builder.get_target_uri(page)
    for language in book_of(app).languages:
        yield language, f"{root}../{language.code}/{target}"


def _notebook_links(
    app: Sphinx, page: str, language: Language, address: str | None, context: dict[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, text, address) for each way to run the page, in the page's language."""
    path = notebook_path(page, app.env.found_docs, language)
    book = book_of(app)
    if not (book.root / path).exists():
        return
    if address:
        there = book.in_repository(book.root / path)
        image = app.config.book_environment
        yield "binder", _("Open in Binder"), binder_address(address, there, book.branch, image)
        if urlsplit(address).netloc == "github.com":
            yield "colab", _("Open in Colab"), colab_address(address, there, book.branch)
    yield "download", _("Download notebook"), context["content_root"] + path


def _how_to_run() -> str:
    """Say what a downloaded notebook needs, where nothing opens it elsewhere."""
    note = _(
        "To run it, download the book's repository, run {command} in its folder, "
        "and open the notebook from there."
    )
    return str(escape(note)).replace("{command}", '<code dir="ltr">pip install -e .</code>')


def binder_address(
    repository_address: str, path: str, branch: str = BRANCH, environment: str = ""
) -> str:
    """Return the address that opens a file of a repository in Binder's Jupyter Lab.

    environment: the branch of which Binder builds its image, which then pulls the other branch;
    without one, each commit has an image of its own.
    """
    parts = urlsplit(repository_address)
    name = parts.path.strip("/")
    kind = BINDER.get(parts.netloc, "git")
    if kind != "gh":
        name = quote(repository_address if kind == "git" else name, safe="")
    there = f"{kind}/{name}/{quote(environment or branch, safe='')}"
    opened = _pulled(repository_address, path, branch) if environment else quote(f"lab/tree/{path}")
    return f"https://mybinder.org/v2/{there}?urlpath={opened}"


def _pulled(repository_address: str, path: str, branch: str) -> str:
    """Let nbgitpuller fetch a branch into a folder of its own, and open a file there."""
    wanted = {
        "repo": repository_address,
        "branch": branch,
        "targetpath": PULLED,
        "urlpath": f"lab/tree/{PULLED}/{path}",
    }
    return quote(f"git-pull?{urlencode(wanted, quote_via=quote, safe='')}", safe="")


def colab_address(repository_address: str, path: str, branch: str = BRANCH) -> str:
    """Return the address that opens a file of a GitHub repository in Colab."""
    name = urlsplit(repository_address).path.strip("/")
    return f"https://colab.research.google.com/github/{name}/blob/{quote(branch)}/{quote(path)}"


def catalogue_address(repository_address: str, book: Book, language: Language, page: str) -> str:
    """Return the address of the catalogue with a page's translation."""
    path = book.in_repository(book.catalogue(language, page))
    return f"{repository_address}/blob/{quote(book.branch)}/{quote(path)}"


def _licences_of(
    doctree: nodes.document | None, licences: Mapping[str, Mapping[str, str]]
) -> Mapping[str, Mapping[str, str]]:
    """Return the licences of what a page holds: without code, that of the text alone."""
    holds_code = doctree is not None and next(doctree.findall(nodes.literal_block), None)
    return {kind: one for kind, one in licences.items() if kind == "text" or holds_code}


def _licence(licences: Mapping[str, Mapping[str, str]]) -> str:
    """Return the footer's line with a link to each licence: of the text, of the code, or both."""
    text, code = (_licence_link(licences.get(kind)) for kind in ("text", "code"))
    if not (text and code):
        return text or code
    return _("Text: %(text)s. Code: %(code)s.").replace("%(text)s", text).replace("%(code)s", code)


def _licence_link(licence: Mapping[str, str] | None) -> str:
    if not licence:
        return ""
    return f'<a rel="license" href="{escape(licence["url"])}">{escape(licence["name"])}</a>'


def _add_progress(doctree: nodes.document, context: dict[str, Any], source: Language) -> None:
    """Say at the page's top how much of it is translated, where that is not all."""
    progress = doctree.get("translation_progress", {"total": 0, "translated": 0})
    done, total = progress["translated"], progress["total"]
    if total and done == total:
        return
    context["all_english"] = done == 0
    context["progress_note"] = progress_note(100 * done // total if done else None, source)


def progress_note(share: int | None, source: Language) -> str:
    """Say which share of a page is translated, in percent, and in what language the rest is.

    share: None where nothing is.
    """
    if source.code == OWN_LANGUAGE:
        none = _("This page is not translated yet, so it is shown in English.")
        some = _("This page is translated to {share}%; the rest is shown in English.")
    else:
        none = _("This page is not translated yet, so it is shown as it was written, in {name}.")
        some = _(
            "This page is translated to {share}%; the rest is shown as it was written, in {name}."
        )
    note = str(none if share is None else some)
    return note.replace("{share}", str(share)).replace("{name}", escape(source.name))


def copy_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Copy the notebooks in the site's language beside its pages."""
    if exception or app.builder.format != "html":
        return
    for page in app.env.found_docs:
        path = notebook_path(page, app.env.found_docs, current_language(app))
        source, target = Path(app.srcdir) / path, Path(app.outdir) / path
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def setup(app: Sphinx) -> None:
    """Register the page's context, after the theme has added its own."""
    app.add_config_value("book_repository", None, "html")
    app.add_config_value("book_licences", {}, "html")  # text, code -> name and url
    app.add_config_value("book_environment", "", "html")  # the branch of Binder's image
    app.connect("config-inited", find_repository)
    app.connect("html-page-context", add_page_context, priority=800)
    app.connect("build-finished", copy_notebooks)
