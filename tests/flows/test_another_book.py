"""A book that Jupyter Book made, and that knows nothing of these tools, gets two languages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from real_book import ROOT
from stock_book import write_stock_book

from booktools.po import quote

GUIDE = (ROOT / "booktools/README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python -m (booktools .+)$", GUIDE, re.MULTILINE)
OURS = re.compile(r"vanishing|CC BY|BSD 3-Clause|gradient", re.IGNORECASE)
EXAMPLE = re.compile(r"^ +(Bad|Good)\b.*", re.MULTILINE)
# the names of two variables, and the licence of the icons; else only examples of rules
ALLOWED = ("VANISHING_REPOSITORY", "VANISHING_SITE", "icons CC BY 4.0")
TITLE, COMMENT, COUNT = "Markdown Files", "add two numbers", "say how many"
SEE = "You write in **MyST Markdown**, see https://mystmd.org and {doc}`intro`."
WORDS = {
    "es": {
        "markdown": {
            TITLE: "Archivos Markdown",
            SEE: "Escribes en **MyST Markdown**, mira https://mystmd.org y {doc}`intro`.",
        },
        "markdown-notebooks": {COMMENT: "suma dos números"},
        "notebooks": {COUNT: "di cuántas"},
        "theme": {"My sample book": "Mi libro de muestra", "Search": "Buscar"},
    },
    "fa": {
        "markdown": {TITLE: "پرونده‌های مارک‌داون"},
        "markdown-notebooks": {COMMENT: "دو عدد را جمع کن"},
        "notebooks": {COUNT: "بگو چند تا"},
        "theme": {"My sample book": "کتاب نمونهٔ من"},
    },
}
PAGES = ("intro", "markdown", "notebooks", "markdown-notebooks")
EDITIONS = [("en", "ltr"), ("es", "ltr"), ("fa", "rtl")]


def run(folder: Path, command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def translate(root: Path) -> None:
    for code, catalogues in WORDS.items():
        for domain, entries in catalogues.items():
            path = root / f"locales/{code}/LC_MESSAGES/{domain}.po"
            text = path.read_text(encoding="utf-8")
            for english, words in entries.items():
                empty = f'msgid {quote(english)}\nmsgstr ""\n'
                assert empty in text
                text = text.replace(empty, f"msgid {quote(english)}\nmsgstr {quote(words)}\n")
            path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a stock book after the commands of the guide, with a few translations."""
    root = tmp_path_factory.mktemp("stock")
    write_stock_book(root)
    for command in COMMANDS:
        if command.endswith("check"):
            translate(root)
        run(root, command)
    return root


