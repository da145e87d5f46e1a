from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from booktools.book import Book
from booktools.repository import VARIABLE, address, last_change, normalise


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
    assert address(Book(clone)) == "https://example.org/owner/name"


def test_without_a_remote_there_is_no_address(clone: Path) -> None:
    assert address(Book(clone)) is None


def test_the_environment_wins_over_the_remote(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_remote(clone, "https://example.org/fork/name")
    monkeypatch.setenv(VARIABLE, "https://example.org/owner/name")
    assert address(Book(clone)) == "https://example.org/owner/name"


def test_a_wrong_address_in_the_environment_is_restated(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "example")
    with pytest.raises(ValueError, match=r"VANISHING_REPOSITORY must be .*got 'example'"):
        address(Book(clone))


def test_the_settings_of_the_book_win_over_the_remote(clone: Path) -> None:
    add_remote(clone, "https://example.org/fork/name")
    settings = "repository: {url: 'https://example.org/owner/name', branch: trunk}"
    (clone / "_config.yml").write_text(settings, encoding="utf-8")
    assert address(Book(clone)) == "https://example.org/owner/name"
    assert Book(clone).branch == "trunk"


def test_a_wrong_address_in_the_settings_is_restated(clone: Path) -> None:
    (clone / "_config.yml").write_text("repository: {url: owner/name}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"_config.yml: repository.url must be .*got 'owner/name'"):
        address(Book(clone))


def test_git_need_not_be_installed(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert address(Book(clone)) is None


def test_the_last_change_is_that_of_the_named_files(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    for name, seconds in (("a.md", 1_800_000_000), ("b.md", 1_800_000_100)):
        (clone / name).write_text(name, encoding="utf-8")
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{seconds} +0900")
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        for command in (["add", name], [*who, "commit", "-qm", name]):
            subprocess.run(["git", "-C", str(clone), *command], check=True)
    assert last_change(clone, ["a.md"]) == 1_800_000_000
    assert last_change(clone, ["?.md"]) == 1_800_000_100
    assert last_change(clone, ["c.md"]) is None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert last_change(clone, ["a.md"]) == 1_700_000_000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert last_change(clone, ["a.md"]) is None


def test_a_folder_without_a_history_has_no_last_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert last_change(tmp_path, ["a.md"]) is None
