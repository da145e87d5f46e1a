"""What a reader does in the laboratory, in one browser; steps are counted, time never."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from laboratory import Laboratory
from playwright.sync_api import Browser, Page

import vanishing
from booktools.serve import address, start_server
from vanishing import RESNET, SIGMOID, explore, figures
from vanishing.explorer.training_link import PAGE
from vanishing.lab_page import LabPage, words
from vanishing.lab_page.questions import QUESTIONS
from vanishing.localisation import _, direction, set_language
from vanishing.scans import scans, scans_module
from vanishing.training import Run

STATIC = Path(vanishing.__file__).parent / "static"
CHARTS = ("layers", "loss", "accuracy")
LANGUAGES = ("en", "ar", "zh_CN")
SHALLOW = "#v=1&a=activation:sigmoid,depth:3,width:16&b=depth:2,width:16,init:he"
HTML = (
    '<!doctype html><html lang="{code}" dir="{direction}" data-theme="light"><head>'
    '<meta charset="utf-8"><title>t</title>'
    '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    '<link rel="stylesheet" href="{static}lab.css">'
    '<link rel="stylesheet" href="{static}vanishing.css">'
    '</head><body><main><h1>t</h1>{body}</main><script type="module" src="{static}lab/page.js">'
    '</script><script src="{static}explorer.js"></script></body></html>'
)


@contextmanager
def spoken(code: str) -> Iterator[None]:
    """Speak a language as it is translated."""
    set_language(code)
    yield
    set_language("en")


def run_of(depth: int) -> Run:
    layers = (*map(str, range(1, depth + 1)), "output")
    norms = (1.0,) * len(layers)
    return Run(SIGMOID.at(depth=depth), layers, (0,), (norms,), (2.3,), (0.1,), "stalled")


def explorer() -> str:
    def draw(depth: int = 3) -> figures.Drawing:
        return figures.draw_runs([run_of(depth)])

    return explore(draw, depth=[2, 3]).html().replace(PAGE, "en.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the laboratory in both directions, and an explorer that leads to it."""
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(STATIC, root / "static")
    (root / "static/lab/digits.js").write_text(scans_module(), encoding="utf-8")
    for code in LANGUAGES:
        with spoken(code):
            room = LabPage((run_of(20),)).html()
            page = HTML.format(code=code, direction=direction(), static="static/", body=room)
            (root / f"{code}.html").write_text(page, encoding="utf-8")
    page = HTML.format(code="en", direction="ltr", static="static/", body=explorer())
    (root / "explorer.html").write_text(page, encoding="utf-8")
    server = start_server(root, 0)
    yield address(server)
    server.shutdown()


@pytest.fixture(scope="module")
def shared(browser: Browser, site: str) -> Iterator[Page]:
    """Give one page for all tests; it must raise no error and ask no other host."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda message: faults.append(message.text) if message.type == "error" else None
    )
    page.on(
        "request", lambda asked: faults.append(asked.url) if _is_foreign(asked.url, site) else None
    )
    yield page
    context.close()
    assert faults == []


def _is_foreign(url: str, site: str) -> bool:
    return url.startswith("http") and urlsplit(url).netloc != urlsplit(site).netloc


@pytest.fixture
def lab(shared: Page, site: str) -> Page:
    """Open the laboratory with two small networks."""
    return opened(shared, site, SHALLOW)


def opened(page: Page, site: str, hash: str = "", name: str = "en") -> Page:
    page.goto("about:blank")
    page.goto(f"{site}{name}.html{hash}")
    reached(page, 0)
    return page


def reached(page: Page, step: int, state: str = "paused") -> None:
    page.locator(f'.vg-lab[data-step="{step}"][data-state="{state}"]').wait_for()


def press(page: Page, action: str) -> None:
    page.locator(f'[data-do="{action}"]').first.click()


def cells(page: Page, column: int) -> list[str]:
    return page.locator(f".vg-lab tbody td:nth-of-type({column})").all_inner_texts()


def drawn(page: Page) -> list[str]:
    """Return the outlines of all lines and of their marks."""
    lines: list[str] = page.locator("[data-chart] svg > g:last-child > path").evaluate_all(
        "paths => paths.map((path) => path.getAttribute('d'))"
    )
    return lines


@dataclass(frozen=True)
class Seen:
    """What the table says of the three networks, and the sentences below them."""

    loss: list[float]
    first: list[float]
    sentences: list[str]

    def says(self, network: int, key: str) -> bool:
        """Say whether a network's sentence is this one, in the language in use."""
        parts = re.split(r"\{\w+\}", words.translated(words.SENTENCES)[key])
        return re.search(".*".join(map(re.escape, parts)), self.sentences[network]) is not None


