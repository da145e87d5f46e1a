"""Figures of recurrent networks show the numbers they are given, in the reader's language."""

import math

import pytest
from drawn import Speak, axes_of, legend_of

from vanishing.figures import Drawing, draw_gradient_by_time

RELATIVE = {"tanh": [1e-4, 1e-2, 1.0], "LSTM": [0.25, 0.5, 1.0]}


def line(drawing: Drawing, number: int) -> tuple[list[float], list[float]]:
    one = [line for line in axes_of(drawing).lines if line.get_linestyle() != "None"][number]
    return list(one.get_xdata()), list(one.get_ydata())  # type: ignore[arg-type]


def test_gradients_are_drawn_from_time_step_0_on_a_log_axis() -> None:
    drawing = draw_gradient_by_time(RELATIVE)
    assert line(drawing, 0) == ([0.0, 1.0, 2.0], [1e-4, 1e-2, 1.0])
    assert line(drawing, 1) == ([0.0, 1.0, 2.0], [0.25, 0.5, 1.0])
    assert axes_of(drawing).get_yscale() == "log"
    assert axes_of(drawing).get_xlabel() == "time step"
    assert axes_of(drawing).get_ylabel() == "gradient norm (last step = 1)"
    assert legend_of(drawing) == ["tanh", "LSTM"]


def test_the_description_says_how_much_arrives_at_the_first_step() -> None:
    description = draw_gradient_by_time(RELATIVE).description
    assert "tanh: 1.0e-4 at time step 0. LSTM: 0.25 at time step 0." in description


def test_the_axis_of_the_gradients_stays_put_within_its_limits() -> None:
    drawing = draw_gradient_by_time(RELATIVE, limits=(1e-10, 1e3))
    assert axes_of(drawing).get_ylim() == pytest.approx((1e-10, 1e3))


def test_a_gradient_of_zero_and_one_that_is_no_number_are_marked() -> None:
    names = legend_of(draw_gradient_by_time({"ReLU": [0.0, 1.0], "tanh": [math.nan, 1.0]}))
    assert names == ["ReLU", "tanh", "zero or underflow", "NaN (not a number)"]


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="relative must name at least one network, got none"):
        draw_gradient_by_time({})


def test_labels_speak_the_reader_s_language(speak: Speak) -> None:
    entries = {
        "time step": "خطوة زمنية",
        "gradient norm (last step = 1)": "معيار التدرج",
    }
    speak("ar", entries)
    axes = axes_of(draw_gradient_by_time(RELATIVE))
    assert axes.get_xlabel() == entries["time step"]
    assert axes.get_ylabel() == entries["gradient norm (last step = 1)"]
