"""Let one command at a time write into a book's `_build`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_PATIENCE = 0.2  # seconds before a waiting command says for whom it waits


@contextmanager
def sole_writer(root: Path) -> Iterator[None]:
    """Wait, and say for whom, until no other command writes into `_build`; then hold it.

    The system frees the lock of a process that has died, however it died.
    """
    folder = root / "_build"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock", thread_local=False)
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        print(f"waiting for {_holder(folder)}, which builds this book (Ctrl+C: stop)", flush=True)
        lock.acquire()
    try:
        _note(folder).write_text(_introduction(), encoding="utf-8")
        yield
    finally:
        lock.release()


def _note(folder: Path) -> Path:
    return folder / "lock.holder"


def _introduction() -> str:
    command = " ".join(["python -m booktools", *sys.argv[1:]])
    return f"process {os.getpid()} ({command[:200]}, since {time.strftime('%H:%M:%S')})"


def _holder(folder: Path) -> str:
    try:
        return _note(folder).read_text(encoding="utf-8", errors="replace") or "another command"
    except OSError:
        return "another command"
