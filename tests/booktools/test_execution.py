"""A chapter's cells run once for all languages, and again only where something has changed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_book import SmallBook
from stock_book import write_stock_book

from booktools.book import Book
from booktools.chapters import code_cells, read_chapters
from booktools.execution import execute, executed_path, read_executed
from booktools.faults import BuildError
from booktools.library import Library
from booktools.painting import paint, painted_path, read_painted
from booktools.workers import build_apart

TAGGED = """
```{code-cell}
:tags: [reader-language]

import os
print("speaks", os.environ["VANISHING_LANGUAGE"], hidden)
hidden = 2
```

```{code-cell}
print("then", hidden)
```
"""
FIGURE = """
```{code-cell}
from vanishing import figures
figures.draw_gradient_norms({"ReLU": [0.5, 0.25]})
```
"""


def add(book: SmallBook, text: str) -> None:
    index = book.root / "book/index.md"
    index.write_text(index.read_text(encoding="utf-8") + text, encoding="utf-8")


def run(book: SmallBook, language: str = "en") -> list[str]:
    """Run and paint a book's cells; return what each shows as plain text."""
    chapters = list(read_chapters(book.root, Book(book.root).pages))
    catalogues = book.root / "locales"
    execute(book.root, chapters, language, "en", catalogues=catalogues)
    paint(book.root, chapters, language, "en", catalogues=catalogues)
    painted = read_painted(painted_path(book.root, language, "book/index"))
    assert painted
    return [
        "".join(one.get("text") or one["data"]["text/plain"] for one in cell)
        for cell in painted.outputs
    ]


