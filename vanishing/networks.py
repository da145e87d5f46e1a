"""Build the networks of the book: plain, residual and normalized multi-layer perceptrons."""

import math
from collections.abc import Callable, Collection

import torch
from torch import Tensor, nn

from vanishing import bounds
from vanishing.experiment import ACTIVATIONS, EXPERIMENT, Experiment

PIXELS, CLASSES = 64, 10

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "identity": nn.Identity,
}


class Network(nn.Module):
    """Stack hidden layers named "1", "2", … and a layer named "output".

    Each hidden layer computes ``branch = activation(normalization(linear(h)))``; a residual network
    gives ``h + scale · branch`` wherever the two have one shape, any other the branch alone; the
    scale is 1, 1/√depth or a learned number, as ``Experiment.branch`` says. Normalization has no
    parameters of its own, so that the layers with weights are the same in every network.
    Inputs: (number, 64); outputs: (number, 10), before the softmax.
    """

    def __init__(self, experiment: Experiment) -> None:
        """Build the modules, seeded by the experiment; the global random state is left alone."""
        super().__init__()
        random = torch.Generator(device="cpu").manual_seed(experiment.seed)
        width, depth = experiment.width, experiment.depth
        self.residual = experiment.residual
        self.hidden = tuple(str(number) for number in range(1, depth + 1))
        for name in self.hidden:
            inputs = PIXELS if name == "1" else width
            self.add_module(name, _linear(inputs, width, experiment.init, random))
            if experiment.normalization != "none":
                self.add_module(f"normalization_{name}", _normalization(experiment))
        self.scale: float | nn.Parameter = 1.0
        if self.residual and experiment.branch == "scaled":
            self.scale = 1 / math.sqrt(depth)
        elif self.residual and experiment.branch == "rezero":
            self.scale = nn.Parameter(torch.zeros(depth, device="cpu", dtype=torch.float32))
        if self.residual and experiment.normalization != "none":
            self.normalization_output = _normalization(experiment)
        self.activation = activation_module(experiment.activation)
        self.output = _linear(width, CLASSES, experiment.init, random)

    def forward(self, signal: Tensor, without: Collection[str] = ()) -> Tensor:
        """Compute the scores of the ten classes: (number, 64) -> (number, 10).

        without: names of hidden layers that are passed by.
        """
        for number, name in enumerate(self.hidden):
            if name not in without:
                branch = self.branch(number, signal)
                signal = signal + branch if self._adds(signal, branch) else branch
        return self.scores(signal)

    def branch(self, number: int, signal: Tensor) -> Tensor:
        """Compute what hidden layer ``number``, from 0, adds to a signal, or makes of it.

        Signals: (number, 64) for the first layer, else (number, width), which is also returned.
        """
        name = self.hidden[number]
        pre_activation = self._normalized(name, self.get_submodule(name)(signal))
        branch: Tensor = self.activation(pre_activation)
        return self._scale(number) * branch if self._adds(signal, branch) else branch

    def scores(self, signal: Tensor) -> Tensor:
        """Compute the scores from the last hidden signal: (number, width) -> (number, 10)."""
        scores: Tensor = self.output(self._normalized("output", signal))
        return scores

    def _adds(self, signal: Tensor, branch: Tensor) -> bool:
        return self.residual and signal.shape == branch.shape

    def _scale(self, number: int) -> float | Tensor:
        return self.scale if isinstance(self.scale, float) else self.scale[number]

    def _normalized(self, name: str, values: Tensor) -> Tensor:
        normalization = self._modules.get(f"normalization_{name}")
        return values if normalization is None else normalization(values)


@bounds.checked(name=bounds.choice(ACTIVATIONS))
def activation_module(name: str) -> nn.Module:
    """Return the module of an activation that ``Experiment`` knows by this name."""
    return _ACTIVATIONS[name]()


@bounds.checked(experiment=EXPERIMENT)
def build_network(experiment: Experiment) -> Network:
    """Build the network of an experiment; the same experiment gives the same weights."""
    return Network(experiment)


def _normalization(experiment: Experiment) -> nn.Module:
    if experiment.normalization == "batch":
        return nn.BatchNorm1d(experiment.width, affine=False, device="cpu", dtype=torch.float32)
    if experiment.normalization == "rms":
        return nn.RMSNorm(experiment.width, elementwise_affine=False)
    return nn.LayerNorm(experiment.width, elementwise_affine=False)


def _linear(inputs: int, outputs: int, init: str, random: torch.Generator) -> nn.Linear:
    # Born without numbers, so that no one draws them from the global random state.
    layer = nn.Linear(inputs, outputs, device="meta", dtype=torch.float32).to_empty(device="cpu")
    _INITS[init](layer, random)
    return layer


def _init_default(layer: nn.Linear, random: torch.Generator) -> None:
    """Draw as ``nn.Linear`` does: weights and biases from U(-1/√n, 1/√n), n inputs."""
    bound = 1 / math.sqrt(layer.in_features)
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=random)
        layer.bias.uniform_(-bound, bound, generator=random)


def _init_xavier(layer: nn.Linear, random: torch.Generator) -> None:
    nn.init.xavier_uniform_(layer.weight, generator=random)
    nn.init.zeros_(layer.bias)


def _init_he(layer: nn.Linear, random: torch.Generator) -> None:
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=random)
    nn.init.zeros_(layer.bias)


def _init_orthogonal(layer: nn.Linear, random: torch.Generator) -> None:
    nn.init.orthogonal_(layer.weight, generator=random)
    nn.init.zeros_(layer.bias)


_INITS = {
    "default": _init_default,
    "xavier": _init_xavier,
    "he": _init_he,
    "orthogonal": _init_orthogonal,
}
