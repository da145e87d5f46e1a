"""The sliders of an explorer and the page that shows every state of them, without a kernel."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from vanishing.localisation import N_, _, format_number

LABELS = {
    "activation": N_("Activation function"),
    "batch_size": N_("Batch size"),
    "bias_variance": N_("Bias variance"),
    "blocks": N_("Depth (blocks)"),
    "data": N_("Data set"),
    "depth": N_("Depth (hidden layers)"),
    "epochs": N_("Epochs"),
    "factor": N_("Factor"),
    "factors": N_("Number of factors"),
    "gate_bias": N_("Bias of the gate"),
    "init": N_("Weight initialization"),
    "learning_rate": N_("Learning rate"),
    "length": N_("Sequence length"),
    "momentum": N_("Momentum"),
    "normalization": N_("Normalization"),
    "residual": N_("Residual connections"),
    "seed": N_("Random seed"),
    "spectral_radius": N_("Spectral radius"),
    "step": N_("Training step"),
    "variant": N_("Network variant"),
    "weight_scale": N_("Weight scale"),
    "weight_variance": N_("Weight variance times fan-in"),
    "width": N_("Width (neurons per layer)"),
}


@dataclass(frozen=True)
class Sliders:
    """Hold one slider per axis: the values that it offers, and at which of them it starts."""

    axes: Mapping[str, tuple[Any, ...]]
    starts: Mapping[str, int]

    def states(self) -> Iterator[tuple[int, ...]]:
        """Yield the index of each axis' value, for every state; the last axis moves first."""
        return itertools.product(*(range(len(values)) for values in self.axes.values()))

    def html(self, drawings: Sequence[str], number: int) -> str:
        """Return a page's explorer; it needs explorer.js and vanishing.css.

        drawings: one for each state. number: tells apart the ids of explorers on one page.
        """
        here = list(self.states()).index(tuple(self.starts[axis] for axis in self.axes))
        default = drawings[here]
        rows = "".join(self._row(axis, f"vg-explorer-{number}-{axis}") for axis in self.axes)
        return (
            f'<div class="vg-explorer"><div class="vg-axes" hidden>{rows}</div>'
            f'<div class="vg-stage">{default}</div>'
            f'<p class="vg-news" aria-live="polite"></p>'
            f'<script type="application/json">{self._script(drawings, default)}</script></div>'
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

    def _script(self, drawings: Sequence[str], default: str) -> str:
        """Return what the script needs: each drawing once, and which one each state shows."""
        places = {default: 0}
        states = [places.setdefault(drawing, len(places)) for drawing in drawings]
        values = [[value_text(value) for value in axis] for axis in self.axes.values()]
        drawn = ["", *list(places)[1:]]  # the page itself holds the default figure
        data = {"values": values, "states": states, "drawings": drawn}
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
        sliders = Sliders(self.axes, self.starts)
        shown = sliders.html([drawings[state] for state in self.states], self.number)
        return {"text/html": shown, "text/plain": self.text}


def gallery(sliders: Sliders, recipes: Iterable[Any], number: int, text: str) -> Gallery:
    """Hold each different recipe once, of those for every state."""
    places: dict[str, int] = {}
    kept: list[Any] = []
    states = []
    for recipe in recipes:
        written = json.dumps(recipe)
        if written not in places:
            places[written] = len(kept)
            kept.append(recipe)
        states.append(places[written])
    return Gallery(sliders.axes, sliders.starts, tuple(kept), tuple(states), number, text)


def label(axis: str) -> str:
    """Return an axis' name in the reader's language; an unknown axis keeps its own."""
    return _(LABELS[axis]) if axis in LABELS else axis


def value_text(value: object) -> str:
    """Write a slider's value for the reader."""
    if isinstance(value, bool):
        # Translators: the two values of a slider such as "Residual connections".
        return _("yes") if value else _("no")
    return format_number(value) if isinstance(value, int | float) else str(value)
