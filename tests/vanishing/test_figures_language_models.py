"""Figures of the chapter on language models show what they are given, in words too."""

import math

import pytest
from drawn import axes_of, data_of, legend_of

from vanishing.figures import draw_losses_by_rate, draw_stream


def test_the_stream_starts_before_the_first_block() -> None:
    drawing = draw_stream([1.0, 2.0, 3.0], [4.0, 2.0, 1.0], limits=(0.1, 100))
    assert legend_of(drawing) == ["signal, forward", "gradient, backward"]
    assert data_of(drawing) == ([0, 1, 2], [1.0, 2.0, 3.0])
    assert data_of(drawing, 1)[1] == [4.0, 2.0, 1.0]
    assert axes_of(drawing).get_ylim() == pytest.approx((0.1, 100))
    assert "gradient, backward: 4 before the first block, 1 behind" in drawing.description


def test_losses_by_rate_are_medians_and_the_best_rate_is_named() -> None:
    drawing = draw_losses_by_rate({"n = 32": {0.01: [1.0, 3.0, 2.0], 0.1: [math.nan, 4.0, 4.0]}})
    assert axes_of(drawing).get_xscale() == "log"
    assert data_of(drawing) == ([0.01, 0.1], [2.0, 4.0])
    assert "n = 32: the least loss is 2, at a learning rate of 0.01." in drawing.description


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="losses must name at least one model, got none"):
        draw_losses_by_rate({})
    with pytest.raises(ValueError, match=r"a key of losses.* must be above 0, got 0.0: write 1e-9"):
        draw_losses_by_rate({"a": {0.0: [1.0]}})
