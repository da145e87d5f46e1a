"""A diagnosis is shown as figure, table and text, never by colour alone, in any language."""

import math
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from drawn import Speak, axes_of, legend_of

from vanishing import figures
from vanishing.diagnose import Diagnosis
from vanishing.diagnosis.findings import ALARMS, CAUSES, REMEDIES, SIGNS, WORDS
from vanishing.diagnosis.table import diagnosis_html, diagnosis_text
from vanishing.diagnosis.verdicts import VERDICTS, LayerDiagnosis, LayerEvidence
from vanishing.figures.diagnosis import LOOKS
from vanishing.watch import GradientHistory


def layer(name: str, ratio: float, verdict: str = "healthy", **changes: Any) -> LayerDiagnosis:
    cause, culprit = changes.pop("cause", ""), changes.pop("culprit", "")
    values = {"kind": "Linear", "gradient_norm": ratio, "weight_norm": 1.0}
    evidence = LayerEvidence(name=name, relative_gradient=ratio, **{**values, **changes})
    return LayerDiagnosis(evidence, verdict, cause, culprit)


def sick() -> Diagnosis:
    return Diagnosis(
        "Net",
        2.3,
        (
            layer("in", 0.0, "starving", cause="blocked", culprit="<mid>"),
            layer("<mid>", 0.0, "dead", cause="inactive", inactive_share=0.955),
            layer("half", 1e-9, "underflowing", cause="half_precision", lost_share=0.3),
            layer("far", math.inf, "exploding", cause="large_error"),
            layer("out", 0.5, frozen=True),
        ),
    )


