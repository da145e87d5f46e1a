"""An address of the laboratory is read and written as the page does."""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any

import pytest
from laboratory import Laboratory

import vanishing
from vanishing.experiment import RELU, RESNET, SIGMOID, Experiment
from vanishing.explorer.training_link import address_of
from vanishing.laboratory import DEFAULT, OPTIMIZERS, Problem, Shown, Trained, address, read_address
from vanishing.recipes import call
from vanishing.training import Run


def as_the_page_has_it(shown: Shown) -> dict[str, Any]:
    networks = [
        {**asdict(one.experiment), "optimizer": one.optimizer, "bit": one.bit}
        for one in shown.networks
    ]
    return {
        "networks": networks,
        "show": shown.show,
        "at": shown.at,
        "play": shown.play,
        "view": shown.view,
    }


def assert_read_alike(laboratory: Laboratory, hashes: list[str]) -> None:
    for text, there in zip(hashes, laboratory.ask("addresses", hashes=hashes), strict=True):
        shown, problems = read_address(text)
        assert as_the_page_has_it(shown) == there["state"], text
        found = [
            {"letter": one.letter, "name": one.name, "value": one.value, "used": one.used}
            for one in problems
        ]
        assert found == there["problems"], text
        named = {"show": shown.show, "at": shown.at, "play": shown.play, "view": shown.view}
        assert address(*shown.networks, **named) == there["written"], text


def test_an_address_holds_what_differs_from_the_defaults() -> None:
    assert address(SIGMOID.at(depth=20), DEFAULT) == "#v=1&a=depth:20,activation:sigmoid&b="
    assert address(
        Trained(experiment=RESNET.at(learning_rate=1e-05), optimizer="adam", bit=True),
        show="dead",
        at=50,
        play=True,
        view="projector",
    ) == (
        "#v=1&a=residual:true,normalization:batch,init:he,learning_rate:0.00001,optimizer:adam,"
        "bit:true&show=dead&at=50&play=1&view=projector"
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (10.0, "10"),
        (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (1e-9, "1e-9"),
        (0.1 + 0.2 - 0.2, "0.10000000000000003"),
    ],
)
def test_a_number_is_written_as_javascript_does(
    laboratory: Laboratory, number: float, text: str
) -> None:
    hash_ = address(DEFAULT.at(clip_norm=number))
    assert hash_ == f"#v=1&a=clip_norm:{text}"
    assert laboratory.ask("addresses", hashes=[hash_])[0]["written"] == hash_


def test_a_lecturers_links_come_back_as_they_were() -> None:
    for depth in (2, 20, 60):
        networks = [kind.at(depth=depth, seed=depth) for kind in (SIGMOID, RELU, RESNET)]
        text = f"https://example.org/en/book/laboratory.html{address(*networks, at=depth)}"
        shown, problems = read_address(text)
        assert [one.experiment for one in shown.networks] == networks
        assert shown.at == depth
        assert problems == ()


def test_what_cannot_be_used_is_named_with_the_experiments_own_sentence() -> None:
    shown, problems = read_address("#v=1&a=depth:900,activation:swish,seed:3,wings:2&at=x&q=1")
    assert shown == Shown(networks=(DEFAULT.at(seed=3),))  # type: ignore[arg-type]
    assert [(one.letter, one.name, one.value, one.used) for one in problems] == [
        ("", "at", "x", "0"),
        ("", "q", "1", None),
        ("a", "depth", "900", "10"),
        ("a", "activation", "swish", "relu"),
        ("a", "wings", "2", None),
    ]
    with pytest.raises(ValueError, match="depth must be between 1 and 200, got 900") as raised:
        Experiment(depth=900, learning_rate=0.1, epochs=1)
    assert problems[2].reason == str(raised.value)
    assert all(one.reason for one in problems)


