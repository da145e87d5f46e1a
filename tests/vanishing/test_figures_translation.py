"""Figures of translators show the numbers they are given, in the reader's language."""

import pytest
from drawn import axes_of, legend_of

from vanishing.figures import (
    Drawing,
    draw_first_token_gradients,
    draw_right_words,
    draw_source_gradients,
)


def drawn(drawing: Drawing) -> list[tuple[list[float], list[float]]]:
    """Return positions and values of the lines that hold data, in order."""
    lines = [line for line in axes_of(drawing).lines if len(line.get_xdata()) > 1]  # type: ignore[arg-type]
    return [(list(map(float, a.get_xdata())), list(map(float, a.get_ydata()))) for a in lines]  # type: ignore[arg-type]


def test_right_words_are_medians_on_an_axis_from_0_to_1() -> None:
    shares = {"RNN": {2: (0.7, 0.8, 0.9), 24: (0.1, 0.3, 0.2)}}
    drawing = draw_right_words(shares, {2: 0.5, 24: 0.25})
    assert drawn(drawing) == [([2.0, 24.0], [0.8, 0.2]), ([2.0, 24.0], [0.5, 0.25])]
    assert axes_of(drawing).get_ylim() == pytest.approx((0, 1))
    assert axes_of(drawing).get_yscale() == "linear"
    assert legend_of(drawing) == ["RNN", "another sentence"]
    assert "RNN: 0.8 at a length of 2, 0.2 at a length of 24." in drawing.description


def test_the_comparison_can_be_left_out() -> None:
    assert legend_of(draw_right_words({"LSTM": {4: (1.0,)}})) == ["LSTM"]


def test_gradients_by_length_are_drawn_on_a_log_axis_with_a_tick_per_length() -> None:
    drawing = draw_first_token_gradients({"RNN": {4: 1e-2, 24: 1e-9}, "LSTM": {4: 1e-2, 24: 1e-6}})
    assert drawn(drawing)[0] == ([4.0, 24.0], [1e-2, 1e-9])
    assert axes_of(drawing).get_yscale() == "log"
    assert list(axes_of(drawing).get_xticks()) == [4, 24]
    assert "LSTM: 0.01 at a length of 4, 1.0e-6 at a length of 24." in drawing.description


def test_source_tokens_are_counted_from_1_and_the_axis_stays_put() -> None:
    drawing = draw_source_gradients({"attention": [0.5, 0.1, 0.2]}, limits=(1e-10, 10))
    assert drawn(drawing)[0] == ([1.0, 2.0, 3.0], [0.5, 0.1, 0.2])
    assert axes_of(drawing).get_ylim() == pytest.approx((1e-10, 10))
    assert "attention: 0.5 at the first token, 0.2 at the last." in drawing.description


def test_figures_without_data_are_refused() -> None:
    with pytest.raises(ValueError, match="accuracies must name at least one network, got none"):
        draw_right_words({})
    with pytest.raises(ValueError, match="gradients must name at least one network, got none"):
        draw_first_token_gradients({})
    with pytest.raises(ValueError, match="gradients must name at least one network, got none"):
        draw_source_gradients({})
