"""What readers take away from the built book: figures with sliders, every page's citation."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import book_pages
from real_book import BOOK

pytestmark = pytest.mark.book
_EXPLORER = re.compile(r'<div class="vg-explorer" id="([\w-]+)"')


def explorers(site: Path, code: str) -> list[tuple[str, str]]:
    """Return page and id of every explorer in a language."""
    return [
        (page, name)
        for page in book_pages()
        for name in _EXPLORER.findall((site / code / f"{page}.html").read_text("utf-8"))
    ]


def test_ids_are_the_same_in_every_language_and_once_on_a_page(site: Path) -> None:
    found = {language.code: explorers(site, language.code) for language in BOOK.languages}
    assert len(found["en"]) == len(set(found["en"])) >= 30
    assert all(one == found["en"] for one in found.values())


@pytest.mark.parametrize("code", ["en", "ar"])
def test_every_explorer_has_numbers_and_a_page_of_its_own(site: Path, code: str) -> None:
    for page, name in explorers(site, code):
        place = site / code / "embed" / page
        rows = csv.reader((place.parent / f"{place.name}.{name}.csv").open(encoding="utf-8-sig"))
        head, *numbers = rows
        assert head[-1] == "version", (page, name)
        assert len(numbers) > 1, (page, name)
        assert {len(row) for row in numbers} == {len(head)}, (page, name)
        alone = place.with_name(f"{place.name}.{name}.html").read_text("utf-8")
        assert "page:" not in re.sub(r"<script.*?</script>", "", alone, flags=re.DOTALL)
        home = BeautifulSoup(alone, "html.parser").select_one("#vg-home")
        assert home is not None
        assert (place.parent / str(home["href"]).partition("#")[0]).resolve().is_file()


@pytest.mark.parametrize("page", book_pages())
def test_a_page_says_who_wrote_it_and_how_to_cite_it(site: Path, page: str) -> None:
    foot = BeautifulSoup((site / "ar" / f"{page}.html").read_text("utf-8"), "html.parser").footer
    assert foot is not None
    assert len(foot.select(".vg-citation pre")) == 2
    assert BOOK.author in foot.get_text()


def test_every_reminder_has_a_question_to_remind_of(site: Path) -> None:
    seen = 0
    for page in book_pages():
        html = BeautifulSoup((site / "ar" / f"{page}.html").read_text("utf-8"), "html.parser")
        questions = len(html.select(".vg-questions > li"))
        asked = [
            int(name.rpartition("-")[2])
            for one in html.select(".vg-reminder")
            for name in one["class"]
            if name != "vg-reminder"
        ]
        assert set(asked) <= set(range(1, questions + 1)), page
        seen += len(asked)
    assert seen >= 30