def test_of_parts_with_one_name_the_last_holds_and_the_others_are_named() -> None:
    shown, problems = read_address("#v=1&a=depth:3&at=5&a=depth:30,seed:1,depth:500&at=7&at=7")
    assert shown == Shown(networks=(DEFAULT.at(seed=1),), at=7)  # type: ignore[arg-type]
    assert [(one.letter, one.name, one.value, one.used) for one in problems] == [
        ("", "a", "depth:3", "depth:30,seed:1,depth:500"),
        ("", "at", "5", "7"),
        ("a", "depth", "30", "10"),
        ("a", "depth", "500", "10"),
    ]
    assert problems[0].reason == "'a' is given again: write it once"
    assert "got 500" in problems[3].reason


TRICKY = [
    "",
    "#",
    "#section-of-the-page",
    "#a=depth:20",
    "#v=1",
    "#v=2&a=depth:3",
    "#v=1&v=1&a=&b",
    "#v=1&c=depth:3&a=depth:2&a=depth:4",
    "#v=1&a=depth:2e1,width:16.0,seed:-0,momentum:-0,epochs:1e3",
    "#v=1&a=learning_rate:.1,momentum:1.,clip_norm:none,clip_value:0,seed:none",
    "#v=1&a=learning_rate:1e999,depth:1e300,seed:4294967296,width:٣٢",
    "#v=1&a=residual:True,bit:1,bit:true,branch:ReZero,optimizer:Adam,data:mnist",
    "#v=1&a=depth:%32%30,activation%3Asigmoid&b=%ff&%zz=%41%zz",
    "#v=1&a=depth:0x10,width: 16,depth:+5,learning_rate:1_0",
    "#v=1&at=007&play=yes&play=1&view=full&show=loss",
    "#v=1&at=999999999&at=1234567890&play=0",
    "#v=1&a=__proto__:1,constructor:2,toString:3&__proto__=1",
    "#v=1&a=depth,depth:,:5,,=&&=&b=depth:2:3",
    "#v=1#v=1&a=depth:7",
    "##v=1&a=depth:3",
    "#v=1&a=depth:3#x&at=5#",
    "#V=1&A=depth:3",
    "#v=1&A=depth:3&a=DEPTH:3,depth:4",
    "#v=1.0&a=&b=&c=&d=&a=width:16",
    "#v=0&v=1&v=&show=x&show=dead&show=y&view=embed&view=",
    "#v=1&at=5&at=x&at=100001&play=1&play=0&play=1",
    "#v=1&a=depth:500,depth:3,depth:500,bit:true,bit:false,x:1,x:2,x:1",
    "#v=1&a=residual:toString,bit:__proto__&b=residual:constructor,data:valueOf",
    "#v=1&a=depth:NaN,width:Infinity,seed:-1,epochs:1e-400,momentum:-1e-400",
    "#v=1&a=learning_rate:0,clip_norm:1,clip_value:1e-324,depth:61,batch_size:1",
    "#v=1&a=seed:4294967296&b=seed:4294967295.0&c=depth:2.9999999999999999999",
    "#v=1&a=activation:<script>alert(1)</script>&<img src=x onerror=alert(1)>=1",
    "#v=1&a=depth:%00,%00:1,depth%3A3%0A&at=5%0A&%61=%64epth:3%2Cwidth:16",
    f"#v=1&a=depth:{'9' * 400},learning_rate:0.{'0' * 400}1,{'depth:3,' * 40}&at={'1' * 400}",
    "#v=1;a=depth:3&amp;b=&=x&=&a=:::,,:&a=depth=3&b:depth=3&\U0001f600=\U0001f600",
]


def test_tricky_addresses_are_read_as_the_page_reads_them(laboratory: Laboratory) -> None:
    assert_read_alike(laboratory, TRICKY)


