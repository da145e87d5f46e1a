"""Keep what was measured on disk: pages, languages and restarts share one computation.

What the cells of the book ask for travels with the package (see ``shipped``).
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, get_type_hints

import platformdirs
import torch

from vanishing.promises import Postponed, later
from vanishing.remembering import files, process, shipped
from vanishing.remembering.calls import Call, plain
from vanishing.remembering.keys import code_version
from vanishing.remembering.process import compute

P = ParamSpec("P")
R = TypeVar("R")
Result = TypeVar("Result")


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Make a pure function of this package compute each result once, in a process of its own.

    Arguments and result are plain data: numbers, strings, tuples, dictionaries or frozen
    dataclasses of these; the result's type is annotated. Results come with the package, unless
    ``VANISHING_RESULTS`` is ``none``; others are kept in the folder ``VANISHING_CACHE`` (else the
    user's cache folder). Their key is the function's name, all its arguments, the code that it
    depends on and, in the folder, PyTorch's version; a damaged entry is computed anew. What is
    computed depends on nothing else (see ``reproducible``), and nothing of it is seen in the
    process that asks.

    Calls raise what the function raises, and what the ``observer`` of ``vanishing.progress``
    raises, such as ``Cancelled``. Raises ``TypeError`` for a function that another process cannot
    import: one of a script or a cell, or one within another.
    """
    if function.__module__ == "__main__" or "." in function.__qualname__:
        raise TypeError(
            "a remembered function must be found by its name in a module that can be imported, "
            f"got {function.__module__}.{function.__qualname__}: move it to the top of such a file"
        )
    signature = inspect.signature(function)
    file = inspect.getfile(function)

    @functools.wraps(function)
    def recall(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        call = Call(
            function.__module__,
            function.__qualname__,
            file,
            code_version(Path(file)),
            bound.args,
            bound.kwargs,
        )
        kind: type[R] = get_type_hints(function)["return"]
        return _now_or_later(functools.partial(_result, call, bound.arguments, kind))

    return recall


def _now_or_later(ask: Callable[[], R]) -> R:
    attempt = _attempt.get()
    return ask() if attempt is None or attempt.promised is None else later(ask)


def _result(call: Call, arguments: dict[str, Any], kind: type[Result]) -> Result:
    """Find a result that travels with the package or was kept; else compute it and keep it."""
    name = f"{call.module}.{call.function}"
    asked = {"function": name, "arguments": plain.unstructure(arguments)}
    asked = json.loads(json.dumps(asked))
    entry = _cache_folder() / f"{_key(asked, call.code)}.json"
    _note(asked)
    with suppress(_Absent):
        return _restored(shipped.find(call.module, call.code, asked), kind)
    with suppress(_Absent):
        return _restored(_stored(entry, asked), kind)
    text = _text(call, entry.name)
    _write(entry, {**asked, "result": json.loads(text)})
    return _restored(text, kind)


@dataclass(frozen=True)
class _Attempt:
    """What an attempt has so far, and what finishes each result that it was promised."""

    results: dict[str, str]
    promised: list[Callable[[], None]] | None


_attempt: ContextVar[_Attempt | None] = ContextVar("attempt", default=None)


@contextmanager
def postponing(
    results: dict[str, str], promised: list[Callable[[], None]] | None = None
) -> Iterator[None]:
    """Raise ``Postponed`` where something would have to be computed that is not in ``results``.

    With a list ``promised``, a remembered function returns a ``Promise`` instead; the list takes
    what computes its result.
    """
    token = _attempt.set(_Attempt(results, promised))
    try:
        yield
    finally:
        _attempt.reset(token)


def _text(call: Call, key: str) -> str:
    attempt = _attempt.get()
    if attempt is None:
        return compute(call)
    if key not in attempt.results:

        def finish() -> None:
            attempt.results[key] = compute(call)

        if attempt.promised is not None:
            attempt.promised.append(finish)
        raise Postponed(finish)
    return attempt.results[key]


class _Absent(Exception):  # noqa: N818, nothing is wrong where nothing is kept yet
    """Nothing is kept, or it is damaged or not what it should be."""


def _cache_folder() -> Path:
    chosen = os.environ.get("VANISHING_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("vanishing-gradients")


def _key(asked: dict[str, Any], code: str) -> str:
    version = torch.__version__.partition("+")[0]  # behind it stands how PyTorch was built
    text = f"{json.dumps(asked, sort_keys=True)} {code} {version}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _stored(entry: Path, asked: dict[str, Any]) -> str:
    try:
        stored = json.loads(entry.read_text(encoding="utf-8"))
        if {name: stored[name] for name in asked} != asked:
            raise _Absent
        return json.dumps(stored["result"], separators=(",", ":"))
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise _Absent from error


def _restored(text: str | None, kind: type[Result]) -> Result:
    if text is None:
        raise _Absent
    try:
        result: Result = plain.structure(json.loads(text), kind)
        return result
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise _Absent from error


def kept(asked: dict[str, Any]) -> str | None:
    """Return the result of what was asked as JSON if it travels already or the cache holds it."""
    module = str(asked["function"]).rpartition(".")[0]
    code = code_version(Path(str(import_module(module).__file__)))
    with suppress(_Absent):
        return shipped.find(module, code, asked) or _stored(
            _cache_folder() / f"{_key(asked, code)}.json", asked
        )
    return None


def _note(asked: dict[str, Any]) -> None:
    """Add what a cell asks for to the file ``VANISHING_ASKED``, if there is one."""
    if (file := os.environ.get("VANISHING_ASKED")) and not process.is_inside():
        with Path(file).open("a", encoding="utf-8") as notes:
            notes.write(f"{shipped.as_text(asked)}\n")


def _write(entry: Path, stored: dict[str, Any]) -> None:
    """Keep a result; where the folder refuses, say so and go on."""
    try:
        files.write(entry, json.dumps(stored))
    except OSError as error:
        warnings.warn(
            f"the result could not be kept in {entry.parent} ({error.strerror}): "
            "set VANISHING_CACHE to a folder that can be written",
            stacklevel=4,
        )
