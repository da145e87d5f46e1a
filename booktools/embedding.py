"""Put a stranger's text into files of other kinds, so that it stays a text there."""

from __future__ import annotations

import json
import re
import unicodedata

_LAST_OF_PLANES = "".join(f"{chr(end - 1)}{chr(end)}" for end in range(0xFFFF, 0x110000, 0x10000))
_REFUSED = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_LAST_OF_PLANES}]"
)
_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
_FORMULA = frozenset("=+-@\u2212")  # as they are, or full-width, small or raised
_QUOTES = frozenset("\"'`´\ufffd")


def cleaned(text: str) -> str:
    """Return a text in which U+FFFD stands for what XML, SQLite and UTF-8 files cannot hold.

    These are control characters, lone surrogates and noncharacters.
    """
    return _REFUSED.sub("\ufffd", text)


def script_json(value: object) -> str:
    """Return JSON that may stand in an HTML script: nothing in it ends the script."""
    return json.dumps(value, ensure_ascii=False).translate(_SCRIPT)


def spreadsheet_cell(text: str) -> str:
    """Return a text in one line that no spreadsheet takes for a formula: an apostrophe marks it.

    A semicolon divides cells where a comma is the decimal sign, so what follows one counts too.
    """
    parts = " ".join(cleaned(text).splitlines()).replace("\t", " ").split(";")
    return ";".join(f"'{part}" if _starts_formula(part) else part for part in parts)


def _starts_formula(text: str) -> bool:
    for character in text:
        if unicodedata.normalize("NFKC", character)[:1] in _FORMULA:
            return True
        if not _is_skipped(character):
            return False
    return False


def _is_skipped(character: str) -> bool:
    """Say whether a spreadsheet may drop the character before it looks for a formula."""
    return character in _QUOTES or unicodedata.category(character) in (
        "Cc", "Cf", "Zs", "Zl", "Zp", "Pi", "Pf", "Mn",
    )  # fmt: skip
