"""What a reader takes along: the printed page, the zip, the EPUB, the PDF, pages kept offline."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from epubs import faults
from playwright.sync_api import Browser, Page
from pypdf import PdfReader
from small_book import SmallBook

from booktools import browsers
from booktools.book import Book
from booktools.editions import make_editions
from booktools.editions.reading import read_book
from booktools.faults import BuildError
from booktools.serve import address, start_server
from vanishing.explorer.page import Page as ExplorerPage
from vanishing.explorer.page import Shown

pytestmark = pytest.mark.browser

SOLUTION = "The slope is one half"
STATES = [Shown("<p>two layers</p>", "a\r\n"), Shown("<p>thirty layers</p>", "a\r\n")]
SOLVED = """\
<div class="cell tag_hide-cell tag_solution container"><details class="admonition hide">
<summary><span class="collapsed">Unfold</span><span class="expanded">Fold</span></summary>
<pre>1 + 1</pre></details></div>"""
EXPLORER = ExplorerPage({"depth": (2, 30)}, {"depth": 0}).html(STATES, "depth", ["", ""])
CHAPTER = f"""\
# A chapter

Text of a chapter, with a {{term}}`gradient`.

```{{raw}} html
{EXPLORER}
```

:::{{admonition}} Exercise 1
:class: exercise

What is the slope?
:::

```{{raw}} html
{SOLVED}
```

:::{{dropdown}} Answer
{SOLUTION}.
:::

:::{{quiz}}
:correct: 1

Which one?

- One.

  It is right.
- Two.

  It is not.
:::
"""
FORMULAS = r"$a < b$, $\dfrac12$ and $\begin{pmatrix} 1 \\ 2 \end{pmatrix}$"
INDEX = f"# A small gradient\n\nA sentence with {FORMULAS}, and a {{doc}}`course/chapter`.\n"
PAGES = ("book/index.html", "book/course/chapter.html", "book/glossary.html")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Give a small book with all its editions in Arabic."""
    book = SmallBook(tmp_path_factory.mktemp("editions"))
    book.write("book/index.md", INDEX)
    book.write("book/course/chapter.md", CHAPTER)
    book.run("editions", "ar")
    return book


@pytest.fixture(scope="module")
def site(book: SmallBook) -> Path:
    return book.root / "_build/html/ar"


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    server = start_server(site.parent, 0)
    yield f"{address(server)}ar/"
    server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def edition(site: Path, kind: str) -> Path:
    return site / f"downloads/vanishing-gradients-ar.{kind}"


def printed(page: Page, target: Path) -> str:
    page.pdf(path=target, format="A4", prefer_css_page_size=True)
    return " ".join(sheet.extract_text() for sheet in PdfReader(target).pages)


def test_a_page_offers_every_edition_that_is_there(site: Path) -> None:
    text = (site / PAGES[1]).read_text(encoding="utf-8")
    offered = re.findall(r'href="([^"]+/downloads/[^"]+)" download', text)
    there = [path.resolve() for path in (site / "downloads").iterdir()]
    assert sorted((site / "book/course" / one).resolve() for one in offered) == sorted(there)
    assert len(there) == 3


def test_a_printed_page_has_its_title_and_licence_and_nothing_to_press(
    page: Page, served: str, tmp_path: Path
) -> None:
    page.goto(f"{served}{PAGES[1]}")
    assert page.locator(".vg-colophon").is_visible()
    assert not page.locator(".vg-imprint").is_visible()
    text = printed(page, tmp_path / "page.pdf")
    assert "A chapter" in text
    assert "CC BY 4.0" in text
    assert "The authors of Vanishing Gradients" in text
    assert "two layers" in text
    assert f"{served}{PAGES[1]}" in text
    for word in ("Skip to", "Print", "Language", "Next", SOLUTION, "It is right", "1 + 1"):
        assert word not in text


def test_a_reader_opens_all_solutions_and_prints_them(
    page: Page, served: str, tmp_path: Path
) -> None:
    page.goto(f"{served}{PAGES[1]}")
    page.locator(".vg-take > summary").click()
    page.locator("#vg-open").click()
    text = printed(page, tmp_path / "open.pdf")
    assert SOLUTION in text
    assert "It is right" in text
    assert "1 + 1" in text
    assert "Fold" not in text
    page.locator("#vg-open").click()
    assert SOLUTION not in printed(page, tmp_path / "closed.pdf")


