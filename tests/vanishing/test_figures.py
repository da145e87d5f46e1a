"""Figures show every number, in the reader's language, on any page."""

import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import matplotlib
import pytest
from drawn import Speak, a_run, axes_of, legend_of
from matplotlib.font_manager import FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font

import vanishing
from vanishing import figures, localisation
from vanishing.figures import (
    charts,
    draw_gradient_norms,
    draw_runs,
)
from vanishing.figures import drawing as drawing_module
from vanishing.figures import runs as runs_module
from vanishing.figures.charts import power_of_ten
from vanishing.figures.drawing import COLOURS

NAN, INF = math.nan, math.inf
PACKAGE = Path(vanishing.__file__).parent
CSS = PACKAGE / "static" / "vanishing.css"
NORMS = {"sigmoid": [1e-6, 1e-4, 1e-2], "ReLU": [0.1, 0.2, 0.3], "ResNet": [0.5, 0.4, 0.3]}


@pytest.fixture
def arabic(speak: Speak) -> None:
    """Speak Arabic from a small catalogue."""
    entries = {
        "gradient norm (logarithmic)": "معيار التدرج (لوغاريتمي)",
        "layer (1 = next to the input)": "رقم الطبقة",
        "{network}: learned, accuracy {percent}%": "شبكة {network}: تعلمت، الدقة {percent}%",
    }
    speak("ar", entries)


def texts_of(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iterfind(".//{*}text")]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_each_network_is_a_line_with_its_norms_on_a_log_axis() -> None:
    drawing = draw_gradient_norms(NORMS)
    drawn = [list(map(float, line.get_ydata())) for line in axes_of(drawing).lines[::4]]  # type: ignore[arg-type]
    assert drawn == list(NORMS.values())
    assert axes_of(drawing).get_yscale() == "log"
    assert legend_of(drawing) == list(NORMS)


def test_no_two_networks_look_alike_without_colour() -> None:
    looks = [charts.style_of(number) for number in range(30)]
    assert len({(str(look["linestyle"]), str(look["marker"])) for look in looks}) == 30
    assert len({str(look["linestyle"]) for look in looks[:5]}) == 5


def test_zero_nan_and_infinity_are_marked_not_dropped() -> None:
    drawing = draw_gradient_norms({"a": [0.0, 1e-310, NAN, INF, 1.0], "b": [1.0, 0.0, 1, 1, 1]})
    svg_legend = legend_of(drawing)
    assert svg_legend[2:] == ["zero or underflow", "infinite (overflow)", "NaN (not a number)"]
    marks = {
        (str(line.get_marker()), tuple(line.get_xdata()))  # type: ignore[arg-type]
        for line in axes_of(drawing).lines
        if line.get_linestyle() == "None" and len(line.get_xdata())  # type: ignore[arg-type]
    }
    assert marks == {("v", (1, 2)), ("^", (4,)), ("x", (3,)), ("v", (2,))}
    assert "In 2 layers it is zero or has underflowed." in drawing.description
    assert "In 2 layers it is infinite or NaN." in drawing.description


@pytest.mark.parametrize("values", [[0.0, 0.0], [NAN, NAN], [INF], [5e-324], [1e-45, 1e38], [1.0]])
def test_any_norms_can_be_drawn(values: list[float]) -> None:
    drawing = draw_gradient_norms({"network": values})
    assert "NaN NaN" not in drawing.svg()
    assert ElementTree.fromstring(drawing.svg()).tag.endswith("svg")


def test_a_lonely_point_between_gaps_has_a_marker() -> None:
    values = [1.0] * 20
    values[12] = values[14] = NAN
    assert 13 in charts.with_markers(values, offset=0)


def test_limits_keep_the_axis_still_and_never_hide_a_value() -> None:
    wide = axes_of(draw_gradient_norms({"a": [0.1]}, limits=(1e-8, 1.0))).get_ylim()
    assert wide == pytest.approx((1e-8, 1.0))
    low, _high = axes_of(draw_gradient_norms({"a": [1e-12]}, limits=(1e-8, 1.0))).get_ylim()
    assert low <= 1e-12


def test_powers_of_ten_need_no_maths_markup() -> None:
    powers = [power_of_ten(10.0**n) for n in (-12, -8, 0, 1, 3)]
    assert powers == ["10⁻¹²", "10⁻⁸", "1", "10", "10³"]
    assert "10⁻⁴" in texts_of(draw_gradient_norms(NORMS).svg())


