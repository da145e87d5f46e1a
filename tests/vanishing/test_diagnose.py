"""A diagnosis names the sick layer and why, for any network, and leaves no trace."""

import dataclasses
import json
import math
import random
import sys
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

from vanishing.data import load_digits
from vanishing.diagnose import Diagnosis, diagnose
from vanishing.diagnosis import verdicts
from vanishing.diagnosis.verdicts import LayerEvidence, judge
from vanishing.experiment import RELU, RESNET, SIGMOID, Experiment
from vanishing.networks import build_network
from vanishing.watch import GradientWatch

SEEDS = (0, 1, 2)
_digits = load_digits()
IMAGES, LABELS = _digits.train_inputs[:300], _digits.train_targets[:300]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def examine(experiment: Experiment) -> Diagnosis:
    return diagnose(build_network(experiment), IMAGES, LABELS)


def batch(features: int = 6, classes: int = 3, size: int = 32) -> tuple[Tensor, Tensor]:
    return torch.randn(size, features), torch.randint(classes, (size,))


def found(diagnosis: Diagnosis) -> dict[str, tuple[str, str, str]]:
    return {one.name: (one.verdict, one.cause, one.culprit) for one in diagnosis.layers}


class Reader(nn.Module):
    def __init__(self, recurrent: type[nn.RNNBase], hidden: int = 16) -> None:
        super().__init__()
        self.recurrent = recurrent(4, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 3)

    def forward(self, sequence: Any) -> Tensor:
        states, _ = self.recurrent(sequence)
        return self.head(states[:, -1])  # type: ignore[no-any-return]


# Broken networks


@pytest.mark.parametrize("seed", SEEDS)
def test_a_deep_sigmoid_network_starves_at_its_first_layers(seed: int) -> None:
    diagnosis = examine(SIGMOID.at(depth=10, seed=seed))
    assert diagnosis.verdict == "starving"
    kinds = [one.verdict for one in diagnosis.layers]
    assert kinds == sorted(kinds, reverse=True)  # starving first, healthy last
    assert found(diagnosis)["1"] == ("starving", "squashed", "")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("init", ["default", "xavier"])
