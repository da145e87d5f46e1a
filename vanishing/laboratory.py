"""Read and write the address of the laboratory, the page on which a reader's browser trains."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
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
_SETTINGS = ("show", "at", "play", "view")
_PARTS = ("v", *LETTERS, *_SETTINGS)
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
    """Name a part of an address that is not used, why, and what is taken instead, if anything.

    ``letter`` is the network's, or empty.
    """

    letter: str
    name: str
    value: str
    used: str | None
    reason: str


_Used = dict[str, tuple[str | None, str]]  # by name: the text that holds, and why it is another one


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

    text: a whole address, or what stands behind its ``#``. What has no ``v=`` shows nothing; of
    several parts of one name the last one holds.

    Raises ``TypeError`` for what is no string.
    """
    _page, sign, hash_ = bounds.text("text", text).partition("#")
    given = list(_pairs(hash_ if sign else text, "&", "="))
    last = dict(given)
    if "v" not in last:
        return Shown(), ()
    shown, used = _read_settings(last)
    problems = list(_problems("", given, used))
    for letter in (one for one in LETTERS if one in last):
        settings = list(_pairs(last[letter], ",", ":"))
        network, used = _read_network(dict(settings))
        shown["networks"] = (*shown.get("networks", ()), network)
        problems += _problems(letter, settings, used)
    return Shown(**shown), tuple(problems)


def _problems(letter: str, given: Sequence[tuple[str, str]], used: _Used) -> Iterator[Problem]:
    last = dict(given)
    for name, value in dict.fromkeys(given):
        text, reason = used[name]
        if value != text:
            again = f"{bounds.shown(name)} is given again: write it once"
            yield Problem(letter, name, value, text, reason if value == last[name] else again)


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


def _read_settings(given: Mapping[str, str]) -> tuple[dict[str, Any], _Used]:
    """Return what the page shows beside its networks; what cannot be used becomes the default."""
    shown: dict[str, Any] = {}
    used: _Used = {}
    for name, value in given.items():
        if name in LETTERS:
            used[name] = value, ""
        elif name == "v":
            reason = f"v must be {_VERSION}, got {bounds.shown(value)}: write v={_VERSION}"
            used[name] = _VERSION, reason
        elif name in _SETTINGS:
            shown[name], reason = _taken(name, value)
            used[name] = _text_of_setting(shown[name]), reason
        else:
            used[name] = None, f"{bounds.shown(name)} is unknown: choose from {', '.join(_PARTS)}"
    return shown, used


def _taken(name: str, value: str) -> tuple[Any, str]:
    """Return what a setting of the page becomes, and why that is not what was written."""
    given = _setting(name, value)
    try:
        taken = getattr(Shown(**{name: given}), name)
    except (TypeError, ValueError) as error:
        most = name == "at" and isinstance(given, int)
        return (MOST_STEPS if most else getattr(Shown(), name)), str(error)
    return taken, f"{name} is {_text_of_setting(taken)}"


def _text_of_setting(value: str | int) -> str:
    return str(int(value)) if isinstance(value, int) else value


def _setting(name: str, value: str) -> Any:
    if name == "play":
        return {"1": True, "0": False}.get(value, value)
    return int(value) if name == "at" and re.fullmatch("[0-9]{1,9}", value) else value


def _read_network(given: Mapping[str, str]) -> tuple[Trained, _Used]:
    network, defaults = Trained(), _fields(Trained())
    used: _Used = {}
    for name, value in given.items():
        try:
            network = _changed(network, name, value)
            used[name] = value, ""
        except (TypeError, ValueError) as error:
            used[name] = _text(defaults[name]) if name in defaults else None, str(error)
    return network, used


def _changed(network: Trained, name: str, text: str) -> Trained:
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
