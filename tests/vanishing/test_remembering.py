"""A measurement is computed once, from its arguments and its code alone."""

import importlib
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
import torch

from vanishing.progress import Cancelled, observer
from vanishing.promises import Postponed
from vanishing.remembering import postponing, remembered

SOURCE = '''
from dataclasses import dataclass
import torch
from vanishing.progress import report
from vanishing.remembering import remembered
calls = []

@dataclass(frozen=True)
class Setting:
    size: int
    rate: float | None = None

@dataclass(frozen=True)
class Result:
    values: tuple[float, ...]
    by_name: dict[str, tuple[int, ...]]
    setting: Setting

@remembered
def measure(setting: Setting, seed: int = 0) -> Result:
    """Measure."""
    calls.append((setting, seed))
    report(1, 2)
    small = torch.tensor(1e-40).mul(1).item()
    numbers = (*torch.rand(2).tolist(), float("nan"), float("inf"), small)
    return Result(numbers, {"a": (1, setting.size)}, setting)

@remembered
def named(function: str) -> str:
    return function
'''


@pytest.fixture
def probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path, computed_here: None
) -> Iterator[Any]:
    """Import a small measuring module from a fresh folder."""
    (tmp_path / "measuring_probe.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("measuring_probe")
    del sys.modules["measuring_probe"]


def entries(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache").glob("*"))


def test_a_result_is_computed_once_and_comes_back_equal(probe: Any) -> None:
    first, again = (probe.measure(probe.Setting(3)) for _ in range(2))
    assert len(probe.calls) == 1
    assert repr(first) == repr(again)
    assert again.setting == probe.Setting(3)
    assert math.isnan(again.values[2])
    assert again.values[3] == math.inf


def test_every_argument_and_default_counts(probe: Any) -> None:
    probe.measure(probe.Setting(3), 0)
    probe.measure(probe.Setting(3), seed=0)
    assert len(probe.calls) == 1
    for call in (
        lambda: probe.measure(probe.Setting(4)),
        lambda: probe.measure(probe.Setting(3, rate=0.5)),
        lambda: probe.measure(probe.Setting(3), seed=1),
    ):
        before = len(probe.calls)
        call()
        assert len(probe.calls) == before + 1


def test_the_readers_settings_change_nothing_and_come_back(probe: Any) -> None:
    expected = probe.measure(probe.Setting(1), seed=1).values[:2]
    torch.manual_seed(7)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    try:
        assert probe.measure(probe.Setting(2), seed=2).values[:2] == expected
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_numbers_that_change_no_weight_are_flushed_to_zero(probe: Any) -> None:
    assert probe.measure(probe.Setting(1)).values[4] == 0.0
    assert torch.tensor(1e-40).mul(1).item() > 0


def test_a_cancelled_measurement_leaves_nothing(probe: Any, tmp_path: Path) -> None:
    def stop(done: int, steps: int) -> None:
        raise Cancelled

    token = observer.set(stop)
    try:
        with pytest.raises(Cancelled):
            probe.measure(probe.Setting(1))
    finally:
        observer.reset(token)
    assert entries(tmp_path) == []


def _without_result(stored: dict[str, Any]) -> dict[str, Any]:
    return {"arguments": stored["arguments"]}


def _with_other_arguments(stored: dict[str, Any]) -> dict[str, Any]:
    return {**stored, "arguments": {}}


def _with_wrong_type(stored: dict[str, Any]) -> dict[str, Any]:
    return {**stored, "result": {**stored["result"], "values": ["soon"]}}


@pytest.mark.parametrize("damage", [_without_result, _with_other_arguments, _with_wrong_type])
def test_a_damaged_entry_is_computed_anew(
    damage: Callable[[dict[str, Any]], dict[str, Any]], probe: Any, tmp_path: Path
) -> None:
    expected = repr(probe.measure(probe.Setting(1)))
    (entry,) = entries(tmp_path)
    entry.write_text(json.dumps(damage(json.loads(entry.read_text()))))
    assert repr(probe.measure(probe.Setting(1))) == expected
    assert len(probe.calls) == 2


def test_a_parameter_may_be_called_function(probe: Any, tmp_path: Path) -> None:
    assert probe.named("tanh") != probe.named("relu")
    names = {json.loads(entry.read_text())["function"] for entry in entries(tmp_path)}
    assert names == {"measuring_probe.named"}


@pytest.mark.parametrize(("other", "computed"), [("2.13.0+cu130", 1), ("2.14.0+cpu", 2)])
def test_how_pytorch_was_built_does_not_count_but_its_version_does(
    other: str, computed: int, probe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "__version__", "2.13.0+cpu")
    probe.measure(probe.Setting(1))
    monkeypatch.setattr(torch, "__version__", other)
    probe.measure(probe.Setting(1))
    assert len(probe.calls) == computed


def test_a_function_that_no_other_process_finds_is_refused() -> None:
    def inner() -> int:
        return 1

    script = FunctionType(compile("1", "script.py", "eval"), {"__name__": "__main__"}, "measure")
    for function in (inner, script):
        with pytest.raises(TypeError, match=r"must be found by its name .*, got .*: move it to"):
            remembered(function)


def test_what_is_postponed_is_computed_later_and_kept_for_the_next_attempt(
    probe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path / "file" / "folder"))
    results: dict[str, str] = {}
    with postponing(results):
        with pytest.raises(Postponed) as postponed:
            probe.measure(probe.Setting(1))
        assert probe.calls == []
        postponed.value.finish()
        with pytest.warns(UserWarning, match="could not be kept"):
            probe.measure(probe.Setting(1))
    assert len(probe.calls) == len(results) == 1
