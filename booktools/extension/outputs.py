"""Give the code cells of a page what they show: run before, and painted in its language."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode, from_dict
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata

from booktools.chapters import code_cells, code_of, read_chapters, read_notebook
from booktools.execution import execute
from booktools.extension.messages import book_of, current_language
from booktools.faults import BuildError
from booktools.files import digest_of
from booktools.painting import NUMBERS, Output, paint, painted_path, read_painted
from booktools.workers import READY


def prepare(app: Sphinx) -> None:
    """Run and paint what is not up to date; let MyST-NB read the results instead of running."""
    if app.config.nb_execution_mode == "off":
        return
    root, language = Path(app.srcdir), current_language(app).code
    source = book_of(app).source.code
    settings: MdParserConfig = app.env.myst_config  # type: ignore[attr-defined]
    chapters = list(read_chapters(root, book_of(app).pages, settings))
    at_once = int(os.environ.get("BOOKTOOLS_PROCESSES") or os.cpu_count() or 1)
    shared = {"catalogues": root / app.config.locale_dirs[0], "processes": at_once}
    execute(root, chapters, language, source, timeout=app.config.nb_execution_timeout, **shared)
    paint(root, chapters, language, source, **shared)
    print(READY, flush=True)
    readers = {
        str(one.path): (
            f"{__name__}.{read.__name__}",
            {
                "path": str(one.path),
                "painted": str(painted_path(root, language, one.name)),
                "settings": settings,
            },
            False,
        )
        for one in chapters
    }
    known = app.env.mystnb_config  # type: ignore[attr-defined]
    app.env.mystnb_config = known.copy(  # type: ignore[attr-defined]
        execution_mode="off", custom_formats=readers
    )


def read(text: str, path: str, painted: str, settings: MdParserConfig) -> NotebookNode:
    """Read a chapter as MyST-NB does, with what its cells show."""
    notebook = read_notebook(text, Path(path), settings)
    found = read_painted(Path(painted))
    if found is None or found.code != code_of(notebook):
        raise BuildError(f"{path} has changed since its cells were run: build again")
    notebook.metadata["language_info"] = dict(found.language_info)
    outputs = from_dict(_visible(found.outputs))  # type: ignore[no-untyped-call]
    for number, cell in enumerate(code_cells(notebook)):
        cell.execution_count, cell.outputs = number + 1, outputs[number]
    return notebook


def _visible(outputs: Sequence[Sequence[Output]]) -> list[list[Output]]:
    """Leave out what is no way to show an output: MyST-NB warns of kinds that it does not know."""
    return [[_without(output, NUMBERS) for output in cell] for cell in outputs]


def _without(output: Output, kind: str) -> Output:
    if kind not in output.get("data", {}):
        return output
    return {**output, "data": {name: text for name, text in output["data"].items() if name != kind}}


def changed(app: Sphinx, env: BuildEnvironment, *_sets: Any) -> Sequence[str]:
    """Name the pages whose cells show something else than when they were last read."""
    root, language = Path(app.srcdir), current_language(app).code
    before: dict[str, str] = getattr(env, "vg_painted", {})
    after = {
        name: digest
        for name in env.found_docs
        if (digest := digest_of(painted_path(root, language, name)))
    }
    env.vg_painted = after  # type: ignore[attr-defined]
    return [name for name in after if name in env.all_docs and after[name] != before.get(name)]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Take the place of MyST-NB's execution."""
    app.connect("builder-inited", prepare, priority=800)  # after MyST-NB has made its settings
    app.connect("env-get-outdated", changed)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
