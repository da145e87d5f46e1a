"""Readers find the page that they look for in the words that they type, on the built book."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from finder import Question, ask
from playwright.sync_api import Browser, Page, expect

PROBES: Mapping[str, Mapping[str, str]] = tomllib.loads(
    Path(__file__).with_name("search_probes.toml").read_text(encoding="utf-8")
)
FIRST, FIRST_THREE = 0.9, 0.98  # shares of the probes, of all languages together


@pytest.fixture(scope="module")
def found(site: Path) -> Mapping[tuple[str, str], list[Mapping[str, Any]]]:
    """Give what each probe finds."""
    questions = [
        Question(site / code / "places.js", code.partition("_")[0], list(probes))
        for code, probes in PROBES.items()
    ]
    answers = ask(*questions)
    return {
        (code, query): answer
        for (code, probes), given in zip(PROBES.items(), answers, strict=True)
        for query, answer in zip(probes, given, strict=True)
    }


def ranks(found: Mapping[tuple[str, str], list[Mapping[str, Any]]]) -> dict[str, int]:
    """Return probe -> the place of the wanted page, 0 where it is absent."""
    result = {}
    for (code, query), answer in found.items():
        names = [Path(one["address"]).stem for one in answer]
        wanted = PROBES[code][query]
        result[f"{code}: {query} → {wanted}"] = names.index(wanted) + 1 if wanted in names else 0
    return result


@pytest.mark.book
def test_the_wanted_page_is_nearly_always_first_and_never_absent(
    found: Mapping[tuple[str, str], list[Mapping[str, Any]]],
) -> None:
    placed = ranks(found)
    assert [probe for probe, rank in placed.items() if not rank] == []
    later = [f"{probe}: {rank}" for probe, rank in placed.items() if rank > 3]
    assert len(later) <= (1 - FIRST_THREE) * len(placed), later
    second = [f"{probe}: {rank}" for probe, rank in placed.items() if rank > 1]
    assert len(second) <= (1 - FIRST) * len(placed), second


@pytest.fixture(scope="module")
def search_page(browser: Browser, site_address: str) -> Iterator[Page]:
    """Open the English search page, whose script has loaded."""
    page = browser.new_page()
    page.goto(f"{site_address}en/search.html")
    expect(page.locator(".vg-search-news")).to_have_text(re.compile("^Write a word"))
    yield page
    page.close()


@pytest.mark.browser
def test_pages_are_found_from_the_first_key_on_and_told_in_a_few_words(search_page: Page) -> None:
    results, news = search_page.locator(".vg-results > li"), search_page.locator("[role=status]")
    search_page.keyboard.press("v")  # the field has the focus
    expect(results.first).to_be_visible()
    search_page.keyboard.type("anshing gradients")
    first = results.first.locator("h2 a")
    expect(first).to_have_attribute("href", "book/index.html")
    expect(news).to_have_text(re.compile(r"^Pages found: \d+$"))
    assert results.first.locator("mark").first.inner_text().lower() == "vanishing"
    search_page.keyboard.press("Tab")
    search_page.keyboard.press("Tab")
    assert first.evaluate("link => link === document.activeElement")


@pytest.mark.browser
def test_a_hit_opens_at_its_section_and_the_query_stays_in_another_language(
    search_page: Page,
) -> None:
    search_page.fill("main input", "half precision")
    link = search_page.locator(".vg-results h2 a[href*='#']").first
    expect(link).to_be_visible()
    search_page.wait_for_url("**?q=half%20precision")
    search_page.locator(".vg-languages summary").click()
    search_page.locator(".vg-languages a[lang=tr]").click()
    search_page.wait_for_url("**/tr/search.html?q=half%20precision")
    expect(search_page.locator(".vg-results > li").first).to_be_visible()
    search_page.go_back()
    expect(search_page.locator("main input")).to_have_value("half precision")


@pytest.mark.browser
def test_what_is_not_found_leads_to_every_page_and_a_search_that_cannot_load_says_so(
    browser: Browser, site: Path, search_page: Page
) -> None:
    search_page.fill("main input", "xyzzy")
    expect(search_page.locator(".vg-results a[href$='glossary.html']")).to_be_visible()
    expect(search_page.locator("[role=status]")).to_have_text(re.compile("^No page"))
    page = browser.new_page()
    page.route("**/places.js", lambda route: route.abort())
    page.goto((site / "en/search.html").as_uri())
    expect(page.locator("[role=status]")).to_have_text(re.compile("could not be loaded"))
    page.unroute_all()
    page.goto(f"{(site / 'en/search.html').as_uri()}?q=gradient")  # without a server
    expect(page.locator(".vg-results > li").first).to_be_visible()
    page.close()
