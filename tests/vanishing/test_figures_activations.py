"""The figures of the activation chapter show the data, in the reader's language."""

from collections.abc import Iterator

import pytest
from drawn import axes_of, legend_of

from vanishing import figures
from vanishing.localisation import set_language

POSITIONS = (-1.0, 0.0, 1.0)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    set_language("en")


def values_of(drawing: figures.Drawing, line: int) -> list[float]:
    lines = [one for one in axes_of(drawing).lines if len(one.get_ydata())]
    return [float(value) for value in lines[line].get_ydata()]


def test_a_function_and_its_derivative_are_two_lines_and_one_is_marked() -> None:
    drawing = figures.draw_activation("ReLU", POSITIONS, (0.0, 0.0, 1.0), (0.0, 0.0, 1.0))
    assert legend_of(drawing) == ["ReLU: function", "ReLU: derivative", "height 1"]
    assert values_of(drawing, 0) == [0.0, 0.0, 1.0]
    assert "for inputs from -1 to 1. The derivative lies between 0 and 1." in drawing.description


def test_limits_keep_the_axis_while_the_function_changes() -> None:
    spans = []
    for slope in (0.25, 1.1):
        drawing = figures.draw_activation("x", POSITIONS, POSITIONS, [slope] * 3, limits=(-2, 5))
        spans.append(axes_of(drawing).get_ylim())
    assert spans[0] == spans[1]


def test_slopes_of_several_functions_share_one_chart() -> None:
    drawing = figures.draw_slopes(
        POSITIONS, {"sigmoid": (0.2, 0.25, 0.2), "GELU": (-0.1, 0.5, 1.1)}
    )
    assert legend_of(drawing) == ["sigmoid", "GELU", "height 1"]
    assert values_of(drawing, 1) == [-0.1, 0.5, 1.1]
    assert "GELU: from -0.1 to 1.1." in drawing.description


def test_no_function_is_refused() -> None:
    with pytest.raises(ValueError, match="slopes must name at least one function, got none: pass"):
        figures.draw_slopes(POSITIONS, {})


@pytest.mark.parametrize("draw", [figures.draw_saturated_units, figures.draw_dead_units])
def test_shares_are_drawn_per_layer_from_0_to_1(draw: object) -> None:
    assert callable(draw)
    drawing = draw((0, 10), [(0.0, 0.25), (0.0, 0.75)])
    assert legend_of(drawing) == ["hidden layer 1", "hidden layer 2"]
    assert values_of(drawing, 1) == [0.25, 0.75]
    assert axes_of(drawing).get_ylim() == (0.0, 1.0)
    assert "hidden layer 2: 0.25 before training, 0.75 after 10 training" in drawing.description


@pytest.mark.parametrize("shares", [[], [(0.0,)], [(0.0,)] * 3])
def test_shares_that_do_not_fit_the_steps_are_refused(shares: list[tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match=f"each of 2 steps, got {len(shares)}: pass the steps"):
        figures.draw_dead_units((0, 10), shares)


@pytest.mark.parametrize("language", ["vi", "zh_CN", "tr", "pt", "ar"])
def test_every_figure_can_be_drawn_in_every_language(language: str) -> None:
    set_language(language)
    for drawing in (
        figures.draw_activation("SiLU", POSITIONS, POSITIONS, POSITIONS),
        figures.draw_slopes(POSITIONS, {"SiLU": POSITIONS}),
        figures.draw_dead_units((0, 10), [(0.0,), (1.0,)]),
    ):
        assert drawing.svg().startswith("<svg")
        assert drawing.description
