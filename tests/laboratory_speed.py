"""Compare the time of the laboratory's updates with PyTorch's, on one thread, in turns.

``python tests/laboratory_speed.py`` prints, as JSON, the median over the rounds of the laboratory's
time over PyTorch's for each network. The laboratory also measures every gradient's norm.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from statistics import median

from laboratory import Laboratory, started

from vanishing.data import load_digits
from vanishing.experiment import RELU, RESNET, SIGMOID, Experiment
from vanishing.networks import build_network
from vanishing.reproducible import reproducible
from vanishing.scans import scans
from vanishing.training import updates

ROUNDS = 7
WARMING, TIMED = 10, 60  # updates
NETWORKS = {
    "sigmoid": SIGMOID.at(depth=30),
    "ReLU": RELU.at(depth=30),
    "ResNet": RESNET.at(depth=30),
}


def pytorch_seconds(experiment: Experiment) -> float:
    """Return the seconds of the processor that the timed updates take."""
    network, begin = build_network(experiment), 0.0
    for step in updates(network, experiment, load_digits()):
        if step == WARMING:
            begin = time.process_time()
        if step == WARMING + TIMED:
            break
    return time.process_time() - begin


def laboratory_seconds(laboratory: Laboratory, experiment: Experiment) -> float:
    """Return the same of the laboratory's engine."""
    settings = {**asdict(experiment), "optimizer": "sgd"}
    seconds: float = laboratory.ask("time", experiment=settings, warming=WARMING, timed=TIMED)
    return seconds


def ratios() -> Iterator[tuple[str, float]]:
    """Yield each network's name with the laboratory's time over PyTorch's."""
    with started() as laboratory, reproducible():
        laboratory.ask("digits", scans=scans())
        for name, experiment in NETWORKS.items():
            yield (
                name,
                median(
                    laboratory_seconds(laboratory, experiment) / pytorch_seconds(experiment)
                    for _ in range(ROUNDS)
                ),
            )


if __name__ == "__main__":
    print(json.dumps({name: round(ratio, 2) for name, ratio in ratios()}))
