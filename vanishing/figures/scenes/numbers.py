"""Products of numbers: along a chain, on two kinds of axis, within a format's range."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import power_of_ten
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.scenes.scene import BLUE, GREEN, INK, ORANGE, SMALL, Scene
from vanishing.localisation import _, format_number
from vanishing.phrases import listed, paragraph

WIDTH = 440.0
FACTORS = bounds.several(arguments.finite, "[0.2, 0.5]", most=6)
POWERS = bounds.several(arguments.positive, "[0.25, 0.0625]", most=12)


@bounds.checked(factors=FACTORS)
@drawn
def draw_chain(factors: Sequence[float]) -> Picture:
    """Draw units in a row: each multiplies the derivative that comes back to it.

    factors: what the units multiply by, from the first to the last.
    Raises ``ValueError`` for none or more than six, and ``TypeError`` for a wrong type.
    """
    scene = Scene(WIDTH, flows=True)
    room = (WIDTH - 66) / len(factors)
    products = [math.prod(factors[at:]) for at in range(len(factors))]
    scene.words(WIDTH / 2, 0, _("each unit multiplies by its own factor"), width=WIDTH)
    for at, factor in enumerate(factors):
        middle = room * (at + 0.5)
        scene.box(middle, 30, f"× {format_number(factor)}", width=room - 16, height=36, colour=BLUE)
        scene.line([(middle + room / 2 - 8, 48), (middle + room / 2 + 8, 48)], arrow=True)
        scene.centred(room * at + room / 2, 116, format_number(products[at]), width=room - 4)
        scene.line([(room * (at + 1) + 6, 92), (room * at + 10, 92)], colour=ORANGE, arrow=True)
    scene.box(WIDTH - 28, 30, _("loss"), width=56, height=36, colour=ORANGE)
    scene.centred(WIDTH - 28, 92, "1", width=50)
    scene.words(WIDTH / 2, 134, _("the derivative on its way back"), width=WIDTH)
    numbers = listed(map(format_number, reversed(products)))
    return scene.picture(
        _(
            "Diagram of {count} units in a row, then the loss. The derivative begins as 1 at the "
            "loss and is multiplied by each unit's factor: {numbers}.",
            count=len(factors),
            numbers=numbers,
        ),
        from_end=True,
    )


HEIGHT, LEFT = 150.0, 52.0


@bounds.checked(values=POWERS)
@drawn
def draw_two_axes(values: Sequence[float]) -> Picture:
    """Draw the same falling numbers as bars on a linear and on a logarithmic axis.

    values: above 0 and at most 1.
    Raises ``ValueError`` for none, more than twelve or one out of bounds, and ``TypeError`` for a
    wrong type.
    """
    if max(values) > 1:
        raise ValueError(
            f"values must be at most 1, got {max(values):g}: divide them by the largest"
        )
    scene = Scene(WIDTH)
    lowest = min(-1, math.floor(math.log10(min(values))))
    linear = [(tick, format_number(tick)) for tick in (0.0, 0.25, 0.5, 0.75, 1.0)]
    every = math.ceil(-lowest / 4)
    logs = [(1 - n / lowest, power_of_ten(10.0**n)) for n in range(0, lowest - 1, -every)]
    sides = (
        (0.0, _("linear axis"), list(values), linear),
        (WIDTH / 2 + 6, _("logarithmic axis"), [1 - math.log10(v) / lowest for v in values], logs),
    )
    for left, title, shares, ticks in sides:
        _bars(scene, left, title, shares, ticks)
    return scene.picture(
        _(
            "Two bar charts of the same {count} numbers, from {first} to {last}. On a linear axis, "
            "only the first ones can be seen. On a logarithmic axis, where each step is a factor, "
            "all can be read.",
            count=len(values),
            first=format_number(values[0]),
            last=format_number(values[-1]),
        )
    )


def _bars(
    scene: Scene,
    left: float,
    title: str,
    shares: Sequence[float],
    ticks: Sequence[tuple[float, str]],
) -> None:
    width = WIDTH / 2 - 6
    top = scene.words(left + width / 2, 0, title, width=width) + 12
    for share, text in ticks:
        y = top + HEIGHT * (1 - share)
        scene.line([(left + LEFT, y), (left + width, y)], width=0.8, opacity=0.2)
        scene.centred(left + LEFT - 6, y, text, width=LEFT - 6, size=SMALL, align="right")
    room = (width - LEFT - 6) / len(shares)
    for number, share in enumerate(shares):
        x, y = left + LEFT + 4 + room * number, top + HEIGHT * (1 - share)
        box = [(x, y), (x + 0.7 * room, y), (x + 0.7 * room, top + HEIGHT), (x, top + HEIGHT)]
        scene.area(box, colour=BLUE, opacity=0.8)
    scene.words(
        left + LEFT + (width - LEFT) / 2,
        top + HEIGHT + 4,
        _("number of factors"),
        width=width - LEFT,
        size=SMALL,
    )


DECADES = (-50, 40)
RANGE = arguments.by_name(arguments.log_limits, "format", "{name: (1e-7, 65504)}")


@bounds.checked(ranges=RANGE)
@drawn
def draw_ranges(ranges: Mapping[str, tuple[float, float]]) -> Picture:
    """Draw from which to which size each number format reaches, on one logarithmic ruler.

    ranges: name of a format -> its smallest and its largest positive number.
    Raises ``ValueError`` for no format or a range that does not rise, ``TypeError`` for a wrong
    type.
    """
    scene = Scene(WIDTH)
    low, high = DECADES

    def place(value: float) -> float:
        share = (math.log10(value) - low) / (high - low)
        return 22 + (WIDTH - 44) * min(1.0, max(0.0, share))

    y = 0.0
    for (name, ends), colour in zip(ranges.items(), (BLUE, ORANGE, GREEN) * 10, strict=False):
        first, last = map(place, ends)
        scene.words(first, y, name, width=WIDTH, align="left")
        box = [(first, y + 22), (last, y + 22), (last, y + 40), (first, y + 40)]
        scene.area(box, colour=colour, opacity=0.6)
        y += 54
    scene.line([(22, y), (WIDTH - 22, y)], colour=INK)
    for exponent in range(low, high + 1, 10):
        x = place(10.0**exponent)
        scene.line([(x, y), (x, y + 6)])
        scene.words(x, y + 6, power_of_ten(10.0**exponent), width=44, size=SMALL)
    parts = [
        _(
            "{format}: from {first} to {last}.",
            format=name,
            first=format_number(one),
            last=format_number(other),
        )
        for name, (one, other) in ranges.items()
    ]
    intro = _("Ruler of powers of ten with one bar for the range of each number format.")
    return scene.picture(paragraph(intro, *parts))
