"""The figures of the chapter on initialization show their numbers."""

import pytest
from drawn import axes_of, legend_of
from matplotlib.lines import Line2D

from vanishing.figures import Drawing, draw_accuracies, draw_chi, draw_propagation


def lines_of(drawing: Drawing) -> list[Line2D]:
    return [line for line in axes_of(drawing).lines if len(line.get_xydata()) > 1]


def test_every_seed_has_a_bar_for_every_network() -> None:
    drawing = draw_accuracies({"He init": [0.9, 0.8], "Xavier init": [0.1, 0.08]})
    heights = sorted(bar.get_height() for bar in axes_of(drawing).patches)
    assert heights == pytest.approx([0.08, 0.1, 0.8, 0.9])
    assert legend_of(drawing) == ["He init", "Xavier init", "guessing: 0.1"]
    assert [text.get_text() for text in axes_of(drawing).get_xticklabels()] == ["0", "1"]
    assert "He init. Accuracy between 0.8 and 0.9." in drawing.description


def test_the_accuracies_always_have_the_whole_axis() -> None:
    low, high = axes_of(draw_accuracies({"Xavier init": [0.1]})).get_ylim()
    assert (low, high) == (0, 1)


def test_the_theory_is_a_line_and_the_measurements_stand_on_it() -> None:
    drawing = draw_chi({0.5: 0.4, 1.0: 0.8, 2.0: 1.1}, {2.0: 1.12, 0.5: 0.41})
    theory, measured = lines_of(drawing)[:2]
    assert list(theory.get_xdata()) == [0.5, 1.0, 2.0]
    assert list(measured.get_xdata()) == [0.5, 2.0]
    assert list(measured.get_ydata()) == [0.41, 1.12]
    assert legend_of(drawing) == ["theory", "measured", "edge of chaos: 1"]
    assert "theory gives 0.400, and 0.410 is measured; at 2" in drawing.description


def test_the_predicted_norms_are_a_power_of_the_factor() -> None:
    drawing = draw_propagation([0.3, 0.5, 1.0], 0.3, 0.25, limits=(0.01, 10))
    theory, measured = lines_of(drawing)[:2]
    assert list(theory.get_ydata()) == [0.25, 0.5, 1.0]
    assert list(measured.get_ydata()) == [0.3, 0.5, 1.0]
    assert legend_of(drawing) == ["theory: χ = 0.250", "measured: χ = 0.300"]
    assert axes_of(drawing).get_ylim() == pytest.approx((0.01, 10))
    assert "it goes from 1 to 0.3." in drawing.description


def test_figures_without_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"accuracies must name at least one network, got none"):
        draw_accuracies({})
    with pytest.raises(ValueError, match=r"predicted must name at least one variance, got none"):
        draw_chi({}, {})
    with pytest.raises(ValueError, match=r"norms must hold at least two layers, got 1: pass"):
        draw_propagation([1.0], 1.0, 1.0)
