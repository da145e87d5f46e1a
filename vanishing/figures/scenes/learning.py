"""What can be seen inside networks while they learn: sums, attention, gates, words, boxes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.figures.scenes.lines import EM, SIZE
from vanishing.figures.scenes.overlaps import BOX, intersection, true_and_predicted, union
from vanishing.figures.scenes.scene import BLUE, GREEN, ORANGE, SMALL, Point, Scene
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph

WIDTH = 440.0
SHARES = bounds.several(arguments.share, "[0.5, 0.5]", least=2, most=200)
CURVE = bounds.several(arguments.finite, "[0.0, 1.0]", least=2, most=1000)
TABLE = bounds.several(
    bounds.several(arguments.finite, "[0.1, 0.2]", most=100), "[[0.1, 0.2]]", most=100
)
PLOT = 150.0


@bounds.checked(shares=SHARES, edge=arguments.positive, curve=CURVE, step=bounds.whole(0, 10**9))
@drawn
def draw_sums(
    shares: Sequence[float], edge: float, curve: Sequence[float], step: int = 0
) -> Picture:
    """Draw how the sums of a layer lie under the curve of its activation.

    shares: of the sums, in bins of equal width from -edge to edge. curve: the activation, at points
    of equal distance over the same range. step: the training step.
    Raises ``ValueError`` for a share that is none, and ``TypeError`` for a wrong type.
    """
    scene = Scene(WIDTH)
    left, right = 12.0, WIDTH - 12.0
    top = scene.words(WIDTH / 2, 0, _("training step {step}", step=step), width=WIDTH) + 8
    low, high = min(curve), max(curve)
    steep = [
        (
            left + (right - left) * n / (len(curve) - 1),
            top + PLOT * (1 - (y - low) / (high - low or 1)),
        )
        for n, y in enumerate(curve)
    ]
    scene.line(steep, colour=BLUE, width=2.5)
    _bars(scene, shares, (left, right), top + PLOT)
    scene.line([(left, top + PLOT), (right, top + PLOT)], width=1)
    for place, align in ((-1.0, "left"), (0.0, ""), (1.0, "right")):
        x = left + (right - left) * (place + 1) / 2
        scene.words(
            x, top + PLOT + 2, format_number(place * edge), width=60, size=SMALL, align=align
        )
    scene.words(WIDTH / 2, top + PLOT + 20, _("weighted sum of a unit"), width=WIDTH)
    flat = zip(shares, _flat(curve, len(shares)), strict=True)
    return scene.picture(
        _(
            "Bars for the sums of all units of a layer, under the curve of the activation, at "
            "training step {step}. The share of the sums that lie where the slope is less than a "
            "tenth of the steepest is {percent}%.",
            step=step,
            percent=round(100 * sum(share for share, is_flat in flat if is_flat)),
        )
    )


def _bars(scene: Scene, shares: Sequence[float], ends: tuple[float, float], bottom: float) -> None:
    room = (ends[1] - ends[0]) / len(shares)
    for number, share in enumerate(shares):
        if share:
            x, top = ends[0] + room * number, bottom - PLOT * math.sqrt(share)
            box = [(x, bottom), (x, top), (x + room - 1, top), (x + room - 1, bottom)]
            scene.area(box, colour=ORANGE, opacity=0.6)


def _flat(curve: Sequence[float], bins: int) -> list[bool]:
    """Say of each bin whether the curve is less than a tenth as steep there as where it is most."""
    slopes = [abs(after - before) for before, after in itertools.pairwise(curve)]
    middles = [slopes[int((number + 0.5) / bins * len(slopes))] for number in range(bins)]
    return [slope < max(slopes) / 10 for slope in middles]


@bounds.checked(weights=TABLE, step=bounds.whole(0, 10**9))
@drawn
def draw_attention(weights: Sequence[Sequence[float]], step: int = 0) -> Picture:
    """Draw how strongly each position looks at each other one.

    weights: a row for each position that asks, from 0 to 1. step: the training step.
    Raises ``ValueError`` for rows of unequal length, and ``TypeError`` for a wrong type.
    """
    _check_rows("weights", weights)
    said = _("training step {step}", step=step)
    scene = Scene(WIDTH)
    left, top = 64.0, 44.0
    side = min(17.0, (WIDTH - left - 40) / len(weights[0]))
    scene.words(WIDTH / 2, 0, said, width=WIDTH)
    scene.words(left, 22, _("the position that is looked at"), width=WIDTH - left, align="left")
    scene.centred(left - 8, top + side / 2, _("first"), width=56, size=SMALL, align="right")
    end = top + side * len(weights)
    scene.centred(left - 8, end - side / 2, _("last"), width=56, size=SMALL, align="right")
    shades = [[math.sqrt(max(0.0, weight)) for weight in row] for row in weights]
    scene.cells(left, top, shades, width=side, height=side, colour=BLUE)
    right = left + side * len(weights[0])
    corners = [(left, top), (right, top), (right, end), (left, end), (left, top)]
    scene.line(corners, width=1, opacity=0.4)
    scene.words(left, end + 4, _("rows: the position that looks"), width=WIDTH - left, align="left")
    return scene.picture(
        _(
            "Square table of {count} by {count} attention weights at training step {step}; the "
            "darker a cell, the larger. The last position gives the first one a weight of "
            "{weight}.",
            count=len(weights),
            step=step,
            weight=f"{weights[-1][0]:.2f}",
        )
    )


def _check_rows(name: str, rows: Sequence[Sequence[float]]) -> None:
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise ValueError(
            f"{name} must have rows of one length, got {sorted(lengths)}: pass a table"
        )


@bounds.checked(
    gates=TABLE,
    marks=bounds.several(bounds.whole(1, 100), "(7, 30)", least=0, most=100),
    step=bounds.whole(0, 10**9),
)
@drawn
def draw_gates(
    gates: Sequence[Sequence[float]], marks: Sequence[int] = (), step: int = 0
) -> Picture:
    """Draw the forget gates of a network while it reads a sequence.

    gates: a row for each unit, from 0 to 1 at each time step. marks: time steps, from 1, that are
    pointed at. step: the training step.
    Raises ``ValueError`` for rows of unequal length or a mark beyond them, and ``TypeError`` for a
    wrong type.
    """
    _check_rows("gates", gates)
    length = len(gates[0])
    if marks and max(marks) > length:
        raise ValueError(f"marks must be at most {length}, got {max(marks)}: leave them out")
    scene = Scene(WIDTH)
    left, top = 76.0, 50.0
    width, height = (WIDTH - left - 8) / length, min(12.0, 280 / len(gates))
    scene.words(WIDTH / 2, 0, _("training step {step}", step=step), width=WIDTH)
    for mark in marks:
        x = left + width * (mark - 0.5)
        scene.line([(x, 26), (x, top - 4)], colour=ORANGE, width=2, arrow=True)
    end = scene.cells(left, top, gates, width=width, height=height, colour=BLUE)
    scene.centred(left - 6, (top + end) / 2, _("units"), width=left - 8, size=SMALL, align="right")
    for number in (1, *range(10, length + 1, 10)):
        scene.words(left + width * (number - 0.5), end + 2, str(number), width=40, size=SMALL)
    scene.words(left + (WIDTH - left) / 2, end + 20, _("time step"), width=WIDTH - left)
    open_ = sum(value > 0.9 for row in gates for value in row) / (len(gates) * length)
    return scene.picture(
        _(
            "Table of forget gates at training step {step}, a row for each of {units} units and a "
            "column for each of {length} time steps; the darker a cell, the more open the gate. "
            "{percent}% are above 0.9.",
            step=step,
            units=len(gates),
            length=length,
            percent=round(100 * open_),
        )
    )


WORDS = bounds.several(arguments.label, '["sixty"]', most=40)
BY_NETWORK = arguments.by_name(
    bounds.several(arguments.finite, "[0.1]", most=40), "network", "{name: [0.1]}"
)


@bounds.checked(words=WORDS, norms=BY_NETWORK, step=bounds.whole(0, 10**9))
@drawn
def draw_words(
    words: Sequence[str], norms: Mapping[str, Sequence[float]], step: int = 0
) -> Picture:
    """Draw a sentence once for each network, each word as dark as its gradient is large.

    norms: name -> one for each word; the largest of a sentence is darkest. step: of the training.
    Raises ``ValueError`` for lists of unequal length, and ``TypeError`` for a wrong type.
    """
    for name, values in norms.items():
        if len(values) != len(words):
            raise ValueError(
                f"norms[{name!r}] must have one value per word, got {len(values)} for "
                f"{len(words)} words: pass lists of equal length"
            )
    scene = Scene(WIDTH)
    y = scene.words(WIDTH / 2, 0, _("training step {step}", step=step), width=WIDTH) + 6
    parts = []
    for name, values in norms.items():
        name = worded(name)
        y = scene.words(0, y, name, width=WIDTH, align="left") + 2
        y = _sentence(scene, y, words, values) + 16
        strongest = words[max(range(len(words)), key=lambda place: values[place])]
        # Translators: {network}: the word of the sentence on which the translation depends most
        parts.append(_("{network}: most of all {word}.", network=name, word=strongest))
    intro = _(
        "A sentence, once for each network, at training step {step}; the darker a word, the more "
        "the first word of the translation depends on it.",
        step=step,
    )
    return scene.picture(paragraph(intro, *parts))


def _sentence(scene: Scene, y: float, words: Sequence[str], values: Sequence[float]) -> float:
    """Set words side by side, in as many rows as they need; return where they end."""
    x, largest = 0.0, max(values) or 1.0
    for word, value in zip(words, values, strict=True):
        width = EM * SIZE * len(word) + 14
        if x + width > WIDTH:
            x, y = 0.0, y + 30
        box = [(x, y), (x + width - 4, y), (x + width - 4, y + 26), (x, y + 26)]
        scene.area(box, colour=ORANGE, opacity=max(0.0, min(1.0, value / largest)) * 0.6 + 0.04)
        scene.centred(x + (width - 4) / 2, y + 13, word, width=width)
        x += width
    return scene.space(y + 26 - scene.height) if scene.height < y + 26 else y + 26


BOXES = bounds.several(
    bounds.several(BOX, "[(1.0, 1.0, 9.0, 9.0)]", least=0, most=20), "[[]]", most=4
)


@bounds.checked(
    true=BOXES, predicted=BOXES, size=bounds.whole(8, 1024), step=bounds.whole(0, 10**9)
)
@drawn
def draw_boxes(
    true: Sequence[Sequence[Sequence[float]]],
    predicted: Sequence[Sequence[Sequence[float]]],
    size: int = 64,
    step: int = 0,
) -> Picture:
    """Draw images with the rectangles in them and the boxes that a detector finds.

    true, predicted: of each of at most four images, boxes as left, top, right, bottom in pixels.
    size: of an image. step: the training step.
    Raises ``ValueError`` for lists of unequal length, and ``TypeError`` for a wrong type.
    """
    if len(true) != len(predicted):
        raise ValueError(
            f"true and predicted must have one list per image, got {len(true)} and "
            f"{len(predicted)}: pass lists of equal length"
        )
    side = 170.0
    scene = Scene(2 * side + 30)
    y = scene.words(scene.width / 2, 0, _("training step {step}", step=step), width=side * 2) + 6
    for number, (boxes, found) in enumerate(zip(true, predicted, strict=True)):
        left, top = (number % 2) * (side + 30), y + (number // 2) * (side + 14)
        _image(scene, (left, top), side, boxes, found, size)
    y += (len(true) + 1) // 2 * (side + 14)
    true_and_predicted(scene, y + 10)
    overlaps = [
        _overlap(one, found) for boxes, found in zip(true, predicted, strict=True) for one in boxes
    ]
    scene.space(8)
    return scene.picture(
        _(
            "{count} images with two bright rectangles each and the predicted boxes, at training "
            "step {step}. The best prediction for a rectangle overlaps it, on average, with an IoU "
            "of {overlap}.",
            count=len(true),
            step=step,
            overlap=f"{sum(overlaps) / max(1, len(overlaps)):.2f}",
        )
    )


def _image(
    scene: Scene,
    corner: Point,
    side: float,
    boxes: Sequence[Sequence[float]],
    found: Sequence[Sequence[float]],
    size: int,
) -> None:
    scene.area(_corners(corner, side, (0, 0, size, size), size), colour="black", opacity=0.1)
    for box in boxes:
        outline = _corners(corner, side, box, size)
        scene.area(outline, colour=GREEN, opacity=0.2)
        scene.line([*outline, outline[0]], colour=GREEN, width=2)
    for box in found:
        outline = _corners(corner, side, box, size)
        scene.line([*outline, outline[0]], colour=ORANGE, width=2, dashed=True)


def _corners(corner: Point, side: float, box: Sequence[float], size: int) -> list[Point]:
    """Return a box's corners on the page, inside of its image."""
    left, top, right, bottom = (min(max(0.0, at / size), 1.0) * side for at in box)
    x, y = corner
    return [
        (x + left, y + top),
        (x + right, y + top),
        (x + right, y + bottom),
        (x + left, y + bottom),
    ]


def _overlap(box: Sequence[float], others: Sequence[Sequence[float]]) -> float:
    """Return the largest intersection over union with any other box."""
    return max((_iou(box, other) for other in others), default=0.0)


def _iou(one: Sequence[float], other: Sequence[float]) -> float:
    shared = intersection(one, other)
    return shared / union(one, other) if shared else 0.0
