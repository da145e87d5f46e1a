"""Take the translations of a stranger's commit, and nothing else, into this working tree.

Usage: python .github/take_locales.py REPOSITORY COMMIT

Nothing of the commit is run or even checked out: its files below `locales/` are read from git's
store. Anything there that is not a small text of a translator is refused.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

FOLDER = "locales"
LARGEST = 2_000_000  # bytes of one file
MOST = 1_000  # files
REGULAR = "100644"
CODE = r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_([A-Z]{2}|[0-9]{3}))?"
NAME = r"[\w-]{1,80}"
RESERVED = r"(?!(?i:.*/(aux|con|nul|prn|com[0-9]|lpt[0-9])[./]))"  # as names on Windows
ALLOWED = re.compile(
    rf"{RESERVED}locales/(languages\.toml"
    rf"|{CODE}/((terms|searches)\.toml|[A-Z][A-Z-]{{0,40}}\.md|LC_MESSAGES/({NAME}/){{0,4}}{NAME}\.po))",
    re.ASCII,
)


def git(repository: str, *arguments: str) -> bytes:
    """Return what git prints."""
    command = ["git", "-C", repository, *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def entries(repository: str, commit: str) -> Iterator[tuple[str, str, str, int]]:
    """Yield (mode, object, path, size) of everything below the folder, and of the folder."""
    listing = git(repository, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", FOLDER)
    for line in listing.decode("utf-8", "backslashreplace").split("\0")[:-1]:
        about, _, path = line.partition("\t")
        mode, _kind, name, size = about.split()
        yield mode, name, path, int(size) if size.isdigit() else 0


def refusal(mode: str, path: str, size: int) -> str | None:
    """Say why an entry is no translator's text, or None."""
    if mode != REGULAR:
        return f"{path!r} has mode {mode}: only regular files are taken, no links or programs"
    if not ALLOWED.fullmatch(path):
        return f"{path!r} is neither a catalogue nor a table or guide of a language"
    if size > LARGEST:
        return f"{path!r} has {size:,} bytes, the bound is {LARGEST:,}"
    return None


def take(repository: str, commit: str, target: Path) -> int:
    """Replace the folder below `target` by that of the commit; return the number of files.

    Raises ValueError, before anything is changed, for what a translator never needs.
    """
    commit = git(repository, "rev-parse", "--verify", "--end-of-options", f"{commit}^{{commit}}")[
        :-1
    ].decode()
    found = list(entries(repository, commit))
    if not 0 < len(found) <= MOST:
        raise ValueError(f"{FOLDER} holds {len(found):,} files, it must be 1 to {MOST:,}")
    for mode, _, path, size in found:
        if reason := refusal(mode, path, size):
            raise ValueError(reason)
    names = [path for _, _, path, _ in found]
    names += {parent.as_posix() for path in names for parent in PurePosixPath(path).parents}
    if len({name.casefold() for name in names}) < len(names):
        raise ValueError(f"two names in {FOLDER} differ in capitals only")
    texts = {path: git(repository, "cat-file", "blob", name) for _, name, path, _ in found}
    shutil.rmtree(target / FOLDER)
    for path, text in texts.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(text)
    return len(found)


if __name__ == "__main__":
    try:
        print(f"{take(sys.argv[1], sys.argv[2], Path.cwd())} files of {FOLDER} taken")
    except (ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"refused: {error}; a person must look at it")
