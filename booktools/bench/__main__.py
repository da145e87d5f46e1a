"""The command line: ``python -m booktools.bench``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from booktools.bench.costs import Measure, table
from booktools.bench.steps import NAMES, Bench, Changes
from booktools.book import book_around
from booktools.faults import BuildError
from booktools.files import write_whole


def run(root: Path, steps: Sequence[int], changes: Changes) -> Sequence[str]:
    """Measure these steps, print a table and keep it; return what the failed ones say."""
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {load:.1f}", flush=True)
    measures: list[Measure] = []
    failures = []
    with (
        TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        ExitStack() as ending,
    ):
        bench = Bench(root, Path(folder), changes, ending)
        for step in steps:
            try:
                measures.append(bench.measure(step))
                print(table(measures[-1:]), flush=True)
            except BuildError as error:
                failures.append(f"step {step} failed: {error}")
            _keep(root, measures, load)
    print(f"\n{table(measures)}")
    return failures


def _keep(root: Path, measures: Sequence[Measure], load: float) -> None:
    """Write what was measured, and on what machine; load: how busy it was before."""
    record = {
        "processors": os.cpu_count(),
        "load": load,
        "python": sys.version,
        "measures": [{**asdict(one), "met": one.met} for one in measures],
    }
    write_whole(root / "_build/bench.json", json.dumps(record, indent=2) + "\n")


def chosen_steps(_context: click.Context, _option: click.Parameter, given: str) -> Sequence[int]:
    """Return the steps that are named, such as 4,5; all where none is."""
    names = [name.strip() for name in given.split(",") if name.strip()]
    for name in names:
        if name not in map(str, NAMES):
            known = ", ".join(f"{step}" for step in NAMES)
            raise click.BadParameter(f"a step must be one of {known}, got {name!r}")
    return [int(name) for name in names] or list(NAMES)


@click.command()
@click.option("--only", "steps", default="", callback=chosen_steps, help="Steps, such as 4,5.")
@click.option("--root", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--language", default=Changes.language, show_default=True)
@click.option("--page", default=Changes.page, show_default=True)
@click.option("--message", default="", help="msgid of the page; by default one that it shows.")
@click.option("--label", default="", help="msgid of the library; by default one that it shows.")
@click.option("--module", default=Changes.module, show_default=True)
def main(steps: Sequence[int], root: Path | None, **changes: str) -> None:
    """Measure on this machine what building the book costs."""
    found = root or book_around(Path.cwd())
    if found is None:
        raise click.UsageError("no book is here: go to its folder, or name it with --root")
    if failures := run(found.resolve(), steps, Changes(**changes)):
        raise click.ClickException("\n".join(failures))


if __name__ == "__main__":
    main(prog_name="python -m booktools.bench")
