"""Cards, the phone's list of pages, and figures that fit, in a real browser on the built book."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

CHAPTER = "book/course/chain-rule.html"
LETTERS_IN_LINES = """all => all.map(({ firstChild: text }) => {
  const lines = {}, range = document.createRange();
  for (let at = 0; at < text.length; at++) {
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    const { top, width } = range.getBoundingClientRect();
    if (width) lines[top] = (lines[top] ?? 0) + 1;
  }
  return Object.values(lines);
})"""
LAPTOP = {"width": 1280, "height": 720}
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def laptop(browser: Browser, site_address: str) -> Iterator[Page]:
    context = browser.new_context(viewport=LAPTOP)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site_address}ar/{CHAPTER}", wait_until="networkidle")
    yield page
    context.close()


def test_a_card_explains_a_term_in_two_languages_until_it_is_dismissed(laptop: Page) -> None:
    term, card = laptop.locator("main a.reference:has(.std-term)").first, laptop.locator("#vg-card")
    term.hover()
    expect(card).to_be_visible()
    assert [part.get_attribute("lang") for part in card.locator("> div").all()] == ["ar", "en"]
    card.hover()
    laptop.wait_for_timeout(600)
    expect(card).to_be_visible()
    laptop.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_a_card_names_the_source_that_the_keyboard_reaches(laptop: Page) -> None:
    card, source = laptop.locator("#vg-card"), laptop.locator("main .bibtex-citation a").first
    source.evaluate("link => link.focus({ focusVisible: true })")
    expect(card).to_be_visible()
    assert source.get_attribute("aria-describedby") == "vg-card"
    assert card.get_attribute("lang") == "en"
    assert not source.get_attribute("title")
    source.evaluate("link => link.blur()")
    expect(card).to_be_hidden()


def test_every_explorer_is_seen_whole_on_a_laptop(laptop: Page) -> None:
    heights = laptop.locator(".vg-explorer").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().height)"
    )
    header = laptop.locator(".vg-header").bounding_box()
    assert header is not None
    assert len(heights) > 1
    assert max(heights) <= LAPTOP["height"] - header["height"]


def test_a_line_of_text_has_at_most_75_characters(laptop: Page, site_address: str) -> None:
    laptop.goto(f"{site_address}en/{CHAPTER}")
    paragraphs = laptop.locator("article > section > section > p:not(:has(*))")
    longest = max(max(lines) for lines in paragraphs.evaluate_all(LETTERS_IN_LINES))
    assert 50 < longest <= 75


def test_the_phones_list_of_pages_keeps_the_focus(browser: Browser, site_address: str) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site_address}ar/{CHAPTER}", wait_until="networkidle")
    page.locator("#vg-menu").press("Enter")
    assert page.evaluate("document.activeElement.closest('#vg-sidebar') !== null")
    assert page.locator("main").evaluate("node => node.inert")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "vg-menu"
    assert not page.locator("main").evaluate("node => node.inert")
    assert page.locator("#vg-menu").get_attribute("aria-expanded") == "false"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_without_scripts_follows_the_system(
    browser: Browser, site_address: str, scheme: str
) -> None:
    context = browser.new_context(
        viewport=LAPTOP,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto(f"{site_address}en/{CHAPTER}")
    color = page.locator("body").evaluate("node => getComputedStyle(node).backgroundColor")
    context.close()
    red, *_rest = map(int, color.removeprefix("rgb(").removesuffix(")").split(","))
    assert (red < 60) is (scheme == "dark")
