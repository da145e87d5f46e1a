"""Networks as people report them: the verdict is right, and the words name place and remedy."""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from small_networks import Apply
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from vanishing.diagnose import Diagnosis, diagnose
from vanishing.watch import GradientWatch


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def causes(diagnosis: Diagnosis) -> dict[str, tuple[str, str]]:
    return {one.name: (one.verdict, one.cause) for one in diagnosis.layers}


def classes(size: int = 16, count: int = 3) -> Tensor:
    return torch.randint(count, (size,))


def between(function: Callable[[Tensor], Tensor], bias: float = 0.0) -> nn.Sequential:
    first = nn.Linear(4, 8)
    nn.init.constant_(first.bias, bias) if bias else None
    return nn.Sequential(first, Apply(function), nn.Linear(8, 3))


# The loss speaks first


def test_a_loss_without_a_term_left_is_said() -> None:
    for reduction in ("mean", "sum"):
        found = diagnose(
            between(torch.relu),
            torch.randn(16, 4),
            torch.full((16,), -100),
            lambda s, t, how=reduction: cross_entropy(s, t, reduction=how),
        )
        assert (found.alarm, found.is_healthy) == ("no_terms", False)
        assert "The loss has no term left" in str(found)
        assert "makes no error" not in str(found)
    empty = diagnose(between(torch.relu), torch.randn(16, 4), None, lambda s, _: s[s > 1e9].mean())
    assert empty.alarm == "no_terms"


@pytest.mark.parametrize(
    ("constant", "alarm", "shown"),
    [(math.nan, "nan_loss", "loss NaN: ▼"), (math.inf, "infinite_loss", "loss ∞: ▼")],
)
def test_a_broken_constant_in_the_loss_is_no_health(
    constant: float, alarm: str, shown: str
) -> None:
    found = diagnose(
        between(torch.relu),
        torch.randn(16, 4),
        classes(),
        lambda s, t: cross_entropy(s, t) + constant,
    )
    assert (found.alarm, found.verdict, found.is_healthy) == (alarm, "not finite", False)
    assert shown in str(found)
    assert "written in the code" in str(found)


def test_a_loss_that_hangs_on_nothing_is_constant() -> None:
    for loss in (
        lambda s, t: cross_entropy(s.detach(), t),
        lambda s, t: torch.tensor(1.0),
        lambda s, t: (s.argmax(1) != t).float().mean(),
    ):
        found = diagnose(between(torch.relu), torch.randn(16, 4), classes(), loss)
        assert (found.alarm, found.verdict) == ("constant", "starving")
        assert "does not depend on any parameter" in str(found)


def test_an_infinite_ctc_loss_names_the_labels() -> None:
    model = nn.LSTM(4, 5, batch_first=True)
    found = diagnose(
        model,
        torch.randn(4, 6, 4),
        torch.randint(1, 5, (4, 9)),
        lambda o, t: F.ctc_loss(
            o[0].log_softmax(-1).transpose(0, 1), t, torch.full((4,), 6), torch.full((4,), 9)
        ),
    )
    assert found.alarm == "infinite_loss"
    assert "zero_infinity=True" in str(found)


def test_everything_frozen_is_no_health() -> None:
    model = between(torch.relu).requires_grad_(False)
    found = diagnose(model, torch.randn(16, 4), classes())
    assert (found.alarm, found.is_healthy, found.verdict) == ("all_frozen", False, "starving")
    assert "nothing is trained" in str(found)
    model[0].bias.requires_grad_(True)
    found = diagnose(model, torch.randn(16, 4), classes())
    assert found.is_healthy
    assert [one.name for one in found.layers if not one.evidence.frozen] == ["0.bias"]


# NaN and infinity get a place and a cause


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, 8)
        self.query, self.key, self.value, self.out = (nn.Linear(8, 8) for _ in range(4))
        self.head = nn.Linear(8, 3)

    def forward(self, tokens: Tensor) -> Tensor:
        signal = self.embed(tokens)
        scores = self.query(signal) @ self.key(signal).transpose(1, 2) / 8**0.5
        shares = scores.masked_fill((tokens == 0)[:, None], -math.inf).softmax(-1)
        return self.head((signal + self.out(shares @ self.value(signal))).mean(1))  # type: ignore[no-any-return]


class WithoutPadded(Attention):
    def forward(self, tokens: Tensor) -> Tensor:
        return super().forward(tokens)[tokens.any(1)]


