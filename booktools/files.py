"""Keep values in files: whole or not at all, and known to be as they were written."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: str | bytes) -> None:
    """Replace a file: another process sees the old content or the new, never a part."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def write_changed(path: Path, content: str | bytes) -> bool:
    """Replace a file, whole or not at all, where its content differs; say whether it did."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return False
    write_whole(path, data)
    return True


def keep(path: Path, value: Any) -> None:
    """Keep a value as JSON, below its digest."""
    text = json.dumps(value, ensure_ascii=False)
    write_whole(path, f"{_digest(text)}\n{text}")


def kept(path: Path) -> Any:
    """Return what a file keeps; None where there is none, or it is not as it was written."""
    try:
        digest, _line, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    return json.loads(text) if digest == _digest(text) else None


def made_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the bytes that a file keeps; make them where there is none, or it is damaged."""
    text = kept(path)
    if text is None:
        text = b64encode(make()).decode()
        keep(path, text)
    return b64decode(text)


def digest_of(path: Path) -> str:
    """Return the digest of what a file keeps, as its first line has it."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline().strip()
    except (OSError, ValueError):
        return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
