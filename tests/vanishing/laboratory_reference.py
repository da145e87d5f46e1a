"""What PyTorch computes for some experiments, kept as plain numbers for the laboratory's tests.

Written by ``python tests/vanishing/laboratory_reference.py`` in the repository's folder, with the
pinned PyTorch on a processor with AVX2 or AVX-512; to be run whenever that version changes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from vanishing import training
from vanishing.data import load_digits
from vanishing.experiment import RELU, RESNET, SIGMOID, Experiment
from vanishing.networks import Network, build_network
from vanishing.probes import gradient_profile
from vanishing.reproducible import reproducible, without_flushing

PATH = Path(__file__).parent / "data/laboratory.json"
UPDATES = 10
RECORDED = (0, 1)
SHORT = Experiment(depth=8, learning_rate=0.05, epochs=12)
CASES = {
    "sigmoid": SIGMOID.at(depth=20),
    "sigmoid, seed 1": SIGMOID.at(depth=20, seed=1),
    "ReLU": RELU.at(depth=20),
    "ReLU, seed 1": RELU.at(depth=20, seed=1),
    "ResNet": RESNET.at(depth=20),
    "ResNet, seed 1": RESNET.at(depth=20, seed=1),
    "tanh, batch": SHORT.at(activation="tanh", init="xavier", normalization="batch"),
    "ELU, width 16": SHORT.at(activation="elu", init="xavier", width=16),
    "SELU, width 128": SHORT.at(activation="selu", width=128, depth=4),
    "leaky, clipped norm": SHORT.at(activation="leaky_relu", init="he", clip_norm=0.5),
    "ReLU, clipped values": SHORT.at(init="he", clip_value=0.01),
    "SiLU, layer, scaled": SHORT.at(
        activation="silu", width=32, residual=True, branch="scaled", normalization="layer"
    ),
    "GELU, ReZero": SHORT.at(activation="gelu", init="he", residual=True, branch="rezero"),
    "ReLU, RMS, sum": SHORT.at(init="he", residual=True, normalization="rms"),
    "linear, orthogonal": SHORT.at(activation="identity", init="orthogonal", learning_rate=0.01),
    "no momentum": SHORT.at(init="he", momentum=0.0, batch_size=64, depth=5),
    "sigmoid, depth 60": SIGMOID.at(depth=60),
}


def weights_digest(network: Network) -> str:
    """Return the SHA-256 of all weights and biases, layer by layer."""
    digest = hashlib.sha256()
    for name in (*network.hidden, "output"):
        for kind in ("weight", "bias"):
            digest.update(network.get_parameter(f"{name}.{kind}").detach().numpy().tobytes())
    return digest.hexdigest()


def seen(network: Network, inputs: torch.Tensor, targets: torch.Tensor) -> dict[str, Any]:
    """Return loss and gradient norms of these images, subnormal numbers included."""
    losses = []

    def loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        value = cross_entropy(scores, targets)
        losses.append(value.item())
        return value

    network.train()
    with without_flushing():
        norms = gradient_profile(network, inputs, targets, loss).weight_norms
    return {"loss": short(losses[0]), "gradient_norms": [short(norm) for norm in norms]}


def short(value: float) -> float:
    """Return a number with as many digits as a float32 has."""
    return float(f"{value:.9g}")


def measured(experiment: Experiment, last: int = UPDATES) -> dict[str, Any]:
    """Train for a few updates; return what is known of the next batch, and of all, before each."""
    digits, whole, next_batches = load_digits(), [], []
    with reproducible():
        network = build_network(experiment)
        start = weights_digest(network)
        batches = training._batches(experiment, len(digits.train_inputs))
        for step in training.updates(network, experiment, digits):
            batch = next(batches)
            accuracy = training.accuracy(network, digits)
            part = seen(network, digits.train_inputs[batch], digits.train_targets[batch])
            next_batches.append({**part, "accuracy": short(accuracy)})
            if step in RECORDED:
                whole.append(seen(network, digits.train_inputs, digits.train_targets))
            else:
                del next_batches[-1]["gradient_norms"]
            if step == last:
                break
    return {
        "experiment": asdict(experiment),
        "sha256": start,
        "batches": next_batches,
        "whole": whole,
    }


def write() -> None:
    """Measure all cases and keep them."""
    cases = {name: measured(experiment) for name, experiment in CASES.items()}
    text = json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":"))
    PATH.write_text(text.replace('},"', '},\n"').replace("},{", "},\n{") + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
