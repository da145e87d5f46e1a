"""Build languages in processes of their own, which end with the one that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from pathlib import Path
from threading import Thread

import psutil

from booktools.library import Painter
from booktools.progress import Display

AT_ONCE = 2  # languages
INTERRUPTED = 130
READY = "what the cells show is ready"  # said by the first build: the others may begin
_GO = "build\n"
# Kernels log this themselves on every start; ours listen on this machine only.
_NOISE = ("Kernel is running over TCP without encryption",)


@dataclass(frozen=True)
class Outcome:
    """What became of one language's build: its exit code and everything it printed."""

    code: str
    exit_code: int
    log: Sequence[str]


def build_apart(
    root: Path,
    code: str,
    *,
    processes: int | None = None,
    display: Display | None = None,
    heard: Callable[[str], None] = lambda _line: None,
) -> Outcome:
    """Build one language in a process of its own, passing on what it prints.

    processes: how many further ones it may start at once, by default one per processor.
    display: where several languages share one. heard: called with every line.
    """
    display = display or Display()
    worker = start_worker(root, code, processes=processes)
    release(worker)
    log = []
    for line in output(worker):
        heard(line)
        if display.show(code, line):
            log.append(line)
    display.end(code)
    exit_code = worker.wait()
    path = root / "_build/log" / f"{code}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(log) + "\n", encoding="utf-8")
    return Outcome(code, exit_code, log)


def times_path(root: Path, code: str) -> Path:
    """Return the file in which a build leaves how long it took."""
    return root / "_build/log" / f"{code}.json"


def start_worker(
    root: Path, code: str, *, processes: int | None = None, painter: Painter | None = None
) -> subprocess.Popen[str]:
    """Start a process that loads the tools and waits for `release` before it builds a language.

    painter: whom it may ask. The terminal's Ctrl+C does not reach it: its parent decides.
    """
    at_once = str(processes or os.cpu_count() or 1)
    return subprocess.Popen(
        [sys.executable, "-m", "booktools.build_language", str(root), code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={
            **own_places(root),
            **os.environ,
            "PYTHONIOENCODING": "utf-8",
            "BOOKTOOLS_PROCESSES": at_once,
            **(painter.address if painter else {}),
        },
        pass_fds=painter.files if painter else (),
        start_new_session=True,
    )


def own_places(root: Path) -> dict[str, str]:
    """Return where kernels keep their files: beside the book, not among the user's."""
    folder = root.absolute() / "_build/cache"
    names = {
        "IPYTHONDIR": "ipython",
        "JUPYTER_RUNTIME_DIR": "jupyter",
        "MPLCONFIGDIR": "matplotlib",
    }
    return {variable: str(folder / name) for variable, name in names.items()}


def output(worker: subprocess.Popen[str]) -> Iterator[str]:
    """Yield what a worker prints, line by line, until it ends."""
    for line in worker.stdout or ():
        if not any(noise in line for noise in _NOISE):
            yield line.rstrip()
    if worker.stdin:
        worker.stdin.close()


def release(worker: subprocess.Popen[str]) -> None:
    """Let a waiting worker build; one whose parent ends instead ends as well."""
    if worker.stdin:
        worker.stdin.write(_GO)
        worker.stdin.flush()


def end(worker: subprocess.Popen[str]) -> None:
    """End a worker and the kernels that it has started, whatever it is doing."""
    if worker.stdin:
        worker.stdin.close()
    try:
        worker.wait(timeout=1)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def wait_for_release() -> bool:
    """Wait in a worker until it may build; then end as soon as standard input does."""
    if sys.stdin.readline() != _GO:
        return False
    Thread(target=_end_with_input, daemon=True).start()
    return True


def _end_with_input() -> None:
    while os.read(0, 1):  # not through sys.stdin, whose lock would be held when Python ends
        pass
    end_descendants()
    os._exit(INTERRUPTED)


def follow_parent() -> None:
    """Make a process of a pool end when the process that started it does, not at Ctrl+C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if parent := parent_process():
        Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(INTERRUPTED)


@contextmanager
def ending_together() -> Iterator[None]:
    """End every process below this one, kernels too, when the user interrupts."""
    try:
        yield
    except KeyboardInterrupt:
        end_descendants()
        raise


def end_descendants() -> None:
    """Kill all processes below this one."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()
