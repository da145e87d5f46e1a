"""The laboratory's page: its address, its words, and what a reader does with it in a browser."""

from __future__ import annotations

import ast
import base64
import itertools
import json
import random
import re
from html import escape
from pathlib import Path
from typing import Any

import numpy
import pytest
from babel.messages.catalog import PYTHON_FORMAT
from laboratory import Laboratory

import vanishing
from vanishing import RELU, RESNET, SIGMOID, Experiment, explore, figures, recipes
from vanishing.experiment import ACTIVATIONS, BRANCHES, INITS, NORMALIZATIONS
from vanishing.explorer.training_link import address_of
from vanishing.lab_page import LabPage, ask, words
from vanishing.lab_page import laboratory as show_laboratory
from vanishing.lab_page.questions import QUESTIONS
from vanishing.localisation import format_number
from vanishing.training import Run

BOOK = Path(vanishing.__file__).parents[1]
LAB = Path(vanishing.__file__).parent / "static" / "lab"
OWN = ("page", "names", "card", "settings", "views", "sentences", "takeaway", "words")


def network(**fields: Any) -> Experiment:
    return Experiment(**{"learning_rate": 0.1, "epochs": 12, **fields})


def run_of(experiment: Experiment) -> Run:
    layers = (*map(str, range(1, experiment.depth + 1)), "output")
    norms = tuple(0.5**n for n in range(len(layers)))
    return Run(experiment, layers, (0,), (norms,), (2.3,), (0.1,), "stalled")


# The address


def test_every_experiment_is_an_address_without_a_fault(laboratory: Laboratory) -> None:
    answers = laboratory.ask("addresses", hashes=[f"#{one.address}" for one in QUESTIONS])
    assert len(QUESTIONS) == 12
    assert [answer["problems"] for answer in answers] == [[]] * 12
    assert {len(answer["state"]["networks"]) for answer in answers} == {3}
    assert len({answer["written"] for answer in answers}) == 12
    assert len({one.key for one in QUESTIONS}) == 12


def test_what_is_written_is_read_again(laboratory: Laboratory) -> None:
    drawn = random.Random(0)

    def flag() -> str:
        return drawn.choice(("true", "false"))

    def part() -> str:
        return (
            f"activation:{drawn.choice(ACTIVATIONS)},depth:{drawn.randint(1, 200)},"
            f"width:{drawn.randint(1, 1024)},learning_rate:{10 ** drawn.uniform(-9, 2)!r},"
            f"residual:{flag()},seed:{drawn.randrange(2**32)},"
            f"clip_norm:{drawn.choice(('none', '1e-9', '0.5'))},bit:{flag()}"
        )

    hashes = [
        f"#v=1&a={part()}&c={part()}&at={drawn.randint(0, 180)}&view=embed" for _ in range(50)
    ]
    first = laboratory.ask("addresses", hashes=hashes)
    second = laboratory.ask("addresses", hashes=[answer["written"] for answer in first])
    assert [answer["problems"] for answer in first + second] == [[]] * 100
    assert [answer["state"] for answer in first] == [answer["state"] for answer in second]
    assert [answer["written"] for answer in first] == [answer["written"] for answer in second]


@pytest.mark.parametrize(
    ("hash", "problem"),
    [
        ("#v=1&a=depth:201", {"letter": "a", "name": "depth", "value": "201", "used": "10"}),
        ("#v=1&a=depth:2.5", {"letter": "a", "name": "depth", "value": "2.5", "used": "10"}),
        ("#v=1&a=seed:-1", {"letter": "a", "name": "seed", "value": "-1", "used": "0"}),
        ("#v=1&b=learning_rate:0x1", {"letter": "b", "name": "learning_rate", "value": "0x1"}),
        ("#v=1&a=depth:none", {"letter": "a", "name": "depth", "value": "none", "used": "10"}),
        ("#v=1&a=activation:Sigmoid", {"letter": "a", "name": "activation", "used": "relu"}),
        ("#v=1&a=residual:1", {"letter": "a", "name": "residual", "used": "false"}),
        ("#v=1&a=__proto__:1", {"letter": "a", "name": "__proto__", "used": None}),
        ("#v=1&a=%E0%A4", {"letter": "a", "name": "%E0%A4", "value": "", "used": None}),
        ("#v=2&a=", {"letter": "", "name": "v", "value": "2", "used": "1"}),
        ("#v=1&a=&at=1e3", {"letter": "", "name": "at", "value": "1e3", "used": "0"}),
        ("#v=1&a=&view=full", {"letter": "", "name": "view", "value": "full", "used": "page"}),
        ("#v=1&a=&constructor=1", {"letter": "", "name": "constructor", "used": None}),
    ],
)
def test_what_an_address_cannot_mean_is_named_and_replaced(
    laboratory: Laboratory, hash: str, problem: dict[str, Any]
) -> None:
    (answer,) = laboratory.ask("addresses", hashes=[hash])
    (found,) = answer["problems"]
    assert {name: found[name] for name in problem} == problem
    assert laboratory.ask("addresses", hashes=[answer["written"]])[0]["problems"] == []


