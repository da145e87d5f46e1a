"""Regenerate the committed notebooks, and find those that are out of date."""

import multiprocessing
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple
from pathlib import Path
from tempfile import TemporaryDirectory

from booktools.book import Book
from booktools.safe_copies import COPIES, write_safe_copies
from booktools.checks import shortened
from booktools.garbage import collect_seldom
from booktools.notebooks.addresses import Addresses, find_addresses, recorded_addresses
from booktools.locking import sole_writer
from booktools.sphinx_run import run_sphinx
from booktools.workers import AT_ONCE, follow_parent

REMEDY = "run `python -m booktools notebooks` and commit what it writes"


def write_notebooks(
    root: Path, codes: Sequence[str], target: Path, addresses: Addresses | None = None
) -> list[Path]:
    """Write these languages' notebooks into `target`/<code>/ and return their paths.

    Notebooks there whose chapter is gone are removed. No cell is run.
    Raises BuildError on any warning.
    """
    chosen = find_addresses(root, target) if addresses is None else addresses
    with sole_writer(root):
        built = _build_all(root, codes, chosen)
        # Only now: a notebook that appears while a build looks for its sources is a warning there.
        return [
            path
            for code, folder in zip(codes, built, strict=True)
            for path in _replace(folder, target / code)
        ]


def _build_all(root: Path, codes: Sequence[str], addresses: Addresses) -> list[Path]:
    """Build the languages' notebooks, each in a process: Sphinx translates by global variables."""
    pool = ProcessPoolExecutor(
        AT_ONCE,
        multiprocessing.get_context("spawn"),
        initializer=follow_parent,
        max_tasks_per_child=1,
    )
    with pool:
        try:
            futures = [pool.submit(_build, root, code, addresses) for code in codes]
            return [future.result() for future in futures]
        except KeyboardInterrupt:
            for process in multiprocessing.active_children():
                process.kill()
            raise


def _build(root: Path, code: str, addresses: Addresses) -> Path:
    """Build one language's notebooks under `_build` and return their folder."""
    collect_seldom()
    print(f"[{code}] writing notebooks", flush=True)
    for line in shortened(write_safe_copies(code, root / COPIES, root=root)):
        print(f"[{code}] left in {Book(root).source.name}: {line}", flush=True)
    folder = root / "_build/notebooks" / code
    shutil.rmtree(folder, ignore_errors=True)
    run_sphinx(
        root,
        code,
        "vg-notebooks",
        folder / "written",
        doctrees=folder / "doctrees",
        settings={"nb_execution_mode": "off", "vg_notebook_addresses": astuple(addresses)},
    )
    return folder / "written"


def _replace(built: Path, target: Path) -> Iterator[Path]:
    """Put the built notebooks where they belong, and remove what is no longer built."""
    names = [path.relative_to(built) for path in sorted(built.rglob("*.ipynb"))]
    for old in _notebooks(target):
        if old not in names:
            (target / old).unlink()
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        yield shutil.copyfile(built / name, target / name)


def _notebooks(folder: Path) -> list[Path]:
    found = (path.relative_to(folder) for path in sorted(folder.rglob("*.ipynb")))
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def differences(root: Path) -> list[str]:
    """Say which committed notebooks differ from what the book now gives, and what to do.

    The addresses are those which the committed notebooks carry: a fork makes nothing stale.
    """
    committed = root / "notebooks"
    codes = [language.code for language in Book(root).languages]
    with TemporaryDirectory() as folder:
        fresh = Path(folder)
        write_notebooks(root, codes, fresh, recorded_addresses(committed))
        return list(_compare(committed, fresh))


def _compare(committed: Path, fresh: Path) -> Iterator[str]:
    old, new = set(_notebooks(committed)), set(_notebooks(fresh))
    for name in sorted(old | new):
        path = f"notebooks/{name.as_posix()}"
        if name not in old:
            yield f"{path} is missing; {REMEDY}"
        elif name not in new:
            yield f"{path} belongs to no page of the book; {REMEDY}"
        elif (committed / name).read_bytes() != (fresh / name).read_bytes():
            yield f"{path} differs from the book or its translation; {REMEDY}"
