"""What is trained: one frozen, validated description, which is also the key of the cache."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

DATA = ("digits",)
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "identity")
NORMALIZATIONS = ("none", "batch", "layer", "rms")
BRANCHES = ("sum", "scaled", "rezero")
INITS = ("default", "xavier", "he", "orthogonal")

_NAMES = {
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "identity": "linear",
    "batch": "BatchNorm",
    "layer": "LayerNorm",
    "rms": "RMSNorm",
    "scaled": "scaled",
    "rezero": "ReZero",
    "default": "PyTorch init",
    "xavier": "Xavier init",
    "he": "He init",
    "orthogonal": "orthogonal init",
}


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Describe one network and its training, whole: equal experiments give equal results.

    ``depth`` counts the hidden layers; ``init`` is ``"default"`` (what ``nn.Linear`` does),
    ``"xavier"`` (Glorot & Bengio 2010, eq. 16), ``"he"`` (He et al. 2015, eq. 10) or
    ``"orthogonal"`` (Saxe et al. 2014). In a residual network, ``branch`` says how a branch is
    added: ``"sum"`` as it is, ``"scaled"`` divided by the square root of the depth, ``"rezero"``
    multiplied by a learned number that starts at 0 (Bachlechner et al. 2021). ``clip_norm`` bounds
    the norm of the whole gradient before each update, ``clip_value`` every component (Pascanu et
    al. 2013).

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    data: str = "digits"
    depth: int = 10
    width: int = 64
    activation: str = "relu"
    residual: bool = False
    branch: str = "sum"
    normalization: str = "none"
    init: str = "default"
    learning_rate: float
    momentum: float = 0.9
    batch_size: int = 100
    clip_norm: float | None = None
    clip_value: float | None = None
    epochs: int
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained; turn NumPy's numbers into Python's."""
        self._check_choice("data", DATA)
        self._check_count("depth", 1, 200, "fewer layers", "more layers")
        self._check_count("width", 1, 1024, "narrower layers", "wider layers")
        self._check_choice("activation", ACTIVATIONS)
        self._check_flag("residual")
        self._check_choice("branch", BRANCHES)
        self._check_choice("normalization", NORMALIZATIONS)
        self._check_choice("init", INITS)
        self._check_real("learning_rate", 1e-9, 100.0, "a smaller step", "a larger step")
        self._check_real("momentum", 0.0, 0.999, "less momentum", "0 for none")
        self._check_count("batch_size", 2, 1500, "smaller batches", "larger batches")
        for clip in ("clip_norm", "clip_value"):
            if getattr(self, clip) is not None:
                self._check_real(clip, 1e-9, 1e9, "a smaller bound", "a larger bound, or None")
        self._check_count("epochs", 1, 1000, "fewer epochs", "at least one epoch")
        self._check_count("seed", 0, 2**32 - 1, "a smaller seed", "a seed from 0 on")

    def at(self, **changes: Any) -> "Experiment":
        """Return this experiment with some fields changed: ``RELU.at(depth=30)``.

        Raises ``TypeError`` for a field that does not exist, else as the class does.
        """
        unknown = sorted(set(changes) - set(self.__dataclass_fields__))
        if unknown:
            fields = ", ".join(self.__dataclass_fields__)
            raise TypeError(f"an experiment has no field {unknown[0]!r}: choose from {fields}")
        return replace(self, **changes)

    @property
    def label(self) -> str:
        """The field's own name for this kind of network, the same in every language."""
        if self.residual and self.normalization == "batch" and self.activation == "relu":
            parts = ["ResNet"]
        else:
            parts = [_NAMES.get(self.activation, self.activation)]
            parts += ["skip"] if self.residual else []
            parts += [_NAMES[self.normalization]] if self.normalization != "none" else []
        if self.residual and self.branch != "sum":
            parts += [_NAMES[self.branch]]
        usual = (
            "he" if self.activation in ("relu", "leaky_relu", "elu", "gelu", "silu") else "default"
        )
        parts += [_NAMES[self.init]] if self.init != usual else []
        return " + ".join(parts)

    def _check_choice(self, name: str, choices: Sequence[str]) -> None:
        value = getattr(self, name)
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a string, got {value!r}: {_one_of(choices)}")
        if value not in choices:
            raise ValueError(f"{name} must be a known name, got {value!r}: {_one_of(choices)}")

    def _check_flag(self, name: str) -> None:
        value = getattr(self, name)
        if not isinstance(value, bool):
            raise TypeError(f"{name} must be True or False, got {value!r}: write True or False")

    def _check_count(self, name: str, low: int, high: int, less: str, more: str) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, Integral):
            bounds = f"between {low} and {high}"
            raise TypeError(f"{name} must be a whole number {bounds}, got {value!r}: write {low}")
        _check_bounds(name, int(value), low, high, less, more)
        object.__setattr__(self, name, int(value))

    def _check_real(self, name: str, low: float, high: float, less: str, more: str) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, Real):
            bounds = f"between {low:g} and {high:g}"
            raise TypeError(f"{name} must be a number {bounds}, got {value!r}: write 0.1")
        _check_bounds(name, float(value), low, high, less, more)
        object.__setattr__(self, name, float(value))


def _one_of(choices: Sequence[str]) -> str:
    return "choose from " + ", ".join(choices)


def _check_bounds(name: str, value: float, low: float, high: float, less: str, more: str) -> None:
    if math.isnan(value):
        raise ValueError(f"{name} must be between {low:g} and {high:g}, got nan: write a number")
    if not low <= value <= high:
        remedy = less if value > high else more
        bounds = f"between {low:.10g} and {high:.10g}"
        raise ValueError(f"{name} must be {bounds}, got {value}: choose {remedy}")


# The story's three networks, each what its paper means and each with a learning rate that suits it.
# The network of the years before 2010, started as PyTorch starts every linear layer:
SIGMOID = Experiment(activation="sigmoid", learning_rate=0.1, epochs=12)
# the rectifier with the start that was derived for it (He et al. 2015):
RELU = Experiment(activation="relu", init="he", learning_rate=0.01, epochs=12)
# residual blocks with a normalized branch (He et al. 2016); a bare sum h + relu(W h) explodes:
RESNET = Experiment(
    activation="relu",
    init="he",
    residual=True,
    normalization="batch",
    learning_rate=0.1,
    epochs=12,
)
