"""Build the site of one language, or of all, and the page that leads to them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from jupyter_book.config import get_final_config
from myst_nb.core.execute.base import ExecutionError
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from booktools.languages import ROOT, Language, load_languages
from booktools.portal import write_portal, write_redirect

AT_ONCE = 2
_LAST_LINES = 15
# Kernels log this themselves on every start; ours listen on this machine only.
_NOISE = ("Kernel is running over TCP without encryption",)
_LINE_NUMBER = re.compile(r"^(#: .+):\d+$", re.MULTILINE)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_CODE_CELL = re.compile(
    r"^(`{3,}|~{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL
)
_CELL_OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)


class BuildError(Exception):
    """A book that cannot be built; the message names the place and the remedy."""


@dataclass(frozen=True)
class Times:
    """How long a language took: in all, and to read and run each chapter, in seconds."""

    seconds: float
    chapters: Mapping[str, float]


@dataclass(frozen=True)
class Outcome:
    """What became of one language's build: its exit code and everything it printed."""

    code: str
    exit_code: int
    log: Sequence[str]


@dataclass
class Progress:
    """Prints a line for every page and measures how long its reading and running took."""

    chapters: dict[str, float] = field(default_factory=dict)
    _started: float = 0.0

    def watch(self, app: Sphinx) -> None:
        """Listen to a Sphinx application before it builds."""
        app.connect("source-read", self._reading)
        app.connect("doctree-read", self._read)
        app.connect("html-page-context", self._writing)

    def _reading(self, app: Sphinx, page: str, source: list[str]) -> None:
        self._started = time.perf_counter()
        print(f"reading and running {page}", flush=True)

    def _read(self, app: Sphinx, doctree: nodes.document) -> None:
        seconds = time.perf_counter() - self._started
        self.chapters[app.env.docname] = round(seconds, 2)
        print(f"read {app.env.docname} in {seconds:.1f} s", flush=True)

    def _writing(self, app: Sphinx, page: str, *_: object) -> None:
        print(f"writing {page}", flush=True)


def build_language(root: Path, code: str, *, backwards: bool = False) -> Times:
    """Build one language's site in this process; `backwards` reads the last page first.

    Sphinx and gettext keep translations in global variables: one process builds one language, once.
    Raises BuildError on any warning and on a cell that fails, naming its chapter and cell.
    """
    from booktools.catalogues import write_safe_copies  # which itself imports extract_messages

    started = time.perf_counter()
    # The glossary names each term in every language, so every catalogue is checked.
    for language in load_languages(root / "locales/languages.toml"):
        findings = write_safe_copies(
            language.code, root / "_build/locale", root=root, all_findings=language.code == code
        )
        for finding in findings if language.code == code else []:
            print(f"shown in English: {finding}", flush=True)
    progress = Progress()
    target = root / "_build/html" / code
    run_sphinx(root, code, "html", target, progress=progress, backwards=backwards)
    write_redirect(target, _first_page(root))
    return Times(round(time.perf_counter() - started, 2), progress.chapters)


def run_sphinx(
    root: Path,
    code: str,
    builder: str,
    target: Path,
    *,
    doctrees: Path | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    backwards: bool = False,
) -> None:
    """Run a Sphinx builder over the book in one language; raise BuildError on any warning."""
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=root,
            confdir=None,
            outdir=target,
            doctreedir=doctrees or root / "_build/doctrees" / code,
            buildername=builder,
            confoverrides={**_configuration(root, code), **(settings or {})},
            status=None,
            warning=sys.stderr,
            warningiserror=True,
            keep_going=True,
        )
        if progress:
            progress.watch(app)
        if backwards:
            app.connect("env-before-read-docs", _turn_round)
        try:
            app.build()
        except ExecutionError as error:
            raise BuildError(describe_failed_cell(root, error)) from error
    if app.statuscode:
        raise BuildError(f"{code}: the warnings above are errors; correct what they name")