def page(book: Path, code: str, name: str) -> BeautifulSoup:
    text = (book / f"_build/html/{code}/{name}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def catalogues(book: Path) -> dict[Path, str]:
    paths = sorted((book / "locales").rglob("*.po"))
    return {path: path.read_text(encoding="utf-8") for path in paths}


def test_the_guide_says_how_from_the_first_command_to_the_last() -> None:
    named = [command.split()[1] for command in COMMANDS]
    assert named == ["new", "new", "check", "status", "notebooks", "build", "update"]


@pytest.mark.parametrize(("code", "direction"), EDITIONS)
def test_every_page_has_its_language_its_direction_and_the_way_to_the_others(
    book: Path, code: str, direction: str
) -> None:
    for name in PAGES:
        found = page(book, code, name)
        assert (found.html["lang"], found.html["dir"]) == (code, direction)
        links = [link["href"].removeprefix("./") for link in found.select(".vg-languages a[lang]")]
        assert links == [f"../{other}/{name}.html" for other, _direction in EDITIONS]


@pytest.mark.parametrize("code", WORDS)
def test_prose_comments_and_title_are_translated(book: Path, code: str) -> None:
    words = WORDS[code]
    found = page(book, code, "markdown")
    assert found.h1.get_text().startswith(words["markdown"][TITLE])
    assert found.select_one(".vg-brand").get_text() == words["theme"]["My sample book"]
    cell = page(book, code, "markdown-notebooks").select_one(".highlight")
    assert f"# {words['markdown-notebooks'][COMMENT]}" in cell.get_text()
    cell = page(book, code, "notebooks").select_one(".highlight")
    assert f"# {words['notebooks'][COUNT]}" in cell.get_text()


def test_a_sentence_with_a_bare_address_is_translated(book: Path) -> None:
    paragraph = page(book, "es", "markdown").select_one("article p")
    assert paragraph.get_text().startswith("Escribes en MyST Markdown, mira https://mystmd.org")


@pytest.mark.parametrize(("code", "_direction"), EDITIONS)
def test_every_cell_shows_what_it_gives_when_it_is_run(
    book: Path, code: str, _direction: str
) -> None:
    for name, shown in (("markdown-notebooks", "4"), ("notebooks", "42 cells")):
        assert page(book, code, name).select_one(".output").get_text().strip() == shown


def test_links_lead_to_the_repository_and_branch_of_the_book(book: Path) -> None:
    found = page(book, "fa", "notebooks")
    place = "github.com/executablebooks/jupyter-book/blob/master/docs"
    hrefs = [link["href"] for link in found.select(".vg-progress a, .vg-menu a")]
    assert f"https://{place}/locales/fa/LC_MESSAGES/notebooks.po" in hrefs
    assert any("/blob/master/docs/notebooks/fa/notebooks.ipynb" in href for href in hrefs)


@pytest.mark.parametrize("code", WORDS)
def test_notebooks_are_in_the_language_and_look_for_no_library(book: Path, code: str) -> None:
    for name, english in (("notebooks", COUNT), ("markdown-notebooks", COMMENT)):
        text = (book / f"notebooks/{code}/{name}.ipynb").read_text(encoding="utf-8")
        sources = "".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
        assert f"# {WORDS[code][name][english]}" in sources
        assert "set_language" not in sources
        assert not OURS.search(text)


def test_nothing_in_the_book_is_another_books(book: Path) -> None:
    paths = [*book.glob("_build/html/*/*.html"), *(book / "locales").rglob("*.*")]
    assert len(paths) > 3 * len(PAGES)
    for path in paths:
        assert not OURS.search(path.read_text(encoding="utf-8")), path
    assert {path.stem for path in (book / "locales").rglob("*.po")} == {*PAGES, "theme"}
    assert not list(book.rglob("README.html"))


def test_the_front_page_leads_to_each_language(book: Path) -> None:
    front = BeautifulSoup((book / "_build/html/index.html").read_text("utf-8"), "html.parser")
    links = [link["href"] for link in front.select("main a")]
    assert links == [f"{code}/intro.html" for code, _direction in EDITIONS]
    assert front.title.get_text() == "My sample book"


@pytest.mark.parametrize(("code", "_direction"), EDITIONS)
def test_all_pages_of_a_language_can_be_searched(book: Path, code: str, _direction: str) -> None:
    text = (book / f"_build/html/{code}/places.js").read_text(encoding="utf-8")
    found = json.loads(text.removeprefix("globalThis.vgPlaces = ").removesuffix(";\n"))
    assert [address for address, _title in found["pages"]] == [f"{name}.html" for name in PAGES]
    kinds = {kind for _page, kind, *_rest in found["places"]}
    assert kinds == {"page", "source"}


def test_the_sources_are_left_as_they_are_and_an_update_changes_nothing(
    book: Path, tmp_path: Path
) -> None:
    write_stock_book(tmp_path)
    for path in tmp_path.iterdir():
        assert (book / path.name).read_bytes() == path.read_bytes()
    before = catalogues(book)
    run(book, "booktools update")
    assert catalogues(book) == before


def test_the_tools_know_no_subject() -> None:
    for path in (ROOT / "booktools").rglob("*.py"):
        text = re.sub(
            r"^ +(Bad|Good)\b.*", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
        for allowed in ALLOWED:
            text = text.replace(allowed, "")
        assert OURS.findall(text) == [], path
