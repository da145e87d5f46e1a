"""A seventh language takes one command and one file of translations, from either direction."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from real_book import ROOT
from small_book import SmallBook

from booktools.checks import check_catalogues
from booktools.po import quote

PAGE, THEME = "book/index", "theme"
SHARE = "This page is translated to {share}%; the rest is shown in English."
TRANSLATIONS = {
    "es": {
        "direction": "ltr",
        "A small gradient": "Un gradiente pequeño",
        "a comment": "un comentario",
        SHARE: "Esta página está traducida al {share}%; el resto se muestra en inglés.",
    },
    "fa": {  # its words are joined with zero-width non-joiners
        "direction": "rtl",
        "A small gradient": "یک گرادیان کوچک",
        "a comment": "این توضیح نمونه\u200cای است",
        SHARE: "{share}٪ این صفحه ترجمه شده است؛ بقیه به انگلیسی نشان داده می\u200cشود.",
    },
}
CODES = list(TRANSLATIONS)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Give a built book with two more languages, of which a few entries are translated."""
    book = SmallBook(tmp_path_factory.mktemp("book"))
    for code in CODES:
        book.run("new", code)
        translate(book, code)
    assert check_catalogues(CODES, root=book.root) == []
    book.run("build", *CODES)
    book.run("notebooks", *CODES)
    return book


def translate(book: SmallBook, code: str) -> None:
    for domain in (PAGE, THEME):
        path = book.root / f"locales/{code}/LC_MESSAGES/{domain}.po"
        text = path.read_text(encoding="utf-8")
        for english, words in TRANSLATIONS[code].items():
            empty = f'msgid {quote(english)}\nmsgstr ""\n'
            text = text.replace(empty, f"msgid {quote(english)}\nmsgstr {quote(words)}\n")
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
def test_the_page_of_a_new_language_speaks_it_and_marks_what_is_english(
    book: SmallBook, code: str
) -> None:
    words = TRANSLATIONS[code]
    page = BeautifulSoup(book.page(code, f"{PAGE}.html"), "html.parser")
    assert (page.html["lang"], page.html["dir"]) == (code, words["direction"])
    assert page.h1.get_text().startswith(words["A small gradient"])
    assert f"# {words['a comment']}" in page.select_one(".highlight").get_text()
    left = page.select('article p[lang="en"][dir="ltr"]')
    assert any(node.get_text().startswith("A sentence with a gradient") for node in left)


@pytest.mark.parametrize("code", CODES)
def test_the_page_says_in_the_new_language_which_share_is_translated(
    book: SmallBook, code: str
) -> None:
    page = BeautifulSoup(book.page(code, f"{PAGE}.html"), "html.parser")
    note = page.select_one(".vg-progress").get_text(strip=True)
    texts = 4  # heading, two sentences, comment
    assert note == TRANSLATIONS[code][SHARE].replace("{share}", str(100 * 2 // texts))


@pytest.mark.usefixtures("forked_kernels")
@pytest.mark.parametrize("code", CODES)
def test_the_notebook_of_a_new_language_holds_its_words_and_runs(
    book: SmallBook, code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder in (ROOT / "vanishing", book.root / "locales"):  # as they lie in a reader's clone
        shutil.copytree(folder, tmp_path / folder.name)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("VANISHING_LANGUAGE", raising=False)
    path = book.root / f"notebooks/{code}/index.ipynb"
    notebook = nbformat.read(path, as_version=4)
    sources = [cell.source for cell in notebook.cells]
    assert any(TRANSLATIONS[code]["A small gradient"] in source for source in sources)
    assert f"# {TRANSLATIONS[code]['a comment']}\nprint(1 + 1)" in sources
    assert f'set_language("{code}")' in sources[1]
    assert printed(run(notebook, path.parent)) == "2\n"


def test_a_new_paragraph_adds_its_own_lines_and_an_update_changes_nothing_else(
    book: SmallBook,
) -> None:
    before = catalogues(book)
    chapter = book.root / "book/course/chapter.md"
    chapter.write_text(f"{chapter.read_text(encoding='utf-8')}\nA new one.\n", encoding="utf-8")
    book.run("update", *CODES)
    after = catalogues(book)
    changed = [path for path in after if after[path] != before[path]]
    assert changed == [path for path in after if path.name == "chapter.po"]
    for path in changed:
        added = '\n#: book/course/chapter.md\nmsgid "A new one."\nmsgstr ""\n'
        assert after[path].replace(added, "") == before[path]


def catalogues(book: SmallBook) -> dict[Path, str]:
    paths = sorted((book.root / "locales").rglob("*.po"))
    return {path: path.read_text(encoding="utf-8") for path in paths}


def run(notebook: Any, folder: Path) -> Any:
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=60, resources=resources).execute()


def printed(notebook: Any) -> str:
    return "".join(
        output.text
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream"
    )
