"""Two boxes, what they share and cover together, and how losses pull at one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.labels import worded
from vanishing.figures.scenes.scene import BLUE, GREEN, INK, ORANGE, PINK, Point, Scene
from vanishing.localisation import _, format_number
from vanishing.phrases import paragraph, sentence

Box = Sequence[float]  # left, top, right, bottom

BOX = bounds.several(arguments.finite, "(10.0, 10.0, 30.0, 30.0)", least=4, most=4)
LOSS = bounds.several(arguments.finite, "(0.5, 0.06)", least=2, most=2)
WIDTH, EDGE = 400.0, 8.0
ROW = 26.0  # height of a row of the key, and of one for an arrow
BETWEEN = 8.0  # two lines of a hatching, in pixels of the page
PULL = 1000.0  # pixels of the page for a gradient of 1
ARROWS = (BLUE, PINK, INK)


@bounds.checked(
    true=BOX,
    predicted=BOX,
    losses=arguments.by_name(LOSS, "measure", '{"IoU": (0.5, 0.06)}'),
    across=bounds.whole(8, 1024),
)
@drawn
def draw_overlap(
    true: Box, predicted: Box, losses: Mapping[str, Sequence[float]], across: int = 64
) -> Picture:
    """Draw two boxes, their overlap and union, and how losses pull at the predicted one.

    true, predicted: left, top, right, bottom in pixels. losses: "IoU" or another measure, at most
    three -> 1 minus it, and the gradient of that with respect to a shift of the predicted box
    sideways. across: the pixels from side to side.
    Raises ``ValueError`` for a box that is empty or leaves the picture or for too many losses, and
    ``TypeError`` for a wrong type.
    """
    _check({"true": true, "predicted": predicted}, losses, across)
    scene = Scene(WIDTH, flows=True)
    true_and_predicted(scene, ROW / 2)
    _overlap_and_union(scene, ROW * 3 / 2)
    scale = (WIDTH - 2 * EDGE) / across
    placed = [_placed(box, (EDGE, 2 * ROW), scale) for box in (true, predicted)]
    _two_boxes(scene, *placed)
    _pulls(scene, placed[1], {name: gradient for name, (_loss, gradient) in losses.items()})
    said = [_pulled(name, *numbers) for name, numbers in losses.items()]
    scene.space(4)
    for line in (_ratio(true, predicted), *said):
        scene.words(EDGE, scene.height + 4, line, width=WIDTH - 2 * EDGE, align="left")
    intro = _(
        "A true box and a predicted one, with their overlap hatched. Below them, an arrow for each "
        "loss points against its gradient, the longer the larger it is; for a gradient of 0 there "
        "is none."
    )
    return scene.picture(paragraph(intro, _areas(true, predicted), *map(sentence, said)))


def _check(boxes: Mapping[str, Box], losses: Mapping[str, object], across: int) -> None:
    if len(losses) > len(ARROWS):
        raise ValueError(
            f"losses must be at most {len(ARROWS)}, got {len(losses)}: draw the others apart"
        )
    for name, (left, top, right, bottom) in boxes.items():
        if not (0 <= left < right <= across and 0 <= top < bottom <= across):
            raise ValueError(
                f"{name} must be left, top, right, bottom of a box between 0 and {across}, got "
                f"({left:g}, {top:g}, {right:g}, {bottom:g}): move it, or pass a larger across"
            )


def intersection(one: Box, other: Box) -> float:
    """Return the area that two boxes share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def union(one: Box, other: Box) -> float:
    """Return the area that two boxes cover together."""
    both = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return both - intersection(one, other)


def _ratio(true: Box, predicted: Box) -> str:
    shared, covered = intersection(true, predicted), union(true, predicted)
    return f"IoU = {shared:.0f} / {covered:.0f} = {shared / covered:.2f}"


def _areas(true: Box, predicted: Box) -> str:
    shared, covered = intersection(true, predicted), union(true, predicted)
    return _(
        "The overlap covers {overlap} pixels and the union {union}: an IoU of {iou}.",
        overlap=f"{shared:.0f}",
        union=f"{covered:.0f}",
        iou=f"{shared / covered:.2f}",
    )