def _turn_round(app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
    pages.reverse()


def _configuration(root: Path, code: str) -> dict[str, Any]:
    """Return what `jupyter-book build` would give Sphinx, with the language and its own cache."""
    overrides = {
        "language": code,
        "locale_dirs": [str(root / "_build/locale")],
        "external_toc_path": str(root / "_toc.yml"),
        "nb_execution_cache_path": str(execution_cache(root, code)),
        "latex_individualpages": False,
    }
    config, _ = get_final_config(
        user_yaml=root / "_config.yml", cli_config=overrides, sourcedir=root, raise_on_invalid=True
    )
    return dict(config)


def execution_cache(root: Path, code: str) -> Path:
    """Return the folder of a language's cell outputs; another one once what draws them changes.

    The cache's own key is a page's code alone, but outputs also come from the library and speak
    the words of its catalogue.
    """
    sources = sorted((root / "vanishing").rglob("*.py"))
    messages = root / "locales" / code / "LC_MESSAGES/vanishing.po"
    digest = hashlib.sha256()
    for path in [*sources, *([messages] if messages.exists() else [])]:
        digest.update(path.read_bytes())
    return root / "_build/cache/execution" / code / digest.hexdigest()[:16]


def describe_failed_cell(root: Path, error: ExecutionError) -> str:
    """Return `file:line: code cell N: error` for a failed execution."""
    path = Path(str(error))
    message = _ANSI.sub("", str(error.__cause__)).strip()
    where = path.relative_to(root) if path.is_relative_to(root) else path
    for number, line, source in _code_cells(path.read_text(encoding="utf-8")):
        if f"---\n{source}\n---" in message:
            return f"{where}:{line}: code cell {number} fails: {_reason(message)}"
    return f"{where}: a code cell fails: {message}"


def _reason(message: str) -> str:
    """Return the line of nbclient's message that says what happened."""
    lines = message.splitlines()
    return lines[0] if "timed out" in lines[0] else lines[-1]


def _code_cells(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (number, line, source) of each code cell of a chapter."""
    for number, cell in enumerate(_CODE_CELL.finditer(text), start=1):
        line = text.count("\n", 0, cell.start()) + 1
        yield number, line, _CELL_OPTIONS.sub("", cell[2]).strip()


def extract_messages(target: Path, root: Path = ROOT) -> None:
    """Write the book's messages as one .pot per chapter, without running a cell."""
    settings = {"nb_execution_mode": "off", "locale_dirs": []}
    doctrees = root / "_build/doctrees/gettext"
    source = _source_code(root)
    run_sphinx(root, source, "gettext", target, doctrees=doctrees, settings=settings)
    for template in target.rglob("*.pot"):
        text = template.read_text(encoding="utf-8")
        template.write_text(_LINE_NUMBER.sub(r"\1", text), encoding="utf-8")


def build_all(root: Path, codes: Sequence[str]) -> None:
    """Build these languages, the source language first.

    All languages share their training runs, so the second one starts with the last page: each of
    the two trains one half. After a failure, no further language is started.
    Raises BuildError that names every language that failed, its command and its last lines.
    """
    started = time.perf_counter()
    source = _source_code(root)
    ordered = sorted(codes, key=lambda code: code != source)
    failed = threading.Event()

    def build(place: int) -> Outcome | None:
        if failed.is_set():
            return None
        outcome = build_apart(root, ordered[place], backwards=place == 1)
        if outcome.exit_code:
            failed.set()
        return outcome

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(build, range(len(ordered))))
    outcomes = [outcome for outcome in results if outcome]
    _drop_executed_notebooks(root / "_build/html/jupyter_execute")
    write_portal(root / "_build/html", _languages(root), _title(root), _first_page(root))
    _report_times(root, [o.code for o in outcomes], time.perf_counter() - started)
    _raise_failures(root, outcomes)


def _drop_executed_notebooks(folder: Path) -> None:
    """Keep out of the site what MyST-NB writes beside it: one language's outputs over another's."""
    for path in folder.rglob("*.ipynb"):
        path.unlink()


def build_apart(root: Path, code: str, *, backwards: bool = False) -> Outcome:
    """Build one language in a process of its own, passing on what it prints."""
    process = start_worker(root, code, backwards=backwards)
    release(process)
    log = []
    for line in output(process):
        log.append(line)
        print(f"[{code}] {line}", flush=True)
    path = root / "_build/log" / f"{code}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(log) + "\n", encoding="utf-8")
    return Outcome(code, process.wait(), log)


def start_worker(root: Path, code: str, *, backwards: bool = False) -> subprocess.Popen[str]:
    """Start a process that loads the tools and waits for `release` before it builds a language."""
    order = ["backwards"] if backwards else []
    return subprocess.Popen(
        [sys.executable, "-m", "booktools.build", str(root), code, *order],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


def output(worker: subprocess.Popen[str]) -> Iterator[str]:
    """Yield what a worker prints, line by line, until it ends."""
    for line in worker.stdout or ():
        if not any(noise in line for noise in _NOISE):
            yield line.rstrip()


def release(worker: subprocess.Popen[str]) -> None:
    """Let a waiting worker build; one whose parent ends instead ends as well."""
    if worker.stdin:
        worker.stdin.write("build\n")
        worker.stdin.close()


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


def _languages(root: Path) -> Sequence[Language]:
    return load_languages(root / "locales/languages.toml")


def _source_code(root: Path) -> str:
    return next(language.code for language in _languages(root) if language.source)


def _first_page(root: Path) -> str:
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return f"{toc['root']}.html"


def _title(root: Path) -> str:
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return str(config["title"])


def main(root: Path, code: str, order: Sequence[str] = ()) -> None:
    """Build one language once standard input says so; leave its times for the parent to read."""
    if not sys.stdin.readline():
        return
    path = _times_path(root, code)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(Times(0, {}))))
    try:
        times = build_language(root, code, backwards="backwards" in order)
    except (BuildError, SphinxError) as error:
        sys.exit(f"{error}")
    path.write_text(json.dumps(asdict(times)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