@pytest.mark.parametrize("kind", [Attention, WithoutPadded])
def test_a_fully_masked_row_is_found_at_its_softmax(kind: type[Attention]) -> None:
    tokens, targets = torch.randint(1, 20, (16, 5)), classes()
    tokens[3] = 0
    kept = targets[tokens.any(1)] if kind is WithoutPadded else targets
    found = diagnose(kind(), tokens, kept)
    assert causes(found)["value"] == ("not finite", "broken_forward")
    assert "“softmax” after layer “key”" in str(found)
    assert "every row of the mask" in str(found)


@pytest.mark.parametrize(
    ("function", "scale", "operation", "advice"),
    [
        (lambda h: torch.where(h <= 0, h.exp() - 1, h), 300, "exp", "torch.where()"),
        (lambda h: torch.where(h > 0, h.sqrt(), 0 * h), 1, "sqrt", "torch.where()"),
        (lambda h: torch.where(h > 99, (h - h).log(), 0 * h), 1, "log", "torch.where()"),
        (lambda h: torch.where(h != 0, 1 / (h * (h > 0)), h), 1, "reciprocal", ""),
        (lambda h: h.log(), 1, "log", "clamp(min=1e-6)"),
        (lambda h: h / (h - h), 1, "div", "divisor"),
        (lambda h: (h - h) / (h - h), 1, "div", "Keep the divisor away from zero"),
        (lambda h: (h - h) / (h.detach() - h.detach()), 1, "div", "Zero is divided by zero"),
        (lambda h: (0 * h) / (0 * h).norm(dim=1, keepdim=True), 1, "div", "clamp(min=1e-6)"),
        (lambda h: h.exp().exp().exp(), 30, "exp", "clamp()"),
        (lambda h: (h - h).sqrt(), 1, "sqrt", "slope is infinite"),
        (lambda h: h.abs().pow(0.5) * (h > 0), 0, "pow", ""),
        (lambda h: torch.acos(h / h), 1, "acos", "slope is finite"),
    ],
)
def test_the_operation_that_breaks_is_named_with_its_remedy(
    function: Callable[[Tensor], Tensor], scale: float, operation: str, advice: str
) -> None:
    model = between(function)
    if not scale:
        nn.init.zeros_(model[0].bias)
    found = diagnose(model, scale * torch.randn(16, 4), classes())
    assert causes(found)["0"][1].startswith("broken_")
    assert found.layers[0].operation == operation
    assert advice in str(found)
    assert found.verdict == "not finite"


def test_a_log_variance_without_bounds_is_named() -> None:
    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mean, self.log_variance, self.out = (nn.Linear(8, 8) for _ in range(3))

        def forward(self, signal: Tensor) -> Tensor:
            mean, log_variance = self.mean(signal), self.log_variance(signal)
            return self.out(mean + torch.randn_like(mean) * (log_variance / 2).exp())  # type: ignore[no-any-return]

    inputs = 2550 * torch.rand(32, 8)
    found = diagnose(Encoder(), inputs, inputs, F.mse_loss)
    assert "“exp” after layer “log_variance”" in str(found)
    assert "float16" not in str(found)


