"""Kernels forked from a process that has loaded what others wrote: they start at once.

Each has its own environment, folder, path of modules and random numbers, as any kernel; nothing of
this repository is loaded before it is forked.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

LOADED = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipywidgets", "torch",
    "matplotlib.figure", "matplotlib.backends.backend_svg", "sklearn.datasets", "scipy.stats",
    "babel", "cattrs",
)  # fmt: skip


class Kernel:
    """A forked kernel, as jupyter_client knows the processes that it starts itself."""

    stdin = stdout = stderr = None

    def __init__(self, command: Sequence[str], env: Mapping[str, str], cwd: str | None) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(LOADED))
        heard, told = context.Pipe(duplex=False)
        paths = [*filter(None, env.get("PYTHONPATH", "").split(os.pathsep)), *own_paths()]
        arguments = (list(command[command.index("-f") :]), dict(env), paths, cwd or ".", told)
        self._process = context.Process(target=_run, args=arguments)
        self._process.start()
        heard.recv()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid or 0, number)

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()


def start(command: Sequence[str], *, env: Mapping[str, str], cwd: Any = None, **_: Any) -> Kernel:
    """Take the place of jupyter_client's `launch_kernel`."""
    return Kernel(command, env, None if cwd is None else str(cwd))


@cache
def own_paths() -> Sequence[str]:
    """Return where an interpreter that nobody tells anything looks for modules."""
    command = [sys.executable, "-I", "-c", "import json, sys; print(json.dumps(sys.path))"]
    paths: list[str] = json.loads(subprocess.check_output(command))
    return paths


def _run(
    arguments: list[str], env: dict[str, str], paths: list[str], cwd: str, told: Connection
) -> None:
    os.setsid()
    told.send("begun")
    told.close()
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.path[:] = paths
    import matplotlib as mpl
    import numpy
    from ipykernel.kernelapp import launch_new_instance

    numpy.random.seed()
    inline = "module://matplotlib_inline.backend_inline"  # what a kernel tells matplotlib
    mpl.rcParams["backend"] = env.get("MPLBACKEND") or inline
    launch_new_instance(argv=arguments)