def test_a_relu_network_of_30_layers_starves_without_he_initialization(
    init: str, seed: int
) -> None:
    diagnosis = examine(RELU.at(depth=30, init=init, seed=seed))
    assert found(diagnosis)["1"] == ("starving", "small_weights", "")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dead_layer_is_told_from_those_that_it_starves(seed: int) -> None:
    network = build_network(RELU.at(depth=6, seed=seed))
    nn.init.constant_(network.get_submodule("3").bias, -100)
    diagnosis = diagnose(network, IMAGES, LABELS)
    assert diagnosis.verdict == "dead"
    assert found(diagnosis) == {
        "1": ("starving", "blocked", "3"),
        "2": ("starving", "blocked", "3"),
        "3": ("dead", "inactive", ""),
        "4": ("starving", "unfed", "3"),
        "5": ("starving", "unfed", "3"),
        "6": ("starving", "unfed", "3"),
        "output": ("starving", "unfed", "3"),
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("depth", [20, 50, 200])
def test_an_unscaled_sum_of_branches_explodes(depth: int, seed: int) -> None:
    diagnosis = examine(RESNET.at(depth=depth, normalization="none", seed=seed))
    assert diagnosis.count("exploding") == depth + 1
    assert {one.cause for one in diagnosis.layers} == {"growing_sum"}


@pytest.mark.parametrize("seed", SEEDS)
def test_batch_normalization_without_skips_explodes_toward_the_input(seed: int) -> None:
    diagnosis = examine(RESNET.at(depth=50, residual=False, seed=seed))
    assert diagnosis.count("starving") == 0
    assert found(diagnosis)["1"] == ("exploding", "grows_backward", "")
    assert found(diagnosis)["output"][0] == "healthy"


@pytest.mark.parametrize("depth", [6, 60])
def test_weights_far_too_large_are_named(depth: int) -> None:
    network = build_network(RELU.at(depth=depth))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(6)
    assert found(diagnose(network, IMAGES, LABELS))["1"] == ("exploding", "large_weights", "")


def test_one_layer_with_weights_far_too_large_is_named() -> None:
    network = build_network(RELU.at(depth=6))
    with torch.no_grad():
        network.get_submodule("2").weight.mul_(1e4)
    assert found(diagnose(network, IMAGES, LABELS))["1"] == ("exploding", "large_weights", "2")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gradient_that_float16_loses_is_kept_by_bfloat16_and_by_a_scaled_loss(seed: int) -> None:
    experiment = RELU.at(depth=10, width=128, activation="tanh", init="default", seed=seed)
    images, labels = _digits.train_inputs, _digits.train_targets

    def verdict(dtype: torch.dtype, scale: float) -> str:
        return diagnose(
            build_network(experiment).to(dtype),
            images.to(dtype),
            labels,
            lambda scores, targets: scale * cross_entropy(scores, targets),
        ).verdict

    assert verdict(torch.float32, 1) == verdict(torch.bfloat16, 1) == "healthy"
    assert verdict(torch.float16, 1) == "underflowing"
    assert verdict(torch.float16, 4096) == "healthy"


def gradients_by_hand(network: nn.Module, images: Tensor) -> dict[str, list[Tensor]]:
    """Return each layer's gradient by its weights and by its outputs, without any probe."""
    outputs = {}
    signal = images
    for name in network.hidden:
        outputs[name] = network.get_submodule(name)(signal)
        signal = outputs[name].relu()
    outputs["output"] = network.output(signal)
    weights = [network.get_submodule(name).weight for name in outputs]
    loss = cross_entropy(outputs["output"], LABELS)
    found = torch.autograd.grad(loss, [*weights, *outputs.values()])
    return {name: [found[n], found[n + len(weights)]] for n, name in enumerate(outputs)}


def test_lost_entries_are_those_that_float64_keeps() -> None:
    network = build_network(RELU.at(depth=10, width=128, init="default"))
    diagnosis = diagnose(network.half(), IMAGES.half(), LABELS)
    coarse = gradients_by_hand(network, IMAGES.half())
    exact = gradients_by_hand(network.double(), IMAGES.double())
    for one in diagnosis.layers:
        shares = [
            int(((there != 0) & (left == 0)).sum()) / int((there != 0).sum())
            for there, left in zip(exact[one.name], coarse[one.name], strict=True)
        ]
        assert one.evidence.lost_share == pytest.approx(max(shares), abs=0.05)
    assert max(one.evidence.lost_share for one in diagnosis.layers) > 0.3


def test_float32_underflows_where_the_depth_is_extreme() -> None:
    diagnosis = examine(SIGMOID.at(depth=80))
    assert found(diagnosis)["1"] == ("underflowing", "squashed", "")
    assert found(diagnosis)["50"] == ("starving", "squashed", "")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_recurrent_network_starves_along_a_long_sequence(
    kind: type[nn.RNNBase], seed: int
) -> None:
    torch.manual_seed(seed)
    reader, targets = Reader(kind), torch.randint(3, (32,))
    long = diagnose(reader, torch.randn(32, 60, 4), targets)
    assert found(long)["recurrent"] == ("starving", "time", "")
    assert diagnose(reader, torch.randn(32, 3, 4), targets).is_healthy


def test_the_gradient_along_a_sequence_agrees_with_autograd_done_by_hand() -> None:
    reader, sequence = Reader(nn.GRU), torch.randn(32, 9, 4, requires_grad=True)
    targets = torch.randint(3, (32,))
    (arrived,) = torch.autograd.grad(cross_entropy(reader(sequence), targets), [sequence])
    norms = arrived.norm(dim=(0, 2))
    evidence = diagnose(reader, sequence.detach(), targets).layers[0].evidence
    assert evidence.first_step == pytest.approx((norms[0] / norms.max()).item(), rel=1e-4)


def test_a_packed_sequence_is_followed_as_well() -> None:
    class Packed(Reader):
        def forward(self, sequence: Any) -> Tensor:
            lengths = torch.tensor([60] * 16 + [50] * 16)
            packed = nn.utils.rnn.pack_padded_sequence(sequence, lengths, batch_first=True)
            return self.head(self.recurrent(packed)[1][-1])  # type: ignore[no-any-return]

    diagnosis = diagnose(Packed(nn.RNN), torch.randn(32, 60, 4), torch.randint(3, (32,)))
    assert found(diagnosis)["recurrent"] == ("starving", "time", "")


def test_a_recurrence_written_by_hand_is_followed_from_call_to_call() -> None:
    class Cells(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.step, self.head = nn.Linear(8, 4), nn.Linear(4, 3)

        def forward(self, sequence: Tensor) -> Tensor:
            state = torch.zeros(len(sequence), 4)
            for inputs in sequence.unbind(1):
                state = torch.tanh(self.step(torch.cat([inputs, state], dim=1)))
            return self.head(state)  # type: ignore[no-any-return]

    targets = torch.randint(3, (32,))
    long = diagnose(Cells(), torch.randn(32, 60, 4), targets)
    assert found(long)["step"] == ("starving", "turns", "")
    assert "The layer is used 60 times one after the other" in str(long)
    assert diagnose(Cells(), torch.randn(32, 3, 4), targets).is_healthy


def test_an_lstm_with_an_open_forget_gate_is_healthy() -> None:
    reader = Reader(nn.LSTM)
    reader.recurrent.bias_hh_l0.detach().chunk(4)[1].fill_(4)
    assert diagnose(reader, torch.randn(32, 60, 4), torch.randint(3, (32,))).is_healthy


def test_a_layer_that_is_cut_off_or_unused_is_disconnected() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last, self.idle = nn.Linear(6, 6), nn.Linear(6, 3), nn.Linear(6, 3)

        def forward(self, signal: Tensor) -> Tensor:
            return self.last(self.first(signal).relu().detach())  # type: ignore[no-any-return]

    diagnosis = diagnose(Cut(), *batch())
    assert found(diagnosis)["first"] == ("starving", "disconnected", "")
    assert found(diagnosis)["idle"] == ("starving", "uncalled", "")
    assert found(diagnosis)["last"][0] == "healthy"


def test_saturated_units_are_named() -> None:
    network = build_network(RELU.at(depth=12, activation="tanh", init="xavier"))
    for name in network.hidden:
        nn.init.constant_(network.get_submodule(name).bias, 8.0)
    diagnosis = diagnose(network, IMAGES, LABELS)
    assert found(diagnosis)["1"] in {
        ("starving", "saturated", ""),
        ("underflowing", "saturated", ""),
    }


def test_a_start_at_zero_that_the_first_update_ends_is_called_what_it_is() -> None:
    rezero = RESNET.at(depth=5, normalization="none", branch="rezero")
    network = build_network(rezero)
    diagnosis = diagnose(network, IMAGES, LABELS)
    assert diagnosis.is_healthy
    verdict, cause, culprit = found(diagnosis)["1"]
    assert (verdict, cause) == ("healthy", "start")
    assert culprit in {name for name, _one in network.named_parameters()}
    assert "the first update ends this" in str(diagnosis)


def test_a_network_that_has_learned_is_told_from_one_that_cannot() -> None:
    network = build_network(RELU.at(depth=2))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(400):
        optimizer.zero_grad()
        (cross_entropy(network(IMAGES), LABELS) * 1.0).backward()
        optimizer.step()
    quiet = diagnose(network, IMAGES, LABELS, lambda s, t: 1e-3 * cross_entropy(s, t))
    assert {one.cause for one in quiet.layers} == {"flat"}


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_inputs_and_weights_that_are_not_finite_are_named(broken: float) -> None:
    network = build_network(RELU.at(depth=3))
    images = IMAGES.clone()
    images[0, 0] = broken
    assert found(diagnose(network, images, LABELS))["1"] == ("not finite", "bad_inputs", "")
    with torch.no_grad():
        network.get_submodule("2").weight[0, 0] = broken
    assert found(diagnose(network, IMAGES, LABELS))["1"] == ("not finite", "bad_weights", "2")


# Cures


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "cure",
    [
        RELU.at(depth=30),
        RELU.at(depth=50),
        RESNET.at(depth=20),
        RESNET.at(depth=50),
        RESNET.at(depth=50, normalization="none", branch="scaled"),
        RELU.at(depth=30, activation="tanh", init="orthogonal"),
        RELU.at(depth=30, normalization="layer"),
    ],
    ids=lambda one: f"{one.label} {one.depth}",
)
def test_the_cures_are_healthy(cure: Experiment, seed: int) -> None:
    assert examine(cure.at(seed=seed)).is_healthy


def test_a_convolutional_network_is_healthy_and_its_dead_normalization_is_found() -> None:
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU6(),
        nn.Flatten(),
        nn.Linear(512, 10),
    )
    images = IMAGES.view(-1, 1, 8, 8)
    assert diagnose(model, images, LABELS).is_healthy
    nn.init.constant_(model[1].bias, -50)
    diagnosis = diagnose(model, images, LABELS)
    assert diagnosis.verdict == "dead"
    assert found(diagnosis)["0"] == ("starving", "blocked", "1")
    assert found(diagnosis)["3"] == ("starving", "unfed", "1")


