"""All hostile translations at once in one Arabic book: pages and notebooks stay as they should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hostile import CODE, FOLDER, LANGUAGE, PAYLOAD, Case, cases, catalogue
from small_book import INDEX, SmallBook

from booktools.checks import check_catalogues
from booktools.checks.finding import shortened
from booktools.safe_copies import write_safe_copies

PROSE = "نص الفصل بالعربية."
IMPORT = "from vanishing.localisation import _"
DOMAINS = sorted({case.domain for case in cases()})
FILES = sorted(FOLDER.glob("*.po"))
SHAPES = ("shapes", "lines", "points", "bars")  # what numbered references among the cases name
BINARY = frozenset({".woff2", ".png", ".svg", ".pickle"})


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Give a book whose page has every hostile entry, and a page for every hostile file."""
    book = SmallBook(tmp_path_factory.mktemp("book"))
    settings = (book.root / "_config.yml").read_text(encoding="utf-8")
    book.write("_config.yml", settings.replace("numfig: false", "numfig: true"))
    found = {domain: [case for case in cases() if case.domain == domain] for domain in DOMAINS}
    for domain, chosen in found.items():
        book.write(f"locales/{CODE}/LC_MESSAGES/{domain}.po", catalogue(chosen))
    write_sources(book, found)
    for path in FILES:
        book.write(f"book/{path.stem}.md", "# Page\n\nA sentence.\n\nAnother sentence.\n")
        target = book.write(f"locales/{CODE}/LC_MESSAGES/book/{path.stem}.po", "")
        target.write_bytes(path.read_bytes())
    book.translate(CODE, PROSE)
    return book


@pytest.fixture(scope="module")
def log(book: SmallBook) -> str:
    """Build the pages and the notebooks; give what the tools said of both."""
    return book.run("build", CODE) + book.run("notebooks", CODE)


def write_sources(book: SmallBook, found: dict[str, list[Case]]) -> None:
    english = {domain: [case.entry.msgid for case in found[domain]] for domain in DOMAINS}
    comments = [case.entry.msgid for case in found["book/page"] if case.entry.notes]
    prose = [text for text in english["book/page"] if text not in comments]
    labels = [f"print(_({text!r}))" for text in english["vanishing"]]
    code = "\n".join([*(f"# {text}" for text in comments), IMPORT, *labels])
    head = INDEX.split("# A small gradient")[0]
    shapes = [f"```{{figure}} shape.svg\n:name: {name}\nA shape.\n```" for name in SHAPES]
    page = [f"{head}(first)=\n# A page", *prose, *shapes, f"```{{code-cell}}\n{code}\n```\n"]
    book.write("book/page.md", "\n\n".join(page))
    book.write("book/picture.png", "")
    book.write("book/shape.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>')
    words = ["gradient", *english["book/glossary"]]
    terms = "\n\n".join(f"{word}\n  A word." for word in words)
    book.write("book/glossary.md", f"# Glossary\n\n```{{glossary}}\n{terms}\n```\n")
    pages = [["course/chapter"], ["page"], ["glossary"], [path.stem for path in FILES]]
    parts = [
        {"caption": caption, "chapters": [{"file": f"book/{name}"} for name in names]}
        for caption, names in zip(english["toc"], pages, strict=True)
    ]
    contents = {"format": "jb-book", "root": "book/index", "parts": parts}
    book.write("_toc.yml", json.dumps(contents))  # JSON is YAML


def test_nothing_of_a_hostile_translation_reaches_page_or_notebook(
    book: SmallBook, log: str
) -> None:
    site, notebooks = book.root / "_build/html", book.root / "notebooks"
    assert holders(site) == []
    assert holders(notebooks) == []
    assert len(list(notebooks.rglob("*.ipynb"))) == 2


def test_page_and_notebook_report_every_refused_translation(
    book: SmallBook, log: str, tmp_path: Path
) -> None:
    refused = write_safe_copies(CODE, tmp_path, root=book.root)
    places = {(finding.path, finding.line) for finding in refused}
    assert places == {(one.path, one.line) for one in check_catalogues([CODE], root=book.root)}
    assert len(places) >= len(cases()) + len(FILES)
    for line in shortened(refused):
        assert f"shown in English: {line}" in log
        assert f"left in English: {line}" in log


def test_the_pages_show_english_where_a_translation_is_refused(book: SmallBook, log: str) -> None:
    page = BeautifulSoup(book.page(CODE, "book/page.html"), "html.parser")
    left = {node.get_text() for node in page.select('article p[lang="en"][dir="ltr"]')}
    plain = {
        case.entry.msgid
        for case in cases()
        if case.domain == "book/page" and not set(case.entry.msgid) & set("`$[")
        if not case.entry.notes
    }
    assert plain <= left
    printed = page.select(".output")[0].get_text().strip().splitlines()
    assert printed == [case.entry.msgid for case in cases() if case.domain == "vanishing"]


def test_the_other_pages_are_built_in_their_language(book: SmallBook, log: str) -> None:
    chapter = book.page(CODE, "book/course/chapter.html")
    assert f"<p>{PROSE}</p>" in chapter
    assert f'lang="{LANGUAGE.tag}" dir="rtl"' in chapter
    for path in FILES:
        assert "Another sentence." in book.page(CODE, f"book/{path.stem}.html")


def holders(folder: Path) -> list[Path]:
    """Return the files below a folder that hold a payload, in their name or as text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [
        path
        for path in files
        if PAYLOAD in path.name
        or (path.suffix not in BINARY and PAYLOAD.encode() in path.read_bytes())
    ]
