"""Tell the kernels that run the chapters the language, and where training runs are kept."""

from __future__ import annotations

import os
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata


def set_environment(app: Sphinx) -> None:
    """Set the variables, which kernels inherit, until the build ends as it may."""
    before = dict(os.environ)
    os.environ.update(VANISHING_LANGUAGE=app.config.language or "en", VANISHING_STATIC="1")
    if folders := app.config.locale_dirs:  # the copies of catalogues that pages read, too
        os.environ["VANISHING_LOCALES"] = str(Path(app.srcdir, folders[0]))
    cache = Path(app.srcdir) / "_build/cache/experiments"
    os.environ.setdefault("VANISHING_CACHE", str(cache))
    # On layers this small a second thread costs time, and two languages run at once.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    app.connect("build-finished", lambda *_: _restore(before))


def _restore(before: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Set the environment before the first chapter is read, `jupyter-book build` included."""
    app.connect("builder-inited", set_environment)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
