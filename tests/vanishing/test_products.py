"""Products are measured to the last bit, and to the smallest singular value."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath  # type: ignore[import-untyped]
import numpy
import pytest
import torch

from vanishing.products import FORMATS, KINDS, MatrixProduct, powers, singular_values
from vanishing.theory import gaussian_lyapunov_exponents

# exponent of the smallest subnormal number, digits after the first (IEEE 754; bfloat16 likewise)
SMALLEST = {"float32": -149, "float16": -24, "bfloat16": -133}
DIGITS = {"float32": 23, "float16": 10, "bfloat16": 7}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path))


def rounded(value: Fraction, name: str) -> Fraction:
    """Round an exact number to a format by IEEE 754: to nearest, ties to even."""
    if not value:
        return value
    exponent = math.floor(math.log2(value.numerator) - math.log2(value.denominator))
    unit = Fraction(2) ** max(exponent - DIGITS[name], SMALLEST[name])
    return round(value / unit) * unit  # Python rounds ties of fractions to even, too


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("factor", [0.1, 0.25, 0.3, 0.5, 0.9])
def test_every_power_is_the_exact_product_rounded_once_per_factor(name: str, factor: float) -> None:
    exact, number = Fraction(1), rounded(Fraction(factor), name)
    expected = [float(exact := rounded(exact * number, name)) for _ in range(300)]
    assert powers(factor, 300, name) == tuple(expected)


@pytest.mark.parametrize(("name", "count"), [("float32", 75), ("float16", 13), ("bfloat16", 67)])
def test_a_quarter_to_the_n_first_becomes_exactly_zero_at(name: str, count: int) -> None:
    products = powers(0.25, 100, name)
    assert products.index(0.0) + 1 == count
    # the exact power is at most half of the smallest number of the format, and not before
    half = Fraction(2) ** (SMALLEST[name] - 1)
    assert Fraction(1, 4) ** count <= half < Fraction(1, 4) ** (count - 1)


@pytest.mark.parametrize("name", FORMATS)
def test_a_factor_of_nine_tenths_gets_stuck_at_four_times_the_smallest_number(name: str) -> None:
    assert powers(0.9, 1000, name)[-1] == 4 * 2.0 ** SMALLEST[name]


def test_powers_overflow_to_infinity() -> None:
    assert powers(4.0, 8, "float16")[-1] == math.inf
    assert powers(4.0, 7, "float16")[-1] == 4.0**7


def test_powers_keep_subnormal_numbers_and_leave_the_setting_as_it_was() -> None:
    supported = torch.set_flush_denormal(True)
    try:
        products = powers(0.25, 100, "float32")
        flushed = torch.tensor(1e-40).mul(1.0).item() == 0.0
    finally:
        torch.set_flush_denormal(False)
    assert products[73] == 2.0**-148
    assert flushed == supported


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.25, 10, "float8"), "number_format must be a known name, got .* float32, float16"),
        ((-1.0, 10, "float32"), "factor must be between 0 and 1e.300, got -1.0"),
        ((math.nan, 10, "float32"), "factor must be between 0 and 1e.300, got nan"),
        ((0.25, 0, "float32"), "count must be between 1 and 1000, got 0"),
        ((0.25, 1001, "float32"), "count must be between 1 and 1000, got 1001"),
    ],
)
def test_powers_refuse(arguments: tuple[float, int, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        powers(*arguments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "uniform"}, "kind must be a known name, got 'uniform': choose from gaussian"),
        ({"factors": 0}, "factors must be between 1 and 100, got 0: choose 1"),
        ({"factors": 101}, "factors must be between 1 and 100, got 101: choose 100"),
        ({"width": 0}, "width must be between 1 and 256, got 0: choose 1"),
        ({"width": 257}, "width must be between 1 and 256, got 257: choose 256"),
        ({"seed": -1}, "seed must be between 0 and 4294967295, got -1: choose a seed from 0"),
        ({"weight_scale": 0.0}, "weight_scale must be between 0.1 and 10, got 0.0: choose 1.0"),
        ({"weight_scale": 11}, "weight_scale must be between 0.1 and 10, got 11: choose 1.0"),
        ({"weight_scale": math.nan}, "weight_scale must be between 0.1 and 10, got nan"),
    ],
)
def test_a_product_refuses_a_value_out_of_bounds(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MatrixProduct(**{"kind": "gaussian", "factors": 2, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factors": 2.0}, "factors must be a whole number between 1 and 100, got 2.0: write 1"),
        ({"width": True}, "width must be a whole number between 1 and 256, got True: write 1"),
        ({"seed": "0"}, "seed must be a whole number between 0 and 4294967295, got '0': write 0"),
        (
            {"weight_scale": "1"},
            "weight_scale must be a number between 0.1 and 10, got '1': write 1.0",
        ),
        (
            {"weight_scale": True},
            "weight_scale must be a number between 0.1 and 10, got True: write 1.0",
        ),
    ],
)
def test_a_product_refuses_a_wrong_type(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        MatrixProduct(**{"kind": "gaussian", "factors": 2, **changes})


def test_a_product_takes_numbers_of_numpy() -> None:
    numbers: dict[str, Any] = {"factors": numpy.int64(3), "weight_scale": numpy.float64(2)}
    product = MatrixProduct(kind="gaussian", **numbers)
    assert product == MatrixProduct(kind="gaussian", factors=3, weight_scale=2.0)
    assert type(product.factors) is int
    assert type(product.weight_scale) is float


def drawn(product: MatrixProduct) -> list[torch.Tensor]:
    """Draw the factors again, in the order in which they act."""
    generator = torch.Generator().manual_seed(product.seed)
    draw = KINDS[product.kind]
    return [product.weight_scale * draw(product.width, generator) for _ in range(product.factors)]


def exact_singular_values(product: MatrixProduct) -> list[float]:
    """Multiply the factors with 400 digits and take the roots of the eigenvalues of PᵀP."""
    with mpmath.workdps(400):
        whole = mpmath.eye(product.width)
        for factor in drawn(product):
            whole = mpmath.matrix(factor.tolist()) * whole
        eigenvalues = mpmath.eigsy(whole.T * whole, eigvals_only=True)
        return sorted((float(mpmath.sqrt(value)) for value in eigenvalues), reverse=True)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("factors", "scale"), [(1, 1.0), (50, 1.0), (50, 0.5), (100, 2.0)])
def test_the_smallest_singular_value_is_as_accurate_as_the_largest(
    seed: int, factors: int, scale: float
) -> None:
    product = MatrixProduct(
        kind="gaussian", factors=factors, width=8, weight_scale=scale, seed=seed
    )
    values = singular_values(product).values
    assert values == pytest.approx(exact_singular_values(product), rel=1e-11)


def test_a_product_of_plain_doubles_would_lose_the_small_singular_values() -> None:
    product = MatrixProduct(kind="gaussian", factors=50)
    whole = torch.linalg.multi_dot(drawn(product)[::-1])
    plain = torch.linalg.svdvals(whole).tolist()
    ours = singular_values(product).values
    assert ours[:20] == pytest.approx(plain[:20], rel=1e-6)
    assert plain[-1] > 1e20 * ours[-1]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_orthogonal_factors_scale_every_direction_alike(seed: int, scale: float) -> None:
    product = MatrixProduct(kind="orthogonal", factors=50, weight_scale=scale, seed=seed)
    values = singular_values(product).values
    assert values == pytest.approx([scale**50] * 64, rel=1e-12)


def test_orthogonal_matrices_are_drawn_uniformly() -> None:
    """The entries of a uniform orthogonal matrix have mean 0 and variance 1/n."""
    generator = torch.Generator().manual_seed(0)
    draws = torch.stack([KINDS["orthogonal"](4, generator) for _ in range(4000)])
    assert draws.mean(dim=0).abs().max() < 0.05
    assert draws.var(dim=0).sub(1 / 4).abs().max() < 0.02


def test_the_largest_product_stays_within_double_precision() -> None:
    low = MatrixProduct(kind="gaussian", factors=100, width=256, weight_scale=0.1)
    high = low.__class__(kind="gaussian", factors=100, width=256, weight_scale=10)
    assert singular_values(low).values[-1] > 1e-300
    assert singular_values(high).values[0] < 1e300


def test_equal_products_give_equal_values_and_another_seed_gives_others() -> None:
    product = MatrixProduct(kind="gaussian", factors=5, width=16)
    other = MatrixProduct(kind="gaussian", factors=5, width=16, seed=1)
    assert singular_values(product) == singular_values(product)
    assert singular_values(product).values != singular_values(other).values
    assert singular_values(product).product == product


@pytest.mark.parametrize("seed", range(5))
def test_the_geometric_mean_per_factor_is_as_predicted(seed: int) -> None:
    values = singular_values(MatrixProduct(kind="gaussian", factors=50, seed=seed)).values
    measured = math.exp(sum(map(math.log, values)) / 64 / 50)
    exponents = gaussian_lyapunov_exponents(64)
    assert measured == pytest.approx(math.exp(sum(exponents) / 64), abs=0.01)


@pytest.mark.parametrize("width", [1, 2, 7, 64])
def test_the_exponents_are_those_of_the_digamma_function(width: int) -> None:
    expected = [
        0.5 * (float(mpmath.digamma(mpmath.mpf(degrees) / 2)) + math.log(2 / width))
        for degrees in range(width, 0, -1)
    ]
    assert gaussian_lyapunov_exponents(width) == pytest.approx(expected, abs=1e-12)


def test_a_long_product_stretches_every_direction_at_its_predicted_rate() -> None:
    """Measure the exponents without singular values: by the diagonals of repeated QR."""
    generator = torch.Generator().manual_seed(0)
    orthogonal, logs = torch.eye(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    for _ in range(20_000):
        orthogonal, r = torch.linalg.qr(KINDS["gaussian"](4, generator) @ orthogonal)
        logs += r.diagonal().abs().log()
    assert (logs / 20_000).tolist() == pytest.approx(gaussian_lyapunov_exponents(4), abs=0.03)


def test_exponents_need_a_width() -> None:
    with pytest.raises(ValueError, match="width must be between 1 and 10000, got 0: choose 64"):
        gaussian_lyapunov_exponents(0)


@pytest.mark.parametrize("seed", range(5))
def test_fifty_gaussian_factors_keep_few_directions(seed: int) -> None:
    values = singular_values(MatrixProduct(kind="gaussian", factors=50, seed=seed)).values
    assert 3 <= sum(value > 0.1 for value in values) <= 14
    assert values[31] < 1e-6
    assert values[63] < 1e-40
