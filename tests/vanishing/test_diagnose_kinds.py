"""Faults of many kinds of networks: the verdict, the place, and the words that lead to the cure."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from small_networks import Apply
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from vanishing.diagnose import Diagnosis, diagnose
from vanishing.watch import GradientWatch
from vanishing.watch_cost import measure_cost, transformer


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def rows(features: int = 8, size: int = 16) -> Tensor:
    return torch.randn(size, features)


def classes(count: int = 3, size: int = 16) -> Tensor:
    return torch.randint(count, (size,))


def cause(diagnosis: Diagnosis, name: str) -> tuple[str, str]:
    return next((one.verdict, one.cause) for one in diagnosis.layers if one.name == name)


# Numbers that are not finite


class Graph(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, signal: Tensor, edges: Tensor) -> Tensor:
        for layer in (self.first, self.last):
            signal = layer(edges @ signal / edges.sum(1, keepdim=True))
        return signal


def test_a_node_without_neighbors_is_a_division_of_nothing() -> None:
    edges = (torch.rand(16, 16) < 0.5).float()
    edges[7] = 0
    found = diagnose(Graph(), (rows(), edges), classes())
    assert found.alarm == "nan_loss"
    assert "“div” before the first layer" in str(found)
    assert "Zero is divided by zero" in str(found)


class Twins(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        difference: Tensor = self.encode(left) - self.encode(right)
        return difference.square().sum(1).sqrt()


def test_two_equal_twins_have_a_root_with_an_infinite_slope() -> None:
    left, right = rows(), rows()
    right[3] = left[3]
    found = diagnose(Twins(), (left, right), None, lambda distance, _: distance.mean())
    assert cause(found, "encode.0") == ("not finite", "broken_backward")
    assert "“sqrt” after layer “encode.2”" in str(found)
    assert "adding a small number" in str(found)


class Scaled(nn.Module):
    """Compare like CLIP, with a learned scale."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.images, self.texts = nn.Linear(8, 4), nn.Linear(8, 4)
        self.scale = nn.Parameter(torch.tensor(scale))

    def forward(self, images: Tensor, texts: Tensor) -> Tensor:
        images, texts = F.normalize(self.images(images)), F.normalize(self.texts(texts))
        return self.scale.exp() * images @ texts.t()


def test_a_learned_scale_that_overflows_is_named_by_its_own_name() -> None:
    pairs, order = (rows(), rows()), torch.arange(16)
    assert diagnose(Scaled(2.0), pairs, order).is_healthy
    found = diagnose(Scaled(95.0), pairs, order)
    assert "“exp” after layer “scale”" in str(found)
    assert "Bound its input with clamp()" in str(found)


def test_a_contrastive_loss_written_by_hand_overflows_at_its_exponential() -> None:
    def loss(scores: Tensor, _: Any) -> Tensor:
        powers = (scores / 1e-3).exp()
        return -(powers.diag() / powers.sum(1)).log().mean()

    model = nn.Sequential(
        nn.Linear(8, 16), Apply(lambda one: F.normalize(one) @ F.normalize(one).t())
    )
    found = diagnose(model, rows(), None, loss)
    assert "“exp” in the loss" in str(found)
    assert "logsumexp()" in str(found)


# The way back is cut


class Experts(nn.Module):
    def __init__(self, *, weighted: bool) -> None:
        super().__init__()
        self.gate = nn.Linear(8, 4)
        self.experts = nn.ModuleList(nn.Linear(8, 3) for _ in range(4))
        self.weighted = weighted

    def forward(self, signal: Tensor) -> Tensor:
        shares = self.gate(signal).softmax(-1)
        chosen = shares.argmax(-1)
        out = signal.new_zeros(len(signal), 3)
        for number, expert in enumerate(self.experts):
            if (mine := chosen == number).any():
                share = shares[mine, number, None] if self.weighted else 1.0
                out[mine] = share * expert(signal[mine])
        return out


def test_a_gate_that_only_chooses_is_cut_off_by_argmax() -> None:
    found = diagnose(Experts(weighted=False), rows(size=64), classes(size=64))
    assert cause(found, "gate") == ("starving", "cut")
    assert "goes into “argmax()”, which has no slope" in str(found)
    assert "straight-through estimator" in str(found)


