"""What stands in the place of a result that is still computed, so that the others can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any


class Postponed(BaseException):
    """A result is not there yet: ``finish`` computes it, in any thread, for the next attempt.

    Raised only within ``remembering.postponing``. No ``Exception``, so that no function takes it
    for a failure.
    """

    def __init__(self, finish: Callable[[], None]) -> None:
        """Hold what is left to do."""
        super().__init__("a result must be computed first")
        self.finish = finish


class Promise:
    """Stand for a result, and for its parts; whatever needs the result itself asks for it.

    What asks raises ``Postponed`` while the result is not there, and meets the result afterwards.
    """

    def __init__(self, ask: Callable[[], Any]) -> None:
        """Take what returns the result or raises ``Postponed``."""
        self._ask = ask

    def __getattr__(self, name: str) -> Any:
        """Promise a part of the result."""
        if name.startswith("_"):
            raise AttributeError(name)
        return later(lambda: getattr(self._ask(), name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Promise what a method of the result returns."""
        return later(lambda: self._ask()(*args, **kwargs))

    def __getitem__(self, place: Any) -> Any:
        """Promise one of the result's items."""
        return later(lambda: self._ask()[place])

    def __iter__(self) -> Iterator[Any]:
        """Ask for the result."""
        return iter(self._ask())

    def __bool__(self) -> bool:
        """Ask for the result."""
        return bool(self._ask())

    def __eq__(self, other: object) -> bool:
        """Ask for the result."""
        return bool(self._ask() == other)

    __hash__ = None  # type: ignore[assignment]

    def __format__(self, form: str) -> str:
        """Ask for the result."""
        return format(self._ask(), form)

    def __str__(self) -> str:
        """Ask for the result."""
        return str(self._ask())

    def __repr__(self) -> str:
        """Ask for the result."""
        return repr(self._ask())


def later(ask: Callable[[], Any]) -> Any:
    """Return the result that is asked for, or a promise where it is not there yet."""
    try:
        return ask()
    except Postponed:
        return Promise(ask)


def kept(value: Any) -> Any:
    """Return what was promised; of a list or a mapping, what is there already.

    Raises ``Postponed`` where the value itself is not there.
    """
    if isinstance(value, Promise):
        return value._ask()
    if isinstance(value, Mapping):
        return dict(_there(value.items())) if _holds_promises(value.values()) else value
    if isinstance(value, list | tuple) and _holds_promises(value):
        return tuple(item for _place, item in _there(enumerate(value)))
    return value


def _holds_promises(values: Any) -> bool:
    return any(isinstance(value, Promise) for value in values)


def _there(pairs: Any) -> Iterator[tuple[Any, Any]]:
    for name, value in pairs:
        with suppress(Postponed):
            yield name, kept(value)
