"""Run Sphinx over the book in one language, as `jupyter-book build` would."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docutils import nodes
from jsonschema import ValidationError
from jupyter_book.config import get_final_config
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError, SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from booktools.book import SETTINGS, Book
from booktools.faults import BuildError, DiskError, disk_error, disk_error_in
from booktools.progress import Stage
from booktools.safe_copies import COPIES
from booktools.sealing import Seal

EXTENSIONS = (
    "booktools.maths",
    "booktools.icons",
    "booktools.extension",
    "booktools.notebooks",
    "booktools.search",
)
HIDDEN = ".*"  # an environment of tools may lie in a hidden folder
_HANDLER = re.compile("Handler <")  # it says nothing; what it wraps does


@dataclass
class Progress:
    """Tells how many pages are read and written, and measures how long each reading took."""

    chapters: dict[str, float] = field(default_factory=dict)
    _started: float = 0.0
    _stage: Stage = field(default_factory=lambda: Stage("reading the pages", 0))
    _done: int = 0

    def watch(self, app: Sphinx) -> None:
        """Listen to a Sphinx application before it builds."""
        app.connect("env-before-read-docs", self._begin_to_read)
        app.connect("source-read", self._reading)
        app.connect("doctree-read", self._read)
        app.connect("env-updated", self._begin_to_write)
        app.connect("html-page-context", self._writing)

    def _begin_to_read(self, app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        self._begin("reading the pages", len(pages))

    def _begin_to_write(self, app: Sphinx, env: BuildEnvironment) -> None:
        # How many pages are written besides those that were read is known to the builder alone.
        self._begin("writing the pages", len(env.found_docs))

    def _begin(self, name: str, total: int) -> None:
        self._stage, self._done = Stage(name, total), 0

    def _step(self) -> None:
        self._done = min(self._done + 1, self._stage.total)
        self._stage.step(self._done)

    def _reading(self, app: Sphinx, page: str, source: list[str]) -> None:
        self._started = time.perf_counter()
        print(f"reading {page}", flush=True)

    def _read(self, app: Sphinx, doctree: nodes.document) -> None:
        seconds = time.perf_counter() - self._started
        self.chapters[app.env.docname] = round(seconds, 2)
        print(f"read {app.env.docname} in {seconds:.1f} s", flush=True)
        self._step()

    def _writing(self, app: Sphinx, page: str, *_: object) -> None:
        print(f"writing {page}", flush=True)
        self._step()


class _Warnings(io.StringIO):
    """Shows Sphinx's warnings and keeps them; those of a disk become one sentence later."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root

    def write(self, text: str) -> int:
        """Keep the text and, where it is about the book, show it."""
        if not disk_error_in(text, self._root):
            sys.stderr.write(text)
        return super().write(text)


def run_sphinx(
    root: Path,
    code: str,
    builder: str,
    target: Path,
    *,
    doctrees: Path | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> None:
    """Run a Sphinx builder over the book in one language.

    What an earlier run has left broken below `_build` is made anew.
    Raises BuildError on any warning, on a cell that fails and where the disk refuses.
    """
    doctrees = doctrees or root / "_build/doctrees" / code
    warnings = _Warnings(root)
    with (
        _sealed(_seals(root, code, builder, doctrees, target), code),
        _mendable(root, code, warnings),
        patch_docutils(),
        docutils_namespace(),
    ):
        app = _sphinx(
            root,
            builder,
            target,
            doctrees,
            {**configuration(root, code), **(settings or {})},
            warnings,
        )
        if progress:
            progress.watch(app)
        app.build()
        if app.statuscode:
            found = f"{code}: the warnings above are errors; correct what they name"
            raise disk_error_in(warnings.getvalue(), root) or BuildError(found)


def _sphinx(
    root: Path,
    builder: str,
    target: Path,
    doctrees: Path,
    settings: Mapping[str, Any],
    warnings: io.StringIO,
) -> Sphinx:
    """Make the application that builds, with every setting given and every warning an error."""
    return Sphinx(
        srcdir=root,
        confdir=None,
        outdir=target,
        doctreedir=doctrees,
        buildername=builder,
        confoverrides=dict(settings),
        status=None,
        warning=warnings,
        warningiserror=True,
        keep_going=True,
    )


@contextmanager
def _mendable(root: Path, code: str, warnings: io.StringIO) -> Iterator[None]:
    """Turn what the user can mend into a sentence; a fault of ours stays what it is.

    Sphinx only warns of a file that it cannot copy, and what reads half a file fails for it.
    """
    try:
        yield
    except Exception as error:
        if found := disk_error(error, root) or disk_error_in(warnings.getvalue(), root):
            raise found from None
        if isinstance(error, ValidationError):
            raise BuildError(f"{root / SETTINGS}: {error.message}; correct that") from error
        if isinstance(error, ExtensionError) and error.orig_exc and _HANDLER.match(error.message):
            raise error.orig_exc from None
        if isinstance(error, SphinxError):
            raise BuildError(f"{code}: {error}") from error
        raise


def _seals(root: Path, code: str, builder: str, doctrees: Path, target: Path) -> Sequence[Seal]:
    pages = (doctrees, target) if builder == "html" else (doctrees,)
    return (Seal(root / "_build/seals" / f"{code}-{builder}.json", pages),)


@contextmanager
def _sealed(seals: Sequence[Seal], code: str) -> Iterator[None]:
    """Remove what is broken, and note what is complete unless the run stops midway."""
    for seal in seals:
        if reason := seal.mend():
            print(f"{code}: some results of earlier builds are made anew: {reason}", flush=True)
        seal.open()
    try:
        yield
    except DiskError:
        raise
    except BuildError:
        _close(seals)
        raise
    _close(seals)


def _close(seals: Sequence[Seal]) -> None:
    for seal in seals:
        seal.close()


def configuration(root: Path, code: str) -> dict[str, Any]:
    """Return what `jupyter-book build` would give Sphinx, in this language."""
    Book(root).check()
    overrides = {
        "language": code,
        "locale_dirs": [str(root / COPIES)],
        "external_toc_path": str(root / "_toc.yml"),
        "latex_individualpages": False,
    }
    config, _ = get_final_config(
        user_yaml=root / "_config.yml", cli_config=overrides, sourcedir=root, raise_on_invalid=True
    )
    return {**config, **_needed(config)}


def _needed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what translations need and a book's own settings may lack."""
    extensions, hidden = config.get("extensions", []), config.get("exclude_patterns", [])
    return {
        "extensions": [*extensions, *(one for one in EXTENSIONS if one not in extensions)],
        "exclude_patterns": hidden if HIDDEN in hidden else [*hidden, HIDDEN],
        "external_toc_exclude_missing": True,
        "gettext_compact": False,  # a catalogue for each page
        "gettext_uuid": False,
    }
