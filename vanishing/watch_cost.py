"""Measure what ``GradientWatch`` costs a training: ``python -m vanishing.watch_cost``.

It prints one line of JSON: the seconds of a plain step and of a watched one, and the watch's share.
"""

import json
import time
from dataclasses import asdict, dataclass
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from vanishing.watch import GradientWatch

EVERY = 10


@dataclass(frozen=True)
class WatchCost:
    """Hold the seconds of one step, of the plain and of the watched training.

    ``share`` is what the watch adds, as a share of a plain step: the median over all rounds.
    ``processor_share`` is that of the processors' time, which a busy machine disturbs less.
    """

    parameters: int
    plain: float
    watched: float
    share: float
    processor_share: float


def transformer(width: int = 320, blocks: int = 8) -> nn.Sequential:
    """Build an encoder for sequences of 64 features; by default, it has 10 million parameters."""
    block = nn.TransformerEncoderLayer(width, 8, 4 * width, batch_first=True, norm_first=True)
    body = nn.TransformerEncoder(block, blocks, enable_nested_tensor=False)
    return nn.Sequential(nn.Linear(64, width), body, nn.Linear(width, 10))


def measure_cost(model: nn.Module, rounds: int = 10, batch: int = 8, steps: int = 32) -> WatchCost:
    """Train the same network plain and watched by turns, ten steps each, and compare."""
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    inputs, targets = torch.randn(batch, steps, 64), torch.randint(10, (batch, steps))
    _seconds(model, optimizer, inputs, targets, watched=True)  # warms everything up
    plain, watched = [], []
    for _ in range(rounds):
        plain.append(_seconds(model, optimizer, inputs, targets, watched=False))
        watched.append(_seconds(model, optimizer, inputs, targets, watched=True))
    shares = [
        median(after[clock] / before[clock] for before, after in zip(plain, watched, strict=True))
        for clock in (0, 1)
    ]
    return WatchCost(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        plain=median(seconds for seconds, _processor in plain),
        watched=median(seconds for seconds, _processor in watched),
        share=shares[0] - 1,
        processor_share=shares[1] - 1,
    )


def _seconds(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: Tensor,
    targets: Tensor,
    *,
    watched: bool,
) -> tuple[float, float]:
    """Return the seconds of one of ten steps, of which the watch records the first.

    First by the clock, then by the processors.
    """
    watch = GradientWatch(model, EVERY, optimizer) if watched else None
    started, busy = time.perf_counter(), time.process_time()
    for step in range(EVERY):
        optimizer.zero_grad()
        cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).backward()  # type: ignore[no-untyped-call]
        if watch is not None:
            watch(step)
        optimizer.step()
    ended, done = time.perf_counter(), time.process_time()
    if watch is not None:
        watch.close()
    return (ended - started) / EVERY, (done - busy) / EVERY


if __name__ == "__main__":
    torch.manual_seed(0)
    print(json.dumps(asdict(measure_cost(transformer()))))
