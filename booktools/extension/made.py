"""Bring into the site the files that the book's library writes for a page that needs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from booktools.extension.messages import book_of
from booktools.faults import BuildError
from booktools.files import keep, kept, write_changed
from booktools.library import fingerprint

FOLDER = "_build/cache/made"
_LAST_LINES = 15


def make_files(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Write what this page needs into the site's _static."""
    for marker, files in app.config.book_made.items():
        if marker in context.get("body", ""):
            for name, module in files.items():
                write_changed(Path(app.outdir) / "_static" / name, _made(app, module))


def _made(app: Sphinx, module: str) -> str:
    """Return what a module prints; it is run again when the library has changed."""
    book = book_of(app)
    path, key = book.root / FOLDER / f"{module}.json", fingerprint(book.library)
    known = kept(path)
    if not known or known["key"] != key:
        known = {"key": key, "text": printed(module)}
        keep(path, known)
    return str(known["text"])


def printed(module: str) -> str:
    """Return what ``python -m module`` prints; raises BuildError where it fails."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", module],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    if done.returncode:
        last = "\n".join(done.stderr.splitlines()[-_LAST_LINES:])
        raise BuildError(f"{module} could not write its file:\n{last}")
    return done.stdout


def setup(app: Sphinx) -> None:
    """Register the setting: what a page must hold -> file in _static -> module that prints it."""
    app.add_config_value("book_made", {}, "html")
    app.connect("html-page-context", make_files)
