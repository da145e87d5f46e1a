"""The page that leads to all languages shows what stands in the table as text, whatever it is."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from real_book import BOOK

from booktools.languages import Language
from booktools.portal import write_portal, write_redirect

ENGLISH, *_others = BOOK.languages
HOSTILE = '"><img src=x onerror=alert(1)></script><!--\u2028{0}{title}'


def portal(site: Path, *languages: Language, title: str = "Book") -> BeautifulSoup:
    for language in languages:
        page = site / language.code / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("", encoding="utf-8")
    write_portal(site, languages, title, "index.html")
    return BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("key", ["tag", "name", "direction"])
def test_a_value_that_no_schema_saw_stays_a_text(tmp_path: Path, key: str) -> None:
    plain = portal(tmp_path / "plain", ENGLISH)
    page = portal(tmp_path / "evil", replace(ENGLISH, **{key: HOSTILE}), title=HOSTILE)
    assert [tag.name for tag in page.find_all()] == [tag.name for tag in plain.find_all()]
    link, usual = page.select_one("li a"), plain.select_one("li a")
    assert link is not None
    assert usual is not None
    assert set(link.attrs) == set(usual.attrs)
    shown = {"tag": link["lang"], "name": link.get_text(), "direction": link["dir"]}
    assert shown[key] == HOSTILE
    assert page.title is not None
    assert page.title.get_text() == HOSTILE


def test_no_tag_ends_the_script(tmp_path: Path) -> None:
    page = portal(tmp_path, replace(ENGLISH, tag=HOSTILE))
    assert page.script is not None
    script = page.script.get_text()
    pages = re.search(r"const pages = (.*);\n", script)
    assert pages is not None
    assert not set("<>&\u2028\u2029") & set(pages[1])
    assert json.loads(pages[1]) == {HOSTILE.lower(): "en/index.html"}


def test_a_code_cannot_leave_the_address(tmp_path: Path) -> None:
    page = portal(tmp_path, replace(ENGLISH, code='a"b <c>'))
    link = page.select_one("li a")
    assert link is not None
    assert link["href"] == "a%22b%20%3Cc%3E/index.html"


def test_a_first_page_called_index_is_not_replaced_by_a_way_to_itself(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("the page", encoding="utf-8")
    write_redirect(tmp_path, "index.html")
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == "the page"
    write_redirect(tmp_path, "intro.html")
    assert "url=intro.html" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_front_page_speaks_the_books_own_language(tmp_path: Path) -> None:
    arabic = replace(BOOK.language("ar"), source=True)
    page = portal(tmp_path, replace(ENGLISH, source=False), arabic)
    assert page.html is not None
    assert (page.html["lang"], page.html["dir"]) == ("ar", "rtl")