def seen(page: Page) -> Seen:
    losses, first = ([float(cell) for cell in cells(page, column)] for column in (2, 4))
    return Seen(losses, first, page.locator(".vg-lab-sentence").all_inner_texts())


POINTS: dict[str, tuple[int, Callable[[Seen], bool]]] = {
    "twenty": (20, lambda at: at.first[0] < 1e-15 and at.loss[0] > 2.2 and at.loss[2] < 0.3),
    "depth": (60, lambda at: at.loss[0] < 2.1 < at.loss[1] and at.first[2] < 1e-7 < at.first[1]),
    "start": (20, lambda at: at.loss[0] > 2.2 and at.first[0] < 1e-6 and max(at.loss[1:]) < 1.5),
    "relu": (0, lambda at: at.first[0] < 1e-10 and at.first[1] < 1e-3 and at.first[2] > 0.1),
    "sum": (40, lambda at: at.says(0, "nan") and max(at.loss[1:]) < 1.5),
    "normalization": (20, lambda at: at.first[0] < 1e-20 and at.loss[1] < 1.5 < 2 < at.loss[2]),
    "width": (0, lambda at: max(at.first) < 1.1 * min(at.first)),
    "adam": (60, lambda at: at.loss[1] < 1.2 and at.loss[0] > 2.2 and at.loss[2] > 2.2),
    "resnet": (20, lambda at: max(at.loss) < 0.5),
    "clipping": (60, lambda at: at.loss[0] > 1.3 * max(at.loss[1:])),
    "collapse": (0, lambda at: at.says(0, "alike") and at.says(2, "distinct")),
    "bit": (60, lambda at: at.says(1, "parted") and at.loss[0] != at.loss[1]),
}
"""For each experiment, a step at which the three networks answer its question, and the answer."""


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_experiment_makes_its_point(shared: Page, site: str, code: str) -> None:
    opened(shared, site, name=code)
    assert POINTS.keys() == {one.key for one in QUESTIONS}
    for number, one in enumerate(QUESTIONS):
        if number:
            shared.locator("#vg-lab-experiment").select_option(one.key)
            reached(shared, 0)
        step, makes_its_point = POINTS[one.key]
        if step:
            shared.goto(f"{site}{code}.html#{one.address}&at={step}")
            reached(shared, step)
        assert shared.locator("#vg-lab-experiment").input_value() == one.key
        cover = shared.locator("[data-do=uncover]")
        assert cover.is_visible() == (one.covered and not step)
        if cover.is_visible():
            assert set(cells(shared, 4)) == {"–"}
            cover.click()
        with spoken(code):
            assert shared.locator(".vg-lab-hint").inner_text() == _(one.hint)
            answer = shared.locator(".vg-lab-answer:visible p").first
            assert answer.text_content() == _(one.answer)
            assert makes_its_point(seen(shared)), (one.key, seen(shared))
        assert shared.locator("[data-chart=layers] path[d^=M]").count() >= 3


def test_another_quantity_leaves_the_experiment_as_it_is(shared: Page, site: str) -> None:
    opened(shared, site)
    shared.locator("#vg-lab-experiment").select_option("depth")
    reached(shared, 0)
    for quantity in ("similarities", "signal_norms"):
        shared.locator("[name=show]").select_option(quantity)
        assert shared.locator("#vg-lab-experiment").input_value() == "depth"
        assert shared.locator("[data-do=uncover]").is_visible()
    shared.locator("#vg-lab-experiment").select_option("twenty")
    reached(shared, 0)
    shared.locator("[name=show]").select_option("similarities")
    assert shared.locator("#vg-lab-experiment").input_value() == "twenty"
    shared.locator("#vg-lab-experiment").select_option("collapse")
    reached(shared, 0)
    assert shared.locator("#vg-lab-experiment").input_value() == "collapse"


