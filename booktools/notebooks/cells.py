"""The cells of one notebook: nbformat 4.5, no outputs, ids that stay the same."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from docutils import nodes
from sphinx.locale import _

from booktools.book import CATALOGUES, catalogues_below
from booktools.languages import Language
from booktools.library import Library
from booktools.notebooks.addresses import Addresses, packed
from booktools.notebooks.markdown import Markdown, aligned, escape_start, label, link_label, quoted

Cell = dict[str, Any]

HIDING_TAGS = {
    "source_hidden": {"hide-cell", "hide-input", "remove-cell", "remove-input", "solution"},
    "outputs_hidden": {"hide-cell", "hide-output", "remove-cell", "remove-output", "solution"},
}
SETUP = """\
# {comment}
import importlib.util, shutil, sys
from pathlib import Path

copies = [str(p) for p in Path.cwd().parents if (p / "{module}" / "__init__.py").exists()]
sys.path += copies[:1]
if None in map(importlib.util.find_spec, {needed}):
    {otherwise}

from {module} import set_language

set_language({code})"""
# Not by %pip, which always advises to restart the kernel; without git from what the forge packs.
INSTALL = """\
if copies:
        {refuse}
    source = {git} if shutil.which("git") else {packed}
    !"{{sys.executable}}" -m pip install -q "{distribution} @ {{source}}\""""
# What JupyterLab's own rules leave undone. It shows a figure as an image, which knows no theme.
STYLE = """\
from IPython.display import HTML

HTML(
    "<style>"
{rules}
    "</style>"
)"""
DARK = (
    "[data-jp-theme-light=false] .jp-OutputArea-output img {filter: invert(1) hue-rotate(180deg)}"
)
# It shows hidden outputs whenever a cell runs: a solution's come with its code, once that is opened.
SOLUTIONS = (
    ".jp-MarkdownCell:has(.vg-solution) + .jp-CodeCell:has(.jp-InputPlaceholder) ",
    ".jp-Cell-outputWrapper {display: none}",
)
# It aligns paragraphs to the left, whatever their direction.
RIGHT_TO_LEFT = "[dir=rtl] p {text-align: start}"

# What JupyterLab writes into a notebook when its kernel starts. Where that changes nothing, as with this very version
# of Python, it does not mark the notebook as changed.
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": "3.11.7",
}


@dataclass(frozen=True)
class Source:
    """A code cell as the chapter holds it, before translation."""

    code: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """One page of the book in one language, and where its parts are found.

    extra: the optional part of the library that the page needs, and needs: the module that this
    part brings, both from its front matter.
    notebook: its file below the language's folder. chapter: the file in which it is written.
    figure: where the page's first figure is published, "" for none.
    """

    name: str
    language: Language
    addresses: Addresses
    page_address: str | None = None
    sources: Mapping[int, Source] = field(default_factory=dict)
    extra: str = ""
    needs: str = ""
    library: Library | None = None
    notebook: str = ""
    chapter: str = ""
    figure: str = ""


def cell_id(notebook: str, kind: str, index: int) -> str:
    """Derive a cell's id (at most 64 of A-Z a-z 0-9 - _) from its place in the book."""
    ending = f"-{kind}-{index}"
    slug = re.sub(r"[^A-Za-z0-9]+", "-", notebook.removesuffix(".ipynb")).strip("-")
    room = 64 - len(ending)
    if len(slug) > room:
        slug = f"{slug[: room - 9]}-{hashlib.sha256(notebook.encode()).hexdigest()[:8]}"
    return f"{slug}{ending}"


