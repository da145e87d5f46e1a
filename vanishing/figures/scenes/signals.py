"""Signals and gradients on their way: ten digits, a pulse, two arrows, a circle, a cliff."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.charts import plain, power_of_ten
from vanishing.figures.drawing import COLOURS, Picture, drawn
from vanishing.figures.labels import worded
from vanishing.figures.products import KINDS
from vanishing.figures.scenes.scene import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    SMALL,
    Point,
    Scene,
)
from vanishing.localisation import N_, _, format_number
from vanishing.phrases import explained, paragraph, sentence

WIDTH = 440.0
SIDE = 8  # pixels of a digit's side
PIXELS = bounds.several(arguments.share, "[0.0, 0.5]", least=SIDE * SIDE, most=SIDE * SIDE)
IMAGES = bounds.several(PIXELS, "digit_images()", most=10)
NORMS = bounds.several(arguments.finite, "[0.1, 0.2]", least=2, most=60)
PLACE = bounds.real(-1.0, 1.0, example=0.5)
PLACES = bounds.several(bounds.several(PLACE, "[0.5]", most=10), "[[0.5]]", least=2)


@bounds.checked(images=IMAGES)
@drawn
def draw_digits(images: Sequence[Sequence[float]]) -> Picture:
    """Draw scanned digits, five in a row, one cell for each pixel.

    images: at most ten, of 64 pixels from 0 to 1, row by row.
    Raises ``ValueError`` for none, too many or another number of pixels, and ``TypeError`` for a
    wrong type.
    """
    scene = Scene(WIDTH)
    room, y = WIDTH / 5, 0.0
    for start in range(0, len(images), 5):
        for place, image in enumerate(images[start : start + 5]):
            _digit(scene, room * place + 8, y, image, room - 16)
        y += room
    return scene.picture(
        _(
            "{count} handwritten digits, each a square of 8 by 8 cells; the darker a cell, the "
            "more ink.",
            count=len(images),
        )
    )


def _digit(scene: Scene, x: float, y: float, image: Sequence[float], side: float) -> None:
    rows = [image[start : start + SIDE] for start in range(0, SIDE * SIDE, SIDE)]
    scene.cells(x, y, rows, width=side / SIDE, height=side / SIDE, colour=INK)


TOP, BUNDLE, BARS, START = 36.0, 210.0, 120.0, 76.0
DIGITS = 58.0  # width that the digits take before them
DARKEST = 16  # decades between full opacity and none


@bounds.checked(images=IMAGES, places=PLACES, spreads=NORMS, gradient_norms=NORMS)
@drawn
def draw_both_ways(
    images: Sequence[Sequence[float]],
    places: Sequence[Sequence[float]],
    spreads: Sequence[float],
    gradient_norms: Sequence[float],
) -> Picture:
    """Draw how digits run together on their way forward, above the gradient on its way back.

    images, places: of each digit, its pixels; in each layer, its place from -1 to 1.
    spreads, gradient_norms: of each layer, on a logarithmic scale.
    Raises ``ValueError`` for lists of unequal length, and ``TypeError`` for a wrong type.
    """
    _same_length(places=places, spreads=spreads, gradient_norms=gradient_norms)
    if {len(row) for row in places} != {len(images)}:
        raise ValueError(
            f"places must have one value per digit in every layer, got other numbers than "
            f"{len(images)}: pass lists of equal length"
        )
    scene = Scene(WIDTH)
    room = (WIDTH - START - 8) / len(spreads)
    centres = [START + room * (layer + 0.5) for layer in range(len(spreads))]
    scene.words(START, 0, _("forward: how far ten digits are apart"), width=WIDTH, align="left")
    scene.line([(START, 26), (WIDTH - 8, 26)], colour=BLUE, arrow=True)
    _inputs(scene, images)
    _bundle(scene, places, spreads, centres)
    y = TOP + BUNDLE + 6
    _layer_numbers(scene, centres, y)
    _fading(scene, gradient_norms, centres, room, y + 38)
    end = scene.space(12)
    scene.line([(WIDTH - 8, end), (START, end)], colour=ORANGE, arrow=True)
    scene.words(START, end + 4, _("back: the gradient norm"), width=WIDTH, align="left")
    return scene.picture(_both_ways_said(spreads, gradient_norms))


def _both_ways_said(spreads: Sequence[float], gradient_norms: Sequence[float]) -> str:
    return _(
        "Two drawings above one another, over the layers 1 to {last}. Above, the lines of ten "
        "digits run together: the differences between them fall from {wide} in layer 1 to "
        "{narrow}. Below, bars for the gradient norm fall on the way back, from {large} in the "
        "last layer to {small} in layer 1. Both scales are logarithmic.",
        last=len(spreads),
        wide=format_number(spreads[0]),
        narrow=format_number(spreads[-1]),
        large=format_number(gradient_norms[-1]),
        small=format_number(gradient_norms[0]),
    )


def _same_length(**lists: Sequence[object]) -> None:
    lengths = {name: len(values) for name, values in lists.items()}
    if len(set(lengths.values())) != 1:
        got = ", ".join(map(str, lengths.values()))
        raise ValueError(
            f"{', '.join(lengths)} must have one value per layer, got {got}: pass lists of equal "
            "length"
        )


def _share(value: float, largest: float, decades: float = DARKEST) -> float:
    """Return where a number lies on a scale of decades that ends in `largest`, from 0 to 1."""
    if not value > 0:
        return 0.0
    return min(1.0, max(0.0, 1 + (math.log10(value) - math.log10(largest)) / decades))


def _inputs(scene: Scene, images: Sequence[Sequence[float]]) -> None:
    """Draw the digits in two columns by turns, so that each has room; a line leads out of each."""
    room = BUNDLE / len(images)
    side = min(1.25 * room, DIGITS / 2 - 3)
    for number, image in enumerate(images):
        x, y = (DIGITS / 2 if number % 2 else 1), TOP + room * (number + 0.5)
        _digit(scene, x, y - side / 2, image, side)
        if number % 2 == 0:
            scene.line([(x + side + 1, y), (DIGITS, y)], colour=_colour(number), width=1.6)


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _bundle(
    scene: Scene,
    places: Sequence[Sequence[float]],
    spreads: Sequence[float],
    centres: Sequence[float],
) -> None:
    middle, largest = TOP + BUNDLE / 2, max(spreads) or 1.0
    room = BUNDLE / len(places[0])
    for number in range(len(places[0])):
        points: list[Point] = [(DIGITS, TOP + room * (number + 0.5))]
        for x, row, spread in zip(centres, places, spreads, strict=True):
            points.append((x, middle + row[number] * _share(spread, largest) * BUNDLE / 2))
        scene.line(points, colour=_colour(number), width=1.6)


def _layer_numbers(scene: Scene, centres: Sequence[float], y: float) -> None:
    scene.centred(4, y + 8, _("layer"), width=START - 4, size=SMALL, align="left")
    every = math.ceil(len(centres) / 10)
    for number in range(0, len(centres), every):
        scene.centred(centres[number], y + 8, str(number + 1), width=40, size=SMALL)


def _fading(
    scene: Scene, norms: Sequence[float], centres: Sequence[float], room: float, y: float
) -> None:
    largest = max(norms) or 1.0
    for x, norm in zip(centres, norms, strict=True):
        share = _share(norm, largest)
        top = y + BARS * (1 - share) - 2
        box = [(x - 0.4 * room, top), (x + 0.4 * room, top)]
        box += [(x + 0.4 * room, y + BARS), (x - 0.4 * room, y + BARS)]
        scene.area(box, colour=ORANGE, opacity=max(0.15, share))
    for norm, place, align in ((norms[0], 0, "left"), (norms[-1], -1, "right")):
        at = centres[place] + (-0.4 * room if align == "left" else 0.4 * room)
        above = y + BARS * (1 - _share(norm, largest)) - 12
        scene.centred(at, above, format_number(norm), width=80, size=SMALL, align=align)


UNITS, RADIUS = 4, 9.0
PULSE = 358.0  # a phone shows all of it, and its small letters can be read


@bounds.checked(
    norms=bounds.several(arguments.finite, "[0.1, 0.2]", least=2, most=14),
    layer=bounds.whole(1, 14),
)
@drawn
def draw_pulse(norms: Sequence[float], layer: int = 1) -> Picture:
    """Draw a network whose layers light up as the gradient comes back to them.

    norms: the gradient norm of each layer, from the input on. layer: how far it has come back; the
    brightness of a layer is its norm, on a logarithmic scale.
    Raises ``ValueError`` for fewer than 2 or more than 14 layers or a layer beyond them, and
    ``TypeError`` for a wrong type.
    """
    if layer > len(norms):
        raise ValueError(f"layer must be at most {len(norms)}, got {layer}: pass more norms")
    scene = Scene(PULSE, flows=True)
    room = PULSE / len(norms)
    centres = [room * (number + 0.5) for number in range(len(norms))]
    rows = [50.0 + 30 * unit for unit in range(UNITS)]
    pairs = itertools.pairwise(centres)
    between = [((x, here), (after, there)) for x, after in pairs for here in rows for there in rows]
    scene.strokes(between, width=0.6, opacity=0.18)
    for number, x in enumerate(centres, start=1):
        share = _share(norms[number - 1], max(norms)) if number >= layer else 0.0
        scene.dots([(x, y) for y in rows], RADIUS, opacity=0.25)
        scene.dots([(x, y) for y in rows], RADIUS, colour=ORANGE, opacity=share)
        scene.centred(x, rows[-1] + 26, str(number), width=room, size=SMALL)
    _pulse_words(scene, centres[layer - 1], rows)
    value = format_number(norms[layer - 1])
    said = _("The gradient has come back to layer {layer}: norm {value}.", layer=layer, value=value)
    scene.words(PULSE / 2, rows[-1] + 40, said, width=PULSE)
    intro = _(
        "Diagram of a network with {count} layers of units, the input on one side and the loss on "
        "the other. The brighter a layer, the larger its gradient norm, on a logarithmic scale.",
        count=len(norms),
    )
    return scene.picture(f"{intro} {said}", from_end=True)


def _pulse_words(scene: Scene, x: float, rows: Sequence[float]) -> None:
    scene.words(0, 0, _("input"), width=100, align="left")
    scene.words(PULSE, 0, _("loss"), width=100, align="right")
    scene.line([(PULSE - 60, 10), (70, 10)], colour=ORANGE, arrow=True, opacity=0.5)
    half = RADIUS + 5
    corners = [(x - half, rows[0] - half), (x + half, rows[0] - half)]
    corners += [(x + half, rows[-1] + half), (x - half, rows[-1] + half), corners[0]]
    scene.line(corners, colour=ORANGE, width=2)


DIAL = 52.0
ANGLES = bounds.several(bounds.real(0, 180, example=30.0), "[30.0, 20.0]", least=2, most=201)


@bounds.checked(degrees=ANGLES)
@drawn
def draw_two_inputs(degrees: Sequence[float]) -> Picture:
    """Draw two signals as arrows with the angle between them, behind nine layers.

    degrees: the angle at the input and behind each layer.
    Raises ``ValueError`` for fewer than two or an angle out of bounds, and ``TypeError`` for a
    wrong type.
    """
    scene = Scene(3 * (2 * DIAL + 16))
    last = len(degrees) - 1
    layers = sorted({round(last * part / 8) for part in range(9)})
    for place, layer in enumerate(layers):
        x = (place % 3 + 0.5) * (2 * DIAL + 16)
        top = (place // 3) * (DIAL + 58)
        # Translators: below a small drawing: what is there behind layer {layer}; layer 0: the input
        name = _("layer {layer}: {angle}°", layer=layer, angle=_rounded(degrees[layer]))
        _dial(scene, x, top + DIAL + 8, degrees[layer])
        scene.words(x, top + DIAL + 14, name, width=2 * DIAL + 12, size=SMALL)
    return scene.picture(
        _(
            "Nine small drawings of two arrows from one point, behind layers from 0 to {last}. The "
            "angle between them is {first} degrees at first and {final} degrees at the end.",
            last=last,
            first=_rounded(degrees[0]),
            final=_rounded(degrees[-1]),
        )
    )


def _rounded(angle: float) -> str:
    return f"{angle:.1f}" if angle < 10 else f"{angle:.0f}"


def _dial(scene: Scene, x: float, y: float, degrees: float) -> None:
    """Draw two arrows, as far from the vertical as from each other's mirror."""
    arc = [math.radians(90 + 90 * turn / 20) for turn in range(-20, 21)]
    scene.line(
        [(x + DIAL * math.cos(a), y - DIAL * math.sin(a)) for a in arc], width=0.8, opacity=0.3
    )
    for side, colour in ((-1, BLUE), (1, ORANGE)):
        angle = math.radians(90 - side * degrees / 2)
        tip = (x + DIAL * math.cos(angle), y - DIAL * math.sin(angle))
        scene.line([(x, y), tip], colour=colour, width=2.5, arrow=True)