@pytest.mark.parametrize("hash", ["", "#", "#what-you-see", "#a=depth:2"])
def test_another_place_on_the_page_is_no_experiment(laboratory: Laboratory, hash: str) -> None:
    (answer,) = laboratory.ask("addresses", hashes=[hash])
    assert (answer["state"]["networks"], answer["problems"]) == ([], [])


def test_a_drawing_of_runs_has_the_address_that_trains_them(laboratory: Laboratory) -> None:
    shown = [SIGMOID.at(depth=20), RELU.at(clip_norm=0.5), RESNET.at(depth=50, seed=7, epochs=6)]
    address = address_of(figures.draw_runs([run_of(one) for one in shown], step=5).recipe)
    (answer,) = laboratory.ask("addresses", hashes=[f"#{address}"])
    assert answer["problems"] == []
    assert answer["state"]["at"] == 5
    for experiment, found in zip(shown, answer["state"]["networks"], strict=True):
        assert found == {**vars(experiment), "optimizer": "sgd", "bit": False}


def test_a_drawing_without_runs_or_with_too_many_has_no_address() -> None:
    assert address_of(figures.draw_gradient_norms({"ReLU": [1.0]}).recipe) == ""
    assert address_of(figures.draw_runs([run_of(RELU.at(seed=n)) for n in range(4)]).recipe) == ""
    clipped = {"none": run_of(RELU), "norm": run_of(RELU.at(clip_norm=1))}
    assert address_of(figures.draw_clipped_runs(clipped).recipe).startswith("v=1&a=init:he,")


def test_an_explorer_leads_to_its_networks_without_a_script() -> None:
    def draw(depth: int = 3) -> figures.Drawing:
        return figures.draw_runs([run_of(SIGMOID.at(depth=depth))])

    html = explore(draw, depth=[2, 3]).html()
    assert 'href="page:book/laboratory#v=1&amp;a=depth:3,activation:sigmoid"' in html
    data = json.loads(re.findall(r'<script type="application/json">(.*)</script>', html)[0])
    assert data["addresses"] == [f"v=1&a=depth:{depth},activation:sigmoid" for depth in (2, 3)]


def test_an_explorer_of_anything_else_leads_nowhere() -> None:
    def draw(depth: int = 3) -> figures.Drawing:
        return figures.draw_gradient_norms({"ReLU": [1.0] * depth})

    assert "vg-train" not in explore(draw, depth=[2, 3]).html()


# A chapter asks


def test_a_chapters_question_leads_to_its_experiment(laboratory: Laboratory) -> None:
    for one in QUESTIONS:
        html = ask(one.key).html()
        assert f">{escape(one.question)}</a>" in html
        assert escape(one.hint) in html
        assert f'href="page:book/laboratory#{one.address}"'.replace("&", "&amp;") in html


def test_in_a_notebook_a_question_is_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VANISHING_STATIC", raising=False)
    (text,) = ask("bit")._repr_mimebundle_().values()
    assert text.startswith("An experiment for the laboratory: What does one bit change?\nA and B")


def test_a_question_that_no_experiment_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="got 'bits': choose one of twenty, depth, "):
        ask("bits")


def test_an_experiment_keeps_its_name_with_other_seeds_for_all_its_networks(
    laboratory: Laboratory,
) -> None:
    def hash(*seeds: int) -> str:
        networks = [f"{letter}=seed:{seed}" for letter, seed in zip("abc", seeds, strict=False)]
        return f"#v=1&{'&'.join(networks)}"

    last = 2**32 - 1
    alike = [hash(1, 1, 2), hash(7, 7, 8), hash(last, last, 0), hash(last - 1, last - 1, last)]
    others = [hash(1, 2, 2), hash(0, 0, 2), hash(0, 0)]
    same = laboratory.ask("same", hashes=[hash(0, 0, 1), *alike, *others])
    assert same == [True] * 4 + [False] * 3


# Words and numbers