def test_an_expert_that_was_not_chosen_is_no_fault() -> None:
    model = Experts(weighted=True)
    model.gate.bias.data[2] = -50
    found = diagnose(model, rows(size=64), classes(size=64))
    assert found.is_healthy
    assert cause(found, "experts.2") == ("healthy", "uncalled")


@pytest.mark.parametrize(
    ("choose", "said"),
    [
        (lambda one: (one > 0.3).float(), "“>”"),
        (lambda one: F.one_hot(one.argmax(-1), 8).float(), "“argmax()”"),
        (lambda one: one.long().float(), "“long()”"),
        (lambda one: one.topk(8).indices.float(), "“topk()”"),
    ],
)
def test_a_choice_without_a_slope_is_named(choose: Callable[[Tensor], Tensor], said: str) -> None:
    found = diagnose(
        nn.Sequential(nn.Linear(8, 8), Apply(choose), nn.Linear(8, 3)), rows(), classes()
    )
    assert cause(found, "0") == ("starving", "cut")
    assert said in str(found)


class Rounded(nn.Linear):
    def forward(self, signal: Tensor) -> Tensor:
        return F.linear(signal, (127 * self.weight).round() / 127, self.bias)


def test_weights_that_are_rounded_before_their_use_are_told_from_a_riddle() -> None:
    found = diagnose(nn.Sequential(Rounded(8, 16), nn.ReLU(), nn.Linear(16, 3)), rows(), classes())
    assert cause(found, "0") == ("starving", "stairs")
    assert "“round” has no slope" in str(found)


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(30, 8, padding_idx=0)
        self.read, self.head = nn.LSTM(8, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.read(self.embed(tokens))[0][:, -1])  # type: ignore[no-any-return]


def test_a_batch_of_nothing_but_padding_is_said() -> None:
    found = diagnose(Words(), torch.zeros(16, 5, dtype=torch.long), classes())
    assert cause(found, "embed") == ("starving", "padding")
    assert diagnose(Words(), torch.randint(30, (16, 5)), classes()).is_healthy


def test_factors_of_zero_that_move_are_a_start() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.gate = nn.Linear(8, 8), nn.Parameter(torch.zeros(1))

        def forward(self, signal: Tensor) -> Tensor:
            return self.gate * torch.relu(self.body(signal))

    found = diagnose(nn.Sequential(Gated(), Gated(), nn.Linear(8, 3)), rows(), classes())
    assert {one.cause for one in found.layers} == {"start", ""}
    assert found.is_healthy


# Sizes on the way forward


def convolutions() -> nn.Sequential:
    parts = [
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3),
        nn.BatchNorm2d(8),
    ]
    return nn.Sequential(*parts, nn.ReLU(), nn.Flatten(), nn.Linear(128, 3))


@pytest.mark.parametrize(("mean", "variance"), [(0.0, 1e14), (9.0, 1.0), (0.0, 0.0)])
def test_running_statistics_that_do_not_fit_are_named(mean: float, variance: float) -> None:
    model, images = convolutions(), torch.randn(16, 3, 8, 8)
    assert diagnose(model, images, classes()).is_healthy
    model[1].running_mean.fill_(mean)
    model[1].running_var.fill_(variance)
    model[1].eps = 1e-12
    found = diagnose(model.eval(), images, classes())
    assert not found.is_healthy
    assert "running statistics" in str(found)
    assert "model.train()" in str(found)


def test_one_layer_with_tiny_weights_is_named_by_all() -> None:
    layers = [nn.Linear(32, 32) for _ in range(5)]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
    layers[2].weight.data.mul_(1e-6)
    model = nn.Sequential(
        *(one for layer in layers for one in (layer, nn.ReLU())), nn.Linear(32, 3)
    )
    found = diagnose(model, rows(32), classes())
    assert {(one.cause, one.culprit) for one in found.sick} == {("lost_forward", "4")}
    assert "layer “4” puts out far less" in str(found)


