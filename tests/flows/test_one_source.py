"""One source, six languages: a sentence reaches page and notebook; the numbers stay the same."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from conftest import book_pages
from real_book import BOOK, ROOT
from small_book import SmallBook

from booktools.catalogues import status
from booktools.notebooks.writing import write_notebooks
from booktools.workers import build_apart


def source_of(page: str) -> str:
    return (ROOT / page).with_suffix(".md").read_text(encoding="utf-8")


CODES = [language.code for language in BOOK.languages]
SOURCE = next(language.code for language in BOOK.languages if language.source)
PAGES = [f"{page}.html" for page in book_pages()]
WITH_CELLS = [page for page in PAGES if "{code-cell}" in source_of(page)]

PROSE = "نص الفصل بالعربية."


def test_one_msgstr_reaches_the_arabic_page_and_the_arabic_notebook(small_book: SmallBook) -> None:
    chapter = small_book.root / "book/course/chapter.md"
    index = (small_book.root / "book/index.md").read_text(encoding="utf-8")
    head, cell = index.split("# A small gradient")[0], "```{code-cell}\n1 + 1\n```\n"
    chapter.write_text(f"{head}# A chapter\n\nText of a chapter.\n\n{cell}", encoding="utf-8")
    small_book.translate("ar", PROSE)

    outcome = build_apart(small_book.root, "ar")
    assert outcome.exit_code == 0, "\n".join(outcome.log)
    assert f"<p>{PROSE}</p>" in small_book.page("ar", "book/course/chapter.html")

    target = small_book.root / "notebooks"
    write_notebooks(small_book.root, ["ar"], target)
    notebook = nbformat.read(target / "ar/course/chapter.ipynb", as_version=4)
    assert any(PROSE in cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.mark.book
@pytest.mark.parametrize("page", WITH_CELLS)
@pytest.mark.parametrize("code", [code for code in CODES if code != SOURCE])
def test_every_figure_shows_the_same_numbers_as_in_english(
    site: Path, code: str, page: str
) -> None:
    ours, theirs = list(figures(site / code / page)), list(figures(site / SOURCE / page))
    assert len(ours) == len(theirs)
    assert theirs or "/course/" not in page
    for (is_picture, mine), (_, source) in zip(ours, theirs, strict=True):
        assert numbers(mine) == numbers(source)
        for ours_at, theirs_at in zip(curves(mine), curves(source), strict=True):
            if not is_picture:
                assert_same_shape(ours_at, theirs_at)


@pytest.mark.book
@pytest.mark.parametrize("code", [code for code in CODES if code != SOURCE])
def test_a_page_is_wholly_translated_or_says_that_it_is_not(site: Path, code: str) -> None:
    progress = {row.domain: row for row in status([code], root=ROOT)}
    for page in PAGES:
        row = progress[page.removesuffix(".html")]
        text = (site / code / page).read_text(encoding="utf-8")
        left = re.findall(r'<(?:p|h\d|dt|li|td|th|summary)[^>]* lang="en"[^>]*>', text)
        if row.translated == row.total:
            assert "vg-progress" not in text, f"{page} says that a part of it is not translated"
            assert left == [], f"{page} shows a text in English"
        else:
            assert 'class="vg-progress"' in text, f"{page} does not say what is not translated"
            assert left, f"{page} does not mark its English texts"


def figures(page: Path) -> Iterator[tuple[bool, str]]:
    """Yield the SVG of every figure and of every state of every slider: is it a picture, and what.

    A picture, other than a chart, has a number; its words make the room, and may mirror it.
    """
    text = page.read_text(encoding="utf-8")
    for part in re.split(r'(<figure[^>]* id="fig-.*?</figcaption>)', text, flags=re.S):
        is_picture = part.startswith("<figure")
        for data in re.findall(r'<script type="application/json">(.*?)</script>', part, re.S):
            for drawing in json.loads(data).get("drawings", ()):
                yield from (
                    (is_picture, svg) for svg in re.findall(r"<svg.*?</svg>", drawing, re.S)
                )
        rest = re.sub(r'<script type="application/json">.*?</script>', "", part, flags=re.S)
        shown = re.findall(r"<svg[^>]+aria-label=.*?</svg>", rest, re.S)
        yield from ((is_picture, svg) for svg in shown)


def numbers(svg: str) -> list[str]:
    """Return the numbers of a figure's description, in one order for all languages.

    0, 1, 2 and 10 are left out: a language may write "two layers", "powers of ten" with a word.
    """
    label = re.search(r'aria-label="([^"]*)"', svg)
    assert label, "a figure has no description"
    found = re.findall(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?", unescape(label[1]))
    return sorted(number for number in found if number not in ("0", "1", "2", "10"))


def curves(svg: str) -> tuple[list[float], list[float]]:
    """Return the places, across and down, of the measured lines' points, in pixels."""
    paths = re.findall(r' d="(M[-L.\d ]+)"', svg)
    lines = [re.findall(r"-?\d*\.?\d+", path) for path in paths]
    numbers = [float(number) for line in lines if len(line) >= 8 for number in line]
    return numbers[::2], numbers[1::2]


def shares(places: list[float]) -> list[float]:
    """Return where places lie between the least and the largest, from 0 to 1."""
    if not places:
        return []
    least, size = min(places), max(max(places) - min(places), 1e-9)
    return [(place - least) / size for place in places]


def assert_same_shape(mine: list[float], theirs: list[float]) -> None:
    """Compare up to shift and scale: a longer legend leaves less height to the axes."""
    assert len(mine) == len(theirs)
    if not mine:
        return
    sizes = [max(max(places) - min(places), 1e-9) for places in (mine, theirs)]
    rounding = 0.2 / min(sizes)  # of a pixel's tenth, at both ends
    assert shares(mine) == pytest.approx(shares(theirs), abs=0.002 + rounding)


def test_only_one_file_lists_the_languages() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "*.py", "*.toml", "*.yml", "*.md", "*.js", "*.css", "Makefile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for name in tracked:
        if name == "locales/languages.toml" or name.startswith("tests/"):
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        quoted = {code for code in CODES if re.search(rf"""["']{code}["']""", text)}
        assert len(quoted) < 3, f"{name} lists languages: {sorted(quoted)}"


@pytest.mark.book
@pytest.mark.parametrize("page", WITH_CELLS)
@pytest.mark.parametrize("code", [code for code in CODES if code != SOURCE])
def test_every_cell_prints_the_same_as_in_english(site: Path, code: str, page: str) -> None:
    assert printed(site / code / page) == printed(site / SOURCE / page)


def printed(page: Path) -> list[str]:
    """Return what the cells of a page print; in the reader's own language, only how many lines."""
    parts = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select(".cell")
    assert any(part.select(".cell_output") for part in parts), f"{page} shows no output"
    return [
        str(text.count("\n")) if "tag_reader-language" in part["class"] else text
        for part in parts
        for text in (
            output.get_text() for output in part.select(".output.text_plain, .output.stream")
        )
    ]
