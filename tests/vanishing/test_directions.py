"""An untrained network loses its images on the way forward and its gradient on the way back."""

import pytest
import torch
from drawn import axes_of, legend_of
from torch.nn.functional import cross_entropy

from vanishing import RELU, RESNET, SIGMOID, Experiment, build_network, load_digits
from vanishing.directions import read_out, two_directions
from vanishing.figures import draw_two_directions


def test_both_directions_shrink_by_about_the_same_factor_in_a_sigmoid_network() -> None:
    found = two_directions(SIGMOID.at(depth=8, width=64))
    forward = (found.spreads[6] / found.spreads[1]) ** (1 / 5)
    back = (found.gradient_norms[1] / found.gradient_norms[6]) ** (1 / 5)
    assert forward == pytest.approx(back, rel=0.05)
    assert forward == pytest.approx(48**-0.5, rel=0.05)


def test_behind_twenty_sigmoid_layers_the_computer_sees_few_images() -> None:
    distinct = two_directions(SIGMOID.at(depth=20)).distinct
    assert distinct[0] == 1500
    assert distinct[-1] < 10


def test_the_spread_is_the_deviation_of_the_outputs() -> None:
    experiment = RELU.at(depth=1)
    hidden = build_network(experiment).get_submodule("1")(load_digits().train_inputs).relu()
    spread = hidden.double().std(dim=0, correction=0).square().mean().sqrt().item()
    assert two_directions(experiment).spreads == (pytest.approx(spread),)


@pytest.mark.parametrize("experiment", [RELU, RESNET, RESNET.at(normalization="none")])
def test_the_gradient_is_that_with_respect_to_the_signal_behind_the_layer(
    experiment: Experiment,
) -> None:
    network, digits = build_network(experiment.at(depth=2)), load_digits()
    first = network.branch(0, digits.train_inputs)
    signal = (digits.train_inputs + first if network.residual else first).detach()
    signal.requires_grad_()
    second = network.branch(1, signal)
    scores = network.scores(signal + second if network.residual else second)
    gradient = torch.autograd.grad(cross_entropy(scores, digits.train_targets), signal)[0]
    found = two_directions(experiment.at(depth=2)).gradient_norms
    assert found[0] == pytest.approx(gradient.norm().item(), rel=1e-5)


def test_a_random_code_can_be_read_while_the_images_differ() -> None:
    assert read_out(SIGMOID.at(depth=2)) > 0.9
    assert read_out(SIGMOID.at(depth=20)) < 0.2


def test_each_direction_starts_at_one_and_is_named() -> None:
    drawing = draw_two_directions([0.2, 0.02, 0.0], [1e-3, 0.1, 10.0])
    lines = [list(map(float, line.get_ydata())) for line in axes_of(drawing).lines]  # type: ignore[arg-type]
    assert pytest.approx([1e-4, 0.01, 1]) in lines
    assert [1, pytest.approx(0.1)] in [line[:2] for line in lines]
    assert legend_of(drawing)[:2] == [
        "difference between the images, going forward",
        "gradient, going back",
    ]
    assert "gradient, going back: 1.0e-4 in the first layer, 1 in the last." in drawing.description


@pytest.mark.parametrize(
    ("spreads", "norms", "message"),
    [
        ([1.0], [1.0, 2.0], "one value per layer, got 1 and 2: pass lists of equal length"),
        ([0.0, 0.0], [1.0, 1.0], "must start above 0"),
        ([1.0, 1.0], [1.0, float("nan")], "must start above 0"),
        ([], [], "must start above 0"),
    ],
)
def test_a_direction_without_a_start_is_refused(
    spreads: list[float], norms: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        draw_two_directions(spreads, norms)