def notebook_json(document: Document, doctree: nodes.document, markdown: Markdown) -> str:
    """Write the whole notebook as JSON, the same on every machine."""
    cells = [*_first_cells(document), *_chapter_cells(document, doctree, markdown)]
    counts = {"text": 0, "code": 0}
    for cell in cells:
        kind = "text" if cell["cell_type"] == "markdown" else "code"
        cell["id"] = cell_id(document.notebook, kind, counts[kind])
        counts[kind] += 1
    notebook = {"cells": cells, "metadata": _metadata(document), "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _metadata(document: Document) -> dict[str, object]:
    return {
        "kernelspec": KERNEL,
        "language_info": LANGUAGE,
        "booktools": {
            "document": document.name,
            "language": document.language.code,
            "repository": document.addresses.repository,
            "site": document.addresses.site,
        },
    }


def _text_cell(text: str, language: Language) -> Cell:
    """Make a Markdown cell; Jupyter shows one from left to right unless the text says otherwise."""
    if language.direction == "rtl":
        text = f'<div dir="rtl">\n\n{text}\n\n</div>'
    return _cell("markdown", text, {})


def _code_cell(code: str, tags: Iterable[str]) -> Cell:
    kept = list(tags)
    metadata: dict[str, object] = {"tags": kept} if kept else {}
    hidden = {part: True for part, tags in HIDING_TAGS.items() if tags.intersection(kept)}
    if hidden:
        metadata["jupyter"] = hidden
    if "source_hidden" in hidden:
        metadata["cellView"] = "form"  # hides it in Colab
    if "outputs_hidden" in hidden:
        metadata["collapsed"] = True  # hides them in the classic Notebook
    cell = _cell("code", code.strip("\n"), metadata)
    return {**cell, "execution_count": None, "outputs": []}


def _cell(kind: str, source: str, metadata: dict[str, object]) -> Cell:
    return {"cell_type": kind, "metadata": metadata, "source": source.splitlines(keepends=True)}


# The first two cells


def _first_cells(document: Document) -> list[Cell]:
    """Say which file to edit instead; then find or install the library and set the language."""
    banner = _text_cell(quoted(_banner(document), document.language.direction), document.language)
    code = "\n\n".join(_setup_code(document))
    return [banner, _code_cell(code, ["setup"])] if code else [banner]


def _banner(document: Document) -> str:
    chapter = f"`{document.chapter}`"
    folder = catalogues_below(Path(CATALOGUES), document.language.code)
    catalogue = f"`{folder.as_posix()}/{document.name}.po`"
    if document.language.source:
        text = _("This notebook is generated. Changes made here are lost: change %(chapter)s.")
    else:
        text = _(
            "This notebook is generated. Changes made here are lost: change the code in "
            "%(chapter)s or the translation in %(catalogue)s."
        )
    notice = escape_start(label(text)) % {"chapter": chapter, "catalogue": catalogue}
    notice = aligned(notice, document.language.direction)
    if document.page_address is None:
        return notice
    link = link_label(_("Read this page on the web"))
    return "\n\n".join([notice, f"[{link}]({document.page_address})", *_first_look(document)])


def _first_look(document: Document) -> Iterator[str]:
    """Show the page's first figure, as the site has it, before any cell has run."""
    if document.figure:
        says = link_label(_("The first figure of this page"))
        yield f"![{says}]({document.figure})"


def _setup_code(document: Document) -> Iterator[str]:
    if document.library:
        yield _library_code(document, document.library)
    rules = [DARK] if document.library else []
    if any("solution" in source.tags for source in document.sources.values()):
        rules += SOLUTIONS
    if document.language.direction == "rtl":
        rules.append(RIGHT_TO_LEFT)
    if rules:
        yield STYLE.format(rules="\n".join(f'    "{rule}"' for rule in rules))


def _library_code(document: Document, library: Library) -> str:
    return SETUP.format(
        comment=_("Find this book's library, or install it, and choose the language."),
        otherwise=_otherwise(document, library),
        module=library.module,
        needed=json.dumps([library.module, *filter(None, [document.needs])]),
        code=json.dumps(document.language.code),
    )


def _otherwise(document: Document, library: Library) -> str:
    """Say what to do where the library, or what a page needs besides, is missing."""
    extra = f"[{document.extra}]" if document.extra else ""
    missing = _(
        "The library of this book is not installed. Download the book's repository, run "
        "'pip install -e .' in its folder, and open this notebook from there."
    ).replace("-e .", f'-e ".{extra}"' if extra else "-e .")
    refuse = f"raise ModuleNotFoundError({str(missing)!r})"
    address = document.addresses.repository
    if address is None:
        return refuse
    git = f"git+{address}"
    return INSTALL.format(
        refuse=refuse,
        git=json.dumps(git),
        packed=json.dumps(packed(address) or git),
        distribution=f"{library.distribution}{extra}",
    )


# The chapter's cells


def _chapter_cells(
    document: Document, doctree: nodes.document, markdown: Markdown
) -> Iterator[Cell]:
    """Make the cells in the chapter's order; text is divided at headings and at code cells."""
    text: list[str] = []
    waiting = dict(sorted(document.sources.items()))
    for node, depth in _parts(doctree):
        if is_code_cell(node) or isinstance(node, nodes.title):
            yield from _flushed(text, document.language)
        if is_code_cell(node):
            yield from _code_cells(node, waiting, document.language)
        elif isinstance(node, nodes.title):
            text.append(f"{'#' * min(depth, 6)} {markdown.inlines(node.children)}")
        else:
            text.append(markdown.block(node))
    yield from _flushed(text, document.language)
    yield from (_code_cell(source.code, source.tags) for source in waiting.values())


def _flushed(text: list[str], language: Language) -> Iterator[Cell]:
    blocks = [block for block in text if block.strip()]
    text.clear()
    if blocks:
        yield _text_cell("\n\n".join(blocks), language)


def _parts(section: nodes.Element, depth: int = 0) -> Iterator[tuple[nodes.Node, int]]:
    """Walk through the sections; a part comes with the depth of its heading."""
    for child in section.children:
        if isinstance(child, nodes.section):
            yield from _parts(child, depth + 1)
        else:
            yield child, depth


def is_code_cell(node: nodes.Node) -> TypeGuard[nodes.container]:
    """Say whether the node holds a code cell of the chapter."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _code_cells(
    node: nodes.container, waiting: dict[int, Source], language: Language
) -> Iterator[Cell]:
    """Make the cell, after those before it that the page leaves out but the code needs."""
    index = node["cell_index"]
    for earlier in [number for number in waiting if number < index]:
        source = waiting.pop(earlier)
        yield _code_cell(source.code, source.tags)
    written = waiting.pop(index, Source(""))
    tags = node["cell_metadata"].get("tags", written.tags)
    shown = node.next_node(nodes.literal_block) if _shows_code(node) else None
    if "solution" in tags:
        title = label(_("Solution"))
        text = f'<span class="vg-solution">**{title}**</span>'
        yield _text_cell(aligned(text, language.direction), language)
    yield _code_cell(written.code if shown is None else shown.astext(), tags)


def _shows_code(node: nodes.container) -> bool:
    return any(
        isinstance(child, nodes.container) and child.get("nb_element") == "cell_code_source"
        for child in node.children
    )
