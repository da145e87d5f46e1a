"""Cut a font down to the characters that are shown."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from booktools.files import made_once

CACHE = "_build/cache/styles"  # where a book's builds keep what they have cut down

logging.getLogger("fontTools").setLevel(logging.WARNING)


def subset(path: Path, characters: Iterable[str], features: Sequence[str] = ()) -> bytes:
    """Return the font cut down to these characters and what its features make of them, as WOFF2."""
    options = Options(
        flavor="woff2", layout_features=list(features), notdef_outline=True, desubroutinize=True
    )
    font = TTFont(path, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[ord(character) for character in characters])
    subsetter.subset(font)
    font.flavor = "woff2"
    target = BytesIO()
    font.save(target)
    return target.getvalue()


def subset_once(
    path: Path, characters: Iterable[str], features: Sequence[str], folder: Path
) -> bytes:
    """Return the same, and keep it in the folder for the next time."""
    shown = "".join(sorted(set(characters)))
    digest = hashlib.sha256(path.read_bytes() + shown.encode() + repr(features).encode())
    kept = folder / f"{digest.hexdigest()[:24]}.json"
    return made_once(kept, lambda: subset(path, shown, features))
