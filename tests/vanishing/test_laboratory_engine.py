"""The laboratory trains the networks of the library as PyTorch does."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import asdict
from functools import cache
from typing import Any

import numpy
import pytest
import torch
from laboratory import ROOT, Laboratory, numbers
from laboratory_reference import CASES, PATH, RECORDED, UPDATES, measured
from torch.nn.functional import cross_entropy

from vanishing import training
from vanishing.data import load_digits
from vanishing.experiment import RELU, RESNET, SIGMOID, Experiment
from vanishing.networks import build_network
from vanishing.reproducible import reproducible
from vanishing.scans import scans, scans_module

SMALLEST = 1e-36  # of norms that are compared: below it float32 has lost its digits
SMOOTH, KINKED = 1e-5, 5e-3  # one unit may fall on the other side of a rectifier's kink
ROUNDED_ALIKE = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")


@pytest.fixture(scope="module")
def lab(laboratory: Laboratory) -> Laboratory:
    """Give the laboratory's modules with the digits."""
    laboratory.ask("digits", scans=scans())
    return laboratory


@cache
def reference() -> Any:
    return json.loads(PATH.read_text("utf-8"))


def settings(experiment: Experiment, optimizer: str = "sgd") -> dict[str, Any]:
    return {**asdict(experiment), "optimizer": optimizer}


def tolerance(experiment: Experiment) -> float:
    return KINKED if "relu" in experiment.activation else SMOOTH


def assert_norms_agree(here: Any, there: Any, within: float) -> None:
    ours, theirs = numpy.array(here, dtype=float), numpy.array(there)
    tiny = theirs < SMALLEST
    assert numpy.all(ours[tiny] < 10 * SMALLEST)
    numpy.testing.assert_allclose(ours[~tiny], theirs[~tiny], rtol=within)


def weights_of(experiment: Experiment) -> list[numpy.ndarray[Any, Any]]:
    network = build_network(experiment)
    names = (*network.hidden, "output")
    parts = (f"{name}.{kind}" for name in names for kind in ("weight", "bias"))
    return [network.get_parameter(part).detach().numpy().ravel() for part in parts]


def test_the_digits_are_standardised_to_the_same_bits(laboratory: Laboratory) -> None:
    digits = load_digits()
    (train, train_targets), (test, test_targets) = laboratory.ask("digits", scans=scans())
    assert numpy.array_equal(numbers(train), digits.train_inputs.numpy().ravel())
    assert numpy.array_equal(numbers(test), digits.test_inputs.numpy().ravel())
    assert train_targets == digits.train_targets.tolist()
    assert test_targets == digits.test_targets.tolist()


def test_the_reference_was_made_by_the_pinned_pytorch_for_these_experiments() -> None:
    pinned = (ROOT / "requirements.txt").read_text("utf-8")
    assert f"\ntorch=={reference()['torch'].partition('+')[0]}" in pinned
    kept = {name: case["experiment"] for name, case in reference()["cases"].items()}
    assert kept == {name: asdict(experiment) for name, experiment in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_a_network_starts_and_trains_as_in_pytorch(lab: Laboratory, name: str) -> None:
    experiment, there = CASES[name], reference()["cases"][name]
    here = lab.ask(
        "train", experiment=settings(experiment), updates=UPDATES, profiles=list(RECORDED)
    )
    assert (here["sha256"] == there["sha256"]) is (experiment.init != "orthogonal")
    for ours, theirs in zip(here["profiles"], there["whole"], strict=True):
        assert_norms_agree(ours["gradient_norms"], theirs["gradient_norms"], tolerance(experiment))
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-4)
    for ours, theirs in zip(here["frames"], there["batches"], strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-4)
        assert ours["accuracy"] == pytest.approx(theirs["accuracy"], abs=0.004)
        if "gradient_norms" in theirs:
            norms = ours["gradient_norms"], theirs["gradient_norms"]
            assert_norms_agree(*norms, tolerance(experiment))


