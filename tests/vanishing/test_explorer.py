"""A slider shows the figure of its value: live by computing it, on a page without a kernel."""

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from drawn import Speak
from playwright.sync_api import Browser, Page

from vanishing import explorer, localisation, recipes
from vanishing.explorer import explore
from vanishing.figures import Drawing, draw_gradient_norms
from vanishing.progress import Cancelled, observer

STATIC = Path(explorer.__file__).parents[1] / "static"
ARABIC = {
    "Depth (hidden layers)": "العمق (الطبقات المخفية)",
    "gradient norm (logarithmic)": "معيار التدرج (لوغاريتمي)",
    "layer (1 = next to the input)": "رقم الطبقة",
    "The figure could not be drawn: {error}": "تعذر رسم الشكل: {error}",
}


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start every test in English."""
    monkeypatch.setattr(localisation, "_chosen", "en")
    monkeypatch.delenv("VANISHING_STATIC", raising=False)


@pytest.fixture
def arabic(speak: Speak) -> None:
    """Speak Arabic from a small catalogue."""
    speak("ar", ARABIC)


def draw(depth: int = 10, seed: int = 0) -> Drawing:
    return draw_gradient_norms({"sigmoid": [0.25**n * (1 + seed) for n in range(depth, 0, -1)]})


class Elements(HTMLParser):
    """Collect tags, and check that they close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))
        if tag != "input":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def data_of(html: str) -> dict[str, Any]:
    match = re.search(r'<script type="application/json">(.*)</script>', html, re.DOTALL)
    assert match
    data: dict[str, Any] = json.loads(match[1])
    return data


def test_every_state_is_there_once_in_mixed_radix_order() -> None:
    html = explore(draw, depth=[2, 5, 10], seed=[0, 1]).html()
    data = data_of(html)
    assert data["values"] == [["2", "5", "10"], ["0", "1"]]
    assert len(data["states"]) == 6
    fifth = data["drawings"][data["states"][1 * 2 + 1]]
    assert fifth == draw(depth=5, seed=1).html()


def test_equal_drawings_and_the_default_are_sent_once() -> None:
    def constant(depth: int = 3, seed: int = 0) -> Drawing:
        return draw(depth=depth)

    html = explore(constant, depth=[2, 3], seed=[0, 1, 2]).html()
    assert data_of(html)["states"] == [1, 1, 1, 0, 0, 0]
    assert data_of(html)["drawings"] == ["", draw(depth=2).html()]
    assert html.count("<figure") == 2


def test_each_slider_has_a_label_a_value_and_ids_of_its_own() -> None:
    one = explore(draw, depth=[2, 10], seed=[0, 1])
    html = one.html(1) + one.html(2)
    elements = Elements(html)
    identifiers = [slider["id"] for slider in elements.all("input")]
    assert len(set(identifiers)) == 4
    labels = [label["for"] for label in elements.all("label") if "for" in label]
    assert labels == identifiers
    assert [output["for"] for output in elements.all("output")] == identifiers
    assert [slider["aria-valuetext"] for slider in elements.all("input")] == ["10", "0"] * 2
    assert one.html(1) == one.html(1)


def test_no_dead_slider_is_seen_without_script_but_the_figure_is() -> None:
    elements = Elements(explore(draw, depth=[2, 10]).html())
    hidden = [attributes for attributes in elements.all("div") if "hidden" in attributes]
    assert [attributes["class"] for attributes in hidden] == ["vg-axes"]
    assert "hidden" in elements.all("details")[0]
    assert [figure["class"] for figure in elements.all("figure")] == ["vg-figure"]


def test_html_brings_no_handler_no_request_and_no_early_end_of_script() -> None:
    def hostile(name: str = "") -> Drawing:
        return draw_gradient_norms({f"{name}</script><!--<script>": [1.0]})

    html = explore(hostile, name=['"><img onerror=x>', "</script>"]).html()
    elements = Elements(html)
    assert not elements.all("img")
    assert len(elements.all("script")) == 1
    assert not re.search(r"""\s(on\w+|src)=["']|href="(?!own:)""", html)


@pytest.mark.parametrize(
    ("values", "start"), [([2, 10, 30, 50], 1), ([2, 3, 4], 1), ([1], 0), ([2, 3], 1)]
)
def test_a_slider_starts_at_the_default_else_in_the_middle(values: list[int], start: int) -> None:
    assert explore(draw, depth=values).start("depth") == start


