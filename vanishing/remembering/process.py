"""A process of its own for what is computed: nobody else's cell reaches it, nor it theirs."""

import atexit
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any, cast

from vanishing.progress import observer
from vanishing.remembering.calls import Call, directly
from vanishing.remembering.wire import Closed, receive, send, wait_for_begin

ROOT = str(Path(__file__).parents[2])
PATIENCE = 3.0  # seconds for a stopped computation to end; a new process costs as much
MOMENT = 0.2  # seconds after which Ctrl-C is heard at the latest
# What an import prints must not meet the answers.
START = (
    "import json, os, sys; answers = os.dup(1); os.dup2(2, 1); "
    "sys.path[:] = json.loads(sys.argv[1]); "
    "from vanishing.remembering.worker import main; main(answers)"
)
KILLED = (
    "was killed, as a system does that runs out of memory: close other notebooks and programs "
    "before you compute this again"
)


@dataclass(frozen=True)
class Request:
    """Ask for a call; ``path`` and ``environment`` are those of whoever asks."""

    number: int
    call: Call
    watched: bool
    path: list[str]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """Tell what became of a request: a kind and what belongs to it."""

    kind: str
    number: int
    content: Any = None


class _Ended(Exception):  # noqa: N818, it may end because it was idle
    """The process has ended without an answer; ``reason`` is empty where that is no trouble."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class _RemoteTraceback(Exception):  # noqa: N818, the cause of an error, shown above it
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"\n{self.text}"


class Worker:
    """Start a process and hand calls to it, one at a time."""

    def __init__(self) -> None:
        """Start the process; it is not waited for."""
        if not sys.executable:
            raise RuntimeError("sys.executable must name Python, got nothing: run this in Python")
        self._noise = tempfile.TemporaryFile()  # noqa: SIM115, open as long as the process is
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, json.dumps(_path())],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._requests = cast(RawIOBase, self._process.stdin)
        self._answers = cast(RawIOBase, self._process.stdout)
        self._number = 0
        self._ready = False
        self._trouble = ""
        self._arrived: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def compute(self, call: Call) -> str:
        """Return the result as JSON; hand on warnings, progress and exceptions.

        Raises ``_Ended`` where the process ends first, and what the observer raises.
        """
        watch = observer.get()
        self._number += 1
        try:
            environment = {k: v for k, v in os.environ.items() if k.startswith("VANISHING_")}
            request = Request(self._number, call, watch is not None, _path(), environment)
            send(self._requests, request)
            self._wait_for_start()
            return self._follow(watch)
        except Closed:
            raise self._ended() from None
        except BaseException:
            with suppress(Closed):
                send(self._requests, self._number)
            raise

    def end(self) -> None:
        """End the process, whatever it does."""
        with suppress(OSError):
            self._requests.close()
        self._process.kill()
        self._process.wait()
        self._listener.join(1)
        with suppress(OSError):
            self._answers.close()
        self._noise.close()

    def leave(self) -> None:
        """Let go of a process that belongs to another one, from which this one was forked."""
        self._requests.close()
        self._answers.close()
        self._process.returncode = 0

    def _listen(self) -> None:
        try:
            wait_for_begin(self._answers)
            while True:
                self._arrived.put(receive(self._answers))
        except Closed:
            pass
        except Exception as error:
            self._trouble = f"answered what cannot be read ({type(error).__name__}: {error})"
            self._process.kill()
        self._arrived.put(None)

    def _wait_for_start(self) -> None:
        """Wait until an earlier, stopped computation has ended, or end it with the process."""
        asked = time.monotonic()
        while True:
            answer = self._next()
            if answer and answer.kind == "ready":
                self._ready, asked = True, time.monotonic()
            elif answer and answer.number == self._number:
                return
            if self._ready and time.monotonic() - asked > PATIENCE:
                raise _Ended

    def _follow(self, watch: Callable[[int, int], None] | None) -> str:
        while True:
            answer = self._next()
            if answer is None or answer.number != self._number:
                continue
            if answer.kind == "progress" and watch:
                watch(*answer.content)
            elif answer.kind == "warned":
                _warn_again(*answer.content)
            elif answer.kind == "raised":
                error, text = answer.content
                raise error from _RemoteTraceback(text)
            elif answer.kind == "outdated":
                raise _Ended(
                    "holds other code than its parent: the files of the package have changed "
                    "since they were imported; restart Python, or the kernel of this notebook"
                )
            elif answer.kind == "result":
                return str(answer.content)

    def _next(self) -> Answer | None:
        """Return the next answer, or ``None`` where there is none for a moment."""
        try:
            answer = self._arrived.get(timeout=MOMENT)
        except queue.Empty:
            return None
        if answer is None:
            raise self._ended()
        return answer

    def _ended(self) -> _Ended:
        code = self._process.wait()
        if code == 0 or self._trouble:
            return _Ended(self._trouble)
        if code == -getattr(signal, "SIGKILL", 9):
            return _Ended(KILLED)
        self._noise.seek(0)
        lines = self._noise.read().decode(errors="replace").strip().splitlines()
        return _Ended(f"ended with status {code}: {lines[-1] if lines else 'it said nothing'}")


_lock = threading.RLock()
_worker: Worker | None = None
_inside = False
_closed = False


def compute(call: Call) -> str:
    """Return the result of a call as JSON, computed by the process for that; here, where it is it.

    The process is started where there is none, and stays for the next call. One that ends by itself
    is started once more.

    Raises what the call raises, ``RuntimeError`` where the process ends twice, and what the
    ``observer`` of ``vanishing.progress`` raises: the computation is then stopped.
    """
    if _inside:
        return directly(call)
    with _lock:
        for attempt in (1, 2):
            try:
                return _running().compute(call)
            except _Ended as ended:
                if _closed:
                    raise SystemExit from None  # Python ends, and this thread with it
                end()
                reason = ended.reason
            if attempt == 1 and reason:
                message = f"the process that computes {call.function} {reason}; once more now"
                warnings.warn(message, RuntimeWarning, stacklevel=3)
        raise RuntimeError(f"the process that computes {call.function} {reason}")


def end() -> None:
    """End the process for computations, if there is one; the next call starts another."""
    global _worker
    if _worker:
        _worker.end()
    _worker = None


def close() -> None:
    """End the process for good, as Python ends."""
    global _closed
    _closed = True
    end()


def stay_here() -> None:
    """Make this process the one that computes."""
    global _inside
    _inside = True


def is_inside() -> bool:
    """Say whether this process is the one that computes."""
    return _inside


def _running() -> Worker:
    global _worker
    if _worker is None:
        _worker = Worker()
    return _worker


def _forget() -> None:
    """Have no process after a fork: the parent's is the parent's."""
    global _lock, _worker
    _lock = threading.RLock()
    if _worker:
        _worker.leave()
    _worker = None


def _path() -> list[str]:
    """Return where Python looks for modules, and where it found this package at first."""
    return [*(str(Path(entry).absolute()) for entry in sys.path), ROOT]


def _warn_again(message: Any, category: type[Warning], file: str, line: int) -> None:
    """Give a warning of the other process here, where the reader's own filters decide."""
    modules = (one for one in list(sys.modules.values()) if getattr(one, "__file__", None) == file)
    module = next(modules, None)
    registry = vars(module).setdefault("__warningregistry__", {}) if module else None
    name = module.__name__ if module else None
    warnings.warn_explicit(message, category, file, line, module=name, registry=registry)


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
