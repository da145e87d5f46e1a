"""The laboratory draws PyTorch's random numbers, bit for bit."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy
import pytest
import torch
from laboratory import Laboratory, numbers

SEEDS = (0, 1, 123456789, 2**31, 2**32 - 1, 2**32 + 5)
ROUNDED_ALIKE = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")
fused = pytest.mark.skipif(
    not ROUNDED_ALIKE, reason="PyTorch's build for other processors rounds differently"
)

Draw = Callable[[torch.Generator], torch.Tensor]


def uniform(size: int, bound: float) -> Draw:
    return lambda random: torch.empty(size).uniform_(-bound, bound, generator=random)


def normal(size: int, deviation: float) -> Draw:
    return lambda random: torch.empty(size).normal_(0, deviation, generator=random)


@fused
@pytest.mark.parametrize("seed", SEEDS)
def test_numbers_drawn_one_list_after_the_other_are_pytorchs_bit_for_bit(
    laboratory: Laboratory, seed: int
) -> None:
    bound, deviation = 1 / math.sqrt(48), math.sqrt(2) / math.sqrt(17)
    draws = [
        (["uniform", 20_000, -0.125, 0.125], uniform(20_000, 0.125)),
        (["normal", 20_000, 1.0], normal(20_000, 1.0)),
        (["normal", 1_003, deviation], normal(1_003, deviation)),
        (["normal", 7, deviation], normal(7, deviation)),
        (["uniform", 17, -bound, bound], uniform(17, bound)),
        (["normal", 16, deviation], normal(16, deviation)),
        (["normal", 1, 2.0], normal(1, 2.0)),
    ]
    answers = laboratory.ask("draws", seed=seed, draws=[asked for asked, _draw in draws])
    random = torch.Generator().manual_seed(seed)
    for answer, (asked, draw) in zip(answers, draws, strict=True):
        there = draw(random).numpy()
        assert numpy.array_equal(numbers(answer, "<u4"), there.view("<u4")), asked


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_is_pytorchs(laboratory: Laboratory, seed: int) -> None:
    sizes = (1, 2, 1500)
    draws = [["permutation", size] for size in sizes]
    random = torch.Generator().manual_seed(seed)
    for answer, size in zip(laboratory.ask("draws", seed=seed, draws=draws), sizes, strict=True):
        assert numbers(answer, "<u4").tolist() == torch.randperm(size, generator=random).tolist()
