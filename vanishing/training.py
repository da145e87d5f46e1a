"""Train an experiment and keep what happened, as plain numbers, in memory and on disk."""

import hashlib
import json
import math
import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from functools import lru_cache
from numbers import Integral
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
        if isinstance(step, bool) or not isinstance(step, Integral) or step < 0:
            raise ValueError(f"step must be a whole number from 0 on, got {step!r}: choose 0")
        return self.gradient_norms[sum(recorded <= step for recorded in self.steps) - 1]


class Cancelled(Exception):  # noqa: N818, a wish and not an error
    """Raise this in an observer to stop a training run; nothing of it is kept."""


observer: ContextVar[Callable[[int, int], None] | None] = ContextVar("observer", default=None)
"""What ``train`` calls with (steps done, all steps) while it trains; not when it remembers."""

_one_at_a_time = threading.RLock()


def train(experiment: Experiment) -> Run:
    """Train a network, or remember how it went: equal experiments give equal runs.

    The result depends on nothing but the experiment: not on the random state, default dtype or
    number of threads, all of which are as before afterwards. Results are kept in the folder
    ``VANISHING_CACHE`` (else the user's cache folder), under a key made of the whole experiment,
    this code and PyTorch's version; a damaged entry is computed anew. Updates are plain SGD with
    momentum on shuffled batches without the last incomplete one. A network that explodes is a
    result, not an error.

    Raises what the ``observer`` raises, such as ``Cancelled``.
    """
    entry = _cache_folder() / f"{_key(experiment)}.json"
    if remembered := _read(entry, experiment):
        return remembered
    with _one_at_a_time:
        if remembered := _read(entry, experiment):
            return remembered
        with _alone_on_one_thread():
            run = _train(experiment)
    _write(entry, run)
    return run


@contextmanager
def _alone_on_one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        # Updates below 1e-38 change no weight, but would take ten times as long.
        with _flush_denormal(True), torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _flush_denormal(flush: bool) -> Iterator[None]:
    flushed = torch.tensor(1e-40, dtype=torch.float32, device="cpu").mul(1.0).item() == 0.0
    torch.set_flush_denormal(flush)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed)


def _train(experiment: Experiment) -> Run:
    digits, network = load_digits(), build_network(experiment)
    all_steps = experiment.epochs * (len(digits.train_inputs) // experiment.batch_size)
    steps = _recorded_steps(all_steps)
    records = []
    for step in _updates(network, experiment, digits):
        if step in steps:
            with _flush_denormal(False):
                records.append(_record(network, digits))
        if report := observer.get():
            report(step, all_steps)
    norms, losses, accuracies = zip(*records, strict=True)
    layers = (*network.hidden, "output")
    state = end_state(losses, accuracies[-1])
    return Run(experiment, layers, steps, norms, losses, accuracies, state)


def _recorded_steps(last: int) -> tuple[int, ...]:
    spaced = {digit * 10**power for power in range(len(str(last))) for digit in (1, 2, 5)}
    return (0, *sorted(step for step in spaced if step < last), last)


def _updates(network: Network, experiment: Experiment, digits: Digits) -> Iterator[int]:
    """Yield the number of updates done: 0, then 1 after the first, and so on."""
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=experiment.learning_rate,
        momentum=experiment.momentum,
        foreach=True,
    )
    yield 0
    for step, batch in enumerate(_batches(experiment, len(digits.train_inputs)), start=1):
        network.train()
        optimizer.zero_grad()
        scores = network(digits.train_inputs[batch])
        torch.autograd.backward(cross_entropy(scores, digits.train_targets[batch]))
        optimizer.step()
        yield step


def _batches(experiment: Experiment, size: int) -> Iterator[Tensor]:
    # Another stream of random numbers than the one that drew the weights.
    random = torch.Generator(device="cpu").manual_seed(2**32 + experiment.seed)
    whole = size - size % experiment.batch_size
    for _ in range(experiment.epochs):
        order = torch.randperm(size, generator=random, device="cpu")
        for start in range(0, whole, experiment.batch_size):
            yield order[start : start + experiment.batch_size]


def _record(network: Network, digits: Digits) -> tuple[tuple[float, ...], float, float]:
    losses = []

    def loss(scores: Tensor, targets: Tensor) -> Tensor:
        value = cross_entropy(scores, targets)
        losses.append(value.item())
        return value

    network.train()
    profile = gradient_profile(network, digits.train_inputs, digits.train_targets, loss)
    return profile.weight_norms, losses[0], _accuracy(network, digits)


def _accuracy(network: Network, digits: Digits) -> float:
    network.eval()
    with torch.no_grad():
        guesses = network(digits.test_inputs).argmax(dim=1)
    return float((guesses == digits.test_targets).double().mean())


def end_state(losses: Sequence[float], accuracy: float) -> str:
    """Judge a run by its recorded losses and its last test accuracy, as ``Run`` defines it."""
    if not all(map(math.isfinite, losses)):
        return "diverged"
    if losses[-1] > max(DIVERGED_LOSS, losses[0]):
        return "diverged"
    return "learned" if accuracy >= LEARNED_ACCURACY else "stalled"


def _cache_folder() -> Path:
    chosen = os.environ.get("VANISHING_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("vanishing-gradients")


def _key(experiment: Experiment) -> str:
    fields = json.dumps(asdict(experiment), sort_keys=True)
    return hashlib.sha256(f"{fields} {_code_version()}".encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _code_version() -> str:
    digest = hashlib.sha256(torch.__version__.encode())
    for name in ("experiment", "data", "networks", "training", "probes"):
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()


def _read(entry: Path, experiment: Experiment) -> Run | None:
    """Read an entry of the cache; nothing where it is absent, damaged or not what it should be."""
    try:
        run = _parse(json.loads(entry.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return run if run.experiment == experiment else None


def _parse(stored: dict[str, Any]) -> Run:
    run = Run(
        experiment=Experiment(**stored["experiment"]),
        layers=tuple(map(str, stored["layers"])),
        steps=tuple(map(int, stored["steps"])),
        gradient_norms=tuple(tuple(map(float, norms)) for norms in stored["gradient_norms"]),
        losses=tuple(map(float, stored["losses"])),
        accuracies=tuple(map(float, stored["accuracies"])),
        state=str(stored["state"]),
    )
    lengths = {len(run.steps), len(run.gradient_norms), len(run.losses), len(run.accuracies)}
    if len(lengths) != 1 or {len(norms) for norms in run.gradient_norms} != {len(run.layers)}:
        raise ValueError("an entry of the experiment cache has lists of unequal length")
    return run


def _write(entry: Path, run: Run) -> None:
    """Write whole or not at all: another process sees the old state or the new, never a part."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=entry.parent, prefix=entry.stem, suffix=".partial")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(asdict(run), file)
            Path(name).replace(entry)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        warnings.warn(
            f"the training run could not be kept in {entry.parent} ({error.strerror}): "
            "set VANISHING_CACHE to a folder that can be written",
            stacklevel=3,
        )
