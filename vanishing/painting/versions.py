"""Tell which code of this package a chapter depends on."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch

from vanishing.remembering.keys import code_version
from vanishing.remembering.shipped import FOLDER

PACKAGE = Path(__file__).parents[1]


def version_of(chapter: str) -> str:
    """Return a digest of what a chapter's code imports from this package, and of PyTorch.

    The results that travel with the package count, comments and docstrings do not. What cannot be
    parsed depends on everything.
    """
    digest = hashlib.sha256(torch.__version__.encode())
    for path in sorted(FOLDER.glob("*")):
        digest.update(path.read_bytes())
    for path in sorted(set(_imported(chapter))):
        digest.update(code_version(path).encode())
    return digest.hexdigest()[:32]


def _imported(code: str) -> Iterator[Path]:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        yield PACKAGE / "__init__.py"
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (_file(alias.name) for alias in node.names if _is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and _is_ours(node.module or ""):
            yield from (_source(node.module or "", alias.name) for alias in node.names)


def _is_ours(module: str) -> bool:
    return module.split(".")[0] == PACKAGE.name


def _source(module: str, name: str) -> Path:
    """Return the file in which a name is defined that a module offers, as far as can be seen."""
    path = _file(f"{module}.{name}")
    if path != _file(module):
        return path
    return _source(*source) if (source := _handed_on(path).get(name)) else path


@cache
def _handed_on(path: Path) -> dict[str, tuple[str, str]]:
    """Return the names that a module hands on: the module that each comes from, its name there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and _is_ours(node.module)
        for alias in node.names
    }


def _file(module: str) -> Path:
    """Return the file of a module, or of the nearest package around what is none."""
    place = PACKAGE.parent.joinpath(*module.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in files if path.is_file()), None) or _file(
        module.rpartition(".")[0]
    )