def test_it_plays_slowly_too(shared: Page, site: str) -> None:
    opened(shared, site, "#v=1&a=depth:2,width:16,init:he,batch_size:500,epochs:2")
    shared.evaluate(
        "window.waits = []; const later = setTimeout;"
        "window.setTimeout = (f, ms) => { waits.push(ms); return later(f, 0); }; 0"
    )
    for speed, pauses in (("1", 0), ("slow", 5)):  # between 6 steps
        shared.locator("[name=speed]").select_option(speed)
        press(shared, "play")
        reached(shared, 6)
        assert shared.evaluate("waits.filter((ms) => ms === 100).length") == pauses
        press(shared, "restart")
        reached(shared, 0)


def test_the_default_address_is_left_alone_and_a_change_is_written(lab: Page, site: str) -> None:
    opened(lab, site)
    assert urlsplit(lab.url).fragment == ""
    lab.locator("[name=show]").select_option("similarities")
    assert urlsplit(lab.url).fragment.endswith("&show=similarities")
    again = lab.url
    opened(lab, site, f"#{urlsplit(again).fragment}")
    assert lab.locator("[name=show]").input_value() == "similarities"


def test_a_changed_setting_starts_anew_and_stands_in_the_address(lab: Page) -> None:
    press(lab, "step")
    reached(lab, 1)
    lab.locator(".vg-lab-settings summary").first.click()
    lab.locator(".vg-lab-card [name=init]").first.focus()
    lab.locator(".vg-lab-card [name=init]").first.select_option("xavier")
    reached(lab, 0)
    assert "a=depth:3,width:16,activation:sigmoid,init:xavier&b=" in lab.url
    assert lab.locator("#vg-lab-experiment").input_value() == ""
    assert lab.locator(".vg-news").inner_text().startswith("Training step 0 of 180. A sigmoid")
    assert lab.evaluate("document.activeElement.name") == "init"


def test_a_refused_setting_is_told_beside_its_field(lab: Page) -> None:
    lab.locator(".vg-lab-settings summary").first.click()
    seed = lab.locator(".vg-lab-card [name=seed]").first
    seed.fill("-5")
    seed.press("Enter")
    described = f"#{seed.get_attribute('aria-describedby')}"
    problem = "A, Random seed must be between 0 and 4294967295, got -5: it is 0 now."
    assert lab.locator(described).inner_text() == problem
    assert lab.evaluate("document.activeElement.name") == "seed"
    assert seed.get_attribute("aria-invalid") == "true"
    threshold = lab.locator(".vg-lab-card [name=clip_norm]").first
    threshold.fill("0")
    threshold.press("Enter")
    told = lab.locator(f"#{threshold.get_attribute('aria-describedby')}").inner_text()
    assert told.endswith("got 0: it is no clipping now.")
    seed.fill("3")
    assert lab.locator(described).inner_text() == ""
    assert seed.get_attribute("aria-describedby") is None
    assert seed.get_attribute("aria-invalid") == "false"


def test_what_an_address_cannot_mean_is_said(shared: Page, site: str) -> None:
    opened(shared, site, f"{SHALLOW},activation:swish,dropout:1,toString:1,momentum:0,momentum:0.5")
    assert shared.locator(".vg-lab-problems p").all_inner_texts() == [
        "B, Activation function cannot be swish: it is relu now.",
        "This page knows no setting B, dropout; it is left out.",
        "This page knows no setting B, toString; it is left out.",
        "B, Momentum cannot be 0: it is 0.5 now.",
    ]


def test_an_address_leads_to_its_step(shared: Page, site: str) -> None:
    shared.goto("about:blank")
    shared.goto(f"{site}en.html{SHALLOW}&at=4")
    reached(shared, 4)
    time = shared.locator("#vg-lab-time")
    assert (time.input_value(), time.get_attribute("max")) == ("4", "180")


def test_the_slider_leads_to_steps_that_are_still_to_be_made(lab: Page) -> None:
    lab.locator("#vg-lab-time").focus()
    lab.keyboard.press("ArrowRight")
    reached(lab, 1)
    time = lab.locator("#vg-lab-time")
    time.evaluate("node => { node.value = 5; node.dispatchEvent(new Event('input')); }")
    assert (time.input_value(), lab.locator(".vg-lab").get_attribute("data-step")) == ("5", "1")
    time.dispatch_event("change")
    reached(lab, 5)


def test_what_has_no_value_yet_is_said_in_the_chart(shared: Page, site: str) -> None:
    opened(shared, site, f"{SHALLOW}&show=update_ratios")
    notice = shared.locator("[data-chart=layers] p")
    assert notice.inner_text().startswith("No weight has been changed yet")
    press(shared, "step")
    reached(shared, 1)
    assert notice.inner_text() == ""


