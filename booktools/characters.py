"""Characters that a name or a term may hold: those that readers see, and no others."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters and marks by their category, yet nothing is seen of them.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00013441\U00013442\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
_JOINERS = re.compile("(?<=[^\\W\\d_])[\u200c\u200d](?=[^\\W\\d_])|(?<=\\w[\u094d\u0dca])\u200d")
_MARKS = 3  # on one letter; Vietnamese, pointed Hebrew and Arabic need no more once composed
_ISOLATES = "\u2066\u2067\u2068"
_NAME_SIGNS = frozenset(" -–‐’‘ʼʻ().,/·་")


def is_printable(text: str) -> bool:
    """Say whether readers see every character: none controls, hides, reorders or is unassigned.

    A joiner within a word, as Persian has it, is a part of its spelling.
    """
    return _JOINERS.sub("", text).isprintable() and not _UNSEEN.search(text)


def is_word(text: str) -> bool:
    """Say whether a text is printable, has a letter or digit, and only single blanks within."""
    return (
        is_printable(text)
        and any(character.isalnum() for character in text)
        and text == " ".join(text.split())
    )


def is_name(text: str) -> bool:
    """Say whether a text is a word of letters, marks, digits and a few signs: none means markup."""
    return (
        is_word(text)
        and not is_mark(text[0])
        and all(in_name(character) for character in _JOINERS.sub("", text))
        and not has_tower(text, _MARKS)
    )


def is_noncharacter(character: str) -> bool:
    """Say whether Unicode keeps the code point out of texts for ever, such as U+FFFF."""
    code = ord(character)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def in_name(character: str) -> bool:
    """Say whether a character may stand in a language's name."""
    return character.isalnum() or is_mark(character) or character in _NAME_SIGNS


@lru_cache(4096)
def is_mark(character: str) -> bool:
    """Say whether a character is written on another, as accents and vowel signs are."""
    return unicodedata.category(character).startswith("M")


def shows_something(text: str) -> bool:
    """Say whether a reader sees a letter, a number or a sign: marks and joiners alone are none."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def closes_isolates(text: str) -> bool:
    """Say whether each isolate is opened before it is closed, on its own line."""
    return all(map(_is_balanced, text.split("\n")))


def _is_balanced(line: str) -> bool:
    depth = 0
    for character in line:
        depth += (character in _ISOLATES) - (character == "\u2069")
        if depth < 0:
            return False
    return depth == 0


def has_tower(text: str, most: int = 4) -> bool:
    """Say whether more than so many marks follow each other: they are drawn above each other."""
    if not any(map(is_mark, text)):
        return False
    seen = (character for character in text if unicodedata.category(character) != "Cf")
    shape = "".join("m" if is_mark(character) else " " for character in seen)
    return "m" * (most + 1) in shape


def has_stray_mark(text: str) -> bool:
    """Say whether a mark stands on anything but a letter: it would strike or circle a number."""
    if not any(map(is_mark, text)):
        return False
    before = " "
    for character in text:
        if is_mark(character) and not (before.isalpha() or is_mark(before)):
            return True
        if unicodedata.category(character) != "Cf":
            before = character
    return False