class Table(HTMLParser):
    """Collect the cells of a table, row by row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.depth: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            return
        self.depth.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            assert tag == "td" or dict(attrs)["scope"] in ("row", "col")
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.depth:
            assert self.depth.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.depth):
            self.rows[-1][-1] += data


def test_every_verdict_and_cause_has_words_and_a_sign_of_its_own() -> None:
    markers, colours = zip(*LOOKS.values(), strict=True)
    for table, values in (
        (WORDS, WORDS.values()),
        (SIGNS, SIGNS.values()),
        (LOOKS, markers),
        (LOOKS, colours),
    ):
        assert tuple(table) == VERDICTS
        assert len(set(values)) == len(VERDICTS)
    from_operation = {cause for cause in CAUSES if cause.startswith(("broken", "saturated_"))}
    assert CAUSES.keys() - REMEDIES.keys() == from_operation - {"saturated_inside"}
    assert ALARMS.keys() <= REMEDIES.keys()


def test_each_layer_is_a_point_with_the_marker_of_its_verdict() -> None:
    drawing = figures.draw_diagnosis(sick())
    assert legend_of(drawing) == ["healthy", "starving", "dead", "exploding", "underflowing"]
    drawn = {
        str(line.get_marker()): (list(line.get_xdata()), list(line.get_ydata()))  # type: ignore[arg-type]
        for line in axes_of(drawing).lines
        if line.get_linestyle() == "None"
    }
    bottom, top = axes_of(drawing).get_ylim()
    assert drawn["o"] == ([5], [pytest.approx(math.log10(0.5))])
    assert drawn["D"] == ([1], [bottom])
    assert drawn["X"] == ([2], [bottom])
    assert drawn["^"] == ([4], [top])
    assert drawn["s"] == ([3], [pytest.approx(-9)])


def test_zero_and_infinity_have_a_tick_beyond_the_powers_of_ten() -> None:
    labels = [one.get_text() for one in axes_of(figures.draw_diagnosis(sick())).get_yticklabels()]
    assert {"0", "∞"} <= set(labels)


@pytest.mark.parametrize(("value", "label"), [(0.0, "0"), (math.nan, "NaN"), (math.inf, "∞")])
def test_where_there_is_no_number_to_show_there_are_no_powers_of_ten(
    value: float, label: str
) -> None:
    only = Diagnosis("Net", math.nan, (layer("a", value, "starving"),))
    axes = axes_of(figures.draw_diagnosis(only))
    assert [one.get_text() for one in axes.get_yticklabels()] == [label]


def test_infinity_and_nan_have_rows_of_their_own_and_no_line_leads_to_them() -> None:
    values = (0.1, math.inf, math.nan, 0.0, 0.01)
    layers = tuple(layer(str(value), value, "exploding") for value in values)
    axes = axes_of(figures.draw_diagnosis(Diagnosis("Net", math.nan, layers)))
    labels = [text.get_text() for text in axes.get_yticklabels()]
    places = dict(zip(labels, map(float, axes.get_yticks()), strict=True))
    line, points = (list(map(float, one.get_ydata())) for one in axes.lines[:2])  # type: ignore[arg-type]
    assert places["0"] < -2 < -1 < places["∞"] < places["NaN"]
    assert points == pytest.approx([-1, places["∞"], places["NaN"], places["0"], -2])
    assert line == pytest.approx([-1, math.nan, math.nan, math.nan, -2], nan_ok=True)


@pytest.mark.parametrize("value", [0.0, math.nan, math.inf, 5e-324, 1e308, 1.0])
def test_any_value_can_be_shown(value: float) -> None:
    diagnosis = Diagnosis("Net", value, (layer("a", value),))
    assert ElementTree.fromstring(figures.draw_diagnosis(diagnosis).svg()).tag.endswith("svg")
    assert diagnosis_html(diagnosis)
    assert diagnosis_text(diagnosis)


def test_the_description_names_the_verdict_of_every_layer() -> None:
    text = figures.draw_diagnosis(sick()).description
    assert "each of 5 layers" in text
    assert "1: starving; 2: dead; 3: underflowing; 4: exploding; 5: healthy, frozen." in text


def test_the_table_has_a_row_per_layer_and_escapes_names() -> None:
    html = diagnosis_html(sick())
    table = Table(html)
    assert table.rows[0] == ["Layer", "Gradient norm / weight norm", "Verdict"]
    assert table.rows[2] == ["layer 2“<mid>”, Linear", "0", "✖\u00a0dead"]
    assert table.rows[5][2] == "●\u00a0healthy, frozen"
    assert len(table.rows) == 6
    assert "<mid>" not in html


def test_the_findings_say_why_and_what_to_try() -> None:
    lines = diagnosis_text(sick()).splitlines()
    assert lines[0] == "Net, loss 2.3: ▲ exploding"
    assert "◆ starving (1 of 5 layers: “in”): Layer “<mid>” on the way back is dead" in lines[6]
    assert "Repair layer “<mid>” first" in lines[6]
    assert "95% of the units" in lines[7]
    assert "Up to 30% of the entries of a gradient" in lines[8]
    assert str(sick()) == diagnosis_text(sick())


def test_in_a_deep_network_neighbours_with_one_finding_share_a_row() -> None:
    layers = [layer(str(n), 1e-9 * n, "starving", cause="lost") for n in range(1, 21)]
    layers += [layer(str(n), 0.1) for n in range(21, 31)]
    table = Table(diagnosis_html(Diagnosis("Deep", 2.3, tuple(layers))))
    assert [row[0] for row in table.rows[1:]] == [
        "layers 1 to 20“1” to “20”, Linear",
        "layers 21 to 30“21” to “30”, Linear",
    ]
    assert table.rows[1][1] == "1.0e-9 to 2.0e-8"


def test_a_diagnosis_shows_itself_on_pages_and_in_notebooks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("VANISHING_STATIC", raising=False)
    bundle = sick()._repr_mimebundle_()
    assert bundle == sick().page()
    html = diagnosis_html(sick(), figures.draw_diagnosis(sick()).html())
    assert "<svg" in html
    assert bundle == {"text/html": html, "text/plain": diagnosis_text(sick())}


def test_every_word_is_translated(speak: Speak) -> None:
    entries = {
        "healthy": "سليمة",
        "dead": "ميتة",
        "Verdict": "الحكم",
        "Try: {remedy}": "جرّب: {remedy}",
        "gradient norm / weight norm": "المعيار",
    }
    speak("ar", entries)
    html, drawing = diagnosis_html(sick()), figures.draw_diagnosis(sick())
    assert html.startswith('<div class="vg-diagnosis" dir="rtl">')
    assert "ميتة" in html
    assert "الحكم" in html
    assert "جرّب" in html
    assert {"سليمة", "ميتة"} <= {*legend_of(drawing)}
    assert axes_of(drawing).get_ylabel() == "المعيار"


def test_a_history_draws_at_most_six_layers_against_the_step() -> None:
    record = tuple(layer(f"layer{n}", 10.0**-n).evidence for n in range(20))
    history = GradientHistory("Net", (0, 50), (record, record))
    drawing = figures.draw_history(history)
    assert legend_of(drawing) == [f"layer{n}" for n in (0, 4, 8, 11, 15, 19)]
    assert "2 recorded steps" in drawing.description
    assert "layer4: 1.0e-4 at the first step" in drawing.description
    assert history._repr_mimebundle_()["text/plain"] == drawing.description


def test_an_empty_history_is_refused() -> None:
    with pytest.raises(ValueError, match=r"recorded a step, got none: call watch\(step\)"):
        figures.draw_history(GradientHistory("Net"))


def test_the_table_holds_what_is_drawn_of_each_layer() -> None:
    diagnosis = sick()
    rows = figures.draw_diagnosis(diagnosis).table.rows
    assert [row[1] for row in rows] == list(range(1, len(diagnosis.layers) + 1))
    drawn = [layer.evidence.relative_gradient for layer in diagnosis.layers]
    assert [repr(row[2]) for row in rows] == list(map(repr, drawn))