def test_networks_of_one_kind_are_told_apart(shared: Page, site: str) -> None:
    opened(shared, site, "#v=1&a=depth:2,width:16&b=depth:3,width:16&c=depth:2,width:16,bit:true")
    depth, bit = "Depth (hidden layers)", "Change the last bit of one weight"
    apart = [f"{depth}: 2", f"{depth}: 3", f"{depth}: 2 · {bit}"]
    short = [f"{letter} {end}" for letter, end in zip("ABC", apart, strict=True)]
    names = [f"{name[:1]} ReLU + PyTorch init · {name[2:]}" for name in short]
    legend = " ".join(shared.locator("[data-chart=layers] text").all_text_contents())
    with shared.expect_download() as saved:
        press(shared, "csv")
    lines = saved.value.path().read_text(encoding="utf-8-sig").splitlines()[1:]
    assert list(dict.fromkeys(line.split('"')[1] for line in lines)) == names
    assert all(name in legend for name in short)
    assert "ReLU" not in legend  # which all have: there is no room for it


def test_on_a_wide_page_all_charts_are_seen_together(shared: Page, site: str) -> None:
    shared.set_viewport_size({"width": 1280, "height": 720})
    opened(shared, site, f"#{QUESTIONS[-1].address}")
    shared.locator(".vg-lab-transport").evaluate("node => node.scrollIntoView()")
    nodes = ("[data-do=play]", "#vg-lab-time", *(f"[data-chart={one}]" for one in CHARTS))
    boxes = [shared.locator(node).bounding_box() for node in nodes]
    assert all(box and box["y"] >= 0 and box["y"] + box["height"] <= 720 for box in boxes)
    shared.set_viewport_size({"width": 1000, "height": 900})


def test_the_question_can_be_read_whole_where_the_menu_cuts_it(shared: Page, site: str) -> None:
    shared.set_viewport_size({"width": 360, "height": 740})
    opened(shared, site, f"#{QUESTIONS[-2].address}")
    content, colour = shared.locator(".vg-lab-choice").evaluate(
        "node => [getComputedStyle(node, '::after').content,"
        " getComputedStyle(node.querySelector('select')).webkitTextFillColor]"
    )
    assert QUESTIONS[-2].question in content
    assert colour == "rgba(0, 0, 0, 0)"  # it is written once
    menu = shared.locator("#vg-lab-experiment").bounding_box()
    assert menu is not None
    assert menu["height"] >= 50  # two lines
    shared.set_viewport_size({"width": 1000, "height": 900})


def test_a_new_seed_leaves_the_experiment_chosen(shared: Page, site: str) -> None:
    bit = QUESTIONS[-1]
    opened(shared, site, f"#{bit.address}")
    press(shared, "reseed")
    reached(shared, 0)
    assert [one.get("seed") for one in seeds(shared)] == ["1", "1", "2"]
    assert shared.locator("#vg-lab-experiment").input_value() == bit.key
    assert shared.locator(".vg-lab-hint").inner_text() == bit.hint
    press(shared, "restart")
    reached(shared, 0)
    assert [one.get("seed") for one in seeds(shared)] == ["1", "1", "2"]
    shared.locator("#vg-lab-experiment").select_option("twenty")
    shared.locator("#vg-lab-experiment").select_option(bit.key)
    reached(shared, 0)
    assert [one.get("seed") for one in seeds(shared)] == [None, None, "1"]


def seeds(page: Page) -> list[dict[str, str]]:
    """Return the settings of each network in the address."""
    parts = urlsplit(page.url).fragment.split("&")[1:4]
    return [dict(field.split(":") for field in part.split("=")[1].split(",")) for part in parts]


def test_the_bar_stays_while_the_charts_are_seen(lab: Page) -> None:
    for size in ({"width": 1280, "height": 720}, {"width": 360, "height": 740}):
        lab.set_viewport_size(size)  # type: ignore[arg-type]
        for chart in ("layers", "loss"):
            lab.locator(f"[data-chart={chart}]").evaluate("node => node.scrollIntoView()")
            box = lab.locator("[data-do=play]").bounding_box()
            assert box is not None
            assert 0 <= box["y"] < 120
    lab.set_viewport_size({"width": 1000, "height": 900})


