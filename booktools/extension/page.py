"""What stands around a page's text: languages, notebook, progress, licences, direction."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import _, get_translator

from booktools import repository
from booktools.extension.messages import book_of, current_language
from booktools.languages import Language

BRANCH = "main"
TEXT_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
CODE_LICENCE = "https://opensource.org/license/bsd-3-clause"
BINDER = {"github.com": "gh", "gitlab.com": "gl"}


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
    context["licence"] = _licence()
    context["docstitle"] = get_translator().gettext(context["docstitle"])
    context["progress_note"], context["all_english"] = "", False
    if doctree is not None and not language.source:
        _add_progress(doctree, context)
        context["catalogue_link"] = address and catalogue_address(address, language, page)


def find_repository(app: Sphinx, config: Config) -> None:
    """Ask for the repository's address once; pages change with it."""
    config.book_repository = repository.address(book_of(app).root)


def _language_links(app: Sphinx, page: str, root: str) -> Iterator[tuple[Language, str]]:
    """Yield every language with the address of this page in it, if its site lies beside ours."""
    code = current_language(app).code
    if Path(app.outdir).name != code:
        return
    target = app.builder.get_target_uri(page)
    for language in book_of(app).languages:
        yield language, f"{root}../{language.code}/{target}"


def notebook_path(page: str, language: Language) -> str:
    """Return a chapter's notebook: book/course/x -> notebooks/<code>/course/x.ipynb."""
    return f"notebooks/{language.code}/{page.removeprefix('book/')}.ipynb"


def _notebook_links(
    app: Sphinx, page: str, language: Language, address: str | None, context: dict[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, text, address) for each way to run the page, in the page's language."""
    path = notebook_path(page, language)
    if not (Path(app.srcdir) / path).exists():
        return
    if address:
        yield "binder", _("Open in Binder"), binder_address(address, path)
        if urlsplit(address).netloc == "github.com":
            yield "colab", _("Open in Colab"), colab_address(address, path)
    yield "download", _("Download notebook"), context["content_root"] + path


def binder_address(repository_address: str, path: str) -> str:
    """Return the address that opens a file of a repository in Binder's Jupyter Lab."""
    parts = urlsplit(repository_address)
    name = parts.path.strip("/")
    kind = BINDER.get(parts.netloc, "git")
    if kind != "gh":
        name = quote(repository_address if kind == "git" else name, safe="")
    return f"https://mybinder.org/v2/{kind}/{name}/{BRANCH}?urlpath=lab/tree/{quote(path)}"


def colab_address(repository_address: str, path: str) -> str:
    """Return the address that opens a file of a GitHub repository in Colab."""
    name = urlsplit(repository_address).path.strip("/")
    return f"https://colab.research.google.com/github/{name}/blob/{BRANCH}/{quote(path)}"


def catalogue_address(repository_address: str, language: Language, page: str) -> str:
    """Return the address of the catalogue with a page's translation."""
    return (
        f"{repository_address}/blob/{BRANCH}/locales/{language.code}/LC_MESSAGES/{quote(page)}.po"
    )


def _licence() -> str:
    """Return the footer's line with a link to each licence."""
    text = f'<a rel="license" href="{TEXT_LICENCE}">CC BY 4.0</a>'
    code = f'<a rel="license" href="{CODE_LICENCE}">BSD 3-Clause</a>'
    return _("Text: %(text)s. Code: %(code)s.").replace("%(text)s", text).replace("%(code)s", code)


def _add_progress(doctree: nodes.document, context: dict[str, Any]) -> None:
    """Say at the page's top how much of it is translated, where that is not all."""
    progress = doctree.get("translation_progress", {"total": 0, "translated": 0})
    done, total = progress["translated"], progress["total"]
    if total and done == total:
        return
    context["all_english"] = done == 0
    if done == 0:
        context["progress_note"] = _("This page is not translated yet, so it is shown in English.")
    else:
        note = _("This page is translated to {share}%; the rest is shown in English.")
        context["progress_note"] = note.replace("{share}", str(100 * done // total))


def copy_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """Copy the notebooks in the site's language beside its pages."""
    if exception or app.builder.format != "html":
        return
    for page in app.env.found_docs:
        path = notebook_path(page, current_language(app))
        source, target = Path(app.srcdir) / path, Path(app.outdir) / path
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def setup(app: Sphinx) -> None:
    """Register the page's context, after the theme has added its own."""
    app.add_config_value("book_repository", None, "html")
    app.connect("config-inited", find_repository)
    app.connect("html-page-context", add_page_context, priority=800)
    app.connect("build-finished", copy_notebooks)
