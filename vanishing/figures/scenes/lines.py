"""Words in lines that fit a width: broken where the language allows it, into lines of one length.

A line breaks at spaces, but not at one that a translator has made inseparable, and between Chinese
letters, but not before a mark that closes, nor after one that opens.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

SIZE = 14.0  # of letters, in pixels of the page
EM = (
    0.6  # about how wide a Latin letter is, as a part of its size; a Chinese one is as wide as high
)
LINE = 1.3  # height of a line of words, as a part of their size
_BLANK = "[^\\S\u00a0\u202f]"
_WIDE = "[\u2e80-\ua4cf\uf900-\ufaff\ufe30-\uff60]"
_OPENS = "[\u3008\u300a\u300c\u300e\u3010\uff08“‘]"
_CLOSES = "[\u3001\u3002\u3009\u300b\u300d\u300f\u3011\uff01\uff09\uff0c\uff1a\uff1b\uff1f”’%°]"
_PIECE = re.compile(
    rf"{_OPENS}*(?:{_WIDE}|(?:(?!{_WIDE}|{_OPENS}|{_BLANK}).)+){_CLOSES}*{_BLANK}*|\S{_BLANK}*"
)
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Lines:
    """Hold words broken into lines that fit a width, and the size at which they do."""

    lines: tuple[str, ...]
    size: float

    @property
    def height(self) -> float:
        """The height of all lines."""
        return LINE * self.size * len(self.lines)


def fitted(text: str, width: float, size: float = SIZE) -> Lines:
    """Break words into lines of this width; a word that is longer makes all letters smaller."""
    pieces = _PIECE.findall(text)
    while True:
        size = min(size, width / (max(map(_ems, pieces), default=0) or 1.0))
        lines = _even(pieces, width / size)
        if (lonely := _lonely(lines)) is None:
            return Lines(tuple("".join(line).strip() for line in lines), size)
        place = max(1, sum(map(len, lines[:lonely])))
        pieces[place - 1 : place + 1] = ["".join(pieces[place - 1 : place + 1])]


def _lonely(lines: Sequence[Sequence[str]]) -> int | None:
    """Return the number of a line, of several, that is one Chinese letter."""
    alone = (n for n, line in enumerate(lines) if re.fullmatch(_WIDE, "".join(line).strip()))
    return next(alone, None) if len(lines) > 1 else None


def _even(pieces: Sequence[str], most: float) -> list[list[str]]:
    """Break into as few lines as fit, then as evenly as so many lines can be."""
    lines = _broken(pieces, most)
    while (longest := _longest(lines)) > 0:
        closer = _broken(pieces, longest - 2 * _ROUNDING)
        if len(closer) > len(lines) or _longest(closer) >= longest:
            break
        lines = closer
    return lines


def _longest(lines: Sequence[Sequence[str]]) -> float:
    return max(_ems("".join(line)) for line in lines)


def _broken(pieces: Sequence[str], most: float) -> list[list[str]]:
    lines: list[list[str]] = [[]]
    for piece in pieces:
        if lines[-1] and _ems("".join([*lines[-1], piece])) > most + _ROUNDING:
            lines.append([])
        lines[-1].append(piece)
    return lines


def _ems(text: str) -> float:
    """Return about how wide a text is, as a multiple of its letters' size."""
    return sum(
        1.0 if unicodedata.east_asian_width(letter) in "WF" else EM for letter in text.rstrip()
    )