def test_pause_really_pauses_and_a_hidden_page_pauses_too(lab: Page) -> None:
    count = "window.orders = 0; const post = Worker.prototype.postMessage;"
    lab.evaluate(
        count
        + "Worker.prototype.postMessage = function (o) { orders += 1; post.call(this, o); }; 0"
    )
    for pause in (
        "document.querySelector('[data-do=play]').click()",
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange')); delete document.hidden",
    ):
        press(lab, "play")
        lab.locator('.vg-lab[data-state="playing"]').wait_for()
        lab.evaluate(pause)
        lab.locator('.vg-lab[data-state="paused"]').wait_for()
        press(lab, "restart")
        reached(lab, 0)
        before = lab.evaluate("orders")
        press(lab, "step")
        reached(lab, 1)
        assert lab.evaluate("orders") == before + 2  # one for each network


def test_it_plays_to_the_end_and_goes_back(shared: Page, site: str) -> None:
    opened(shared, site, "#v=1&a=depth:2,width:16,init:he,batch_size:500,epochs:2")
    press(shared, "play")
    reached(shared, 6)
    assert shared.locator(".vg-news").inner_text().startswith("Training step 6 of 6. A ReLU: ")
    end, curves = cells(shared, 2), drawn(shared)
    shared.locator("#vg-lab-time").focus()
    shared.keyboard.press("Home")
    reached(shared, 0)
    assert cells(shared, 2) != end
    assert drawn(shared) != curves
    shared.keyboard.press("End")
    reached(shared, 6)
    assert cells(shared, 2) == end
    assert drawn(shared) == curves  # lines that grew are those that are drawn at once
    assert [one.count("L") for one in curves[-4:]] == [6, 0, 6, 0]


def test_a_step_that_the_reader_goes_back_to_stays_while_a_round_ends(lab: Page) -> None:
    press(lab, "ten")
    reached(lab, 10)
    press(lab, "play")
    lab.locator('.vg-lab[data-state="playing"]').wait_for()
    time = lab.locator("#vg-lab-time")
    time.evaluate("node => { node.value = 3; node.dispatchEvent(new Event('input')); }")
    reached(lab, 3)
    lab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    reached(lab, 3)


def test_a_place_on_the_page_is_reached_without_a_new_start(lab: Page) -> None:
    press(lab, "step")
    reached(lab, 1)
    lab.evaluate("new Promise((done) => { onhashchange = done; location.hash = 'what-you-see'; })")
    reached(lab, 1)
    assert lab.locator("tbody tr").count() == 2


def test_the_same_start_gives_the_same_numbers_and_a_new_seed_others(lab: Page) -> None:
    def first() -> list[str]:
        press(lab, "step")
        reached(lab, 1)
        return [cell for column in range(2, 7) for cell in cells(lab, column)]

    before = first()
    press(lab, "restart")
    reached(lab, 0)
    assert first() == before
    press(lab, "reseed")
    reached(lab, 0)
    assert first() != before


def test_keys_work_after_a_click_into_the_laboratory_and_nowhere_else(lab: Page) -> None:
    lab.locator("h1").click()
    lab.keyboard.press(".")
    lab.locator(".vg-lab-sentence").first.click()
    lab.keyboard.press("Control+.")
    lab.keyboard.press(".")
    lab.locator(".vg-lab-settings summary").first.click()
    lab.locator("[name=seed]").first.focus()
    lab.keyboard.press(".")
    lab.locator("h1").click()
    lab.keyboard.press(".")
    assert lab.locator("#vg-lab-time").input_value() == "1"
    reached(lab, 1)
    lab.locator("#vg-lab-time").focus()
    lab.keyboard.press("k")
    lab.locator('.vg-lab[data-state="playing"]').wait_for()
    lab.keyboard.press("k")
    lab.locator('.vg-lab[data-state="paused"]').wait_for()
    lab.keyboard.press("0")
    reached(lab, 0)


def test_a_reader_who_went_back_goes_on_from_there(lab: Page) -> None:
    def guide() -> bool:
        return lab.locator("[data-chart=loss] .vg-lab-guide").get_attribute("d") != ""

    for _one in range(2):
        press(lab, "ten")
    reached(lab, 20)
    whole = drawn(lab)[-8:]
    assert not guide()
    lab.locator("#vg-lab-time").evaluate(
        "node => { node.value = 5; for (const type of ['input', 'change'])"
        " node.dispatchEvent(new Event(type)); }"
    )
    reached(lab, 5)
    assert "&at=5" in lab.url
    assert guide()
    assert [path for path in whole if path and path not in drawn(lab)] == []
    for action, step in (("step", 6), ("ten", 16), ("ten", 26)):
        press(lab, action)
        reached(lab, step)
        assert lab.locator(".vg-lab caption").inner_text().endswith(f" {step}")
    assert not guide()


