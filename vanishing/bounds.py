"""Refuse what cannot be used, in one voice: the name, the bounds, the value and the remedy."""

import functools
import inspect
import reprlib
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Settings = TypeVar("Settings")

Rule = Callable[[str, Any], Any]
"""Takes the name of a value and the value; returns it as Python's own, or raises an error."""

LONGEST = 80  # letters of a value in a message
_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = 60


def checked(**rules: Rule) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function keep its arguments to the rules of their names, before it does anything."""

    def keep(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        assert rules.keys() <= signature.parameters.keys()

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            given = signature.bind(*args, **kwargs)
            for name, value in given.arguments.items():
                if name in rules:
                    given.arguments[name] = rules[name](name, value)
            return function(*given.args, **given.kwargs)

        call.__wrapped__ = inspect.unwrap(function)
        return call

    return keep


def settle(settings: object, **rules: Rule) -> None:
    """Keep the fields of a frozen dataclass to the rules of their names."""
    for name, rule in rules.items():
        object.__setattr__(settings, name, rule(name, getattr(settings, name)))


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return a copy of a dataclass with some fields changed.

    Raises ``TypeError`` for a field that does not exist, else what the class raises.
    """
    fields: dict[str, Any] = settings.__dataclass_fields__  # type: ignore[attr-defined]
    if unknown := sorted(set(changes) - set(fields)):
        kind = type(settings).__name__
        known = ", ".join(fields)
        raise TypeError(f"{kind} has no field {shown(unknown[0])}: choose from {known}")
    return replace(settings, **changes)  # type: ignore[type-var]


def whole(low: int, high: int, less: str = "", more: str = "") -> Rule:
    """Ask for a whole number from ``low`` to ``high``.

    less, more: what to choose instead of a number that is too large or too small; else the bound.
    """

    def rule(name: str, value: Any) -> int:
        number = plain(value)
        if isinstance(number, bool) or not isinstance(number, Integral):
            bounds = f"between {low} and {high}"
            raise TypeError(
                f"{name} must be a whole number {bounds}, got {shown(value)}: write {low}"
            )
        return int(_within(name, number, low, high, less, more))

    return rule


def real(low: float, high: float, less: str = "", more: str = "", *, example: float = 0.1) -> Rule:
    """Ask for a number from ``low`` to ``high``; ``example`` is one to write instead of none."""

    def rule(name: str, value: Any) -> float:
        number = plain(value)
        bounds = f"between {low:g} and {high:g}"
        if isinstance(number, bool) or not isinstance(number, Real):
            raise TypeError(
                f"{name} must be a number {bounds}, got {shown(value)}: write {example}"
            )
        if number != number:
            raise ValueError(f"{name} must be {bounds}, got nan: choose {less or example}")
        return float(_within(name, number, low, high, less, more))

    return rule


def number(name: str, value: Any) -> float:
    """Ask for a number, which may be infinite or NaN."""
    given = plain(value)
    if isinstance(given, bool) or not isinstance(given, Real):
        raise TypeError(f"{name} must be a number, got {shown(value)}: write 1.0")
    try:
        return float(given)
    except OverflowError:
        raise ValueError(
            f"{name} must be at most {sys.float_info.max:.3g} in size, got {shown(value)}: "
            "write math.inf or divide it"
        ) from None


def choice(options: Collection[str]) -> Rule:
    """Ask for one of some strings."""

    def rule(name: str, value: Any) -> str:
        remedy = f"choose from {', '.join(options)}"
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a string, got {shown(value)}: {remedy}")
        if value not in options:
            raise ValueError(f"{name} must be a known name, got {shown(value)}: {remedy}")
        return str(value)

    return rule


def text(name: str, value: Any) -> str:
    """Ask for a string."""
    if not isinstance(value, str):
        raise TypeError(f'{name} must be a string, got {shown(value)}: write it as "{name}"')
    return str(value)


def flag(name: str, value: Any) -> bool:
    """Ask for true or false."""
    truth = plain(value)
    if not isinstance(truth, bool):
        raise TypeError(f"{name} must be True or False, got {shown(value)}: write True or False")
    return truth


def a(kind: type, example: str) -> Rule:
    """Ask for an object of a class; ``example`` makes one."""

    def rule(name: str, value: Any) -> Any:
        if not isinstance(value, kind):
            article = "an" if kind.__name__[0] in "AEIOU" else "a"
            wanted = f"{article} {kind.__name__}"
            raise TypeError(f"{name} must be {wanted}, got {shown(value)}: pass {example}")
        return value

    return rule


def optional(rule: Rule) -> Rule:
    """Ask for what the rule asks for, or for nothing."""
    return lambda name, value: None if value is None else rule(name, value)


def several(rule: Rule, example: str, least: int = 1, most: int = 1000) -> Rule:
    """Ask for a list of things that each keep to the rule; it becomes a tuple."""

    def several_rule(name: str, value: Any) -> tuple[Any, ...]:
        items = listed(name, value, example, most)
        if len(items) < least:
            number = "none" if not items else str(len(items))
            raise ValueError(f"{name} must hold at least {least}, got {number}: pass {example}")
        return tuple(rule(f"{name}[{number}]", item) for number, item in enumerate(items))

    return several_rule


def listed(name: str, value: Any, example: str, most: int) -> tuple[Any, ...]:
    """Return the items of a list, an array, a range or another iterable that ends.

    Raises ``TypeError`` for a string, a mapping or what has no items, and ``ValueError`` for more
    than ``most`` of them.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a list, got {shown(value)}: pass {example}")
    if hasattr(value, "tolist"):
        value = value.tolist()
        if not isinstance(value, list):
            raise TypeError(f"{name} must be a list, got {shown(value)}: pass {example}")
    items = tuple(islice(value, most + 1))
    if len(items) > most:
        raise ValueError(f"{name} must hold at most {most} items, got more: pass {example}")
    return items


def plain(value: Any) -> Any:
    """Return the number inside NumPy's numbers and tensors without a dimension."""
    if getattr(value, "ndim", None) != 0 or not hasattr(value, "item"):
        return value
    try:
        return value.item()
    except (RuntimeError, TypeError, ValueError):  # such as a tensor without numbers
        return value


def shown(value: Any) -> str:
    """Return what a message says about a value: its repr in one line, shortened, whatever it is."""
    try:
        text = " ".join(_repr.repr(value).split())
    except Exception:  # a repr may raise anything, that of a very long number does
        text = f"<{type(value).__name__}>"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 20]}…{text[-19:]}"


def _within(name: str, value: Any, low: float, high: float, less: str, more: str) -> Any:
    if not low <= value <= high:
        remedy = (less or f"{high:.10g}") if value > high else (more or f"{low:.10g}")
        bounds = f"between {low:.10g} and {high:.10g}"
        raise ValueError(f"{name} must be {bounds}, got {shown(value)}: choose {remedy}")
    return value
