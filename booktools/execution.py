"""Run the chapters' cells, once for all languages; a chapter runs again only if it must."""

from __future__ import annotations

import multiprocessing
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from booktools.book import Book
from booktools.chapters import NOTEBOOK, Chapter, code_cells, digest, read_notebook
from booktools.faults import BuildError
from booktools.files import keep, kept
from booktools.library import Library, fingerprint
from booktools.progress import Stage
from booktools.workers import follow_parent

FOLDER = "_build/cache/executed"
ASKED = "_build/cache/asked"  # what the cells of each chapter want to have measured
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_CODE_CELL = re.compile(
    r"^(`{3,}|~{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL
)
_CELL_OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Executed:
    """What the code cells of a chapter show.

    seen: digest of everything that was there when it was last known to be right; as long as that is
    the same, nothing else needs to be asked. key: digest of what it depends on. code: what has been
    run. tagged: the places of the cells whose results each language has for itself.
    """

    seen: str
    key: str
    code: str
    tagged: Sequence[int]
    seconds: float
    language_info: Mapping[str, Any]
    outputs: Sequence[Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Task:
    """One run of a chapter: of all its cells, or in one language up to the last tagged one."""

    root: Path
    chapter: Chapter
    language: str
    catalogues: Path
    timeout: int
    whole: bool

    @property
    def path(self) -> Path:
        """The file that keeps the result."""
        return executed_path(self.root, self.language, self.chapter.name)

    @property
    def library(self) -> Library | None:
        """The library that the cells use."""
        return Book(self.root).library

    @property
    def asked(self) -> Path:
        """The file in which the library notes what the cells want to have measured."""
        return self.root / ASKED / self.language / f"{self.chapter.name}.txt"

    @property
    def seen(self) -> str:
        """Digest of everything that is there."""
        return digest(self.chapter.text, fingerprint(self.library), self.language, self.whole)

    def key(self, version: str) -> str:
        """Return a digest of what the result depends on; version: that of the library's part."""
        return digest(self.chapter.code, self.chapter.tagged, version, self.language, self.whole)

    @property
    def title(self) -> str:
        """What the reader of the log is told."""
        return self.chapter.name if self.whole else f"{self.chapter.name} in {self.language}"


def executed_path(root: Path, language: str, name: str) -> Path:
    """Return the file of a chapter's outputs; all languages share most of the source language's."""
    return root / FOLDER / language / f"{name}.json"


def execute(
    root: Path,
    chapters: Sequence[Chapter],
    language: str,
    source: str,
    *,
    catalogues: Path,
    timeout: int = 1800,
    processes: int = 1,
) -> None:
    """Run the chapters whose code, or what it needs of the library, has changed.

    All cells run once, for all languages; where some are tagged ``reader-language``, the chapter
    runs up to the last of these once more in the language that is asked for.
    Raises BuildError that names the file, line, cell and error where one fails.
    """
    task = partial(Task, root, catalogues=catalogues, timeout=timeout)
    whole = [task(one, source, whole=True) for one in chapters]
    _run_stale(whole, processes)
    if language != source:
        tagged = (one.chapter for one in whole if (done := read_executed(one.path)) and done.tagged)
        _run_stale([task(one, language, whole=False) for one in tagged], processes)


def _run_stale(tasks: Sequence[Task], processes: int) -> None:
    if not (waiting := _stale(tasks)):
        return
    stage = Stage("running the cells", len(waiting))
    stage.step(0)
    for done, (title, seconds) in enumerate(_run_all(waiting, processes), start=1):
        print(f"ran {title} in {seconds:.1f} s", flush=True)
        stage.step(done)


def _stale(tasks: Sequence[Task]) -> list[tuple[Task, str]]:
    """Return what must run, each with the digest of what it depends on."""
    known = [read_executed(task.path) for task in tasks]
    unsure = [
        (task, done)
        for task, done in zip(tasks, known, strict=True)
        if not (done and done.seen == task.seen)
    ]
    library = unsure[0][0].library if unsure else None
    versions = _versions([task.chapter for task, _done in unsure], library) if library else {}
    stale = []
    for task, done in unsure:
        key = task.key(versions.get(task.chapter.name, ""))
        if done and done.key == key:
            keep(task.path, vars(replace(done, seen=task.seen)))
        else:
            stale.append((task, key))
    return stale


def _versions(chapters: Sequence[Chapter], library: Library) -> dict[str, str]:
    """Return a digest of what each chapter needs of the library, for those that use it."""
    code = {one.name: _python(one) for one in chapters if library.module in one.text}
    answers = library.ask({"chapters": list(code.values())}, os.environ) if code else []
    return dict(zip(code, answers, strict=True))


def _python(chapter: Chapter) -> str:
    """Return a chapter's code without IPython's own lines, which import nothing."""
    lines = "\n".join(cell.source for cell in chapter.cells).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


def read_executed(path: Path) -> Executed | None:
    """Return what is kept in a file; a damaged one counts as none."""
    with suppress(TypeError):  # another version of these tools kept other things
        return Executed(**found) if (found := kept(path)) else None
    return None


def _run_all(waiting: Sequence[tuple[Task, str]], processes: int) -> Iterator[tuple[str, float]]:
    with ProcessPoolExecutor(processes, initializer=follow_parent) as pool:
        runs = [pool.submit(_run, *one) for one in waiting]
        try:
            for run in as_completed(runs):
                yield run.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()  # a kernel ends when its parent has ended
            raise


def _run(task: Task, key: str) -> tuple[str, float]:
    """Run a chapter in a kernel of its own and keep what it shows."""
    started = time.perf_counter()
    task.asked.parent.mkdir(parents=True, exist_ok=True)
    task.asked.write_text("", encoding="utf-8")
    notebook = deepcopy(task.chapter.notebook)
    if not task.whole:
        cells = [n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
        del notebook.cells[cells[max(task.chapter.tagged)] + 1 :]
    client = NotebookClient(
        notebook,
        timeout=task.timeout,
        resources={"metadata": {"path": str(task.chapter.path.parent)}},
        record_timing=False,
        coalesce_streams=True,
    )
    try:
        client.execute(env=_environment(task))
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise BuildError(describe_failed_cell(task.root, task.chapter.path, str(error))) from None
    seconds = round(time.perf_counter() - started, 2)
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    info = notebook.metadata.language_info
    code, tagged = task.chapter.code, task.chapter.tagged
    keep(task.path, vars(Executed(task.seen, key, code, tagged, seconds, info, outputs)))
    return task.title, seconds


def _environment(task: Task) -> dict[str, str]:
    """Return the variables with which a chapter's kernel runs."""
    # On layers this small a second thread costs time, and several chapters run at once.
    given = {"OMP_NUM_THREADS": "1", **os.environ}
    library = task.library
    if not library:
        return given
    own = {
        "ASKED": str(task.asked),
        "LANGUAGE": task.language,
        "LOCALES": str(task.catalogues),
        "STATIC": "1",
    }
    cache = {library.variable("CACHE"): str(task.root / "_build/cache/experiments")}
    return cache | given | {library.variable(name): value for name, value in own.items()}


def describe_failed_cell(root: Path, path: Path, error: str) -> str:
    """Return `file:line: code cell N: error` for a failed execution."""
    message = _ANSI.sub("", error).strip()
    where = path.relative_to(root) if path.is_relative_to(root) else path
    for number, line, source in _code_cells(path):
        if f"---\n{source}\n---" in message:
            place = f"{where}:{line}" if line else where
            return f"{place}: code cell {number} fails: {_reason(message)}"
    return f"{where}: a code cell fails: {message}"


def _reason(message: str) -> str:
    """Return the line of nbclient's message that says what happened."""
    lines = message.splitlines()
    return lines[0] if "timed out" in lines[0] else lines[-1]


def _code_cells(path: Path) -> Iterator[tuple[int, int, str]]:
    """Yield (number, line, source) of each code cell of a chapter; a notebook has no lines."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == NOTEBOOK:
        for number, found in enumerate(code_cells(read_notebook(text, path, None)), start=1):
            yield number, 0, found.source
        return
    for number, cell in enumerate(_CODE_CELL.finditer(text), start=1):
        line = text.count("\n", 0, cell.start()) + 1
        yield number, line, _CELL_OPTIONS.sub("", cell[2]).strip()
