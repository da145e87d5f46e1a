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
