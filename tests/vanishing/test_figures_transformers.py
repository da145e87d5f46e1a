"""Figures of the chapter on attention show what they are given, in words too."""

import pytest
from drawn import legend_of

from vanishing.figures import (
    Drawing,
    draw_accuracies_by_length,
    draw_block_gradients,
    draw_gradients_by_length,
    draw_sensitivities,
)


def lines_of(drawing: Drawing) -> list[tuple[list[float], list[float]]]:
    """Return the points of every line that has some."""
    lines = [(one.get_xdata(), one.get_ydata()) for one in drawing.figure.axes[0].lines]
    return [(list(xs), list(ys)) for xs, ys in lines if len(xs)]  # type: ignore[arg-type]


def ticks_of(drawing: Drawing) -> list[str]:
    return [text.get_text() for text in drawing.figure.axes[0].get_xticklabels()]


def test_gradients_by_length_stand_at_their_lengths_on_two_logarithmic_axes() -> None:
    drawing = draw_gradients_by_length(
        {"RNN": {5: 1e-2, 50: 1e-17}, "attention": {5: 1.0, 50: 0.1}}
    )
    axes = drawing.figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert lines_of(drawing)[0] == ([5, 50], [1e-2, 1e-17])
    assert ticks_of(drawing) == ["5", "50"]
    assert "RNN: 0.01 at a length of 5, 1.0e-17 at a length of 50." in drawing.description


def test_a_gradient_that_underflows_is_marked() -> None:
    drawing = draw_gradients_by_length({"RNN": {5: 1e-2, 500: 0.0}})
    assert "zero or underflow" in legend_of(drawing)


def test_block_gradients_count_the_blocks_from_one_in_whole_numbers() -> None:
    drawing = draw_block_gradients({"Pre-LN": [0.5] * 15 + [0.2]}, limits=(0, 1))
    axes = drawing.figure.axes[0]
    assert lines_of(drawing)[0][0] == list(range(1, 17))
    assert ticks_of(drawing) == ["1", "5", "10", "15"]
    assert axes.get_ylim() == (0, 1)
    assert "Pre-LN: 0.5 in the first block, 0.2 in the last." in drawing.description


def test_sensitivities_keep_their_axis_and_name_both_ends() -> None:
    drawing = draw_sensitivities({"RNN": [1e-6, 1e-3, 1.0]}, limits=(1e-12, 1))
    assert drawing.figure.axes[0].get_ylim() == pytest.approx((1e-12, 1))
    assert lines_of(drawing)[0] == ([1, 2, 3], [1e-6, 1e-3, 1.0])
    assert "RNN: 1.0e-6 at the first token, 1 at the last." in drawing.description


def test_accuracies_are_medians_with_guessing_marked() -> None:
    drawing = draw_accuracies_by_length({"RNN": {5: [1.0, 0.9, 0.2], 10: [0.1]}}, chance=1 / 8)
    curve, guessing = lines_of(drawing)
    assert curve == ([5, 10], [0.9, 0.1])
    assert set(guessing[1]) == {0.125}
    assert legend_of(drawing) == ["RNN", "guessing: 0.125"]
    assert drawing.figure.axes[0].get_ylim() == (0, 1)


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="gradients must name at least one network, got none"):
        draw_gradients_by_length({})
    with pytest.raises(ValueError, match="norms must name at least one network, got none"):
        draw_block_gradients({})
    with pytest.raises(ValueError, match="sensitivities must name at least one network, got none"):
        draw_sensitivities({})
    with pytest.raises(ValueError, match="accuracies must name at least one network, got none"):
        draw_accuracies_by_length({}, chance=0.1)