def test_the_first_layer_is_always_numbered() -> None:
    assert [charts.round_steps(1, last, 12) for last in (3, 13)] == [[1, 2, 3], [*range(1, 14)]]
    assert list(axes_of(draw_gradient_norms({"a": [1.0] * 51})).get_xticks())[:3] == [1, 5, 10]


def test_dollar_signs_in_a_name_are_no_maths() -> None:
    assert "$x$" in texts_of(draw_gradient_norms({"$x$": [1.0]}).svg())


def test_an_svg_is_the_same_every_time_and_small() -> None:
    norms = {name: [10 ** (n / 10 - 4) for n in range(50)] for name in NORMS}
    svg = draw_gradient_norms(norms).svg()
    assert svg == draw_gradient_norms(norms).svg()
    assert len(svg.encode()) < 9000


def test_svgs_on_one_page_share_no_id_and_take_its_colours() -> None:
    svg = draw_gradient_norms(NORMS).svg()
    assert not re.search(r"\bid=|href=|url\(|#000000|clip-path|<metadata|font-family", svg)
    assert "var(--vg-series-1,#0072b2)" in svg
    assert "currentColor" in svg


def test_an_svg_is_one_image_with_a_name() -> None:
    drawing = draw_gradient_norms({'<b>"&': [1.0]})
    root = ElementTree.fromstring(drawing.svg())
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == drawing.description
    assert "<b>" not in drawing.html()


def test_labels_stay_readable_on_a_phone() -> None:
    sizes = re.findall(r'font-size="([\d.]+)"', draw_runs([a_run()]).svg())
    assert min(map(float, sizes)) >= 13


def test_a_long_translation_is_set_smaller_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module, "_", lambda message, **values: message + " and more" * 5)
    drawing = draw_gradient_norms(NORMS)
    drawing.figure.draw_without_rendering()
    box = axes_of(drawing).yaxis.label.get_window_extent()
    legend = axes_of(drawing).get_legend()
    assert legend is not None
    assert box.y0 >= 0
    assert box.y1 <= legend.get_window_extent().y0


@pytest.mark.usefixtures("arabic")
def test_arabic_labels_run_right_to_left_inside_a_left_to_right_drawing() -> None:
    root = ElementTree.fromstring(draw_runs([a_run()]).svg())
    assert "direction:ltr" in root.attrib["style"]
    texts = {"".join(text.itertext()): text.attrib for text in root.iterfind(".//{*}text")}
    assert texts["معيار التدرج (لوغاريتمي)"]["direction"] == "rtl"
    legend = texts["شبكة \u2068ReLU\u2069: تعلمت، الدقة 97%"]
    # from the right, where its line is
    assert (legend["direction"], legend.get("text-anchor", "start")) == ("rtl", "start")
    assert "direction" not in texts["1"]


@pytest.mark.usefixtures("arabic")
def test_an_isolated_name_does_not_decide_the_direction() -> None:
    svg = draw_gradient_norms({"\u2068ReLU\u2069: تعلمت": [1.0], "ReLU": [1.0]}).svg()
    assert svg.count('direction="rtl"') == 3


JOINED = "\ufe94\ufed8\ufe92\ufec4\ufedf\ufe8d \ufee2\ufed7\ufead"
"""The label from its left end, in the forms of joined letters."""


@pytest.mark.parametrize(("version", "reshaped"), [("3.10.9", True), ("3.11.2", False)])
def test_only_an_old_matplotlib_gets_its_arabic_shaped(
    version: str, reshaped: bool, arabic: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matplotlib, "__version__", version)
    drawing = draw_runs([a_run()])
    axes = axes_of(drawing)
    with drawing_module._joined_letters(drawing.figure):
        label = axes.get_xlabel()
    assert (label == JOINED) is reshaped
    assert axes.get_xlabel() == "رقم الطبقة"


def test_a_name_in_an_arabic_label_keeps_its_order() -> None:
    assert drawing_module._shaped("شبكة \u2068ReLU\u2069") == "ReLU \ufe94\ufedc\ufe92\ufeb7"


