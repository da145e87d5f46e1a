"""What is computed is computed apart: it meets nobody's settings, and nobody meets its own."""

import importlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy
import psutil
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from vanishing import load_digits, train
from vanishing.experiment import RELU, SIGMOID
from vanishing.progress import Cancelled, observer
from vanishing.remembering import keys, process
from vanishing.remembering.calls import directly

ROOT = Path(process.__file__).parents[2]
SMALL = RELU.at(depth=2, width=8, epochs=1)
PROBE = """
import os, signal, sys, time, warnings
from pathlib import Path
import numpy, torch
from vanishing.progress import report
from vanishing.remembering import remembered

class Odd(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")

@remembered
def settings(number: int = 0) -> list[str]:
    drawn = torch.rand(3).tolist()
    return [str(drawn), str(torch.get_default_dtype()), str(torch.get_num_threads()),
            str(torch.are_deterministic_algorithms_enabled()), str(torch.is_grad_enabled()),
            str(torch.is_inference_mode_enabled()), str(torch.is_autocast_enabled()),
            str(torch.tensor(1e-40).mul(1).item()), str(torch.empty(0).device)]

@remembered
def draws(number: int) -> list[float]:
    return [time.sleep(0.001) or torch.rand(1).item() for _ in range(50)]

@remembered
def pid(number: int = 0) -> int:
    return os.getpid()

@remembered
def outer(number: int) -> tuple[int, int]:
    return os.getpid(), pid(number + 1000)

@remembered
def long(number: int, pause: float = 0.01) -> int:
    for step in range(2000):
        report(step, 2000)
        time.sleep(pause)
    return number

@remembered
def deaf(number: int) -> int:
    report(0, 2)
    time.sleep(60)
    return number

@remembered
def noisy(number: int) -> int:
    print("to stdout")
    os.write(1, b"to descriptor 1")
    sys.stdin.read()
    warnings.warn("careful", DeprecationWarning)
    return number

@remembered
def wrong(kind: str) -> int:
    error = {"value": ValueError("depth must be at most 200"), "odd": Odd(1, 2),
             "exit": SystemExit(3), "interrupt": KeyboardInterrupt()}[kind]
    error.add_note("in the probe")
    raise error

@remembered
def dies(mark: str, number: int, times: int) -> int:
    deaths = len(Path(mark).read_text()) if Path(mark).exists() else 0
    if deaths < times:
        Path(mark).write_text("x" * (deaths + 1))
        os.kill(os.getpid(), number) if number else os._exit(7)
    return deaths
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a small measuring module, on the path of this module's tests."""
    folder = tmp_path_factory.mktemp("probe")
    (folder / "probe_apart.py").write_text(PROBE)
    return folder


