"""Sequences that are made, not loaded: the adding problem, where two far apart numbers count."""

import torch
from torch import Tensor

from vanishing import bounds

LONGEST = 10_000
MOST = 1_000_000


@bounds.checked(
    length=bounds.whole(2, LONGEST, "a shorter sequence", "a longer sequence"),
    number=bounds.whole(1, MOST, "fewer sequences", "more sequences"),
    seed=bounds.whole(0, 2**32 - 1, "a smaller seed", "a seed from 0 on"),
)
def adding_problem(length: int, number: int, seed: int) -> tuple[Tensor, Tensor]:
    """Make sequences of random numbers, two of them marked, and the sum of the marked two.

    The inputs have the shape (number, length, 2) and dtype float32: at each time step a value
    from U(0, 1) and a mark, 0 or 1. One mark lies in the first half of the sequence, one in the
    second, each uniformly; where the length is odd, the second half is the longer one. The targets
    have the shape (number,). Always answering 1, their mean, costs a mean squared error of 1/6.

    Equal arguments give equal sequences; the global random state is left alone.
    Raises ``ValueError`` for a number out of bounds and ``TypeError`` for what is no whole number.
    Source: Hochreiter & Schmidhuber 1997, experiment 4, in the form of Arjovsky et al. 2016.
    """
    random = torch.Generator(device="cpu").manual_seed(seed)
    values = torch.rand(number, length, generator=random, dtype=torch.float32, device="cpu")
    first = torch.randint(length // 2, (number, 1), generator=random, device="cpu")
    second = torch.randint(length // 2, length, (number, 1), generator=random, device="cpu")
    marks = torch.zeros_like(values).scatter_(1, torch.cat([first, second], dim=1), 1.0)
    return torch.stack([values, marks], dim=2), (values * marks).sum(dim=1)
