"""The laboratory's HTML: what stands still, in the reader's words, and a card for each network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

from vanishing.lab_page import words
from vanishing.lab_page.questions import QUESTIONS
from vanishing.localisation import _, direction

_COLUMNS = ("network", "state", "loss", "accuracy", "first", "last", "ratio", "ms")


def room() -> str:
    """Return all that the script brings to life; it is hidden until then."""
    labels, buttons = words.translated(words.LABELS), words.translated(words.BUTTONS)
    parts = (
        '<div class="vg-lab-problems" role="alert" hidden></div>',
        f'<div class="vg-lab-stage">{_choice(labels)}{_transport(labels, buttons)}',
        _by_layer(labels, buttons),
        '<div class="vg-lab-pair"><div data-chart="loss"></div>'
        f'<div data-chart="accuracy"></div></div>{_answers(labels)}</div>',
        '<div class="vg-lab-networks"></div>',
        f"<p>{_button('add', buttons)}</p>",
        _one_layer(labels),
        _table(labels),
        _take_away(labels, buttons),
        '<p class="vg-news" role="status" aria-live="polite"></p>',
        f'<script type="application/json">{_script()}</script>',
    )
    return f'<div class="vg-lab-room" tabindex="-1" hidden>{"".join(parts)}</div>'


def _choice(labels: Mapping[str, str]) -> str:
    options = "".join(
        f'<option value="{one.key}">{number}. {escape(_(one.question))}</option>'
        for number, one in enumerate(QUESTIONS, start=1)
    )
    return (
        f'<p class="vg-lab-choice"><label for="vg-lab-experiment">{escape(labels["experiment"])}'
        f'</label> <select id="vg-lab-experiment" autocomplete="off">{options}'
        f'<option value="" hidden>{escape(labels["own"])}</option></select></p>'
        f'<p class="vg-lab-hint">{escape(_(QUESTIONS[0].hint))}</p>'
    )


def _transport(labels: Mapping[str, str], buttons: Mapping[str, str]) -> str:
    keys = {"play": "k", "step": ".", "restart": "0"}
    pressed = "".join(
        _button(name, buttons, keys.get(name, "")) for name in ("play", "step", "ten", "restart")
    )
    return (
        f'<div class="vg-lab-transport" role="group" aria-label="{escape(labels["training"])}">'
        f'{pressed}<div class="vg-axis"><label for="vg-lab-time">{escape(labels["time"])}</label>'
        '<output for="vg-lab-time" aria-live="off"><bdi></bdi></output>'
        '<input type="range" id="vg-lab-time" min="0" max="1" value="0" autocomplete="off"></div>'
        f"{_button('leave', buttons)}</div>"
    )


def _by_layer(labels: Mapping[str, str], buttons: Mapping[str, str]) -> str:
    options = "".join(
        f'<option value="{name}">{escape(text)}</option>'
        for name, text in words.translated(words.MEASURES).items()
    )
    return (
        f'<div class="vg-lab-measure"><label>{escape(labels["by_layer"])} '
        f'<select name="show" autocomplete="off">{options}</select></label></div>'
        f'<div data-chart="layers">{_cover(labels, buttons)}</div>'
        f'<p class="vg-lab-note vg-lab-pale">{escape(labels["pale"])}</p>'
        f"{_options(labels, buttons)}"
    )


def _cover(labels: Mapping[str, str], buttons: Mapping[str, str]) -> str:
    told = f"<span>{escape(labels['cover'])}</span>{_button('uncover', buttons)}"
    return f'<div class="vg-lab-cover" dir="{direction()}" hidden>{told}</div>'


def _answers(labels: Mapping[str, str]) -> str:
    """Return what each experiment shows; the script opens the view to the one that is chosen."""
    return "".join(
        f'<details class="vg-lab-answer" data-key="{one.key}" hidden>'
        f"<summary>{escape(labels['answer'])}</summary><p>{escape(_(one.answer))}</p>"
        f'<p><a href="page:{one.chapter}">{escape(labels["chapter"])}</a></p></details>'
        for one in QUESTIONS
    )


def _options(labels: Mapping[str, str], buttons: Mapping[str, str]) -> str:
    named = (("slow", "speed_slow"), ("1", "speed_1"), ("5", "speed_5"), ("0", "speed_most"))
    speeds = "".join(
        f'<option value="{value}"{" selected" if value == "1" else ""}>{escape(labels[name])}'
        "</option>"
        for value, name in named
    )
    return (
        f'<div class="vg-lab-options"><label>{escape(labels["speed"])} '
        f'<select name="speed" autocomplete="off">{speeds}</select></label>'
        f'<label><input type="checkbox" name="fixed" autocomplete="off"> {escape(labels["fixed"])}'
        f"</label>{_button('reseed', buttons)}</div>"
    )


def _one_layer(labels: Mapping[str, str]) -> str:
    return (
        f'<details class="vg-lab-one"><summary>{escape(labels["one_layer"])}</summary>'
        f'<div class="vg-axis"><label for="vg-lab-layer">{escape(labels["choose_layer"])}</label>'
        '<output for="vg-lab-layer" aria-live="off"><bdi>1</bdi></output>'
        '<input type="range" id="vg-lab-layer" min="1" max="1" value="1" autocomplete="off"></div>'
        '<div class="vg-lab-layers"></div></details>'
    )


def _table(labels: Mapping[str, str]) -> str:
    head = "".join(f'<th scope="col">{escape(labels[name])}</th>' for name in _COLUMNS)
    return (
        '<div class="vg-lab-scroll" tabindex="0" role="region" aria-labelledby="vg-lab-caption">'
        f'<table><caption id="vg-lab-caption"></caption><thead><tr>{head}</tr></thead>'
        "<tbody></tbody></table></div>"
    )


def _take_away(labels: Mapping[str, str], buttons: Mapping[str, str]) -> str:
    pressed = "".join(
        _button(name, buttons) for name in ("link", "python", "csv", "svg", "embed", "projector")
    )
    return (
        f'<div class="vg-lab-take" role="group" aria-label="{escape(labels["take_away"])}">'
        f'{pressed}</div><p class="vg-lab-note">{escape(labels["keys"])}</p>'
        f'<label class="vg-lab-copied" hidden>{escape(labels["copied"])}'
        '<textarea readonly rows="3" dir="ltr" spellcheck="false"></textarea></label>'
    )


def _button(name: str, buttons: Mapping[str, str], key: str = "") -> str:
    shortcut = f' aria-keyshortcuts="{key}"' if key else ""
    return f'<button type="button" data-do="{name}"{shortcut}>{escape(buttons[name])}</button>'


def _script() -> str:
    """Return the words and the experiments that the script needs, as JSON for a page."""
    data = {
        "direction": direction(),
        "fields": words.fields(),
        "choices": words.translated(words.CHOICES),
        "kinds": words.kinds(),
        "measures": words.translated(words.MEASURES),
        "buttons": words.translated(words.BUTTONS),
        "labels": words.translated(words.LABELS),
        "sentences": words.translated(words.SENTENCES),
        "notices": words.translated(words.NOTICES),
        "experiments": [
            {
                "key": one.key,
                "hint": _(one.hint),
                "address": one.address,
                "covered": one.covered,
            }
            for one in QUESTIONS
        ],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")
