"""The page that shows every state of an explorer, without a kernel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from vanishing.explorer.sliders import label, states, value_text
from vanishing.explorer.takeaway import (
    MOVE,
    brief,
    joined,
    key,
    menu,
    script,
    taken,
    whole_table,
)
from vanishing.explorer.training_link import address_of, link
from vanishing.localisation import _
from vanishing.phrases import EXPLAINED, listed

PREFIX = "explorer-"  # of an explorer's id, before the name of what draws it
PLAY = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M4 2v12l9-6z"/></svg>'
PAUSE = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 2h4v12H3zm6 0h4v12H9z"/></svg>'


@dataclass(frozen=True)
class Shown:
    """Hold what a page shows in one state: the figure's HTML, and its numbers as CSV."""

    html: str
    table: str


@dataclass(frozen=True)
class Page:
    """Hold what the sliders of a page offer: the values of each axis, and where each starts."""

    axes: Mapping[str, tuple[Any, ...]]
    starts: Mapping[str, int]

    def html(self, shown: Sequence[Shown], name: str, recipes: Sequence[Any]) -> str:
        """Return a page's explorer; it needs explorer.js and vanishing.css.

        shown, recipes: one for each state. name: tells apart the explorers of a page.
        """
        here = list(states(self.axes)).index(tuple(self.starts[axis] for axis in self.axes))
        identifier = f"{PREFIX}{name}"
        addresses = [address_of(recipe) for recipe in recipes]
        train = link(addresses[here]) if any(addresses) else ""
        rows = "".join(self._row(axis, f"{identifier}-{axis}") for axis in self.axes)
        # Translators: what a screen reader calls a figure with sliders; {sliders}: their names.
        title = _("Figure with sliders: {sliders}", sliders=joined(map(label, self.axes)))
        scriptless = escape(_("Where JavaScript is on, sliders change this figure."))
        return (
            f'<div class="vg-explorer" id="{identifier}" role="group" aria-label="{escape(title)}">'
            f'<div class="vg-axes" hidden>{rows}</div><noscript><p>{scriptless}</p></noscript>'
            f'<div class="vg-stage">{shown[here].html}</div>'
            f'<div class="vg-foot">{menu(identifier)}{train}</div>{taken()}'
            f'<p class="vg-news" aria-live="polite"></p>'
            f'<script type="application/json">{self._script(shown, here, addresses)}'
            "</script></div>"
        )

    def _row(self, axis: str, identifier: str) -> str:
        values, start = self.axes[axis], self.starts[axis]
        text = escape(value_text(values[start]))
        name = escape(identifier)
        play = self._play(name) if len(values) > 1 else ""
        return (
            f'<div class="vg-axis"><label for="{name}" id="{name}-name">{escape(label(axis))}'
            f'</label><output for="{name}" aria-live="off"><bdi>{text}</bdi></output>{play}'
            f'<input type="range" id="{name}" name="{escape(axis)}" min="0" '
            f'max="{len(values) - 1}" step="1" '
            f'value="{start}" aria-valuetext="{text}" autocomplete="off"></div>'
        )

    def _play(self, name: str) -> str:
        play, pause = (escape(_(text)) for text in MOVE.values())
        return (
            f'<button type="button" class="vg-play" id="{name}-play" aria-label="{play}" '
            f'aria-labelledby="{name}-play {name}-name" data-play="{play}" data-pause="{pause}">'
            f"{PLAY}{PAUSE}</button>"
        )

    def _script(self, shown: Sequence[Shown], here: int, addresses: Sequence[str]) -> str:
        """Return what the script needs: each drawing once, and which one each state shows.

        addresses: where in the laboratory each state is trained, if any is.
        """
        places = {shown[here].html: 0}
        order = [places.setdefault(one.html, len(places)) for one in shown]
        tables = {one.html: one.table for one in shown}
        data = {
            "values": [[value_text(value) for value in axis] for axis in self.axes.values()],
            "keys": [[key(value) for value in axis] for axis in self.axes.values()],
            "states": order,
            "drawings": ["", *list(places)[1:]],  # the page itself holds the default figure
            "marks": [listed(["", ""]), _(EXPLAINED)],
            "briefs": [brief(tables[drawing]) for drawing in places],
        }
        if any(addresses):
            data["addresses"] = [*addresses]
        return script(data)


@dataclass(frozen=True)
class Gallery:
    """Hold what a page needs of an explorer: its sliders and the recipe of every state's drawing.

    states: which of the recipes each state shows. name: of the explorer, on its page the only one.
    text: what stands for it where there is no HTML.
    """

    axes: Mapping[str, tuple[Any, ...]]
    starts: Mapping[str, int]
    recipes: tuple[Any, ...]
    states: tuple[int, ...]
    name: str
    text: str

    def page(self, drawings: Sequence[Mapping[str, str]]) -> dict[str, str]:
        """Return what a page of the book shows, and its numbers.

        drawings: what a page shows of each recipe's drawing.
        """
        shown = [Shown(one["text/html"], one["text/csv"]) for one in drawings]
        page = Page(self.axes, self.starts)
        recipes = [self.recipes[state] for state in self.states]
        tables = [shown[state].table for state in self.states]
        return {
            "text/html": page.html([shown[state] for state in self.states], self.name, recipes),
            "text/plain": self.text,
            "text/csv": whole_table(self.axes, tables, recipes),
        }


def gallery(page: Page, recipes: Iterable[Any], name: str, text: str) -> Gallery:
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
    return Gallery(page.axes, page.starts, tuple(kept), tuple(shown), name, text)


def plain_name(function: str) -> str:
    """Return the name of the function that draws, for an address; it holds no double hyphen."""
    return re.sub(r"[^a-z0-9]+", "-", function.lower()).strip("-") or "figure"


def numbered(name: str, number: int) -> str:
    """Tell a name's second explorer from its first, whatever other names there are."""
    return name if number == 1 else f"{name}--{number}"
