"""Train networks whose weights start too large, to see which remedy keeps them from diverging."""

import math
from dataclasses import dataclass

from vanishing import bounds
from vanishing.data import load_digits
from vanishing.experiment import EXPERIMENT, Experiment
from vanishing.networks import build_network
from vanishing.progress import report
from vanishing.remembering import remembered
from vanishing.training import accuracy, updates


@dataclass(frozen=True)
class Ending:
    """Hold the accuracy on the test images after the last update, and whether it was finite.

    A run that became NaN has the accuracy 0.
    """

    accuracy: float
    finite: bool


@bounds.checked(
    experiment=EXPERIMENT,
    weight_scale=bounds.real(1e-3, 1e3, "smaller weights", "larger weights"),
)
@remembered
def train_scaled(experiment: Experiment, weight_scale: float) -> Ending:
    """Multiply the weights of every hidden layer by one number, then train as ``train`` does."""
    digits, network = load_digits(), build_network(experiment)
    for name in network.hidden:
        network.get_parameter(f"{name}.weight").data.mul_(weight_scale)
    all_steps = experiment.epochs * (len(digits.train_inputs) // experiment.batch_size)
    for step in updates(network, experiment, digits):
        report(step, all_steps)
    network.eval()
    finite = all(math.isfinite(weight.sum().item()) for weight in network.parameters())
    return Ending(accuracy(network, digits) if finite else 0.0, finite)
