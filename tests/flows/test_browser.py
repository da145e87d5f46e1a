"""What a reader meets in a real browser, on the built book."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import book_pages
from playwright.sync_api import Browser, Page, Response
from real_book import BOOK

from booktools.languages import Language

pytestmark = pytest.mark.browser

LANGUAGES = {language.code: language for language in BOOK.languages}
TRIED = ("en", "zh_CN", "ar")
CORE = ("book/index", "book/course/what-vanishes", "book/glossary", "book/references", "search")
FURTHER = [page for page in book_pages() if page not in CORE]


@dataclass(frozen=True)
class Opening:
    """A page in a language, for a reader who likes it light or dark."""

    code: str
    name: str
    scheme: Literal["light", "dark"]

    def __str__(self) -> str:
        return f"{self.code}-{self.name}-{self.scheme}"


# the core in each language that is tried, every further page in the next one
VISITS = [Opening(code, page, "light") for page in CORE for code in TRIED]
VISITS += [
    Opening(TRIED[place % len(TRIED)], page, ("light", "dark")[place % 2])
    for place, page in enumerate(FURTHER)
]
CHAPTERS = [one for one in VISITS if "/course/" in one.name]
IN_THE_DARK = [Opening(code, page, "dark") for page in CORE[:3] for code in TRIED]
# what scrolls sideways, and neither takes the focus itself nor holds anything that does
OUT_OF_REACH = """() => [...document.querySelectorAll("main *")]
  .filter((node) => node.clientWidth && node.scrollWidth > node.clientWidth + 1)
  .filter((node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowX))
  .filter((node) => node.tabIndex < 0 && !node.querySelector("a, button, input, [tabindex]"))
  .map((node) => node.outerHTML.slice(0, 200))"""
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


@dataclass
class Visit:
    """An open page with everything that it asked for and complained about."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    width_on_phone: int = 0
    out_of_reach_on_phone: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("response", lambda response: self.responses.append(response))

    def _note(self, message: object) -> None:
        if message.type in ("error", "warning"):  # type: ignore[attr-defined]
            self.errors.append(message.text)  # type: ignore[attr-defined]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(viewport=DESKTOP)
    visit = Visit(context.new_page())
    visit.watch()
    yield visit
    context.close()


def each(openings: Sequence[Opening]) -> pytest.MarkDecorator:
    """Let a test see each of these pages, which all tests of one page share."""
    return pytest.mark.parametrize("opened", openings, indirect=True, ids=str)