@pytest.mark.parametrize("first", [True, False])
def test_a_transformer_on_tokens_is_healthy(first: bool) -> None:
    class Tokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(20, 16, sparse=False)
            layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=first)
            self.encode = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
            self.head = nn.Linear(16, 3)

        def forward(self, tokens: Tensor) -> Tensor:
            return self.head(self.encode(self.embed(tokens)).mean(1))  # type: ignore[no-any-return]

    tokens, targets = torch.randint(20, (32, 7)), torch.randint(3, (32,))
    for mode in (True, False):
        assert diagnose(Tokens().train(mode), tokens, targets).is_healthy


# Any module


def test_inputs_and_outputs_may_be_anything() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = nn.Linear(6, 5), nn.Linear(5, 3)

        def forward(self, bundle: dict[str, Any]) -> dict[str, Any]:
            hidden = torch.tanh(self.body(bundle["signal"][0]))
            return {"scores": (self.head(hidden), hidden), "note": bundle["note"]}

    inputs, targets = batch()
    diagnosis = diagnose(
        Named(),
        {"signal": [inputs], "note": "text"},
        {"class": targets},
        lambda outputs, wanted: cross_entropy(outputs["scores"][0], wanted["class"]),
    )
    assert diagnosis.is_healthy
    assert diagnosis.loss > 0


