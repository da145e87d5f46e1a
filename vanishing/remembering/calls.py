"""A call of a remembered function as plain data, and how it is computed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from cattrs import Converter

from vanishing.reproducible import reproducible

plain = Converter(detailed_validation=False)


@dataclass(frozen=True)
class Call:
    """Hold what is called with what, and the version of the code that shall compute it.

    ``file`` is the path of the module, ``code`` a digest of it and of all that it needs.
    """

    module: str
    function: str
    file: str
    code: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


def directly(call: Call) -> str:
    """Compute a call here and now, under settings of its own; return the result as JSON."""
    function = getattr(import_module(call.module), call.function).__wrapped__
    with reproducible():
        result = function(*call.args, **call.kwargs)
    return json.dumps(plain.unstructure(result))