ELLIPSE = 84.0
ROW = bounds.several(arguments.finite, "(1.0, 0.0)", least=2, most=2)
MATRIX = bounds.several(ROW, "((1.0, 0.0), (0.0, 1.0))", least=2, most=2)


@bounds.checked(products=arguments.by_name(MATRIX, "product", "{name: ((1.0, 0.0), (0.0, 1.0))}"))
@drawn
def draw_ellipses(products: dict[str, Sequence[Sequence[float]]]) -> Picture:
    """Draw what products of matrices make of the unit circle, as large as there is room.

    products: "gaussian", "orthogonal" or another name, at most two -> the two rows of a matrix.
    Raises ``ValueError`` for none, too many, or a matrix that is not 2 × 2, and ``TypeError`` for a
    wrong type.
    """
    if len(products) > 2:
        raise ValueError(f"products must be at most 2, got {len(products)}: draw the others apart")
    scene = Scene(len(products) * (2 * ELLIPSE + 36))
    parts = []
    for place, (name, matrix) in enumerate(products.items()):
        x = (place + 0.5) * (2 * ELLIPSE + 36)
        longest, shortest = _axes(matrix)
        lengths = _(
            "longest radius {longest}, shortest {shortest}",
            longest=format_number(longest),
            shortest=format_number(shortest),
        )
        name = _(KINDS[name]) if name in KINDS else worded(name)
        top = scene.words(x, 0, name, width=2 * ELLIPSE) + 8
        _ellipse(scene, x, top + ELLIPSE, matrix, ELLIPSE / (longest or 1.0))
        scene.words(x, top + 2 * ELLIPSE + 6, lengths, width=2 * ELLIPSE, size=SMALL)
        parts.append(sentence(explained(name, lengths)))
    intro = _("What a product of matrices makes of a circle of radius 1, drawn as large as fits.")
    return scene.picture(paragraph(intro, *parts))


