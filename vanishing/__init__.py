"""Vanishing gradients, measured: train small networks and see what reaches their first layers.

The core: ``experiment`` describes a network and its training, ``data`` and ``networks`` build it,
``training`` trains it, ``probes``, ``diagnose`` and ``watch`` measure it or any other, ``theory``
and ``measurements`` hold the papers' numbers against it, ``figures``, ``explore`` and
``laboratory`` show it.
The rooms of single chapters: ``directions`` (what vanishes), ``products`` (chain rule),
``activations``, ``mean_field`` (initialization), ``explosions``, ``scaled_starts``,
``residual``, ``recurrence`` with ``sequences``, ``transformers`` (attention), ``translation`` with
``number_words``, ``detection``.
"""

from pathlib import Path

try:
    from vanishing import figures
    from vanishing.data import load_digits
    from vanishing.diagnose import Diagnosis, diagnose
    from vanishing.experiment import RELU, RESNET, SIGMOID, Experiment
    from vanishing.explorer import explore
    from vanishing.lab_page import laboratory
    from vanishing.localisation import set_language
    from vanishing.networks import build_network
    from vanishing.probes import GradientProfile, gradient_profile
    from vanishing.training import Run, train
    from vanishing.watch import GradientWatch
except ModuleNotFoundError as error:
    folder = Path(__file__).parents[1]
    cloned = (folder / "pyproject.toml").is_file()
    remedy = f'pip install -e "{folder}"' if cloned else f"pip install {error.name}"
    raise ModuleNotFoundError(
        f"vanishing needs {error.name}, which is not installed: run {remedy}", name=error.name
    ) from error

__all__ = [
    "RELU",
    "RESNET",
    "SIGMOID",
    "Diagnosis",
    "Experiment",
    "GradientProfile",
    "GradientWatch",
    "Run",
    "build_network",
    "diagnose",
    "explore",
    "figures",
    "gradient_profile",
    "laboratory",
    "load_digits",
    "set_language",
    "train",
]