def test_play_repeats_what_was_recorded_and_then_goes_on(shared: Page, site: str) -> None:
    opened(shared, site, "#v=1&a=depth:2,width:16,init:he,batch_size:500,epochs:2")
    for _one in range(4):
        press(shared, "step")
    reached(shared, 4)
    shared.locator("#vg-lab-time").focus()
    shared.keyboard.press("Home")
    reached(shared, 0)
    shared.evaluate(
        "window.seen = []; const lab = document.querySelector('.vg-lab');"
        "new MutationObserver(() => seen.push(+lab.dataset.step))"
        ".observe(lab, {attributeFilter: ['data-step']})"
    )
    shared.keyboard.press("k")
    reached(shared, 6)
    assert shared.evaluate("[...new Set(seen)]") == [0, 1, 2, 3, 4, 5, 6]
    shared.keyboard.press("Home")
    reached(shared, 0)
    shared.keyboard.press("k")
    reached(shared, 6)
    assert shared.locator("#vg-lab-time").get_attribute("max") == "6"


@pytest.mark.parametrize(("at", "end"), [(6, 6), (7, 12), (12, 12), (13, 18)])
def test_beyond_the_plans_end_all_parts_agree(shared: Page, site: str, at: int, end: int) -> None:
    shared.goto("about:blank")
    shared.goto(f"{site}en.html#v=1&a=depth:2,width:16,batch_size:500,epochs:2&at={at}")
    reached(shared, at)
    time = shared.locator("#vg-lab-time")
    assert (time.input_value(), time.get_attribute("max")) == (str(at), str(end))
    assert shared.locator("output[for=vg-lab-time]").inner_text() == f"{at} of {end}"
    assert shared.locator(".vg-news").inner_text().startswith(f"Training step {at} of {end}.")
    assert cells(shared, 1) == ["in training" if at < end else "stalled"]
    ((x, width),) = shared.locator("[data-chart=loss] svg").evaluate_all(
        "svgs => svgs.map((svg) => [+svg.querySelector('g[fill] path').getAttribute('d')"
        ".match(/([\\d.]+) [\\d.]+$/)[1], +svg.getAttribute('viewBox').split(' ')[2]])"
    )
    assert x == pytest.approx(52 + at / end * (width - 66), abs=0.1)


MARKS = """async ({ values, high, log }) => {
    const { LineChart } = await import("./static/lab/charts.js");
    const host = document.createElement("div");
    host.dataset.chart = "";
    host.style.width = "360px";
    document.body.append(host);
    const lines = values.map((list, place) => ({
        place, source: list, count: list.length, x: (n) => n + 1,
        y: (n) => Number(list[n]), paint: "now", markers: true,
    }));
    const x = { low: 0.5, high: values[0].length + 0.5, text: "x" };
    const y = { low: log ? 1e-8 : 0, high, text: "y", log };
    new LineChart(host, "ltr").draw({ lines, legends: [], x, y, marks: [], label: () => "" });
    const ends = host.querySelector("svg g:first-child path:not([stroke-opacity])").getBBox();
    const marks = [...host.querySelectorAll("svg > g:last-child > path:nth-child(even)")]
        .flatMap((path) => path.getAttribute("d").split("M").slice(1).map((part) => {
            const one = path.cloneNode();
            one.setAttribute("d", `M${part}`);
            path.after(one);
            const { x, y, width, height } = one.getBBox();
            one.remove();
            return [x, y, x + width, y + height];
        }));
    host.remove();
    return { marks, plot: [ends.x, ends.y, ends.x + ends.width, ends.y + ends.height] };
}"""


@pytest.mark.parametrize("layers", [5, 21, 61, 201])
def test_what_has_no_place_on_the_axes_stands_beside_them_and_on_nothing(
    lab: Page, layers: int
) -> None:
    some = [0.0 if n % 3 else 1.0 for n in range(layers)]
    values = [[0.0] * layers, some, ["NaN", *["Infinity"] * (layers - 1)]]
    seen = lab.evaluate(MARKS, {"values": values, "high": 1.0, "log": True})
    _left, top, _right, floor = seen["plot"]
    outside = [one for one in seen["marks"] if one[1] > floor or one[3] < top]
    assert len(outside) >= 9
    on_the_line = [one for one in seen["marks"] if one not in outside]
    assert all(abs((one[1] + one[3]) / 2 - top) < 1 for one in on_the_line)  # the ones
    for place, (left, up, right, down) in enumerate(outside):
        for other in outside[:place]:
            assert right < other[0] or left > other[2] or down < other[1] or up > other[3]


