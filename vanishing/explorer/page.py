"""The page that shows every state of an explorer, without a kernel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from vanishing.explorer.sliders import label, states, value_text
from vanishing.explorer.training_link import address_of, link


@dataclass(frozen=True)
class Page:
    """Hold what the sliders of a page offer: the values of each axis, and where each starts."""

    axes: Mapping[str, tuple[Any, ...]]
    starts: Mapping[str, int]

    def html(self, drawings: Sequence[str], number: int, recipes: Sequence[Any]) -> str:
        """Return a page's explorer; it needs explorer.js and vanishing.css.

        drawings, recipes: one for each state. number: tells apart the ids of explorers on a page.
        """
        here = list(states(self.axes)).index(tuple(self.starts[axis] for axis in self.axes))
        default = drawings[here]
        addresses = [address_of(recipe) for recipe in recipes]
        train = link(addresses[here]) if any(addresses) else ""
        rows = "".join(self._row(axis, f"vg-explorer-{number}-{axis}") for axis in self.axes)
        return (
            f'<div class="vg-explorer"><div class="vg-axes" hidden>{rows}</div>'
            f'<div class="vg-stage">{default}</div>{train}'
            f'<p class="vg-news" aria-live="polite"></p>'
            f'<script type="application/json">{self._script(drawings, default, addresses)}'
            "</script></div>"
        )

    def _row(self, axis: str, identifier: str) -> str:
        values, start = self.axes[axis], self.starts[axis]
        text = escape(value_text(values[start]))
        name = escape(identifier)
        return (
            f'<div class="vg-axis"><label for="{name}">{escape(label(axis))}</label>'
            f'<output for="{name}" aria-live="off"><bdi>{text}</bdi></output>'
            f'<input type="range" id="{name}" min="0" max="{len(values) - 1}" step="1" '
            f'value="{start}" aria-valuetext="{text}" autocomplete="off"></div>'
        )

    def _script(self, drawings: Sequence[str], default: str, addresses: Sequence[str]) -> str:
        """Return what the script needs: each drawing once, and which one each state shows.

        addresses: where in the laboratory each state is trained, if any is.
        """
        places = {default: 0}
        shown = [places.setdefault(drawing, len(places)) for drawing in drawings]
        values = [[value_text(value) for value in axis] for axis in self.axes.values()]
        drawn = ["", *list(places)[1:]]  # the page itself holds the default figure
        data = {"values": values, "states": shown, "drawings": drawn}
        if any(addresses):
            data["addresses"] = [*addresses]
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")


@dataclass(frozen=True)
class Gallery:
    """Hold what a page needs of an explorer: its sliders and the recipe of every state's drawing.

    states: which of the recipes each state shows. number: of the explorer on its page.
    text: what stands for it where there is no HTML.
    """

    axes: Mapping[str, tuple[Any, ...]]
    starts: Mapping[str, int]
    recipes: tuple[Any, ...]
    states: tuple[int, ...]
    number: int
    text: str

    def page(self, drawings: Sequence[str]) -> dict[str, str]:
        """Return what a page of the book shows; drawings: HTML, one for each recipe."""
        page = Page(self.axes, self.starts)
        recipes = [self.recipes[state] for state in self.states]
        shown = page.html([drawings[state] for state in self.states], self.number, recipes)
        return {"text/html": shown, "text/plain": self.text}


def gallery(page: Page, recipes: Iterable[Any], number: int, text: str) -> Gallery:
    """Hold each different recipe once, of those for every state."""
    places: dict[str, int] = {}
    kept: list[Any] = []
    shown = []
    for recipe in recipes:
        written = json.dumps(recipe)
        if written not in places:
            places[written] = len(kept)
            kept.append(recipe)
        shown.append(places[written])
    return Gallery(page.axes, page.starts, tuple(kept), tuple(shown), number, text)