def test_tied_frozen_and_parametrized_weights_are_judged() -> None:
    embedding, head = nn.Embedding(9, 4, sparse=True), nn.Linear(4, 9, bias=False)
    head.weight = embedding.weight
    frozen = nn.Linear(4, 4).requires_grad_(False)
    for wrap in (parametrizations.weight_norm, parametrizations.spectral_norm):
        model = nn.Sequential(embedding, frozen, nn.Tanh(), wrap(nn.Linear(4, 4)), head)
        dense = nn.Embedding(9, 4)
        dense.weight, model[0] = embedding.weight, dense
        diagnosis = diagnose(model, torch.randint(9, (32,)), torch.randint(9, (32,)))
        assert [one.evidence.kind for one in diagnosis.layers] == [
            "Embedding", "Linear", "Linear", "Linear",
        ]  # fmt: skip
        assert [one.evidence.frozen for one in diagnosis.layers] == [False, True, False, False]
        assert diagnosis.is_healthy
        ends = diagnosis.layers[0].evidence, diagnosis.layers[-1].evidence
        assert ends[0].gradient_norm != ends[1].gradient_norm  # each use by itself


def test_a_frozen_part_behind_no_grad_is_not_called_sick() -> None:
    class Features(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Linear(6, 6).requires_grad_(False)
            self.head = nn.Linear(6, 3)

        def forward(self, signal: Tensor) -> Tensor:
            with torch.no_grad():
                features = self.body(signal)
            return self.head(features)  # type: ignore[no-any-return]

    diagnosis = diagnose(Features(), *batch())
    assert found(diagnosis)["body"] == ("healthy", "frozen", "")
    assert diagnosis.is_healthy


def test_layers_of_different_dtypes_are_judged() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.low, self.high = nn.Linear(6, 6).half(), nn.Linear(6, 3).double()

        def forward(self, signal: Tensor) -> Tensor:
            return self.high(self.low(signal.half()).double())  # type: ignore[no-any-return]

    diagnosis = diagnose(Mixed(), *batch())
    assert [one.evidence.dtype for one in diagnosis.layers] == ["float16", "float64"]
    assert diagnosis.is_healthy


def test_an_activation_is_seen_as_a_module_a_function_or_in_place() -> None:
    class Functional(nn.Module):
        def __init__(self, rectify: Callable[[Tensor], Tensor]) -> None:
            super().__init__()
            self.rectify = rectify
            self.first, self.last = nn.Linear(6, 6), nn.Linear(6, 3)
            nn.init.constant_(self.first.bias, -100)

        def forward(self, signal: Tensor) -> Tensor:
            return self.last(self.rectify(self.first(signal)))  # type: ignore[no-any-return]

    ways = [nn.ReLU(), nn.ReLU(inplace=True), torch.relu, torch.relu_, nn.Threshold(0, 0)]
    ways += [nn.functional.relu, nn.ReLU6(), lambda x: x.clamp(min=0), lambda x: x.clamp_min(0)]
    for rectify in ways:
        assert found(diagnose(Functional(rectify), *batch()))["first"][0] == "dead"
    assert found(diagnose(Functional(nn.LeakyReLU()), *batch()))["first"][0] == "healthy"


def test_a_part_that_is_computed_again_on_the_way_back_is_heard_once() -> None:
    class Checkpointed(nn.Module):
        def __init__(self, model: nn.Module) -> None:
            super().__init__()
            self.model, self.head = model, nn.Linear(5, 3)

        def forward(self, signal: Tensor) -> Tensor:
            hidden = checkpoint(self.model, signal, use_reentrant=False)
            return self.head(hidden)  # type: ignore[no-any-return]

    body = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 5))
    model, (inputs, targets) = Checkpointed(body), batch()
    before = snapshot(model)
    again = diagnose(model, inputs, targets)
    once = diagnose(nn.Sequential(body, model.head), inputs, targets)
    assert [one.verdict for one in again.layers] == [one.verdict for one in once.layers]
    norms = [[one.evidence.gradient_norm for one in each.layers] for each in (again, once)]
    assert norms[0] == pytest.approx(norms[1])
    assert snapshot(model) == before


def test_a_hinge_in_the_loss_is_not_taken_for_a_rectifier_of_the_last_layer() -> None:
    inputs, targets = batch(classes=2)
    signs = 2.0 * targets - 1

    def hinge(scores: Tensor, wanted: Tensor) -> Tensor:
        return (0.1 - wanted * scores[:, 0]).clamp(min=0).mean() + 0.01 * scores.square().mean()

    assert diagnose(nn.Linear(6, 1), inputs, signs, hinge).is_healthy


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("length", [20, 200])
def test_a_large_embedding_of_which_a_batch_reads_few_rows_is_healthy(
    length: int, seed: int
) -> None:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.body = nn.Embedding(40_000, 64), nn.Linear(64, 64)
            self.head = nn.Linear(64, 3)

        def forward(self, words: Tensor) -> Tensor:
            return self.head(torch.tanh(self.body(self.embed(words).mean(1))))  # type: ignore[no-any-return]

    torch.manual_seed(seed)
    diagnosis = diagnose(Words(), torch.randint(40_000, (32, length)), torch.randint(3, (32,)))
    assert diagnosis.is_healthy
    assert diagnosis.layers[0].evidence.relative_gradient < verdicts.STARVING_RATIO


