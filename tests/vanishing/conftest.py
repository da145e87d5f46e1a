"""The language in which a test of the library speaks, and where it computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch
from drawn import Speak

from vanishing import localisation, remembering
from vanishing.remembering.calls import directly


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start every test in English."""
    monkeypatch.setattr(localisation, "_chosen", "en")


@pytest.fixture
def speak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Speak:
    """Give the function that chooses a language with these messages (msgid -> msgstr) only."""

    def choose(code: str, entries: Mapping[str, str]) -> None:
        path = tmp_path / code / "LC_MESSAGES" / "vanishing.po"
        path.parent.mkdir(parents=True)
        pairs = (f'msgid "{source}"\nmsgstr "{text}"\n' for source, text in entries.items())
        path.write_text("\n".join(pairs), encoding="utf-8")
        monkeypatch.setattr(localisation, "LOCALES", tmp_path)
        localisation.set_language(code)

    return choose


@pytest.fixture(scope="session", autouse=True)
def measured_anew() -> Iterator[None]:
    """Measure what is tested, also what travels with the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VANISHING_RESULTS", "none")
        yield


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Compute small networks in one thread: several wait for each other most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def computed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute in the process of the test, so that it can look inside, and not in one apart."""
    monkeypatch.setattr(remembering, "compute", directly)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Remember nothing but what the test itself has computed; give the folder."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("VANISHING_CACHE", str(folder))
    return folder
