"""Addresses of folders, and of languages by other names, lead to a page in that language."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from real_book import BOOK

from booktools.redirects import folder_pages, other_names, redirect, write_redirects

ARABIC = BOOK.language("ar")
HOSTILE = '"><script>alert(1)</script>'


def test_every_folder_without_a_page_of_its_own_leads_to_its_first_page() -> None:
    pages = ["book/index.html", "book/course/b.html", "book/course/a.html", "x/y/z.html"]
    assert folder_pages(pages) == {
        "": "book/index.html",
        "book/course": "book/course/b.html",
        "x": "x/y/z.html",
        "x/y": "x/y/z.html",
    }


def test_a_first_page_called_index_is_not_replaced_by_a_way_to_itself(tmp_path: Path) -> None:
    write_redirects(tmp_path, ["index.html", "other.html"], "Book", ARABIC)
    assert not (tmp_path / "index.html").exists()
    write_redirects(tmp_path, ["intro.html", "a/b.html"], "Book", ARABIC, "https://x.org/ar/")
    page = BeautifulSoup((tmp_path / "a/index.html").read_text(encoding="utf-8"), "html.parser")
    assert page.select_one("meta[http-equiv]")["content"] == "0; url=b.html"  # type: ignore[index]
    assert page.select_one("link")["href"] == "https://x.org/ar/a/b.html"  # type: ignore[index]
    assert "url=intro.html" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_page_that_leads_on_speaks_its_language_and_names_the_book() -> None:
    page = BeautifulSoup(redirect("a.html", HOSTILE, ARABIC), "html.parser")
    assert page.html is not None
    assert page.title is not None
    assert (page.html["lang"], page.html["dir"]) == ("ar", "rtl")
    assert page.title.get_text() == HOSTILE
    assert not page.select("script, link")


def test_a_language_is_found_by_its_other_names_and_never_hides_another() -> None:
    names = {name: language.code for name, language in other_names(BOOK.languages).items()}
    expected = {"zh": "zh_CN", "zh-CN": "zh_CN", "zh-cn": "zh_CN", "zh-Hans": "zh_CN"}
    assert expected.items() <= names.items()
    assert names["pt-PT"] == "pt"
    assert "pt-BR" not in names
    assert not {language.code for language in BOOK.languages} & set(names)
    brazilian = replace(BOOK.language("pt"), code="pt_BR", tag="pt-BR", name="Brasil")
    both = other_names([BOOK.language("pt"), brazilian])
    assert (both["pt-PT"].code, both["pt-BR"].code) == ("pt", "pt_BR")


@pytest.mark.parametrize("code", ["xx", "qaa"])
def test_a_language_that_unicode_does_not_know_has_the_names_of_its_table(code: str) -> None:
    unknown = replace(ARABIC, code=code, tag=f"{code}-x-own")
    assert set(other_names([unknown])) == {f"{code}-x-own"}
