"""Run Sphinx over the book in one language, as `jupyter-book build` would."""

from __future__ import annotations

import hashlib
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docutils import nodes
from jupyter_book.config import get_final_config
from myst_nb.core.execute.base import ExecutionError
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import docutils_namespace, patch_docutils

from booktools.faults import BuildError

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_CODE_CELL = re.compile(
    r"^(`{3,}|~{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL
)
_CELL_OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)


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
            confoverrides={**configuration(root, code), **(settings or {})},
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


def configuration(root: Path, code: str) -> dict[str, Any]:
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
    messages = root / "_build/locale" / code / "LC_MESSAGES/vanishing.po"
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
