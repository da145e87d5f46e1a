"""What helps those who hear a page, who see it in the dark without scripts, and who read tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from docutils import nodes
from docutils.utils import new_document
from sphinx.application import Sphinx
from sphinx_design.shared import create_component

from booktools.extension.foreign import English
from booktools.extension.landing import TIME, minutes, note_time
from booktools.extension.prose_tables import is_number
from booktools.extension.quiz import quiz_answer, quiz_choice
from booktools.extension.scriptless import dark_rules
from booktools.spoken import spoken, spoken_text


@pytest.mark.parametrize(
    ("latex", "words"),
    [
        (r"\ln 1000", "ln 1000"),
        ("1.1^{40}", "1.1 to the power of 40"),
        (r"\frac{1}{\sqrt{6}}", "1 over the square root of 6"),
        (r"W_l^\top", "W l transposed"),
        (r"\phi'(z)", "ϕ′ ( z )"),
        (r"\sigma_w^2", "σ w to the power of 2"),
        (r"\text{not \nosuchcommand", r"\text{not \nosuchcommand"),
    ],
)
def test_a_formula_is_said_in_words(latex: str, words: str) -> None:
    assert spoken(latex) == words


def test_a_sentence_is_said_with_its_formulas() -> None:
    said = nodes.paragraph("", "", nodes.Text("A scale of "), nodes.math("", "2^{12}"))
    assert spoken_text(said) == "A scale of 2 to the power of 12"


@pytest.mark.parametrize("text", ["12", "−0.5", "1e-16", "3.2 ± 0.1", "97 %", "≈ 1.21", "1,000"])
def test_a_cell_with_a_number_is_one(text: str) -> None:
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "He", "2 layers", "1 to 5", "—", "a 1"])
def test_a_cell_with_words_is_no_number(text: str) -> None:
    assert not is_number(text)


@pytest.mark.parametrize(
    ("phrase", "source", "certain", "emphasized", "expected"),
    [
        ("Gradients", "", False, False, True),  # a term, in the plural
        ("random seed", "A random seed is kept.", False, False, True),
        ("seed", "A random seed is kept.", True, False, True),
        ("total", "The total is kept.", False, False, False),  # may be a word of the language
        ("saturation", "Its saturation.", False, True, True),
        ("saturation", "Its end.", True, True, False),
        ("Hochreiter", "By Hochreiter.", True, False, False),
        ("seed", "Seeds of seedlings.", True, False, False),
    ],
)
def test_english_is_a_term_or_what_the_original_says(
    phrase: str, source: str, certain: bool, emphasized: bool, expected: bool
) -> None:
    english = English(frozenset({"gradient"}), certain)
    assert english.holds(phrase, source, emphasized=emphasized) is expected


def test_rules_for_the_dark_hold_without_scripts_and_no_others_do() -> None:
    sheet = (
        "/* a{b:c} html[data-theme=dark]{x:y} */ p{color:red}"
        'html[data-theme="dark"] p, html[data-theme=light] p{color:blue}'
        "@media print{html[data-theme=dark]{--a:1}}"
    )
    assert dark_rules(sheet) == "html[data-theme] p{color:blue}\nhtml[data-theme]{--a:1}"


@pytest.mark.parametrize(
    ("text", "expected"), [("", 1), ("word " * 1800, 10), ("字" * 3000, 10), ("a 字 " * 180, 2)]
)
def test_a_text_takes_as_long_as_its_words_and_characters(text: str, expected: int) -> None:
    assert minutes(text) == expected


def _dropdown(*, opened: bool) -> nodes.Element:
    answer = create_component("dropdown", opened=opened)
    answer += nodes.paragraph("", "word " * 720)
    return answer


def _quiz_answer(*, chosen_from: bool) -> nodes.Element:
    answer, part = quiz_answer(correct=True), quiz_choice if chosen_from else nodes.paragraph
    answer += part("", "word " * 720)
    return answer


def _cell(hidden: str, part: str) -> nodes.Element:
    cell = nodes.container(classes=["cell"], hide_mode=hidden)
    cell += nodes.container("", nodes.literal_block("", "word " * 720), classes=["cell_" + part])
    return cell


def _output(shown: str) -> nodes.Element:
    bundle = nodes.container(nb_element="mime_bundle")
    for kind, text in (("text/html", shown), ("text/plain", "word " * 720)):
        part = nodes.raw if kind == "text/html" else nodes.literal_block
        bundle += nodes.container("", part("", text), mime_type=kind)
    return bundle


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (_dropdown(opened=True), 5),
        (_dropdown(opened=False), 1),
        (_quiz_answer(chosen_from=True), 5),
        (_quiz_answer(chosen_from=False), 1),
        (_cell("all", "input"), 1),
        (_cell("all", "output"), 1),
        (_cell("input", "input"), 1),
        (_cell("input", "output"), 5),
        (_cell("", "input"), 5),
        (_output("<figure><svg></svg></figure>"), 1),
        (_output("<table></table>"), 5),
    ],
)
def test_what_stays_folded_takes_no_time_of_the_page(what: nodes.Element, expected: int) -> None:
    page = new_document("page")
    page += [nodes.paragraph("", "word " * 180), what]
    kept: dict[str, dict[str, object]] = {"page": {}}
    env = SimpleNamespace(docname="page", metadata=kept)
    note_time(cast(Sphinx, SimpleNamespace(env=env)), page)
    assert kept["page"][TIME] == expected