@pytest.fixture
def probe(folder: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import the measuring module; nothing is remembered yet."""
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module("probe_apart")


@pytest.fixture
def watched() -> Iterator[Callable[[Callable[[int, int], None]], None]]:
    """Let a test watch what is computed."""
    tokens = []
    yield lambda watch: tokens.append(observer.set(watch))
    for token in reversed(tokens):
        observer.reset(token)


def test_it_computes_in_one_process_that_stays(probe: Any) -> None:
    assert probe.pid(1) == probe.pid(2) != os.getpid()


def test_a_call_within_a_call_is_computed_there_and_remembered_too(probe: Any) -> None:
    outer, inner = probe.outer(1)
    assert outer == inner == probe.pid(1001)


def test_the_settings_are_those_of_the_library_whatever_the_readers_are(probe: Any) -> None:
    expected = probe.settings(0)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(threads + 1)
    torch.use_deterministic_algorithms(True)
    torch.set_default_device("meta")
    try:
        with torch.inference_mode(), torch.autocast("cpu"):
            assert probe.settings(1) == expected
    finally:
        torch.set_default_device(None)
        torch.use_deterministic_algorithms(False)
        torch.set_num_threads(threads)
        torch.set_default_dtype(torch.float32)
    assert expected[1:] == [
        "torch.float32", "1", "False", "True", "False", "False", "0.0", "cpu"
    ]  # fmt: skip


def test_the_numbers_are_those_that_the_code_gives_in_any_process(own_cache: Path) -> None:
    experiment = SIGMOID.at(depth=3, epochs=2)
    run = train(experiment)
    code = keys.code_version(Path(sys.modules[train.__module__].__file__ or ""))
    call = process.Call(train.__module__, "train", "", code, (experiment,), {})
    assert json.loads(directly(call))["losses"] == list(run.losses)


def test_nothing_of_it_is_seen_by_another_thread(probe: Any) -> None:
    """Look at everything that it could change, again and again, while it computes."""

    def seen() -> str:
        return repr(
            (
                torch.get_rng_state().sum().item(),
                numpy.random.get_state()[1][:3].tolist(),
                torch.get_default_dtype(),
                torch.get_num_threads(),
                torch.tensor(1e-40).mul(1).item() > 0,
                warnings.filters[:],
                dict(os.environ),
            )
        )

    before = seen()
    thread = threading.Thread(target=lambda: (train(SMALL.at(seed=5)), probe.settings(5)))
    thread.start()
    looks = set()
    while thread.is_alive():
        looks.add(seen())
    assert looks == {before}


def plain_network(depth: int) -> nn.Sequential:
    layers = [part for _ in range(depth) for part in (nn.Linear(64, 64), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(64, 10))


def exercise() -> float:
    """Train as the book's exercises do: seeded, with the global random state."""
    digits = load_digits()
    torch.manual_seed(0)
    network = plain_network(depth=3)
    optimizer = torch.optim.SGD(network.parameters(), 0.05, momentum=0.9)
    for _epoch in range(5):
        for batch in torch.randperm(1500).split(100):
            optimizer.zero_grad()
            scores = network(digits.train_inputs[batch])
            torch.autograd.backward(cross_entropy(scores, digits.train_targets[batch]))
            optimizer.step()
    return network.get_parameter("0.weight").sum().item()


def test_a_seeded_exercise_gives_the_same_while_a_slider_trains(own_cache: Path) -> None:
    alone = exercise()
    runs = [SMALL.at(seed=seed) for seed in range(100)]  # each begins and ends under its own seed
    slider = threading.Thread(target=lambda: [train(experiment) for experiment in runs])
    slider.start()
    found = []
    while slider.is_alive():
        found.append(exercise())
    assert set(found) == {alone}


def test_a_cell_that_draws_numbers_changes_no_measurement(probe: Any) -> None:
    expected, found = probe.draws(0), []
    thread = threading.Thread(target=lambda: found.extend(probe.draws(n) for n in range(1, 9)))
    thread.start()
    while thread.is_alive():
        torch.manual_seed(5)
        torch.randn(1000)
    assert found == [expected] * 8


def test_progress_arrives_step_by_step(own_cache: Path, watched: Any) -> None:
    heard: list[tuple[int, int]] = []
    watched(lambda done, of: heard.append((done, of)))
    train(SMALL)
    assert heard == [(step, 15) for step in range(16)]


def test_a_stopped_computation_costs_no_new_process(probe: Any, watched: Any) -> None:
    def stop(done: int, of: int) -> None:
        raise Cancelled

    before = probe.pid(1)
    watched(stop)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        probe.long(1)
    assert probe.pid(2) == before
    assert time.monotonic() - started < 1.5


def test_a_computation_that_does_not_stop_is_ended_with_its_process(
    probe: Any, watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, of: int) -> None:
        raise Cancelled

    monkeypatch.setattr(process, "PATIENCE", 0.5)
    before = probe.pid(1)
    watched(stop)
    with pytest.raises(Cancelled):
        probe.deaf(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert probe.pid(2) != before


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals between threads")
def test_ctrl_c_is_heard_at_once(probe: Any) -> None:
    probe.pid(1)
    timer = threading.Timer(0.5, signal.pthread_kill, (threading.get_ident(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        probe.long(1)
    assert time.monotonic() - started < 1.5
    assert probe.pid(2)


def test_an_error_comes_back_as_it_was(probe: Any) -> None:
    with pytest.raises(ValueError, match=r"^depth must be at most 200\nin the probe$") as caught:
        probe.wrong("value")
    assert caught.value.__notes__ == ["in the probe"]
    assert "probe_apart.py" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("kind", "error"), [("exit", SystemExit), ("interrupt", KeyboardInterrupt)]
)
def test_what_is_no_exception_comes_back_too(
    kind: str, error: type[BaseException], probe: Any
) -> None:
    before = probe.pid(1)
    with pytest.raises(error):
        probe.wrong(kind)
    assert probe.pid(2) == before


def test_an_error_that_cannot_travel_is_told_in_words(probe: Any) -> None:
    with pytest.raises(RuntimeError, match=r"^Odd: 1 and 2$"):
        probe.wrong("odd")


def test_a_warning_comes_back_as_it_was_and_nothing_is_printed(
    probe: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.warns(DeprecationWarning, match="^careful$") as caught:
        assert probe.noisy(1) == 1
    assert caught[0].filename == probe.__file__
    assert capfd.readouterr() == ("", "")


def test_the_readers_filters_decide_about_a_warning(probe: Any) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=DeprecationWarning, module="probe_apart")
        with pytest.raises(DeprecationWarning, match="careful"):
            probe.noisy(2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        assert probe.noisy(3) == 3
    assert caught == []


def test_a_process_that_dies_is_started_again_and_it_is_said(probe: Any, tmp_path: Path) -> None:
    with pytest.warns(RuntimeWarning, match="computes dies ended with status 7.*once more"):
        assert probe.dies(str(tmp_path / "mark"), 0, 1) == 1


def test_a_process_killed_for_memory_is_told_with_the_remedy(probe: Any, tmp_path: Path) -> None:
    with (
        pytest.warns(RuntimeWarning, match="was killed.*runs out of memory.*once more now"),
        pytest.raises(RuntimeError, match=r"computes dies was killed.*close other notebooks"),
    ):
        probe.dies(str(tmp_path / "mark"), int(signal.SIGKILL), 2)
    assert probe.pid(1)


def test_a_process_that_died_in_between_is_replaced(probe: Any) -> None:
    before = probe.pid(1)
    os.kill(before, signal.SIGTERM)
    time.sleep(0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert probe.pid(2) != before


def test_threads_share_the_process_and_get_their_own_answers(probe: Any) -> None:
    found: dict[int, int] = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: probe.long(n, 0.0)})) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: n for n in range(8)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_process_has_one_of_its_own(probe: Any) -> None:
    before = probe.pid(1)
    child = os.fork()
    if child == 0:
        other = probe.pid(2)
        process.end()
        os._exit(0 if other not in (before, os.getpid()) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert probe.pid(3) == before


def script(text: str, tmp_path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script without a guard around its last lines, in another folder."""
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(text))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}
    return subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120, check=False,
    )  # fmt: skip


def ends(pid: int) -> bool:
    """Wait until a process is gone, or dead and only not yet taken note of by its parent."""
    for _attempt in range(200):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.usefixtures("own_cache")
def test_a_script_without_a_guard_runs_once_and_leaves_no_process(
    tmp_path: Path, folder: Path
) -> None:
    text = """
        import probe_apart
        print("line of the script", flush=True)
        print(probe_apart.pid(1))
    """
    done = script(text, tmp_path, folder)
    assert done.stderr == ""
    line, number = done.stdout.splitlines()
    assert line == "line of the script"
    assert ends(int(number))


@pytest.mark.usefixtures("own_cache")
def test_it_finds_the_library_from_another_folder_than_the_one_python_started_in(
    tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "probe_apart.py").write_text(PROBE)
    (tmp_path / "vanishing").symlink_to(ROOT / "vanishing")
    text = """
        import os, sys
        sys.path.insert(0, "")
        import vanishing
        os.chdir("/")
        run = vanishing.train(vanishing.RELU.at(depth=2, width=8, epochs=1))
        print(run.steps[-1])
    """
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(text))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("15\n", "")


@pytest.mark.usefixtures("own_cache")
def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path, folder: Path) -> None:
    text = """
        import os, threading, time, probe_apart
        print(probe_apart.pid(1), flush=True)
        threading.Thread(target=probe_apart.deaf, args=(1,)).start()
        time.sleep(0.5)
        os.kill(os.getpid(), 9)
    """
    done = script(text, tmp_path, folder)
    assert done.returncode == -signal.SIGKILL
    assert ends(int(done.stdout))


@pytest.mark.usefixtures("own_cache")
def test_a_script_ends_while_something_is_computed(tmp_path: Path, folder: Path) -> None:
    text = """
        import threading, probe_apart
        from vanishing.progress import observer

        begun = threading.Event()

        def compute():
            observer.set(lambda done, of: begun.set())
            probe_apart.deaf(1)

        threading.Thread(target=compute, daemon=True).start()
        assert begun.wait(60)
    """
    done = script(text, tmp_path, folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_code_that_changed_since_it_was_imported_is_not_mixed_with_other_code(
    probe: Any, folder: Path
) -> None:
    file = folder / "probe_apart.py"
    keys.code_version(file)
    file.write_text(f"{PROBE}\nmore = 1\n")
    process.end()
    try:
        with (
            pytest.warns(RuntimeWarning, match="computes pid holds other code"),
            pytest.raises(RuntimeError, match=r"have changed since.*restart Python"),
        ):
            probe.pid(3)
    finally:
        file.write_text(PROBE)
        process.end()


def test_it_goes_when_nothing_is_asked_for_a_while(tmp_path: Path) -> None:
    code = process.START.replace("main(answers)", "main(answers, idle=0.2)")
    path = json.dumps([str(ROOT), *sys.path])
    idle = subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert idle.wait(60) == 0
    assert idle.stdin
    idle.stdin.close()


def test_what_an_import_prints_is_no_answer(
    probe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.end()
    (tmp_path / "comm.py").write_text("print('a module of the reader, in the way of another')")
    (tmp_path / "sitecustomize.py").write_text("print('told before anything else')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "probe_printing.py").write_text(PROBE.replace("import os,", "print(1); import os,"))
    printing = importlib.import_module("probe_printing")
    assert printing.pid(1) != os.getpid()
    process.end()


def test_an_answer_that_cannot_be_read_is_no_endless_wait(
    probe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(pipe: Any) -> object:
        raise MemoryError("too long")

    process.end()
    with monkeypatch.context() as patch:
        patch.setattr(process, "receive", unreadable)
        with (
            pytest.warns(RuntimeWarning, match=r"answered what cannot be read \(MemoryError: too"),
            pytest.raises(RuntimeError, match=r"computes pid answered what cannot be read"),
        ):
            probe.pid(1)
    assert probe.pid(2)


def test_without_an_interpreter_the_error_says_so(
    probe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.end()
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(RuntimeError, match=r"sys\.executable must name Python, got nothing"):
        probe.pid(1)
