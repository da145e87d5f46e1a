"""The networks are what their experiment says, layer by layer."""

import pytest
import torch
from torch import Tensor, nn

from vanishing.data import load_digits
from vanishing.experiment import ACTIVATIONS, RELU, RESNET, SIGMOID, Experiment
from vanishing.networks import build_network
from vanishing.probes import gradient_profile


def by_hand(network: nn.Module, inputs: Tensor, experiment: Experiment) -> Tensor:
    """Compute the same with matrices, for ReLU and one normalization over the batch."""
    weights = dict(network.named_parameters())

    def linear(name: str, signal: Tensor) -> Tensor:
        return signal @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normalize(signal: Tensor) -> Tensor:
        centred = signal - signal.mean(dim=0)
        return centred / torch.sqrt(centred.square().mean(dim=0) + 1e-5)

    for number in range(1, experiment.depth + 1):
        branch = linear(str(number), inputs)
        if experiment.normalization == "batch":
            branch = normalize(branch)
        branch = branch.clamp(min=0)
        adds = experiment.residual and inputs.shape == branch.shape
        inputs = inputs + branch if adds else branch
    if experiment.residual and experiment.normalization == "batch":
        inputs = normalize(inputs)
    return linear("output", inputs)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("normalization", ["none", "batch"])
@pytest.mark.parametrize("width", [64, 20])
def test_a_network_computes_what_the_formula_says(
    residual: bool, normalization: str, width: int
) -> None:
    experiment = RELU.at(depth=3, width=width, residual=residual, normalization=normalization)
    network, inputs = build_network(experiment), load_digits().train_inputs[:50]
    torch.testing.assert_close(network(inputs), by_hand(network, inputs, experiment))