@pytest.mark.parametrize(
    ("networks", "apart"),
    [
        (("", "clip_norm:1", "clip_value:0.1"), ("no clipping", "norm: 1", "component: 0.1")),
        (("clip_norm:1", "clip_norm:2"), ("norm: 1", "norm: 2")),
        (("clip_norm:1", "clip_norm:1,clip_value:3"), ("", "component: 3")),
        (("clip_norm:1,clip_value:3", ""), ("norm: 1 · component: 3", "no clipping")),
        (("momentum:0.5", "optimizer:adam"), ("Momentum: 0.5", "")),
        (("clip_norm:1", "clip_norm:1"), ("", "")),
    ],
)
def test_what_sets_networks_apart_names_only_what_is_set_and_matters(
    laboratory: Laboratory, networks: tuple[str, ...], apart: tuple[str, ...]
) -> None:
    spoken = {
        "fields": {**words.fields(), "clip_norm": "norm", "clip_value": "component"},
        "labels": words.LABELS,
        "notices": words.NOTICES,
        "kinds": {},
        "direction": "ltr",
    }
    parts = [f"{letter}={text}" for letter, text in zip("abc", networks, strict=False)]
    answer = laboratory.ask("names", hash=f"#v=1&{'&'.join(parts)}", words=spoken)
    assert tuple(" · ".join(one) for one in answer["apart"]) == apart
    kinds = {name.removesuffix(text) for name, text in zip(answer["names"], apart, strict=True)}
    assert len(kinds) == len(networks)
    assert [name[:1] for name in answer["short"]] == list("ABC")[: len(networks)]


def test_the_script_names_networks_as_python_does(laboratory: Laboratory) -> None:
    kinds = itertools.product(ACTIVATIONS, (False, True), BRANCHES, NORMALIZATIONS, INITS)
    names = ("activation", "residual", "branch", "normalization", "init")
    all_ = [network(**dict(zip(names, kind, strict=True))) for kind in kinds]
    labels = laboratory.ask("labels", networks=[{**vars(one), "optimizer": "sgd"} for one in all_])
    assert labels == [one.label for one in all_]


def test_the_script_writes_numbers_as_python_does(laboratory: Laboratory) -> None:
    drawn = random.Random(0)
    numbers = [0, 1, -3, 99.7, 0.25, 1e-3, 9.4e-4, 99999, 1e5, 123.4, float("inf"), float("nan")]
    numbers += [drawn.uniform(-1, 1) * 10 ** drawn.randint(-40, 10) for _ in range(2000)]
    sent = base64.b64encode(numpy.array(numbers, dtype="<f8").tobytes()).decode()
    assert laboratory.ask("formatted", numbers=sent) == [format_number(one) for one in numbers]


def test_a_value_keeps_its_order_in_a_sentence_from_right_to_left(laboratory: Laboratory) -> None:
    def fill(direction: str) -> Any:
        values = {"percent": 12, "name": "ReLU"}
        return laboratory.ask(
            "filled", sentence="{name}: {percent}%", values=values, direction=direction
        )

    assert (fill("ltr"), fill("rtl")) == ("ReLU: 12%", "\u2068ReLU\u2069: 12%")


def test_every_word_that_the_script_asks_for_is_there() -> None:
    source = "".join((LAB / f"{name}.js").read_text(encoding="utf-8") for name in OWN)
    labels = set(re.findall(r"words\.labels\.(\w+)", source))
    buttons = set(re.findall(r"words\.buttons\.(\w+)", source))
    notices = set(re.findall(r'"notices", "(\w+)"', source)) | {
        "guessing_loss",
        "guessing_accuracy",
    }
    assert labels
    assert labels <= words.LABELS.keys()
    assert buttons
    assert buttons <= words.BUTTONS.keys()
    assert len(notices) > 10
    assert notices <= words.NOTICES.keys()
    kinds = [
        f"{kind}_{state}"
        for kind in ("even", "small", "large")
        for state in ("start", "going", "learned", "stalled")
    ]
    kinds += ["tiny_start", "tiny_going", "tiny_stalled"]
    others = set(re.findall(r'key: "(\w+)"', source)) | {"alike", "distinct"}
    assert words.SENTENCES.keys() == {*kinds, *others}


def frame(accuracy: float = 0.1, loss: float = 2.3, first: float = 1.0) -> dict[str, Any]:
    return {"accuracy": accuracy, "loss": loss, "norms": [first, 1.0, 1.0]}


