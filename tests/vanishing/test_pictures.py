"""Every picture speaks the reader's language, has a description, and is drawn without a bitmap."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from vanishing import localisation, pictures
from vanishing.figures import Drawing
from vanishing.figures.scenes.scene import EM, Scene, fitted

EXAMPLES: dict[str, Callable[[], Drawing]] = {
    "draw_averaged_cells": pictures.draw_averaged_cells,
    "draw_block": lambda: pictures.draw_block(["plain", "post-activation"]),
    "draw_block, gated": lambda: pictures.draw_block(["highway", "Post-LN"]),
    "draw_block, normed": lambda: pictures.draw_block(["pre-activation", "Pre-LN"]),
    "draw_chain": lambda: pictures.draw_chain([0.2, 0.5, -3.0]),
    "draw_decisions": pictures.draw_decisions,
    "draw_lstm_cell": pictures.draw_lstm_cell,
    "draw_path_lengths": pictures.draw_path_lengths,
    "draw_ranges": lambda: pictures.draw_ranges({"float16": (6e-8, 65504.0)}),
    "draw_two_axes": lambda: pictures.draw_two_axes([0.25, 0.0625]),
    "draw_unrolled": pictures.draw_unrolled,
}
WITH_AXES = {"draw_ranges", "draw_two_axes"}
"""Their axes run from left to right in every language, as those of all charts do."""
NAMES = {
    *("BatchNorm", "GroupNorm", "LayerNorm", "RMSNorm", "LN", "Post", "Pre", "ReLU", "tanh"),
    *("W", "c", "e", "float", "h", "t", "x"),
}


def texts_of(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iterfind(".//{*}text")]


def masked(lookup: localisation.Lookup) -> str:
    """Return a translation in which no Latin letter is left, with the message's fields."""
    parts = re.split(r"(\{\w+\})", lookup[0])
    return "".join(part if part[:1] == "{" else re.sub("[A-Za-z]", "ж", part) for part in parts)


def test_each_picture_has_an_example() -> None:
    functions = {name for name in pictures.__all__ if name.startswith("draw_")}
    assert {name.split(",")[0] for name in EXAMPLES} == functions


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_word_of_a_picture_is_left_in_english(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localisation, "look_up", masked)
    drawing = EXAMPLES[name]()
    words = {*re.findall("[A-Za-z]+", " ".join([*texts_of(drawing.svg()), drawing.description]))}
    assert words <= NAMES


@pytest.mark.parametrize("code", localisation.known_languages())
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_picture_is_one_svg_with_a_description_in_every_language(
    name: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localisation, "_chosen", code)
    svg = EXAMPLES[name]().svg()
    root = ElementTree.fromstring(svg)
    assert len(root.attrib["aria-label"]) > 40
    assert not re.search(r"<image|\bid=|href=|url\(|#000000|nan", svg)
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    assert width <= 470
    assert height <= 560
    for text in root.iterfind(".//{*}text"):
        assert 9 <= float(text.attrib["font-size"]) <= 15
        assert -1 <= float(text.attrib["x"]) <= width + 1
        assert 0 <= float(text.attrib["y"]) <= height


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_flows_begins_right_where_words_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localisation, "look_up", lambda lookup: lookup[0])
    english = EXAMPLES[name]().svg()
    monkeypatch.setattr(localisation, "_chosen", "ar")
    mirrored = re.findall('d="([^"]*)"', EXAMPLES[name]().svg()) != re.findall(
        'd="([^"]*)"', english
    )
    assert mirrored is (name not in WITH_AXES)


@pytest.mark.parametrize(
    "text", ["linear layer", "批量归一化层", "一个 LSTM 单元", "x", "Normalisierungsschicht"]
)
def test_words_fit_their_width(text: str) -> None:
    set_ = fitted(text, 60)
    assert "".join(set_.lines).replace(" ", "") == text.replace(" ", "")
    wide = max(sum(2 if ord(letter) > 0x2E80 else 1 for letter in line) for line in set_.lines)
    assert EM * set_.size * wide <= 60.01


def test_a_scene_grows_with_what_is_in_it() -> None:
    scene = Scene(100)
    assert scene.box(50, 10, "one", width=80) == scene.height
    assert scene.space(20) == scene.height
    assert scene.picture("a box").draw().get_figheight() * 72 == pytest.approx(scene.height + 6)


def test_a_block_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match=r"kinds\[0\] must be a known name, got 'dense': choose"):
        pictures.draw_block(["dense"])


def test_a_chain_shows_the_product_behind_every_factor() -> None:
    shown = texts_of(pictures.draw_chain([0.5, 0.2, -3.0]).svg())
    assert {"× 0.5", "× 0.2", "× -3", "-0.3", "-0.6", "-3", "1"} <= set(shown)


def test_bars_that_would_leave_their_axis_are_refused() -> None:
    with pytest.raises(ValueError, match="values must be at most 1, got 2: divide them"):
        pictures.draw_two_axes([2.0, 0.5])


def test_a_linear_axis_hides_what_a_logarithmic_one_shows() -> None:
    svg = pictures.draw_two_axes([1.0, 1e-3, 1e-6]).svg()
    assert [text for text in texts_of(svg) if text.startswith("10⁻")] == ["10⁻²", "10⁻⁴", "10⁻⁶"]


def test_the_cells_of_one_unit_or_of_one_example_are_averaged() -> None:
    description = pictures.draw_averaged_cells().description
    assert "BatchNorm: one unit, all examples. LayerNorm: one example, all units." in description
