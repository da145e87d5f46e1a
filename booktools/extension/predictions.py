"""Let readers write down what they predict, and find it again beside the result.

The settings name the section with the numbered questions and, in the book's own language, the words
with which a paragraph reminds of some of them.
"""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.transforms import SphinxTransform

MARK = "vg-reminder"
QUESTIONS = "vg-questions"


class MarkReminders(SphinxTransform):
    """Mark the questions, and what reminds of them, while it still has the book's own words."""

    default_priority = 5  # before Locale (20)

    def apply(self, **_options: Any) -> None:
        """Give the list of questions its class, and each reminder one for each of its questions."""
        settings = self.config.book_predictions
        for section in self.document.findall(nodes.section):
            if settings.get("section") in section["ids"]:
                for questions in section.findall(nodes.enumerated_list):
                    questions["classes"].append(QUESTIONS)
        words: dict[str, list[int]] = settings.get("reminders", {})
        for paragraph in self.document.findall(nodes.paragraph):
            numbers = reminded(" ".join(paragraph.astext().split()), words)
            if numbers:
                paragraph["classes"] += [MARK, *(f"{MARK}-{number}" for number in numbers)]


def reminded(text: str, words: dict[str, list[int]]) -> list[int]:
    """Return the numbers of the questions of which a text reminds."""
    return sorted({number for said, numbers in words.items() if said in text for number in numbers})


def add_words(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the script its words, on a page that asks for predictions."""
    if doctree is None or QUESTIONS not in context.get("body", ""):
        return
    words = {
        "page": page,
        "yours": _("Your prediction"),
        "recalled": _("You predicted:"),
        "forget": _("Delete my predictions"),
        "kept": _("What you write stays in this browser."),
    }
    data = "".join(f' data-{name}="{escape(text)}"' for name, text in words.items())
    context["body"] += f'<div class="vg-predictions" hidden{data}></div>'


def setup(app: Sphinx) -> None:
    """Register the setting, the marking and the words."""
    app.add_config_value("book_predictions", {}, "env")
    app.add_transform(MarkReminders)
    app.connect("html-page-context", add_words)
