"""Run All in a kernel that remembers nothing prints the book's numbers, while the sliders train."""

import os
import textwrap
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
# Their cells draw random numbers right behind an explorer that trains.
CHAPTERS = ("chain-rule", "initialization")


@pytest.fixture(autouse=True)
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let kernels find this library, train for readers, and remember nothing of other tests."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VANISHING_RESULTS", "none")
    monkeypatch.delenv("VANISHING_STATIC", raising=False)
    monkeypatch.delenv("VANISHING_LANGUAGE", raising=False)


def run(notebook: Any) -> list[tuple[str, str]]:
    """Run a notebook; return each code cell with the text that it shows."""
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [(cell.source, "".join(map(_text, cell.outputs))) for cell in cells]


def _text(output: Any) -> str:
    return output.get("text") or output.get("data", {}).get("text/plain", "")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_cold_run_prints_what_a_run_prints_that_remembers_everything(chapter: str) -> None:
    path = ROOT / f"notebooks/en/course/{chapter}.ipynb"
    cold, warm = (run(nbformat.read(path, as_version=4)) for _time in range(2))
    assert cold == warm


def cells(*sources: str) -> list[str]:
    """Run cells in a kernel; return what each prints."""
    code = [nbformat.v4.new_code_cell(textwrap.dedent(source)) for source in sources]
    return [text.strip() for _source, text in run(nbformat.v4.new_notebook(cells=code))]


EXPLORER = """
    import threading, time, matplotlib, torch
    from vanishing import SIGMOID, explore, figures, train

    def show(depth=20, seed=0):
        assert threading.current_thread() is threading.main_thread()
        run = train(SIGMOID.at(depth=depth, seed=seed, epochs=20))
        torch.rand(1)
        return figures.draw_runs([run], step=0)

    explorer = explore(show, depth=[2, 20], seed=[0, 1, 2, 3])
    live = explorer.live
    explorer
"""


@pytest.mark.usefixtures("forked_kernels")
def test_the_first_figure_is_there_before_the_cell_ends() -> None:
    _, shown = cells(EXPLORER, "print('<svg' in live.view.value, live._worker.is_alive())")
    assert shown == "True False"


@pytest.mark.usefixtures("forked_kernels")
def test_a_cell_meets_nothing_of_a_slider_that_trains_and_draws() -> None:
    """A figure that must be trained is drawn between two cells, never while one runs."""
    _, _, looks, _, changed, at_once = cells(
        EXPLORER,
        "before = live.view.value; live.sliders[1].value = 1",
        """
            def seen():
                return str((torch.get_rng_state().sum().item(), dict(matplotlib.rcParams),
                            torch.get_default_dtype(), torch.get_num_threads()))
            torch.manual_seed(3)
            first, looks, until = seen(), set(), time.monotonic() + 60
            while live._main._waiting.empty() and time.monotonic() < until:
                looks.add(seen())
            print(looks == {first}, live._main._waiting.qsize(), live.view.value == before)
        """,
        "import asyncio\nawait asyncio.sleep(1)",
        "print(live.view.value != before)",
        """
            live.sliders[1].value = 0
            print(live.view.value == before)
        """,
    )
    assert looks == "True 1 True"
    assert changed == "True"
    assert at_once == "True"


@pytest.mark.usefixtures("forked_kernels")
def test_a_newer_value_wins_and_waiting_in_a_cell_is_no_deadlock() -> None:
    _, shown = cells(
        EXPLORER,
        """
            for seed in (1, 2, 3):
                live.sliders[1].value = seed
            live.wait()
            newest = live.view.value
            live.sliders[1].value = 3
            print(live.view.value == newest, live._worker.is_alive())
        """,
    )
    assert shown == "True False"


def said(client: Any, message: str) -> list[dict[str, Any]]:
    """Return what a kernel says to a request before it is idle again: all that Colab shows."""
    heard = []
    while True:
        reply = client.get_iopub_msg(timeout=120)
        if reply["parent_header"].get("msg_id") != message:
            continue
        if reply["content"].get("execution_state") == "idle":
            return heard
        heard.append(reply["content"])


@pytest.mark.usefixtures("forked_kernels")
def test_a_front_end_that_drops_what_an_idle_kernel_sends_shows_every_figure() -> None:
    manager, client = start_new_kernel(cwd=str(ROOT))
    try:
        said(client, client.execute("import sys; sys.modules['google.colab'] = sys"))
        two = EXPLORER.replace("20", "2").replace("[run]", "[run, train(SIGMOID.at(seed=seed))]")
        said(client, client.execute(textwrap.dedent(two)))
        names = "print(live.view.model_id, live.sliders[1].model_id)"
        (printed,) = [one for one in said(client, client.execute(names)) if "text" in one]
        view, slider = printed["text"].split()
        moved = {"method": "update", "state": {"index": 1}, "buffer_paths": []}
        message = client.session.msg("comm_msg", {"comm_id": slider, "data": moved})
        client.shell_channel.send(message)
        states = [
            one["data"]["state"]
            for one in said(client, message["header"]["msg_id"])
            if one.get("comm_id") == view
        ]
        values = [state["value"] for state in states]
        assert [value.count("<svg") for value in values] == [1, 1]
        first, whole = (value.count("sigmoid") for value in values)
        assert first < whole  # a line is shown before the next one is computed
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