def test_a_loss_that_is_zero_is_told_from_a_gradient_that_gets_lost() -> None:
    inputs, targets = batch()
    model = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 3))
    perfect = diagnose(model, inputs, model(inputs).detach(), nn.functional.mse_loss)
    assert {one.cause for one in perfect.layers} == {"fitted"}
    assert "These examples seem to be fitted" in str(perfect)
    stairs = diagnose(model, inputs, targets, lambda s, t: cross_entropy(s.round(), t))
    assert {(one.cause, one.operation) for one in stairs.layers} == {("stairs_in_loss", "round")}

    class Round(nn.Module):
        def forward(self, signal: Tensor) -> Tensor:
            return signal.round()

    cut = diagnose(nn.Sequential(model[0], Round(), model[2]), inputs, targets)
    assert found(cut) == {"0": ("starving", "stairs", "0"), "2": ("healthy", "", "")}


class Log(nn.Module):
    def forward(self, signal: Tensor) -> Tensor:
        return signal.log()


@pytest.mark.parametrize(
    ("model", "loss", "cause", "operation"),
    [
        (
            nn.Sequential(nn.Linear(6, 6), Log(), nn.Linear(6, 3)),
            cross_entropy,
            "broken_forward",
            "log",
        ),
        (nn.Linear(6, 3), lambda s, _: (0 * s).log().sum(), "broken_forward_in_loss", "log"),
        (nn.Linear(6, 3), lambda s, _: (0 * s).sqrt().sum(), "broken_backward_in_loss", "sqrt"),
    ],
    ids=["between the layers", "in the loss", "only on the way back"],
)
def test_a_calculation_without_a_finite_result_is_named_and_placed(
    model: nn.Module, loss: Callable[[Any, Any], Tensor], cause: str, operation: str
) -> None:
    diagnosis = diagnose(model, *batch(), loss)
    causes = {(one.verdict, one.cause, one.operation) for one in diagnosis.layers}
    assert causes == {("not finite", cause, operation)}
    assert f"“{operation}”" in str(diagnosis)


def test_a_gradient_that_grows_until_it_overflows_is_not_taken_for_a_broken_calculation() -> None:
    norms = [math.nan, math.inf, 1e30, 1e10, 1.0]
    chain = [layer(norm, name=str(n)) for n, norm in enumerate(norms)]
    assert {one.cause for one in judge(chain) if one.verdict == "exploding"} == {"grows_backward"}


def test_an_expert_that_gets_no_example_is_not_said_to_get_zeros() -> None:
    class Experts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.busy, self.idle = nn.Linear(6, 3), nn.Linear(6, 3)

        def forward(self, signal: Tensor) -> Tensor:
            return torch.cat([self.busy(signal), self.idle(signal[:0])])

    diagnosis = diagnose(Experts(), *batch())
    assert found(diagnosis)["idle"] == ("healthy", "unasked", "")
    assert "the loss asks nothing of this layer" in str(diagnosis)


def test_a_second_output_with_little_to_learn_does_not_make_the_first_one_explode() -> None:
    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.norm = nn.Linear(6, 6), nn.BatchNorm1d(6)
            self.large, self.small = nn.Linear(6, 3), nn.Linear(6, 3)

        def forward(self, signal: Tensor) -> tuple[Tensor, Tensor]:
            hidden = self.norm(self.body(signal)).relu()
            return self.large(hidden), self.small(hidden)

    def loss(scores: tuple[Tensor, Tensor], wanted: Tensor) -> Tensor:
        return 30 * cross_entropy(scores[0], wanted) + 1e-3 * cross_entropy(scores[1], wanted)

    diagnosis = diagnose(Heads(), *batch(), loss)
    assert [one.name for one in diagnosis.layers if one.evidence.at_loss] == ["large", "small"]
    large, small = (one.evidence.gradient_norm for one in diagnosis.layers[-2:])
    assert large > verdicts.EXPLODING_GROWTH * small
    assert diagnosis.is_healthy


def test_where_layers_are_normalized_their_weights_are_not_blamed_for_being_small() -> None:
    parts = [(nn.Linear(16, 16), nn.LayerNorm(16), nn.Sigmoid(), nn.ReLU()) for _ in range(14)]
    model = nn.Sequential(*(one for part in parts for one in part), nn.Linear(16, 3))
    diagnosis = diagnose(model, torch.randn(32, 16), torch.randint(3, (32,)))
    causes = {one.cause for one in diagnosis.layers}
    assert causes & {"lost", "lost_at"}
    assert "small_weights" not in causes