def ran(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return re.findall(r"^ran (\S.*) in [\d.]+ s$", capsys.readouterr().out, re.MULTILINE)


def test_cells_run_once_for_all_languages(
    small_book: SmallBook, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small_book) == ["2\n"]
    assert ran(capsys) == ["book/index"]
    assert run(small_book) == run(small_book, "tr") == ["2\n"]
    assert ran(capsys) == []


def test_a_cell_of_the_readers_language_runs_in_each_and_others_see_the_source(
    small_book: SmallBook, capsys: pytest.CaptureFixture[str]
) -> None:
    add(small_book, "\n```{code-cell}\nhidden = 1\n```\n" + TAGGED)
    assert run(small_book, "tr") == ["2\n", "", "speaks tr 1\n", "then 2\n"]
    assert sorted(ran(capsys)) == ["book/index", "book/index in tr"]
    assert run(small_book) == ["2\n", "", "speaks en 1\n", "then 2\n"]
    assert run(small_book, "ar")[2] == "speaks ar 1\n"
    assert ran(capsys) == ["book/index in ar"]


def test_prose_runs_nothing_and_code_runs_its_own_chapter(
    small_book: SmallBook, capsys: pytest.CaptureFixture[str]
) -> None:
    header = (small_book.root / "book/index.md").read_text(encoding="utf-8").split("# A")[0]
    cell = "\n```{code-cell}\nprint(3)\n```\n"
    small_book.write("book/course/chapter.md", f"{header}# A chapter\n{cell}")
    run(small_book)
    assert sorted(ran(capsys)) == ["book/course/chapter", "book/index"]
    add(small_book, "\nMore words.\n")
    run(small_book)
    assert ran(capsys) == []
    small_book.write("book/course/chapter.md", f"{header}# A chapter\n{cell.replace('3', '4')}")
    run(small_book)
    assert ran(capsys) == ["book/course/chapter"]


LABELS = "locales/tr/LC_MESSAGES/vanishing.po"
LABEL = 'msgid ""\nmsgstr "Language: tr\\n"\n\nmsgid "layer (1 = next to the input)"\nmsgstr "{}"\n'


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Give a book with tools of its own and a figure, which is built in Turkish."""
    book = SmallBook(tmp_path_factory.mktemp("drawn"))
    book.copy_tools()
    add(book, FIGURE)
    book.write(LABELS, LABEL.format("katman bir"))
    assert "ran book/index" in book.run("build", "tr")
    assert ">katman bir</text>" in book.page("tr", "book/index.html")
    return book


def test_an_edited_label_reaches_the_page_without_running_a_cell(drawn: SmallBook) -> None:
    drawn.write(LABELS, LABEL.format("katman iki"))
    log = drawn.run("build", "tr")
    assert ">katman iki</text>" in drawn.page("tr", "book/index.html")
    assert "ran book/index" not in log
    assert re.findall(r"reading (book\S+)", log) == ["book/index"]


def test_the_library_runs_only_the_chapters_that_use_what_has_changed(drawn: SmallBook) -> None:
    unused = drawn.root / "vanishing/translation.py"
    unused.write_text(unused.read_text(encoding="utf-8") + "\nNEW = 1\n", encoding="utf-8")
    assert "ran book/index" not in drawn.run("build", "tr")
    drawing = drawn.root / "vanishing/figures/charts.py"
    drawing.write_text(
        drawing.read_text(encoding="utf-8").replace("WIDTH, HEIGHT = 440,", "WIDTH, HEIGHT = 441,"),
        encoding="utf-8",
    )
    assert "ran book/index" in drawn.run("build", "tr")
    assert 'width="441"' in drawn.page("tr", "book/index.html")


def test_a_failing_cell_is_named_and_nothing_is_kept_of_its_chapter(small_book: SmallBook) -> None:
    add(small_book, "\n```{code-cell}\n# divides\n1 / 0\n```\n")
    with pytest.raises(BuildError, match=r"book/index.md:\d+: code cell 2 fails: ZeroDivisionErr"):
        run(small_book)
    assert read_executed(executed_path(small_book.root, "en", "book/index")) is None


def test_a_cell_that_takes_too_long_is_named(small_book: SmallBook) -> None:
    add(small_book, "\n```{code-cell}\nimport time\ntime.sleep(60)\n```\n")
    chapters = list(read_chapters(small_book.root, ["book/index"]))
    with pytest.raises(BuildError, match=r"code cell 2 fails: A cell timed out"):
        execute(small_book.root, chapters, "en", "en", catalogues=small_book.root, timeout=2)


@pytest.mark.parametrize("damage", ["", "{}", "\x00", "half", "another"])
def test_a_damaged_result_is_made_again(small_book: SmallBook, damage: str) -> None:
    before = run(small_book)
    for path in (
        executed_path(small_book.root, "en", "book/index"),
        painted_path(small_book.root, "en", "book/index"),
    ):
        whole = path.read_text()
        changes = {"half": whole[:-9], "another": whole.replace('"2', '"3')}
        path.write_text(changes.get(damage, damage))
        assert run(small_book) == before


def test_kernels_know_where_results_are_kept_and_leave_no_trace(
    small_book: SmallBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VANISHING_CACHE", raising=False)
    before = dict(os.environ)
    names = "VANISHING_LANGUAGE", "VANISHING_STATIC", "VANISHING_LOCALES", "VANISHING_CACHE"
    add(
        small_book,
        f"\n```{{code-cell}}\nimport os\nprint(*(os.environ[n] for n in {names}))\n```\n",
    )
    folders = small_book.root / "locales", small_book.root / "_build/cache/experiments"
    assert run(small_book)[1] == "en 1 {} {}\n".format(*folders)
    assert dict(os.environ) == before


def test_what_the_library_cannot_answer_fails_the_build() -> None:
    with pytest.raises(BuildError, match=r"vanishing.painting could not answer:\n(.*\n)*KeyError"):
        Library("vanishing", "any").ask({}, os.environ)


def test_a_build_that_is_killed_and_started_again_gives_the_same_pages(
    small_book: SmallBook,
) -> None:
    add(small_book, FIGURE + TAGGED.replace("hidden)", ")"))
    command = [sys.executable, "-m", "booktools", "--root", str(small_book.root), "build", "tr"]
    killed = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in killed.stdout or ():
        if "ran book/index" in line:
            killed.kill()
            break
    killed.wait()
    assert build_apart(small_book.root, "tr", processes=1).exit_code == 0
    first = small_book.page("tr", "book/index.html")
    whole = SmallBook(small_book.root.parent / "another")
    add(whole, FIGURE + TAGGED.replace("hidden)", ")"))
    assert build_apart(whole.root, "tr", processes=2).exit_code == 0
    assert whole.page("tr", "book/index.html") == first


def test_only_pages_with_code_cells_are_chapters(small_book: SmallBook) -> None:
    names = Book(small_book.root).pages
    assert list(names) == ["book/index", "book/course/chapter", "book/glossary"]
    (chapter,) = read_chapters(small_book.root, [*names, "book/missing"])
    assert chapter.path == Path(small_book.root / "book/index.md")
    assert [cell.source for cell in code_cells(chapter.notebook)] == ["# a comment\nprint(1 + 1)"]


def test_a_page_that_is_no_notebook_though_its_name_says_so_is_named(tmp_path: Path) -> None:
    write_stock_book(tmp_path)
    (tmp_path / "notebooks.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(BuildError, match=r"notebooks\.ipynb: not a notebook \(.+\); mend it"):
        list(read_chapters(tmp_path, Book(tmp_path).pages))


def test_a_failing_cell_of_a_notebook_is_named_by_its_number(tmp_path: Path) -> None:
    write_stock_book(tmp_path)
    path = tmp_path / "notebooks.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("print(6 * 7, 'cells')", "1 / 0"), encoding="utf-8")
    chapters = list(read_chapters(tmp_path, ["notebooks"]))
    with pytest.raises(BuildError, match=r"^notebooks.ipynb: code cell 1 fails: ZeroDivisionErr"):
        execute(tmp_path, chapters, "en", "en", catalogues=tmp_path)
