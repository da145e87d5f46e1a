"""What the laboratory's worker reports, and how it follows orders."""

from __future__ import annotations

import base64
import math
from dataclasses import asdict
from typing import Any

import numpy
import pytest
import torch
from laboratory import Laboratory
from numpy.typing import NDArray

from vanishing.activations import unit_slopes
from vanishing.data import load_digits
from vanishing.experiment import RELU, RESNET, SIGMOID, Experiment
from vanishing.networks import build_network
from vanishing.scans import scans
from vanishing.training import _batches

SMALL = RELU.at(depth=2, width=16)


@pytest.fixture(scope="module")
def lab(laboratory: Laboratory) -> Laboratory:
    """Give the laboratory's modules with the digits."""
    laboratory.ask("digits", scans=scans())
    return laboratory


def settings(experiment: Experiment, **changes: Any) -> dict[str, Any]:
    return {**asdict(experiment), "optimizer": "sgd", **changes}


def frames(lab: Laboratory, experiment: Experiment, updates: int, **given: Any) -> Any:
    return lab.ask("train", experiment=settings(experiment), updates=updates, **given)["frames"]


def sent(values: NDArray[Any]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def first_batch(experiment: Experiment) -> torch.Tensor:
    return load_digits().train_inputs[next(_batches(experiment, 1500))]


def orders(lab: Laboratory, *given: tuple[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Give orders, each once so many answers have come; return all answers."""
    answers: list[dict[str, Any]] = lab.ask("orders", orders=given)
    return answers


def start(experiment: Experiment = SMALL, **changes: Any) -> tuple[int, dict[str, Any]]:
    return 0, {"type": "start", "experiment": settings(experiment, **changes)}


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh", "elu", "gelu", "identity"])
def test_dead_and_saturated_units_are_counted_as_the_library_does(
    lab: Laboratory, activation: str
) -> None:
    experiment = SIGMOID.at(depth=3, width=32, activation=activation, init="he", seed=3)
    here = frames(lab, experiment, 0)[0]
    slopes = unit_slopes(build_network(experiment), first_batch(experiment))
    limit = 0.1 * {"sigmoid": 0.25, "gelu": 1.1289}.get(activation, 1.0)
    flat = [float((layer.abs() < limit).double().mean()) for layer in slopes]
    silent = [float((layer == 0).all(dim=0).double().mean()) for layer in slopes]
    assert here["saturated"] == pytest.approx(flat, abs=0.002)
    assert here["dead"] == pytest.approx(silent)


@pytest.mark.parametrize("experiment", [SMALL, RESNET.at(depth=3, width=16)])
def test_the_signals_of_each_layer_are_measured(lab: Laboratory, experiment: Experiment) -> None:
    here = frames(lab, experiment, 0)[0]
    network, signal = build_network(experiment), first_batch(experiment)
    for layer in range(experiment.depth):
        branch = network.branch(layer, signal).detach()
        signal = signal + branch if experiment.residual and layer else branch
        unit = torch.nn.functional.normalize(signal.double(), dim=1)
        cosines = (unit @ unit.T)[~torch.eye(100, dtype=torch.bool)]
        assert here["similarities"][layer] == pytest.approx(float(cosines.mean()), abs=1e-5)
        rms = float(signal.double().square().mean().sqrt())
        assert here["signal_norms"][layer] == pytest.approx(rms, rel=1e-5)
        bins = here["histograms"][48 * layer : 48 * (layer + 1)]
        assert sum(bins) == 100 * experiment.width
        low, high = (-8, 8) if experiment.residual else (-4, 4)
        edges = numpy.histogram(signal.clamp(low, high), bins=48, range=(low, high))[0]
        assert abs(edges - bins).sum() <= 4  # a value may round to the other side of an edge


def test_numbers_beyond_the_axis_are_counted_at_its_ends_and_nan_nowhere(
    lab: Laboratory,
) -> None:
    values = numpy.array([-9, -1, -0.5, 0, 0.99, 1, numpy.inf, -numpy.inf, numpy.nan])
    assert lab.ask("count", numbers=sent(values), range=[-1, 1], bins=4) == [3, 1, 1, 3]


def test_rows_that_are_zero_have_no_direction(lab: Laboratory) -> None:
    def similarity(rows: list[list[float]]) -> Any:
        values = numpy.array(rows)
        return lab.ask("similarity", numbers=sent(values), rows=len(rows), width=len(rows[0]))

    assert similarity([[1, 0], [0, 0], [0, 2]]) == 0
    assert similarity([[1, 1], [2, 2]]) == pytest.approx(1)
    assert similarity([[1, 1], [-2, -2]]) == pytest.approx(-1)
    assert similarity([[0, 0], [0, 0]]) == similarity([[0, 3], [0, 0]]) == 1


def test_the_update_is_told_as_a_share_of_the_weights(lab: Laboratory) -> None:
    first, second = frames(lab, SMALL, 1)
    assert first["update_ratios"] == [0] * 3
    network = build_network(SMALL)
    for layer, name in enumerate(("1", "2", "output")):
        weight = float(network.get_parameter(f"{name}.weight").detach().double().norm())
        update = SMALL.learning_rate * first["gradient_norms"][layer]
        assert second["update_ratios"][layer] == pytest.approx(update / weight, rel=1e-5)


def test_a_sum_that_explodes_names_the_layer_and_stays_a_result(lab: Laboratory) -> None:
    experiment = RELU.at(depth=30, width=16, residual=True, learning_rate=1.0)
    seen = frames(lab, experiment, 6)
    assert seen[0]["nan_layer"] == 0
    assert 1 <= seen[-1]["nan_layer"] <= 31
    assert seen[-1]["loss"] in ("NaN", "Infinity")


def test_one_changed_bit_changes_the_second_layers_first_weight_alone(lab: Laboratory) -> None:
    given = {"experiment": settings(SMALL), "asWeights": True}
    before, after = (
        [lab.ask("train", bit=bit, updates=updates, **given) for bit in (False, True)]
        for updates in (0, 1)
    )
    plain, bit = (run["weights"] for run in before)
    words = [numpy.frombuffer(base64.b64decode(weights[2]), "<u4") for weights in (plain, bit)]
    changed = words[0] ^ words[1]
    assert changed[0] == 1
    assert not changed[1:].any()
    assert (plain[:2], plain[3:]) == (bit[:2], bit[3:])
    assert after[0]["weights"] != after[1]["weights"]


def test_the_plain_kernels_train_the_same_network(lab: Laboratory) -> None:
    experiment = RESNET.at(depth=3, width=17, activation="tanh")
    emitted, plain = (frames(lab, experiment, 3, kernels=kind) for kind in ("emitted", "plain"))
    for one, other in zip(emitted, plain, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-5)
        assert one["gradient_norms"] == pytest.approx(other["gradient_norms"], rel=1e-4)


def test_a_start_is_answered_with_the_layers_and_the_first_frame(lab: Laboratory) -> None:
    started, frame = orders(lab, start(SIGMOID.at(depth=2)))
    assert started["type"] == "started"
    assert started["layers"] == ["1", "2", "output"]
    assert started["range"] == [0, 1]
    assert started["kernels"] == "emitted"
    assert frame["frame"]["step"] == 0
    assert frame["moved"] == 1  # the lists move to the page in one buffer instead of being copied
    assert frame["frame"]["ms"] > 0


def test_a_layers_histogram_is_told_in_bytes_of_which_its_fullest_bin_has_the_most(
    lab: Laboratory,
) -> None:
    told = orders(lab, start())[1]["frame"]["histograms"]
    counted = frames(lab, SMALL, 0)[0]["histograms"]
    for layer in (slice(0, 48), slice(48, 96)):
        most = max(counted[layer])
        assert told[layer] == [math.ceil(255 * count / most) for count in counted[layer]]
    whole = lab.ask("shares", counts=[0] * 48)
    assert whole == [0] * 48  # a layer of NaN


def test_frames_come_as_often_as_asked_for_and_at_the_end(lab: Laboratory) -> None:
    answers = orders(lab, start(), (2, {"type": "step", "count": 5, "every": 2}))
    steps = [one["frame"]["step"] for one in answers if one["type"] == "frame"]
    assert steps == [0, 2, 4, 5]
    assert answers[-1]["type"] == "done"
    assert answers[-1]["step"] == 5


def test_frames_that_are_left_out_change_no_number(lab: Laboratory) -> None:
    experiment = RESNET.at(depth=2, width=16)
    each, seldom = (
        orders(lab, start(experiment), (2, {"type": "step", "count": 4, "every": every}))
        for every in (1, 4)
    )
    ends = [
        {**run[-2]["frame"], "ms": 0, "update_ratios": run[-2]["frame"]["update_ratios"]}
        for run in (each, seldom)
    ]
    assert ends[0] == ends[1]


def test_a_stop_ends_the_steps_between_two_updates(lab: Laboratory) -> None:
    given = [(2, {"type": "step", "count": 10_000}), (4, {"type": "stop"})]
    answers = orders(lab, start(), *given, (4, {"type": "step", "count": 1}))
    done = [one["step"] for one in answers if one["type"] == "done"]
    assert done == [done[0], done[0] + 1]
    assert 2 <= done[0] <= 4


def test_a_stop_when_nothing_runs_is_not_kept_for_later(lab: Laboratory) -> None:
    answers = orders(lab, start(), (2, {"type": "stop"}), (2, {"type": "step", "count": 2}))
    assert answers[-1] == {"type": "done", "step": 2, "moved": 0}


def test_a_profile_is_that_of_all_training_digits(lab: Laboratory) -> None:
    answers = orders(lab, start(), (2, {"type": "profile"}))
    assert answers[-1]["type"] == "profile"
    assert answers[-1]["profile"]["step"] == 0
    assert len(answers[-1]["profile"]["gradient_norms"]) == 3
    accuracy = answers[1]["frame"]["accuracy"]
    assert answers[-1]["profile"]["accuracy"] == accuracy


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("depth", 0),
        ("depth", 2.5),
        ("depth", "3"),
        ("width", 1025),
        ("activation", "swish"),
        ("residual", 1),
        ("learning_rate", None),
        ("clip_norm", 0),
        ("seed", 2**32),
        ("optimizer", "adagrad"),
        ("wings", 2),
    ],
)
def test_a_setting_that_cannot_be_trained_is_named(lab: Laboratory, field: str, value: Any) -> None:
    answers = orders(lab, start(**{field: value}))
    assert answers == [{"type": "error", "code": "experiment", "field": field, "moved": 0}]


def test_a_missing_setting_is_named(lab: Laboratory) -> None:
    given = settings(SMALL)
    del given["momentum"]
    answers = orders(lab, (0, {"type": "start", "experiment": given}))
    assert [(one["code"], one["field"]) for one in answers] == [("experiment", "momentum")]


@pytest.mark.parametrize("order", ["step", "profile", "dance"])
def test_an_order_without_a_network_is_refused(lab: Laboratory, order: str) -> None:
    answers = orders(lab, (0, {"type": order, "count": 1}))
    assert [(one["code"], one["detail"]) for one in answers] == [("order", order)]


@pytest.mark.parametrize("count", [0, -1, None])
def test_a_step_needs_a_number_of_updates(lab: Laboratory, count: Any) -> None:
    answers = orders(lab, start(), (2, {"type": "step", "count": count}))
    assert (answers[-1]["code"], answers[-1]["detail"]) == ("order", "step")


def test_a_network_that_no_memory_holds_is_said_to_be_too_large(lab: Laboratory) -> None:
    experiment = RESNET.at(depth=200, width=1024, batch_size=1500)
    (answer,) = orders(lab, start(experiment, optimizer="adam"))
    assert (answer["type"], answer["code"]) == ("error", "memory")


@pytest.mark.parametrize(
    ("changes", "most"), [({}, 16), ({"optimizer": "adam"}, 20), ({"activation": "gelu"}, 16)]
)
def test_the_largest_residual_network_that_the_page_offers_takes_little_memory(
    lab: Laboratory, changes: dict[str, Any], most: float
) -> None:
    largest = settings(RESNET.at(depth=60, width=128), **changes)
    assert lab.ask("memory", experiment=largest, tests=297) < most * 2**20


def test_after_an_error_the_worker_goes_on(lab: Laboratory) -> None:
    answers = orders(lab, start(depth=0), start())
    assert [one["type"] for one in answers] == ["error", "started", "frame"]


def frame(step: int, loss: float) -> dict[str, Any]:
    return {"type": "frame", "frame": {"step": step, "loss": loss}}


def test_of_a_long_training_every_so_many_frames_are_kept(lab: Laboratory) -> None:
    script = ["start", STARTED, frame(0, 0), 449, *(frame(step, step) for step in range(1, 450))]
    losses = lab.ask("trainer", script=script)["losses"]
    assert losses == [*range(0, 400, 2), *range(400, 450)]


STARTED = {"type": "started", "range": [0, 1]}
DONE = {"type": "done"}


@pytest.mark.parametrize(
    "script",
    [
        ["start", "start", STARTED, frame(0, 1), STARTED, frame(0, 2)],
        ["start", STARTED, "start", frame(0, 1), STARTED, frame(0, 2)],
        [
            "start",
            "start",
            "start",
            STARTED,
            frame(0, 0),
            STARTED,
            frame(0, 1),
            STARTED,
            frame(0, 2),
        ],
        [
            "start",
            STARTED,
            frame(0, 1),
            9,
            frame(1, 1),
            "start",
            frame(2, 1),
            DONE,
            STARTED,
            frame(0, 2),
        ],
        ["start", {"type": "error", "code": "memory"}, "start", STARTED, frame(0, 2)],
        ["start", "start", {"type": "error", "code": "memory"}, STARTED, frame(0, 2)],
    ],
)
def test_of_networks_started_one_after_the_other_the_last_one_is_shown(
    lab: Laboratory, script: list[Any]
) -> None:
    found = lab.ask("trainer", script=[*script, 3, frame(1, 2.5), DONE])
    assert found["losses"] == [2, 2.5]
    orders = [place for place, one in enumerate(script) if not isinstance(one, dict)]
    assert found["answered"] == [*orders, len(script)]
