"""Build one language's site in this process, which another one has started."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from booktools.book import Book
from booktools.checks import shortened
from booktools.downloads import FOLDER
from booktools.faults import FAULTS, REFUSED, disk_error
from booktools.garbage import collect_seldom
from booktools.safe_copies import COPIES, write_safe_copies
from booktools.sphinx_run import Progress, configuration, run_sphinx
from booktools.workers import times_path, wait_for_release


@dataclass(frozen=True)
class Times:
    """How long a language took: in all, and to read each chapter, in seconds."""

    seconds: float
    chapters: Mapping[str, float]


def build_language(root: Path, code: str) -> Times:
    """Build one language's site in this process.

    Sphinx and gettext keep translations in global variables: one process builds one language, once.
    Raises BuildError on any warning and on a cell that fails, naming its chapter and cell.
    """
    started = time.perf_counter()
    # The glossary names each term in every language, so every catalogue is checked.
    for language in Book(root).languages:
        findings = write_safe_copies(language.code, root / COPIES, root=root)
        for line in shortened(findings) if language.code == code else []:
            print(f"shown in {Book(root).source.name}: {line}", flush=True)
    progress = Progress()
    target = root / "_build/html" / code
    shutil.rmtree(target / FOLDER, ignore_errors=True)  # they hold the text of an earlier build
    run_sphinx(root, code, "html", target, progress=progress)
    return Times(round(time.perf_counter() - started, 2), progress.chapters)


def _load_extensions(root: Path, code: str) -> None:
    """Import what the build will need; it says itself what is wrong with the settings."""
    with suppress(Exception):
        for name in configuration(root, code)["extensions"]:
            import_module(name)


def main(root: Path, code: str) -> None:
    """Build one language once standard input says so; leave its times for the parent to read."""
    collect_seldom()
    _load_extensions(root, code)
    collect_seldom()  # what has just been loaded stays as well
    if not wait_for_release():
        return
    try:
        times = build_language(root, code)
        path = times_path(root, code)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(times)))
    except Exception as error:
        if found := disk_error(error, root):
            print(found, flush=True)
            sys.exit(REFUSED)
        if isinstance(error, FAULTS):
            sys.exit(str(error))
        raise


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