def test_an_unknown_axis_shows_as_it_is_and_values_read_well() -> None:
    def anything(**values: object) -> Drawing:
        return draw()

    html = explore(anything, slope=[0.01, 1e-8], residual=[False, True]).html()
    assert ">slope</label>" in html
    assert data_of(html)["values"] == [["0.01", "1.0e-8"], ["no", "yes"]]


@pytest.mark.usefixtures("arabic")
def test_labels_are_in_the_readers_language() -> None:
    html = explore(draw, depth=[2, 10]).html()
    assert ">العمق (الطبقات المخفية)</label>" in html
    assert html.count("معيار التدرج (لوغاريتمي)") == 2


@pytest.mark.parametrize(
    ("axes", "error"),
    [
        ({}, r"explore\(draw\) needs at least one axis, got none: add depth="),
        ({"depth": []}, r"axis depth must offer at least one value, got none"),
        ({"deep": [1]}, r"axis deep must be a parameter of draw: depth, seed"),
    ],
)
def test_an_impossible_axis_is_named_with_the_remedy(axes: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=error):
        explore(draw, **axes)


def test_a_page_gets_html_and_a_kernel_gets_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    def Show_both(depth: int = 10) -> Drawing:  # noqa: N802
        return draw(depth)

    one = explore(Show_both, depth=[2, 10])
    view = one._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == one.live.box.model_id
    one.live.wait()
    monkeypatch.setenv("VANISHING_STATIC", "1")
    first, second = (
        recipes.made(json.loads(one._repr_mimebundle_()[recipes.MIME])) for _time in range(2)
    )
    pages = [
        gallery.page([recipes.made(recipe).page() for recipe in gallery.recipes])
        for gallery in (first, second)
    ]
    assert pages[0]["text/html"] == one.html()
    assert pages[0]["text/plain"] == repr(one)
    assert pages[1]["text/html"] == one.html(2)
    assert (first.name, second.name) == ("show-both", "show-both--2")


def test_a_drawing_of_many_states_is_on_the_page_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def constant(depth: int = 3, seed: int = 0) -> Drawing:
        return draw(depth=depth)

    monkeypatch.setenv("VANISHING_STATIC", "1")
    one = explore(constant, depth=[2, 3], seed=[0, 1, 2])
    gallery = recipes.made(json.loads(one._repr_mimebundle_()[recipes.MIME]))
    assert len(gallery.recipes) == 2
    assert gallery.states == (0, 0, 0, 1, 1, 1)


# Live


def test_a_released_slider_computes_and_redraws() -> None:
    live = explore(draw, depth=[2, 10]).live
    live.wait()
    assert live.view.value == draw(depth=10).html()
    live.sliders[0].value = 0
    live.wait()
    assert live.view.value == draw(depth=2).html()


@pytest.mark.usefixtures("arabic")
def test_moving_depth_from_3_to_30_redraws_with_arabic_labels() -> None:
    def deep(depth: int = 3) -> Drawing:
        return draw(depth)

    live = explore(deep, depth=[3, 30]).live
    live.wait()
    before = live.view.value
    assert live.sliders[0].description == ARABIC["Depth (hidden layers)"]
    live.sliders[0].value = 1
    live.wait()
    assert live.view.value != before
    assert "معيار التدرج (لوغاريتمي)" in live.view.value
    assert ">30</text>" in live.view.value


def test_a_widget_that_lost_its_kernel_says_what_to_do() -> None:
    words = explore(draw, depth=[2, 3]).live.box.children[-1].value
    assert ".jupyter-widgets-disconnected .vg-again { display: block }" in words
    assert ">The kernel that moved this figure has ended. Run the cell again.<" in words


def test_a_slider_waits_for_its_release() -> None:
    live = explore(draw, depth=[2, 10]).live
    live.wait()
    assert isinstance(live.sliders[0], ipywidgets.SelectionSlider)
    assert live.sliders[0].continuous_update is False


def slow(started: threading.Event, go_on: threading.Event) -> Callable[..., Drawing]:
    """Make a figure function whose first depth reports a step, then waits, then reports again."""

    def compute(depth: int = 2) -> Drawing:
        report = observer.get()
        assert report is not None
        report(0, 10)
        if depth == 2:
            started.set()
            assert go_on.wait(20)
            report(5, 10)
        return draw(depth)

    return compute


def test_a_newer_value_wins_and_stops_the_older() -> None:
    started, go_on = threading.Event(), threading.Event()
    stopped: list[int] = []

    def compute(depth: int = 2) -> Drawing:
        try:
            return slow(started, go_on)(depth)
        except Cancelled:
            stopped.append(depth)
            raise

    live = explore(compute, depth=[2, 10]).live
    older = live._worker
    assert started.wait(20)
    live.sliders[0].value = 1
    live.wait()
    assert live.view.value == draw(depth=10).html()
    go_on.set()
    older.join(20)
    assert stopped == [2]
    assert live.view.value == draw(depth=10).html()


