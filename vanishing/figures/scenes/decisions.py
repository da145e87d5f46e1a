"""The order in which to look for what is wrong with a network, as a tree of questions."""

from __future__ import annotations

from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.scenes.scene import BLUE, GREEN, ORANGE, SMALL, Scene
from vanishing.localisation import N_, _

WIDTH = 440.0
QUESTION, ANSWER, ROOM = 196.0, 186.0, 12.0  # widths of the boxes, room below a question

DECISIONS = (
    (
        N_("Is the loss or a gradient NaN, infinite or far too large?"),
        N_("exploding: a smaller learning rate, clipping, a fitting initialization"),
    ),
    (
        N_("Do most units of a layer give zero on every example?"),
        N_("dead: a smaller learning rate, smaller biases, Leaky ReLU"),
    ),
    (
        N_("Are many entries of the gradient rounded to zero?"),
        N_("underflowing: a scaled loss, bfloat16 or float32"),
    ),
    (
        N_("Do the first layers receive far less than the last?"),
        N_("starving: residual connections, a fitting initialization; gates along time"),
    ),
    (
        N_("Do all examples look alike behind the layers?"),
        N_("alike: normalization, residual connections"),
    ),
)


@drawn
def draw_decisions() -> Picture:
    """Draw which question to ask first, what a yes means, and what may help."""
    scene = Scene(WIDTH, flows=True)
    x, beside = QUESTION / 2, WIDTH - ANSWER / 2
    y = 2.0
    for question, answer in DECISIONS:
        start = y
        end = scene.box(x, start, _(question), width=QUESTION, colour=BLUE)
        scene.line([(QUESTION, start + 22), (WIDTH - ANSWER, start + 22)], arrow=True)
        scene.words((QUESTION + WIDTH - ANSWER) / 2, start, _("yes"), width=50, size=SMALL)
        right = scene.box(beside, start, _(answer), width=ANSWER, colour=ORANGE)
        y = max(end + ROOM + 8, right) + ROOM
        scene.line([(x, end), (x, y)], arrow=True)
        scene.words(x + 8, end, _("no"), width=60, size=SMALL, align="left")
    scene.box(
        WIDTH / 2,
        y,
        _("healthy: look at the data, the learning rate and the time"),
        width=WIDTH,
        colour=GREEN,
    )
    intro = _("Tree of questions, asked from the top; the first yes decides.")
    return scene.picture(
        " ".join([intro, *(f"{_(question)} {_(answer)}." for question, answer in DECISIONS)])
    )