def test_random_addresses_are_read_as_the_page_reads_them(laboratory: Laboratory) -> None:
    draw = random.Random(0)
    names = [*asdict(DEFAULT), "optimizer", "bit", "wings"]
    values = ["0", "1", "2", "16", "0.5", "1e-7", "0.00003", "100", "none", "true", "false"]
    values += ["tanh", "batch", "rezero", "he", "adam", "digits", "x", "", "-1", "4294967295"]
    settings = ["at=5", "at=-1", "play=1", "view=embed", "view=", "show=dead", "hide=1", "a", ""]

    def network() -> str:
        return ",".join(f"{draw.choice(names)}:{draw.choice(values)}" for _ in range(6))

    def one() -> str:
        parts = [f"{draw.choice('abcd')}={network()}" for _ in range(3)]
        parts += draw.sample(settings, 3)
        draw.shuffle(parts)
        return f"#v=1&{'&'.join(parts)}"

    assert_read_alike(laboratory, [one() for _ in range(150)])


def test_fields_defaults_and_bounds_are_the_experiments(laboratory: Laboratory) -> None:
    there = laboratory.ask("types")
    assert there["defaults"] == {**asdict(DEFAULT), "optimizer": "sgd"}
    for name, bound in there["bounds"].items():
        step = 1 if bound["whole"] else 1e-10
        for value in (bound["least"], bound["most"]):
            assert getattr(DEFAULT.at(**{name: value}), name) == value
        for value in (bound["least"] - step, bound["most"] + 1):
            with pytest.raises(ValueError, match=f"{name} must be between"):
                DEFAULT.at(**{name: value})
    for name, choices in there["choices"].items():
        if name == "optimizer":
            assert choices == [*OPTIMIZERS]
            continue
        with pytest.raises(ValueError, match=f"choose from {', '.join(choices)}$"):
            DEFAULT.at(**{name: "x"})


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        (lambda: address(1), TypeError, "must be an Experiment, got 1: pass SIGMOID, RELU"),  # type: ignore[arg-type]
        (lambda: address(*[RELU] * 4), ValueError, "networks must hold at most 3 items"),
        (lambda: address(RELU, at=-1), ValueError, "at must be between 0 and 100000, got -1"),
        (lambda: address(RELU, show="loss"), ValueError, "show must be a known name, got 'loss'"),
        (lambda: address(RELU, view="x"), ValueError, "view must be a known name"),
        (lambda: address(RELU, play=1), TypeError, "play must be True or False, got 1"),
        (lambda: Trained(optimizer="x"), ValueError, "optimizer must be a known name"),
        (lambda: Trained(bit=1), TypeError, "bit must be True or False"),  # type: ignore[arg-type]
        (lambda: Trained(experiment=3), TypeError, "experiment must be an Experiment"),  # type: ignore[arg-type]
        (lambda: read_address(3), TypeError, "text must be a string, got 3"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_shown_is_refused(given: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        given()


def test_a_problem_is_plain_data() -> None:
    _shown, (problem,) = read_address("#v=1&a=bit:maybe")
    assert problem == Problem(
        "a", "bit", "maybe", "false", "bit must be True or False, got 'maybe': write True or False"
    )


def test_the_function_that_shows_the_laboratory_keeps_its_name() -> None:
    assert callable(vanishing.laboratory)


def run_of(experiment: Experiment) -> Run:
    return Run(experiment, ("1", "output"), (0,), ((1.0, 1.0),), (2.3,), (0.1,), "stalled")


def test_a_figures_networks_are_trained_in_the_laboratory_from_the_step_it_shows() -> None:
    runs = [run_of(SIGMOID.at(depth=1)), run_of(RELU.at(depth=1, clip_norm=0.5))]
    recipe = call("vanishing.figures.runs:draw_runs", runs=runs, step=5)
    shown, problems = read_address(address_of(recipe))
    assert [one.experiment for one in shown.networks] == [run.experiment for run in runs]
    assert shown.at == 5
    assert problems == ()
    assert address_of(call("vanishing.figures.runs:draw_runs", runs=runs * 2, step=5)) == ""
    assert address_of(call("vanishing.figures.runs:draw_runs", runs=[], step=5)) == ""