def test_an_older_result_that_comes_late_is_not_shown() -> None:
    go_on = threading.Event()

    def stubborn(depth: int = 2) -> Drawing:
        if depth == 2:
            assert go_on.wait(20)
        return draw(depth)

    live = explore(stubborn, depth=[2, 10]).live
    older = live._worker
    live.sliders[0].value = 1
    live.wait()
    go_on.set()
    older.join(20)
    assert live.view.value == draw(depth=10).html()


def test_progress_shows_only_when_it_takes_longer_than_a_blink(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started, go_on = threading.Event(), threading.Event()
    live = explore(slow(started, go_on), depth=[2, 10]).live
    assert started.wait(20)
    assert live.progress.layout.visibility == "hidden"
    monkeypatch.setattr("vanishing.explorer.live.BLINK", 0.0)
    seen: list[tuple[float, str]] = []
    live.progress.layout.observe(
        lambda change: seen.append((live.progress.value, change["new"])), "visibility"
    )
    go_on.set()
    live.wait()
    assert seen == [(0.5, "visible"), (0.5, "hidden")]


@pytest.mark.usefixtures("arabic")
def test_an_error_is_shown_to_the_reader() -> None:
    def broken(depth: int = 2) -> Drawing:
        raise ValueError("<depth> must be at most 200")

    live = explore(broken, depth=[2, 10]).live
    live.wait()
    assert 'dir="rtl">تعذر رسم الشكل: ' in live.view.value
    assert "ValueError: &lt;depth&gt; must be at most 200" in live.view.value


# In a browser


@pytest.fixture(params=["ltr", "rtl"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """Give a page with two explorers, run in either direction, that must raise no error."""
    both = explore(draw, depth=[2, 5, 10], seed=[0, 1])
    css, script = (STATIC / name for name in ("vanishing.css", "explorer.js"))
    page = browser.new_page(viewport={"width": 360, "height": 800})
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.on("request", lambda asked: errors.append(asked.url))
    page.set_content(
        f'<!doctype html><html lang="en" dir="{request.param}"><head><title>t</title>'
        f"<style>{css.read_text()}</style></head><body><main><h1>t</h1>{both.html(1)}"
        f"{both.html(2)}</main><script>{script.read_text()}</script></body></html>"
    )
    yield page
    page.close()
    assert errors == []


def test_arrow_keys_move_one_figure_and_keep_the_focus(page: Page) -> None:
    depth = page.locator("#explorer-draw-depth")
    depth.focus()
    page.keyboard.press("Home")
    assert depth.get_attribute("aria-valuetext") == "2"
    assert page.locator("output[for=explorer-draw-depth]").inner_text() == "2"
    seed = page.locator("#explorer-draw-seed")
    seed.focus()
    page.keyboard.press("End")
    shown = page.locator(".vg-stage svg").nth(0).get_attribute("aria-label")
    assert shown == draw(depth=2, seed=1).description
    assert page.evaluate("document.activeElement.id") == "explorer-draw-seed"
    assert page.locator(".vg-news").nth(0).text_content() == "2, 1: sigmoid 0.12 … 0.5"
    other = page.locator(".vg-stage svg").nth(1).get_attribute("aria-label")
    assert other == draw(depth=10).description


def test_the_mouse_moves_the_slider_and_back_again(page: Page) -> None:
    before = page.locator(".vg-stage").nth(0).inner_html()
    depth = page.locator("#explorer-draw-depth")
    box = depth.bounding_box()
    assert box is not None
    depth.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert depth.get_attribute("aria-valuetext") == "5"
    depth.focus()
    page.keyboard.press("End")
    assert page.locator(".vg-stage").nth(0).inner_html() == before


def test_a_phone_sees_no_horizontal_scroll_and_a_finger_finds_the_slider(page: Page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == 360
    heights = [box["height"] for box in map(_box, page.locator("input").all())]
    assert min(heights) >= 44


def test_axe_finds_nothing(page: Page) -> None:
    assert Axe().run(page).response["violations"] == []


def _box(locator: Any) -> dict[str, float]:
    box: dict[str, float] = locator.bounding_box()
    return box


def test_the_script_weighs_less_than_four_kilobytes_when_sent() -> None:
    assert len(gzip.compress((STATIC / "explorer.js").read_bytes())) < 4000
