"""Small layers for the tests that diagnose a network."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn


class Apply(nn.Module):
    """Make a layer of any function."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        """Take the function."""
        super().__init__()
        self.function = function

    def forward(self, signal: Tensor) -> Tensor:
        """Return what the function makes of the signal."""
        return self.function(signal)
