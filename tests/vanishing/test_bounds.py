"""One voice refuses what cannot be used."""

import inspect
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy
import pytest
import torch

from vanishing import bounds

LONG = 10**400
TOO_LONG_TO_WRITE = 10**5000


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError


@dataclass(frozen=True)
class Settings:
    depth: int = 3
    rate: float = 0.5

    def __post_init__(self) -> None:
        bounds.settle(self, depth=bounds.whole(1, 9), rate=bounds.real(0, 1))


@bounds.checked(depth=bounds.whole(1, 9), name=bounds.choice(("relu", "tanh")))
def build(name: str, depth: int = 3, *, loud: bool = False) -> tuple[str, int, bool]:
    """Build something."""
    return name, depth, loud


@pytest.mark.parametrize(
    "five", [5, numpy.int64(5), numpy.uint8(5), numpy.array(5), torch.tensor(5)]
)
def test_whole_numbers_of_every_library_become_python_s(five: Any) -> None:
    found = bounds.whole(1, 9)("depth", five)
    assert (found, type(found)) == (5, int)


@pytest.mark.parametrize(
    "half", [0.5, numpy.float32(0.5), numpy.array(0.5), torch.tensor(0.5), Fraction(1, 2)]
)
def test_real_numbers_of_every_library_become_python_s(half: Any) -> None:
    found = bounds.real(0, 1)("rate", half)
    assert (found, type(found)) == (0.5, float)


