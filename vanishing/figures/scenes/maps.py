"""Maps: the blocks of a detector and their links, the paths through residual blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vanishing import bounds
from vanishing.figures import arguments
from vanishing.figures.drawing import Picture, drawn
from vanishing.figures.scenes.scene import BLUE, GREEN, ORANGE, SMALL, Scene
from vanishing.localisation import _, ngettext
from vanishing.phrases import paragraph, sentence

WIDTH = 440.0
BOX, HEIGHT, ROOM = 128.0, 26.0, 8.0
LINKS = bounds.several(bounds.whole(-1, 100), "[-1]", most=8)
NAMES = bounds.several(arguments.label, '["Conv"]', least=3, most=30)


@bounds.checked(
    names=NAMES,
    links=bounds.several(LINKS, "[[-1]]", least=3, most=30),
    backbone=bounds.whole(1, 29),
)
@drawn
def draw_block_map(names: Sequence[str], links: Sequence[Sequence[int]], backbone: int) -> Picture:
    """Draw the blocks of a detector: backbone, neck, head, and which block reads which.

    names: of the blocks, in order; the last one is the head. links: for each block, the numbers of
    those that it reads; -1 is the one before. backbone: number of its blocks.
    Raises ``ValueError`` for lists of unequal length, a link to a later block or a backbone without
    a neck, and ``TypeError`` for a wrong type.
    """
    _check_map(names, links, backbone)
    scene = Scene(WIDTH, flows=True)
    top = scene.words(BOX / 2 + 8, 0, _("backbone"), width=BOX) + 6
    scene.words(WIDTH - BOX / 2 - 30, 0, _("neck"), width=BOX)
    last = len(names) - 1
    rows = max(backbone, last - backbone)
    places = {
        number: (
            (BOX / 2 + 8, top + number * (HEIGHT + ROOM))
            if number < backbone
            else (WIDTH - BOX / 2 - 30, top + (number - backbone) * (HEIGHT + ROOM))
        )
        for number in range(last)
    }
    places[last] = (WIDTH / 2, top + rows * (HEIGHT + ROOM) + 14)
    for number, read in enumerate(links):
        for other in read:
            before = number - 1 if other == -1 else other
            if before >= 0:
                _link(
                    scene,
                    places[before],
                    places[number],
                    far=before != number - 1,
                    head=number == last,
                )
    for number, name in enumerate(names):
        x, y = places[number]
        colour = BLUE if number < backbone else ORANGE if number == last else GREEN
        scene.box(x, y, f"{number} {name}", width=BOX, height=HEIGHT, colour=colour)
    return scene.picture(_map_words(names, links, backbone))


def _check_map(names: Sequence[str], links: Sequence[Sequence[int]], backbone: int) -> None:
    if len(names) != len(links):
        raise ValueError(
            f"names and links must be as many, got {len(names)} and {len(links)}: pass one list of "
            "links for each block"
        )
    if backbone > len(names) - 2:
        raise ValueError(
            f"backbone must be at most {len(names) - 2}, got {backbone}: leave a neck and a head"
        )
    for number, read in enumerate(links):
        if read and max(read) >= number:
            raise ValueError(
                f"links[{number}] must lead to blocks before {number}, got {max(read)}: write -1 "
                "for the one before"
            )


def _link(
    scene: Scene, start: tuple[float, float], end: tuple[float, float], *, far: bool, head: bool
) -> None:
    """Join two blocks: straight on in a column, across between two, around within the neck."""
    half, middle = BOX / 2, HEIGHT / 2
    (x, y), (to_x, to_y) = start, end
    if x == to_x and not far:
        scene.line([(x, y + HEIGHT), (to_x, to_y)], arrow=True)
    elif head:
        side = to_x + half if x > to_x else to_x - half
        outer = x + half + 14 if far else x
        here = [(x + half, y + middle), (outer, y + middle)] if far else [(x, y + HEIGHT)]
        scene.line(
            [*here, (outer, to_y + middle), (side, to_y + middle)], colour=ORANGE, arrow=True
        )
    elif x == to_x:
        outer = x + half + 14
        points = [(x + half, y + middle), (outer, y + middle), (outer, to_y + middle)]
        scene.line([*points, (x + half, to_y + middle)], colour=ORANGE, arrow=True)
    else:
        points = [(x + half, y + middle), (to_x - half, to_y + middle)]
        scene.line(points, colour=ORANGE if far else "black", width=2 if far else 1.5, arrow=True)


def _map_words(names: Sequence[str], links: Sequence[Sequence[int]], backbone: int) -> str:
    intro = _(
        "Map of {count} blocks: a backbone of {backbone}, a neck of {neck} and a head.",
        count=len(names),
        backbone=backbone,
        neck=len(names) - backbone - 1,
    )
    parts = [
        _("Block {block} also reads block {other}.", block=number, other=other)
        for number, read in enumerate(links)
        for other in read
        if other != -1
    ]
    return paragraph(intro, *parts)


SQUARE, LINE = 18.0, 28.0


@bounds.checked(blocks=bounds.whole(1, 4))
@drawn
def draw_skip_paths(blocks: int = 3) -> Picture:
    """Draw every path through some residual blocks: each goes through a branch or past it.

    Raises ``ValueError`` unless there are 1 to 4 blocks, and ``TypeError`` for no whole number.
    """
    scene = Scene(WIDTH, flows=True)
    paths = sorted(range(2**blocks), key=lambda path: (path.bit_count(), -path))
    room, left = 64.0, 26.0
    parts, y = [], 6.0
    for length in range(blocks + 1):
        start = y
        for path in (one for one in paths if one.bit_count() == length):
            _path(
                scene,
                left,
                y + LINE / 2,
                [bool(path >> at & 1) for at in range(blocks)][::-1],
                room,
            )
            y += LINE if blocks < 4 else 0.9 * LINE
        count = math.comb(blocks, length)
        # Translators: a path's length is the number of blocks whose branch it goes through
        many = ngettext(
            "{count} path of length {length}",
            "{count} paths of length {length}",
            count,
            length=length,
        )
        right = left + room * blocks + 16
        scene.line([(right, start + 5), (right, y - 5)], width=2, opacity=0.5)
        scene.centred(
            right + 8, (start + y) / 2, many, width=WIDTH - right - 8, size=SMALL, align="left"
        )
        parts.append(sentence(many))
        y += 6
    intro = _("All {count} paths through {blocks} residual blocks:", count=2**blocks, blocks=blocks)
    return scene.picture(paragraph(intro, *parts))


def _path(scene: Scene, left: float, y: float, through: Sequence[bool], room: float) -> None:
    x = left
    scene.line([(x - 14, y), (x, y)], colour=BLUE, width=2)
    for is_through in through:
        middle = x + room / 2
        if is_through:
            scene.line([(x, y), (middle - SQUARE / 2, y)], colour=BLUE, width=2)
            scene.line([(middle + SQUARE / 2, y), (x + room, y)], colour=BLUE, width=2)
            scene.box(
                middle, y - SQUARE / 2, "", width=SQUARE, height=SQUARE, colour=ORANGE, strength=0.4
            )
        else:
            scene.line([(x, y), (x + room, y)], colour=BLUE, width=2)
        x += room
    scene.line([(x, y), (x + 12, y)], colour=BLUE, width=2, arrow=True)