def test_a_share_that_rounding_lifts_above_1_is_1(lab: Page) -> None:
    values = [[1.0000001, 1.0, -1e-7, 0.5, 1.0000009]]
    seen = lab.evaluate(MARKS, {"values": values, "high": 1.0, "log": False})
    _left, top, _right, floor = seen["plot"]
    middles = [(one[1] + one[3]) / 2 for one in seen["marks"]]
    half = (top + floor) / 2
    assert middles == pytest.approx([top, top, floor, half, top], abs=0.1)


def test_a_layer_is_looked_into(lab: Page) -> None:
    lab.locator(".vg-lab-one summary").click()
    lab.locator("#vg-lab-layer").focus()
    lab.keyboard.press("End")
    assert lab.locator("output[for=vg-lab-layer]").inner_text() == "4"
    notes = lab.locator(".vg-lab-layers p:not(.vg-lab-name)").all_inner_texts()
    assert notes == ["Layer 4 is not a hidden layer of this network."] * 2
    lab.keyboard.press("Home")
    label = lab.locator(".vg-lab-layers svg[role=img]").first.get_attribute("aria-label")
    assert label == "Histogram of A sigmoid: the outputs of layer 1, from 0 to 1."


def test_networks_are_added_and_removed(lab: Page) -> None:
    press(lab, "add")
    reached(lab, 0)
    assert lab.locator(".vg-lab-networks .vg-lab-card").count() == 3
    assert lab.locator('[data-do="add"]').is_hidden()
    for _one in range(2):
        lab.evaluate("document.querySelector('[data-do=remove]').click()")
        reached(lab, 0)
    assert lab.locator("tbody tr").count() == 1
    assert urlsplit(lab.url).fragment == "v=1&a=depth:2,width:16,init:he"


def test_what_a_pressed_button_takes_away_leaves_the_focus_near(lab: Page) -> None:
    lab.locator("[data-do=add]").focus()
    lab.keyboard.press("Enter")
    reached(lab, 0)
    assert lab.evaluate("document.activeElement.localName") == "summary"
    for focused in ("BUTTON", "SUMMARY"):
        lab.evaluate(
            "document.querySelectorAll('.vg-lab-settings').forEach(one => one.open = true)"
        )
        lab.locator("[data-do=remove]").last.focus()
        lab.keyboard.press("Enter")
        reached(lab, 0)
        assert lab.evaluate("document.activeElement.tagName") == focused


def test_the_projectors_view_shows_charts_alone(lab: Page) -> None:
    press(lab, "projector")
    lab.locator('.vg-lab[data-view="projector"]').wait_for()
    assert lab.locator(".vg-lab-settings").first.is_hidden()
    lab.set_viewport_size({"width": 1280, "height": 720})
    for chart in ("layers", "loss", "accuracy"):
        box = lab.locator(f"[data-chart={chart}]").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720
    assert lab.evaluate("document.activeElement.dataset.do") == "play"
    lab.evaluate("document.activeElement.blur()")
    lab.keyboard.press("Escape")
    lab.locator('.vg-lab[data-view="page"]').wait_for()
    assert lab.evaluate("document.activeElement.dataset.do") == "projector"
    lab.set_viewport_size({"width": 1000, "height": 900})


def test_the_address_keeps_the_step_when_the_view_changes(lab: Page, site: str) -> None:
    press(lab, "step")
    reached(lab, 1)
    press(lab, "projector")
    assert urlsplit(lab.url).fragment.endswith("&at=1&view=projector")
    press(lab, "leave")
    assert urlsplit(lab.url).fragment.endswith("&at=1")