def _pulled(measure: str, loss: float, gradient: float) -> str:
    # Translators: {loss} is a formula with its value, such as 1 − IoU = 0.46.
    return _(
        "Loss {loss}, gradient {gradient}",
        loss=f"{_one_minus(measure)} = {loss:.2f}",
        gradient=format_number(gradient),
    )


def _one_minus(measure: str) -> str:
    return f"1 − {worded(measure)}"


def true_and_predicted(scene: Scene, y: float) -> None:
    """Explain the outlines of a true box and of a predicted one, at this height."""
    for place, (colour, name) in enumerate(((GREEN, _("true box")), (ORANGE, _("predicted box")))):
        x = 10 + place * scene.width / 2
        scene.line([(x, y), (x + 30, y)], colour=colour, width=3, dashed=place == 1)
        scene.centred(x + 38, y, name, width=scene.width / 2 - 48, align="left")


def _overlap_and_union(scene: Scene, y: float) -> None:
    """Explain the hatching and the ground, below the outlines."""
    for place, name in enumerate((_("overlap"), _("union"))):
        x = 10 + place * scene.width / 2
        swatch = (x, y - 8, x + 30, y + 8)
        _ground(scene, swatch)
        if not place:
            _hatched(scene, swatch)
        scene.centred(x + 38, y, name, width=scene.width / 2 - 48, align="left")


def _placed(box: Box, corner: Point, scale: float) -> Box:
    """Return a box of the image as one of the page."""
    x, y = corner
    left, top, right, bottom = (scale * at for at in box)
    return x + left, y + top, x + right, y + bottom


def _corners(box: Box) -> list[Point]:
    left, top, right, bottom = box
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _two_boxes(scene: Scene, true: Box, predicted: Box) -> None:
    for box in (true, predicted):
        _ground(scene, box)
    if intersection(true, predicted):
        sides = zip((max, max, min, min), true, predicted, strict=True)
        _hatched(scene, [inner(one, other) for inner, one, other in sides])
    for box, colour in ((true, GREEN), (predicted, ORANGE)):
        outline = _corners(box)
        scene.line([*outline, outline[0]], colour=colour, width=2.5, dashed=colour == ORANGE)


def _ground(scene: Scene, box: Box) -> None:
    scene.area(_corners(box), colour=BLUE, opacity=0.2)


def _hatched(scene: Scene, box: Box) -> None:
    """Draw lines from bottom left to top right, each as long as the box allows."""
    left, top, right, bottom = box
    height = bottom - top
    count = int((right - left + height) / BETWEEN)
    lines = []
    for start in (left - height + BETWEEN * (number + 0.5) for number in range(count + 1)):
        low, high = max(left, start), min(right, start + height)
        if low < high:
            lines.append(((low, bottom - (low - start)), (high, bottom - (high - start))))
    if lines:
        scene.strokes(lines, width=1.2, opacity=0.8)


def _pulls(scene: Scene, box: Box, gradients: Mapping[str, float]) -> None:
    """Draw an arrow for each loss, from below the middle of the box to where it would move."""
    x, top = (box[0] + box[2]) / 2, scene.height + 6
    scene.line([(x, box[3]), (x, top + ROW * len(gradients))], width=1, dashed=True, opacity=0.5)
    for row, (name, gradient) in enumerate(gradients.items()):
        y = top + ROW * (row + 0.5)
        scene.line([(x, y - 8), (x, y + 8)], width=2, colour=ARROWS[row])
        if gradient:
            tip = min(WIDTH - EDGE, max(EDGE, x - PULL * gradient))
            scene.line([(x, y), (tip, y)], colour=ARROWS[row], width=3, arrow=True)
        side, align = (-8, "right") if gradient < 0 else (8, "left")
        scene.centred(x + side, y, _one_minus(name), width=WIDTH / 3, align=align)
