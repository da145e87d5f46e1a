"""Recurrence along time: the network unrolled, the LSTM's cell, paths between two positions."""

from __future__ import annotations

from vanishing import bounds
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.scenes.scene import BLUE, GREEN, INK, ORANGE, SMALL, Scene
from vanishing.localisation import _

WIDTH = 440.0
STATE = 40.0  # half the width of a state's box and its room
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@bounds.checked(steps=bounds.whole(2, 5))
@drawn
def draw_unrolled(steps: int = 4) -> Picture:
    """Draw a recurrent network once per time step, with the gradient on its way back.

    Raises ``ValueError`` unless there are 2 to 5 steps, and ``TypeError`` for no whole number.
    """
    scene = Scene(WIDTH, flows=True)
    room = (WIDTH - 70) / steps
    places = [room * (step + 0.5) for step in range(steps)]
    scene.words(WIDTH / 2, 0, _("back: times the same matrix at every step"), width=WIDTH)
    for x in places[1:]:
        scene.line([(x, 62), (x, 40), (x - room, 40), (x - room, 60)], colour=ORANGE, arrow=True)
        scene.centred(x - room / 2, 52, "× Wᵀ", width=room, size=SMALL)
    for step, x in enumerate(places, start=1):
        _state(scene, x, step, room)
    scene.line([(places[-1] + room / 2 - 8, 84), (WIDTH - 62, 84)], colour=BLUE, arrow=True)
    scene.box(WIDTH - 32, 66, _("loss"), width=60, height=36, colour=ORANGE)
    scene.words(WIDTH / 2, 180, _("forward: one layer for each time step"), width=WIDTH)
    description = _(
        "Diagram: a recurrent network, drawn once for each of {steps} time steps. Each state is "
        "computed from the one before and from that step's input. The gradient goes back from the "
        "loss through all states, and meets the same matrix at every step.",
        steps=steps,
    )
    return scene.picture(description)


def _state(scene: Scene, x: float, step: int, room: float) -> None:
    half = min(STATE, room / 2 - 10)
    number = str(step).translate(_SUBSCRIPTS)
    scene.box(x, 66, f"h{number}", width=2 * half, height=36, colour=BLUE)
    if step > 1:
        scene.line([(x - room + half, 84), (x - half, 84)], colour=BLUE, arrow=True)
        scene.centred(x - room / 2, 96, "W", width=room, size=SMALL)
    scene.line([(x, 146), (x, 104)], arrow=True)
    scene.centred(x, 158, f"x{number}", width=room)


GATES = (110.0, 196.0, 278.0, 360.0)  # where the gates and the candidate stand
CELL, PRODUCT, GATE, BELOW = 56.0, 136.0, 176.0, 262.0  # heights of what happens


@drawn
def draw_lstm_cell() -> Picture:
    """Draw one time step of an LSTM: its memory above, the gates that open and close it below."""
    scene = Scene(WIDTH, flows=True)
    names = (_("forget gate"), _("input gate"), _("candidate"), _("output gate"))
    scene.words(0, 0, _("cell state"), width=200, align="left")
    scene.words(0, 22, "cₜ₋₁", width=60, align="left")
    scene.words(WIDTH, 22, "cₜ", width=60, align="right")
    ends = [
        scene.box(x, GATE, name, width=78, colour=GREEN)
        for x, name in zip(GATES, names, strict=True)
    ]
    for x, end in zip(GATES, ends, strict=True):
        scene.line([(x, BELOW), (x, end)], arrow=True)
    scene.line([(0, BELOW), (GATES[-1], BELOW)])
    scene.words(0, BELOW + 4, _("hidden state and input: hₜ₋₁, xₜ"), width=300, align="left")
    _memory(scene)
    _output(scene)
    return scene.picture(
        _(
            "Diagram of one time step of an LSTM. The cell state runs along the top: it is "
            "multiplied by the forget gate, and the candidate times the input gate is added. The "
            "hidden state is tanh of the cell state times the output gate. All gates and the "
            "candidate are computed from the hidden state before and from the input."
        )
    )


def _memory(scene: Scene) -> None:
    """Draw the memory's own path: a product and a sum."""
    forget, input_gate, candidate, _output_gate = GATES
    add = (input_gate + candidate) / 2
    for start, end in ((0.0, forget - 12), (forget + 12, add - 12), (add + 12, WIDTH)):
        scene.line([(start, CELL), (end, CELL)], colour=BLUE, width=3, arrow=end == WIDTH)
    scene.disc(forget, CELL, 12, "×", colour=ORANGE)
    scene.disc(add, CELL, 12, "+", colour=INK)
    scene.line([(forget, GATE), (forget, CELL + 12)], arrow=True)
    scene.disc(add, PRODUCT, 12, "×", colour=INK)
    scene.line([(input_gate, GATE), (input_gate, PRODUCT), (add - 12, PRODUCT)], arrow=True)
    scene.line([(candidate, GATE), (candidate, PRODUCT), (add + 12, PRODUCT)], arrow=True)
    scene.line([(add, PRODUCT - 12), (add, CELL + 12)], arrow=True)


def _output(scene: Scene) -> None:
    gate = GATES[-1]
    end = scene.box(gate, CELL + 20, "tanh", width=56, colour=GREEN)
    scene.line([(gate, CELL), (gate, CELL + 20)], arrow=True)
    scene.disc(gate, PRODUCT, 12, "×", colour=INK)
    scene.line([(gate, end), (gate, PRODUCT - 12)], arrow=True)
    scene.line([(gate, GATE), (gate, PRODUCT + 12)], arrow=True)
    scene.line([(gate + 12, PRODUCT), (WIDTH, PRODUCT)], arrow=True)
    scene.words(WIDTH, PRODUCT + 4, "hₜ", width=40, align="right")


@bounds.checked(positions=bounds.whole(3, 8))
@drawn
def draw_path_lengths(positions: int = 6) -> Picture:
    """Draw the way from the last position to the first: through all states, or by attention.

    Raises ``ValueError`` unless there are 3 to 8 positions, ``TypeError`` for no whole number.
    """
    scene = Scene(WIDTH, flows=True)
    room = WIDTH / positions
    places = [room * (at + 0.5) for at in range(positions)]
    end = scene.words(
        WIDTH / 2, 0, _("recurrent network: {count} steps", count=positions - 1), width=WIDTH
    )
    _row(scene, places, end + 26)
    for after, before in zip(places[:0:-1], places[-2::-1], strict=True):
        scene.line([(after - 15, end + 26), (before + 15, end + 26)], colour=ORANGE, arrow=True)
    end = scene.words(WIDTH / 2, end + 64, _("attention: one step"), width=WIDTH)
    y = end + 56
    _row(scene, places, y)
    last = places[-1]
    for before in places[1:-1]:
        scene.line(
            [(last, y - 15), (last, y - 30), (before, y - 30), (before, y - 16)], opacity=0.3
        )
    scene.line(
        [(last, y - 15), (last, y - 42), (places[0], y - 42), (places[0], y - 16)],
        colour=ORANGE,
        arrow=True,
    )
    return scene.picture(
        _(
            "Diagram of {count} positions in a row, twice. Above, in a recurrent network, the "
            "gradient goes from the last position to the first through every position between "
            "them. Below, with attention, it goes there in one step.",
            count=positions,
        )
    )


def _row(scene: Scene, places: list[float], y: float) -> None:
    for number, x in enumerate(places, start=1):
        scene.disc(x, y, 15, str(number), colour=BLUE)
