"""What the book's cells import is an interface for readers: every name is there, in its place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from vanishing.explorer.sliders import LABELS
from vanishing.figures.explosions import CLIPPINGS
from vanishing.figures.labels import JOINT
from vanishing.figures.labels import LABELS as WORDED
from vanishing.figures.products import KINDS
from vanishing.figures.scenes.blocks import BLOCKS
from vanishing.figures.scenes.signals import PATHS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "book").rglob("*.md"))]
# A cell, or Python that is only shown; what lies in an exercise or its solution may be indented.
CODE = re.compile(
    r"^(?P<margin>[ >]*)(?P<fence>`{3,}|~{3,})(?:\{code-cell\}[^\n]*|python)\n"
    r"(?P<code>.*?)^(?P=margin)(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
MAGIC = re.compile(r"^[%!].*$", re.MULTILINE)


def programs(page: str) -> Iterator[ast.Module]:
    """Yield the program of each code cell of a page."""
    for found in CODE.finditer(page):
        lines = found["code"].splitlines(keepends=True)
        code = "".join(line[len(found["margin"]) :] or "\n" for line in lines)
        yield ast.parse(MAGIC.sub("", OPTIONS.sub("", code)))


def imported(page: str) -> Iterator[tuple[str, str, str]]:
    """Yield (module, name, name in the cell) for all that a page imports from the library."""
    for node in (node for program in programs(page) for node in ast.walk(program)):
        if isinstance(node, ast.ImportFrom) and _is_ours(node.module or ""):
            for alias in node.names:
                yield node.module or "", alias.name, alias.asname or alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if _is_ours(alias.name):
                    yield alias.name, "", alias.asname or alias.name


def used(page: str, modules: dict[str, ModuleType]) -> Iterator[tuple[ModuleType, str]]:
    """Yield (module, name) wherever a page takes a name out of an imported module."""
    for node in (node for program in programs(page) for node in ast.walk(program)):
        place = node.value if isinstance(node, ast.Attribute) else None
        if isinstance(place, ast.Name) and place.id in modules:
            yield modules[place.id], node.attr


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == "vanishing"


def missing(page: str) -> list[str]:
    """Return what a page's cells ask of the library and do not find there."""
    modules, gone = {}, []
    for module, name, here in imported(page):
        place = import_module(module)
        if name and not hasattr(place, name):
            gone.append(f"{module}.{name}")
            continue
        thing = getattr(place, name) if name else import_module(module.partition(".")[0])
        if isinstance(thing, ModuleType):
            modules[here] = thing
    uses = used(page, modules)
    return gone + [f"{place.__name__}.{name}" for place, name in uses if not hasattr(place, name)]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_name_that_a_page_takes_from_the_library_is_there(path: Path) -> None:
    assert missing(path.read_text(encoding="utf-8")) == []


def axes(page: str) -> Iterator[str]:
    """Yield the name of every axis for which a page's cells make a slider."""
    for node in (node for program in programs(page) for node in ast.walk(program)):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id == "explore":
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)


def test_every_slider_of_the_pages_has_words_for_its_axis() -> None:
    used = {axis for path in PAGES for axis in axes(path.read_text(encoding="utf-8"))}
    assert len(used) >= 10
    assert used <= LABELS.keys()


def test_no_cell_is_overlooked() -> None:
    """All the pages together take what the chapters are about."""
    pages = [path.read_text(encoding="utf-8") for path in PAGES]
    modules = {module for page in pages for module, _name, _here in imported(page)}
    assert len(modules) >= 15
    cells = sum(page.count("{code-cell}") for page in pages)
    found = [program for page in pages for program in programs(page)]
    assert len(found) >= cells > 200


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from vanishing import train, nothing", ["vanishing.nothing"]),
        ("from vanishing.training import\\\n  updates as u, gone", ["vanishing.training.gone"]),
        (
            "from vanishing import figures\nfigures.draw_runs\nfigures.draw_me",
            ["vanishing.figures.draw_me"],
        ),
        ("import vanishing\nvanishing.train\nvanishing.tram", ["vanishing.tram"]),
        (":tags: [remove-input]\nfrom vanishing import gone", ["vanishing.gone"]),
        ("%pip install x\nfrom vanishing import gone", ["vanishing.gone"]),
        ("import torch\ntorch.gone", []),
    ],
)
def test_a_name_that_is_gone_is_named(code: str, expected: list[str]) -> None:
    assert missing(f"# Page\n\n```{{code-cell}} ipython3\n{code}\n```\n") == expected
    indented = "\n".join(f"  {line}" for line in code.splitlines())
    assert missing(f":::{{admonition}}\n  ```{{code-cell}}\n{indented}\n  ```\n:::\n") == expected


def test_a_module_that_is_gone_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"vanishing\.gone"):
        missing("```{code-cell}\nfrom vanishing.gone import train\n```\n")


# What keys and lists of cells hold beside the names of lines and sliders' positions: the library's
# own settings, what is printed, and names of methods, which every language writes alike.
NO_LABELS = """
    Delta-orthogonal QK-norm accuracy activation agree backbone bad batch-norms bfloat16 bias bound
    box branch circular class clip_norm clipping convolutions depth distance epochs error factors
    fan_in fan_out first float16 float32 good gradient half head identity images img init kind last
    last-at-0 layer learning_rate linear_last mean median mup neck one2many order query_key_norm
    radius ratio relu relu_last residual rms rows sequence shortcuts signal square tanh variance-1/n
    warmup weight_scale width xavier zeros
"""
OWN_WORDS = {*KINDS, *CLIPPINGS, *PATHS, *BLOCKS}  # which have words of their own in a drawing
ENGLISH = re.compile(r"\b[a-z]{3,}")


def labels(page: str) -> Iterator[str]:
    """Yield the texts of a page's cells that may name a line or a slider's position."""
    for node in (node for program in programs(page) for node in ast.walk(program)):
        texts = node.keys if isinstance(node, ast.Dict) else []
        texts = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else texts
        for text in texts:
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


def unknown(page: str) -> set[str]:
    """Return the texts with English words that the drawing room would leave in English."""
    known, spared = WORDED | OWN_WORDS, NO_LABELS.split()
    return {
        name
        for name in labels(page)
        if name not in known and name.replace(" ", "-") not in spared
        if any(ENGLISH.search(part) and part not in WORDED for part in name.split(JOINT))
    }


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_name_that_a_cell_gives_to_a_figure_has_words(path: Path) -> None:
    """Else register it in `vanishing.figures.labels`, or here if no figure shows it."""
    assert unknown(path.read_text(encoding="utf-8")) == set()


def test_a_name_without_words_is_found() -> None:
    cell = '```{code-cell} ipython3\nx = {"ReLU + skip": 1, "wide channels": 2, "Adam": 3}\n```\n'
    assert unknown(cell) == {"wide channels"}