@pytest.mark.parametrize("yes", [True, numpy.bool_(True), torch.tensor(True)])
def test_truth_values_of_every_library_become_python_s(yes: Any) -> None:
    assert bounds.flag("residual", yes) is True


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "^depth must be between 1 and 9, got 0: choose 1$"),
        (10, ValueError, "^depth must be between 1 and 9, got 10: choose 9$"),
        (2.5, TypeError, "^depth must be a whole number between 1 and 9, got 2.5: write 1$"),
        (True, TypeError, "depth must be a whole number .*, got True: write 1"),
        (numpy.bool_(True), TypeError, "depth must be a whole number .*: write 1"),
        (None, TypeError, "got None"),
        ("5", TypeError, "got '5'"),
        (math.nan, TypeError, "got nan"),
        (torch.ones(2), TypeError, "got tensor"),
        (torch.empty((), device="meta"), TypeError, "got tensor"),
        (LONG, ValueError, "got 10000.*00: choose 9"),
        (-LONG, ValueError, "got -1000.*00: choose 1"),
    ],
)
def test_what_is_no_whole_number_in_the_bounds_is_refused(
    value: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        bounds.whole(1, 9)("depth", value)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (-0.1, ValueError, "^rate must be between 0 and 1, got -0.1: choose more$"),
        (1.5, ValueError, "^rate must be between 0 and 1, got 1.5: choose less$"),
        (math.nan, ValueError, "^rate must be between 0 and 1, got nan: choose less$"),
        (math.inf, ValueError, "got inf: choose less"),
        (numpy.float64("-inf"), ValueError, "got -inf: choose more"),
        (LONG, ValueError, "got 1000.*: choose less"),
        (Fraction(LONG, 3), ValueError, "choose less"),
        (1j, TypeError, "^rate must be a number between 0 and 1, got 1j: write 0.1$"),
        (False, TypeError, "got False: write 0.1"),
        ([0.5], TypeError, r"got \[0.5\]: write 0.1"),
    ],
)
def test_what_is_no_real_number_in_the_bounds_is_refused(
    value: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        bounds.real(0, 1, "less", "more")("rate", value)


@pytest.mark.parametrize(
    ("rule", "value", "error", "message"),
    [
        (bounds.flag, 1, TypeError, "^x must be True or False, got 1: write True or False$"),
        (bounds.flag, "yes", TypeError, "got 'yes': write True or False"),
        (bounds.text, 7, TypeError, '^x must be a string, got 7: write it as "x"$'),
        (bounds.choice(("a", "b")), "c", ValueError, "known name, got 'c': choose from a, b"),
        (bounds.choice(("a", "b")), ["a"], TypeError, r"a string, got \['a'\]: choose from a, b"),
        (bounds.a(Settings, "Settings()"), 7, TypeError, "x must be a Settings, got 7: pass Sett"),
        (bounds.a(Settings, "Settings()"), Settings, TypeError, "got <class .*: pass Settings"),
        (bounds.several(bounds.flag, "[True]"), [], ValueError, r"at least 1, got none: pass \[T"),
        (bounds.several(bounds.flag, "[True]"), 7, TypeError, r"a list, got 7: pass \[True\]"),
        (bounds.several(bounds.flag, "[True]"), "yes", TypeError, "a list, got 'yes'"),
        (bounds.several(bounds.flag, "[True]"), {1: 2}, TypeError, "a list, got {1: 2}"),
        (bounds.several(bounds.flag, "[True]"), [True, 0], TypeError, r"x\[1\] must be True or"),
        (bounds.several(bounds.flag, "[True]", most=2), [True] * 3, ValueError, "at most 2 items"),
        (bounds.several(bounds.flag, "[]"), numpy.array(True), TypeError, "a list, got True"),
    ],
)
def test_every_rule_says_what_is_wrong_and_what_to_do(
    rule: bounds.Rule, value: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        rule("x", value)


def test_a_number_too_long_to_be_written_is_refused_all_the_same() -> None:
    with pytest.raises(ValueError, match="depth must be between 1 and 9, got <int>: choose 9"):
        bounds.whole(1, 9)("depth", TOO_LONG_TO_WRITE)


def test_what_never_ends_is_refused_too() -> None:
    with pytest.raises(ValueError, match=r"must hold at most 5 items, got more: pass \[1\]"):
        bounds.several(bounds.whole(0, 9), "[1]", most=5)("x", iter(int, 1))


def test_an_array_is_a_list() -> None:
    rule = bounds.several(bounds.whole(0, 9), "[1]")
    assert rule("x", numpy.arange(3)) == rule("x", torch.arange(3)) == rule("x", range(3))


def test_nothing_is_kept_where_nothing_is_allowed() -> None:
    assert bounds.optional(bounds.flag)("x", None) is None
    with pytest.raises(TypeError, match="x must be True or False, got 0"):
        bounds.optional(bounds.flag)("x", 0)


def test_a_dataclass_keeps_its_rules_when_it_is_changed() -> None:
    assert Settings(depth=numpy.int64(4)) == bounds.changed(Settings(), {"depth": 4})
    with pytest.raises(ValueError, match="depth must be between 1 and 9, got 10: choose 9"):
        bounds.changed(Settings(), {"depth": 10})
    with pytest.raises(TypeError, match="Settings has no field 'dpeth': choose from depth, rate"):
        bounds.changed(Settings(), {"dpeth": 10})


def test_a_function_keeps_its_arguments_to_the_rules() -> None:
    assert build("relu", numpy.int64(4), loud=True) == ("relu", 4, True)
    assert build("tanh") == ("tanh", 3, False)
    with pytest.raises(ValueError, match="depth must be between 1 and 9, got 0: choose 1"):
        build("relu", 0)
    with pytest.raises(TypeError, match="missing a required argument: 'name'"):
        build()  # type: ignore[call-arg]


def test_a_checked_function_keeps_its_name_signature_and_description() -> None:
    assert (build.__name__, build.__doc__) == ("build", "Build something.")
    assert list(inspect.signature(build).parameters) == ["name", "depth", "loud"]


@pytest.mark.parametrize(
    "value",
    [
        LONG,
        [TOO_LONG_TO_WRITE],
        "a" * 10_000,
        ["a" * 100] * 100,
        torch.zeros(100, 100),
        Unspeakable(),
    ],
)
def test_a_message_stays_short_whatever_the_value_is(value: Any) -> None:
    shown = bounds.shown(value)
    assert len(shown) <= bounds.LONGEST
    assert "\n" not in shown
