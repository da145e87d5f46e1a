"""Tables of cells: which numbers a normalization averages."""

from __future__ import annotations

from collections.abc import Sequence

from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.scenes.scene import BLUE, SMALL, Scene
from vanishing.localisation import _

EXAMPLES, UNITS, CELL = 4, 8, 22.0
TABLE = CELL * UNITS
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
    return scene.picture(" ".join([intro, *(f"{name}: {what}." for name, what, _r, _c in names)]))


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
