"""Tell what a build left complete from what a fault has damaged, cut off or brought in."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

_TOOLS = ("sphinx", "docutils", "myst-nb", "myst-parser")


@dataclass(frozen=True)
class Seal:
    """The digests of the files in some folders, as the last run left them."""

    record: Path
    folders: Sequence[Path]

    def mend(self) -> str | None:
        """Remove the files where one is not as the last run left it; return the reason."""
        reason = self.fault()
        if reason:
            for folder in self.folders:
                _remove(folder)
        return reason

    def open(self) -> None:
        """Forget the record: until `close`, the files are in the making."""
        self.record.unlink(missing_ok=True)

    def close(self) -> None:
        """Record the files as they are now."""
        self.record.parent.mkdir(parents=True, exist_ok=True)
        partial = self.record.with_suffix(".partial")
        partial.write_text(json.dumps({"tools": _tools(), "files": self._digests()}))
        partial.replace(self.record)

    def fault(self) -> str | None:
        """Say why the files cannot stay, or None."""
        if not self._files():
            return None
        try:
            tools, changed = self._known("tools"), self.changed()
        except (OSError, ValueError, KeyError, TypeError):
            return "the run that began them did not end"
        if tools != _tools():
            return "other versions of the tools wrote them"
        return f"{changed[0]} is not as it was written" if changed else None

    def changed(self) -> Sequence[str]:
        """Name the files that are gone, or not as the last run left them."""
        now = self._digests()
        known = dict(self._known("files"))
        return [name for name, digest in known.items() if now.get(name) != digest]

    def _known(self, what: str) -> Any:
        return json.loads(self.record.read_text(encoding="utf-8"))[what]

    def _files(self) -> list[Path]:
        found = (path for folder in self.folders for path in folder.rglob("*"))
        return sorted(path for path in found if path.is_file() or path.is_symlink())

    def _digests(self) -> dict[str, str]:
        base = self.record.parent.parent
        return {path.relative_to(base).as_posix(): _digest(path) for path in self._files()}


def _digest(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


def _tools() -> list[str]:
    return [sys.version, *(f"{name} {version(name)}" for name in _TOOLS)]


def _remove(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