class Sum(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.branch = nn.Embedding(20, 16), nn.Linear(16, 16)
        self.norm, self.head = nn.LayerNorm(16), nn.Linear(16, 3)
        self.embed.weight.data.mul_(1.2e4)

    def forward(self, tokens: Tensor) -> Tensor:
        signal = self.embed(tokens)
        normal = F.layer_norm(signal.float(), (16,)).to(signal.dtype)
        return self.head(self.norm(signal + signal + self.branch(normal)).mean(1))  # type: ignore[no-any-return]


class Scale(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(8))

    def forward(self, signal: Tensor) -> Tensor:
        return self.weight * signal * torch.rsqrt(signal.pow(2).mean(-1, keepdim=True) + 1e-6)


def test_an_overflow_between_layers_names_the_number_format() -> None:
    tokens, targets = torch.randint(20, (16, 5)), classes()
    assert "float16" not in str(diagnose(Sum(), tokens, targets))
    found = diagnose(Sum().half(), tokens, targets)
    assert "“add” after layer “embed” is the first operation to give a number too large" in str(
        found
    )
    squares = nn.Sequential(nn.Linear(4, 8), Scale(), nn.Linear(8, 3))
    inputs = 2000 * torch.randn(16, 4)
    assert diagnose(squares, inputs, targets).is_healthy
    found = diagnose(squares.half(), inputs.half(), targets)
    assert causes(found)["0"] == ("not finite", "broken_format")
    assert "“pow” after layer “0”" in str(found)
    assert "bfloat16 or float32" in str(found)


def test_minus_infinity_in_a_mask_is_no_bad_input() -> None:
    class Masked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(4, 16)
            self.attend = nn.MultiheadAttention(16, 2, batch_first=True)
            self.last = nn.Linear(16, 3)

        def forward(self, x: Tensor, mask: Tensor) -> Tensor:
            signal = self.first(x)
            mixed, _ = self.attend(signal, signal, signal, attn_mask=mask, need_weights=False)
            return self.last(mixed.mean(1))  # type: ignore[no-any-return]

    mask = nn.Transformer.generate_square_subsequent_mask(5)
    bundle, targets = {"x": torch.randn(16, 5, 4), "mask": mask}, classes()
    assert diagnose(Masked(), bundle, targets).is_healthy
    large = diagnose(Masked(), bundle, targets, lambda s, t: 1e5 * cross_entropy(s, t))
    assert {one.cause for one in large.layers} == {"large_error"}
    broken = diagnose(Masked(), bundle, targets, lambda s, _: (0 * s).log().sum())
    assert {one.cause for one in broken.layers} == {"broken_forward_in_loss"}
    assert (
        diagnose(Masked(), {**bundle, "x": bundle["x"] / 0}, targets).sick[0].cause == "bad_inputs"
    )


def test_targets_that_are_not_finite_are_named() -> None:
    targets = torch.randn(16, 3)
    targets[0, 0] = math.nan
    found = diagnose(between(torch.relu), torch.randn(16, 4), targets, F.mse_loss)
    assert found.layers[0].cause == "bad_targets"
    assert found.alarm == "nan_loss"


# Flat functions

FLAT: list[tuple[Callable[[Tensor], Tensor], float]] = [
    (torch.sigmoid, 1e4),
    (torch.tanh, -1e4),
    (F.hardtanh, 1e4),
    (F.hardsigmoid, -1e4),
    (lambda h: h.clamp(-1, 1), 50.0),
    (lambda h: h.clamp(0, 1), 50.0),
    (lambda h: h.clamp(max=1), 50.0),
    (F.relu6, 50.0),
    (lambda h: F.relu6(h, inplace=True), 50.0),
    (lambda h: F.hardtanh(h, inplace=True), 50.0),
    (F.gelu, -100.0),
    (F.silu, -100.0),
    (F.mish, -100.0),
    (F.softplus, -100.0),
    (F.elu, -100.0),
    (F.selu, -100.0),
    (F.celu, -100.0),
    (F.hardswish, -100.0),
    (F.logsigmoid, 200.0),
    (lambda h: F.softmax(h * torch.arange(8), -1), 1e3),
]


@pytest.mark.parametrize(("function", "bias"), FLAT)
def test_a_flat_function_is_told_from_a_dead_layer_and_from_small_weights(
    function: Callable[[Tensor], Tensor], bias: float
) -> None:
    found = diagnose(between(function, bias), torch.randn(16, 4), classes())
    assert causes(found)["0"][0] in ("starving", "underflowing")
    assert causes(found)["0"][1] in ("saturated_at", "saturated")
    assert "saturated" in str(found)


@pytest.mark.parametrize("size", [1e5, 1e7])
@pytest.mark.parametrize("function", [torch.sigmoid, torch.tanh])
def test_raw_inputs_that_saturate_are_to_be_scaled(
    function: Callable[[Tensor], Tensor], size: float
) -> None:
    found = diagnose(between(function), size * torch.rand(64, 4), classes(64))
    assert causes(found)["0"][0] == "starving"
    assert "Scale the inputs to mean 0" in str(found)


def test_softmax_and_normalization_over_a_single_number_are_named() -> None:
    single = nn.Sequential(nn.Linear(4, 1), nn.Softmax(-1), nn.Linear(1, 3))
    assert causes(diagnose(single, torch.randn(16, 4), classes()))["0"] == ("starving", "single")
    normed = nn.Sequential(nn.Linear(4, 1), nn.LayerNorm(1), nn.Linear(1, 3))
    found = diagnose(normed, torch.randn(16, 4), classes())
    assert causes(found)["0"] == ("starving", "single")
    assert "works on a single number" in str(found)
    one = diagnose(nn.Linear(4, 1), torch.randn(16, 4), torch.zeros(16, dtype=torch.long))
    assert not one.is_healthy
    assert "single" in one.layers[0].cause


@pytest.mark.parametrize("name", ["round", "sign", "floor", "ceil", "trunc"])
def test_stairs_are_named(name: str) -> None:
    found = diagnose(between(getattr(torch, name)), torch.randn(16, 4), classes())
    assert causes(found) == {"0": ("starving", "stairs"), "2": ("healthy", "")}
    assert f"“{name}” has no slope" in str(found)


def test_a_certain_discriminator_is_told_from_a_network_that_has_learned() -> None:
    generator = nn.Linear(4, 1)
    nn.init.constant_(generator.bias, -30)

    def minimax(scores: Tensor, _: Any) -> Tensor:
        return torch.log(1 - torch.sigmoid(scores)).mean()

    certain = diagnose(generator, torch.randn(16, 4), None, minimax)
    assert "still_flat" in {one.cause for one in certain.layers} | {"saturated_in_loss"}
    assert "makes no error" not in str(certain)
    far = diagnose(
        generator,
        torch.randn(16, 4),
        None,
        lambda s, _: (1 - (s - 40).sigmoid() + 1e-9).log().mean(),
    )
    assert {one.cause for one in far.layers} == {"still_flat"}
    assert "non-saturating loss" in str(far)
    nn.init.constant_(generator.bias, 90)
    learned = diagnose(
        generator, torch.randn(16, 4), torch.ones(16, 1), F.binary_cross_entropy_with_logits
    )
    assert {one.cause for one in learned.layers} <= {"fitted", "flat"}


# "Dead" means on the gradient's way


class Triplet(nn.Module):
    def __init__(self, extra: int = 0) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, 16), nn.Linear(16, 8)

    def forward(self, a: Tensor, p: Tensor, n: Tensor) -> Tensor:
        a, p, n = (self.last(torch.tanh(self.first(one))) for one in (a, p, n))
        return F.relu((a - p).square().sum(1) - (a - n).square().sum(1) + 0.2)


