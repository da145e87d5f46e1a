from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from booktools.repository import VARIABLE, address, normalise


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(VARIABLE, raising=False)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    return tmp_path


def add_remote(folder: Path, remote: str) -> None:
    subprocess.run(["git", "-C", str(folder), "remote", "add", "origin", remote], check=True)


@pytest.mark.parametrize(
    "remote",
    [
        "https://example.org/owner/name",
        "https://example.org/owner/name.git",
        "https://example.org/owner/name/",
        "https://user:secret@example.org/owner/name.git",
        "git@example.org:owner/name.git",
        "ssh://git@example.org/owner/name.git",
    ],
)
def test_every_form_of_a_forge_address_becomes_the_https_one(remote: str) -> None:
    assert normalise(remote) == "https://example.org/owner/name"


def test_subgroups_are_part_of_the_address() -> None:
    assert normalise("git@example.org:a/b/c.git") == "https://example.org/a/b/c"


@pytest.mark.parametrize(
    "remote",
    ["", "/srv/name.git", "../name", "file:///srv/owner/name", "http://127.0.0.1:80/git/owner/name",
     "https://example.org/", 'https://example.org/owner/"onload=x'],
)  # fmt: skip
def test_what_no_reader_can_open_is_no_address(remote: str) -> None:
    assert normalise(remote) is None


def test_the_remote_of_the_clone_is_used(clone: Path) -> None:
    add_remote(clone, "git@example.org:owner/name.git")
    assert address(clone) == "https://example.org/owner/name"


def test_without_a_remote_there_is_no_address(clone: Path) -> None:
    assert address(clone) is None


def test_the_environment_wins_over_the_remote(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_remote(clone, "https://example.org/fork/name")
    monkeypatch.setenv(VARIABLE, "https://example.org/owner/name")
    assert address(clone) == "https://example.org/owner/name"


def test_a_wrong_address_in_the_environment_is_restated(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "example")
    with pytest.raises(ValueError, match=r"VANISHING_REPOSITORY must be .*got 'example'"):
        address(clone)


def test_git_need_not_be_installed(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert address(clone) is None
