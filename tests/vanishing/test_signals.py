"""Single inputs on their way through layers, against closed forms and other ways to compute."""

import itertools
import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from vanishing import RESNET, SIGMOID, build_network, load_digits
from vanishing.mean_field import TanhNetwork
from vanishing.signals import (
    _ten_inputs,
    angle_by_layer,
    cliff,
    descend_cliff,
    digit_images,
    follow_digits,
    median_angles,
    plane_product,
)

pytestmark = pytest.mark.usefixtures("computed_here", "own_cache")


def test_the_first_images_are_the_ten_digits() -> None:
    images = digit_images()
    assert {len(image) for image in images} == {64}
    assert (min(map(min, images)), max(map(max, images))) == (0.0, 1.0)
    raw, digits = torch.tensor(images), load_digits()
    inputs, order = _ten_inputs(), (raw[0] - raw[1]).abs() > 0
    # Each pixel was shifted and stretched by itself: the sign of a difference stays.
    assert torch.equal((inputs[0] - inputs[1])[order].sign(), (raw[0] - raw[1])[order].sign())
    found = [(digits.train_inputs.double() == one).all(dim=1).nonzero() for one in inputs]
    labels = [digits.train_targets[at].tolist() for at in found]
    assert labels == [[[digit]] if one else [] for digit, one in enumerate(labels)]


def test_digits_run_together_by_the_factor_of_the_layers() -> None:
    found = follow_digits(SIGMOID.at(depth=5))
    factors = [after / before for before, after in itertools.pairwise(found.spreads)]
    assert all(0.05 < factor < 0.25 for factor in factors)
    assert all(max(map(abs, row)) == pytest.approx(1) for row in found.places)


def test_the_gradient_of_a_followed_network_is_pytorch_s() -> None:
    experiment = SIGMOID.at(depth=3)
    network, digits = build_network(experiment).double(), load_digits()
    cross_entropy(network(digits.train_inputs.double()), digits.train_targets).backward()
    norms = [network.get_submodule(name).weight.grad.norm().item() for name in network.hidden]  # type: ignore[union-attr]
    assert follow_digits(experiment).gradient_norms == pytest.approx(norms)


def test_skip_connections_keep_the_digits_apart() -> None:
    assert follow_digits(RESNET.at(depth=3)).spreads[-1] > 0.1


def test_inputs_close_in_order_and_open_in_chaos() -> None:
    small = TanhNetwork(weight_variance=0.5, bias_variance=0.05, width=64)
    assert angle_by_layer(small).degrees[0] == pytest.approx(30)
    assert median_angles(small)[-1] < 1e-3
    large = TanhNetwork(weight_variance=4, bias_variance=0.05, width=64)
    assert median_angles(large)[-1] > 45


def test_a_turn_keeps_a_circle_and_other_products_flatten_it() -> None:
    for factors in (0, 1, 7):
        values = torch.linalg.svdvals(torch.tensor(plane_product("orthogonal", factors)))
        assert values.tolist() == pytest.approx([1, 1])
    ratios = []
    for seed in range(20):
        values = torch.linalg.svdvals(torch.tensor(plane_product("gaussian", 12, seed)))
        ratios.append(math.log10(values[0] / values[1]))
    assert sorted(ratios)[10] > 2


def test_the_slope_of_the_cliff_is_that_of_finite_differences() -> None:
    for weight in (4.6, 4.95, 6.0):
        slope = (cliff(weight + 1e-6)[0] - cliff(weight - 1e-6)[0]) / 2e-6
        assert cliff(weight)[1] == pytest.approx(slope, rel=1e-4)


def test_one_step_off_the_cliff_is_long_and_a_clipped_one_is_not() -> None:
    free, clipped = descend_cliff(), descend_cliff(threshold=0.05)
    assert max(abs(b - a) for a, b in itertools.pairwise(free)) > 2
    assert max(abs(b - a) for a, b in itertools.pairwise(clipped)) == pytest.approx(0.05)
    assert cliff(clipped[-1])[0] < 0.02 < cliff(free[-1])[0]


def test_a_number_out_of_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="kind must be a known name, got 'round': choose from"):
        plane_product("round", 3)
    with pytest.raises(ValueError, match="weight must be between -100 and 100, got 1000"):
        cliff(1000.0)
