"""A gradient profile is true, for any network, and leaves no trace."""

import dataclasses
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from vanishing.experiment import RELU, RESNET, SIGMOID
from vanishing.networks import build_network
from vanishing.probes import GradientProfile, gradient_profile, norm_of


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def batch(features: int = 6, classes: int = 3, size: int = 8) -> tuple[Tensor, Tensor]:
    return torch.randn(size, features), torch.randint(classes, (size,))


def finite_difference_norm(
    value: Callable[[], Tensor], tensor: Tensor, step: float = 1e-6
) -> float:
    """Shift every number of a float64 tensor both ways and watch the value."""
    squares, flat = 0.0, tensor.detach().view(-1)
    for index in range(len(flat)):
        before = flat[index].item()
        flat[index] = before + step
        above = value().item()
        flat[index] = before - step
        below = value().item()
        flat[index] = before
        squares += ((above - below) / (2 * step)) ** 2
    return math.sqrt(squares)


class Shift(nn.Module):
    """Add a tensor that a test can move: the gradient by it is that by the layer before."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.amount = torch.zeros(shape, dtype=torch.float64)

    def forward(self, signal: Tensor) -> Tensor:
        return signal + self.amount


@pytest.mark.parametrize("activation", [nn.Tanh(), nn.Sigmoid(), nn.GELU()])
def test_norms_agree_with_finite_differences(activation: nn.Module) -> None:
    inputs, targets = batch()
    inputs = inputs.double()
    shifts = [Shift((8, 5)), Shift((8, 4)), Shift((8, 3))]
    layers = [nn.Linear(6, 5), nn.Linear(5, 4), nn.Linear(4, 3)]
    model = nn.Sequential(
        layers[0], shifts[0], activation, layers[1], shifts[1], activation, layers[2], shifts[2]
    ).double()
    profile = gradient_profile(model, inputs, targets)

    def value() -> Tensor:
        with torch.no_grad():
            return cross_entropy(model(inputs), targets)

    assert profile.layers == ("0", "3", "6")
    for index, layer in enumerate(layers):
        by_weight = finite_difference_norm(value, layer.weight)
        by_output = finite_difference_norm(value, shifts[index].amount)
        assert profile.weight_norms[index] == pytest.approx(by_weight, rel=1e-6)
        assert profile.signal_norms[index] == pytest.approx(by_output, rel=1e-6)


def test_norms_agree_with_the_chain_rule_done_by_hand() -> None:
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Sigmoid(), nn.Linear(1, 1, bias=False))
    with torch.no_grad():
        model[0].weight.fill_(0.0)
        model[2].weight.fill_(3.0)
    # y = 3 σ(0·x), loss y²: the loss's slope is 2y = 3, and σ′(0) = 1/4.
    profile = gradient_profile(
        model, torch.tensor([[2.0]]), torch.tensor([[0.0]]), lambda y, t: ((y - t) ** 2).sum()
    )
    assert profile.signal_norms == pytest.approx((3 * 3 / 4, 3))
    assert profile.weight_norms == pytest.approx((3 * 3 / 4 * 2, 3 / 2))


def test_a_profile_is_plain_data() -> None:
    network = build_network(RELU.at(depth=2))
    profile = gradient_profile(network, torch.randn(9, 64), torch.randint(10, (9,)))
    assert json.loads(json.dumps(dataclasses.asdict(profile)))["layers"] == ["1", "2", "output"]
    assert all(type(norm) is float for norm in profile.weight_norms + profile.signal_norms)
    assert len(profile.layers) == len(profile.weight_norms) == len(profile.signal_norms)


def test_layers_come_in_the_order_in_which_the_signal_meets_them() -> None:
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last = nn.Linear(4, 3)
            self.first = nn.Linear(6, 4)

        def forward(self, signal: Tensor) -> Tensor:
            return self.last(self.first(signal))  # type: ignore[no-any-return]

    assert gradient_profile(Backwards(), *batch()).layers == ("first", "last")


def test_any_loss_can_be_measured() -> None:
    model, inputs = nn.Linear(6, 2), torch.randn(8, 6)
    profile = gradient_profile(model, inputs, torch.zeros(8, 2), mse_loss)
    # mse = mean of y² over 16 numbers, so its gradient by y is y / 8
    assert profile.signal_norms[0] == pytest.approx(model(inputs).norm().item() / 8)


def test_a_convolutional_network_with_batch_normalization_has_a_value_per_layer() -> None:
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(144, 3),
    )
    profile = gradient_profile(model, torch.randn(5, 1, 8, 8), torch.randint(3, (5,)))
    assert profile.layers == ("0", "1", "4")
    assert min(profile.weight_norms + profile.signal_norms) > 0


def test_an_activation_that_works_in_place_changes_nothing() -> None:
    inputs, targets = batch()
    first, last = nn.Linear(6, 5), nn.Linear(5, 3)
    expected = gradient_profile(nn.Sequential(first, nn.ReLU(), last), inputs, targets)
    in_place = gradient_profile(nn.Sequential(first, nn.ReLU(inplace=True), last), inputs, targets)
    assert in_place == expected


def test_a_shared_layer_has_one_value_over_all_its_uses() -> None:
    inputs, targets = torch.randn(8, 6), torch.randint(6, (8,))
    shared = nn.Linear(6, 6)
    model = nn.Sequential(shared, nn.Tanh(), shared)
    profile = gradient_profile(model, inputs, targets)
    inside = shared(inputs)
    outside = shared(torch.tanh(inside))
    by_inside, by_outside, by_weight = torch.autograd.grad(
        cross_entropy(outside, targets), [inside, outside, shared.weight]
    )
    assert profile.layers == ("0",)
    assert profile.weight_norms[0] == pytest.approx(by_weight.norm().item())
    both = math.hypot(by_inside.norm().item(), by_outside.norm().item())
    assert profile.signal_norms[0] == pytest.approx(both)


class Recurrent(nn.Module):
    """Read a sequence and answer from the last output or from the last state."""

    def __init__(self, answer_from: str) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 5, batch_first=True)
        self.head = nn.Linear(5, 3)
        self.answer_from = answer_from

    def forward(self, sequence: Tensor) -> Tensor:
        outputs, (hidden, _) = self.lstm(sequence)
        last = outputs[:, -1] if self.answer_from == "outputs" else hidden[-1]
        return self.head(last)  # type: ignore[no-any-return]


def test_an_lstm_has_the_same_value_whichever_of_its_outputs_is_used() -> None:
    model, inputs, targets = Recurrent("outputs"), torch.randn(8, 7, 6), torch.randint(3, (8,))
    by_outputs = gradient_profile(model, inputs, targets)
    model.answer_from = "state"
    by_state = gradient_profile(model, inputs, targets)
    assert by_outputs.layers == by_state.layers == ("lstm", "head")
    assert by_outputs.signal_norms == pytest.approx(by_state.signal_norms)
    assert by_outputs.weight_norms == pytest.approx(by_state.weight_norms)
    # The head hands its gradient down through its weights: that is what reaches the LSTM.
    features = model.lstm(inputs)[0][:, -1].detach().requires_grad_()
    (arriving,) = torch.autograd.grad(cross_entropy(model.head(features), targets), [features])
    assert by_outputs.signal_norms[0] == pytest.approx(arriving.norm().item())


def test_a_packed_sequence_passes_through() -> None:
    class Packed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(6, 3, batch_first=True)

        def forward(self, sequence: Tensor) -> Tensor:
            lengths = torch.tensor([7, 4])
            packed = nn.utils.rnn.pack_padded_sequence(sequence, lengths, batch_first=True)
            outputs, _ = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True)
            return outputs.mean(dim=1)

    profile = gradient_profile(Packed(), torch.randn(2, 7, 6), torch.tensor([0, 2]))
    assert profile.layers == ("gru",)
    assert profile.signal_norms[0] > 0


def test_attention_has_a_value_and_its_inner_projection_no_signal_of_its_own() -> None:
    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
            self.head = nn.Linear(6, 3)

        def forward(self, sequence: Tensor) -> Tensor:
            mixed, _ = self.attention(sequence, sequence, sequence)
            return self.head(mixed.mean(dim=1))  # type: ignore[no-any-return]

    profile = gradient_profile(Attending(), torch.randn(8, 4, 6), torch.randint(3, (8,)))
    assert profile.layers == ("attention", "attention.out_proj", "head")
    assert min(profile.weight_norms) > 0
    assert math.isnan(profile.signal_norms[1])


def test_an_output_in_a_dictionary_is_measured_too() -> None:
    class Named(nn.Linear):
        def forward(self, signal: Tensor) -> Any:
            return {"scores": [super().forward(signal)]}

    inputs, targets = batch()
    profile = gradient_profile(
        Named(6, 3), inputs, targets, lambda found, t: cross_entropy(found["scores"][0], t)
    )
    assert profile.layers == ("Named",)
    assert profile.signal_norms[0] > 0


def test_weights_of_ones_own_module_count_whatever_their_name() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.matrix = nn.Parameter(torch.randn(6, 3))

        def forward(self, signal: Tensor) -> Tensor:
            return signal @ self.matrix

    profile = gradient_profile(nn.Sequential(nn.Linear(6, 6), Own()), *batch())
    assert profile.layers == ("0", "1")
    assert min(profile.weight_norms + profile.signal_norms) > 0


def test_an_embedding_with_sparse_gradients_is_measured() -> None:
    model = nn.Sequential(nn.Embedding(9, 4, sparse=True), nn.Flatten(), nn.Linear(8, 3))
    profile = gradient_profile(model, torch.randint(9, (8, 2)), torch.randint(3, (8,)))
    assert min(profile.weight_norms + profile.signal_norms) > 0


def test_an_unused_layer_has_zero() -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.idle, self.ignored = nn.Linear(6, 3), nn.Linear(6, 3), nn.Linear(6, 3)

        def forward(self, signal: Tensor) -> Tensor:
            self.ignored(signal)
            return self.first(signal)  # type: ignore[no-any-return]

    profile = gradient_profile(Idle(), *batch())
    assert profile.layers == ("ignored", "first", "idle")
    assert profile.weight_norms[0] == profile.weight_norms[2] == 0.0
    assert profile.signal_norms[0] == profile.signal_norms[2] == 0.0
    assert profile.weight_norms[1] > 0


def test_a_frozen_layer_is_measured_and_stays_frozen() -> None:
    inputs, targets = batch()
    model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))
    expected = gradient_profile(model, inputs, targets)
    model.requires_grad_(False)
    assert gradient_profile(model, inputs, targets) == expected
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_a_model_that_cuts_its_graph_has_zero_everywhere() -> None:
    class Cut(nn.Linear):
        def forward(self, signal: Tensor) -> Tensor:
            return super().forward(signal).detach()

    profile = gradient_profile(Cut(6, 3), *batch())
    assert profile.weight_norms == profile.signal_norms == (0.0,)


def test_nan_and_infinity_are_results() -> None:
    inputs, targets = batch()
    model = nn.Sequential(nn.Linear(6, 3), nn.Linear(3, 3))
    with torch.no_grad():
        model[1].weight[0, 0] = float("nan")
    assert all(map(math.isnan, gradient_profile(model, inputs, targets).weight_norms))
    exploding = gradient_profile(
        nn.Linear(6, 3), inputs, targets, lambda scores, _: (scores * float("inf")).sum()
    )
    assert exploding.signal_norms == (float("inf"),)


def test_an_underflowed_gradient_is_zero_and_its_neighbours_are_not() -> None:
    network = build_network(SIGMOID.at(depth=80))
    profile = gradient_profile(network, torch.randn(50, 64), torch.randint(10, (50,)))
    assert profile.weight_norms[0] == 0.0
    assert profile.weight_norms[-1] > 0.0


def test_squares_do_not_underflow_where_the_gradient_itself_does_not() -> None:
    profile = gradient_profile(
        nn.Linear(6, 3), *batch(), lambda scores, targets: cross_entropy(scores, targets) * 1e-30
    )
    assert 0 < profile.weight_norms[0] < 1e-29


def state_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def noisy_model() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.Linear(5, 3))


@pytest.mark.parametrize("training", [True, False])
def test_measuring_leaves_no_trace(training: bool) -> None:
    model, (inputs, targets) = noisy_model().train(training), batch()
    cross_entropy(model(inputs), targets).backward()
    before = state_of(model)
    gradients = [
        parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None
    ]
    random_state = torch.get_rng_state()
    gradient_profile(model, inputs, targets)
    assert torch.equal(torch.get_rng_state(), random_state)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        assert parameter.grad is not None
        assert torch.equal(parameter.grad, gradient)
    assert all(module.training is training for module in model.modules())
    assert inputs.grad is None
    assert not inputs.requires_grad


def test_measuring_gives_no_gradients_to_a_model_that_has_none() -> None:
    model = noisy_model()
    gradient_profile(model, *batch())
    assert all(parameter.grad is None for parameter in model.parameters())


def hooks_of(model: nn.Module) -> int:
    return sum(
        len(module._forward_hooks) + len(module._forward_pre_hooks) + len(module._backward_hooks)
        for module in model.modules()
    )


def test_hooks_are_removed() -> None:
    model = noisy_model()
    gradient_profile(model, *batch())
    assert hooks_of(model) == 0


def test_nothing_remains_when_the_model_raises() -> None:
    class Broken(nn.Module):
        def forward(self, signal: Tensor) -> Tensor:
            torch.rand(3)
            raise RuntimeError("broken inside")

    model = nn.Sequential(noisy_model(), Broken()).requires_grad_(False)
    inputs, targets = batch()
    before, random_state = state_of(model), torch.get_rng_state()
    with pytest.raises(RuntimeError, match="broken inside"):
        gradient_profile(model, inputs, targets)
    assert hooks_of(model) == 0
    assert torch.equal(torch.get_rng_state(), random_state)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_nothing_remains_when_the_loss_raises() -> None:
    def broken(scores: Tensor, targets: Tensor) -> Tensor:
        raise RuntimeError("no such loss")

    model = noisy_model()
    with pytest.raises(RuntimeError, match="no such loss"):
        gradient_profile(model, *batch(), broken)
    assert hooks_of(model) == 0


def test_a_model_without_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one layer with weights, got Sequential without"):
        gradient_profile(nn.Sequential(nn.ReLU()), *batch())


def test_a_loss_that_is_not_one_number_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r'one number in a tensor, got a tensor of shape \(8,\): .*"mean"'
    ):
        gradient_profile(nn.Linear(6, 3), *batch(), nn.CrossEntropyLoss(reduction="none"))


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_it_measures_inside_no_grad_too(context: Callable[[], Any]) -> None:
    model, (inputs, targets) = nn.Linear(6, 3), batch()
    expected = gradient_profile(model, inputs, targets)
    with context():
        assert gradient_profile(model, inputs, targets) == expected


def test_the_residual_network_keeps_its_gradient_where_the_sigmoid_loses_it() -> None:
    inputs, targets = torch.randn(200, 64), torch.randint(10, (200,))

    def kept(profile: GradientProfile) -> float:
        return profile.weight_norms[0] / profile.weight_norms[-2]

    residual = gradient_profile(build_network(RESNET.at(depth=30)), inputs, targets)
    sigmoid = gradient_profile(build_network(SIGMOID.at(depth=30)), inputs, targets)
    assert kept(residual) > 0.1
    assert 0 < kept(sigmoid) < 1e-20


def test_a_norm_is_taken_over_all_entries_and_summed_in_float64() -> None:
    assert norm_of([torch.tensor([3.0]), torch.tensor([[0.0, 4.0]])]) == 5.0
    assert norm_of([torch.tensor([1e-30, 0.0]).to_sparse()]) == pytest.approx(1e-30, rel=1e-6)
    assert norm_of([]) == 0.0