def _axes(matrix: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the two singular values, the larger one first."""
    (a, b), (c, d) = matrix
    total, difference = math.hypot(a + d, b - c), math.hypot(a - d, b + c)
    return (total + difference) / 2, abs(total - difference) / 2


def _ellipse(
    scene: Scene, x: float, y: float, matrix: Sequence[Sequence[float]], scale: float
) -> None:
    (a, b), (c, d) = matrix
    turns = [2 * math.pi * turn / 48 for turn in range(49)]
    circle = [(math.cos(turn), math.sin(turn)) for turn in turns]
    scene.line([(x + ELLIPSE * p, y - ELLIPSE * q) for p, q in circle], dashed=True, opacity=0.4)
    image = [(x + scale * (a * p + b * q), y - scale * (c * p + d * q)) for p, q in circle]
    scene.area(image, colour=BLUE, opacity=0.25)
    scene.line(image, colour=BLUE, width=2)
    scene.line([(x, y), image[0]], colour=ORANGE, width=2, arrow=True)


PLOT = 190.0
PATHS = {"clipped": N_("clipped"), "not clipped": N_("not clipped")}
LOSSES = bounds.several(arguments.finite, "[0.3, 0.1]", least=2, most=2000)
PATH = bounds.several(arguments.finite, "[4.6, 4.7]", most=100)


@bounds.checked(
    weights=LOSSES, losses=LOSSES, paths=arguments.by_name(PATH, "path", "{name: [4.6, 4.7]}")
)
@drawn
def draw_cliff(
    weights: Sequence[float], losses: Sequence[float], paths: dict[str, Sequence[float]]
) -> Picture:
    """Draw a loss along one weight, and the weights at which descents have been.

    weights, losses: the curve, from left to right.
    paths: "clipped", "not clipped" or another name, at most three -> the weights before and after
    every step; what lies beyond the curve stands at its edge.
    Raises ``ValueError`` for lists of unequal length or weights that do not rise, and
    ``TypeError`` for a wrong type.
    """
    _check_curve(weights, losses)
    scene = Scene(WIDTH)
    left, right, top = 48.0, WIDTH - 12.0, 26.0 * len(paths) + 8
    low, high = weights[0], weights[-1]
    most = max(losses) or 1.0

    def place(weight: float) -> Point:
        inside = min(high, max(low, weight))
        loss = _between(inside, weights, losses)
        share = (inside - low) / (high - low)
        return left + (right - left) * share, top + PLOT * (1 - loss / most)

    _frame(scene, left, right, top, (low, high), most)
    scene.line([place(weight) for weight in weights], width=2)
    parts = []
    looks = zip((ORANGE, BLUE, GREEN), (6.0, -6.0, 0.0), strict=True)
    for number, ((name, path), (colour, lift)) in enumerate(
        zip(paths.items(), looks, strict=False)
    ):
        points = [(x, y - lift) for x, y in map(place, path)]
        _trace(scene, points, colour)
        name = _(PATHS[name]) if name in PATHS else worded(name)
        said = _("{path}: now at {weight}", path=name, weight=f"{path[-1]:.2f}")
        scene.dots([(left + 6, 12 + 26 * number)], 7.0, colour=colour)
        scene.centred(left + 20, 12 + 26 * number, said, width=WIDTH - left - 20, align="left")
        parts.append(sentence(said))
    intro = _("A loss along one weight, with a cliff: a narrow place where it is very steep.")
    return scene.picture(paragraph(intro, *parts))


def _trace(scene: Scene, points: Sequence[Point], colour: str) -> None:
    if len(points) > 1:
        scene.line(points, colour=colour, width=1.2, opacity=0.6)
    scene.dots(points, 3.0, colour=colour, opacity=0.6)
    scene.dots(points[-1:], 7.0, colour=colour)


def _check_curve(weights: Sequence[float], losses: Sequence[float]) -> None:
    if len(weights) != len(losses):
        raise ValueError(
            f"weights and losses must be as many, got {len(weights)} and {len(losses)}: pass lists "
            "of equal length"
        )
    if any(after <= before for before, after in itertools.pairwise(weights)):
        raise ValueError("weights must rise from left to right, got others: sort them")
    if min(losses) < 0:
        raise ValueError(f"losses must be at least 0, got {min(losses):g}: pass squares")


def _between(at: float, places: Sequence[float], values: Sequence[float]) -> float:
    """Return a curve's value between two of its points."""
    for number in range(1, len(places)):
        if at <= places[number]:
            start, end = places[number - 1], places[number]
            share = (at - start) / (end - start)
            return values[number - 1] + share * (values[number] - values[number - 1])
    return values[-1]


def _frame(
    scene: Scene, left: float, right: float, top: float, ends: tuple[float, float], most: float
) -> None:
    bottom = top + PLOT
    scene.line([(left, top), (left, bottom), (right, bottom)], width=1, opacity=0.6)
    for loss in (0.0, most):
        y = bottom - PLOT * loss / most
        scene.centred(left - 6, y, plain(round(loss, 2)), width=40, size=SMALL, align="right")
    for share in (0.0, 0.5, 1.0):
        weight = ends[0] + share * (ends[1] - ends[0])
        x = left + share * (right - left)
        scene.words(x, bottom + 2, plain(round(weight, 2)), width=60, size=SMALL)
    scene.words((left + right) / 2, bottom + 20, _("weight"), width=right - left)
    scene.centred(left - 8, top + PLOT / 2, _("loss"), width=40, size=SMALL, align="right")


@bounds.checked(
    steps=bounds.several(bounds.whole(0, 10**9), "(0, 10)", least=2, most=30),
    norms=bounds.several(NORMS, "[[0.1, 0.2]]", least=2, most=30),
)
@drawn
def draw_heat_map(steps: Sequence[int], norms: Sequence[Sequence[float]]) -> Picture:
    """Draw the gradient norms of a run as a table of cells: a row per layer, a column per step.

    norms: at each step, one for each layer, from the input on.
    Raises ``ValueError`` for lists of unequal length, and ``TypeError`` for a wrong type.
    """
    layers = len(norms[0])
    _check_rows(steps, norms)
    positive = [norm for row in norms for norm in row if norm > 0 and math.isfinite(norm)]
    largest, smallest = max(positive, default=1.0), min(positive, default=0.1)
    decades = max(1.0, math.ceil(math.log10(largest) - math.log10(smallest)) + 1.0)
    scene = Scene(WIDTH)
    left, top = 40.0, 24.0
    width, height = (WIDTH - left - 8) / len(steps), min(24.0, 300 / layers)
    rows = [
        [_share(at[layer], largest, decades) for at in norms] for layer in reversed(range(layers))
    ]
    scene.words(0, 0, _("layer"), width=200, align="left")
    end = scene.cells(left, top, rows, width=width, height=height, colour=ORANGE)
    every = math.ceil(layers / 10)
    for layer in range(0, layers, every):
        y = top + height * (layers - layer - 0.5)
        scene.centred(left - 8, y, str(layer + 1), width=30, size=SMALL, align="right")
    for number, step in enumerate(steps):
        scene.words(left + width * (number + 0.5), end + 2, str(step), width=width, size=SMALL)
    end = scene.words(left + (WIDTH - left) / 2, end + 20, _("training step"), width=WIDTH - left)
    _scale(scene, left, end + 6, WIDTH - left - 8, largest, decades)
    return scene.picture(
        _(
            "Table of cells with a column for each of {steps} training steps and a row for each of "
            "{layers} layers, layer 1 below. The darker a cell, the larger the gradient norm. In "
            "layer 1 it is {first} at the first step and {last} at the last.",
            steps=len(steps),
            layers=layers,
            first=format_number(norms[0][0]),
            last=format_number(norms[-1][0]),
        )
    )


def _check_rows(steps: Sequence[int], norms: Sequence[Sequence[float]]) -> None:
    if len(norms) != len(steps) or {len(row) for row in norms} != {len(norms[0])}:
        raise ValueError(
            f"norms must have one row per step and one value per layer, got {len(norms)} rows for "
            f"{len(steps)} steps: pass lists of equal length"
        )


def _scale(
    scene: Scene, left: float, y: float, width: float, largest: float, decades: float
) -> None:
    """Explain the opacity of cells: from the smallest that is seen to the largest."""
    shades = [[share / 24 for share in range(1, 25)]]
    end = scene.cells(left, y, shades, width=width / 24, height=12, colour=ORANGE)
    top = round(math.log10(largest))
    for share, align in ((0.0, "left"), (0.5, ""), (1.0, "right")):
        power = power_of_ten(10.0 ** (top - decades * (1 - share)))
        scene.words(left + share * width, end, power, width=60, size=SMALL, align=align)
