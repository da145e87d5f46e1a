"""Keep what was measured on disk: pages, languages and restarts share one computation."""

import ast
import functools
import hashlib
import inspect
import json
import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, get_type_hints

import platformdirs
import torch
from cattrs import Converter

from vanishing.reproducible import reproducible

P = ParamSpec("P")
R = TypeVar("R")
Result = TypeVar("Result")

HERE = Path(__file__).parent
_plain = Converter(detailed_validation=False)
_one_at_a_time = threading.RLock()


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Make a pure function of this package compute each result once.

    Arguments and result are plain data: numbers, strings, tuples, dictionaries or frozen
    dataclasses of these; the result's type is annotated. Results are kept in the folder
    ``VANISHING_CACHE`` (else the user's cache folder), under a key made of the function's name, all
    its arguments, the code that it depends on and PyTorch's version; a damaged entry is computed
    anew. What is computed depends on nothing else (see ``reproducible``).

    Calls raise what the ``observer`` of ``vanishing.progress`` raises, such as ``Cancelled``.
    """
    signature = inspect.signature(function)
    module = Path(inspect.getfile(function))

    @functools.wraps(function)
    def recall(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        name = f"{function.__module__}.{function.__qualname__}"
        arguments = json.loads(
            json.dumps({"function": name, **_plain.unstructure(bound.arguments)})
        )
        entry = _cache_folder() / f"{_key(arguments, module)}.json"
        kind: type[R] = get_type_hints(function)["return"]
        with suppress(_Absent):
            return _read(entry, arguments, kind)
        with _one_at_a_time:
            with suppress(_Absent):
                return _read(entry, arguments, kind)
            with reproducible():
                result = function(*args, **kwargs)
        _write(entry, {"arguments": arguments, "result": _plain.unstructure(result)})
        return result

    return recall


class _Absent(Exception):  # noqa: N818, nothing is wrong where nothing is kept yet
    """Nothing is kept, or it is damaged or not what it should be."""


def _cache_folder() -> Path:
    chosen = os.environ.get("VANISHING_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("vanishing-gradients")


def _key(arguments: dict[str, Any], module: Path) -> str:
    text = f"{json.dumps(arguments, sort_keys=True)} {code_version(module)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@functools.cache
def code_version(module: Path) -> str:
    """Return a digest of a module's source, of all it imports from this package, and of PyTorch."""
    digest = hashlib.sha256(torch.__version__.encode())
    for path in sorted(_needed(module, set())):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _needed(module: Path, seen: set[Path]) -> set[Path]:
    if module not in seen:
        seen.add(module)
        for imported in _imports(module):
            _needed(imported, seen)
    return seen


def _imports(module: Path) -> Iterator[Path]:
    package = HERE.name
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            path = HERE.parent.joinpath(*name.split(".")).with_suffix(".py")
            if name.startswith(f"{package}.") and path.is_file():
                yield path


def _read(entry: Path, arguments: dict[str, Any], kind: type[Result]) -> Result:
    try:
        stored = json.loads(entry.read_text(encoding="utf-8"))
        if stored["arguments"] != arguments:
            raise _Absent
        result: Result = _plain.structure(stored["result"], kind)
        return result
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise _Absent from error


def _write(entry: Path, stored: dict[str, Any]) -> None:
    """Write whole or not at all: another process sees the old state or the new, never a part."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=entry.parent, prefix=entry.stem, suffix=".partial")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(stored, file)
            Path(name).replace(entry)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        warnings.warn(
            f"the result could not be kept in {entry.parent} ({error.strerror}): "
            "set VANISHING_CACHE to a folder that can be written",
            stacklevel=3,
        )
