"""Train an experiment and keep what happened, as plain numbers, in memory and on disk."""

import hashlib
import json
import math
import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import platformdirs
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from vanishing.data import Digits, load_digits
from vanishing.experiment import Experiment
from vanishing.networks import CLASSES, Network, build_network
from vanishing.probes import gradient_profile

CHANCE_LOSS = math.log(CLASSES)
LEARNED_ACCURACY = 0.5
DIVERGED_LOSS = 2 * CHANCE_LOSS


@dataclass(frozen=True)
class Run:
    """Hold what a training run did, at its recorded steps, as plain numbers.

    ``gradient_norms[i][j]`` is the norm of the training loss's gradient by the weights of
    ``layers[j]`` after ``steps[i]`` updates, ``losses[i]`` that loss in nats and ``accuracies[i]``
    the test accuracy from 0 to 1. Norms and losses may be NaN or infinite.

    ``state`` says how the run ended:

    - ``"diverged"``: some loss was NaN or infinite, or the last loss is more than twice ln 10,
      which is what guessing gives, and higher than the first;
    - ``"learned"``: else, if at least half of the test digits are recognised at the end;
    - ``"stalled"``: else; the loss stays near ln 10 and the accuracy near one in ten, or little has
      been learned in the time given.
    """

    experiment: Experiment
    layers: tuple[str, ...]
    steps: tuple[int, ...]
    gradient_norms: tuple[tuple[float, ...], ...]
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    state: str

    def norms_at(self, step: int) -> tuple[float, ...]:
        """Return every layer's gradient norm at the nearest recorded step at or before ``step``."""
        if isinstance(step, bool) or not isinstance(step, int) or step < 0:
            raise ValueError(f"step must be a whole number from 0 on, got {step!r}: choose 0")
        return self.gradient_norms[sum(recorded <= step for recorded in self.steps) - 1]
