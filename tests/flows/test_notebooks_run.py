"""The committed notebooks: up to date, ordinary Markdown, and they run from top to bottom."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from nbclient import NotebookClient
from real_book import BOOK, ROOT

from booktools.notebooks import differences

NOTEBOOKS = ROOT / "notebooks"
EXPERIMENTS = ROOT / "_build/cache/experiments"
LANGUAGES = BOOK.languages
SOURCE = next(language.code for language in LANGUAGES if language.source)
CHAPTERS = sorted(
    path.relative_to(NOTEBOOKS / SOURCE).as_posix()
    for path in (NOTEBOOKS / SOURCE).rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)
COMMITTED = [f"{language.code}/{chapter}" for language in LANGUAGES for chapter in CHAPTERS]

ROLE_OR_DIRECTIVE = re.compile(r"\{[a-z][a-z:_-]*\}`|^:{3,}|`{3,}\{|^\([\w-]+\)=$", re.MULTILINE)
HTML_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
KNOWN_TAGS = re.compile(
    r'</?(details|summary|div( dir="(rtl|ltr)")?'
    r'|blockquote( style="border: solid silver; border-width: 0 5px 0 0")?'
    r'|span( class="vg-solution"| style="display: block; text-align: right")?)>'
)


def read(name: str) -> Any:
    return nbformat.read(NOTEBOOKS / name, as_version=4)


def texts(name: str) -> Iterator[str]:
    return (cell.source for cell in read(name).cells if cell.cell_type == "markdown")


def code(name: str) -> list[Any]:
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


def tree(source: str) -> str:
    """Return the program without its comments."""
    return ast.dump(ast.parse(TransformerManager().transform_cell(source)))


@pytest.mark.book
def test_the_committed_notebooks_are_up_to_date() -> None:
    assert differences(ROOT) == []


def test_there_is_a_notebook_for_every_chapter_in_every_language() -> None:
    assert CHAPTERS, "run `python -m booktools notebooks`"
    assert [name for name in COMMITTED if not (NOTEBOOKS / name).exists()] == []


@pytest.mark.parametrize("name", COMMITTED)
def test_a_notebook_is_valid_has_unique_ids_and_no_outputs(name: str) -> None:
    notebook = read(name)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code(name))


@pytest.mark.parametrize("name", COMMITTED)
def test_a_notebook_holds_ordinary_markdown_only(name: str) -> None:
    for text in texts(name):
        assert not ROLE_OR_DIRECTIVE.search(text), text
        for token in MarkdownIt("commonmark", {"html": True}).parse(text):
            raw = [token, *(token.children or [])]
            tags = [
                tag
                for part in raw
                if part.type.startswith("html_")
                for tag in HTML_TAG.findall(part.content)
            ]
            assert all(KNOWN_TAGS.fullmatch(tag) for tag in tags), text


@pytest.mark.parametrize("name", COMMITTED)
def test_no_emphasis_prints_its_asterisks(name: str) -> None:
    for text in texts(name):
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        plain = [
            part.content
            for token in tokens
            for part in token.children or []
            if part.type == "text" and "$" not in token.content
        ]
        assert not [content for content in plain if "**" in content], text


@pytest.mark.parametrize("name", COMMITTED)
def test_a_notebook_sets_its_own_language_first(name: str) -> None:
    language = name.partition("/")[0]
    assert f'set_language("{language}")' in code(name)[0].source
    assert [cell for cell in code(name)[1:] if "set_language(" in cell.source] == []


@pytest.mark.skipif("GITHUB_REPOSITORY" not in os.environ, reason="no forge has the repository")
def test_on_a_forge_the_first_cell_can_install_the_library() -> None:
    """Colab opens the committed notebooks: `VANISHING_REPOSITORY=… make notebooks` mends them."""
    assert [name for name in COMMITTED if "-m pip install" not in code(name)[0].source] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_all_languages_hold_the_same_program(chapter: str) -> None:
    # the first cell sets the language; the others may differ in their comments only
    expected = [(cell.id, tree(cell.source)) for cell in code(f"{SOURCE}/{chapter}")[1:]]
    for language in LANGUAGES:
        cells = code(f"{language.code}/{chapter}")[1:]
        assert [(cell.id, tree(cell.source)) for cell in cells] == expected, language.code


def chosen() -> Iterator[str]:
    """Give each chapter in one language, each time the next: all hold the same program."""
    for place, chapter in enumerate(CHAPTERS):
        yield f"{LANGUAGES[place % len(LANGUAGES)].code}/{chapter}"


@pytest.mark.book
@pytest.mark.usefixtures("forked_kernels")
@pytest.mark.parametrize("name", list(chosen()))
def test_a_notebook_runs_from_top_to_bottom(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VANISHING_STATIC", raising=False)
    monkeypatch.delenv("VANISHING_LANGUAGE", raising=False)
    if EXPERIMENTS.exists() and "VANISHING_CACHE" not in os.environ:
        monkeypatch.setenv("VANISHING_CACHE", str(EXPERIMENTS))
    folder = (NOTEBOOKS / name).parent
    client = NotebookClient(read(name), timeout=300, resources={"metadata": {"path": str(folder)}})
    client.execute()