@pytest.mark.parametrize("width", [16, 50, 128])
@pytest.mark.parametrize("init", ["default", "xavier", "he", "orthogonal"])
def test_the_first_weights_are_those_of_pytorch_here(
    lab: Laboratory, init: str, width: int
) -> None:
    experiment = SIGMOID.at(depth=3, width=width, init=init, seed=2**32 - 1)
    here = lab.ask("train", experiment=settings(experiment), updates=0, asWeights=True)
    for ours, theirs in zip(here["weights"], weights_of(experiment), strict=True):
        if init == "orthogonal" or not ROUNDED_ALIKE:
            numpy.testing.assert_allclose(numbers(ours), theirs, atol=1e-5)
        else:
            assert numpy.array_equal(numbers(ours).view("<u4"), theirs.view("<u4"))


LIVE = {
    "default": SIGMOID.at(depth=4, width=24),
    "He, clipped": RELU.at(depth=4, clip_norm=0.1, learning_rate=0.1),
    "ResNet": RESNET.at(depth=4, width=32),
    "ReZero": RELU.at(depth=4, residual=True, branch="rezero", activation="gelu"),
}


@pytest.mark.parametrize("name", LIVE)
def test_a_network_trains_as_in_the_pytorch_that_is_here(lab: Laboratory, name: str) -> None:
    experiment = LIVE[name]
    there = measured(experiment, last=3)
    here = lab.ask("train", experiment=settings(experiment), updates=3, profiles=list(RECORDED))
    for ours, theirs in zip(here["profiles"], there["whole"], strict=True):
        assert_norms_agree(ours["gradient_norms"], theirs["gradient_norms"], KINKED)
    for ours, theirs in zip(here["frames"], there["batches"], strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-3)


def trained_with_adam(experiment: Experiment, last: int) -> tuple[list[float], Any]:
    """Return the loss of each batch and the weights after so many updates of PyTorch's Adam."""
    digits, losses = load_digits(), []
    with reproducible():
        network = build_network(experiment)
        optimizer = torch.optim.Adam(network.parameters(), lr=experiment.learning_rate)
        batches = training._batches(experiment, len(digits.train_inputs))
        for _ in range(last):
            batch = next(batches)
            optimizer.zero_grad()
            loss = cross_entropy(network(digits.train_inputs[batch]), digits.train_targets[batch])
            torch.autograd.backward(loss)
            training._clip(network, experiment)
            optimizer.step()
            losses.append(loss.item())
        ends = [network.get_parameter(f"{name}.weight") for name in (*network.hidden, "output")]
    return losses, [end.detach().numpy().ravel() for end in ends]


@pytest.mark.parametrize(
    "experiment",
    [
        SIGMOID.at(depth=5, learning_rate=0.01),
        SIGMOID.at(depth=2, learning_rate=0.01, activation="tanh", clip_value=0.001),
        RESNET.at(depth=3, learning_rate=0.001, activation="silu", branch="scaled"),
    ],
    ids=lambda experiment: experiment.label,
)
def test_adam_is_that_of_pytorch(lab: Laboratory, experiment: Experiment) -> None:
    losses, ends = trained_with_adam(experiment, 15)
    here = lab.ask("train", experiment=settings(experiment, "adam"), updates=15, asWeights=True)
    assert [frame["loss"] for frame in here["frames"][:15]] == pytest.approx(losses, rel=1e-4)
    moved = 15 * experiment.learning_rate
    for ours, theirs in zip(here["weights"][::2], ends, strict=True):
        assert numpy.abs(numbers(ours) - theirs).max() < 0.05 * moved


def test_the_printed_module_is_small_ascii_and_holds_every_digit() -> None:
    text = scans_module()
    assert text.isascii()
    assert len(gzip.compress(text.encode())) < 50_000
    held = dict(re.findall(r"^export const (\w+) = (.*);$", text, re.MULTILINE))
    assert {name: json.loads(value) for name, value in held.items()} == scans()
    assert len(json.loads(held["pixels"])) == 1797 * 64
