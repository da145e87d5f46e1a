"""The Sphinx builder: one notebook for each page that holds code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.core.read import create_nb_reader
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.util.typing import ExtensionMetadata

from booktools.book import notebook_name
from booktools.extension.messages import current_language
from booktools.library import Library
from booktools.notebooks.addresses import Addresses
from booktools.notebooks.cells import (
    Document,
    Source,
    is_code_cell,
    notebook_json,
)
from booktools.notebooks.markdown import Markdown, Page
from booktools.published import figure_name


class NotebookBuilder(Builder):
    """Write notebooks from the translated doctree."""

    name = "vg-notebooks"
    format = "notebook"
    epilog = "The notebooks are in %(outdir)s."
    allow_parallel = True

    def init(self) -> None:
        """Take the language and the addresses that the notebooks link to."""
        self.language = current_language(self.app)
        self.addresses = Addresses(*self.config.vg_notebook_addresses)

    def prepare_writing(self, docnames: set[str]) -> None:
        """Learn which pages become notebooks, so that links can lead to them."""
        self.with_code = {name for name in self.env.found_docs if self._holds_code(name)}

    def _holds_code(self, docname: str) -> bool:
        return any(is_code_cell(node) for node in self.env.get_doctree(docname).findall())

    def get_outdated_docs(self) -> Iterator[str]:
        """Write every page each time: it takes no kernel and little time."""
        yield from sorted(self.env.found_docs)

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Give the page's address on the web, or an empty text where nobody said."""
        site = self.addresses.site
        return f"{site}/{self.language.code}/{docname}.html" if site else ""

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        """Link to the page on the web, else to its notebook, else nowhere."""
        if self.addresses.site or to not in self.with_code:
            return self.get_target_uri(to)
        up = "../" * self._notebook(from_).count("/")
        return f"{up}{self._notebook(to)}"

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write one notebook; a page without code has none."""
        if docname not in self.with_code:
            return
        document = Document(
            docname,
            self.language,
            self.addresses,
            self.get_target_uri(docname) or None,
            self._sources(docname),
            str(self.env.metadata[docname].get("extra", "")),
            str(self.env.metadata[docname].get("needs", "")),
            Library(**self.config.book_library) if self.config.book_library else None,
            notebook=self._notebook(docname),
            chapter=str(self.env.doc2path(docname, base=False)),
            figure=self._figure(docname),
        )
        page = Page(Path(self.srcdir), self.language.direction, self._numbers(docname))
        target = Path(self.outdir, document.notebook)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(notebook_json(document, doctree, Markdown(page)), encoding="utf-8")

    def _figure(self, docname: str) -> str:
        """Return where the first figure of a page is published, "" for a page that has none."""
        site, kind = self.addresses.site, self.env.metadata[docname].get("figure")
        drawn = self.config.book_library and kind != "none"
        return f"{site}/{self.language.code}/{figure_name(docname)}" if site and drawn else ""

    def _notebook(self, docname: str) -> str:
        return notebook_name(docname, self.env.found_docs)

    def _sources(self, docname: str) -> dict[int, Source]:
        """Read the chapter's code cells: the page's doctree lacks those that it does not show."""
        path = self.env.doc2path(docname)
        text = Path(path).read_text(encoding="utf-8")
        environment: Any = self.env
        reader = create_nb_reader(path, environment.myst_config, environment.mystnb_config, text)
        cells = [] if reader is None else reader.read(text).cells
        return {
            index: Source(cell.source, tuple(cell.metadata.get("tags", ())))
            for index, cell in enumerate(cells)
            if cell.cell_type == "code"
        }

    def _numbers(self, docname: str) -> dict[str, str]:
        """Give figures, tables, listings and equations the numbers that the page shows."""
        numbers: dict[str, str] = {}
        for kind, found in self.env.toc_fignumbers.get(docname, {}).items():
            shape = self.config.numfig_format.get(kind, "%s")
            for identifier, parts in found.items():
                numbers[identifier] = shape % ".".join(map(str, parts))
        return numbers


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the builder to a Sphinx application."""
    app.add_builder(NotebookBuilder)
    app.add_config_value("vg_notebook_addresses", (None, None), "")
    app.add_config_value("book_library", {}, "")  # what notebooks look for, or install
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