def test_margins_that_are_met_make_no_layer_dead() -> None:
    a = torch.randn(32, 4)
    met = diagnose(Triplet(), (a, a, -5 * a), None, lambda o, _: o.mean())
    assert {one.cause for one in met.layers} == {"still"}
    few = torch.cat([a, a[:2]]), torch.cat([a, -a[:2]]), torch.cat([-5 * a, a[:2]])
    assert diagnose(Triplet(), few, None, lambda o, _: o.mean()).is_healthy


def test_a_rectified_mask_off_the_way_is_not_dead() -> None:
    class Padded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.body, self.head = nn.Embedding(20, 8), nn.Linear(8, 8), nn.Linear(8, 3)

        def forward(self, tokens: Tensor) -> Tensor:
            padding = F.relu(1 - (tokens != 0).float())
            return self.head((self.body(self.embed(tokens)) * (1 - padding)[..., None]).mean(1))  # type: ignore[no-any-return]

    assert diagnose(Padded(), torch.randint(1, 20, (16, 5)), classes()).is_healthy


def test_units_at_their_upper_bound_do_not_give_zero() -> None:
    found = diagnose(between(F.relu6, 100.0), torch.randn(16, 4), classes())
    assert found.verdict == "starving"
    assert "give zero" not in str(found)
    assert "“relu6” after layer “0” is saturated" in str(found)


def test_a_dead_output_that_still_makes_errors_is_dead() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3), nn.ReLU())
    nn.init.constant_(model[2].bias, -50)
    found = diagnose(model, torch.randn(16, 4), 1 + torch.rand(16, 3), F.mse_loss)
    assert causes(found)["2"] == ("dead", "inactive")


class Equalized(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = (2 / (9 * inputs)) ** 0.5

    def forward(self, signal: Tensor) -> Tensor:
        return F.conv2d(signal, self.weight * self.scale, self.bias, padding=1)


@pytest.mark.parametrize("kind", [Equalized, lambda i, o: nn.Conv2d(i, o, 3, padding=1)])
def test_dead_channels_of_one_s_own_convolution_are_counted(kind: Callable[..., nn.Module]) -> None:
    first, second = kind(3, 32), kind(32, 32)
    second.bias.data[:31] = -100
    pooled = Apply(lambda signal: signal.mean((2, 3)))
    model = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), pooled, nn.Linear(32, 3))
    model[-1].weight.data.mul_(0.1)  # so that the head is fed best
    found = diagnose(model, torch.randn(16, 3, 8, 8), classes())
    assert causes(found)["2"] == ("dead", "inactive")
    assert "96% of the units" in str(found)


