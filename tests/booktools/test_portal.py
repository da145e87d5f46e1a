"""The page that leads to all languages shows what stands in the table as text, whatever it is."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from real_book import BOOK

from booktools.book import Book
from booktools.languages import Language
from booktools.portal import LOST, write_lost, write_names, write_portal
from booktools.sites import Site

ENGLISH, *_others = BOOK.languages
HOSTILE = '"><img src=x onerror=alert(1)></script><!--\u2028{0}{title}'


def book_of(folder: Path, languages: Sequence[Language], title: str) -> Book:
    """Return a book whose table holds these, although no schema would let them in."""
    source = next(one for one in languages if one.source)
    book = Book(folder)
    book.__dict__.update(languages=tuple(languages))
    (folder / "_config.yml").parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"title": title, "sphinx": {"config": {"language": source.code}}})
    (folder / "_config.yml").write_text(text, encoding="utf-8")
    (folder / "_toc.yml").write_text("root: index\n", encoding="utf-8")
    return book


def sites(languages: Sequence[Language], text: str = "words") -> list[Site]:
    return [Site(language, text, text, text, ["index.html"]) for language in languages]


def portal(site: Path, *languages: Language, title: str = "Book") -> BeautifulSoup:
    write_portal(site, book_of(site, languages, title), sites(languages, title))
    return BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")


def lost(site: Path, *languages: Language, text: str, address: str | None = None) -> BeautifulSoup:
    write_lost(site, book_of(site, languages, text), sites(languages, text), address)
    return BeautifulSoup((site / LOST).read_text(encoding="utf-8"), "html.parser")


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


def test_the_front_page_speaks_the_books_own_language(tmp_path: Path) -> None:
    arabic = replace(BOOK.language("ar"), source=True)
    page = portal(tmp_path, replace(ENGLISH, source=False), arabic)
    assert page.html is not None
    assert (page.html["lang"], page.html["dir"]) == ("ar", "rtl")


def test_the_page_of_no_page_speaks_every_language_and_nobody_finds_it(tmp_path: Path) -> None:
    page = lost(tmp_path, *BOOK.languages, text=HOSTILE, address="https://example.org/a/b")
    plain = lost(tmp_path, *BOOK.languages, text="words")
    assert [tag.name for tag in page.find_all()] == [tag.name for tag in plain.find_all()]
    assert [item["lang"] for item in page.select("li")] == [one.tag for one in BOOK.languages]
    assert page.select_one("base")["href"] == "/a/b/"  # type: ignore[index]
    assert plain.select_one("base")["href"] == "/"  # type: ignore[index]
    assert page.select_one("meta[name=robots]")["content"] == "noindex"  # type: ignore[index]


def test_the_front_page_says_what_the_book_is_about(tmp_path: Path) -> None:
    book = book_of(tmp_path, [ENGLISH], "Book")
    write_portal(tmp_path, book, sites([ENGLISH], "About it."), "https://example.org")
    page = BeautifulSoup((tmp_path / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert page.select_one("meta[name=description]")["content"] == "About it."  # type: ignore[index]
    assert page.select_one("link[rel=canonical]")["href"] == "https://example.org/"  # type: ignore[index]


def test_a_language_is_reached_by_its_other_names(tmp_path: Path) -> None:
    write_names(tmp_path, book_of(tmp_path, BOOK.languages, "B"), sites(BOOK.languages))
    for name, code in (("zh", "zh_CN"), ("zh-CN", "zh_CN"), ("pt-PT", "pt")):
        text = (tmp_path / name / "index.html").read_text(encoding="utf-8")
        assert f"url=../{code}/index.html" in text
