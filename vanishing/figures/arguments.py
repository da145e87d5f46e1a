"""What a figure can be made of: rules for names, numbers, limits and runs that cells hand over."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from vanishing.bounds import Rule, listed, number, several, shown, whole
from vanishing.promises import kept

MOST_LINES = 30  # no two of the first thirty look alike
MOST_VALUES = 100_000
LARGEST = 1e300
LONGEST_NAME = 200  # letters

RUN = ("experiment", "steps", "gradient_norms", "losses", "accuracies", "state")
"""What is read of a run; a figure does not need to know more of a network."""
STARTED = ("before", "after", "accuracies", "state")
IMAGE_RUN = ("network", "accuracies", "state", "norms_at")
OPTIMIZED_RUN = ("optimization", "accuracies", "state", "updates_at")


def label(name: str, value: Any) -> str:
    """Ask for a text that a legend can show."""
    if not isinstance(value, str):
        raise TypeError(f'{name} must be a text, got {shown(value)}: write it in quotes, "ReLU"')
    if len(value) > LONGEST_NAME:
        raise ValueError(
            f"{name} must have at most {LONGEST_NAME} letters, got {len(value)}: shorten it"
        )
    if strange := [letter for letter in value if _cannot_be_shown(letter)]:
        raise ValueError(
            f"{name} must be letters that can be shown, got {strange[0]!a} in {shown(value)}: "
            "leave it out"
        )
    return str(value)


def _cannot_be_shown(letter: str) -> bool:
    """Say whether a letter is a control, half of a pair, or none at all (U+FFFF)."""
    code = ord(letter)
    nothing = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return unicodedata.category(letter) in ("Cc", "Cs") or nothing


def finite(name: str, value: Any) -> float:
    """Ask for a number that has a place on an axis."""
    given = number(name, value)
    if not abs(given) <= LARGEST:
        raise ValueError(
            f"{name} must be a number between -{LARGEST:g} and {LARGEST:g}, got {shown(given)}: "
            "leave it out"
        )
    return given


line = several(number, "[0.1, 0.2]", most=MOST_VALUES)
positions = several(finite, "[0.0, 1.0]", most=MOST_VALUES)
values = several(number, "[0.1, 0.2]", least=0, most=MOST_VALUES)
lines = several(line, "[[0.1, 0.2], [0.3, 0.4]]", least=0, most=MOST_VALUES)
names = several(label, '["ReLU"]', least=0, most=MOST_LINES)


def share(name: str, value: Any) -> float:
    """Ask for a part of the whole."""
    given = finite(name, value)
    if not 0 <= given <= 1:
        raise ValueError(f"{name} must be between 0 and 1, got {shown(given)}: write 0.1 for 10 %")
    return given


def positive(name: str, value: Any) -> float:
    """Ask for a number that has a place on a logarithmic axis."""
    given = finite(name, value)
    if not given > 0:
        raise ValueError(f"{name} must be above 0, got {shown(given)}: write 1e-9 or more")
    return given


def limits(name: str, value: Any) -> tuple[float, float] | None:
    """Ask for nothing, or for the two ends of an axis, the lower one first."""
    return None if value is None else _ends(name, value, finite)


def log_limits(name: str, value: Any) -> tuple[float, float] | None:
    """Ask for nothing, or for the two ends of a logarithmic axis, the lower one first."""
    return None if value is None else _ends(name, value, positive)


def _ends(name: str, value: Any, rule: Rule) -> tuple[float, float]:
    ends = listed(name, value, "(0.1, 1.0)", most=MOST_VALUES)
    if len(ends) != 2:
        raise ValueError(f"{name} must be two numbers, got {len(ends)}: pass (0.1, 1.0)")
    low, high = rule(f"{name}[0]", ends[0]), rule(f"{name}[1]", ends[1])
    if not low < high:
        raise ValueError(
            f"{name} must rise, got {shown((low, high))}: pass the smaller number first, then a "
            "larger one"
        )
    return low, high


def by_name(rule: Rule, what: str, example: str) -> Rule:
    """Ask for a mapping from names in the legend; each value keeps to the rule."""
    return _mapping(label, rule, MOST_LINES, what, example)


def by_length(rule: Rule, example: str) -> Rule:
    """Ask for a mapping from whole numbers from 1 on; each value keeps to the rule."""
    return _mapping(whole(1, 1_000_000), rule, MOST_VALUES, "number", example)


def by_rate(rule: Rule, example: str) -> Rule:
    """Ask for a mapping from learning rates above 0; each value keeps to the rule."""
    return _mapping(positive, rule, MOST_VALUES, "number", example)


def _mapping(key: Rule, rule: Rule, most: int, what: str, example: str) -> Rule:
    def mapping_rule(name: str, value: Any) -> dict[Any, Any]:
        value = kept(value)
        if not isinstance(value, Mapping):
            raise TypeError(f"{name} must be a dictionary, got {shown(value)}: pass {example}")
        if not 1 <= len(value) <= most:
            wanted = f"at least one {what}" if not value else f"at most {most} {what}s"
            found = len(value) or "none"
            raise ValueError(f"{name} must name {wanted}, got {found}: pass {example}")
        return {
            key(f"a key of {name}", one): rule(f"{name}[{shown(one)}]", value[one]) for one in value
        }

    return mapping_rule


blocks = _mapping(whole(0, 23), number, 24, "block", "{0: norm}")
factors = _mapping(finite, number, MOST_VALUES, "variance", "{1.5: 0.9}")


def run(name: str, value: Any) -> Any:
    """Ask for what ``train`` returns."""
    if any(not hasattr(value, one) for one in RUN) or isinstance(value, type):
        raise TypeError(f"{name} must be a run, got {shown(value)}: pass train(experiment)")
    return value


runs = several(run, "[train(experiment)]", most=MOST_LINES)


def optimized_run(name: str, value: Any) -> Any:
    """Ask for what ``optimize`` returns."""
    if any(not hasattr(value, one) for one in OPTIMIZED_RUN) or isinstance(value, type):
        raise TypeError(f"{name} must be a run, got {shown(value)}: pass optimize(optimization)")
    return value


optimized_runs = several(optimized_run, "[optimize(optimization)]", most=MOST_LINES)


def image_run(name: str, value: Any) -> Any:
    """Ask for what ``train_images`` returns."""
    if any(not hasattr(value, one) for one in IMAGE_RUN) or isinstance(value, type):
        raise TypeError(f"{name} must be a run, got {shown(value)}: pass train_images(network)")
    return value


image_runs = several(image_run, "[train_images(network)]", most=MOST_LINES)


def started(name: str, value: Any) -> Any:
    """Ask for what ``train_from`` returns."""
    if any(not hasattr(value, one) for one in STARTED) or isinstance(value, type):
        raise TypeError(f"{name} must be a run, got {shown(value)}: pass train_from(start)")
    return value


def history(name: str, value: Any) -> Any:
    """Ask for what a ``GradientWatch`` remembers."""
    if not (hasattr(value, "steps") and hasattr(value, "records")) or isinstance(value, type):
        raise TypeError(f"{name} must be a history, got {shown(value)}: pass watch.history")
    return value
