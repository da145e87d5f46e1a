"""The state of an explorer stands in the address; its figure and its numbers can be taken away."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from vanishing import explorer, figures, localisation
from vanishing.explorer import explore
from vanishing.explorer.page import numbered, plain_name
from vanishing.explorer.takeaway import brief, key, seed_of, whole_table
from vanishing.figures import Drawing
from vanishing.figures.table import Table, from_csv, numbers_of, to_csv
from vanishing.pictures import draw_chain

STATIC = Path(explorer.__file__).parents[1] / "static"
ADDRESS = "http://book.test/page.html"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localisation, "_chosen", "en")


def watch(depth: int = 5, kind: str = "one, two") -> Drawing:
    """Draw a line that depends on both sliders; the second has values that need quotes."""
    scale = {"one, two": 1.0, 'a "b"': 2.0}[kind]
    return figures.draw_gradient_norms({"sigmoid": [scale * 0.25**n for n in range(depth, 0, -1)]})


def of_watch() -> explorer.Explorer:
    return explore(watch, depth=[2, 5, 10], kind=["one, two", 'a "b"'])


# Numbers


def test_the_table_of_a_chart_holds_what_is_drawn_in_full_precision() -> None:
    values = [1 / 3, 0.0, math.nan, math.inf]
    table = figures.draw_gradient_norms({"a": values, "b": [2.0]}).table
    assert table.head[0] == "series"
    assert [row[:2] for row in table.rows] == [("a", n) for n in (1, 2, 3, 4)] + [("b", 1)]
    assert [repr(row[2]) for row in table.rows] == [repr(value) for value in [*values, 2.0]]


def test_the_table_of_bars_names_each_category() -> None:
    table = figures.draw_accuracies({"tanh": [0.25, 0.5]}).table
    assert table.rows == (("tanh", "0", 0.25), ("tanh", "1", 0.5))


def test_a_picture_without_axes_gives_the_numbers_it_was_called_with() -> None:
    rows = draw_chain([0.2, 0.5]).table.rows
    assert rows[:2] == (("factors", "0", 0.2), ("factors", "1", 0.5))


def test_numbers_are_found_in_runs_names_and_pairs() -> None:
    recipe = {
        "call": "vanishing.figures:f",
        "arguments": {
            "run": {"class": "vanishing:Run", "fields": {"losses": [2.5], "name": "x"}},
            "by": {"items": [[3, [0.5]], [[1, 2], 4.0]]},
        },
    }
    assert numbers_of(recipe).rows == (
        ("run", "losses.0", 2.5),
        ("by", "3.0", 0.5),
        ("by", "1-2", 4.0),
    )


def test_a_cell_with_commas_quotes_and_line_breaks_stays_one_line() -> None:
    text = to_csv([("a", 'b, "c"\nd', 1.0)])
    assert text.count("\n") == 1
    assert from_csv(text) == [["a", 'b, "c" d', "1.0"]]


def test_few_words_say_how_each_series_begins_and_ends() -> None:
    table = Table(("series", "x", "y"), (("a", 1, 2e-19), ("a", 2, 0.5), ("b", 1, math.nan)))
    assert brief(table.csv()) == "a 2.0e-19 … 0.5; b NaN"
    assert brief(Table(("argument", "place", "value"), (("x", "0", 1.0),)).csv()) == ""


def test_the_table_of_an_explorer_has_every_state_with_seed_and_version() -> None:
    tables = [Table(("series", "x"), ((f"s{n}", n),)).csv() for n in range(4)]
    recipes = [{"arguments": {"run": {"fields": {"seed": n}}}} for n in (0, 10, 2, 2)]
    rows = from_csv(whole_table({"depth": (2, 5), "residual": (False, True)}, tables, recipes))
    assert rows[0] == ["depth", "residual", "series", "x", "seed", "version"]
    assert [row[:5] for row in rows[1:3]] == [
        ["2", "False", "s0", "0", "0"],
        ["2", "True", "s1", "1", "10"],
    ]
    assert all(re.fullmatch(r"\d+\.\d+.*", row[-1]) for row in rows[1:])
    assert seed_of(recipes) == "0 2 10"
    assert seed_of({"arguments": {}}) == ""


def test_the_seed_that_a_slider_chooses_has_one_column() -> None:
    rows = from_csv(whole_table({"seed": (0, 1)}, ["series\r\n", "series\r\na\r\n"], [{}, {}]))
    assert [row[:2] for row in rows] == [["seed", "series"], ["1", "a"]]


def test_a_value_is_written_without_the_noise_of_a_float() -> None:
    assert [key(0.1 + 0.2), key(True), key(50), key("a\n b")] == ["0.3", "True", "50", "a b"]


# Ids


@pytest.mark.parametrize(
    ("function", "name"), [("watch_dead", "watch-dead"), ("<lambda>", "lambda"), ("観", "figure")]
)
def test_the_name_in_an_address_is_plain(function: str, name: str) -> None:
    assert plain_name(function) == name


def test_a_second_explorer_of_a_name_meets_no_other_name() -> None:
    assert numbered("watch", 1) == "watch"
    assert numbered("watch", 2) not in (plain_name("watch_2"), plain_name("watch__2"))


def test_an_explorer_is_a_group_with_a_name_and_an_id(speak_arabic: None) -> None:
    assert of_watch().html().startswith('<div class="vg-explorer" id="explorer-watch" role="group"')


@pytest.fixture
def speak_arabic(monkeypatch: pytest.MonkeyPatch) -> None:
    """The id stays English in every language."""
    monkeypatch.setattr(localisation, "_chosen", "ar")


def test_its_name_is_that_of_its_sliders() -> None:
    assert 'aria-label="Figure with sliders: Depth (hidden layers) / kind"' in of_watch().html()


# In a browser


@pytest.fixture(scope="module")
def shared(browser: Browser) -> Iterator[Page]:
    """Serve a page with two explorers and the first one's numbers, in one tab for this file."""
    one = of_watch()
    css, script = (STATIC / name for name in ("vanishing.css", "explorer.js"))
    body = (
        f'<!doctype html><html lang="en"><head><title>t</title><style>{css.read_text()}</style>'
        f'</head><body><main><h1 id="top">t</h1>{one.html()}{one.html(2)}</main>'
        f"<script>{script.read_text()}</script></body></html>"
    ).replace('"own:', '"files/')
    drawings = [watch(depth, kind) for depth in (2, 5, 10) for kind in ("one, two", 'a "b"')]
    tables = [drawing.table.csv() for drawing in drawings]
    numbers = whole_table(one.axes, tables, [drawing.recipe for drawing in drawings])

    def serve(route: Route) -> None:
        is_table = urlsplit(route.request.url).path.endswith(".csv")
        route.fulfill(body=numbers if is_table else body, content_type="text/html; charset=utf-8")

    context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(5000)
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.route("**/*", serve)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def page(shared: Page) -> Page:
    shared.goto(ADDRESS)
    return shared


