"""Read and write the address of the laboratory, the page on which a reader's browser trains."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from vanishing import bounds
from vanishing.experiment import Experiment

LETTERS = ("a", "b", "c")
OPTIMIZERS = ("sgd", "adam")
MEASURES = (
    "gradient_norms",
    "update_ratios",
    "similarities",
    "signal_norms",
    "dead",
    "saturated",
)
VIEWS = ("page", "projector", "embed")
MOST_STEPS = 100_000
DEFAULT = Experiment(learning_rate=0.1, epochs=12)
_VERSION = "1"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", re.IGNORECASE)
_WHOLE = [one.name for one in fields(Experiment) if type(getattr(DEFAULT, one.name)) is int]
_OPTIONAL = [one.name for one in fields(Experiment) if getattr(DEFAULT, one.name) is None]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """Describe one network of the laboratory: the experiment and what only the laboratory knows.

    ``optimizer`` is ``"sgd"`` or ``"adam"``, which takes no notice of the momentum; with ``bit``
    the last bit of one initial weight is changed.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    experiment: Experiment = DEFAULT
    optimizer: str = OPTIMIZERS[0]
    bit: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        bounds.settle(
            self,
            experiment=bounds.a(Experiment, "SIGMOID"),
            optimizer=bounds.choice(OPTIMIZERS),
            bit=bounds.flag,
        )


def _trained(name: str, value: Any) -> Trained:
    if isinstance(value, Trained):
        return value
    return Trained(experiment=bounds.a(Experiment, "SIGMOID, RELU")(name, value))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Hold what the laboratory shows: at most three networks, given as experiments or ``Trained``.

    ``show`` is what the chart by layer shows, one of ``MEASURES``; ``at`` the update to go to; with
    ``play`` the training runs from the start; ``view`` is one of ``VIEWS``.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    networks: tuple[Trained, ...] = ()
    show: str = MEASURES[0]
    at: int = 0
    play: bool = False
    view: str = VIEWS[0]

    def __post_init__(self) -> None:
        """Refuse what cannot be shown."""
        bounds.settle(
            self,
            networks=bounds.several(_trained, "SIGMOID, RELU", least=0, most=len(LETTERS)),
            show=bounds.choice(MEASURES),
            at=bounds.whole(0, MOST_STEPS, "fewer updates", "0 for the start"),
            play=bounds.flag,
            view=bounds.choice(VIEWS),
        )


@dataclass(frozen=True)
class Problem:
    """Name a part of an address that cannot be used, why, and what is taken instead, if anything.

    ``letter`` is the network's, or empty.
    """

    letter: str
    name: str
    value: str
    used: str | None
    reason: str


@dataclass
class _Reading:
    shown: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def address(*networks: Experiment | Trained, **shown: Any) -> str:
    """Return the end of the laboratory's address, from its ``#``: ``address(SIGMOID, at=50)``.

    It holds what differs from the defaults only, numbers as JavaScript writes them.
    shown: fields of ``Shown``.

    Raises ``ValueError`` and ``TypeError`` as ``Shown`` does.
    """
    state = Shown(networks=networks, **shown)  # type: ignore[arg-type]
    parts = [f"v={_VERSION}"]
    for letter, network in zip(LETTERS, state.networks, strict=False):
        parts.append(f"{letter}={_written(network)}")
    parts += [f"show={state.show}"] if state.show != MEASURES[0] else []
    parts += [f"at={state.at}"] if state.at else []
    parts += ["play=1"] if state.play else []
    parts += [f"view={state.view}"] if state.view != VIEWS[0] else []
    return f"#{'&'.join(parts)}"


def read_address(text: str) -> tuple[Shown, tuple[Problem, ...]]:
    """Return what an address shows, and what in it was replaced by the default or left out.

    text: a whole address, or what stands behind its ``#``. What has no ``v=`` shows nothing.

    Raises ``TypeError`` for what is no string.
    """
    given = list(_pairs(bounds.text("text", text).rpartition("#")[2], "&", "="))
    reading = _Reading()
    if not any(name == "v" for name, _value in given):
        return Shown(), ()
    for name, value in given:
        if name not in LETTERS:
            _take(reading, name, value)
    networks = dict(pair for pair in given if pair[0] in LETTERS)
    reading.shown["networks"] = [
        _read_network(reading, letter, networks[letter]) for letter in LETTERS if letter in networks
    ]
    return Shown(**reading.shown), tuple(reading.problems)


