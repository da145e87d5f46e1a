"""Figures of residual blocks show the numbers they are given, in the reader's language."""

import pytest
from drawn import Speak, axes_of, legend_of

from vanishing.figures import Drawing, draw_lesions, draw_path_shares, draw_signal_growth


def drawn(drawing: Drawing) -> list[tuple[list[float], list[float]]]:
    """Return positions and values of the lines that hold data, in order."""
    lines = [line for line in axes_of(drawing).lines if line.get_linestyle() != "None"]
    pairs = [(list(map(float, a.get_xdata())), list(map(float, a.get_ydata()))) for a in lines]  # type: ignore[arg-type]
    return [pair for pair in pairs if pair[0] != [0.0, 1.0]]


def test_growth_is_drawn_from_the_input_on_on_a_log_axis() -> None:
    drawing = draw_signal_growth({"sum": [1.0, 2.0, 4.0], "ReZero": [1.0, 1.0, 1.0]})
    assert drawn(drawing)[0] == ([0.0, 1.0, 2.0], [1.0, 2.0, 4.0])
    assert drawn(drawing)[1] == ([0.0, 1.0, 2.0], [1.0, 1.0, 1.0])
    assert axes_of(drawing).get_yscale() == "log"
    assert legend_of(drawing) == ["sum", "ReZero"]
    assert "sum: 1 at the input, 4 at the end." in drawing.description


def test_the_axis_of_growth_stays_put_within_its_limits() -> None:
    drawing = draw_signal_growth({"sum": [1.0, 2.0]}, limits=(0.1, 1e6))
    assert axes_of(drawing).get_ylim() == pytest.approx((0.1, 1e6))


def test_paths_and_gradient_are_drawn_by_length_and_their_peaks_described() -> None:
    drawing = draw_path_shares([0.25, 0.5, 0.25], [0.7, 0.31, -0.01])
    assert drawn(drawing)[0] == ([0.0, 1.0, 2.0], [0.25, 0.5, 0.25])
    assert drawn(drawing)[1] == ([0.0, 1.0, 2.0], [0.7, 0.31, -0.01])
    assert axes_of(drawing).get_yscale() == "linear"
    assert "share of the paths: largest at a length of 1." in drawing.description
    assert "share of the gradient: largest at a length of 0." in drawing.description


def test_a_share_that_is_nearly_zero_does_not_pull_the_axis_below_zero() -> None:
    drawing = draw_path_shares([0.5, 0.5], [1.00001, -0.00001])
    assert axes_of(drawing).get_ylim()[0] == 0


def test_deletions_are_numbered_from_one_and_the_whole_network_stands_in_the_legend() -> None:
    drawing = draw_lesions({"ReLU": 0.947, "ResNet": 0.98}, {"ReLU": [0.1, 0.2], "ResNet": [1, 0]})
    assert drawn(drawing)[0] == ([1.0, 2.0], [0.1, 0.2])
    assert legend_of(drawing) == ["ReLU, whole: 0.95", "ResNet, whole: 0.98", "guessing: 0.1"]
    low, high = axes_of(drawing).get_ylim()
    assert low <= 0
    assert high >= 1
    assert "ReLU, whole: 0.95. Without one layer: from 0.10 to 0.20." in drawing.description


def test_words_come_from_the_readers_catalogue(speak: Speak) -> None:
    entries = {
        "mean square of the signal": "trung bình bình phương",
        "share of the paths": "phần các đường đi",
        "{network}, whole: {accuracy}": "{network}, nguyên vẹn: {accuracy}",
    }
    speak("vi", entries)
    growth = draw_signal_growth({"sum": [1.0, 2.0]})
    assert axes_of(growth).get_ylabel() == "trung bình bình phương"
    assert legend_of(draw_path_shares([1.0], [1.0]))[0] == "phần các đường đi"
    assert legend_of(draw_lesions({"A": 1.0}, {"A": [0.5]}))[0] == "A, nguyên vẹn: 1.00"


def test_drawings_without_data_are_refused() -> None:
    with pytest.raises(ValueError, match="mean_squares must name at least one kind of block"):
        draw_signal_growth({})
    with pytest.raises(ValueError, match="one share per length, got 1 and 2: pass lists of equal"):
        draw_path_shares([1.0], [0.5, 0.5])
    with pytest.raises(ValueError, match=r"same networks, got \['A'\] and \['B'\]: measure both"):
        draw_lesions({"A": 1.0}, {"B": [0.5]})
    with pytest.raises(ValueError, match="whole must name at least one network, got none"):
        draw_lesions({}, {})
