"""What is trained: one frozen, validated description, which is also the key of the cache."""

from dataclasses import dataclass
from typing import Any

from vanishing import bounds

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

SEED = bounds.whole(0, 2**32 - 1, "a smaller seed", "a seed from 0 on")
_BOUND = bounds.optional(bounds.real(1e-9, 1e9, "a smaller bound", "a larger bound, or None"))
_RULES = {
    "data": bounds.choice(DATA),
    "depth": bounds.whole(1, 200, "fewer layers", "more layers"),
    "width": bounds.whole(1, 1024, "narrower layers", "wider layers"),
    "activation": bounds.choice(ACTIVATIONS),
    "residual": bounds.flag,
    "branch": bounds.choice(BRANCHES),
    "normalization": bounds.choice(NORMALIZATIONS),
    "init": bounds.choice(INITS),
    "learning_rate": bounds.real(1e-9, 100.0, "a smaller step", "a larger step"),
    "momentum": bounds.real(0.0, 0.999, "less momentum", "0 for none"),
    "batch_size": bounds.whole(2, 1500, "smaller batches", "larger batches"),
    "clip_norm": _BOUND,
    "clip_value": _BOUND,
    "epochs": bounds.whole(1, 1000, "fewer epochs", "at least one epoch"),
    "seed": SEED,
}


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Describe one network and its training, whole: equal experiments give equal results.

    ``depth`` counts the hidden layers; ``init`` is ``"default"`` (what ``nn.Linear`` does),
    ``"xavier"`` (Glorot & Bengio 2010, eq. 16), ``"he"`` (He et al. 2015, eq. 10) or
    ``"orthogonal"`` (Saxe et al. 2014). In a residual network, ``branch`` says how a branch is
    added: ``"sum"`` as it is, ``"scaled"`` divided by the square root of the depth, ``"rezero"``
    multiplied by a learned number that starts at 0 (Bachlechner et al. 2021). ``clip_norm`` bounds
    the norm of the whole gradient before each update (Pascanu et al. 2013), ``clip_value`` every
    component (Mikolov 2012).

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
        bounds.settle(self, **_RULES)

    def at(self, **changes: Any) -> "Experiment":
        """Return this experiment with some fields changed: ``RELU.at(depth=30)``.

        Raises ``TypeError`` for a field that does not exist, else as the class does.
        """
        return bounds.changed(self, changes)

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


EXPERIMENT = bounds.a(Experiment, "one such as RELU.at(depth=10)")

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