def _fields(network: Trained) -> dict[str, Any]:
    own = {one.name: getattr(network.experiment, one.name) for one in fields(Experiment)}
    return {**own, "optimizer": network.optimizer, "bit": network.bit}


def _written(network: Trained) -> str:
    defaults = _fields(Trained())
    given = _fields(network).items()
    return ",".join(f"{name}:{_text(value)}" for name, value in given if value != defaults[name])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _number(value)
    return "none" if value is None else str(value)


def _number(value: float) -> str:
    """Write a number as JavaScript does: with an exponent only below a millionth."""
    if abs(value) < 1e-6 and value:
        return repr(value).replace("e-0", "e-")
    return f"{Decimal(repr(value + 0.0)):f}".removesuffix(".0")  # which makes -0.0 a plain 0


def _pairs(text: str, between: str, inside: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, text.split(between)):
        name, _sign, value = part.partition(inside)
        yield _decoded(name), _decoded(value)


def _decoded(text: str) -> str:
    """Replace what is escaped; a text with a stray percent sign stays as it is."""
    if re.search("%(?![0-9a-fA-F]{2})", text):
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _take(reading: _Reading, name: str, value: str) -> None:
    """Take one setting of the page; what it cannot be becomes what it was."""
    if name not in ("v", "show", "view", "at", "play"):
        reason = f"{bounds.shown(name)} is unknown: choose from v, a, b, c, show, at, play, view"
        reading.problems.append(Problem("", name, value, None, reason))
        return
    used, reason = _VERSION, f"v must be {_VERSION}, got {bounds.shown(value)}: write v={_VERSION}"
    if name != "v":
        try:
            reading.shown[name] = getattr(Shown(**{name: _setting(name, value)}), name)
            reason = ""
        except (TypeError, ValueError) as error:
            reading.shown[name] = _nearest(reading, name, value)
            reason = str(error)
        used = _shown_text(reading.shown[name])
    if used != value:
        reading.problems.append(Problem("", name, value, used, reason or f"{name} is {used}"))


def _setting(name: str, value: str) -> Any:
    if name == "play":
        return {"1": True, "0": False}.get(value, value)
    return int(value) if name == "at" and re.fullmatch("[0-9]{1,9}", value) else value


def _nearest(reading: _Reading, name: str, value: str) -> Any:
    if name == "at":
        return MOST_STEPS if isinstance(_setting(name, value), int) else 0
    return False if name == "play" else reading.shown.get(name, getattr(Shown(), name))


def _shown_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, int) else str(value)


def _read_network(reading: _Reading, letter: str, text: str) -> Trained:
    network = Trained()
    for name, value in _pairs(text, ",", ":"):
        current = _fields(network)
        try:
            network = _changed(network, current, name, value)
        except (TypeError, ValueError) as error:
            used = _text(current[name]) if name in current else None
            reading.problems.append(Problem(letter, name, value, used, str(error)))
    return network


def _changed(network: Trained, current: Mapping[str, Any], name: str, text: str) -> Trained:
    """Return a network with one field changed; raises what ``Experiment`` raises."""
    if name in ("optimizer", "bit"):
        return bounds.changed(network, {name: _value(name, text)})
    experiment = network.experiment.at(**{name: _value(name, text)})
    return bounds.changed(network, {"experiment": experiment})


def _value(name: str, text: str) -> Any:
    """Return what a text stands for; itself where it stands for nothing that the field can be."""
    if name in ("residual", "bit"):
        return {"true": True, "false": False}.get(text, text)
    if name in _OPTIONAL and text == "none":
        return None
    if type(getattr(DEFAULT, name, None)) is str or not _NUMBER.fullmatch(text):
        return text
    number = float(text)
    return int(number) if name in _WHOLE and number.is_integer() else number
