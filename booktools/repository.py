"""Find the address of the repository, from which pages link to Binder, Colab and their sources."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from booktools.book import SETTINGS, Book
from booktools.faults import RepositoryError

VARIABLE = "VANISHING_REPOSITORY"
_HOST = r"(?P<host>[\w-]+(?:\.[\w-]+)+)"
_PATH = r"(?P<path>[\w.-]+(?:/[\w.-]+?)+?)(?:\.git)?/?"
_FORMS = (
    re.compile(rf"https://(?:[^@/]+@)?{_HOST}/{_PATH}"),
    re.compile(rf"ssh://git@{_HOST}/{_PATH}"),
    re.compile(rf"git@{_HOST}:{_PATH}"),
)


def address(book: Book) -> str | None:
    """Return the repository's https address, or None.

    VANISHING_REPOSITORY comes first, then the book's settings, then `git remote`.
    Raises RepositoryError where one of the first two is set to something else than an address.
    """
    for name, given in (
        (VARIABLE, os.environ.get(VARIABLE)),
        (f"{SETTINGS}: repository.url", book.repository),
    ):
        if given:
            return _checked(name, given)
    return normalise(_remote(book.root))


def _checked(name: str, given: str) -> str:
    if found := normalise(given):
        return found
    raise RepositoryError(
        f"{name} must be an address such as https://host/owner/name, got {given!r}; "
        "correct it, or unset it to build without links to a repository"
    )


def normalise(remote: str) -> str | None:
    """Return https://host/owner/name for a forge's address, without credentials; else None."""
    for form in _FORMS:
        if found := form.fullmatch(remote.strip()):
            return f"https://{found['host']}/{found['path']}"
    return None


def last_change(root: Path, paths: Sequence[str]) -> int | None:
    """Return when a file of these paths (patterns of git) changed last, in seconds, or None.

    SOURCE_DATE_EPOCH comes first, as reproducible builds have it; then the history.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    found = given or _git(root, "log", "-1", "--format=%ct", "--", *paths).strip()
    return int(found) if re.fullmatch("[0-9]{1,11}", found) else None


def _remote(root: Path) -> str:
    """Return where `git push` goes from this folder, or an empty string."""
    return _git(root, "remote", "get-url", "origin")


def _git(root: Path, *arguments: str) -> str:
    """Return what git answers in this folder, or an empty string."""
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout
