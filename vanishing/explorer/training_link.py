"""The laboratory's address at which a reader's browser trains what a drawing shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from html import escape
from typing import Any

from vanishing.experiment import Experiment
from vanishing.localisation import _

PAGE = "page:book/laboratory"  # which the book's tools turn into the way there
MOST = 3  # networks that the laboratory trains at once
_RUN = "vanishing.training:Run"
_REQUIRED = {"learning_rate": 0.1, "epochs": 12}  # what the laboratory takes for them
_DEFAULTS = {one.name: _REQUIRED.get(one.name, one.default) for one in fields(Experiment)}


def address_of(recipe: Any) -> str:
    """Return what stands behind the `#`: the runs of a drawing's recipe, and the step it shows.

    Empty where the drawing shows no run, or more than three.
    """
    experiments = list(_experiments(recipe))
    if not 0 < len(experiments) <= MOST:
        return ""
    named = zip("abc", map(_written, experiments), strict=False)
    step = recipe.get("arguments", {}).get("step", 0)
    at = [f"at={step}"] if step else []
    return "&".join(["v=1", *(f"{letter}={text}" for letter, text in named), *at])


def link(address: str) -> str:
    """Return a paragraph with the link to the laboratory; it is hidden for an empty address."""
    # Translators: a link from a figure to the page on which one's own browser trains its networks.
    text = escape(_("Train it yourself"))
    hidden = "" if address else " hidden"
    target = f"{PAGE}#{escape(address)}"
    return f'<p class="vg-train"{hidden}><a href="{target}">{text}</a></p>'


def _experiments(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping) and value.get("class") == _RUN:
        yield value["fields"]["experiment"]
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _experiments(part)


def _written(experiment: Mapping[str, Any]) -> str:
    given = ((name, experiment[name]) for name in _DEFAULTS if name in experiment)
    return ",".join(f"{name}:{_text(value)}" for name, value in given if value != _DEFAULTS[name])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)