class Steps(nn.Module):
    def __init__(self, gain: float) -> None:
        super().__init__()
        self.read, self.state, self.head = nn.Linear(4, 16), nn.Linear(16, 16), nn.Linear(16, 3)
        nn.init.orthogonal_(self.state.weight, gain)

    def forward(self, sequence: Tensor) -> Tensor:
        state = sequence.new_zeros(len(sequence), 16)
        for step in sequence.unbind(1):
            state = torch.relu(self.state(state) + self.read(step))
        return self.head(state)  # type: ignore[no-any-return]


def test_a_recurrence_that_explodes_is_told_from_a_deep_network() -> None:
    assert diagnose(Steps(1.0), torch.randn(16, 8, 4), classes()).is_healthy
    found = diagnose(Steps(2.2), torch.randn(16, 60, 4), classes())
    assert {one.cause for one in found.sick} == {"grows_in_time"}
    assert "Gradient clipping; smaller or orthogonal recurrent weights" in str(found)


# Inside a recurrent module, and a block that is used again and again


class Reader(nn.Module):
    def __init__(self, kind: type[nn.RNNBase], layers: int = 1) -> None:
        super().__init__()
        self.scale, self.head = nn.Linear(4, 4), nn.Linear(8, 3)
        self.read = kind(4, 8, layers, batch_first=True)

    def forward(self, sequence: Tensor) -> Tensor:
        return self.head(self.read(self.scale(sequence))[0].mean(1))  # type: ignore[no-any-return]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_raw_inputs_saturate_what_is_inside_a_recurrent_module(
    kind: type[nn.RNNBase], layers: int
) -> None:
    sequence = torch.randn(16, 8, 4)
    assert diagnose(Reader(kind, layers), sequence, classes()).is_healthy
    found = diagnose(Reader(kind, layers), 3e4 * sequence, classes())
    name = "read" if layers == 1 else "read.weight_ih_l0"
    assert cause(found, name) == ("starving", "saturated_inside")
    assert f"The functions inside layer “{name}”" in str(found)
    assert "Scale the inputs" in str(found)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM])
def test_closed_gates_are_said_to_stop_the_gradient(kind: type[nn.RNNBase]) -> None:
    model = Reader(kind)
    for name, parameter in model.read.named_parameters():
        if "bias" in name:
            parameter.data.fill_(40)
    found = diagnose(model, torch.randn(16, 8, 4), classes())
    assert {one.cause for one in found.sick} == {"saturated_inside"}
    assert "Smaller weights and biases" in str(found)


class Looped(nn.Module):
    """Use one block for the whole depth, as ALBERT does."""

    def __init__(self, residual: bool) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(20, 16), nn.Linear(16, 3)
        self.block = nn.Sequential(nn.Linear(16, 32), nn.Sigmoid(), nn.Linear(32, 16))
        self.norm, self.residual = nn.LayerNorm(16), residual

    def forward(self, tokens: Tensor) -> Tensor:
        signal = self.embed(tokens).mean(1)
        for _ in range(8):
            out = self.block(signal)
            signal = self.norm(signal + out) if self.residual else torch.sigmoid(out)
        return self.head(signal)  # type: ignore[no-any-return]


def test_a_block_that_is_used_for_the_whole_depth_is_followed_use_by_use() -> None:
    tokens = torch.randint(20, (16, 5))
    assert diagnose(Looped(residual=True), tokens, classes()).is_healthy
    found = diagnose(Looped(residual=False), tokens, classes())
    assert cause(found, "block.0") == ("starving", "turns")
    assert cause(found, "embed") == ("starving", "squashed")
    assert "used 8 times one after the other" in str(found)
    assert "In depth, residual connections" in str(found)


def test_the_watch_knows_these_kinds_too() -> None:
    models: list[tuple[nn.Module, Tensor]] = [
        (Looped(residual=False), torch.randint(20, (16, 5))),
        (Experts(weighted=False), rows()),
        (Reader(nn.GRU), 3e4 * torch.randn(16, 8, 4)),
        (convolutions(), torch.randn(16, 3, 8, 8)),
    ]
    for model, inputs in models:
        targets, watch = classes(), GradientWatch(model)
        F.cross_entropy(model(inputs), targets).backward()  # type: ignore[no-untyped-call]
        watch(0)
        seen, expected = watch.diagnosis(), diagnose(model, inputs, targets)
        assert [(one.name, one.cause) for one in seen.layers] == [
            (one.name, one.cause) for one in expected.layers
        ]