@pytest.mark.parametrize("code", localisation.known_languages())
def test_our_fonts_have_every_letter_of_the_labels(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localisation, "_chosen", code)
    catalogue = localisation.LOCALES / code / "LC_MESSAGES/vanishing.po"
    text = catalogue.read_text(encoding="utf-8") if catalogue.exists() else ""
    families = drawing_module.fonts()["font.family"]
    fonts = [FT2Font(findfont(FontProperties(family=[family]))) for family in families]
    letters = set("".join(re.findall('^(?:msgstr.*)?"(.*)"$', text, re.M)))
    unseen = {"\u2068", "\u2069", "\u200f", "\u200e"}
    lacking = {
        letter
        for letter in letters - unseen
        if not any(f.get_char_index(ord(letter)) for f in fonts)
    }
    assert lacking == set()


def test_a_letter_that_no_font_has_brings_no_warning_to_a_page(
    recwarn: pytest.WarningsRecorder,
) -> None:
    drawing = draw_gradient_norms({"\U0001f600 ก \u5c64": [1.0]})
    assert "\U0001f600 ก" in drawing.svg()
    assert drawing.png().startswith(b"\x89PNG")
    assert [str(warning.message) for warning in recwarn] == []


def test_a_legend_shows_a_name_that_begins_with_an_underscore() -> None:
    drawing = draw_gradient_norms({"_mine": [1.0, 2.0], "other": [2.0, 3.0]})
    legend = axes_of(drawing).get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()][:2] == ["_mine", "other"]
    assert ">_mine<" in drawing.svg()


def test_the_chinese_font_is_ours_and_follows_dejavu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localisation, "_chosen", "zh_CN")
    families = axes_of(draw_gradient_norms(NORMS)).xaxis.label.get_fontfamily()
    assert families == ["DejaVu Sans", "Noto Sans CJK SC"]
    assert Path(fontManager.findfont(FontProperties(family=families[1]))).is_file()
    assert (PACKAGE / "fonts" / "OFL.txt").is_file()


def test_drawing_leaves_the_readers_matplotlib_alone() -> None:
    before = dict(matplotlib.rcParams)
    draw_gradient_norms(NORMS).svg()
    draw_gradient_norms(NORMS).png()
    assert dict(matplotlib.rcParams) == before


def test_a_dark_style_of_the_reader_changes_nothing() -> None:
    plain = draw_gradient_norms(NORMS).svg()
    with matplotlib.rc_context({"text.color": "white", "axes.labelcolor": "red", "font.size": 3}):
        assert draw_gradient_norms(NORMS).svg() == plain


