"""What a measurement depends on: the code of a module and of all that it needs, without prose."""

import ast
import functools
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
SETTINGS = PACKAGE / "reproducible.py"  # under which everything is computed
PLUMBING = Path(__file__).parent.name  # carries numbers and changes none


@functools.cache
def code_version(module: Path) -> str:
    """Return a digest of the code of a module and of all it imports from this package.

    Comments, docstrings and layout do not count, and neither does the version of Python.
    """
    digest = hashlib.sha256()
    files = {_name(path): path for path in (*needed(module), *needed(SETTINGS))}
    for name, path in sorted(files.items()):
        digest.update(f"{name} {_written(_text(path))}\n".encode())
    return digest.hexdigest()[:32]


def needed(module: Path) -> set[Path]:
    """Return a module's file and those of all modules of this package that it imports, in turn."""
    seen: set[Path] = set()
    waiting = [module]
    while waiting:
        if (path := waiting.pop()) not in seen:
            seen.add(path)
            waiting.extend(_imports(path))
    return seen


def _imports(module: Path) -> Iterator[Path]:
    """Yield the files of this package that a module imports, each with the packages it lies in."""
    for node in _importing(_text(module)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(alias.name)
        else:
            source = _source(node, module)
            for alias in node.names:
                # What is no module of its own comes out of the one named before it.
                yield from _files(f"{source}.{alias.name}") or _files(source)


def _source(node: ast.ImportFrom, module: Path) -> str:
    """Return the absolute name of what stands behind "from", dots resolved."""
    if not node.level:
        return node.module or ""
    folder = module.parents[node.level - 1].relative_to(PACKAGE.parent)
    return ".".join([*folder.parts, *([node.module] if node.module else [])])


def _files(name: str) -> list[Path]:
    """Return the file of a module of this package and those of the packages in which it lies.

    The file of the whole package counts only where it is meant itself: it imports everything.
    """
    package, *parts = name.split(".")
    if package != PACKAGE.name or parts[:1] == [PLUMBING]:
        return []
    place = PACKAGE.joinpath(*parts)
    found = [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()]
    inner = [PACKAGE.joinpath(*parts[:n]) / "__init__.py" for n in range(1, len(parts))]
    return [*found, *filter(Path.is_file, inner)] if found else []


def _name(path: Path) -> str:
    inside = path.is_relative_to(PACKAGE)
    return path.relative_to(PACKAGE).as_posix() if inside else path.name


def _text(module: Path) -> str:
    return module.read_text(encoding="utf-8")


@functools.cache
def _importing(source: str) -> Sequence[ast.Import | ast.ImportFrom]:
    """Return the statements that import; what many modules need is parsed once."""
    nodes = ast.walk(ast.parse(source))
    return [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


@functools.cache
def _written(source: str) -> str:
    return _meaning(ast.parse(source))


def _meaning(node: Any) -> str:
    """Write a syntax tree as every version of Python has it; a string alone is a docstring."""
    if isinstance(node, list):
        return f"[{' '.join(_meaning(item) for item in node if not _is_prose(item))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []))
    written = (f" {name}={_meaning(value)}" for name, value in fields if name != "kind")
    return f"({type(node).__name__}{''.join(written)})"


def _is_prose(node: Any) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