def test_a_dark_page_is_printed_on_white(page: Page, served: str) -> None:
    page.goto(f"{served}{PAGES[1]}")
    page.locator("#vg-theme").click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("html").get_attribute("data-theme") == "light"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_the_button_of_dark_mode_says_whether_the_page_is_dark(page: Page, served: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{served}{PAGES[1]}")
    pressed = page.locator("#vg-theme").and_(page.get_by_role("button", pressed=True))
    assert pressed.count() == 1
    pressed.click()
    assert page.locator("html").get_attribute("data-theme") == "light"
    assert pressed.count() == 0


def test_the_unpacked_zip_is_read_without_a_server(page: Page, site: Path, tmp_path: Path) -> None:
    with ZipFile(edition(site, "zip")) as archive:
        archive.extractall(tmp_path)
        names = archive.namelist()
    assert not [name for name in names if name.endswith((".map", ".po", ".mo", ".zip", ".pdf"))]
    folder = tmp_path / "vanishing-gradients-ar"
    wrong: list[str] = []
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((folder / "index.html").as_uri())
    page.wait_for_url("**/book/index.html")
    page.locator("article a[href*=chapter]").click()
    page.locator(".vg-explorer input").press("End")
    assert page.locator(".vg-stage").inner_text() == "thirty layers"
    assert wrong == []


def test_no_page_of_the_zip_leads_to_a_file_that_it_lacks(site: Path) -> None:
    with ZipFile(edition(site, "zip")) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
        pages = [name for name in names if name.endswith(".html")]
        for name in pages:
            text = archive.read(f"vanishing-gradients-ar/{name}").decode()
            assert 'data-do="embed"' not in text
            assert 'data-do="csv"' not in text
            for way in re.findall(r'(?:href|src)="([^"#?:]+)[#?]?[^":]*"', text):
                there = (site / name).parent.joinpath(way).resolve()
                assert there.relative_to(site.resolve()).as_posix() in names, (name, way)


def test_the_epub_is_whole_and_runs_from_right_to_left(site: Path) -> None:
    path = edition(site, "epub")
    assert faults(path) == []
    with ZipFile(path) as archive:
        package = archive.read("OEBPS/package.opf").decode()
        chapter = archive.read("OEBPS/book/course/chapter.xhtml").decode()
    assert 'page-progression-direction="rtl"' in package
    assert "<dc:language>ar</dc:language>" in package
    assert "two layers" in chapter
    assert 'href="../glossary.xhtml#term-gradient"' in chapter
    assert "thirty layers" not in chapter


def test_epubcheck_has_nothing_to_say(site: Path) -> None:
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = shutil.which("epubcheck", path=places)
    if not command or not shutil.which("java"):
        pytest.skip("EPUBCheck or Java is not here")
    quick = {**os.environ, "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    done = subprocess.run(
        [command, edition(site, "epub")], capture_output=True, text=True, env=quick
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pdf_has_contents_with_page_numbers_and_bookmarks(site: Path) -> None:
    reader = PdfReader(edition(site, "pdf"))
    texts = [page.extract_text() for page in reader.pages]
    number = next(n for n, text in enumerate(texts[2:], 3) if "Text of a chapter" in text)
    assert "A chapter" in texts[number - 1]
    assert re.search(rf"A chapter\s*{number}\b", texts[1])
    assert "CC BY 4.0" in texts[0]
    whole = " ".join(texts)
    solved = (whole.index(one) for one in ("1 + 1", SOLUTION, "It is right"))
    assert whole.index("Which one") < min(solved)
    assert "Fold" not in whole
    titles = [
        reader.get_destination_page_number(one)
        for one in reader.outline
        if not isinstance(one, list)
    ]
    assert number - 1 in titles


def test_a_page_once_read_opens_without_a_network(page: Page, served: str) -> None:
    page.goto(f"{served}{PAGES[0]}")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.wait_for_function("caches.match(location.href).then(Boolean)")
    page.goto(f"{served}{PAGES[1]}", wait_until="networkidle")
    page.context.set_offline(True)
    page.goto(f"{served}{PAGES[0]}")
    assert page.locator("h1").inner_text().startswith("A small gradient")
    page.goto(f"{served}{PAGES[1]}?depth=30")
    page.locator(".vg-explorer input").press("End")
    assert page.locator(".vg-stage").inner_text() == "thirty layers"
    page.goto(f"{served}{PAGES[2]}")
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.locator("section a").first.wait_for()
    kept = {link.get_attribute("href") for link in page.locator("section a").all()}
    assert kept == {f"{served}{name}" for name in PAGES[:2]}
    page.context.set_offline(False)
    page.reload()
    assert page.locator("dl.glossary").count() == 1


def test_what_was_read_before_a_new_build_opens_without_a_network(
    page: Page, served: str, site: Path
) -> None:
    worker = site / "sw.js"
    page.goto(f"{served}{PAGES[0]}")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    page.goto(f"{served}{PAGES[1]}", wait_until="networkidle")
    source = worker.read_text(encoding="utf-8")
    worker.write_text(re.sub(r" [0-9a-f]{16}`", f" {'0' * 16}`", source), encoding="utf-8")
    page.goto(f"{served}{PAGES[0]}")
    page.wait_for_function("caches.keys().then((names) => names.length === 2)")
    page.goto(f"{served}{PAGES[0]}", wait_until="networkidle")
    worker.write_text(source, encoding="utf-8")
    page.context.set_offline(True)
    page.goto(f"{served}{PAGES[1]}")
    page.locator(".vg-explorer input").press("End")
    assert page.locator(".vg-stage").inner_text() == "thirty layers"
    page.goto(f"{served}{PAGES[2]}")
    page.locator("section a").first.wait_for()
    links = [link.get_attribute("href") for link in page.locator("section a").all()]
    assert sorted(map(str, links)) == sorted(f"{served}{name}" for name in PAGES[:2])


def test_without_a_browser_nothing_is_built_for_a_pdf(
    small_book: SmallBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise browsers.NoBrowserError(browsers.REMEDY)

    monkeypatch.setattr(browsers, "require", refuse)
    with pytest.raises(browsers.NoBrowserError, match="install Chromium"):
        next(make_editions(small_book.root, ["en"], ["pdf"]))
    assert not (small_book.root / "_build").exists()


def test_an_edition_before_the_site_names_the_remedy(small_book: SmallBook) -> None:
    book = Book(small_book.root)
    with pytest.raises(BuildError, match="python -m booktools build"):
        read_book(book, book.source, small_book.root / "_build/html/en")
