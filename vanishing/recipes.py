"""What a cell shows, as plain data and the name of what draws it: the same in every language.

A kernel that runs the book gives recipes; ``vanishing.painting`` makes of each what one edition
shows.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from cattrs import Converter

MIME = "application/vnd.vanishing.recipe"
PACKAGE = __package__
_plain = Converter(detailed_validation=False)


def wanted() -> bool:
    """Say whether this kernel runs the book, so that its outputs are recipes."""
    return os.environ.get("VANISHING_STATIC") == "1"


def call(function: str, **arguments: Any) -> dict[str, Any]:
    """Return the recipe of calling a function, given as "module:name", with these arguments.

    Raises ``TypeError`` for an argument that is no plain data.
    """
    return {"call": function, "arguments": {n: plain(value) for n, value in arguments.items()}}


def bundle(recipe: Any) -> dict[str, str]:
    """Return what a kernel sends to show a recipe, or a dataclass that is its own recipe.

    A text, because Jupyter's messages have no NaN and no infinity.
    """
    return {MIME: json.dumps(recipe if isinstance(recipe, dict) else plain(recipe))}


def plain(value: Any) -> Any:
    """Return numbers, texts, sequences, mappings and dataclasses of this package as JSON has them.

    Raises ``TypeError`` for anything else.
    """
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        return {
            "class": f"{kind.__module__}:{kind.__qualname__}",
            "fields": _plain.unstructure(value),
        }
    if isinstance(value, Mapping):
        return {"items": [[plain(name), plain(one)] for name, one in value.items()]}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):  # an array, or a number of one
        return plain(value.tolist())
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(
        f"what a page shows must be plain data, got {value!r}: pass numbers, texts, lists, "
        "dictionaries or results of this package"
    )


def restored(value: Any) -> Any:
    """Return what `plain` was given, a list as a tuple."""
    if isinstance(value, list):
        return tuple(map(restored, value))
    if not isinstance(value, dict):
        return value
    if "items" in value:
        return {restored(name): restored(one) for name, one in value["items"]}
    return _plain.structure(value["fields"], _named(value["class"]))


def made(recipe: Mapping[str, Any]) -> Any:
    """Return the object that a recipe describes, ready to show itself."""
    if "call" in recipe:
        arguments = {name: restored(value) for name, value in recipe["arguments"].items()}
        return _named(recipe["call"])(**arguments)
    return restored(recipe)


def _named(path: str) -> Any:
    """Return an object of this package by "module:name"; a recipe names nothing else."""
    module, name = path.split(":")
    if module.split(".")[0] != PACKAGE:
        raise ValueError(f"a recipe must name something of {PACKAGE}, got {path}")
    return getattr(importlib.import_module(module), name)
