"""The {quiz} directive: a question whose answers say whether they are right, without a script.

Nodes, for any builder: `quiz_node` holds the question's paragraphs and then its `quiz_answer`s.
`quiz_answer(correct=True | False)` holds one `quiz_choice`, the answer's text, and then the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from booktools.spoken import spoken_text

_logger = logging.getLogger(__name__)

QUESTION = "Question"
CORRECT = "Correct."
NOT_QUITE = "Not quite."
COUNT = "questions"


class quiz_node(nodes.General, nodes.Element):  # noqa: N801
    """A question: its paragraphs, then its answers. Attribute number: its place on the page."""


class quiz_answer(nodes.General, nodes.Element):  # noqa: N801
    """An answer: a quiz_choice, then the reason. Attribute correct: bool."""


class quiz_choice(nodes.General, nodes.TextElement):  # noqa: N801
    """The text of an answer, translatable like a paragraph."""


def verdict(correct: bool) -> str:
    """Return the visible word that an opened answer begins with, with its sign."""
    return f"✓ {_(CORRECT)}" if correct else f"✗ {_(NOT_QUITE)}"


class Quiz(SphinxDirective):
    """Read a question, a list of answers with reasons, and the number of the right answer."""

    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]] | None] = {
        "correct": directives.positive_int
    }

    def run(self) -> list[nodes.Node]:
        """Return the quiz; what is wrong with it becomes a warning, which fails the build."""
        number = self.env.temp_data[COUNT] = self.env.temp_data.get(COUNT, 0) + 1
        quiz = quiz_node(number=number)
        self.set_source_info(quiz)
        self.state.nested_parse(self.content, self.content_offset, quiz)
        answers = next((node for node in quiz if isinstance(node, nodes.bullet_list)), None)
        items = list(answers) if answers else []
        for fault in find_faults(items, self.options.get("correct", 0)):
            _logger.warning("quiz: %s", fault, location=quiz, type="quiz")
        if answers is not None:
            quiz.remove(answers)
        quiz.extend(
            _answer(item, number == self.options.get("correct"))
            for number, item in enumerate(items, start=1)
        )
        return [quiz]


def find_faults(items: Sequence[nodes.Node], correct: int) -> list[str]:
    """Return what is wrong with a quiz, each with its remedy."""
    faults = []
    if len(items) < 2:
        faults.append(f"needs at least two answers, got {len(items)}: write them as a list")
    if not 1 <= correct <= len(items):
        faults.append(
            f"needs one correct answer between 1 and {len(items)}, got {correct or 'none'}: "
            "give the answer's number in :correct:"
        )
    faults += [
        f"answer {number} needs a reason: write it as a paragraph of its own below the answer"
        for number, item in enumerate(items, start=1)
        if len(item.children) < 2
    ]
    return faults


def _answer(item: nodes.Node, correct: bool) -> quiz_answer:
    text, *reason = item.children
    choice = quiz_choice(getattr(text, "rawsource", ""), "", *text.children)
    choice.source, choice.line = text.source, text.line
    answer = quiz_answer("", choice, *reason, correct=correct)
    answer.source, answer.line = text.source, text.line
    return answer


def visit_quiz(self: HTML5Translator, node: quiz_node) -> None:
    """Open the block of a question with its heading, which no other question of the page has."""
    title = f"{_(QUESTION)} {node['number']}"
    attributes: dict[str, Any] = {"CLASS": "vg-quiz", "role": "group", "aria-label": title}
    self.body.append(self.starttag(node, "div", **attributes))
    self.body.append(f'<p class="vg-quiz-title">{escape(title)}</p>\n')


def depart_quiz(self: HTML5Translator, node: quiz_node) -> None:
    """Close the block."""
    self.body.append("</div>\n")


def visit_answer(self: HTML5Translator, node: quiz_answer) -> None:
    """Open an answer that shows its reason when it is opened."""
    self.body.append(self.starttag(node, "details", CLASS="vg-quiz-answer"))


def depart_answer(self: HTML5Translator, node: quiz_answer) -> None:
    """Close the answer."""
    self.body.append("</details>\n")


def visit_choice(self: HTML5Translator, node: quiz_choice) -> None:
    """Open the answer's text, which is what a reader opens; formulas are named in words."""
    name = spoken_text(node) if next(node.findall(nodes.math), None) else ""
    attributes: dict[str, Any] = {"aria-label": name} if name else {}
    self.body.append(self.starttag(node, "summary", "", **attributes))


def depart_choice(self: HTML5Translator, node: quiz_choice) -> None:
    """Close the answer's text and say whether it is right, by word and sign, not by color alone."""
    correct = node.parent["correct"]
    kind = "right" if correct else "wrong"
    self.body.append(f'</summary>\n<p class="vg-verdict {kind}">{escape(verdict(correct))}</p>\n')


def unlink_choices(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Turn links in an answer into text: what opens the answer cannot lead elsewhere as well."""
    for choice in doctree.findall(quiz_choice):
        for link in list(choice.findall(nodes.reference)):
            link.replace_self(link.children)


def setup(app: Sphinx) -> None:
    """Register the directive and its nodes."""
    app.connect("doctree-resolved", unlink_choices)
    app.add_node(quiz_node, html=(visit_quiz, depart_quiz))
    app.add_node(quiz_answer, html=(visit_answer, depart_answer))
    app.add_node(quiz_choice, html=(visit_choice, depart_choice))
    app.add_directive("quiz", Quiz)
