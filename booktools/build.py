"""Build the site of one language, or of all, and the page that leads to them."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from booktools.book import Book
from booktools.checks import shortened
from booktools.extension.outputs import READY
from booktools.faults import FAULTS, REFUSED, BuildError, DiskError, disk_error
from booktools.locking import sole_writer
from booktools.portal import write_portal, write_redirect
from booktools.progress import Display, Stands
from booktools.repository import address
from booktools.safe_copies import COPIES, write_safe_copies
from booktools.sphinx_run import Progress, configuration, run_sphinx
from booktools.workers import AT_ONCE, Outcome, build_apart, ending_together, wait_for_release

_LAST_LINES = 15


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
            print(f"shown in English: {line}", flush=True)
    progress = Progress()
    target = root / "_build/html" / code
    redirect = partial(write_redirect, target, Book(root).first_page)
    run_sphinx(root, code, "html", target, progress=progress, finish=redirect)
    return Times(round(time.perf_counter() - started, 2), progress.chapters)


def build_all(root: Path, codes: Sequence[str], stands: Stands | None = None) -> None:
    """Build these languages, the source language first.

    stands: called with each language that is complete, and those that still follow.

    The first one runs the chapters with all processors; the others, which share what they gave,
    begin when it has. After a failure, no further language is started.
    Raises BuildError that names every language that failed, its command and its last lines.
    """
    Book(root).check()
    address(Book(root))
    with sole_writer(root):
        _build_all(root, codes, stands)


def _build_all(root: Path, codes: Sequence[str], stands: Stands | None) -> None:
    started = time.perf_counter()
    source = Book(root).source.code
    ordered = sorted(codes, key=lambda code: code != source)
    outcomes = _build_in_turn(root, ordered, stands)
    _raise_refusal(outcomes)
    _drop_executed_notebooks(root / "_build/html/jupyter_execute")
    _write_portal(root)
    _report_times(
        root, [o.code for o in outcomes if not o.exit_code], time.perf_counter() - started
    )
    _raise_failures(root, outcomes)


def _write_portal(root: Path) -> None:
    book = Book(root)
    write_portal(root / "_build/html", book.languages, book.title, book.first_page, book.icon)


def _build_in_turn(root: Path, codes: Sequence[str], stands: Stands | None) -> list[Outcome]:
    processors = os.cpu_count() or 1
    prepared, failed = threading.Event(), threading.Event()
    display = Display()
    waiting = list(codes)

    def hear(line: str) -> None:
        if line == READY:
            prepared.set()

    def build(code: str, processes: int) -> Outcome | None:
        if failed.is_set():
            return None
        outcome = None
        try:
            outcome = build_apart(root, code, processes=processes, display=display, heard=hear)
            if not outcome.exit_code:
                _write_portal(root)
                waiting.remove(code)
                if stands:
                    stands(code, tuple(waiting))
            return outcome
        finally:
            if outcome is None or outcome.exit_code:
                failed.set()
            prepared.set()

    with ThreadPoolExecutor(AT_ONCE) as pool, ending_together():
        builds = [pool.submit(build, codes[0], processors)]
        prepared.wait()
        share = max(1, processors // AT_ONCE)
        builds += [pool.submit(build, code, share) for code in codes[1:]]
        return [outcome for one in builds if (outcome := one.result())]


def _drop_executed_notebooks(folder: Path) -> None:
    """Keep out of the site what MyST-NB writes beside it: one language's outputs over another's."""
    for path in folder.rglob("*.ipynb"):
        path.unlink()


def _raise_refusal(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.exit_code == REFUSED:
            raise DiskError(outcome.log[-1])


def _raise_failures(root: Path, outcomes: Sequence[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.exit_code]
    if not failed:
        return
    parts = [f"{len(failed)} of {len(outcomes)} languages failed"]
    for outcome in failed:
        log = root / "_build/log" / f"{outcome.code}.txt"
        parts.append(f"{sys.executable} -m booktools build {outcome.code}   # log: {log}")
        parts += [f"    {line}" for line in outcome.log[-_LAST_LINES:]]
    raise BuildError("\n".join(parts))


def _report_times(root: Path, codes: Sequence[str], total: float) -> None:
    """Print and keep (_build/times.json) the seconds per language and per chapter."""
    times = {code: json.loads(_times_path(root, code).read_text()) for code in codes}
    record = {"seconds": round(total, 2), "languages": times}
    (root / "_build/times.json").write_text(json.dumps(record, indent=2) + "\n")
    for code, entry in times.items():
        chapters = ", ".join(f"{page} {seconds:.1f}" for page, seconds in entry["chapters"].items())
        print(f"{code:>6} {entry['seconds']:7.1f} s   {chapters or 'nothing to read'}")
    print(f"{'all':>6} {total:7.1f} s", flush=True)


def _times_path(root: Path, code: str) -> Path:
    return root / "_build/log" / f"{code}.json"


def _load_extensions(root: Path, code: str) -> None:
    """Import what the build will need; it says itself what is wrong with the settings."""
    with suppress(Exception):
        for name in configuration(root, code)["extensions"]:
            import_module(name)


def main(root: Path, code: str) -> None:
    """Build one language once standard input says so; leave its times for the parent to read."""
    _load_extensions(root, code)
    if not wait_for_release():
        return
    try:
        times = build_language(root, code)
        path = _times_path(root, code)
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
