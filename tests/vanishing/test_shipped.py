"""Results travel with the package, are found before anything is computed, and never stale."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vanishing import remembering, training
from vanishing.activations import watch_units
from vanishing.experiment import RELU
from vanishing.remembering import shipped
from vanishing.remembering.__main__ import collect
from vanishing.remembering.calls import Call
from vanishing.training import train

SMALL = RELU.at(depth=2, width=8, epochs=1)
FILE = "training.tsv"


@pytest.fixture
def asked(own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Note what is asked for; give the folder."""
    folder = tmp_path / "asked" / "en"
    folder.mkdir(parents=True)
    monkeypatch.setenv("VANISHING_ASKED", str(folder / "chapter.txt"))
    return folder.parent


@pytest.fixture
def results(asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ship the result of one training run; remember nothing else; give the folder."""
    train(SMALL)
    folder = tmp_path / "results"
    assert collect(asked, folder) == 1
    monkeypatch.setenv("VANISHING_RESULTS", str(folder))
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path / "empty"))
    shipped.read.cache_clear()
    return folder


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """List what is computed."""
    calls: list[Call] = []
    compute = remembering.compute
    monkeypatch.setattr(remembering, "compute", lambda call: calls.append(call) or compute(call))
    return calls


def test_what_travels_is_not_computed(results: Path, computed: list[Call], tmp_path: Path) -> None:
    assert train(SMALL).experiment == SMALL
    assert computed == []
    assert not (tmp_path / "empty").exists()
    train(SMALL.at(seed=1))
    assert len(computed) == 1


def test_what_travels_is_what_would_be_computed(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = train(SMALL)
    monkeypatch.setenv("VANISHING_RESULTS", "none")
    assert train(SMALL) == found


def test_none_travels_where_the_reader_does_not_want_it(
    results: Path, computed: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANISHING_RESULTS", "none")
    train(SMALL)
    assert len(computed) == 1


def test_results_of_other_code_are_not_found(
    results: Path, computed: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    head, *lines = (results / FILE).read_text().splitlines()
    other = {**json.loads(head), "code": "0123"}
    (results / FILE).write_text("\n".join([json.dumps(other), *lines]))
    shipped.read.cache_clear()
    train(SMALL)
    assert len(computed) == 1


@pytest.mark.parametrize("damage", ["", "{", "[]", "null\n", "\x00", '{"code": 1}'])
def test_a_damaged_file_counts_as_none(damage: str, results: Path, computed: list[Call]) -> None:
    (results / FILE).write_text(damage)
    shipped.read.cache_clear()
    train(SMALL)
    assert len(computed) == 1


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"losses": 1}'])
def test_a_damaged_line_is_computed(damage: str, results: Path, computed: list[Call]) -> None:
    head, line = (results / FILE).read_text().splitlines()
    (results / FILE).write_text(f"{head}\n{line.partition(chr(9))[0]}\t{damage}\n")
    shipped.read.cache_clear()
    train(SMALL)
    assert len(computed) == 1


def test_the_file_says_what_made_it_and_is_the_same_every_time(
    results: Path, asked: Path, tmp_path: Path
) -> None:
    first = (results / FILE).read_bytes()
    head = json.loads(first.splitlines()[0])
    assert {"code", "python", "torch", "numpy"} <= set(head)
    lines = first.decode().splitlines()[1:]
    shipped.write(results / FILE, head["code"], [line.split("\t") for line in lines[::-1] * 2])
    assert (results / FILE).read_bytes() == first


def test_what_is_asked_within_a_computation_is_not_noted(asked: Path) -> None:
    for _time in range(2):
        watch_units(SMALL)  # which asks for the range of the slopes
    lines = (asked / "en" / "chapter.txt").read_text().splitlines()
    names = [json.loads(line)["function"] for line in lines]
    assert names == ["vanishing.activations.watch_units"] * 2


def test_a_result_that_no_cell_asks_for_is_left_out(
    results: Path, asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (results / "old.tsv").write_text("{}\n")
    monkeypatch.setenv("VANISHING_RESULTS", "none")
    (asked / "en" / "chapter.txt").unlink()
    train(SMALL.at(seed=2))
    assert collect(asked, results) == 1
    assert [path.name for path in results.iterdir()] == [FILE]
    assert '"seed":2' in (results / FILE).read_text()
    assert '"seed":0' not in (results / FILE).read_text()


def test_what_is_asked_and_not_remembered_is_named(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(SMALL)
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path / "empty"))
    with pytest.raises(SystemExit, match=r"the cache does not hold .*training\.train.*build the"):
        collect(asked, tmp_path / "results")


def test_a_folder_where_nothing_was_asked_is_refused(tmp_path: Path) -> None:
    root = Path(training.__file__).parents[1]
    command = [sys.executable, "-m", "vanishing.remembering", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path} holds nothing that a cell asked for: build the book first\n"


def test_results_of_the_same_code_are_taken_over_and_new_ones_are_added(
    results: Path, asked: Path, computed: list[Call], tmp_path: Path
) -> None:
    train(SMALL.at(seed=1))
    train(SMALL)
    folder = tmp_path / "both"
    assert collect(asked, folder) == 2
    assert len(computed) == 1
    before = (results / FILE).read_text().splitlines()
    assert set(before) < set((folder / FILE).read_text().splitlines())


def test_measured_anew_means_that_none_is_taken_over(
    results: Path, asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANISHING_RESULTS", "none")
    with pytest.raises(SystemExit, match=r"the cache does not hold .*: build the book anew"):
        collect(asked, results)
