"""What a long computation says while it runs, and how it is told to stop."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar


class Cancelled(Exception):  # noqa: N818, a wish and not an error
    """Raise this in an observer to stop a computation; nothing of it is kept."""


observer: ContextVar[Callable[[int, int], None] | None] = ContextVar("observer", default=None)
"""What is called with (steps done, all steps) while something is computed; not when remembered."""


def report(done: int, steps: int) -> None:
    """Tell the observer, if there is one, that ``done`` of ``steps`` steps are done.

    Raises what the observer raises, such as ``Cancelled``.
    """
    if watch := observer.get():
        watch(done, steps)


def last_recorded(steps: Sequence[int], step: int) -> int:
    """Return which of the recorded steps is the nearest one at or before ``step``, from 0."""
    return sum(recorded <= step for recorded in steps) - 1
