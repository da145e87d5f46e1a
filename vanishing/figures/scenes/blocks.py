"""Blocks of a deep network, from the input at the top to the output: where the free path runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vanishing import bounds
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.scenes.scene import BLUE, GREEN, INK, ORANGE, Scene
from vanishing.localisation import N_, _
from vanishing.phrases import listed, paragraph

LANE, BRANCH = 46.0, 142.0  # where the free path and the branch run, from a block's left
COLUMN = 202.0
BOX, STEP = 104.0, 16.0  # width of a box, room between two
LINEAR, ATTENTION, FEED = N_("linear layer"), N_("attention"), N_("feed-forward layers")


@dataclass(frozen=True)
class Branch:
    """Hold what stands beside the free path: the layers, and what both are multiplied by.

    path: the layer on the path itself, if there is one.
    """

    layers: tuple[str, ...]
    gates: tuple[str, str] | None = None
    path: str = ""


Part = str | Branch

_PLAIN = (LINEAR, "ReLU", LINEAR, "ReLU")
_FILTERS = ("3 × 3", "BatchNorm", "ReLU", "3 × 3", "BatchNorm")
BLOCKS: dict[str, tuple[str, tuple[Part, ...]]] = {
    "plain": (N_("plain"), _PLAIN),
    "post-activation": (
        N_("post-activation"),
        (Branch((LINEAR, "BatchNorm", "ReLU", LINEAR, "BatchNorm")), "ReLU"),
    ),
    "pre-activation": (
        N_("pre-activation"),
        (Branch(("BatchNorm", "ReLU", LINEAR, "BatchNorm", "ReLU", LINEAR)),),
    ),
    "highway": (N_("highway"), (Branch((LINEAR, "ReLU"), ("1 − g", "g")),)),
    "identity": (N_("identity shortcut"), (Branch(_FILTERS), "ReLU")),
    "projection": (N_("projection shortcut"), (Branch(_FILTERS, path="1 × 1"), "ReLU")),
    "Post-LN": ("Post-LN", (Branch((ATTENTION,)), "LayerNorm", Branch((FEED,)), "LayerNorm")),
    "Pre-LN": ("Pre-LN", (Branch(("LayerNorm", ATTENTION)), Branch(("LayerNorm", FEED)))),
}
MOST = 2  # blocks side by side


@bounds.checked(kinds=bounds.several(bounds.choice(BLOCKS), '["plain"]', most=MOST))
@drawn
def draw_block(kinds: Sequence[str]) -> Picture:
    """Draw blocks side by side: boxes for layers, and the line on which nothing is multiplied.

    kinds: of "plain", "post-activation", "pre-activation", "highway", "identity", "projection",
    "Post-LN" and "Pre-LN", one or two.
    Raises ``ValueError`` for no kind or one that is not known, and ``TypeError`` for a wrong type.
    """
    scene = Scene(COLUMN * len(kinds), flows=True)
    ends = [_block(scene, COLUMN * place, kind) for place, kind in enumerate(kinds)]
    for place, end in enumerate(ends):
        _below(scene, COLUMN * place + LANE, end, max(ends))
    intro = _("Diagram of blocks, with the input at the top and the output at the bottom.")
    return scene.picture(paragraph(intro, *map(_sentence, kinds)))


def _block(scene: Scene, left: float, kind: str) -> float:
    title, parts = BLOCKS[kind]
    end = scene.words(left + COLUMN / 2 - 4, 0, _(title), width=COLUMN - 8)
    scene.centred(left + LANE, end + 14, "x", width=20)
    y = end + 24
    for part in parts:
        y = (
            _branch(scene, left, y, part)
            if isinstance(part, Branch)
            else _box(scene, left, y, part)
        )
    return y


def _below(scene: Scene, x: float, start: float, end: float) -> None:
    """Lead the path down to where the longest block ends."""
    scene.line([(x, start), (x, end + STEP + 8)], colour=BLUE, width=3, arrow=True)


def _box(scene: Scene, left: float, y: float, name: str, width: float = 2 * LANE - 4) -> float:
    """Set a layer onto the path itself."""
    x = left + LANE
    scene.line([(x, y), (x, y + STEP)], colour=BLUE, width=3)
    return scene.box(x, y + STEP, _name(name), width=width, colour=ORANGE)


def _branch(scene: Scene, left: float, y: float, branch: Branch) -> float:
    """Set layers beside the path, which leads past them to the sum."""
    lane, beside = left + LANE, left + BRANCH
    scene.line(
        [(lane, y), (lane, y + STEP / 2), (beside, y + STEP / 2), (beside, y + 1.5 * STEP)],
        arrow=True,
    )
    end = y + 1.5 * STEP
    for number, name in enumerate(branch.layers):
        if number:
            scene.line([(beside, end), (beside, end + STEP)], arrow=True)
            end += STEP
        end = scene.box(beside, end, _name(name), width=BOX, colour=GREEN)
    if branch.gates:
        y, end = _gates(scene, lane, beside, y, end, branch.gates)
    if branch.path:
        half = (y + end) / 2
        scene.line([(lane, y), (lane, half)], colour=BLUE, width=3)
        y = _box(scene, left, half, branch.path, width=60)
    middle = end + 18
    scene.line([(beside, end), (beside, middle), (lane + 11, middle)], arrow=True)
    scene.line([(lane, y), (lane, middle - 11)], colour=BLUE, width=3)
    scene.disc(lane, middle, 11, "+", colour=INK)
    return middle + 11


def _gates(
    scene: Scene, lane: float, beside: float, y: float, end: float, gates: tuple[str, str]
) -> tuple[float, float]:
    """Multiply the path and the branch by their gates; return where each goes on."""
    below = end + STEP
    scene.line([(lane, y), (lane, below)], colour=BLUE, width=3)
    scene.line([(beside, end), (beside, below)], arrow=True)
    rest = scene.box(lane, below, f"× ({gates[0]})", width=2 * LANE - 4, colour=ORANGE)
    return rest, scene.box(beside, below, f"× {gates[1]}", width=60, colour=ORANGE)


def _name(layer: str) -> str:
    return _(layer) if layer in (LINEAR, ATTENTION, FEED) else layer


def _sentence(kind: str) -> str:
    title, parts = BLOCKS[kind]
    names = [_part(part) for part in parts]
    return _("{block}: {parts}.", block=_(title), parts=_("; then ").join(names))


def _part(part: Part) -> str:
    if isinstance(part, str):
        return _("{layer} on the path itself", layer=_name(part))
    layers = listed(map(_name, part.layers))
    if part.gates:
        return _(
            "the path times {rest}, plus a branch times {gate}: {layers}",
            rest=part.gates[0],
            gate=part.gates[1],
            layers=layers,
        )
    if part.path:
        return _(
            "the path through {layer}, plus a branch: {layers}", layer=part.path, layers=layers
        )
    return _("the path plus a branch: {layers}", layers=layers)