def test_a_deep_network_with_hard_sigmoids_is_told_why_it_starves() -> None:
    torch.manual_seed(0)
    pairs = [(nn.Linear(6, 6), nn.Hardsigmoid()) for _ in range(14)]
    model = nn.Sequential(*(one for pair in pairs for one in pair), nn.Linear(6, 3))
    assert found(diagnose(model, *batch()))["0"] == ("starving", "squashed", "")


def test_a_recurrent_layer_called_with_keywords_is_followed() -> None:
    class Keywords(Reader):
        def forward(self, sequence: Any) -> Tensor:
            return self.head(self.recurrent(input=sequence, hx=None)[0][:, -1])  # type: ignore[no-any-return]

    diagnosis = diagnose(Keywords(nn.RNN), torch.randn(32, 60, 4), torch.randint(3, (32,)))
    assert found(diagnosis)["recurrent"] == ("starving", "time", "")


# No trace


def noisy_model() -> nn.Module:
    layers = [nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(inplace=True), nn.Dropout(0.5)]
    spectral = parametrizations.spectral_norm(nn.Linear(5, 5))
    return nn.Sequential(*layers, spectral, nn.Linear(5, 3))


class Dicing(nn.Module):
    def forward(self, signal: Tensor) -> Tensor:
        return signal * (1 + random.random() + float(numpy.random.random()) + torch.rand(1))


def numpy_state() -> Any:
    with numpy.printoptions(threshold=sys.maxsize):
        return repr(numpy.random.get_state())


def snapshot(model: nn.Module) -> Any:
    modules = list(model.modules())
    return {
        "state": {name: one.clone().tolist() for name, one in model.state_dict().items()},
        "grad": [None if p.grad is None else p.grad.tolist() for p in model.parameters()],
        "thawed": [p.requires_grad for p in model.parameters()],
        "mode": [one.training for one in modules],
        "hooks": [
            [len(one._forward_hooks), len(one._forward_pre_hooks), len(one._backward_hooks)]
            for one in modules
        ],
        "random": [torch.get_rng_state().tolist(), random.getstate(), numpy_state()],
    }


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("with_gradients", [True, False])
def test_diagnosing_leaves_no_trace(training: bool, with_gradients: bool) -> None:
    model = nn.Sequential(noisy_model(), Dicing()).train(training)
    model[0][0].requires_grad_(False)
    inputs, targets = batch()
    if with_gradients:
        cross_entropy(model(inputs), targets).backward()
    before, inputs_before = snapshot(model), inputs.clone()
    diagnose(model, inputs, targets)
    assert snapshot(model) == before
    assert torch.equal(inputs, inputs_before)
    assert not inputs.requires_grad


def test_nothing_remains_when_the_model_or_the_loss_raises() -> None:
    class Broken(nn.Module):
        def forward(self, signal: Tensor) -> Tensor:
            raise RuntimeError("broken inside")

    (inputs, targets), sequences = batch(), torch.randn(32, 5, 4)
    for first, signal in ((noisy_model(), inputs), (Reader(nn.LSTM), sequences)):
        model = nn.Sequential(first, Broken())
        before = snapshot(model)
        with pytest.raises(RuntimeError, match="broken inside"):
            diagnose(model, signal, targets)
        assert snapshot(model) == before
    whole = noisy_model()
    before = snapshot(whole)
    with pytest.raises(ValueError, match="the loss must be one number"):
        diagnose(whole, inputs, targets, nn.CrossEntropyLoss(reduction="none"))
    assert snapshot(whole) == before


