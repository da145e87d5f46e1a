"""Copy a book, and change in the copy what its writers and translators change."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from booktools.faults import BuildError
from booktools.po import parse, render

MARK = "bench"  # the word that is added
_DOCSTRING = re.compile(r'^( *""")(?=\w)', re.MULTILINE)


def copy_tracked(root: Path, target: Path) -> Path:
    """Copy the files that git tracks, as they are now; one that was deleted is left out.

    Raises BuildError where git does not know the folder.
    """
    command = ["git", "-C", str(root), "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode:
        said = listed.stderr.strip()
        raise BuildError(f"git does not list the files of {root}: {said}; work in a clone")
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    return target


def with_added_word(text: str, is_shown: Callable[[str], bool], msgid: str = "") -> str:
    """Return a catalogue with `MARK` behind one msgstr: that of msgid, else the first shown one.

    Raises BuildError where there is none.
    """
    catalogue = parse(text)
    for number, entry in enumerate(catalogue.entries):
        if entry.translated and (entry.msgid == msgid if msgid else is_shown(entry.msgstr[0])):
            changed = replace(entry, msgstr=(f"{entry.msgstr[0]} {MARK}", *entry.msgstr[1:]))
            entries = list(catalogue.entries)
            entries[number] = changed
            return render(catalogue.header or entry, entries)
    wanted = f"translates {msgid!r}" if msgid else "is shown on the page as it stands"
    raise BuildError(f"no entry of the catalogue {wanted}; name another page or message")


def with_other_docstrings(source: str) -> str:
    """Return a module whose docstrings say something else, and whose code is the same."""
    return _DOCSTRING.sub(rf"\1{MARK.capitalize()}: ", source)


def change_docstrings(module: Path) -> None:
    """Write other docstrings into the file of a module."""
    source = module.read_text(encoding="utf-8")
    module.write_text(with_other_docstrings(source), encoding="utf-8")
