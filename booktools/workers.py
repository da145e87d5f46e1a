"""Build languages in processes of their own, and pass on what they print."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Kernels log this themselves on every start; ours listen on this machine only.
_NOISE = ("Kernel is running over TCP without encryption",)


@dataclass(frozen=True)
class Outcome:
    """What became of one language's build: its exit code and everything it printed."""

    code: str
    exit_code: int
    log: Sequence[str]


def build_apart(root: Path, code: str, *, backwards: bool = False) -> Outcome:
    """Build one language in a process of its own, passing on what it prints."""
    process = start_worker(root, code, backwards=backwards)
    release(process)
    log = []
    for line in output(process):
        log.append(line)
        print(f"[{code}] {line}", flush=True)
    path = root / "_build/log" / f"{code}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(log) + "\n", encoding="utf-8")
    return Outcome(code, process.wait(), log)


def start_worker(root: Path, code: str, *, backwards: bool = False) -> subprocess.Popen[str]:
    """Start a process that loads the tools and waits for `release` before it builds a language."""
    order = ["backwards"] if backwards else []
    return subprocess.Popen(
        [sys.executable, "-m", "booktools.build", str(root), code, *order],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


def output(worker: subprocess.Popen[str]) -> Iterator[str]:
    """Yield what a worker prints, line by line, until it ends."""
    for line in worker.stdout or ():
        if not any(noise in line for noise in _NOISE):
            yield line.rstrip()


def release(worker: subprocess.Popen[str]) -> None:
    """Let a waiting worker build; one whose parent ends instead ends as well."""
    if worker.stdin:
        worker.stdin.write("build\n")
        worker.stdin.close()
