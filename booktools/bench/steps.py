"""The steps of the bench, each in copies of the book with caches of their own."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.request import urlopen

from booktools.bench.copies import MARK, change_docstrings, copy_tracked, with_added_word
from booktools.bench.costs import Cost, Measure, Running, chapters_run, stages
from booktools.book import Book
from booktools.faults import BuildError

Found = tuple[float, Cost, dict[str, float]]
"""What a step measures: its value, its cost and its parts."""

NAMES = {
    1: "English with the shipped results",
    2: "English without them",
    3: "one further language, as a share of step 2",
    4: "from a saved sentence to the served page",
    5: "from a saved label to the figure on the page",
    6: "computed again after a changed docstring",
    7: "two languages, ours / plain Jupyter Book",
    8: "watching a training, as a share of one of its steps",
    9: "training in the laboratory / in PyTorch",
}
LIMITS = {1: 150.0, 2: 360.0, 3: 20.0, 4: 2.5, 5: 5.0, 6: 0.0, 8: 10.0, 9: 1.5}
UNITS = {3: "%", 6: "things", 7: "times", 8: "%", 9: "times"}
WITHOUT = {"RESULTS": "none"}  # what the library is told, so that it takes none that it ships
PARAGRAPH, LABEL = "<p>{}</p>", ">{}</text>"  # how a page shows a sentence, and a figure its words
_PAUSE = 10.0  # seconds from a built page to the next change: what builds and draws it loads
_PATIENCE = 300.0


@dataclass(frozen=True)
class Changes:
    """In which language, and where, the bench changes something.

    message, label: a msgid of the page and one of the library; by default the first that a
    paragraph of the page, or a figure on it, shows.
    """

    language: str = "ar"
    page: str = "book/course/chain-rule"
    message: str = ""
    label: str = ""
    module: str = "training.py"


class Bench:
    """The steps; a build that several of them need is made once."""

    def __init__(self, root: Path, folder: Path, changes: Changes, ending: ExitStack) -> None:
        """Measure the book at root in copies within a folder; ending: ends what still runs."""
        self.root, self.folder, self.changes, self.ending = root, folder, changes, ending
        library = Book(root).library
        self.library = library.module if library else ""

    def measure(self, step: int) -> Measure:
        """Return what a step costs; raises BuildError where one of its commands fails."""
        print(f"{step}. {NAMES[step]}", flush=True)
        value, cost, parts = getattr(self, f"_step_{step}")()
        unit = UNITS.get(step, "s")
        return Measure(step, NAMES[step], round(value, 2), unit, LIMITS.get(step), cost, parts)

    def _copy(self, name: str) -> Path:
        return copy_tracked(self.root, self.folder / name / "book")

    def _start(self, copy: Path, *command: str, **told: str) -> Running:
        told = {"CACHE": str(_kept(copy)), **told}
        prefix = self.library.upper()
        return Running(copy, command, {f"{prefix}_{name}": value for name, value in told.items()})

    def _build(self, copy: Path, code: str, **told: str) -> tuple[Running, Cost]:
        build = self._start(copy, sys.executable, "-m", "booktools", "build", code, **told)
        return build, build.end()

    @property
    def _source(self) -> str:
        return Book(self.root).source.code

    @cached_property
    def _without(self) -> tuple[Path, Running, Cost]:
        copy = self._copy("without")
        return copy, *self._build(copy, self._source, **WITHOUT)

    @cached_property
    def _further(self) -> Cost:
        return self._build(self._without[0], self.changes.language, **WITHOUT)[1]

    @cached_property
    def _served(self) -> tuple[Path, Running, str]:
        copy, code = self._copy("served"), self.changes.language
        server = self._start(copy, sys.executable, "-m", "booktools", "serve", code, "--port", "0")
        self.ending.callback(server.stop)
        line = server.wait_for("http://")
        server.wait_for(f"[{code}] built in")
        time.sleep(_PAUSE)
        return copy, server, f"{line[line.index('http://') :].split()[0]}{self.changes.page}.html"

    def _plain(self, code: str) -> Cost:
        """Build one language with the stock tool, which cannot set another than the source's."""
        copy = self._copy(f"plain-{code}")
        tool = str(Path(sys.executable).with_name("jupyter-book"))
        if code == self._source:
            return self._start(copy, tool, "build", ".", **WITHOUT).end()
        configured = self._start(copy, tool, "config", "sphinx", ".", **WITHOUT).end()
        settings = ("-D", f"language={code}", "-D", "locale_dirs=locales")
        sphinx = (sys.executable, "-m", "sphinx", "-b", "html", *settings, ".", "_build/html")
        return configured + self._start(copy, *sphinx, **WITHOUT).end()

    def _step_1(self) -> Found:
        copy = self._copy("with")
        return _built(copy, *self._build(copy, self._source))

    def _step_2(self) -> Found:
        return _built(*self._without)

    def _step_3(self) -> Found:
        first, further = self._without[2], self._further
        parts = {"% of the CPU seconds": 100 * further.cpu / first.cpu}
        return 100 * further.seconds / first.seconds, further, parts

    def _step_4(self) -> Found:
        return self._until_served(self.changes.page, self.changes.message, PARAGRAPH)

    def _step_5(self) -> Found:
        return self._until_served(self.library, self.changes.label, LABEL)

    def _until_served(self, domain: str, msgid: str, frame: str) -> Found:
        copy, server, page = self._served
        path = Book(copy).catalogue(Book(copy).language(self.changes.language), domain)
        before, begin, cpu = _read(page), len(server.lines), server.so_far()
        text = path.read_text(encoding="utf-8")
        changed = with_added_word(text, lambda words: frame.format(words) in before, msgid)
        started = time.perf_counter()
        path.write_text(changed, encoding="utf-8")
        while _read(page).count(MARK) <= before.count(MARK):
            seconds = time.perf_counter() - started
            if seconds > _PATIENCE or server.said("] failed after", begin):
                raise BuildError(f"{page} has no new word after {seconds:.0f} s")
            time.sleep(0.05)
        seconds = time.perf_counter() - started
        server.wait_for("] rebuilt in", begin)
        time.sleep(_PAUSE)
        return seconds, Cost(seconds, server.so_far() - cpu), {}

    def _step_6(self) -> Found:
        copy = self._copy("docstring")
        change_docstrings(copy / self.library / self.changes.module)
        self._build(copy, self._source)
        change_docstrings(copy / self.library / self.changes.module)
        again, cost = self._build(copy, self._source)
        chapters = chapters_run(again.lines)
        missing = _computed(copy)  # by both builds: what is shipped must serve the first one, too
        return chapters + missing, cost, {"chapters run": chapters, "results missing": missing}

    def _step_7(self) -> Found:
        source, further = self._plain(self._source), self._plain(self.changes.language)
        ours, plain = self._without[2] + self._further, source + further
        parts = {f"plain {self._source}": source.seconds, "plain other": further.seconds}
        return ours.seconds / plain.seconds, plain, {**parts, "ours both": ours.seconds}

    def _step_8(self) -> Found:
        """Let the library measure it: these tools never import it."""
        measuring = self._start(
            self._copy("watch"), sys.executable, "-m", f"{self.library}.watch_cost"
        )
        cost = measuring.end()
        found = json.loads(measuring.lines[-1][1])
        parts = {"plain": found["plain"], "watched": found["watched"]}
        parts["% of the CPU seconds"] = 100 * found["processor_share"]
        return 100 * found["share"], cost, parts

    def _step_9(self) -> Found:
        copy = self._copy("laboratory")
        comparing = self._start(copy, sys.executable, "tests/laboratory_speed.py")
        cost = comparing.end()
        found = json.loads(comparing.lines[-1][1])
        return max(found.values()), cost, found


def _built(copy: Path, build: Running, cost: Cost) -> Found:
    parts = {**stages(build.lines, cost.seconds), "results computed": _computed(copy)}
    return cost.seconds, cost, parts


def _kept(copy: Path) -> Path:
    return copy.parent / "results"


def _computed(copy: Path) -> int:
    return len(list(_kept(copy).glob("*.json")))


def _read(address: str) -> str:
    with urlopen(address) as answer:
        return str(answer.read().decode())
