"""What search engines, shared links and strange addresses find in the built book."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import book_pages
from jsonschema import validate
from playwright.sync_api import Browser
from real_book import BOOK
from schema_shapes import SHAPE, TERMS

from booktools.extension.summary import LONGEST, SHORTEST

pytestmark = pytest.mark.book

PLACE = re.compile(r'<[a-z][^>]*? id="([^"]*)"')
CODES = [language.code for language in BOOK.languages]


def heads(site: Path, code: str) -> dict[str, BeautifulSoup]:
    """Return the head of each page of the book in a language."""
    texts = {name: (site / code / f"{name}.html").read_text("utf-8") for name in book_pages()}
    return {
        name: BeautifulSoup(text.partition("</head>")[0], "html.parser")
        for name, text in texts.items()
    }


@pytest.mark.parametrize("code", CODES)
def test_each_page_has_a_title_and_a_description_of_its_own(site: Path, code: str) -> None:
    found = heads(site, code)
    titles = Counter(page.title.get_text() for page in found.values() if page.title)
    summaries = Counter(
        str(page.select_one("meta[name=description]")["content"])  # type: ignore[index]
        for page in found.values()
    )
    for counted in (titles, summaries):
        assert [text for text, number in counted.items() if number > 1] == []
    assert len(titles) == len(found)
    assert [text for text in summaries if not SHORTEST <= len(text) <= LONGEST] == []
    assert [text for text in summaries if set(text) & set("$\\<>{}`\ufffc")] == []
    for title in titles:
        parts = [part.casefold() for part in title.split(" — ")]
        assert len(parts) == len(set(parts))


@pytest.mark.parametrize("code", CODES)
def test_an_address_within_a_page_leads_to_one_place(site: Path, code: str) -> None:
    for name in book_pages():
        places = Counter(PLACE.findall((site / code / f"{name}.html").read_text("utf-8")))
        assert [place for place, number in places.items() if number > 1] == [], name


@pytest.mark.parametrize("code", CODES)
def test_machines_read_what_each_page_is(site: Path, code: str) -> None:
    tag = BOOK.language(code).tag
    for name, page in heads(site, code).items():
        (script,) = page.select('script[type="application/ld+json"]')
        described = json.loads(script.get_text())
        validate(described, SHAPE)
        assert described["@graph"][0]["inLanguage"] == tag, name
        assert len(page.select("meta[name=viewport]")) == 1
    terms = json.loads((site / code / "glossary/glossary.jsonld").read_text("utf-8"))
    validate(terms, TERMS)


def test_nothing_is_published_that_no_page_asks_for(site: Path) -> None:
    kinds = ("*.map", "*.po", "*.mo", "searchindex.js", "bootstrap*", "pydata-sphinx-theme*")
    assert [path for kind in kinds for path in site.rglob(kind)] == []
    assert not (site / "jupyter_execute").exists()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("way", "there"),
    [
        ("zh/", "zh_CN/book/index.html"),
        ("pt-PT/", "pt/book/index.html"),
        ("en/book/course/", "en/book/course/what-vanishes.html"),
        ("zh-TW/book/glossary.html?a=1#b", "zh_CN/book/glossary.html?a=1#b"),
        ("pt_BR/book/references.html", "pt/book/references.html"),
        ("nowhere/at/all.html", "nowhere/at/all.html"),
    ],
)
def test_a_strange_address_leads_to_the_page_that_it_means(
    browser: Browser, site_address: str, way: str, there: str
) -> None:
    page = browser.new_page()
    page.goto(site_address + way)
    page.wait_for_url(site_address + there, timeout=5000)
    if way == there:
        texts = page.locator("li").all_inner_texts()
        assert len(texts) == len(CODES)
        assert page.locator("li a").first.evaluate("link => link.href").startswith(site_address)
    page.close()
