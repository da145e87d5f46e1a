"""Charts show every value, on linear and logarithmic axes, and stay put under a slider."""

import math
from xml.etree import ElementTree

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.legend import Legend
from matplotlib.transforms import BboxBase

from vanishing.figures.charts import RIGHT, Series, bar_chart, line_chart, mirrored
from vanishing.figures.drawing import Drawing, Picture
from vanishing.localisation import set_language

NAN, INF = math.nan, math.inf
WORDS = {"x": "input", "y": "output", "description": "A chart."}


def axes_of(drawing: Picture) -> Axes:
    return drawing.draw().axes[0]


def legend_of(drawing: Picture) -> list[str]:
    legend = axes_of(drawing).get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def y_ticks(drawing: Picture) -> list[str]:
    return [text.get_text() for text in axes_of(drawing).get_yticklabels()]


def test_a_linear_chart_shows_negative_values_and_zero() -> None:
    drawing = line_chart([Series("tanh", (-1.0, 0.0, 1.0), (-0.76, 0.0, 0.76))], **WORDS)
    assert list(axes_of(drawing).lines[0].get_ydata()) == [-0.76, 0.0, 0.76]  # type: ignore[arg-type]
    assert legend_of(drawing) == ["tanh"]
    assert "0" in y_ticks(drawing)
    assert "-0.5" in y_ticks(drawing)


def test_ticks_are_written_whole() -> None:
    drawing = line_chart([Series("a", (0.0, 1.0), (0.0, 0.25))], **WORDS)
    assert y_ticks(drawing) == ["0", "0.05", "0.1", "0.15", "0.2", "0.25"]


def test_nan_and_infinity_are_marked_on_a_linear_axis_too() -> None:
    drawing = line_chart([Series("a", (1.0, 2.0, 3.0), (1.0, NAN, INF))], **WORDS)
    assert legend_of(drawing) == ["a", "infinite (overflow)", "NaN (not a number)"]


def test_marks_are_lines_with_a_place_in_the_legend() -> None:
    drawing = line_chart([Series("a", (1.0, 2.0), (1.0, 2.0))], **WORDS, marks={"bound": 9.0})
    assert legend_of(drawing) == ["a", "bound"]
    assert axes_of(drawing).get_ylim()[1] >= 9


def test_limits_keep_a_linear_axis_still() -> None:
    limits = (0.0, 10.0)
    first, second = (
        line_chart([Series("a", (1.0, 2.0), (1.0, top))], **WORDS, limits=limits)
        for top in (2.0, 9.0)
    )
    assert axes_of(first).get_ylim() == axes_of(second).get_ylim()


def test_both_axes_can_be_logarithmic() -> None:
    positions = (1e-4, 1e-2, 1.0)
    drawing = line_chart(
        [Series("a", positions, (0.0, 1e-3, 1.0))], **WORDS, log_x=True, log_y=True
    )
    assert axes_of(drawing).get_xscale() == axes_of(drawing).get_yscale() == "log"
    assert legend_of(drawing) == ["a", "zero or underflow"]


def test_smooth_curves_have_no_markers_and_still_differ() -> None:
    curves = [Series(name, (0.0, 1.0), (0.0, 1.0)) for name in "abcde"]
    lines = axes_of(line_chart(curves, **WORDS, markers=False)).lines[::4]
    assert {line.get_marker() for line in lines} <= {"", "None"}
    assert (
        len({str(line.get_linestyle()) + str(line._unscaled_dash_pattern) for line in lines}) == 5
    )  # type: ignore[attr-defined]


def test_each_series_can_have_markers_or_none() -> None:
    curve, points = (Series(name, (0.0, 1.0), (0.0, 1.0)) for name in "ab")
    lines = axes_of(line_chart([curve, points], **WORDS, markers=(False, True))).lines[::4]
    assert [line.get_marker() in ("", "None") for line in lines] == [True, False]
    with pytest.raises(ValueError, match=r"as many as the series, got 1 for 2 series: pass one"):
        line_chart([curve, points], **WORDS, markers=(False,))


@pytest.mark.parametrize("markers", [True, False])
def test_values_that_are_not_joined_are_all_points_without_a_line(markers: bool) -> None:
    positions = tuple(map(float, range(40)))
    drawing = line_chart(
        [Series("measured", positions, positions, joined=False)], **WORDS, markers=markers
    )
    line = axes_of(drawing).lines[0]
    assert line.get_linestyle() == "None"
    assert line.get_marker() not in ("", "None")
    assert line.get_markevery() is None
    legend = axes_of(drawing).get_legend()
    assert legend is not None
    assert [handle.get_linestyle() for handle in legend.get_lines()] == ["None"]


