"""The order in which to look for what is wrong with a network, as a tree of questions."""

from __future__ import annotations

from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.scenes.scene import BLUE, GREEN, ORANGE, SMALL, Scene
from vanishing.localisation import N_, _
from vanishing.phrases import paragraph, sentence

WIDTH = 460.0
QUESTION, ANSWER = 208.0, 208.0  # widths of the boxes
ROOM = 18.0  # between two questions

DECISIONS = (
    (
        N_("Is the loss cut off, or has it no term?"),
        N_("the loss first: mend it, or its targets"),
    ),
    (
        N_("Is anything NaN or infinite?"),
        N_("not finite: mend the first operation that breaks"),
    ),
    (
        N_("Is a gradient far too large?"),
        N_("exploding: smaller steps, clipping, initialization"),
    ),
    (
        N_("Are most units of a layer always zero?"),
        N_("dead: smaller steps, smaller biases, Leaky ReLU"),
    ),
    (
        N_("Are many entries of the gradient rounded to zero?"),
        N_("underflowing: a scaled loss, bfloat16 or float32"),
    ),
    (
        N_("Are functions flat, perhaps inside gates?"),
        N_("starving: scaled inputs, smaller weights"),
    ),
    (
        N_("Do the first layers or time steps receive far less?"),
        N_("starving: residual connections, gates, initialization"),
    ),
    (
        N_("Do all examples look alike after the last layers?"),
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
        end = scene.box(x, start, _(question), width=QUESTION, size=SMALL, colour=BLUE)
        scene.line([(QUESTION, start + 22), (WIDTH - ANSWER, start + 22)], arrow=True)
        scene.words(WIDTH / 2, start, _("Yes"), width=WIDTH - QUESTION - ANSWER, size=SMALL)
        right = scene.box(beside, start, _(answer), width=ANSWER, size=SMALL, colour=ORANGE)
        y = max(end + ROOM, right + ROOM / 2)
        scene.line([(x, end), (x, y)], arrow=True)
        scene.words(x + 8, end, _("No"), width=60, size=SMALL, align="left")
    scene.box(
        WIDTH / 2,
        y,
        _("healthy: look at the data, the learning rate and the time"),
        width=WIDTH,
        size=SMALL,
        colour=GREEN,
    )
    intro = _("Tree of questions, asked from the top; the first yes decides.")
    return scene.picture(
        paragraph(
            intro, *(paragraph(_(question), sentence(_(answer))) for question, answer in DECISIONS)
        )
    )
