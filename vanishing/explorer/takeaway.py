"""What a reader takes away from an explorer: its address, its figure, the numbers behind it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.metadata import version
from typing import Any

from vanishing.explorer.sliders import states
from vanishing.figures.table import from_csv, to_csv
from vanishing.localisation import N_, _, format_number
from vanishing.phrases import parted

OWN = "own:"  # which the book's tools turn into the way to a file that belongs to the page
DISTRIBUTION = "vanishing-gradients"

MOVE = {
    "play": N_("Play"),
    "pause": N_("Pause"),
}
"""What moves a slider or a training."""

BUTTONS = {
    "link": N_("Copy link"),
    "embed": N_("Copy code to embed"),
    "svg": N_("Save chart (SVG)"),
    "png": N_("Save chart (PNG)"),
    "csv": N_("Save numbers (CSV)"),
    "describe": N_("Describe in words"),
}
"""What can be pressed in the menu."""

LABELS = {
    # Translators: the menu of a chart: its link, the chart as a file, its numbers.
    "take_away": N_("Take away"),
    "copied": N_("Copied:"),
}
"""The parts of the menu."""


def key(value: Any) -> str:
    """Write a slider's value for an address and a table, the same in every language."""
    return f"{value:.12g}" if isinstance(value, float) else " ".join(str(value).split())


def menu(identifier: str) -> str:
    """Return the menu of the explorer with this id."""
    pressed = "".join(_entry(name, identifier, _(text)) for name, text in BUTTONS.items())
    return (
        f'<details class="vg-more" hidden><summary>{escape(_(LABELS["take_away"]))}</summary>'
        f'<div class="vg-entries">{pressed}</div></details>'
    )


def _entry(name: str, identifier: str, text: str) -> str:
    if name == "csv":
        return f'<a data-do="csv" href="{OWN}{identifier}.csv" download>{escape(text)}</a>'
    page = f' data-page="{OWN}{identifier}.html"' if name == "embed" else ""
    return f'<button type="button" data-do="{name}"{page}>{escape(text)}</button>'


def taken() -> str:
    """Return what shows a copied text, and the figure's description."""
    return (
        f'<label class="vg-taken" hidden>{escape(_(LABELS["copied"]))}'
        '<textarea readonly rows="2" dir="ltr" spellcheck="false"></textarea></label>'
        '<p class="vg-words" hidden></p>'
    )


def brief(table: str) -> str:
    """Return a table of `vanishing.figures.table` in a few words: how each series begins and ends.

    Empty where it holds no series.
    """
    head, *rows = from_csv(table)
    if head[0] != "series":
        return ""
    series: dict[str, list[str]] = {}
    for name, _place, value in rows:
        series.setdefault(name, []).append(format_number(float(value)))
    return parted(" ".join([name, *_ends(values)]) for name, values in series.items())


def _ends(values: Sequence[str]) -> Sequence[str]:
    return [values[0], "…", values[-1]] if len(values) > 1 else values


def whole_table(
    axes: Mapping[str, tuple[Any, ...]], tables: Sequence[str], recipes: Sequence[Any]
) -> str:
    """Return the numbers of every state as CSV: its values, the numbers, seed and version.

    tables, recipes: what each state shows, and how it was drawn.
    """
    found = [from_csv(table) for table in tables]
    ending = ["version"] if "seed" in axes else ["seed", "version"]
    head = [*axes, *found[0][0], *ending]
    here = version(DISTRIBUTION)
    rows: list[list[str]] = []
    for place, (_head, *lines), recipe in zip(states(axes), found, recipes, strict=True):
        chosen = [key(values[at]) for values, at in zip(axes.values(), place, strict=True)]
        known = {"seed": seed_of(recipe), "version": here}
        rows += ([*chosen, *line, *(known[name] for name in ending)] for line in lines)
    return to_csv([head, *rows])


def seed_of(recipe: Any) -> str:
    """Return the random seeds of all that was drawn, in order; empty where none is known."""
    seeds = {str(seed) for seed in _seeds(recipe)}
    return " ".join(sorted(seeds, key=lambda seed: (len(seed), seed)))


def _seeds(value: Any) -> Iterator[int]:
    if isinstance(value, Mapping):
        if isinstance(seed := value.get("seed"), int):
            yield seed
        yield from _seeds(list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _seeds(part)


def script(data: Mapping[str, Any]) -> str:
    """Return data as JSON that no end of a script can leave."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")


def joined(parts: Iterable[str]) -> str:
    """Name several things in a row, in any language."""
    return " / ".join(parts)
