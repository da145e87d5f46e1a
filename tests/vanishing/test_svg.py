"""A drawing's lines are written as steps, and lead to the same points."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from vanishing.figures.svg import compact, svg_of

COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
NUMBER = re.compile(r"-?\d*\.?\d+")


def followed(data: str) -> list[complex]:
    """Follow a path as SVG says; return each point at which it arrives."""
    here = start = 0j
    found = []
    for letter, written in COMMAND.findall(data):
        numbers = [float(number) for number in NUMBER.findall(written)]
        origin = here
        for x, y in zip(numbers[::2], numbers[1::2], strict=True):
            here = (here if letter == "l" else origin) + complex(x, y)
            found.append(complex(round(here.real, 6), round(here.imag, 6)))
        if letter == "m":
            start = here
        here = start if letter == "z" else here
    return found


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("M 10.04 20 \nL 10.26 20.5 L 9 21 z", "m10 20l.3 .5-1.3 .5z"),
        ("M 0 0 L 1 1 M 5 5 L 6 7 z L 8 8", "m0 0l1 1m4 4l1 2zl3 3"),
        ("M 1 1 L 5 1 L 5 4 z M 6 1 L 9 1 L 9 4 z", "m1 1l4 0 0 3zm5 0l3 0 0 3z"),
        ("M 1 1 C 2 2 3 3 4 4 L 5 5 Q 1 2 3 4 L 3 4", "m1 1c1 1 2 2 3 3l1 1q-4-3-2-1l0 0"),
        ("M -0.5 10.5 L -10.5 0.5", "m-.5 10.5l-10-10"),
        ("M 0 0 L 10 0.1 L 20 0 L 30 0.3 L 40 0", "m0 0l20 0 10 .3 10-.3"),
        ("M 0 0 L 9 0 L 4 0", "m0 0l9 0-5 0"),
        ("M 1 1 L 3 1 L 3 4 L 1 1", "m1 1l2 0 0 3-2-3"),
    ],
)
def test_a_line_is_a_step(path: str, written: str) -> None:
    assert compact(path) == written


def zigzag(steps: int, height: float) -> list[complex]:
    chance = random.Random(0)
    return [complex(10 * place, chance.uniform(-height, height)) for place in range(steps)]


def along(points: list[complex]) -> str:
    return "M " + " L ".join(f"{point.real:.6f} {point.imag:.6f}" for point in points)


def test_many_steps_lose_no_tenth_of_a_pixel() -> None:
    points = [complex(10 * place, (-1) ** place * (5 + place / 7)) for place in range(2000)]
    rounded = [complex(round(one.real, 1), round(one.imag, 1)) for one in points]
    assert followed(compact(along(points))) == rounded


@pytest.mark.parametrize("height", [0.2, 1, 4])
def test_a_line_with_fewer_points_leaves_none_of_them_far(height: float) -> None:
    points = zigzag(400, height)
    kept = followed(compact(along(points)))
    assert len(kept) < len(points)
    places = [one.real for one in kept]
    heights = np.interp([one.real for one in points], places, [one.imag for one in kept])
    off = np.abs(heights - [one.imag for one in points])
    assert off.max() <= 0.21  # pixels: the tolerance, and what rounding adds


def test_markers_of_one_kind_have_one_shape_wherever_they_stand() -> None:
    places = [(0.013, 1.0), (1.024, 3.3), (2.2, 2.77), (3.0, 0.5)]
    figure = Figure()
    axes = figure.subplots()
    axes.plot(*zip(*places, strict=True), marker="p", color="#0072b2")
    [path] = re.findall(
        r' d="(m[^"]*z)" style="[^"]*fill:#0072b2', svg_of(figure, "", {}, opaque=True)
    )
    first, *others = [shape.partition("l")[2] for shape in path.split("m")[1:]]
    assert others == [first] * 3
