"""A drawing's lines are written as steps, and lead to the same points."""

from __future__ import annotations

import random
import re

import pytest

from vanishing.figures.svg import compact

COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
NUMBER = re.compile(r"-?\d*\.?\d+")


def followed(data: str) -> list[tuple[float, float]]:
    """Follow a path as SVG says; return each point at which it arrives."""
    here = start = (0.0, 0.0)
    found = []
    for letter, written in COMMAND.findall(data):
        numbers = [float(number) for number in NUMBER.findall(written)]
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            here = (here[0] + x, here[1] + y) if letter == "l" else (x, y)
            found.append((round(here[0], 6), round(here[1], 6)))
        if letter == "M":
            start = here
        here = start if letter in "zZ" else here
    return found


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("M 10.04 20 \nL 10.26 20.5 L 9 21 z", "M10 20l.3 .5-1.3 .5z"),
        ("M 0 0 L 1 1 M 5 5 L 6 7 Z L 8 8", "M0 0l1 1M5 5l1 2zl3 3"),
        ("M 1 1 C 2 2 3 3 4 4 L 5 5 Q 1 2 3 4 L 3 4", "M1 1C2 2 3 3 4 4l1 1Q1 2 3 4l0 0"),
        ("M -0.5 10.5 L -10.5 0.5", "M-.5 10.5l-10-10"),
    ],
)
def test_a_line_is_a_step(path: str, written: str) -> None:
    assert compact(path) == written


def test_many_steps_lose_no_tenth_of_a_pixel() -> None:
    chance = random.Random(0)
    points = [(chance.uniform(-500, 500), chance.uniform(-500, 500)) for _ in range(2000)]
    path = "M " + " L ".join(f"{x:.6f} {y:.6f}" for x, y in points)
    rounded = [(round(x, 1), round(y, 1)) for x, y in points]
    assert followed(compact(path)) == rounded
