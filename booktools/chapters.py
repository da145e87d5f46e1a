"""The pages of a book that have code cells, as notebooks that nothing has run yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode

from booktools.book import Book
from booktools.faults import BuildError

NOTEBOOK = ".ipynb"
_CODE_CELL = "{code-cell}"
READERS_LANGUAGE = "reader-language"  # tag of a cell whose result depends on the reader's language


@dataclass(frozen=True)
class Chapter:
    """A page with code cells; name: its path from the root, without the suffix."""

    name: str
    path: Path
    text: str
    settings: MdParserConfig | None

    @cached_property
    def notebook(self) -> NotebookNode:
        """The page as a notebook that nothing has run."""
        return read_notebook(self.text, self.path, self.settings)

    @property
    def cells(self) -> Sequence[NotebookNode]:
        """The code cells."""
        return code_cells(self.notebook)

    @property
    def code(self) -> str:
        """What the cells run, as one text that can be compared."""
        return code_of(self.notebook)

    @property
    def tagged(self) -> Sequence[int]:
        """The places of the code cells whose results each language has for itself."""
        tags = (cell.metadata.get("tags", []) for cell in self.cells)
        return [n for n, found in enumerate(tags) if READERS_LANGUAGE in found]


def code_cells(notebook: NotebookNode) -> Sequence[NotebookNode]:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def code_of(notebook: NotebookNode) -> str:
    """Return what a notebook's cells run, and in which kernel, as one text."""
    kernel = notebook.metadata.get("kernelspec", {}).get("name", "")
    return json.dumps([kernel, *(cell.source for cell in code_cells(notebook))])


def read_chapters(
    root: Path, names: Sequence[str], settings: MdParserConfig | None = None
) -> Iterator[Chapter]:
    """Yield the pages with code cells among these, in their order."""
    book = Book(root)
    for name in names:
        path = book.page_source(name)
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if _holds_code(path, text):
            yield Chapter(name, path, text, settings)


def _holds_code(path: Path, text: str) -> bool:
    if path.suffix == NOTEBOOK:
        return bool(code_cells(_read_jupyter(text, path)))
    return is_myst_markdown_notebook(text) and _CODE_CELL in text


def read_notebook(text: str, path: Path, settings: MdParserConfig | None) -> NotebookNode:
    """Return a page as a notebook, as MyST-NB reads it; raises BuildError where it is none."""
    if path.suffix == NOTEBOOK:
        return _read_jupyter(text, path)
    notebook: NotebookNode = read_myst_markdown_notebook(
        text, settings, add_source_map=True, path=str(path)
    )
    return notebook


def _read_jupyter(text: str, path: Path) -> NotebookNode:
    try:
        notebook: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    except ValueError as error:
        reason = str(error).splitlines()[0][:200]
        raise BuildError(f"{path}: not a notebook ({reason}); mend it") from None
    return notebook


def digest(*parts: object) -> str:
    """Return one digest of several texts or numbers."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
