"""Build the sites of several languages, each in a process of its own, and what leads to them."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from booktools.book import Book
from booktools.faults import REFUSED, BuildError, DiskError
from booktools.locking import sole_writer
from booktools.portal import write_lost, write_names, write_portal
from booktools.progress import Display, Stands
from booktools.published import published
from booktools.repository import address
from booktools.sitemap import write_addresses
from booktools.sites import kept_sites
from booktools.workers import AT_ONCE, READY, Outcome, build_apart, ending_together, times_path

_LAST_LINES = 15


def build_all(root: Path, codes: Sequence[str], stands: Stands | None = None) -> None:
    """Build these languages, the source language first.

    stands: called with each language that is complete, and those that still follow.

    The first one runs the chapters with all processors; the others, which share what they gave,
    begin when it has. After a failure, no further language is started.
    Raises BuildError that names every language that failed, its command and its last lines.
    """
    Book(root).check()
    address(Book(root))
    published(Book(root))
    with sole_writer(root):
        _build_all(root, codes, stands)


def _build_all(root: Path, codes: Sequence[str], stands: Stands | None) -> None:
    started = time.perf_counter()
    source = Book(root).source.code
    ordered = sorted(codes, key=lambda code: code != source)
    outcomes = _build_in_turn(root, ordered, stands)
    _raise_refusal(outcomes)
    _write_portal(root)
    _report_times(
        root, [o.code for o in outcomes if not o.exit_code], time.perf_counter() - started
    )
    _raise_failures(root, outcomes)


def _write_portal(root: Path) -> None:
    book = Book(root)
    sites, address = kept_sites(book), published(book)
    folder = root / "_build/html"
    write_portal(folder, book, sites, address)
    write_lost(folder, book, sites, address)
    write_addresses(folder, sites, address)
    write_names(folder, book, sites, address)


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
    times = {code: json.loads(times_path(root, code).read_text()) for code in codes}
    record = {"seconds": round(total, 2), "languages": times}
    (root / "_build/times.json").write_text(json.dumps(record, indent=2) + "\n")
    for code, entry in times.items():
        chapters = ", ".join(f"{page} {seconds:.1f}" for page, seconds in entry["chapters"].items())
        print(f"{code:>6} {entry['seconds']:7.1f} s   {chapters or 'nothing to read'}")
    print(f"{'all':>6} {total:7.1f} s", flush=True)
