from __future__ import annotations

import gc
import hashlib
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from small_book import SmallBook
from sphinx.environment.collectors.toctree import TocTreeCollector

from booktools.build import build_all
from booktools.extraction import extract_messages
from booktools.faults import BuildError
from booktools.workers import build_apart


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Give a small book that is built in English, to be read only."""
    book = SmallBook(tmp_path_factory.mktemp("english"))
    build(book, "en")
    return book


@pytest.fixture(autouse=True)
def no_other_application() -> None:
    """Forget the applications that other tests have left in this process.

    sphinx_external_toc disables every collector in memory by its listeners' numbers, which may
    belong to other listeners of the next application.
    """
    for one in gc.get_objects():
        if isinstance(one, TocTreeCollector):
            one.listener_ids = None


def build(book: SmallBook, code: str) -> str:
    """Build one language in a process of its own and return what it printed."""
    outcome = build_apart(book.root, code)
    assert outcome.exit_code == 0, "\n".join(outcome.log)
    return "\n".join(outcome.log)


def failure(book: SmallBook, code: str) -> str:
    """Build one language, expect it to fail and return what it printed."""
    outcome = build_apart(book.root, code)
    assert outcome.exit_code == 1
    return "\n".join(outcome.log)


def test_a_page_names_no_other_host(english: SmallBook) -> None:
    site = english.root / "_build/html/en"
    for page in site.rglob("*.html"):
        loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', page.read_text())
        assert [address for address in loaded if "//" in address] == []
    assert "cdn" not in (site / "book/index.html").read_text(encoding="utf-8")


def test_formulas_have_numbers_that_links_lead_to(english: SmallBook) -> None:
    page = english.page("en", "book/index.html")
    assert 'id="equation-half"><span class="eqno">(1)' in page
    assert re.search(r'href="#equation-half">\(1\)', page)
    assert '<math display="block"><mi>a</mi>' in page


def test_the_icons_cost_a_few_kilobytes(english: SmallBook) -> None:
    static = english.root / "_build/html/en/_static"
    page = english.page("en", "book/index.html")
    linked = re.search(r"_static/(style-\w+\.css)\?v=(\w{8})", page)
    assert linked
    assert hashlib.sha256((static / linked[1]).read_bytes()).hexdigest().startswith(linked[2])
    sheet = (static / linked[1]).read_text(encoding="utf-8")
    icons = re.findall(r'@font-face\s*{[^}]*"Font Awesome[^}]*}|[^{}]*\.fa-[^{}]*{[^}]*}', sheet)
    assert 2_000 < sum(map(len, icons)) < 12_000
    used = set(re.findall(r"fa-solid fa-([a-z-]+)", page))
    assert used
    assert all(f".fa-{name}::before" in sheet for name in used)
    assert not list(static.rglob("*webfonts*"))


def test_a_translated_sentence_is_on_the_page(small_book: SmallBook) -> None:
    small_book.translate("tr", "Bir bölümün metni.")
    log = build(small_book, "tr")
    assert "shown in English" not in log
    page = small_book.page("tr", "book/course/chapter.html")
    assert "Bir bölümün metni." in page
    assert '<html lang="tr"' in page
    assert "reading book/course/chapter" in log


def test_an_unsafe_translation_is_reported_and_shown_in_english(small_book: SmallBook) -> None:
    small_book.translate("tr", "<script>alert(1)</script>")
    log = build(small_book, "tr")
    page = small_book.page("tr", "book/course/chapter.html")
    assert "alert(1)" not in page
    assert "Text of a chapter." in page
    where = "locales/tr/LC_MESSAGES/book/course/chapter.po:8"
    assert f"shown in English: {where}: raw_html: " in log


def test_a_changed_catalogue_rebuilds_its_page_and_no_other(small_book: SmallBook) -> None:
    small_book.translate("tr", "Eski.")
    build(small_book, "tr")
    small_book.translate("tr", "Yeni.")
    log = build(small_book, "tr")
    assert "Yeni." in small_book.page("tr", "book/course/chapter.html")
    assert "reading book/index" not in log


def test_a_failing_cell_names_its_chapter_line_number_and_error(small_book: SmallBook) -> None:
    cell = "\n```{code-cell}\n:tags: [hide-cell]\n\n# divides\n1 / 0\n```\n"
    index = small_book.root / "book/index.md"
    line = index.read_text().count("\n") + 2
    index.write_text(index.read_text() + cell)
    log = failure(small_book, "en")
    assert f"book/index.md:{line}: code cell 2 fails: ZeroDivisionError: division by zero" in log


def test_a_warning_fails_the_build_and_the_others_are_still_shown(small_book: SmallBook) -> None:
    small_book.write("book/course/chapter.md", "# A chapter\n\n{term}`nothing` {eq}`nowhere`\n")
    log = failure(small_book, "en")
    assert "nothing" in log
    assert "nowhere" in log
    assert "en: the warnings above are errors" in log


def test_a_broken_formula_fails_the_build_with_its_place(small_book: SmallBook) -> None:
    small_book.write("book/course/chapter.md", "# A chapter\n\nText $\\frac{a$.\n")
    assert re.search(r"chapter\.md:3: WARNING: cannot read the formula", failure(small_book, "en"))


def test_all_languages_are_listed_with_the_readers_found_first(small_book: SmallBook) -> None:
    stood: list[tuple[str, bool]] = []

    def stands(code: str, following: Sequence[str]) -> None:
        stood.append((code, (small_book.root / "_build/html/index.html").exists()))
        assert len(following) == 3 - len(stood)

    build_all(small_book.root, ["ar", "en", "zh_CN"], stands)
    assert sorted(stood) == [("ar", True), ("en", True), ("zh_CN", True)]
    portal = (small_book.root / "_build/html/index.html").read_text(encoding="utf-8")
    links = re.findall(r'<a href="([^"]+)" lang="([^"]+)" hreflang="[^"]+" dir="(\w+)"', portal)
    assert links == [
        ("en/book/index.html", "en", "ltr"),
        ("zh_CN/book/index.html", "zh-CN", "ltr"),
        ("ar/book/index.html", "ar", "rtl"),
    ]
    site = small_book.root / "_build/html"
    lost = (site / "404.html").read_text(encoding="utf-8")
    assert re.findall(r'<li lang="([^"]+)"', lost) == ["en", "zh-CN", "ar"]
    assert "../zh_CN/book/index.html" in (site / "zh/index.html").read_text(encoding="utf-8")
    assert not (site / "sitemap.xml").exists()
    times = json.loads((small_book.root / "_build/times.json").read_text())
    assert set(times["languages"]) == {"en", "ar", "zh_CN"}
    assert set(times["languages"]["ar"]["chapters"]) == {
        "book/index",
        "book/course/chapter",
        "book/glossary",
    }


def test_a_failed_language_is_named_with_its_command_and_last_lines(small_book: SmallBook) -> None:
    small_book.write("book/course/chapter.md", "# A chapter\n\n{term}`nothing`\n")
    with pytest.raises(BuildError, match=r"1 of 1 languages failed\n.*booktools build tr") as error:
        build_all(small_book.root, ["tr"])
    assert "nothing" in str(error.value)


def test_messages_are_extracted_without_running_a_cell(small_book: SmallBook) -> None:
    index = small_book.root / "book/index.md"
    index.write_text(index.read_text().replace("print(1 + 1)", "raise SystemExit"))
    target = small_book.root / "_build/messages"
    extract_messages(target, small_book.root)
    text = (target / "book/course/chapter.pot").read_text(encoding="utf-8")
    assert 'msgid "Text of a chapter."' in text
    assert re.findall(r"^#: .*", text, re.MULTILINE)
    assert not re.search(r"^#: .*:\d", text, re.MULTILINE)


def test_the_environment_is_as_before_after_a_build_in_this_process(small_book: SmallBook) -> None:
    before = dict(os.environ)
    extract_messages(small_book.root / "_build/messages", small_book.root)
    assert dict(os.environ) == before


def test_every_page_can_be_searched_in_its_language(small_book: SmallBook) -> None:
    small_book.translate("zh_CN", "梯度逐层相乘而缩小。")
    build(small_book, "zh_CN")
    text = small_book.page("zh_CN", "places.js")
    assert text.count('"page"') == 3
    assert "梯度逐层相乘而缩小。" in text


def test_a_languages_folder_leads_to_its_first_page(english: SmallBook) -> None:
    redirect: Path = english.root / "_build/html/en/index.html"
    assert 'content="0; url=book/index.html"' in redirect.read_text()