# Sound ones


class Hybrid(nn.Module):
    """Attend as Llama does: RMS normalization, rotated positions, a gated layer, tied ends."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(30, 16)
        self.norms = nn.ModuleList(nn.RMSNorm(16) for _ in range(3))
        self.query, self.key, self.value, self.out = (nn.Linear(16, 16, False) for _ in range(4))
        self.gate, self.up, self.down = (nn.Linear(16, 16, False) for _ in range(3))

    def forward(self, tokens: Tensor) -> Tensor:
        signal = self.embed(tokens)
        angles = torch.arange(tokens.shape[1])[:, None] / 10 ** (torch.arange(8) / 2)
        normal = self.norms[0](signal)

        def turned(part: Tensor) -> Tensor:
            left, right = part.chunk(2, -1)
            sin, cos = angles.sin(), angles.cos()
            return torch.cat([left * cos - right * sin, left * sin + right * cos], -1)

        query, key = turned(self.query(normal)), turned(self.key(normal))
        mixed = F.scaled_dot_product_attention(query, key, self.value(normal), is_causal=True)
        signal = signal + self.out(mixed)
        normal = self.norms[1](signal)
        signal = signal + self.down(F.silu(self.gate(normal)) * self.up(normal))
        return F.linear(self.norms[2](signal), self.embed.weight)


class Quantized(nn.Module):
    """Round to the nearest code, and let the gradient through as if nothing had been rounded."""

    def __init__(self) -> None:
        super().__init__()
        self.encode, self.codes, self.decode = nn.Linear(8, 4), nn.Embedding(16, 4), nn.Linear(4, 8)

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        code = self.encode(signal)
        nearest = self.codes(torch.cdist(code, self.codes.weight).argmin(1))
        return self.decode(code + (nearest - code).detach()), code, nearest


def commitment(outputs: tuple[Tensor, Tensor, Tensor], wanted: Tensor) -> Tensor:
    made, code, nearest = outputs
    return F.mse_loss(made, wanted) + F.mse_loss(nearest, code.detach()) + F.mse_loss(code, nearest)


def test_sound_networks_of_further_kinds_raise_no_alarm() -> None:
    tokens, signal = torch.randint(30, (8, 9)), rows()
    edges = (torch.rand(16, 16) < 0.3).float() + torch.eye(16)
    found = [
        diagnose(Hybrid(), tokens, tokens.roll(-1, 1), lambda s, t: F.cross_entropy(s.mT, t)),
        diagnose(Quantized(), signal, signal, commitment),
        diagnose(Graph(), (signal, edges), classes()),
        diagnose(Twins(), (signal, rows()), None, lambda distance, _: distance.mean()),
        diagnose(convolutions().eval(), torch.randn(16, 3, 8, 8), classes()),
        diagnose(Experts(weighted=True), signal, classes()),
    ]
    assert [one.sick for one in found] == [()] * len(found)
    assert all(math.isfinite(one.loss) for one in found)


# Weights in shards, and what watching costs


def test_a_model_in_shards_is_refused_and_a_parallel_one_is_looked_through() -> None:
    distributed = torch.distributed
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        parallel = nn.parallel.DistributedDataParallel(nn.Linear(8, 3))
        assert diagnose(parallel, rows(), classes()).is_healthy
        mesh = distributed.device_mesh.init_device_mesh("cpu", (1,))
        sharded = distributed.fsdp.fully_shard(nn.Linear(8, 3), mesh=mesh)
        for measure in (GradientWatch, lambda model: diagnose(model, rows(), classes())):
            with pytest.raises(
                TypeError, match=r"got shards of them .*: diagnose or watch it before"
            ):
                measure(sharded)
    finally:
        distributed.destroy_process_group()


def test_the_cost_of_a_watch_is_measured_beside_the_same_training() -> None:
    model = transformer(width=16, blocks=1)
    cost = measure_cost(model, rounds=2, batch=2, steps=3)
    assert cost.parameters == sum(one.numel() for one in model.parameters())
    assert cost.plain > 0
    assert -1 < cost.share < 100
    assert -1 < cost.processor_share < 100
    assert not any(one._forward_hooks for one in model.modules())
