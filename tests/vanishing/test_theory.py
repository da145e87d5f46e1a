"""The closed forms give the numbers that are known, and say where they come from."""

import math

import pytest
import torch
from torch.nn import functional

from vanishing.theory import (
    PREDICTIONS,
    Prediction,
    Source,
    backward_ratio,
    batch_normalized_relu_ratio,
    cell_path_factor,
    chi,
    critical_weight_variance,
    first_underflow,
    fixed_length,
    layer_normalized_relu_ratio,
    length_map,
    mean_squared_slope,
    recurrent_factor,
    share_of_paths,
    silu_turning_point,
    slope_extremes,
    unscaled_residual_ratio,
    weight_variance,
)


@pytest.mark.parametrize(
    ("activation", "init", "ratio"),
    [
        ("identity", "xavier", 1),
        ("tanh", "default", 1 / 3),
        ("relu", "he", 1),
        ("relu", "xavier", 1 / 2),
        ("relu", "default", 1 / 6),
        ("silu", "default", 1 / 12),
        ("sigmoid", "default", 1 / 48),
        ("sigmoid", "xavier", 1 / 16),
        ("identity", "orthogonal", 1),
    ],
)
def test_the_closed_forms_give_the_known_numbers(activation: str, init: str, ratio: float) -> None:
    assert backward_ratio(activation, init) == pytest.approx(ratio)
    assert f"layers/{activation}-{init}" in {row.key for row in PREDICTIONS}


def test_batch_normalization_multiplies_the_norm_by_what_the_paper_says() -> None:
    assert math.sqrt(batch_normalized_relu_ratio()) == pytest.approx(1.2112, abs=1e-4)
    assert layer_normalized_relu_ratio() == 1


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("sigmoid", torch.sigmoid),
        ("tanh", torch.tanh),
        ("relu", torch.relu),
        ("gelu", functional.gelu),
        ("silu", functional.silu),
        ("selu", functional.selu),
    ],
)
def test_no_finite_difference_is_steeper_than_the_extremes(
    activation: str, function: type[torch.nn.Module]
) -> None:
    points = torch.linspace(-12, 12, 4801, dtype=torch.float64)
    slopes = function(points).diff() / points.diff()
    least, largest = slope_extremes(activation)
    assert least - 1e-9 <= slopes.min().item() <= least + 1e-3
    assert largest - 5e-3 <= slopes.max().item() <= largest + 1e-9


def test_the_known_extremes_of_the_design_are_met() -> None:
    assert slope_extremes("gelu") == pytest.approx((-0.1289, 1.1289), abs=1e-4)
    assert slope_extremes("silu") == pytest.approx((-0.0998, 1.0998), abs=1e-4)
    assert slope_extremes("selu")[1] == pytest.approx(1.7581, abs=1e-4)
    assert silu_turning_point() == pytest.approx(2.3994, abs=1e-4)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_the_bound_of_the_squared_slope_is_the_square_of_the_largest_slope(activation: str) -> None:
    assert slope_extremes(activation)[1] ** 2 == mean_squared_slope(activation)


@pytest.mark.parametrize(
    ("dtype", "bits"),
    [(torch.float32, (8, 23)), (torch.float16, (5, 10)), (torch.float64, (11, 52))],
)
def test_powers_of_a_quarter_underflow_where_the_smallest_number_says(
    dtype: torch.dtype, bits: tuple[int, int]
) -> None:
    first = first_underflow(*bits)
    smallest = torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps
    assert 0.25 ** (first - 1) >= smallest > 0.25**first
    assert 0.25**first <= smallest / 2


def test_a_recurrence_and_a_cell_path_are_powers() -> None:
    assert recurrent_factor(0.5, 3) == 0.125
    assert cell_path_factor(0, 50) == 2.0**-50
    assert cell_path_factor(2, 50) == pytest.approx(1.75e-3, rel=5e-3)
    assert unscaled_residual_ratio() == 2


def test_paths_of_all_lengths_are_all_paths_and_most_are_neither_short_nor_long() -> None:
    assert share_of_paths(54, 0, 54) == 1
    assert share_of_paths(2, 1, 1) == 0.5
    assert share_of_paths(54, 19, 35) == pytest.approx(0.980, abs=5e-4)


@pytest.mark.parametrize("length", [0.01, 0.5, 2.0, 20.0])
def test_the_length_map_is_the_mean_over_normal_numbers(length: float) -> None:
    random = torch.Generator().manual_seed(0)
    sums = torch.randn(2_000_000, generator=random, dtype=torch.float64) * math.sqrt(length)
    expected = 1.5 * sums.tanh().square().mean().item() + 0.1
    assert length_map(length, 1.5, 0.1) == pytest.approx(expected, rel=2e-3)


def test_a_fixed_length_maps_to_itself() -> None:
    for weights, biases in [(0.5, 0.1), (1.5, 0.0), (4.0, 0.05)]:
        length = fixed_length(weights, biases)
        assert length > 0
        assert length_map(length, weights, biases) == pytest.approx(length)


def test_without_biases_small_weights_let_the_signal_die() -> None:
    assert fixed_length(0.9, 0.0) == 0
    assert chi(0.9, 0.0) == pytest.approx(0.9)
    assert fixed_length(1.1, 0.0) > 0


def test_chi_is_the_mean_squared_slope_at_the_fixed_length() -> None:
    random = torch.Generator().manual_seed(0)
    normal = torch.randn(2_000_000, generator=random, dtype=torch.float64)
    slopes = 1 - (normal * math.sqrt(fixed_length(2.5, 0.05))).tanh().square()
    assert chi(2.5, 0.05) == pytest.approx(2.5 * slopes.square().mean().item(), rel=2e-3)


def test_chi_rises_through_one_at_the_edge_of_chaos() -> None:
    assert critical_weight_variance(0.0) == pytest.approx(1)
    for biases in (0.05, 0.5):
        edge = critical_weight_variance(biases)
        assert chi(0.9 * edge, biases) < 1 < chi(1.1 * edge, biases)


def test_the_edge_of_chaos_without_bound_is_refused() -> None:
    with pytest.raises(ValueError, match=r"bias_variance must be between 0 and 1, got 2: choose"):
        critical_weight_variance(2)


def test_a_bound_is_kept_from_below_and_a_value_from_both_sides() -> None:
    bound = Prediction(key="a/b", value=0.5, tolerance=0, source=Source("A 2000"), is_bound=True)
    value = Prediction(key="a/c", value=1, tolerance=0.01, source=Source("A 2000"))
    assert bound.agrees_with(0.25)
    assert not bound.agrees_with(0.505)
    assert not bound.agrees_with(0.0)
    assert not bound.agrees_with(math.nan)
    assert value.agrees_with(0.995)
    assert not value.agrees_with(0.98)
    assert not value.agrees_with(1.02)
    assert not value.agrees_with(math.nan)


def test_every_prediction_has_a_key_and_a_source_of_its_own() -> None:
    assert len({row.key for row in PREDICTIONS}) == len(PREDICTIONS)
    assert all(row.key.count("/") == 1 and row.group for row in PREDICTIONS)
    assert all(row.source.paper or row.source.derived for row in PREDICTIONS)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match=r"init must be .*, got 'zeros': choose from default"):
        weight_variance("zeros", inputs=64)
    with pytest.raises(
        ValueError, match=r"activation must be .*, got 'selu': choose from identity"
    ):
        mean_squared_slope("selu")
    with pytest.raises(ValueError, match=r"activation must be .*, got 'mish': choose from sigmoid"):
        slope_extremes("mish")
