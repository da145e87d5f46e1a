"""A printed chapter asks first and answers at its end."""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag

from booktools.editions.solutions import gather_solutions

TEXT = """
<article>
<section id="exercises"><h2>Exercises</h2>
<div class="exercise admonition"><p class="admonition-title">Exercise 1</p><p>Why?</p></div>
<details class="sd-dropdown"><summary>Hint</summary><p>A thought.</p></details>
<div class="cell tag_solution"><details class="hide"><summary>
<span class="collapsed">Show the solution</span><span class="expanded">Hide it</span></summary>
<pre>1 + 1</pre><details class="hide"><summary>More</summary></details></details></div>
<div class="exercise admonition" id="own"><p class="admonition-title">Exercise 2</p></div>
<div class="cell"><details class="hide"><summary>Show code</summary><pre>given</pre></details></div>
<details class="sd-dropdown" id="named"><summary>Answer</summary><p>So.</p></details>
</section>
<section><div class="vg-quiz"><p class="vg-quiz-title">Question 1</p>
<details class="vg-quiz-answer"><summary>Two.</summary><p>It is right.</p></details></div>
</section>
</article>
"""


def gathered(text: str = TEXT) -> Tag:
    article = BeautifulSoup(text, "html5lib").article
    assert article is not None
    gather_solutions(article, "Solutions")
    return article


def solutions(article: Tag) -> Tag:
    section = article.select_one(".vg-solutions")
    assert section is not None
    return section


def words(tags: list[Tag]) -> list[str]:
    return [" ".join(tag.get_text(" ").split()) for tag in tags]


def test_what_solves_an_exercise_stands_at_the_end_below_its_title() -> None:
    section = solutions(gathered()).extract()
    assert words(section.select("h2, h3, p, pre")) == [
        *("Solutions", "Exercise 1", "A thought.", "1 + 1"),
        *("Exercise 2", "So.", "Question 1", "It is right."),
    ]
    assert all("open" in folded.attrs for folded in section.select("details"))


def test_the_text_keeps_its_questions_and_no_answer() -> None:
    article = gathered()
    solutions(article).extract()
    said = " ".join(words([article]))
    assert "Hint Show the solution Exercise 2 Show code given Answer Question 1 Two." in said
    assert "A thought." not in said
    assert not article.select("details[open]")


def test_questions_and_solutions_lead_to_each_other() -> None:
    article = gathered()
    ids = [str(tag["id"]) for tag in article.select("[id]")]
    assert len(ids) == len(set(ids))
    ways = [str(link["href"]).removeprefix("#") for link in article.select("a")]
    assert len(ways) == 7
    assert set(ways) <= set(ids)
    assert {"own", "named"} <= set(ways)


def test_a_solution_without_an_exercise_is_called_what_unfolds_it() -> None:
    cell = (
        '<div class="tag_solution"><details class="hide"><summary>Look</summary>1</details></div>'
    )
    article = gathered(f"<article>{cell}</article>")
    assert words(solutions(article).select("h3")) == ["Look"]


def test_what_unfolds_in_the_text_and_solves_nothing_stays_there() -> None:
    text = "<article><details><summary>Aside</summary><p>By the way.</p></details></article>"
    assert gathered(text).select_one(".vg-solutions") is None