def test_nothing_remains_of_what_the_model_or_the_loss_itself_changes() -> None:
    class Restless(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(9, 4, max_norm=0.5)  # shortens its rows when they are read
            self.head = nn.Linear(4, 3)
            self.register_buffer("state", None)

        def forward(self, words: Tensor) -> Tensor:
            self.eval()
            self.state = self.words(words)
            return self.head(self.state)  # type: ignore[no-any-return]

    def backward_inside(scores: Tensor, targets: Tensor) -> Tensor:
        value = cross_entropy(scores, targets)
        value.backward(retain_graph=True)  # type: ignore[no-untyped-call]
        return value

    model, words, targets = Restless(), torch.randint(9, (32,)), batch()[1]
    model.head.weight.grad = torch.ones(3, 4)
    before = snapshot(model)
    diagnose(model, words, targets, backward_inside)
    assert snapshot(model) == before
    assert model.state is None


def test_a_loss_that_waits_for_its_way_back_can_still_go_back() -> None:
    model, (inputs, targets) = noisy_model(), batch()
    value = cross_entropy(model(inputs), targets)
    diagnose(model, inputs, targets)
    value.backward()  # type: ignore[no-untyped-call]
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_a_model_with_dropout_gives_the_same_diagnosis_from_the_same_random_state() -> None:
    model, (inputs, targets) = noisy_model(), batch()
    first, second = diagnose(model, inputs, targets), diagnose(model, inputs, targets)
    assert repr(first) == repr(second)  # what is NaN in both is no equal number


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_it_diagnoses_inside_no_grad_too(context: Callable[[], Any]) -> None:
    model, (inputs, targets) = nn.Linear(6, 3), batch()
    expected = repr(diagnose(model, inputs, targets))
    with context():
        assert repr(diagnose(model, inputs, targets)) == expected


# Refusals


def test_a_model_without_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one layer with weights, got Sequential without"):
        diagnose(nn.Sequential(nn.ReLU()), *batch())


@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_a_lazy_model_is_refused_and_stays_lazy() -> None:
    model = nn.Sequential(nn.LazyLinear(5), nn.LazyBatchNorm1d())
    with pytest.raises(ValueError, match=r"got 0\.weight of a lazy module .* run the model once"):
        diagnose(model, *batch())
    assert isinstance(model[0].weight, nn.parameter.UninitializedParameter)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda scores, _: scores, r'got a tensor of shape \(32, 3\): .* reduction="mean"'),
        (lambda scores, _: scores.mean().item(), r"got -?\d.*: return the tensor itself"),
        (lambda scores, _: {"loss": 1}, "got 1: return the tensor itself"),
        (lambda scores, _: None, "got None: return the tensor itself"),
    ],
)
def test_a_loss_that_is_not_one_number_is_refused(
    value: Callable[[Any, Any], Any], message: str
) -> None:
    with pytest.raises(ValueError, match="the loss must be one number in a tensor, " + message):
        diagnose(nn.Linear(6, 3), *batch(), value)


def test_what_is_no_module_that_runs_in_python_is_refused() -> None:
    with pytest.raises(TypeError, match=r"must be an nn\.Module, got function: write a class"):
        diagnose(lambda signal: signal, *batch())  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_scripted_model_is_refused() -> None:
    with pytest.raises(TypeError, match=r"must run in Python, got .* before scripting"):
        diagnose(torch.jit.script(nn.Linear(6, 3)), *batch())


def test_a_model_without_values_and_a_batch_without_examples_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got weight on the device meta .* to_empty"):
        diagnose(nn.Linear(6, 3, device="meta"), *batch())
    inputs, targets = batch()
    with pytest.raises(ValueError, match=r"at least one example, got shape \(0, 6\): pass a batch"):
        diagnose(nn.Linear(6, 3), inputs[:0], targets[:0])


def test_complex_weights_are_judged_and_whole_numbers_left_out() -> None:
    model = nn.Linear(6, 3, dtype=torch.complex64)
    model.codes = nn.Parameter(torch.zeros(4, dtype=torch.int8), requires_grad=False)
    inputs, targets = batch()
    diagnosis = diagnose(model, inputs.cfloat(), targets, lambda o, t: cross_entropy(o.abs(), t))
    assert diagnosis.is_healthy
    assert diagnosis.left_out == ("codes",)
    assert "Left out, because they hold no real numbers: codes." in str(diagnosis)


# Plain data and the judgement by itself


def test_a_diagnosis_is_plain_data() -> None:
    diagnosis = examine(RELU.at(depth=2))
    data = json.loads(json.dumps(dataclasses.asdict(diagnosis)))
    assert [one["evidence"]["name"] for one in data["layers"]] == ["1", "2", "output"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        diagnosis.loss = 0.0  # type: ignore[misc]


def test_the_evidence_agrees_with_numbers_computed_by_hand() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
        model[2].weight.copy_(torch.tensor([[2.0, 2.0]]))
    inputs = torch.tensor([[1.0, 0.0], [2.0, 0.0]])
    first, last = diagnose(model, inputs, None, lambda y, _: y.sum()).layers
    # unit 2 is inactive on both examples; unit 1 gives 1 and 2, and hands down the slope 2
    assert first.evidence.inactive_share == 0.5
    assert first.evidence.gradient_norm == pytest.approx(2 * (1 + 2))
    assert first.evidence.relative_gradient == pytest.approx(6 / math.sqrt(2))
    assert first.evidence.gain == pytest.approx(1.0)
    assert first.evidence.zero_share == 0.75
    assert first.evidence.signal == pytest.approx(math.sqrt(10 / 4))
    assert last.evidence.gradient_norm == pytest.approx(3.0)


def layer(ratio: float, **changes: Any) -> LayerEvidence:
    values = {"name": "a", "kind": "Linear", "gradient_norm": ratio, "weight_norm": 1.0}
    return LayerEvidence(**{**values, "relative_gradient": ratio, **changes})


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (layer(1.1 * verdicts.STARVING_SHARE), "healthy"),
        (layer(0.9 * verdicts.STARVING_SHARE), "starving"),
        (layer(0.9 * verdicts.EXPLODING_RATIO), "healthy"),
        (layer(1.1 * verdicts.EXPLODING_RATIO), "exploding"),
        (layer(math.nan), "not finite"),
        (layer(0.5, inactive_share=0.89), "healthy"),
        (layer(0.5, inactive_share=0.9), "dead"),
        (layer(0.5, lost_share=0.09), "healthy"),
        (layer(0.5, lost_share=0.1), "underflowing"),
        (layer(0.5, first_step=1.1e-3), "healthy"),
        (layer(0.5, first_step=0.9e-3), "starving"),
    ],
)
def test_each_threshold_stands_where_it_is_documented(one: LayerEvidence, verdict: str) -> None:
    assert judge([one, layer(1.0, name="last")])[0].verdict == verdict


