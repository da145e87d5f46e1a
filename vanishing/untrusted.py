"""Does a translation bring words only? It ends in figures, labels and widgets, and may be anyone's.

The book's `python -m booktools check` knows the same rules and says what is wrong; this guard also
stands where the library is installed alone.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter

MAX_LETTERS, MAX_LINES, MAX_MARKS, MAX_BRACKETS = 4_000, 60, 300, 30
MAX_STACKED = 4  # marks on one letter
_OBJECTS = re.compile(r"`[^`]+`|\$[^$\n]+\$")
_FIELDS = re.compile(r"\{[^{}]*\}|[{}]")
_PERCENT = re.compile(
    r"%(?:\(\w++\))?(?:[-+#0]*+)(?:\d++|\*)?(?:\.\d++)?[diouxXeEfFgGcrs](?![A-Za-z])"
)
_ADDRESS = re.compile(
    r"(?:[a-z][a-z\d+.-]{0,15}://|www\.|(?:mailto|xmpp):)[^\s<>\"'`)\]]+"
    r"|(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w.-]*\w",
    re.I,
)
_SCRIPT = re.compile(r"(?:javascript|vbscript):(?=\S)|\bdata:[a-z]+/", re.I)
_TAG = re.compile(r"<(?=[A-Za-z/!?])[^<>]*>?")
_MARKS = ("<", ">", '"', "`", "\\", "](", "$", "@@")
_TEMPLATE = re.compile(r"\{\{|\{%")
_HIDDEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u202a-\u202e\u2060-\u2065\u206a-\u206f\u2800"
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffc\U00013441\U00013442\U00016fe4\U0001bca0-\U0001bca3"
    "\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_OBEYED = re.compile(r"!|:|%%|\||\s*(?:noqa|type:|fmt:|pragma:|pylint:|ruff:|mypy:|isort:)", re.I)
_COOKIE = re.compile(r"coding[:=]\s*[-\w.]+")
_NO_WORD = re.compile(r"[^\w\s.,،、。]")


def brings_only_words(english: str, translation: str, *, one: bool = False) -> bool:
    """Say whether `translation` has the fields, formulas and addresses of `english`, and words.

    one: the form stands for a single number, which it may spell instead of its field.
    """
    return (
        _shows_something(_unescaped(translation))
        and _is_bounded(english, translation)
        and _is_visible(english, translation)
        and _keeps(english, translation, one)
        and _opens_nothing(english, translation)
    )


def _is_bounded(english: str, translation: str) -> bool:
    return len(translation) <= 10 * len(english) + 200 and all(
        len(text) <= MAX_LETTERS
        and text.count("\n") <= MAX_LINES
        and len(_NO_WORD.findall(text)) <= MAX_MARKS
        and text.count("[") <= MAX_BRACKETS
        for text in (english, translation)
    )


def _is_visible(english: str, translation: str) -> bool:
    """Say whether no character hides, controls or reorders, and each isolate is closed."""
    text = _spelled(translation)
    controls = {character for character in text if _is_control(character)}
    return (
        controls <= set(english)
        and not _HIDDEN.search(text)
        and not _has_tower(text)
        and not _has_stray_mark(text)
        and all(map(_closes_isolates, text.split("\n")))
    )


def _shows_something(text: str) -> bool:
    """Say whether there is a letter, a number or a sign: marks and joiners alone are not seen."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def _has_tower(text: str) -> bool:
    """Say whether so many marks follow each other that they would cover the line above."""
    kinds = (unicodedata.category(character) for character in text)
    return "M" * (MAX_STACKED + 1) in "".join(kind[0] for kind in kinds if kind != "Cf")


def _has_stray_mark(text: str) -> bool:
    """Say whether a mark stands on anything but a letter: it would strike or circle a number."""
    before = " "
    for character in text:
        stands_on = unicodedata.category(before)[0] == "M" or before.isalpha()
        if unicodedata.category(character)[0] == "M" and not stands_on:
            return True
        if unicodedata.category(character) != "Cf":
            before = character
    return False


def _closes_isolates(line: str) -> bool:
    """Say whether each isolate is opened before it is closed."""
    depth = 0
    for character in line:
        depth += (character in "\u2066\u2067\u2068") - (character == "\u2069")
        if depth < 0:
            return False
    return depth == 0


def _is_control(character: str) -> bool:
    code = ord(character)
    noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return noncharacter or unicodedata.category(character) in ("Cc", "Co", "Cs", "Zl", "Zp")


def _keeps(english: str, translation: str, one: bool) -> bool:
    """Say whether both have the same fields, formulas, code, tags and addresses."""
    formatted = bool(_PERCENT.search(_OBJECTS.sub("", english).replace("%%", "")))
    want, have = _fixed(english, formatted), _fixed(translation, formatted)
    missing = want - have
    spelled = one and all(part.startswith(("{", "%(")) for part in missing)
    return not have - want and (spelled or not missing)


def _fixed(text: str, formatted: bool) -> Counter[str]:
    plain = _OBJECTS.sub("\ufffc", text)
    percents = _PERCENT.findall(plain.replace("%%", ""))
    stray = _PERCENT.sub("", plain.replace("%%", "")).count("%") if formatted else 0
    return Counter(
        [
            *_OBJECTS.findall(text),
            *_FIELDS.findall(plain),
            *percents,
            *["%"] * stray,
            *_ADDRESS.findall(text),
            *_TAG.findall(_unescaped(plain)),
        ]
    )


def _opens_nothing(english: str, translation: str) -> bool:
    """Say whether no mark, template or script of its own stands in a translation."""
    bare = _TAG.sub("", _FIELDS.sub("", _OBJECTS.sub("\ufffc", translation)))
    script = _SCRIPT.search(_unescaped(translation)) and not _SCRIPT.search(english)
    return (
        all(mark in english for mark in _MARKS if mark in bare)
        and not script
        and len(_TEMPLATE.findall(_spelled(translation)))
        <= len(_TEMPLATE.findall(_spelled(english)))
        and not _begins_badly(english, translation, bare)
    )


def _begins_badly(english: str, translation: str, bare: str) -> bool:
    """Say whether a figure's legend or a code cell's comment would obey the text."""
    hidden = bare.startswith("_") and not english.startswith("_")
    obeyed = _OBEYED.match(translation.lstrip()) and not _OBEYED.match(english)
    cookie = _COOKIE.search(translation) and not _COOKIE.search(english)
    return hidden or bool(obeyed or cookie)


def _templates(text: str) -> int:
    return len(_TEMPLATE.findall(_spelled(text)))


def _spelled(text: str) -> str:
    """Return the text with what its entities spell behind it."""
    spelled = _unescaped(text)
    return text if spelled == text else text + spelled


def _unescaped(text: str) -> str:
    return html.unescape(html.unescape(text))