GROUPS = {"He init": {"10": 0.9, "30": 0.8}, "Xavier init": {"10": 0.7, "30": 0.1}}


@pytest.mark.parametrize("log", [False, True])
def test_bars_stand_side_by_side_and_have_their_groups_marker(log: bool) -> None:
    axes = axes_of(drawing := bar_chart(GROUPS, y="accuracy", description="Bars.", log_y=log))
    tops = [round(float(bar.get_y() + bar.get_height()), 9) for bar in axes.patches]  # type: ignore[attr-defined]
    assert tops == [0.9, 0.8, 0.7, 0.1]
    centres = [round(bar.get_x() + bar.get_width() / 2, 3) for bar in axes.patches]  # type: ignore[attr-defined]
    assert centres == [0.8, 1.8, 1.2, 2.2]
    assert legend_of(drawing) == ["He init", "Xavier init"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["10", "30"]
    assert ElementTree.fromstring(Drawing(lambda: drawing, dict).svg()).tag.endswith("svg")


def test_long_categories_stand_aslant() -> None:
    groups = {"a": {f"a rather long category {number}": 1.0 for number in range(5)}}
    labels = axes_of(bar_chart(groups, y="y", description="Bars.")).get_xticklabels()
    assert {label.get_rotation() for label in labels} == {30.0}


@pytest.mark.parametrize("value", [0.0, NAN, INF])
def test_a_bar_without_a_height_is_marked(value: float) -> None:
    drawing = bar_chart({"a": {"one": value, "two": 1.0}}, y="y", description="Bars.", log_y=True)
    assert len(legend_of(drawing)) == 2


def test_what_cannot_be_drawn_is_named_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"at least one series, got none: pass \[Series"):
        line_chart([], **WORDS)
    with pytest.raises(ValueError, match=r"at least one series, got none"):
        bar_chart({}, y="y", description="Bars.")
    with pytest.raises(ValueError, match=r"a: values on a logarithmic axis .* got -1.0: pass"):
        line_chart([Series("a", (1.0,), (-1.0,))], **WORDS, log_y=True)
    with pytest.raises(ValueError, match=r"a: every value must have its position, got 2 values"):
        Series("a", (1.0,), (1.0, 2.0))


def test_a_legend_in_arabic_reads_from_the_right() -> None:
    names = ["one", "two", "three"]
    set_language("ar")
    axes = axes_of(line_chart([Series(name, (0, 1), (1, 2)) for name in names], **WORDS))
    FigureCanvasAgg(axes.get_figure(root=True)).draw()
    legend = axes.get_legend()
    assert legend is not None
    one, two, three = (box_of(legend, name) for name in names)
    line = legend.get_lines()[-1].get_window_extent()
    assert three.x1 < two.x0 < two.x1 < one.x0 < one.x1 < line.x0
    assert line.x1 <= axes.get_window_extent().x1 + RIGHT


@pytest.mark.parametrize(
    "names",
    [
        ["ReLU + atalhos + ReZero: aprendeu, exatidão 92%"],
        ["ReLU + kết nối tắt + ReZero: học được, đúng 92%", "Ậ"],
        [f"شبكة ReLU + وصلات تخطٍّ + ReZero {number}: تعلّمت، 92%" for number in range(5)],
    ],
)
@pytest.mark.parametrize("code", ["pt", "ar"])
def test_a_legend_of_long_or_high_words_stays_inside_the_chart(code: str, names: list[str]) -> None:
    set_language(code)
    axes = axes_of(line_chart([Series(name, (0, 1), (1, 2)) for name in names], **WORDS))
    figure = axes.get_figure(root=True)
    assert figure is not None
    FigureCanvasAgg(figure).draw()
    legend = axes.get_legend()
    assert legend is not None
    for name in names:
        assert figure.bbox.contains(*box_of(legend, name).min)
        assert figure.bbox.contains(*box_of(legend, name).max)


def box_of(legend: Legend, name: str) -> BboxBase:
    (text,) = (text for text in legend.get_texts() if text.get_text() == name)
    return text.get_window_extent()


@pytest.mark.parametrize(
    ("count", "columns", "expected"),
    [(1, 1, ["0"]), (3, 1, ["0", "1", "2"]), (4, 2, ["2", "3", "0", "1"])],
)
def test_columns_of_a_mirrored_legend_are_read_from_the_right(
    count: int, columns: int, expected: list[str]
) -> None:
    assert mirrored([str(number) for number in range(count)], columns) == (expected, columns)


def test_columns_of_a_mirrored_legend_are_filled_up() -> None:
    assert mirrored(["a", "b", "c", "d", "e"], 4) == (["e", "", "c", "d", "a", "b"], 3)
