"""The laboratory's address at which a reader's browser trains what a drawing shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from vanishing.experiment import Experiment
from vanishing.laboratory import LETTERS, MOST_STEPS, address
from vanishing.localisation import _

PAGE = "page:book/laboratory"  # which the book's tools turn into the way there
_RUN = "vanishing.training:Run"


def address_of(recipe: Any) -> str:
    """Return what stands behind the `#`: the runs of a drawing's recipe, and the step it shows.

    Empty where the drawing shows no run, or more than three.
    """
    experiments = [Experiment(**one) for one in _experiments(recipe)]
    if not 0 < len(experiments) <= len(LETTERS):
        return ""
    step = recipe.get("arguments", {}).get("step", 0)
    return address(*experiments, at=min(step, MOST_STEPS)).removeprefix("#")


def link(place: str) -> str:
    """Return a paragraph with the link to the laboratory; it is hidden for an empty one."""
    # Translators: a link from a figure to the page on which one's own browser trains its networks.
    text = escape(_("Train it yourself"))
    hidden = "" if place else " hidden"
    target = f"{PAGE}#{escape(place)}"
    return f'<p class="vg-train"{hidden}><a href="{target}">{text}</a></p>'


def _experiments(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping) and value.get("class") == _RUN:
        yield value["fields"]["experiment"]
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _experiments(part)