def test_a_page_gets_html_and_a_notebook_gets_images(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = draw_gradient_norms(NORMS)
    monkeypatch.delenv("VANISHING_STATIC", raising=False)
    assert set(drawing._repr_mimebundle_()) == {"image/svg+xml", "image/png", "text/plain"}
    assert "background:#fff" in drawing._repr_mimebundle_()["image/svg+xml"]
    assert drawing.page()["text/html"].startswith('<figure class="vg-figure"><svg')


def test_series_colours_stand_out_on_light_and_dark_pages() -> None:
    light, dark = (
        re.findall(r"--vg-series-\d: (#\w{6})", part)
        for part in CSS.read_text().split('html[data-theme="dark"]')
    )
    assert tuple(light) == COLOURS
    assert min(contrast(colour, "#ffffff") for colour in light) >= 3
    assert min(contrast(colour, "#121212") for colour in [*light, *dark]) >= 3


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: draw_gradient_norms({}), r"at least one network, got none: pass"),
        (lambda: draw_gradient_norms({"a": []}), r"norms\['a'\] must hold at least 1, got none"),
        (lambda: draw_gradient_norms({"a": [-1.0]}), r"a: .* must be at least 0, got -1.0"),
    ],
)
def test_what_cannot_be_drawn_is_named_with_the_remedy(call: Any, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        call()


LENGTHS = {"a": {5: 1.0}}
REFUSED: dict[str, dict[str, Any]] = {
    "stream": {"signal": [-1.0], "gradient": [1.0]},
    "losses_by_rate": {"losses": {"a": {0.1: []}}},
    "two_directions": {"spreads": [1.0, 0.5], "gradient_norms": [1.0]},
    "relative_updates": {"updates": {"a": [-1]}},
    "image_runs": {"runs": []},
    "optimized_runs": {"runs": []},
    "accuracies_by_depth": {"accuracies": {"a": {5: []}}, "chance": 0.1},
    "activation": {"name": "a", "positions": [0, 1], "values": [0, 1], "slopes": [0]},
    "slopes": {"positions": [0, 1], "slopes": {"a": [0]}},
    "saturated_units": {"steps": [0, 1], "shares": [[0.5]]},
    "dead_units": {"steps": [0, 1], "shares": [[0.5]]},
    "gradient_norms": {"norms": {"a": [-1]}},
    "runs": {"runs": [a_run()], "names": []},
    "training": {"run": a_run(state="won")},
    "losses": {"runs": []},
    "gradients_by_length": {"gradients": {"a": {5: -1}}},
    "block_gradients": {"norms": {"a": []}},
    "sensitivities": {"sensitivities": {"a": [-1]}},
    "accuracies_by_length": {"accuracies": {"a": {5: []}}, "chance": 0.1},
    "accuracies": {"accuracies": {"a": []}},
    "chi": {"predicted": {1: 1}, "measured": {}},
    "propagation": {"norms": [1], "measured": 1, "predicted": 1},
    "powers": {"powers": {"a": [-1]}},
    "spectra": {"spectra": {"a": [-1]}},
    "rates": {"rates": {50: []}, "limit": [1]},
    "signal_growth": {"mean_squares": {"a": [-1]}},
    "path_shares": {"paths": [1], "gradient": [1, 0]},
    "lesions": {"whole": {"a": 1}, "without": {"b": [1]}},
    "divergence": {"losses": [1, 2], "gradient_norms": [1], "largest_weights": [1]},
    "clipped_runs": {"runs": {}},
    "lost_shares": {"exponents": [0, 3], "zero": [0], "overflowed": [0]},
    "gradient_by_time": {"relative": {"a": [-1]}},
    "right_words": {"accuracies": {"a": {5: []}}},
    "first_token_gradients": {"gradients": {"a": {5: -1}}},
    "source_gradients": {"gradients": {"a": [-1]}},
    "blocks": {"norms": {"a": {24: 1}}},
    "detector_losses": {"losses": {"a": []}},
    "history": {"history": SimpleNamespace(steps=(), records=())},
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_figure_raises_what_it_says(name: str) -> None:
    draw = getattr(figures, f"draw_{name}")
    assert "ValueError" in draw.__doc__
    assert "TypeError" in draw.__doc__
    with pytest.raises(ValueError, match=r".*:"):
        draw(**REFUSED[name])
    with pytest.raises(TypeError, match=r".*:"):
        draw(**dict.fromkeys(REFUSED[name], Ellipsis))


def test_every_figure_has_a_case_that_it_refuses() -> None:
    names = {name.removeprefix("draw_") for name in figures.__all__ if name.startswith("draw_")}
    assert names == {*REFUSED, "diagnosis", "start"}


def test_the_figures_know_no_network() -> None:
    plain = [
        PACKAGE / "diagnosis" / f"{name}.py" for name in ("findings", "table", "verdicts", "words")
    ]
    for path in (*(PACKAGE / "figures").glob("*.py"), *plain):
        source = path.read_text()
        measuring = re.search(
            r"^(import|from) "
            r"(torch|vanishing\.(?!figures|bounds|loc|phrases|promises|diagnosis\.(findings|verdicts|words)))",
            source,
            re.M,
        )
        assert not measuring, path
        assert "pyplot" not in source, path


def test_a_script_shows_a_drawing_in_a_browser_and_says_where_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    drawing = draw_runs([a_run()])
    drawing.show()
    file = Path(capsys.readouterr().out.strip())
    assert file.read_text(encoding="utf-8") == drawing.svg(opaque=True)
    assert opened == [file.as_uri()]


def test_a_notebook_shows_a_drawing_below_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []
    monkeypatch.setattr(drawing_module, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(drawing_module, "display", shown.append)
    drawing = draw_runs([a_run()])
    drawing.show()
    assert shown == [drawing]


def test_a_label_beside_an_axis_is_turned_by_numbers() -> None:
    svg = figures.draw_gradient_norms({"ReLU": [1.0, 0.5]}).svg()
    assert re.findall(r'transform="rotate\(-90 \d+(?:\.\d+)? \d+(?:\.\d+)?\)"', svg)
    assert "rotate()" not in svg
