"""Every chapter keeps its promises to the reader: a prediction, a slider, exercises that run."""

from __future__ import annotations

import ast
import re

import pytest
from conftest import ROOT, book_pages

CHAPTERS = [page for page in book_pages() if "/course/" in page]
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n((?::[^\n]*\n)*)(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADINGS = ("Predict", "Predicted and measured", "Exercises", "Check yourself")
TERM = re.compile(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`")


def text_of(page: str) -> str:
    return (ROOT / f"{page}.md").read_text(encoding="utf-8")


def cells(page: str) -> list[tuple[str, str]]:
    """Return (options, program) of each code cell."""
    return [(options, program.strip()) for options, program in CELL.findall(text_of(page))]


def headwords() -> set[str]:
    glossary = text_of("book/glossary").split("```{glossary}")[1].split("```")[0]
    return set(re.findall(r"^(\S.*)$", glossary, re.MULTILINE))


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_cell_holds_at_most_ten_lines_that_a_phone_can_show(page: str) -> None:
    for _options, program in cells(page):
        lines = program.splitlines()
        assert len(lines) <= 10, program
        assert max(map(len, lines)) <= 74, program


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_asks_before_it_shows(page: str) -> None:
    text = text_of(page)
    found = re.findall(r"^## (.+)$", text, re.MULTILINE)
    for heading in HEADINGS:
        assert heading in found, heading
    assert text.index("## Predict") < text.index("```{code-cell}")


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_has_a_slider_whose_function_says_where_it_starts(page: str) -> None:
    sliders = re.findall(r"explore\(\s*(\w+),(.+?)\)", text_of(page), re.DOTALL)
    assert sliders
    programs = "\n".join(program for _options, program in cells(page))
    functions = {
        node.name: len(node.args.args) - len(node.args.defaults)
        for node in ast.walk(ast.parse(programs))
        if isinstance(node, ast.FunctionDef)
    }
    for name, _axes in sliders:
        assert functions[name] == 0, f"{name} has a parameter without a default"


@pytest.mark.parametrize("page", CHAPTERS)
def test_each_of_three_exercises_has_a_solution_that_the_build_runs(page: str) -> None:
    exercises = re.findall(r"\{admonition\} Exercise (\d)\n:class: exercise", text_of(page))
    assert exercises == ["1", "2", "3"]
    parts = re.split(r":::\{admonition\} Exercise \d", text_of(page))[1:]
    for part in parts:
        hidden = [program for options, program in CELL.findall(part) if "solution" in options]
        assert hidden, part[:200]
        assert part.count("hide-cell, solution") == len(hidden), part[:200]
        assert all(ast.parse(program).body for program in hidden)


@pytest.mark.parametrize("page", CHAPTERS)
def test_each_exercise_says_how_long_it_takes_and_answers_in_words(page: str) -> None:
    for part in re.split(r":::+\{admonition\} Exercise \d", text_of(page))[1:]:
        part = part.split("\n## ")[0]
        assert re.search(r"^\*(Easy|Medium|Hard), about \d+ minutes\.\*$", part, re.MULTILINE), part
        answers = re.findall(r"^:::+\{dropdown\} Answer\n(.+?)\n:::", part, re.M | re.S)
        assert len(answers) == 1, part[:200]
        assert len(re.findall(r"[.!?](?=\s|$)", answers[0])) >= 2, answers[0]


@pytest.mark.parametrize("page", CHAPTERS)
def test_three_questions_each_with_a_reason_under_every_answer(page: str) -> None:
    quizzes = re.findall(r"^:::\{quiz\}\n:correct: (\d)\n(.*?)^:::$", text_of(page), re.M | re.S)
    assert len(quizzes) == 3
    for _correct, body in quizzes:
        answers = re.findall(r"^- .+\n\n  \S", body, re.MULTILINE)
        assert len(answers) == len(re.findall(r"^- ", body, re.MULTILINE)) >= 3


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_names_its_terms_and_cites_its_sources(page: str) -> None:
    text = text_of(page)
    terms = text.split("## Terms of this chapter")[1]
    assert len(TERM.findall(terms)) >= 5
    lower = {word.lower() for word in headwords()}
    for term in TERM.findall(text):
        assert term.lower() in lower, term
    assert "{cite}" in text


def test_the_glossary_explains_each_term_in_two_to_four_sentences() -> None:
    glossary = text_of("book/glossary").split("```{glossary}")[1].split("```")[0]
    entries = re.split(r"^(?=\S)", glossary, flags=re.MULTILINE)[1:]
    assert len(entries) == len(headwords()) >= 118
    for entry in entries:
        headword, *lines = entry.strip().splitlines()
        prose = re.sub(r"\$[^$]*\$|\{\w+\}`[^`]*`", "X", " ".join(lines))
        sentences = re.findall(r"[.!?](?=\s|$)", prose)
        assert 2 <= len(sentences) <= 4, headword