def test_the_layers_with_weights_are_named_by_number_and_output_in_every_network() -> None:
    for normalization in ("none", "batch", "layer"):
        network = build_network(RESNET.at(depth=3, normalization=normalization))
        names = [name for name, _ in network.named_parameters()]
        layers = ["1", "2", "3", "output"]
        assert names == [f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_can_be_built(activation: str) -> None:
    network = build_network(RELU.at(activation=activation, depth=2))
    assert network(load_digits().test_inputs).shape == (297, 10)


def test_layer_normalization_gives_each_digit_mean_zero_and_variance_one() -> None:
    network = build_network(RELU.at(depth=1, normalization="layer"))
    normalized = network.get_submodule("normalization_1")(torch.randn(5, 64) * 9 + 3)
    torch.testing.assert_close(normalized.mean(dim=1), torch.zeros(5), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        normalized.var(dim=1, correction=0), torch.ones(5), rtol=1e-3, atol=0
    )


def test_rms_normalization_gives_each_digit_mean_square_one() -> None:
    inputs = load_digits().train_inputs[:20]
    network = build_network(RELU.at(depth=1, normalization="rms", activation="identity"))
    hidden = network.get_submodule("normalization_1")(network.get_submodule("1")(inputs))
    assert hidden.square().mean(dim=1).tolist() == pytest.approx([1.0] * len(inputs), rel=1e-3)


def test_a_rezero_network_starts_as_the_identity() -> None:
    inputs = load_digits().train_inputs[:20]
    network = build_network(RELU.at(depth=5, residual=True, branch="rezero"))
    assert torch.equal(network(inputs), network.output(inputs))
    torch.autograd.backward(network(inputs).square().sum())
    assert min(network.scale.grad.abs()) > 0


def test_scaled_branches_are_divided_by_the_square_root_of_the_depth() -> None:
    inputs = load_digits().train_inputs[:20]
    scaled, plain = (
        build_network(RELU.at(depth=4, residual=True, branch=branch))
        for branch in ("scaled", "sum")
    )
    first = torch.relu(plain.get_submodule("1")(inputs))
    with torch.no_grad():
        for name in ("2", "3", "4"):
            scaled.get_submodule(name).weight.zero_()
    assert torch.allclose(scaled(inputs), plain.output(inputs + first / 2), atol=1e-5)


@pytest.mark.parametrize("width", [64, 32])
@pytest.mark.parametrize("branch", ["sum", "scaled", "rezero"])
def test_branches_and_scores_are_the_parts_that_forward_puts_together(
    branch: str, width: int
) -> None:
    network = build_network(RESNET.at(depth=3, width=width, branch=branch))
    if isinstance(network.scale, nn.Parameter):
        with torch.no_grad():
            network.scale.copy_(torch.tensor([0.5, -1.0, 2.0]))
    inputs = load_digits().test_inputs
    signal = network.branch(0, inputs) + (inputs if width == 64 else 0)
    for number in (1, 2):
        signal = signal + network.branch(number, signal)
    assert torch.equal(network.scores(signal), network(inputs))


def test_layers_can_be_passed_by() -> None:
    inputs = load_digits().test_inputs
    plain, residual = (build_network(one.at(depth=2)) for one in (RELU, RESNET))
    assert torch.equal(plain(inputs, {"1"}), plain.scores(plain.branch(1, inputs)))
    assert torch.equal(residual(inputs, {"1", "2"}), residual.scores(inputs))


def test_default_is_what_pytorch_does() -> None:
    ours = build_network(RELU.at(init="default", depth=1, width=1024)).get_submodule("1")
    theirs = nn.Linear(64, 1024)
    for name in ("weight", "bias"):
        our, their = getattr(ours, name), getattr(theirs, name)
        assert our.abs().max() <= 1 / 8
        torch.testing.assert_close(our.var(), their.var(), rtol=0.15, atol=0)


@pytest.mark.parametrize(("init", "variance"), [("xavier", 2 / (64 + 512)), ("he", 2 / 64)])
def test_xavier_and_he_have_the_variance_of_their_papers_and_no_bias(
    init: str, variance: float
) -> None:
    layer = build_network(RELU.at(init=init, depth=1, width=512)).get_submodule("1")
    assert isinstance(layer, nn.Linear)
    assert layer.weight.var().item() == pytest.approx(variance, rel=0.05)
    assert layer.bias.abs().max() == 0


def test_orthogonal_layers_keep_every_length() -> None:
    layer = build_network(RELU.at(init="orthogonal", depth=2)).get_submodule("2")
    assert isinstance(layer, nn.Linear)
    torch.testing.assert_close(layer.weight @ layer.weight.T, torch.eye(64), atol=1e-5, rtol=0)


def test_equal_experiments_give_equal_weights_and_other_seeds_give_others() -> None:
    torch.manual_seed(1)
    first = build_network(RELU).output.weight
    torch.manual_seed(2)
    assert torch.equal(first, build_network(RELU).output.weight)
    assert not torch.equal(first, build_network(RELU.at(seed=1)).output.weight)


@pytest.mark.parametrize("init", ["default", "xavier", "he", "orthogonal"])
def test_building_leaves_the_random_state_alone(init: str) -> None:
    before = torch.get_rng_state()
    build_network(RELU.at(init=init))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_default_dtype_of_the_session_does_not_matter() -> None:
    torch.set_default_dtype(torch.float64)
    try:
        network = build_network(RESNET)
    finally:
        torch.set_default_dtype(torch.float32)
    assert {tensor.dtype for tensor in network.state_dict().values()} <= {
        torch.float32,
        torch.int64,
    }


def test_a_residual_sum_without_normalization_doubles_its_variance_per_block() -> None:
    experiment = RELU.at(residual=True, depth=30, width=512)
    network = build_network(experiment)
    signal, variances = torch.relu(network.get_submodule("1")(torch.randn(200, 64))), []
    for name in network.hidden[1:]:
        signal = signal + torch.relu(network.get_submodule(name)(signal))
        variances.append(signal.square().mean().item())
    assert variances[-1] / variances[0] > 1.9 ** (len(variances) - 1)


def test_a_sigmoid_network_loses_the_gradient_as_measured_before() -> None:
    """Ratios of the first to the last hidden layer: .15, 3.9e-4 and 2.6e-8, for another seed."""
    digits = load_digits()
    for depth, ratio in ((2, 0.15), (5, 3.9e-4), (10, 2.6e-8)):
        network = build_network(SIGMOID.at(depth=depth))
        norms = gradient_profile(network, digits.train_inputs, digits.train_targets).signal_norms
        assert norms[0] / norms[depth - 1] == pytest.approx(ratio, rel=0.4)
