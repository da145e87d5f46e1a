"""A chapter's question to the laboratory: a link that opens the experiment which answers it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from html import escape
from typing import Any

from vanishing import recipes
from vanishing.explorer.training_link import PAGE
from vanishing.lab_page.questions import QUESTIONS
from vanishing.localisation import _

_BY_KEY = {question.key: question for question in QUESTIONS}


@dataclass(frozen=True)
class Asked:
    """Hold the key of one of the laboratory's experiments, which a page asks the reader to make."""

    key: str

    def html(self) -> str:
        """Return the question, which leads to its experiment, and what to look at there."""
        asked = _BY_KEY[self.key]
        target = f"{PAGE}#{escape(asked.address)}"
        return (
            f'<div class="vg-ask" role="note"><p><strong>{escape(_heading())}</strong> '
            f'<a href="{target}">{escape(_(asked.question))}</a></p>'
            f"<p>{escape(_(asked.hint))}</p></div>"
        )

    def page(self) -> dict[str, str]:
        """Return what a page of the book shows."""
        return {"text/html": self.html(), "text/plain": self._text()}

    def _text(self) -> str:
        asked = _BY_KEY[self.key]
        return f"{_heading()} {_(asked.question)}\n{_(asked.hint)}"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return recipes.bundle(self) if recipes.wanted() else {"text/plain": self._text()}


def ask(key: str) -> Asked:
    """Ask the reader to make one of the laboratory's experiments, by its key in ``QUESTIONS``.

    Raises ``ValueError`` for a key that no experiment has.
    """
    if key not in _BY_KEY:
        raise ValueError(
            f"key must name an experiment of the laboratory, got {key!r}: choose one of "
            f"{', '.join(_BY_KEY)}"
        )
    return Asked(key)


def _heading() -> str:
    # Translators: stands before a question of a chapter; it leads to the page called Laboratory.
    return _("An experiment for the laboratory:")
