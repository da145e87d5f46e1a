"""Put the solutions of a printed chapter behind its text, so that a reader can try first."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from bs4 import Tag

_QUIZ, _EXERCISE, _WAY = "vg-quiz", "exercise", "vg-way"
_SOLUTION = f"div.{_QUIZ}, .tag_solution:has(> details), .{_EXERCISE} ~ details:not(.hide)"


def gather_solutions(text: Tag, heading: str) -> None:
    """Move what solves an exercise into a section at the end, and answer each quiz there.

    Exercises and solutions lead to each other. heading: what the section is called.
    """
    solutions = _outermost(text.select(_SOLUTION))
    if not solutions:
        return
    section = _element("section", [_element("h2", [heading])], "vg-solutions")
    for number, solution in enumerate(solutions):
        solve = _answer if _QUIZ in solution["class"] else _move
        section.extend(list(solve(solution, f"vg-solution-{number}")))
    for folded in section.find_all("details"):
        folded["open"] = ""
    text.append(section)


def _outermost(tags: list[Tag]) -> list[Tag]:
    known = {id(tag) for tag in tags}
    return [tag for tag in tags if not any(id(parent) in known for parent in tag.parents)]


def _answer(quiz: Tag, place: str) -> Iterator[Tag]:
    """Give a copy of the quiz with its verdicts; its question leads there and back."""
    answered = copy.copy(quiz)
    answered["id"], back = place, _address(quiz, f"{place}-task")
    for one, address in ((quiz, place), (answered, back)):
        if title := one.select_one(".vg-quiz-title"):
            title.replace_with(_link("p", title.get_text(), address, "vg-quiz-title"))
    yield answered


def _move(solution: Tag, place: str) -> Iterator[Tag]:
    """Leave a link in the solution's place; the first of an exercise brings its title."""
    before = solution.find_previous_sibling(class_=[_EXERCISE, _WAY])
    way = _link("p", _summary(solution), _address(solution, place), _WAY)
    solution.replace_with(way)
    if before is None or _EXERCISE in before["class"]:
        task = before or way
        title = task.select_one(".admonition-title") or task
        yield _link("h3", title.get_text(), _address(task, f"{place}-task"))
    yield solution


def _summary(solution: Tag) -> str:
    """Return what is written on a solution while it is folded."""
    words = solution.select_one("summary .collapsed") or solution.select_one("summary")
    return words.get_text() if words else ""


def _address(tag: Tag, otherwise: str) -> str:
    """Return the tag's id, which it gets where it has none."""
    return str(tag.attrs.setdefault("id", otherwise))


def _link(name: str, words: str, place: str, kind: str = "") -> Tag:
    link = _element("a", [" ".join(words.split())])
    link["href"] = f"#{place}"
    return _element(name, [link], kind)


def _element(name: str, parts: list[Tag | str], kind: str = "") -> Tag:
    tag = Tag(name=name, attrs={"class": kind} if kind else {})
    tag.extend(parts)
    return tag
