"""Tell which code is at work, so that what other code has made is made anew."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_READERS = ("babel", "markdown-it-py", "math-core", "myst-parser")  # what catalogues are read with


@cache
def tools_version() -> str:
    """Return a digest of this package's code and of the versions of what reads for it."""
    digest = hashlib.sha256("".join(map(version, _READERS)).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
