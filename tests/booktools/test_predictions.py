"""Readers write predictions down and meet them beside the results; nothing leaves the browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import booktools

STATIC = Path(booktools.__file__).parent / "static"
ADDRESS = "http://book.test/vi/page.html"
BODY = f"""<!doctype html><html lang="en"><title>t</title><body>
<section id="predict"><h2>Predict</h2><p>Write.</p>
<ol class="vg-questions"><li><p>One?</p></li><li><p>Two?</p></li></ol></section>
<p class="vg-reminder vg-reminder-1 vg-reminder-2" id="both">Compare.</p>
<p class="vg-reminder vg-reminder-2" id="second">Compare.</p>
<div class="vg-predictions" hidden data-page="book/page" data-yours="Yours"
 data-recalled="You said:" data-forget="Delete" data-kept="Here only."></div>
<script>{(STATIC / "predictions.js").read_text(encoding="utf-8")}</script>"""


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(5000)
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.route("**/*", lambda route: route.fulfill(body=BODY, content_type="text/html"))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def page(tab: Page) -> Page:
    tab.goto(ADDRESS)
    tab.evaluate("localStorage.clear()")
    tab.goto(ADDRESS)
    return tab


def notes(page: Page) -> list[str]:
    return page.locator(".vg-recalled:visible").all_inner_texts()


def test_a_prediction_stands_beside_its_results_in_every_language(page: Page) -> None:
    assert notes(page) == []
    page.get_by_label("Yours").nth(1).fill(" <b>42 & more ")
    assert notes(page) == ["You said: <b>42 & more"] * 2
    page.goto(ADDRESS.replace("/vi/", "/ar/"))
    assert page.get_by_label("Yours").nth(1).input_value() == "<b>42 & more"
    assert notes(page) == ["You said: <b>42 & more"] * 2


def test_what_was_written_can_be_deleted(page: Page) -> None:
    button = page.get_by_role("button", name="Delete")
    assert not button.is_visible()
    page.get_by_label("Yours").first.fill("one")
    button.click()
    assert notes(page) == []
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("kept", ["{", "3", '{"a": 1}', "null", "[null, {}]"])
def test_what_somebody_else_has_kept_does_no_harm(page: Page, kept: str) -> None:
    page.evaluate("text => localStorage.setItem('predictions book/page', text)", kept)
    page.goto(ADDRESS)
    assert page.get_by_label("Yours").count() == 2


def test_a_browser_that_keeps_nothing_shows_them_all_the_same(page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"
    )
    page.goto(ADDRESS)
    page.get_by_label("Yours").first.fill("one")
    assert notes(page) == ["You said: one"]