@pytest.fixture(scope="module")
def opened(browser: Browser, site_address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Give a page that was opened on a phone and then in a wider window, and read to its end."""
    opening: Opening = request.param
    context = browser.new_context(viewport=PHONE, color_scheme=opening.scheme)
    visit = Visit(context.new_page())
    visit.watch()
    open_page(visit, site_address, opening.code, opening.name)
    visit.width_on_phone = visit.page.evaluate("document.scrollingElement.scrollWidth")
    visit.out_of_reach_on_phone = visit.page.evaluate(OUT_OF_REACH)
    visit.page.set_viewport_size(DESKTOP)
    visit.page.mouse.wheel(0, 20000)
    visit.page.wait_for_timeout(200)
    yield visit
    context.close()


def open_page(visit: Visit, site_address: str, code: str, name: str) -> Page:
    visit.page.goto(f"{site_address}{code}/{name}.html", wait_until="networkidle")
    return visit.page


@each(VISITS)
def test_a_page_opens_without_errors_and_asks_no_other_host(
    opened: Visit, site_address: str
) -> None:
    assert opened.errors == []
    assert opened.hosts == {urlsplit(site_address).netloc}
    assert [response.url for response in opened.responses if response.status >= 400] == []


@each(VISITS)
def test_a_phone_never_scrolls_sideways(opened: Visit) -> None:
    assert 0 < opened.width_on_phone <= PHONE["width"]


@each(VISITS)
def test_what_scrolls_sideways_on_a_phone_is_reached_with_the_keys(opened: Visit) -> None:
    assert opened.out_of_reach_on_phone == []


@each([one for one in VISITS if one.name != "search"])
def test_a_page_is_light(opened: Visit, request: pytest.FixtureRequest) -> None:
    most = 900 if request.node.callspec.params["opened"].name == "book/index" else 500
    bodies = [response.body() for response in opened.responses if response.status == 200]
    kilobytes = sum(min(len(body), len(gzip.compress(body))) for body in bodies) / 1000
    assert kilobytes < most


@each([one for one in VISITS if one.name not in CORE[3:]] + IN_THE_DARK)
def test_axe_finds_nothing_serious(opened: Visit) -> None:
    results = Axe().run(opened.page)
    grave = [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in results.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert grave == []


# Writes a comment into a code block, and says whether it ends to the left of where it begins.
RUNS_LEFT = """(block, comment) => {
  const span = block.appendChild(document.createElement("span"));
  span.className = "c1";
  span.textContent = comment;
  const places = [0, comment.length - 1].map((at) => {
    const letter = document.createRange();
    letter.setStart(span.firstChild, at);
    letter.setEnd(span.firstChild, at + 1);
    return letter.getBoundingClientRect().left;
  });
  span.remove();
  return places[1] < places[0];
}"""


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_page_says_its_language_and_direction(visit: Visit, site_address: str, code: str) -> None:
    page = visit.page
    page.goto(f"{site_address}{code}/book/index.html", wait_until="domcontentloaded")
    language: Language = LANGUAGES[code]
    root = page.locator("html")
    assert root.get_attribute("lang") == language.tag
    assert (root.get_attribute("dir") or "ltr") == language.direction
    code_cell = page.locator("main pre").first
    assert code_cell.evaluate("node => getComputedStyle(node).direction") == "ltr"
    assert code_cell.evaluate(RUNS_LEFT, "# loss نحسب") is False
    assert code_cell.evaluate(RUNS_LEFT, "# نحسب loss") is True


@pytest.mark.parametrize("code", TRIED)
def test_the_mouse_on_the_slider_changes_the_figure(
    visit: Visit, site_address: str, code: str
) -> None:
    page = open_page(visit, site_address, code, "book/index")
    slider = page.locator(".vg-explorer input[type=range]").first
    stage = page.locator(".vg-explorer .vg-stage").first
    slider.scroll_into_view_if_needed()
    before, box = stage.inner_html(), slider.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    assert stage.inner_html() != before
    nearly_the_end = int(slider.get_attribute("max") or 0) * 0.75
    value = int(slider.input_value())
    expected = nearly_the_end < value
    assert expected is (LANGUAGES[code].direction == "ltr")


@each(CHAPTERS)
def test_the_keyboard_reaches_every_slider_and_changes_its_figure(opened: Visit) -> None:
    page = opened.page
    assert page.locator(".vg-explorer input[type=range]").count() > 0
    for slider in page.locator(".vg-explorer input[type=range]").all():
        stage = slider.locator("xpath=ancestor::*[@class='vg-explorer']").locator(".vg-stage")
        before, told = stage.inner_html(), slider.get_attribute("aria-valuetext")
        slider.focus()
        at_end = slider.input_value() == slider.get_attribute("max")
        page.keyboard.press("Home" if at_end else "End")
        assert stage.inner_html() != before
        assert slider.get_attribute("aria-valuetext") != told


def test_a_tab_key_alone_reaches_slider_and_quiz(visit: Visit, site_address: str) -> None:
    page = open_page(visit, site_address, "ar", "book/course/what-vanishes")
    reached = set()
    for _ in range(150):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName + document.activeElement.type"))
    assert {"INPUTrange", "SUMMARYundefined"} <= reached


@pytest.mark.parametrize(("asked", "reads"), [("", True), ("#v=1&a=depth:3", False)])
def test_the_laboratorys_first_question_is_read_before_its_script_unless_another_is_asked(
    visit: Visit, site_address: str, asked: str, reads: bool
) -> None:
    visit.page.route("**/lab/*.js*", lambda route: route.abort())
    visit.page.goto(f"{site_address}en/book/laboratory.html{asked}")
    assert visit.page.locator(".vg-lab-hint").is_visible() == reads
    assert visit.page.locator(".vg-lab-room").bounding_box()


@each(CHAPTERS)
def test_a_quiz_answers_back(opened: Visit) -> None:
    page = opened.page
    answers = page.locator("details.vg-quiz-answer")
    assert page.locator(".vg-quiz").count() == 3
    assert answers.count() >= 9
    first = answers.first
    assert not first.locator("p").last.is_visible()
    first.locator("summary").press("Enter")
    assert first.locator("p").last.is_visible()


@pytest.mark.parametrize("code", TRIED)
def test_the_switcher_keeps_page_and_section(visit: Visit, site_address: str, code: str) -> None:
    other = LANGUAGES["vi" if code != "vi" else "tr"]
    page = open_page(visit, site_address, code, "book/course/what-vanishes")
    page.goto(f"{page.url}#exercises")
    page.locator(".vg-languages summary").first.click()
    page.locator(f".vg-languages a[hreflang='{other.tag}']").first.click()
    page.wait_for_load_state("networkidle")
    assert page.url == f"{site_address}{other.code}/book/course/what-vanishes.html#exercises"
    page.wait_for_function(
        "document.querySelector('#exercises').getBoundingClientRect().top < innerHeight",
        timeout=5000,
    )


@pytest.mark.parametrize(
    ("locale", "page"),
    [("ar-EG", "ar/book/index.html"), ("zh-CN", "zh_CN/book/index.html"), ("fr-FR", "")],
)
def test_the_front_page_finds_the_readers_language_or_lets_choose(
    browser: Browser, site_address: str, locale: str, page: str
) -> None:
    context = browser.new_context(locale=locale)
    front = context.new_page()
    front.goto(site_address, wait_until="networkidle")
    assert front.url == f"{site_address}{page}"
    if not page:
        assert front.locator("main a").count() == len(LANGUAGES)
    context.close()
