"""Two numbers as a plane: a clipped gradient, a unit that is dead."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.scenes.scene import BLUE, GREEN, INK, ORANGE, Point, Scene
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph, sentence

WIDTH = 400.0
PAIR = bounds.several(arguments.finite, "(3.0, 0.4)", least=2, most=2)


@bounds.checked(gradient=PAIR, threshold=arguments.positive, largest=arguments.positive)
@drawn
def draw_clipping(gradient: Sequence[float], threshold: float, largest: float) -> Picture:
    """Draw a gradient of two numbers, and what clipping by norm and by value make of it.

    threshold: the longest norm. largest: the largest size of a component.
    Raises ``ValueError`` for a gradient of 0 or a bound that is not positive, and ``TypeError`` for
    a wrong type.
    """
    norm = math.hypot(*gradient)
    if not norm:
        raise ValueError("gradient must be longer than 0, got (0, 0): pass (3.0, 0.4)")
    by_norm = [part * min(1.0, threshold / norm) for part in gradient]
    by_value = [max(-largest, min(largest, part)) for part in gradient]
    names = (_("gradient"), _("clipped by norm"), _("clipped by value"))
    arrows = list(zip(names, (gradient, by_norm, by_value), (INK, BLUE, ORANGE), strict=True))
    scene = Scene(WIDTH)
    y, parts = 0.0, []
    for name, vector, colour in arrows:
        degrees = math.degrees(_angle(gradient, vector))
        said = _(
            "{name}: length {length}, turned by {angle}°",
            name=name,
            length=format_number(math.hypot(*vector)),
            angle=f"{degrees:.0f}",
        )
        scene.line([(4, y + 10), (34, y + 10)], colour=colour, width=3, arrow=True)
        y = scene.words(42, y, said, width=WIDTH - 42, align="left") + 4
        parts.append(sentence(said))
    _arrows(scene, y + 8, [(vector, colour) for _name, vector, colour in arrows], threshold)
    intro = _("Three arrows from one point: a gradient of two numbers, and the same clipped.")
    return scene.picture(paragraph(intro, *parts))


def _angle(one: Sequence[float], other: Sequence[float]) -> float:
    """Return by how much one arrow is turned against another, from 0 to π."""
    turned = abs(math.atan2(one[1], one[0]) - math.atan2(other[1], other[0]))
    return min(turned, 2 * math.pi - turned)


def _arrows(
    scene: Scene, top: float, arrows: Sequence[tuple[Sequence[float], str]], threshold: float
) -> None:
    """Draw arrows as large as there is room, in the circle of the threshold."""
    reach = max(threshold, *(abs(part) for vector, _colour in arrows for part in vector))
    highest = max(threshold, *(abs(vector[1]) for vector, _colour in arrows))
    scale = min((WIDTH / 2 - 20) / reach, 120 / highest)
    x, y = WIDTH / 2, top + scale * highest
    radius, turns = scale * threshold, [2 * math.pi * turn / 60 for turn in range(61)]
    circle = [(x + radius * math.cos(turn), y - radius * math.sin(turn)) for turn in turns]
    scene.line(circle, dashed=True, opacity=0.5)
    for vector, colour in arrows:
        tip = (x + scale * vector[0], y - scale * vector[1])
        scene.line([(x, y), tip], colour=colour, width=3, arrow=True)
    scene.space(6)


SIDE = 260.0
POINTS = bounds.several(PAIR, "[(0.2, 0.8)]", most=400)


@bounds.checked(
    points=POINTS, weights=PAIR, biases=bounds.several(arguments.finite, "(0.2, -1.0)", most=2)
)
@drawn
def draw_dead_unit(
    points: Sequence[Sequence[float]], weights: Sequence[float], biases: Sequence[float]
) -> Picture:
    """Draw inputs of two numbers, and the line behind which a ReLU unit gives more than 0.

    points: inputs from 0 to 1. weights: of the unit. biases: one, or one before and one after an
    update that killed the unit.
    Raises ``ValueError`` for weights of 0 or too many numbers, and ``TypeError`` for a wrong type.
    """
    if not any(weights):
        raise ValueError("weights must not all be 0, got (0, 0): pass (1.0, 1.0)")
    scene = Scene(len(biases) * (SIDE * 0.75 + 20))
    parts = []
    for place, bias in enumerate(biases):
        left = place * (SIDE * 0.75 + 20) + 4
        active = [point for point in points if _sum(point, weights, bias) > 0]
        said = _(
            "bias {bias}: more than 0 for {count} of {all} inputs",
            bias=format_number(bias),
            count=len(active),
            all=len(points),
        )
        top = scene.words(left + SIDE * 0.375, 0, said, width=SIDE * 0.75) + 8
        _half_plane(scene, left, max(top, 48), points, weights, bias)
        parts.append(sentence(said))
    intro = _("Inputs as points of a plane, and the line at which a ReLU unit begins to answer;")
    return scene.picture(paragraph(intro, *parts))


def _sum(point: Sequence[float], weights: Sequence[float], bias: float) -> float:
    return weights[0] * point[0] + weights[1] * point[1] + bias


def _half_plane(
    scene: Scene,
    left: float,
    top: float,
    points: Sequence[Sequence[float]],
    weights: Sequence[float],
    bias: float,
) -> None:
    side = SIDE * 0.75

    def at(point: Sequence[float]) -> Point:
        return left + side * min(1.0, max(0.0, point[0])), top + side * (
            1 - min(1.0, max(0.0, point[1]))
        )

    square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    answers = _cut(square, weights, bias)
    if len(answers) > 2:
        scene.area([at(point) for point in answers], colour=GREEN, opacity=0.3)
    outline = [at(point) for point in square]
    scene.line([*outline, outline[0]], width=1, opacity=0.5)
    for is_active, colour in ((True, GREEN), (False, ORANGE)):
        chosen = [at(p) for p in points if (_sum(p, weights, bias) > 0) is is_active]
        scene.dots(chosen, 3.0, colour=colour)
    scene.space(4)


def _cut(square: Sequence[Point], weights: Sequence[float], bias: float) -> list[Point]:
    """Return the part of a polygon in which the unit answers."""
    kept: list[Point] = []
    for start, end in zip(square, [*square[1:], square[0]], strict=True):
        here, there = _sum(start, weights, bias), _sum(end, weights, bias)
        if here > 0:
            kept.append(start)
        if (here > 0) is not (there > 0):
            share = here / (here - there)
            kept.append(
                (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
            )
    return kept
