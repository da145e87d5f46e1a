"""The language in which a test of the library speaks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from drawn import Speak

from vanishing import localisation


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
