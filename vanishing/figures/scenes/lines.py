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
EM = 0.6  # about how wide a Latin letter is, as a part of its size; a Chinese one is 1
LINE = 1.3  # height of a line of words, as a part of their size
_BLANK = "[^\\S\u00a0\u202f]"
_WIDE = "[\u2e80-\ua4cf\uf900-\ufaff\ufe30-\uff60]"
_OPENS = "[\u3008\u300a\u300c\u300e\u3010\uff08“‘]"
_CLOSES = "[\u3001\u3002\u3009\u300b\u300d\u300f\u3011\uff01\uff09\uff0c\uff1a\uff1b\uff1f”’%°]"
_PIECE = re.compile(
    rf"{_OPENS}*(?:{_WIDE}|(?:(?!{_WIDE}|{_OPENS}|{_BLANK}).)+){_CLOSES}*{_BLANK}*|\S{_BLANK}*"
)
_MARK = re.compile("[,;:.?!\u060c\u061b\u061f\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f]\\s*$")
_ROUNDING = 1e-9

# lines, with how many they are, how many end inside a phrase, and how long the longest is
_Broken = tuple[tuple[int, int, float], list[list[str]]]


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
    """Break into as few lines as fit, rather behind a mark, then as evenly as can be."""
    best: list[_Broken] = [((0, 0, 0.0), [])]  # of the first pieces, of none at first
    for end in range(1, len(pieces) + 1):
        options = [
            _one_line_more(best[start], pieces[:start], pieces[start:end])
            for start in range(end)
            if start == end - 1 or _ems("".join(pieces[start:end])) <= most + _ROUNDING
        ]
        best.append(min(options, key=lambda option: option[0]))
    return best[-1][1] or [[]]


def _one_line_more(before: _Broken, done: Sequence[str], line: Sequence[str]) -> _Broken:
    (count, inside, longest), lines = before
    breaks_inside = bool(done) and not _MARK.search(done[-1])
    cost = (count + 1, inside + breaks_inside, max(longest, _ems("".join(line))))
    return cost, [*lines, [*line]]


def _ems(text: str) -> float:
    """Return about how wide a text is, as a multiple of its letters' size."""
    return sum(
        1.0 if unicodedata.east_asian_width(letter) in "WF" else EM for letter in text.rstrip()
    )
