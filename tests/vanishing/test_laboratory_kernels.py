"""The kernels that the laboratory writes as WebAssembly compute what the plain ones do."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Sequence
from typing import Any

import numpy
import pytest
import torch
from laboratory import ROOT, Laboratory, numbers
from numpy.typing import NDArray
from torch.nn import functional

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "selu": functional.selu,
    "gelu": functional.gelu,
    "silu": functional.silu,
}
SIZE = 4096  # numbers in the memory; each operand has a quarter
OUT, A, B, C = (4 * SIZE // 4 * place for place in range(4))
Numbers = NDArray[Any]


def both(
    laboratory: Laboratory, memory: Numbers, path: Sequence[str], *given: float
) -> tuple[Numbers, Numbers, tuple[float, float]]:
    """Return the memory after the emitted and after the plain kernel, and what they return."""
    sent = base64.b64encode(memory.astype("<f4").tobytes()).decode()
    emitted, plain = laboratory.ask("kernel", memory=sent, path=path, given=given)
    return numbers(emitted[0]), numbers(plain[0]), (emitted[1], plain[1])


def drawn(seed: int = 0, spread: float = 1.0) -> Numbers:
    return numpy.random.RandomState(seed).normal(0, spread, SIZE).astype(numpy.float32)


def test_the_emitted_bytes_are_a_small_module(laboratory: Laboratory) -> None:
    module = bytes(laboratory.ask("bytes"))
    assert module.startswith(b"\0asm\1\0\0\0")
    assert len(module) < 10_000


@pytest.mark.parametrize(
    ("rows", "columns", "depth"),
    [
        (1, 1, 1),
        (4, 8, 16),
        (5, 9, 7),
        (13, 31, 2),
        (3, 4, 0),
        (1, 29, 30),
        (16, 10, 32),
        (30, 2, 5),
    ],
)
@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_has_the_same_bits(
    laboratory: Laboratory, rows: int, columns: int, depth: int, transposed: bool
) -> None:
    memory = drawn(rows)
    a_row, a_column = (4, 4 * rows) if transposed else (4 * depth, 4)
    start_row = 4 * columns if transposed else 0
    given = (OUT, A, a_row, a_column, B, 4 * columns, C, start_row, rows, columns, depth)
    emitted, plain, _ = both(laboratory, memory, ["product"], *given)
    assert numpy.array_equal(emitted.view("<u4"), plain.view("<u4"))
    quarter = SIZE // 4
    a = memory[quarter : quarter + rows * depth].astype(float)
    a = a.reshape(depth, rows).T if transposed else a.reshape(rows, depth)
    b = memory[2 * quarter : 2 * quarter + depth * columns].reshape(depth, columns).astype(float)
    start = memory[3 * quarter : 3 * quarter + (rows if transposed else 1) * columns]
    expected = start.reshape(-1, columns) + a @ b
    numpy.testing.assert_allclose(
        emitted[: rows * columns].reshape(rows, columns), expected, rtol=1e-5, atol=1e-5
    )
    assert numpy.array_equal(emitted[rows * columns :], memory[rows * columns :])


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("spread", [1e-4, 1.0, 30.0])
def test_an_activation_and_its_slope_are_pytorchs(
    laboratory: Laboratory, name: str, spread: float
) -> None:
    memory = drawn(1, spread)
    size, quarter = SIZE, SIZE // 4  # bytes, numbers
    x = torch.tensor(memory[quarter : 2 * quarter], dtype=torch.float64, requires_grad=True)
    y = ACTIVATIONS[name](x)
    y.sum().backward()
    for result in both(laboratory, memory, ["activate", name], OUT, A, size)[:2]:
        numpy.testing.assert_allclose(result[:quarter], y.detach(), rtol=1e-6, atol=3e-7 * spread)
    memory[:quarter] = 1.0
    memory[2 * quarter : 3 * quarter] = y.detach()
    for result in both(laboratory, memory, ["slope", name], OUT, A, B, size)[:2]:
        numpy.testing.assert_allclose(result[:quarter], x.grad, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_takes_extremes_as_pytorch_does(laboratory: Laboratory, name: str) -> None:
    extremes = [numpy.nan, numpy.inf, -numpy.inf, 3e38, -3e38, 90.0, -90.0, 0.0]
    if name == "gelu":  # PyTorch's kernel overflows on its way; the function does not
        extremes[1], extremes[3] = 0.0, 80.0
    memory = numpy.zeros(SIZE, numpy.float32)
    memory[SIZE // 4 :][: len(extremes)] = extremes
    expected = ACTIVATIONS[name](torch.tensor(extremes)).numpy()
    for result in both(laboratory, memory, ["activate", name], OUT, A, 32)[:2]:
        numpy.testing.assert_allclose(result[:8], expected, rtol=1e-6, atol=1e-30)


def test_a_rectifier_lets_nan_through_and_stops_what_it_stopped(laboratory: Laboratory) -> None:
    memory = numpy.zeros(SIZE, numpy.float32)
    memory[:4] = [1.0, numpy.inf, 1e-39, numpy.nan]
    memory[SIZE // 2 :][:4] = [numpy.nan, 0.0, 5.0, 5.0]
    for result in both(laboratory, memory, ["slope", "relu"], OUT, A, B, 16)[:2]:
        assert result[:3].tolist() == [1.0, 0.0, 0.0]
        assert numpy.isnan(result[3])


@pytest.mark.parametrize("columns", [16, 9])
@pytest.mark.parametrize("kind", ["batch", "layer", "rms"])
def test_a_normalization_and_its_way_back_are_pytorchs(
    laboratory: Laboratory, kind: str, columns: int
) -> None:
    rows, quarter = 7, SIZE // 4
    memory = drawn(2, 3.0) + 2
    x = torch.tensor(memory[quarter : quarter + rows * columns]).reshape(rows, columns)
    x.requires_grad_(True)
    y = {
        "batch": lambda: functional.batch_norm(x, None, None, training=True),
        "layer": lambda: functional.layer_norm(x, (columns,)),
        "rms": lambda: functional.rms_norm(x, (columns,)),
    }[kind]()
    delta = torch.tensor(memory[2 * quarter : 2 * quarter + rows * columns])
    y.backward(delta.reshape(rows, columns))
    given = (OUT, A, C, rows, columns)
    emitted, plain, _ = both(laboratory, memory, ["normalize", kind], *given)
    assert numpy.array_equal(emitted, plain)
    numpy.testing.assert_allclose(
        emitted[: rows * columns], y.detach().ravel(), rtol=1e-5, atol=1e-5
    )
    emitted, plain, _ = both(laboratory, emitted, ["normalizeBack", kind], B, OUT, C, rows, columns)
    assert numpy.array_equal(emitted, plain)
    back = emitted[2 * quarter : 2 * quarter + rows * columns]
    assert x.grad is not None
    numpy.testing.assert_allclose(back, x.grad.ravel(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("path", "given"),
    [
        (["add"], (OUT, A, B, 1600, 0.3)),
        (["scale"], (OUT, 1600, 0.3)),
        (["clamp"], (OUT, 1600, 0.5)),
        (["dot"], (A, B, 1600)),
        (["sgd"], (OUT, A, B, 1600, 0.01, 0.9)),
    ],
)
def test_arithmetic_is_the_same_both_ways(
    laboratory: Laboratory, path: list[str], given: tuple[float, ...]
) -> None:
    emitted, plain, returned = both(laboratory, drawn(3), path, *given)
    assert numpy.array_equal(emitted, plain)
    if path == ["dot"]:
        first, second = (drawn(3)[SIZE // 4 * place :][:400].astype(float) for place in (1, 2))
        assert returned == pytest.approx((first @ second,) * 2, rel=1e-12)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 231])
def test_a_product_of_vectors_takes_no_number_behind_them(
    laboratory: Laboratory, count: int
) -> None:
    first, second = (drawn(6)[SIZE // 4 * place :][:count].astype(float) for place in (1, 2))
    _, _, returned = both(laboratory, drawn(6), ["dot"], A, B, 4 * count)
    assert returned == pytest.approx((first @ second,) * 2, rel=1e-12)


def test_adam_differs_by_roundings_only(laboratory: Laboratory) -> None:
    memory = abs(drawn(4))
    emitted, plain, _ = both(laboratory, memory, ["adam"], OUT, A, B, C, 1600, 0.01, 1e-8)
    numpy.testing.assert_allclose(emitted, plain, rtol=1e-6, atol=1e-7)
    assert not numpy.array_equal(emitted, memory)


def test_what_moves_no_weight_is_not_kept_as_a_subnormal_number(laboratory: Laboratory) -> None:
    memory = numpy.full(SIZE, 1e-37, numpy.float32)
    emitted, _, _ = both(laboratory, memory, ["sgd"], OUT, A, B, 16, 0.01, 0.9)
    assert emitted[SIZE // 2 :][:4].tolist() == [0.0] * 4


@pytest.mark.parametrize("name", ["exp", "expm1", "tanh", "log"])
def test_a_function_that_browsers_round_differently_is_computed_alike(
    laboratory: Laboratory, name: str
) -> None:
    values = numpy.random.RandomState(5).normal(0, 40, 200)
    values = numpy.concatenate([values, values / 1e3, [0.0, 700.0, -700.0, 1e-300]])
    values = 1 + abs(values) if name == "log" else values
    ours = laboratory.ask("elementary", name=name, values=values.tolist())
    expected = getattr(numpy, name)(values)
    numpy.testing.assert_allclose(numpy.array(ours, dtype=float), expected, rtol=1e-15, atol=0)


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("exp", ["Infinity", 0, "NaN"]),
        ("expm1", ["Infinity", -1, "NaN"]),
        ("tanh", [1, -1, "NaN"]),
        ("log", ["NaN", "NaN", "NaN"]),
    ],
)
def test_the_ends_of_such_a_function_are_right(
    laboratory: Laboratory, name: str, ends: list[Any]
) -> None:
    assert laboratory.ask("elementary", name=name, values=["Infinity", "-Infinity", "NaN"]) == ends


ENGINE = (
    "allowed",
    "data",
    "elementary",
    "emit",
    "initial",
    "machine",
    "measures",
    "network",
    "plain",
)
ENGINE += ("random", "service", "training", "worker")


def test_the_engine_weighs_less_than_25_kilobytes_and_loads_no_types() -> None:
    sources = [(ROOT / f"vanishing/static/lab/{name}.js").read_text("utf-8") for name in ENGINE]
    assert len(gzip.compress("".join(sources).encode())) < 25_000
    imported = {name for text in sources for name in re.findall(r'from "\./(\w+)\.js"', text)}
    assert imported <= {*ENGINE, "types"}
