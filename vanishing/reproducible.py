"""Settings of PyTorch under which equal inputs give equal numbers."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def reproducible() -> Iterator[None]:
    """Compute on one thread, in float32, with gradients, from a fixed random state.

    Numbers below 1e-38 are flushed to zero: they change no weight, but take ten times as long.
    All settings and the global random state are as before afterwards.
    """
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float32)
    try:
        with (
            torch.random.fork_rng(devices=[]),
            _flush_denormal(True),
            torch.inference_mode(False),
            torch.enable_grad(),
        ):
            torch.default_generator.manual_seed(0)
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_num_threads(threads)


@contextmanager
def without_flushing() -> Iterator[None]:
    """Keep subnormal numbers, as PyTorch does by default: for measurements of small gradients."""
    with _flush_denormal(False):
        yield


@contextmanager
def _flush_denormal(flush: bool) -> Iterator[None]:
    flushed = torch.tensor(1e-40, dtype=torch.float32, device="cpu").mul(1.0).item() == 0.0
    torch.set_flush_denormal(flush)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed)