def test_what_is_copied_is_shown(lab: Page, site: str) -> None:
    press(lab, "link")
    assert lab.locator("textarea").input_value() == f"{site}en.html" + SHALLOW.replace(
        "activation:sigmoid,depth:3,width:16", "depth:3,width:16,activation:sigmoid"
    )
    press(lab, "embed")
    assert (
        lab.locator("textarea").input_value().startswith(f'<iframe src="{site}en.html#v=1&amp;a=')
    )
    with lab.expect_download() as saved:
        press(lab, "svg")
    text = saved.value.path().read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "var(" not in text
    with lab.expect_download() as saved:
        press(lab, "csv")
    table = saved.value.path().read_bytes()
    assert table.startswith(b"\xef\xbb\xbfnetwork,")  # a spreadsheet knows UTF-8 by its mark
    lines = table.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 4 + 3
    assert lines[4].split(",")[4] == "output"


@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_phone_never_scrolls_sideways_and_axe_finds_nothing(
    shared: Page, site: str, code: str
) -> None:
    shared.set_viewport_size({"width": 360, "height": 740})
    opened(shared, site, SHALLOW, code)
    shared.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert shared.evaluate("document.scrollingElement.scrollWidth") <= 360
    found = Axe().run(shared).response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in grave] == []
    axis = shared.locator("[data-chart=layers] svg").evaluate(
        "node => getComputedStyle(node).direction"
    )
    assert axis == "ltr"
    names = "[...document.querySelectorAll('.vg-lab-name bdi, [data-chart=layers] svg text')]"
    legend = f"{names}.filter((one) => /^[AB] /.test(one.textContent))"
    directions = shared.evaluate(f"{legend}.map((one) => getComputedStyle(one).direction)")
    assert set(directions) == {"rtl" if code == "ar" else "ltr"}
    assert len(directions) >= 4
    shared.set_viewport_size({"width": 1000, "height": 900})


def test_without_a_script_there_are_a_sentence_and_a_figure(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}en.html")
    assert page.locator(".vg-lab-room").is_hidden()
    assert page.locator(".vg-lab figure svg").is_visible()
    assert page.locator(".vg-lab").evaluate("node => getComputedStyle(node).position") == "static"
    sentence = page.locator(".vg-lab noscript p")
    assert sentence.is_visible()
    assert sentence.inner_text().startswith("On this page your own browser trains networks")
    page.goto(f"{site}explorer.html")
    target = f"{site}en.html#v=1&a=depth:3,activation:sigmoid"
    assert page.locator(".vg-train a").evaluate("node => node.href") == target
    context.close()


def test_the_link_to_the_laboratory_follows_the_slider(shared: Page, site: str) -> None:
    shared.goto(f"{site}explorer.html")
    shared.locator("input[type=range]").focus()
    shared.keyboard.press("Home")
    shared.locator(".vg-train a").click()
    reached(shared, 0)
    assert cells(shared, 1) == ["in training"]
    assert shared.url == f"{site}en.html#v=1&a=depth:2,activation:sigmoid"


def test_one_that_wants_little_motion_sees_round_steps_only(browser: Browser, site: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    opened(page, site, "#v=1&a=depth:2,width:16,init:he,batch_size:100,epochs:1")
    page.evaluate(
        "window.seen = []; const lab = document.querySelector('.vg-lab');"
        "new MutationObserver(() => seen.push(+lab.dataset.step))"
        ".observe(lab, {attributeFilter: ['data-step']})"
    )
    press(page, "play")
    reached(page, 15)
    assert set(page.evaluate("seen")) == {0, 1, 2, 5, 10, 15}
    context.close()


DIGEST = """async (experiment) => {
    const [{ Training }, { standardised }, { machine }, scans] = await Promise.all(
        ["training", "data", "machine", "digits"].map((name) => import(`./static/lab/${name}.js`)));
    const training = new Training(experiment, standardised(scans), machine("emitted"));
    const frames = [training.frame()];
    for (let step = 0; step < 5; step++) {
        training.update(true);
        frames.push(training.frame());
    }
    return frames.map(({ loss, gradient_norms }) => [loss, ...gradient_norms]);
}"""


def test_the_browser_computes_the_numbers_that_the_other_tests_see(
    shared: Page, site: str, laboratory: Laboratory
) -> None:
    opened(shared, site, SHALLOW)
    experiment = {**asdict(RESNET.at(depth=4, width=32, activation="gelu")), "optimizer": "adam"}
    laboratory.ask("digits", scans=scans())
    there = laboratory.ask("train", experiment=experiment, updates=5)["frames"]
    here = shared.evaluate(DIGEST, experiment)
    assert here == [[frame["loss"], *frame["gradient_norms"]] for frame in there]
