"""A table puts predictions beside measurements; a row that fails says so in a word and in red."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from vanishing import localisation
from vanishing.measurements import Comparison, compare
from vanishing.tables import ALARM, STATEMENTS, Table, predicted, predicted_and_measured, source
from vanishing.theory import PREDICTIONS, Prediction, Source
from vanishing.training_theory import TRAINING_PREDICTIONS

TRUE = Prediction(key="slopes/tanh-max", value=1, tolerance=0.01, source=Source("A & B 2000", "14"))
FALSE = Prediction(key="no/such-key", value=2, tolerance=0.01, source=Source("A & B 2000"))


class Cells(HTMLParser):
    """Collect the words of a table's cells, with their tags, scopes and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("th", "td", "caption"):
            self.cells.append((tag, dict(attrs), []))

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1][2].append(data)

    def words(self) -> list[str]:
        return [" ".join(words) for _tag, _attributes, words in self.cells]


def table() -> Table:
    return predicted_and_measured([Comparison(TRUE, 1.0), Comparison(FALSE, 3.0)])


def test_every_prediction_has_words_and_no_words_are_left_over() -> None:
    assert set(STATEMENTS) == {one.key for one in (*PREDICTIONS, *TRAINING_PREDICTIONS)}


def test_a_row_says_what_is_measured_and_where_it_was_predicted() -> None:
    words = Cells(table().html()).words()
    assert "tanh, largest slope A & B 2000, equation 14" in words
    assert "1 ± 0.01" in words


def test_a_false_prediction_fails_in_a_word_and_in_red() -> None:
    cells = Cells(table().html()).cells
    (failing,) = [cell for cell in cells if cell[2] == ["✗ FAILS"]]
    (agreeing,) = [cell for cell in cells if cell[2] == ["✓ agrees"]]
    assert failing[1]["style"] == ALARM
    assert "style" not in agreeing[1]
    assert table().summary() == "1 of 2 rows fails."


def test_a_table_without_failures_has_nothing_in_red() -> None:
    good = predicted_and_measured(compare("slopes", "underflow"))
    assert ALARM not in good.html()
    assert good.summary() == "10 rows: all agree."


def test_the_table_can_be_read_by_a_screen_reader() -> None:
    cells = Cells(table().html()).cells
    assert [cell[1].get("scope") for cell in cells if cell[0] == "th"] == ["col"] * 4 + ["row"] * 2
    assert [cell[2] for cell in cells if cell[0] == "caption"] == [["1 of 2 rows fails."]]


def test_the_plain_text_says_the_same() -> None:
    assert table().text().splitlines() == [
        "statement | predicted | measured | verdict",
        "tanh, largest slope (A & B 2000, equation 14) | 1 ± 0.01 | 1 | ✓ agrees",
        "no/such-key (A & B 2000) | 2 ± 0.01 | 3 | ✗ FAILS",
        "1 of 2 rows fails.",
    ]
    assert table()._repr_mimebundle_()["text/plain"] == table().text()


def test_what_we_calculated_ourselves_is_not_put_in_anyones_mouth() -> None:
    assert source(Source(derived=True)) == "calculated from the definition"
    assert source(Source("A 2000", derived=True)) == "calculated from A 2000"
    assert (
        source(Source("A 2000", "6, 7", derived=True))
        == "calculated from A 2000, equations 6 and 7"
    )
    assert source(Source("A 2000")) == "A 2000"


def test_no_tolerance_is_shown_wider_than_it_is() -> None:
    for one in PREDICTIONS:
        if one.tolerance and not one.key.startswith("recurrence"):
            assert predicted(one).endswith(f"± {one.tolerance:g}"), one.key


def test_bounds_and_exact_numbers_are_told_apart() -> None:
    bound = Prediction(key="a/b", value=0.25, tolerance=0, source=Source("A"), is_bound=True)
    exact = Prediction(key="a/b", value=75, tolerance=0, source=Source("A"))
    fine = Prediction(key="a/b", value=1, tolerance=0.025, source=Source("A"))
    assert predicted(fine) == "1 ± 0.025"
    assert predicted(bound) == "at most 0.25"
    assert predicted(exact) == "exactly 75"


def test_a_citation_cannot_bring_markup() -> None:
    evil = Prediction(key="<b>/x", value=1, tolerance=1, source=Source("<script>"))
    assert "<script>" not in predicted_and_measured([Comparison(evil, 1.0)]).html()
    assert "<b>/x" not in predicted_and_measured([Comparison(evil, 1.0)]).html()


def test_the_words_come_from_the_readers_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ar" / "LC_MESSAGES" / "vanishing.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid "✗ FAILS"\nmsgstr "✗ لا يتفق"\n', encoding="utf-8")
    monkeypatch.setattr(localisation, "LOCALES", tmp_path)
    localisation.set_language("ar")
    html = table().html()
    assert "✗ لا يتفق" in html
    assert 'dir="rtl"' in html


def test_an_empty_table_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"comparisons must hold at least 1, got none: pass compare"
    ):
        predicted_and_measured([])