def press(page: Page, action: str) -> None:
    page.locator("#explorer-watch summary").first.click()
    page.locator(f"#explorer-watch [data-do={action}]").click()


def test_a_moved_slider_stands_in_the_address_and_comes_back(page: Page) -> None:
    page.goto(f"{ADDRESS}?q=x#top")
    count = page.evaluate("history.length")
    page.locator("#explorer-watch-depth").press("End")
    page.locator("#explorer-watch--2-kind").press("End")
    page.wait_for_url("**kind=*")
    asked = parse_qs(urlsplit(page.url).query)
    assert asked == {"q": ["x"], "watch.depth": ["10"], "watch--2.kind": ['a "b"']}
    assert urlsplit(page.url).fragment == "top"
    assert page.evaluate("history.length") == count
    page.reload()
    shown = page.locator(".vg-stage svg").first.get_attribute("aria-label")
    assert shown == watch(10).description
    page.locator("#explorer-watch-depth").press("ArrowLeft")
    page.wait_for_url(lambda url: "watch.depth" not in url)


def test_what_an_address_asks_and_no_slider_has_is_left_alone(page: Page) -> None:
    page.goto(f"{ADDRESS}?watch.depth=11&watch.kind=%&watch.depth=2&x=<b>")
    assert page.locator("#explorer-watch-depth").input_value() == "1"
    assert page.locator(".vg-stage svg").first.get_attribute("aria-label") == watch().description


def test_a_copied_link_and_frame_name_the_whole_state(page: Page) -> None:
    press(page, "link")
    text = page.locator(".vg-taken textarea").first.input_value()
    assert text == f"{ADDRESS}?watch.depth=5&watch.kind=one%2C+two#explorer-watch"
    press(page, "embed")
    frame = page.locator(".vg-taken textarea").first.input_value()
    assert frame.startswith('<iframe src="http://book.test/files/explorer-watch.html?watch.depth=5')
    assert 'title="t: Figure with sliders: Depth' in frame


def test_the_numbers_of_the_state_are_saved(page: Page) -> None:
    page.locator("#explorer-watch-kind").press("End")
    with page.expect_download() as saved:
        press(page, "csv")
    assert saved.value.suggested_filename == "watch-5-a _b_.csv"
    head, *rows = from_csv(saved.value.path().read_text("utf-8-sig"))
    assert head[:3] == ["depth", "kind", "series"]
    assert [row[:2] for row in rows] == [["5", 'a "b"']] * 5


def test_the_figure_is_saved_black_on_white_and_as_pixels(page: Page) -> None:
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    with page.expect_download() as saved:
        press(page, "svg")
    svg = saved.value.path().read_text("utf-8")
    assert "var(" not in svg
    assert re.search(r"color: rgb\(0, 0, 0\); background: rgb\(255, 255, 255\)", svg)
    with page.expect_download() as saved:
        press(page, "png")
    png = saved.value.path().read_bytes()
    assert (png[:4], int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (
        b"\x89PNG",
        1320,
        1140,
    )


def test_play_walks_to_the_end_and_stops(page: Page) -> None:
    page.clock.install()
    page.goto(ADDRESS)
    page.locator("#explorer-watch-depth").press("Home")
    button = page.locator("#explorer-watch-depth-play")
    button.press("Enter")
    assert button.get_attribute("aria-label") == "Pause"
    page.clock.run_for(801)
    assert page.locator("#explorer-watch-depth").get_attribute("aria-valuetext") == "5"
    page.clock.run_for(3000)
    assert page.locator("#explorer-watch-depth").get_attribute("aria-valuetext") == "10"
    assert button.get_attribute("aria-label") == "Play"
    assert page.locator(".vg-news").first.text_content() == ("10, one, two: sigmoid 9.5e-7 … 0.25")


def test_who_wants_nothing_to_move_gets_no_play_button(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    assert not page.locator(".vg-play").first.is_visible()
    page.emulate_media(reduced_motion="no-preference")
    assert page.locator(".vg-play").first.is_visible()


def test_an_explorer_fits_on_a_projector(page: Page) -> None:
    box = page.locator("#explorer-watch").bounding_box()
    assert box is not None
    assert box["height"] <= 720 - 52  # the page's header


def test_the_description_opens_in_words_and_follows_the_slider(page: Page) -> None:
    press(page, "describe")
    page.locator("#explorer-watch-depth").press("Home")
    assert page.locator("#explorer-watch .vg-words").inner_text() == watch(2).description