def test_a_layer_weak_by_its_own_weights_starves_whatever_the_others_receive() -> None:
    assert judge([layer(0.9 * verdicts.STARVING_RATIO)])[0].verdict == "starving"
    assert judge([layer(1.1 * verdicts.STARVING_RATIO)])[0].verdict == "healthy"


def test_the_layer_that_loses_most_is_named() -> None:
    chain = [layer(1e-5, name="a"), layer(1.1e-5, name="b"), layer(1.0, name="c")]
    assert (judge(chain)[0].cause, judge(chain)[0].culprit) == ("lost_at", "c")


def test_the_way_back_is_not_blamed_where_an_earlier_layer_is_fed_well() -> None:
    chain = [layer(0.5, name="a"), layer(1e-5, name="b"), layer(1.0, name="c")]
    assert [one.verdict for one in judge(chain)] == ["healthy", "starving", "healthy"]
    assert judge(chain)[1].cause == "passed"
    assert "does pass" in str(Diagnosis("Net", 1.0, judge(chain)))


# The watch


def train(network: nn.Module, watch: GradientWatch, steps: int = 7) -> None:
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for step in range(steps):
        optimizer.zero_grad()
        cross_entropy(network(IMAGES), LABELS).backward()
        watch(step)
        optimizer.step()


def test_a_watch_remembers_the_norms_at_every_so_many_steps() -> None:
    network = build_network(RELU.at(depth=3))
    watch = GradientWatch(network, every=3)
    train(network, watch)
    assert watch.history.steps == (0, 3, 6)
    norms = [one.gradient_norm for one in watch.history.records[0]]
    fresh = diagnose(build_network(RELU.at(depth=3)), IMAGES, LABELS)
    assert norms == pytest.approx([one.evidence.gradient_norm for one in fresh.layers])
    assert watch.diagnosis().is_healthy
    assert json.loads(json.dumps(dataclasses.asdict(watch.history)))["steps"] == [0, 3, 6]


def test_a_watch_finds_starving_and_exploding_layers_by_their_norms() -> None:
    starving = build_network(SIGMOID.at(depth=10))
    watch = GradientWatch(starving)
    train(starving, watch, steps=1)
    assert watch.diagnosis(0).verdict == "starving"
    exploding = build_network(RESNET.at(depth=20, normalization="none"))
    watch = GradientWatch(exploding)
    train(exploding, watch, steps=3)
    assert watch.diagnosis(0).verdict == "exploding"
    assert watch.diagnosis(2).verdict == "not finite"


def test_a_watch_changes_nothing() -> None:
    watched, alone = build_network(RELU.at(depth=3)), build_network(RELU.at(depth=3))
    train(watched, GradientWatch(watched))
    train(alone, GradientWatch(alone, every=100))
    assert snapshot(watched) == snapshot(alone)


def test_a_watch_refuses_what_it_cannot_record() -> None:
    network = nn.Linear(6, 3)
    with pytest.raises(ValueError, match=r"every must be between 1 and 1e\+12, got 0: choose 50"):
        GradientWatch(network, every=0)
    with pytest.raises(ValueError, match="at least one layer with weights, got ReLU without"):
        GradientWatch(nn.ReLU())
    with pytest.raises(TypeError, match=r"must be an nn\.Module, got the class Linear: make one"):
        GradientWatch(nn.Linear)  # type: ignore[arg-type]
    watch = GradientWatch(network)
    with pytest.raises(
        TypeError,
        match=r"step must be a whole number between 0 and 1000000000000, got 0\.5: write 0",
    ):
        watch(0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"got None: call watch\(step\) after loss"):
        watch.diagnosis()
    with pytest.raises(ValueError, match=r"got none: call watch\(step\) after loss"):
        watch(0)
    cross_entropy(network(batch()[0]), batch()[1]).backward()
    watch(0)
    with pytest.raises(ValueError, match="above the last recorded one, 0, got 0: count on through"):
        watch(0)
    with pytest.raises(ValueError, match=r"recorded \(0 at the end\), got 5"):
        watch.diagnosis(5)
