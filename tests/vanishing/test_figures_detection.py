"""The figures of the detector show every block and every step, in the reader's language."""

import pytest
from drawn import axes_of

from vanishing.figures import draw_blocks, draw_detector_losses

NORMS = {"YOLO26": {0: 30.0, 4: 20.0, 23: 9.0}, "-BN": {0: 1e-6, 4: 0.0, 23: 1e-5}}


def test_each_block_stands_at_its_number() -> None:
    axes = axes_of(draw_blocks(NORMS))
    line = axes.get_lines()[0]
    assert list(map(float, line.get_xdata())) == [0.0, 4.0, 23.0]
    assert list(map(float, line.get_ydata())) == [30.0, 20.0, 9.0]
    assert axes.get_yscale() == "log"


def test_two_lines_part_the_three_stages() -> None:
    axes = axes_of(draw_blocks(NORMS))
    upright = [line for line in axes.get_lines() if len(set(line.get_xdata())) == 1]
    assert {10.5, 22.5} <= {float(line.get_xdata()[0]) for line in upright}


def test_the_description_tells_the_finding() -> None:
    text = draw_blocks(NORMS, step=5).description
    assert "at training step 5" in text
    assert "YOLO26. Gradient norm 30 in the first block, 9 in the last" in text
    assert "smallest 0, largest 1.0e-5" in text


def test_the_axis_stays_where_it_is_told_to() -> None:
    low, high = axes_of(draw_blocks({"YOLO26": {0: 1.0}}, limits=(1e-14, 1e3))).get_ylim()
    assert low == pytest.approx(1e-14)
    assert high == pytest.approx(1e3)


def test_losses_start_at_step_zero() -> None:
    drawing = draw_detector_losses({"YOLO26": [9.0, 5.0, 2.0], "-BN": [9.0, 8.9, 8.8]})
    line = axes_of(drawing).get_lines()[0]
    assert list(map(float, line.get_xdata())) == [0.0, 1.0, 2.0]
    assert "YOLO26. Loss 9 before training, 2 after 2 training steps." in drawing.description
    assert axes_of(drawing).get_ylim()[0] == 0.0


def test_a_figure_needs_something_to_draw() -> None:
    with pytest.raises(ValueError, match="norms must name at least one network, got none"):
        draw_blocks({})
    with pytest.raises(ValueError, match="losses must name at least one network, got none"):
        draw_detector_losses({})


def test_figures_speak_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vanishing.figures.detection._", lambda text, **_values: f"«{text}»")
    axes = axes_of(draw_blocks(NORMS))
    assert axes.get_xlabel() == "«block (0–10 backbone, 11–22 neck, 23 head)»"
    assert axes.get_ylabel() == "«gradient norm (logarithmic)»"
    axes = axes_of(draw_detector_losses({"YOLO26": [1.0, 0.5]}))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("«training step»", "«loss per image»")