@pytest.mark.parametrize(
    ("frames", "state", "key"),
    [
        ([frame(first=0.11)], "going", "even_start"),
        ([frame(first=0.09)], "going", "small_start"),
        ([frame(first=11)], "going", "large_start"),
        ([frame(), frame(first=0.11)], "going", "even_going"),
        ([frame(), frame(first=0.09)], "going", "small_going"),
        ([frame(), frame(0.5)], "going", "even_learned"),
        ([frame(), frame(0.5), frame(0.5)], "learned", "even_learned"),
        ([frame(), frame(0.4), frame(0.4, first=1e-3)], "stalled", "small_stalled"),
        ([frame(), frame(0.8), frame(0.41)], "stalled", "jumping"),
        ([frame(), frame(0.8, loss=20)], "going", "too_large"),
        ([frame(), frame(0.8), frame(0.94, loss=20)], "diverged", "too_large"),
        ([frame(loss=30), frame(), frame(0.94, loss=29)], "learned", "even_learned"),
    ],
)
def test_a_network_is_judged_at_the_end_and_described_before(
    laboratory: Laboratory, frames: list[dict[str, Any]], state: str, key: str
) -> None:
    judged, said = laboratory.ask("said", frames=frames, steps=2)
    assert (judged, said["key"]) == (state, key)
    assert key in words.SENTENCES


def test_an_accuracy_that_jumps_is_told_with_its_best(laboratory: Laboratory) -> None:
    said = laboratory.ask("said", frames=[frame(), frame(0.8), frame(0.41)], steps=2)[1]
    assert said["values"] == {"step": 1, "best": 80, "percent": 41}


def test_an_experiment_keeps_its_answer_and_leads_to_its_chapter() -> None:
    html = LabPage((run_of(SIGMOID),)).html()
    for one in QUESTIONS:
        found = re.search(f'<details [^>]*data-key="{one.key}" hidden>(.*?)</details>', html)
        assert found is not None
        assert escape(one.answer) in found[1]
        assert f'href="page:{one.chapter}"' in found[1]
        assert (BOOK / f"{one.chapter}.md").is_file()


def test_no_message_looks_like_a_format_of_printf() -> None:
    """Else gettext asks translators for a letter behind the percent sign."""
    said = [
        *words.SENTENCES.values(),
        *words.NOTICES.values(),
        *(text for one in QUESTIONS for text in (one.hint, one.answer)),
    ]
    assert [one for one in said if PYTHON_FORMAT.search(one)] == []


def test_the_page_brings_json_that_ends_with_its_element() -> None:
    html = LabPage((run_of(SIGMOID),)).html()
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', html)
    assert json.loads(data)["experiments"][0]["key"] == "twenty"
    assert html.index("<noscript>") < html.index("<figure") < html.index("</noscript>")


def test_in_a_notebook_the_laboratory_has_sliders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VANISHING_STATIC", raising=False)
    explorer = show_laboratory(SIGMOID)
    assert list(getattr(explorer, "axes", {})) == ["depth", "step"]
    with pytest.raises(
        TypeError, match=r"networks\[0\] must be an Experiment, got 3: pass one such"
    ):
        show_laboratory(3)  # type: ignore[arg-type]


def test_when_the_book_is_built_the_laboratory_is_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VANISHING_STATIC", "1")
    page = LabPage((run_of(SIGMOID),))
    (bundle,) = page._repr_mimebundle_().values()
    assert recipes.made(json.loads(bundle)) == page


# What is taken away


def test_copied_python_describes_the_same_networks(laboratory: Laboratory) -> None:
    hash = "#v=1&a=activation:sigmoid,depth:20&b=residual:true,clip_norm:0.5,seed:3,width:16"
    program = ast.parse(laboratory.ask("python", hash=hash))
    calls = [node for node in ast.walk(program) if isinstance(node, ast.Call)]
    made = [ast.unparse(one) for one in calls if ast.unparse(one.func) == "Experiment"]
    assert [eval(one, {"Experiment": Experiment}) for one in made] == [
        SIGMOID.at(depth=20),
        network(residual=True, clip_norm=0.5, seed=3, width=16),
    ]


def test_copied_python_runs_with_adam_and_a_changed_bit(
    laboratory: Laboratory, capsys: pytest.CaptureFixture[str]
) -> None:
    short = "width:4,epochs:1"
    hash = f"#v=1&a=depth:2,{short},bit:true,clip_value:0.1&b=depth:1,{short},optimizer:adam"
    exec(laboratory.ask("python", hash=hash), {})
    assert len(capsys.readouterr().out.splitlines()) == 4