# Evidence per parameter, and per use


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_depth_inside_one_recurrent_module_is_seen(kind: type[nn.RNNBase]) -> None:
    class Stack(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stack = kind(8, 8, num_layers=14, batch_first=True)
            self.head = nn.Linear(8, 3)

        def forward(self, sequence: Tensor) -> Tensor:
            return self.head(self.stack(sequence)[0][:, -1])  # type: ignore[no-any-return]

    found = diagnose(Stack(), torch.randn(16, 5, 8), classes())
    assert causes(found)["stack.weight_ih_l0"] == ("starving", "stacked")
    assert "Residual connections between the recurrent layers" in str(found)
    norms = {one.name: one.evidence.gradient_norm for one in found.layers}
    assert norms["stack.weight_ih_l0"] < 1e-3 * norms["stack.weight_ih_l13"]


class Plain(nn.Module):
    def __init__(self, in_list: bool) -> None:
        super().__init__()
        weights = [nn.Parameter(torch.randn(16, 16) / 4) for _ in range(12)]
        if in_list:
            self.weights = nn.ParameterList(weights)
        else:
            for number, weight in enumerate(weights):
                self.register_parameter(f"w{number}", weight)
        self.scores = nn.Parameter(torch.randn(16, 3) / 4)
        self.in_list = in_list

    def forward(self, signal: Tensor) -> Tensor:
        for number in range(12):
            weight = self.weights[number] if self.in_list else getattr(self, f"w{number}")
            signal = torch.sigmoid(signal @ weight)
        return signal @ self.scores


@pytest.mark.parametrize(("in_list", "first"), [(True, "weights.0"), (False, "w0")])
def test_parameters_without_modules_are_layers(in_list: bool, first: str) -> None:
    found = diagnose(Plain(in_list), torch.randn(16, 16), classes())
    assert found.layers[0].name == first
    assert causes(found)[first] == ("starving", "squashed")
    assert found.layers[-1].name == "scores"


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_query_key_and_value_in_one_matrix_are_told_apart_where_scores_saturate(
    scale: float,
) -> None:
    class Packed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv, self.head = nn.Linear(8, 24), nn.Linear(8, 3)

        def forward(self, signal: Tensor) -> Tensor:
            query, key, value = self.qkv(signal).chunk(3, -1)
            shares = (scale * query @ key.transpose(1, 2)).softmax(-1)
            return self.head((shares @ value).mean(1))  # type: ignore[no-any-return]

    found = diagnose(Packed(), torch.randn(16, 5, 8), classes())
    if scale == 1.0:
        assert found.is_healthy
        assert [one.name for one in found.layers] == ["qkv", "head"]
    else:
        thirds = ["qkv[0:8]", "qkv[8:16]", "qkv[16:24]", "head"]
        assert [one.name for one in found.layers] == thirds
        assert [one.verdict == "healthy" for one in found.layers] == [False, False, True, True]
        assert causes(found)["qkv[0:8]"][1] == "saturated_at"


class Adapter(nn.Linear):
    def __init__(self, inputs: int, outputs: int, zero: bool) -> None:
        super().__init__(inputs, outputs)
        self.requires_grad_(False)
        start = torch.zeros(2, inputs) if zero else torch.randn(2, inputs)
        self.lora_A, self.lora_B = nn.Parameter(start), nn.Parameter(torch.zeros(outputs, 2))

    def forward(self, signal: Tensor) -> Tensor:
        return super().forward(signal) + signal @ self.lora_A.t() @ self.lora_B.t()


def test_an_adapter_that_never_starts_is_told_from_one_that_does() -> None:
    inputs, targets = torch.randn(16, 4), classes()
    never = nn.Sequential(Adapter(4, 8, True), nn.Tanh(), Adapter(8, 3, True))
    found = diagnose(never, inputs, targets)
    assert {one.cause for one in found.sick} == {"zero_pair"}
    assert "“0.lora_A”, “0.lora_B”, “2.lora_A”, “…”" in str(found)
    assert {one.name for one in found.sick} == {"0.lora_A", "0.lora_B", "2.lora_A", "2.lora_B"}
    usual = diagnose(
        nn.Sequential(Adapter(4, 8, False), nn.Tanh(), Adapter(8, 3, False)), inputs, targets
    )
    assert usual.is_healthy
    assert causes(usual)["0.lora_A"] == ("healthy", "start")
    assert causes(usual)["0.weight"] == ("healthy", "frozen")
    cross_entropy(never(inputs), targets).backward()
    watch = GradientWatch(never)
    watch(0)
    assert watch.diagnosis().verdict == "starving"


class Language(nn.Module):
    def __init__(self, tied: bool) -> None:
        super().__init__()
        self.embed, self.out = nn.Embedding(20, 16), nn.Linear(16, 20, bias=False)
        self.body = nn.ModuleList(nn.Linear(16, 16) for _ in range(10))
        if tied:
            self.out.weight = self.embed.weight

    def forward(self, tokens: Tensor) -> Tensor:
        signal = self.embed(tokens).mean(1)
        for layer in self.body:
            signal = torch.sigmoid(layer(signal))
        return self.out(signal)  # type: ignore[no-any-return]


@pytest.mark.parametrize("tied", [False, True])
def test_tied_weights_change_no_cause(tied: bool) -> None:
    found = diagnose(Language(tied), torch.randint(20, (16, 5)), classes(16, 20))
    assert {one.cause for one in found.sick} == {"squashed"}
    assert causes(found)["embed"] == ("starving", "squashed")


def test_one_activation_in_twelve_places_is_no_sequence() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.act = nn.PReLU()
            self.body = nn.ModuleList(nn.Linear(32, 32) for _ in range(12))
            self.head = nn.Linear(32, 3)

        def forward(self, signal: Tensor) -> Tensor:
            for layer in self.body:
                signal = self.act(layer(signal))
            return self.head(signal)  # type: ignore[no-any-return]

    found = diagnose(Shared(), torch.randn(16, 32), classes())
    assert causes(found)["body.0"] == ("starving", "small_weights")
    assert causes(found)["act"][1] != "time"


# The innocent are not blamed


class Shift(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(8)), nn.Parameter(torch.zeros(8))

    def forward(self, signal: Tensor) -> Tensor:
        return self.gamma * F.layer_norm(signal, (8,)) + self.beta


def test_a_shift_of_zeros_blocks_nothing() -> None:
    model = nn.Sequential(nn.Linear(4, 8), Shift(), Apply(torch.sign), nn.Linear(8, 3))
    assert "beta" not in str(diagnose(model, torch.randn(16, 4), classes()))
    model = nn.Sequential(
        nn.Linear(4, 8), Shift(), nn.Linear(8, 1), Apply(lambda s: (1e4 * s).sigmoid())
    )
    targets = torch.randint(2, (16, 1)).float()
    found = diagnose(model, torch.randn(16, 4), targets, F.binary_cross_entropy)
    assert {one.cause for one in found.layers} == {"saturated_at"}


def test_positions_from_a_wide_distribution_are_no_large_weights() -> None:
    class Placed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.head = nn.Linear(4, 64), nn.Linear(64, 3)
            self.positions = nn.Parameter(torch.randn(1, 50, 64))

        def forward(self, signal: Tensor) -> Tensor:
            return self.head(F.relu(self.embed(signal) + self.positions).mean(1))  # type: ignore[no-any-return]

    batch = torch.randn(16, 50, 4)
    assert diagnose(Placed(), batch, classes()).is_healthy
    large = diagnose(Placed(), batch, 1e5 * torch.rand(16, 3), F.mse_loss)
    assert {one.cause for one in large.sick} == {"large_error"}
    log = diagnose(Placed(), batch, classes(), lambda s, _: (0 * s).log().sum())
    assert {one.cause for one in log.sick} == {"broken_forward_in_loss"}


class Scaled(nn.Module):
    def __init__(self, start: float) -> None:
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(32), nn.Linear(32, 64), nn.Linear(64, 32)
        self.gamma = nn.Parameter(start * torch.ones(32))

    def forward(self, signal: Tensor) -> Tensor:
        return signal + self.gamma * self.down(F.gelu(self.up(self.norm(signal))))  # type: ignore[no-any-return]


@pytest.mark.parametrize(("start", "cause"), [(0.1, ""), (1e-6, "small_start"), (0.0, "start")])
def test_a_branch_that_starts_close_to_zero_is_called_so(start: float, cause: str) -> None:
    blocks = [Scaled(start) for _ in range(4)]
    model = nn.Sequential(nn.Linear(8, 32), *blocks, nn.LayerNorm(32), nn.Linear(32, 3))
    found = diagnose(model, torch.randn(64, 8), classes(64))
    assert found.is_healthy
    assert causes(found)["1.up"] == ("healthy", cause)
    assert "1.gamma" in causes(found)


# The images have become alike


def test_a_network_that_hardly_tells_its_examples_apart_is_found() -> None:
    layers: list[nn.Module] = []
    for _ in range(150):
        layers += [nn.Linear(64, 64), nn.ReLU()]
        nn.init.kaiming_normal_(layers[-2].weight, nonlinearity="relu")
        nn.init.zeros_(layers[-2].bias)
    model = nn.Sequential(*layers, nn.Linear(64, 10))
    found = diagnose(model, torch.rand(64, 64), classes(64, 10))
    assert found.verdict == "alike"
    assert "1 minus the cosine falls from" in str(found)
    short = nn.Sequential(*layers[:20], nn.Linear(64, 10))
    assert diagnose(short, torch.randn(64, 64), classes(64, 10)).is_healthy


# What people have


class Outputs(OrderedDict[str, Any]):
    def __getattr__(self, name: str) -> Any:
        return self[name]


class Hugging(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(20, 8), nn.Linear(8, 3)

    def forward(self, input_ids: Any = None, labels: Any = None, **_others: Any) -> Outputs:
        logits = self.head(self.embed(input_ids).mean(1))
        loss = None if labels is None else cross_entropy(logits, labels)
        return Outputs(loss=loss, logits=logits)


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, left: Tensor, right: Tensor, *, scale: float = 1.0) -> Tensor:
        return self.head(torch.tanh(self.body(torch.cat([left, right], -1)))) * scale  # type: ignore[no-any-return]


def test_inputs_and_outputs_as_people_have_them() -> None:
    x, targets, tokens = torch.randn(16, 4), classes(), torch.randint(20, (16, 5))
    by_position = diagnose(Two(), (x, x), targets)
    by_name = diagnose(Two(), {"left": x, "right": x, "scale": 2.0}, targets)
    own_loss = diagnose(Hugging(), {"input_ids": tokens, "labels": targets})
    logits = diagnose(Hugging(), tokens, targets)
    several = diagnose(nn.Linear(4, 3), x, targets, lambda s, t: (cross_entropy(s, t), s))
    sequence = diagnose(
        nn.LSTM(4, 3, batch_first=True),
        torch.randn(16, 3, 4),
        classes(16, 3).view(16, 1).expand(16, 3),
        lambda o, t: cross_entropy(o[0].transpose(1, 2), t),
    )
    for found in (by_position, by_name, own_loss, logits, several, sequence):
        assert found.loss > 0
        assert not found.alarm


@pytest.mark.parametrize("reentrant", [True, False])
def test_both_kinds_of_checkpoints_are_diagnosed(reentrant: bool) -> None:
    class Checkpointed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(6, 6), nn.Linear(6, 3)
            self.body = nn.Sequential(nn.Linear(6, 6), nn.Tanh())

        def forward(self, signal: Tensor) -> Tensor:
            return self.last(checkpoint(self.body, self.first(signal), use_reentrant=reentrant))  # type: ignore[no-any-return]

    model, x, targets = Checkpointed(), torch.randn(16, 6), classes()
    assert diagnose(model, x, targets).is_healthy
    cross_entropy(model(x), targets).backward()  # and checkpoints work again


def test_compiled_parts_and_parallel_wrappers_are_looked_through() -> None:
    x, targets = torch.randn(16, 4), classes()
    compiled = torch.compile(lambda s, t: cross_entropy(s, t), backend="aot_eager")
    compiled(between(torch.relu)(x), targets).backward()
    assert diagnose(between(torch.relu), x, targets, compiled).is_healthy
    inner = nn.Sequential(nn.Linear(4, 4), torch.compile(between(torch.relu), backend="aot_eager"))
    assert diagnose(inner, x, targets).is_healthy
    parallel = diagnose(nn.DataParallel(between(torch.relu)), x, targets)
    assert [one.name for one in parallel.layers] == ["0", "2"]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert diagnose(between(torch.relu), x, targets).is_healthy


def test_state_in_attributes_is_put_back() -> None:
    class Stateful(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell, self.head = nn.RNNCell(4, 8), nn.Linear(8, 3)
            self.state, self.seen, self.count = torch.zeros(16, 8), [0], 0

        def forward(self, signal: Tensor) -> Tensor:
            self.state = self.cell(signal, self.state)
            self.seen.append(1)
            self.count += 1
            self.fresh = signal
            return self.head(self.state)  # type: ignore[no-any-return]

    model = Stateful()
    diagnose(model, torch.randn(16, 4), classes())
    assert not model.state.any()
    assert not model.state.requires_grad
    assert (model.seen, model.count) == ([0], 0)
    assert not hasattr(model, "fresh")


@pytest.mark.parametrize("function", [torch.relu, torch.tanh])
def test_a_loss_of_second_derivatives_needs_a_smooth_function(
    function: Callable[[Tensor], Tensor],
) -> None:
    class Physics(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(3, 16), nn.Linear(16, 1)

        def forward(self, points: Tensor) -> Tensor:
            points = points.detach().requires_grad_()
            value = self.last(function(self.first(points))).sum()
            slope = torch.autograd.grad(value, points, create_graph=True)[0].sum()
            bend = torch.autograd.grad(slope, points, create_graph=True, allow_unused=True)[0]
            return torch.zeros_like(points) if bend is None else bend

    found = diagnose(Physics(), torch.randn(16, 3), torch.randn(16, 3), F.mse_loss)
    if function is torch.tanh:
        assert found.is_healthy
    else:
        assert {one.cause for one in found.layers} == {"slope"}
        assert "smooth activation function" in str(found)


# Every verdict, and the watch


def test_every_diagnosis_says_that_it_is_of_one_moment() -> None:
    found = diagnose(between(torch.relu), torch.randn(16, 4), classes())
    assert "This describes one batch at one moment." in str(found)
    assert "cannot learn" not in str(found)


class Reversed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(16, 3)
        self.body = nn.ModuleList(nn.Linear(16, 16) for _ in range(10))

    def forward(self, signal: Tensor) -> Tensor:
        for layer in reversed(self.body):
            signal = torch.sigmoid(layer(signal))
        return self.head(signal)  # type: ignore[no-any-return]


MODELS: list[Callable[[], nn.Module]] = [
    Reversed,
    lambda: between(torch.relu, -100.0),
    lambda: between(torch.sigmoid, 1e4),
    lambda: between(lambda h: h.log()),
    lambda: nn.Sequential(Adapter(4, 8, False), nn.Tanh(), Adapter(8, 3, True)),
    lambda: between(torch.tanh),
]


@pytest.mark.parametrize("make", MODELS)
def test_the_watch_judges_as_the_diagnosis_of_the_same_step(make: Callable[[], nn.Module]) -> None:
    model = make()
    width = 16 if isinstance(model, Reversed) else 4
    inputs, targets = torch.randn(16, width), classes()
    watch = GradientWatch(model, every=2)
    cross_entropy(model(inputs), targets).backward()
    watch(0)
    expected = diagnose(model, inputs, targets)
    seen = watch.diagnosis()
    assert [one.name for one in seen.layers] == [one.name for one in expected.layers]
    assert [(one.verdict, one.cause, one.culprit) for one in seen.layers] == [
        (one.verdict, one.cause, one.culprit) for one in expected.layers
    ]


def test_a_watch_that_came_late_leaves_the_cause_open() -> None:
    model, inputs, targets = Reversed(), torch.randn(16, 16), classes()
    cross_entropy(model(inputs), targets).backward()
    watch = GradientWatch(model)
    watch(0)
    assert watch.diagnosis().verdict == "starving"
    assert {one.cause for one in watch.diagnosis().sick} == {"unseen"}
    assert "learned" not in str(watch.diagnosis())


def test_the_watch_knows_the_optimizer() -> None:
    ratios = {}
    for kind in (torch.optim.SGD, torch.optim.Adam):
        torch.manual_seed(0)
        model, inputs, targets = Reversed(), torch.randn(16, 16), classes()
        optimizer = kind(model.parameters(), lr=1e-2)
        watch = GradientWatch(model, optimizer=optimizer)
        cross_entropy(model(inputs), targets).backward()
        watch(0)
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
        optimizer.step()
        moved = model.body[9].weight.detach() - before["body.9.weight"]
        ratios[kind] = watch.history.records[0][0].update
        assert ratios[kind] == pytest.approx(
            float(moved.norm() / before["body.9.weight"].norm()), rel=1e-4
        )
        assert watch.history.records[0][0].name == "body.9"
    assert ratios[torch.optim.Adam] > 1e3 * ratios[torch.optim.SGD]
    assert "the optimizer moves these weights" in str(watch.diagnosis())


def test_a_closed_watch_leaves_no_hook() -> None:
    model = between(torch.relu)
    optimizer = torch.optim.SGD(model.parameters())
    watch = GradientWatch(model, optimizer=optimizer)
    model(torch.randn(2, 4))
    watch.close()
    hooks = [
        *model._forward_hooks,
        *model._forward_pre_hooks,
        *optimizer._optimizer_step_post_hooks,
    ]
    assert not hooks
    assert not any(module._forward_hooks for module in model.modules())


def test_a_log_is_written_for_every_layer_and_step() -> None:
    class Writer:
        def __init__(self) -> None:
            self.written: list[tuple[str, float, int]] = []

        def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
            self.written.append((tag, scalar_value, global_step))

    model, writer = between(torch.relu), Writer()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watch = GradientWatch(model, optimizer=optimizer)
    for step in range(2):
        cross_entropy(model(torch.randn(16, 4)), classes()).backward()
        watch(step)
        optimizer.step()
    watch.history.log(writer)
    tags = {(tag, step) for tag, _value, step in writer.written}
    names = ("gradient_norm/0", "gradient_norm/2", "update/0", "update/2")
    assert tags == {(name, step) for name in names for step in (0, 1)}
