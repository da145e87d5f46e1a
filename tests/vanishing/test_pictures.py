"""Every picture speaks the reader's language, has a description, and is drawn without a bitmap."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from vanishing import localisation, pictures
from vanishing.figures import Drawing
from vanishing.figures.scenes.lines import EM, fitted
from vanishing.figures.scenes.scene import Scene

EXAMPLES: dict[str, Callable[[], Drawing]] = {
    "draw_attention": lambda: pictures.draw_attention([[0.5, 0.5], [0.9, 0.1]], 20),
    "draw_averaged_cells": pictures.draw_averaged_cells,
    "draw_averaged_positions": pictures.draw_averaged_positions,
    "draw_block": lambda: pictures.draw_block(["plain", "post-activation"]),
    "draw_block, gated": lambda: pictures.draw_block(["highway", "Post-LN"]),
    "draw_block, normed": lambda: pictures.draw_block(["pre-activation", "Pre-LN"]),
    "draw_block, projected": lambda: pictures.draw_block(["identity", "projection"]),
    "draw_block_map": lambda: pictures.draw_block_map(
        ["t", "t", "x", "x", "x"], [[-1], [-1], [-1, 0], [-1], [2, 3]], backbone=2
    ),
    "draw_both_ways": lambda: pictures.draw_both_ways(
        [[0.5] * 64] * 3, [[1.0, -1.0, 0.2]] * 4, [0.1, 1e-3, 1e-5, 0.0], [0.0, 1e-9, 1e-5, 0.1]
    ),
    "draw_boxes": lambda: pictures.draw_boxes(
        [[(5.0, 5.0, 30.0, 40.0)]] * 3, [[(8.0, 5.0, 30.0, 44.0)], [], []], size=64, step=5
    ),
    "draw_chain": lambda: pictures.draw_chain([0.2, 0.5, -3.0]),
    "draw_cliff": lambda: pictures.draw_cliff(
        [0.0, 1.0, 2.0], [1.0, 0.0, 0.5], {"clipped": [0.5, 0.8], "not clipped": [0.5, 9.0]}
    ),
    "draw_clipping": lambda: pictures.draw_clipping((3.0, -0.4), 1.0, 0.5),
    "draw_dead_unit": lambda: pictures.draw_dead_unit(
        [(0.1, 0.2), (0.7, 0.9)], (-1.0, -1.0), [1.2, -0.1]
    ),
    "draw_decisions": pictures.draw_decisions,
    "draw_digits": lambda: pictures.draw_digits([[0.5] * 64] * 7),
    "draw_ellipses": lambda: pictures.draw_ellipses(
        {"gaussian": [[1.0, 2.0], [0.0, 0.5]], "orthogonal": [[0.0, 1.0], [1.0, 0.0]]}
    ),
    "draw_gates": lambda: pictures.draw_gates([[0.2, 0.95], [0.5, 0.5]], [2], step=10),
    "draw_heat_map": lambda: pictures.draw_heat_map([0, 1], [[1e-9, 0.1], [0.0, 1.0]]),
    "draw_lstm_cell": pictures.draw_lstm_cell,
    "draw_overlap": lambda: pictures.draw_overlap(
        (2.0, 2.0, 22.0, 22.0), (14.0, 2.0, 34.0, 22.0), {"IoU": (0.75, 0.04), "CIoU": (0.85, 0.0)}
    ),
    "draw_path_lengths": pictures.draw_path_lengths,
    "draw_pulse": lambda: pictures.draw_pulse([1e-9, 1e-4, 0.1], layer=2),
    "draw_ranges": lambda: pictures.draw_ranges({"float16": (6e-8, 65504.0)}),
    "draw_skip_paths": lambda: pictures.draw_skip_paths(4),
    "draw_sums": lambda: pictures.draw_sums([0.0, 0.5, 0.5, 0.0], 8.0, [0.0, 0.1, 0.9, 1.0], 5),
    "draw_two_axes": lambda: pictures.draw_two_axes([0.25, 0.0625]),
    "draw_two_inputs": lambda: pictures.draw_two_inputs([30.0, 20.0, 4.5]),
    "draw_unrolled": pictures.draw_unrolled,
    "draw_words": lambda: pictures.draw_words(["x", "tanh"], {"ReLU": [0.1, 0.2]}, step=5),
}
WITH_AXES = {
    *("draw_attention", "draw_boxes", "draw_clipping", "draw_dead_unit", "draw_gates", "draw_sums"),
    *("draw_both_ways", "draw_cliff", "draw_digits", "draw_ellipses", "draw_heat_map"),
    *("draw_ranges", "draw_two_axes", "draw_two_inputs", "draw_words"),
}
"""Axes and images stand as they are in every language, as those of all charts do."""
NAMES = {
    *(
        "BatchNorm",
        "CIoU",
        "GroupNorm",
        "InstanceNorm",
        "IoU",
        "LayerNorm",
        "RMSNorm",
        "LN",
        "Post",
        "Pre",
        "ReLU",
        "tanh",
    ),
    *("W", "c", "e", "float", "g", "h", "t", "x"),
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
    assert len(root.attrib["aria-label"]) > 25
    shapes = re.sub(r'aria-label="[^"]*"|>[^<]*<', "", svg)
    assert not re.search(r"<image|\bid=|href=|url\(|#000000|nan", shapes)
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    assert width <= 470
    assert height <= 600
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


FROM_THE_LOSS = {"draw_chain", "draw_pulse"}
"""Their gradient begins at the loss, which stands where words end."""


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_picture_is_seen_from_the_side_where_it_begins(
    name: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localisation, "_chosen", code)
    mirrored = code == "ar" and name not in WITH_AXES
    from_right = (name in FROM_THE_LOSS) is not mirrored
    assert ("vg-from-right" in EXAMPLES[name]().html()) is from_right


@pytest.mark.parametrize(
    "text", ["linear layer", "批量归一化层", "一个 LSTM 单元", "x", "Normalisierungsschicht"]
)
def test_words_fit_their_width(text: str) -> None:
    set_ = fitted(text, 60)
    assert "".join(set_.lines).replace(" ", "") == text.replace(" ", "")
    wide = max(sum(1 if ord(letter) > 0x2E80 else EM for letter in line) for line in set_.lines)
    assert set_.size * wide <= 60.01


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("cơ chế chú ý", 90, ("cơ chế", "chú ý")),
        ("cơ chế chú\u00a0ý", 60, ("cơ chế", "chú\u00a0ý")),
        ("最后一个", 56, ("最后一个",)),
        ("批量归一化层", 70, ("批量归", "一化层")),
        ("输入，再输出", 42, ("输入，", "再输出")),
        ("层与（一）", 42, ("层与", "（一）")),
        ("a ReLU 层", 52, ("a", "ReLU 层")),
        ("tầng tuyến tính", 90, ("tầng", "tuyến tính")),
        ("一个通道，相当于一组", 104, ("一个通道，", "相当于一组")),
        ("one, or more of them", 130, ("one,", "or more of them")),
        ("一二三", 28, ("一二三",)),
        ("", 28, ("",)),
    ],
)
def test_lines_break_between_words_and_are_of_one_length(
    text: str, width: float, lines: tuple[str, ...]
) -> None:
    assert fitted(text, width).lines == lines


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


def opacities(svg: str, colour: str) -> list[float]:
    """Return how opaque the shapes of one colour are, in their order."""
    styles = re.findall(rf'style="fill:var\(--vg-series-{colour},[^"]*"', svg)
    found = [re.search(r"opacity:([\d.]+)", style) for style in styles]
    return [float(one[1]) if one else 1.0 for one in found]


def test_a_layer_lights_up_when_the_gradient_has_come_back_to_it() -> None:
    # The last one is the arrow from the loss to the input.
    norms = [1e-12, 1e-8, 1.0]
    assert opacities(pictures.draw_pulse(norms, 3).svg(), "2") == [1.0, 0.5]
    assert opacities(pictures.draw_pulse(norms, 1).svg(), "2") == [0.2, 0.5, 1.0, 0.5]
    assert "layer 2: norm 1.0e-8" in pictures.draw_pulse(norms, 2).description


def test_a_phone_shows_the_whole_way_of_a_gradient() -> None:
    assert "--vg-least" not in pictures.draw_pulse([0.1] * 14).svg()
    assert "--vg-least" in pictures.draw_heat_map([0, 1], [[0.1, 0.2]] * 2).svg()


def test_the_radii_of_an_ellipse_are_the_singular_values() -> None:
    description = pictures.draw_ellipses({"a": [[3.0, 0.0], [0.0, 0.5]]}).description
    assert "a: longest radius 3, shortest 0.5." in description
    turned = pictures.draw_ellipses({"a": [[0.0, -1.0], [1.0, 0.0]]}).description
    assert "a: longest radius 1, shortest 1." in turned


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: pictures.draw_pulse([0.1, 0.2], 3), "layer must be at most 2, got 3: pass more"),
        (lambda: pictures.draw_cliff([1.0, 0.0], [0.1, 0.1], {"a": [1.0]}), "weights must rise"),
        (
            lambda: pictures.draw_cliff([0.0, 1.0], [0.1, 0.1, 0.1], {"a": [1.0]}),
            "weights and losses must be as many, got 2 and 3",
        ),
        (
            lambda: pictures.draw_cliff([0.0, 1.0], [0.1, -1.0], {"a": [1.0]}),
            "losses must be at least 0, got -1",
        ),
        (
            lambda: pictures.draw_heat_map([0, 1], [[0.1, 0.2], [0.1, 0.2], [0.1, 0.2]]),
            "norms must have one row per step and one value per layer, got 3 rows for 2 steps",
        ),
        (
            lambda: pictures.draw_both_ways([[0.0] * 64], [[0.0]] * 2, [0.1] * 3, [0.1] * 2),
            "must have one value per layer, got 2, 3, 2: pass lists of equal length",
        ),
        (
            lambda: pictures.draw_both_ways([[0.0] * 64], [[0.0, 1.0]] * 2, [0.1] * 2, [0.1] * 2),
            "places must have one value per digit in every layer, got other numbers than 1",
        ),
        (
            lambda: pictures.draw_ellipses({key: [[1.0, 0.0], [0.0, 1.0]] for key in "abc"}),
            "products must be at most 2, got 3: draw the others apart",
        ),
        (
            lambda: pictures.draw_overlap(TRUE, TRUE, dict.fromkeys("abcd", (0.5, 0.1))),
            "losses must be at most 3, got 4: draw the others apart",
        ),
        (
            lambda: pictures.draw_overlap(TRUE, (2, 2, 65, 22), {"IoU": (0.5, 0.1)}),
            "predicted must be left, top, right, bottom of a box between 0 and 64, got "
            "(2, 2, 65, 22): move it, or pass a larger across",
        ),
        (
            lambda: pictures.draw_overlap((5, 2, 5, 22), TRUE, {"IoU": (0.5, 0.1)}),
            "true must be left, top, right, bottom of a box between 0 and 64, got (5, 2, 5, 22)",
        ),
    ],
)
def test_data_that_do_not_fit_together_are_refused(draw: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        draw()


def test_clipping_by_value_turns_a_gradient_and_by_norm_does_not() -> None:
    description = pictures.draw_clipping((3.0, 0.4), 1.0, 0.5).description
    assert "clipped by norm: length 1, turned by 0°." in description
    assert "clipped by value: length 0.64, turned by 31°." in description


def test_a_unit_with_a_low_bias_answers_to_no_input() -> None:
    points = [(0.1, 0.1), (0.9, 0.9), (0.2, 0.3)]
    description = pictures.draw_dead_unit(points, (-1.0, -1.0), [1.0, -0.1]).description
    assert "bias 1: more than 0 for 2 of 3 inputs." in description
    assert "bias -0.1: more than 0 for 0 of 3 inputs." in description


def test_the_paths_through_blocks_are_counted_by_their_length() -> None:
    description = pictures.draw_skip_paths(4).description
    assert "All 16 paths through 4 residual blocks:" in description
    assert "1 path of length 0. 4 paths of length 1. 6 paths of length 2." in description


def test_sums_are_flat_where_the_slope_is_a_tenth_of_the_steepest() -> None:
    curve = [0.0, 0.01, 0.5, 0.99, 1.0]
    assert "is 30%." in pictures.draw_sums([0.1, 0.3, 0.4, 0.2], 8.0, curve).description


def test_the_overlap_of_boxes_is_their_iou() -> None:
    boxes = [[(0.0, 0.0, 10.0, 10.0)]]
    found = [[(5.0, 0.0, 15.0, 10.0), (90.0, 90.0, 99.0, 99.0)]]
    assert "with an IoU of 0.33" in pictures.draw_boxes(boxes, found).description
    assert "with an IoU of 0.00" in pictures.draw_boxes(boxes, [[]]).description


TRUE = (2.0, 2.0, 22.0, 22.0)


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        (0.0, "covers 400 pixels and the union 400: an IoU of 1.00."),
        (6.0, "covers 280 pixels and the union 520: an IoU of 0.54."),
        (30.0, "covers 0 pixels and the union 800: an IoU of 0.00."),
    ],
)
def test_the_overlap_and_the_union_of_two_boxes_are_said(shift: float, words: str) -> None:
    moved = (2.0 + shift, 2.0, 22.0 + shift, 22.0)
    assert words in pictures.draw_overlap(TRUE, moved, {"IoU": (0.5, 0.1)}).description


def test_only_a_gradient_above_zero_has_an_arrow() -> None:
    def arrow_heads(*gradients: float) -> int:
        losses = {f"form {place}": (0.5, gradient) for place, gradient in enumerate(gradients)}
        scene = pictures.draw_overlap(TRUE, TRUE, losses).figure.axes[0].patches
        return sum(len(shape.get_path().vertices) == 4 for shape in scene)

    assert [arrow_heads(0.0, 0.0), arrow_heads(0.0, 0.02), arrow_heads(-1e300, 0.02)] == [0, 1, 2]


def test_an_exact_zero_is_written_as_one() -> None:
    losses = {"IoU": (1.0, 0.0), "CIoU": (1.246, 0.0113)}
    said = texts_of(pictures.draw_overlap(TRUE, (26.0, 2.0, 46.0, 22.0), losses).svg())
    assert said[-3:] == [
        "IoU = 0 / 800 = 0.00",
        "Loss 1 − IoU = 1.00, gradient 0",
        "Loss 1 − CIoU = 1.25, gradient 0.011",
    ]


@pytest.mark.parametrize("corner", [2.0, 9.0, 17.3, 21.0])
def test_the_hatching_stays_within_the_overlap(corner: float) -> None:
    drawing = pictures.draw_overlap(TRUE, (corner, corner, 50.0, 50.0), {"IoU": (0.5, 0.1)})
    shapes = [patch.get_path().vertices for patch in drawing.figure.axes[0].patches]
    true, predicted, hatching = shapes[5:8]  # behind the key
    least, most = predicted.min(axis=0) - 0.01, true.max(axis=0) + 0.01
    assert ((least <= hatching) & (hatching <= most)).all()


def test_boxes_that_only_touch_or_share_a_speck_are_drawn() -> None:
    for corner in (21.999, 22.0):
        drawing = pictures.draw_overlap(TRUE, (corner, corner, 50.0, 50.0), {"IoU": (1.0, 0.0)})
        assert "an IoU of 0.00." in drawing.description
        assert drawing.svg()


def test_neighbouring_cells_of_one_colour_are_one_shape() -> None:
    one, many = Scene(100), Scene(100)
    one.cells(0, 0, [[0.5, 0.5, 0.5]], width=10, height=10)
    many.cells(0, 0, [[0.5, 0.5, 0.5]], width=10, height=10, gap=1)
    parts = [scene.picture("cells").draw().axes[0].patches[0] for scene in (one, many)]
    assert [len(part.get_path().vertices) for part in parts] == [5, 15]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: pictures.draw_pulse([1e-300, 1e300, 0.0]),
        lambda: pictures.draw_heat_map([0, 1], [[1e-300, 1e300], [0.0, 1.0]]),
        lambda: pictures.draw_heat_map([0, 1], [[0.0, 0.0], [0.0, 0.0]]),
        lambda: pictures.draw_both_ways([[0.0] * 64], [[1.0]] * 2, [1e300, 1e-300], [0.0, 0.0]),
        lambda: pictures.draw_clipping((1e300, -1e300), 1.0, 1.0),
        lambda: pictures.draw_cliff([-1e300, 1e300], [0.0, 1e300], {"a": [0.0]}),
        lambda: pictures.draw_chain([1e300, 1e300]),
        lambda: pictures.draw_words(["x" * 200], {"a": [0.0]}),
    ],
)
def test_any_numbers_can_be_drawn(draw: Callable[[], Drawing]) -> None:
    root = ElementTree.fromstring(draw().svg())
    paths = " ".join(path.attrib["d"] for path in root.iterfind(".//{*}path"))
    assert not re.search("nan|inf", paths)
    assert "nan" not in " ".join(texts_of(draw().svg()))
