"""Tables of cells: which numbers a normalization averages."""

from __future__ import annotations

from collections.abc import Sequence

from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.scenes.scene import BLUE, SMALL, Scene
from vanishing.localisation import _
from vanishing.phrases import explained, paragraph, sentence

EXAMPLES, UNITS, CELL = 4, 8, 22.0
TABLE = CELL * UNITS
IMAGES, POSITION = 4, 16.0  # images and channels, the width of one position
LINES = 3 * IMAGES - 1
SQUARES = POSITION * LINES
GAP = 28.0
FAINT, FULL = 0.2, 0.8


@drawn
def draw_averaged_cells() -> Picture:
    """Draw a batch as a table of numbers, once for each normalization: what it averages."""
    scene = Scene(2 * TABLE + GAP, flows=True)
    names = (
        ("BatchNorm", _("one unit, all examples"), range(EXAMPLES), (2,)),
        ("LayerNorm", _("one example, all units"), (1,), range(UNITS)),
        ("RMSNorm", _("the same, but no mean is subtracted"), (1,), range(UNITS)),
        ("GroupNorm", _("one example, one group of units"), (1,), range(4, UNITS)),
    )
    y = 0.0
    for pair in (names[:2], names[2:]):
        ends = [_table(scene, place * (TABLE + GAP), y, *one) for place, one in enumerate(pair)]
        y = max(ends) + 14
    scene.words(
        scene.width / 2,
        y,
        _("a row is an example, a column is a unit"),
        width=scene.width,
        size=SMALL,
    )
    intro = _(
        "Four tables of numbers, with one row per example and one column per unit; the numbers "
        "that are averaged together are marked."
    )
    return scene.picture(
        paragraph(intro, *(sentence(explained(name, what)) for name, what, _r, _c in names))
    )


@drawn
def draw_averaged_positions() -> Picture:
    """Draw a batch of images as a table of small squares: what each normalization averages."""
    scene = Scene(2 * SQUARES + GAP, flows=True)
    every = range(IMAGES)
    names = (
        ("BatchNorm", _("one channel: all images, all positions"), every, (1,)),
        ("GroupNorm", _("one image: one group of channels"), (1,), (2, 3)),
        ("LayerNorm", _("one image: all channels, as in one group"), (1,), every),
        ("InstanceNorm", _("one image: one channel, as in the smallest groups"), (1,), (2,)),
    )
    y = 0.0
    for pair in (names[:2], names[2:]):
        ends = [_squares(scene, place * (SQUARES + GAP), y, *one) for place, one in enumerate(pair)]
        y = max(ends) + 14
    words = _("a square is an image's channel: rows are images, columns are channels")
    scene.words(scene.width / 2, y, words, width=scene.width, size=SMALL)
    intro = _(
        "Four tables of squares of four positions, with one row per image and one column per "
        "channel; the numbers that are averaged together are marked."
    )
    return scene.picture(
        paragraph(intro, *(sentence(explained(name, what)) for name, what, _r, _c in names))
    )


def _squares(
    scene: Scene,
    x: float,
    y: float,
    name: str,
    what: str,
    images: Sequence[int],
    channels: Sequence[int],
) -> float:
    """Draw squares of 2 × 2 positions, with an empty line of cells between two of them."""
    middle = x + SQUARES / 2
    top = scene.words(middle, y, name, width=SQUARES) + 4
    marked = [
        [_level(row, column, images, channels) for column in range(LINES)] for row in range(LINES)
    ]
    end = scene.cells(x, top, marked, width=POSITION, height=POSITION, colour=BLUE, gap=2)
    return scene.words(middle, end + 2, what, width=SQUARES, size=SMALL)


def _level(row: int, column: int, images: Sequence[int], channels: Sequence[int]) -> float:
    if 2 in (row % 3, column % 3):
        return 0.0
    return FULL if row // 3 in images and column // 3 in channels else FAINT


def _table(
    scene: Scene,
    x: float,
    y: float,
    name: str,
    what: str,
    rows: Sequence[int],
    columns: Sequence[int],
) -> float:
    middle = x + TABLE / 2
    top = scene.words(middle, y, name, width=TABLE) + 4
    marked = [
        [FULL if row in rows and column in columns else FAINT for column in range(UNITS)]
        for row in range(EXAMPLES)
    ]
    end = scene.cells(x, top, marked, width=CELL, height=CELL, colour=BLUE, gap=2)
    return scene.words(middle, end + 2, what, width=TABLE, size=SMALL)
