"""A forked kernel is like any other: its own environment, folder, modules and random numbers."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import nbformat
import pytest
from forked_kernels import own_paths
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

pytestmark = pytest.mark.usefixtures("forked_kernels")


def printed(folder: Path, source: str) -> Any:
    """Run a cell in a kernel of its own; return what it prints."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return "".join(output["text"] for output in notebook.cells[0].outputs)


def test_it_has_the_environment_and_the_folder_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "mine"))
    monkeypatch.setenv("SAID", "here")
    seen = printed(
        tmp_path, "import os, sys; print(os.environ['SAID'], os.getcwd(), *sys.path, sep='\\n')"
    )
    said, folder, *paths = seen.splitlines()
    assert (said, folder) == ("here", os.path.realpath(tmp_path))
    assert [path for path in paths if path] == [str(tmp_path / "mine"), *own_paths()]


def test_nothing_of_this_repository_is_loaded_in_it(tmp_path: Path) -> None:
    ours = {"vanishing", "booktools", "conftest", "small_book"}
    assert printed(tmp_path, f"import sys; print({ours} & {{*sys.modules}})") == "set()\n"


def test_two_draw_other_random_numbers(tmp_path: Path) -> None:
    source = "import random, numpy; print(random.random(), numpy.random.random())"
    first, second = (printed(tmp_path, source).split() for _time in range(2))
    assert all(one != other for one, other in zip(first, second, strict=True))


def test_one_that_dies_is_noticed_and_the_tests_live_on(tmp_path: Path) -> None:
    with pytest.raises(DeadKernelError):
        printed(tmp_path, f"import os; os.killpg(0, {int(signal.SIGKILL)})")
