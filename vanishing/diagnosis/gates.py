"""Compute by its equations what the gates inside a recurrent module did, which it shows no one."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

FLAT_SIGMOID, FLAT_TANH = 3.64, 1.82
"""Distances from zero at which a slope is a tenth of the largest one."""


def flat_gates(module: nn.RNNBase, steps: Sequence[Tensor], outputs: Sequence[Tensor]) -> float:
    """Return the share of a module's units, over all steps, of which every gate is flat.

    An open or closed forget gate of an LSTM counts as sound, and so does the update gate of a GRU:
    they may keep the state. Of several layers, that is the first one's, and as its states are not
    seen, they count as zero, as those of packed sequences do.
    """
    inputs = torch.cat([step.detach().reshape(-1, step.shape[-1]) for step in steps])
    before = inputs.new_zeros(len(inputs), module.hidden_size)
    if module.num_layers == 1 and not (module.bidirectional or module.proj_size):
        states = outputs[0].detach()
        states = states.transpose(0, 1) if module.batch_first and states.dim() == 3 else states
        if states[1:].numel() < before.numel() and states.numel() == before.numel():
            before = torch.cat([torch.zeros_like(states[:1]), states[:-1]]).reshape(before.shape)
    elif module.proj_size:
        return 0.0
    return float(_flat(module, inputs, before).double().mean())


def _flat(module: nn.RNNBase, inputs: Tensor, before: Tensor) -> Tensor:
    if isinstance(module, nn.LSTM):
        return _flat_lstm(module, inputs, before)
    if isinstance(module, nn.GRU):
        return _flat_gru(module, inputs, before)
    if isinstance(module, nn.RNN) and module.nonlinearity == "tanh":
        return _flat_rnn(module, inputs, before)
    return torch.zeros_like(before)


def _sums(module: nn.RNNBase, inputs: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
    """Return what the gates are computed from: of the inputs, and of the state before."""
    biases = [
        getattr(module, f"bias_{kind}_l0").detach() if module.bias else None
        for kind in ("ih", "hh")
    ]
    weights = [getattr(module, f"weight_{kind}_l0").detach() for kind in ("ih", "hh")]
    linear = nn.functional.linear
    return linear(inputs, weights[0], biases[0]), linear(before, weights[1], biases[1])


def _flat_lstm(module: nn.RNNBase, inputs: Tensor, before: Tensor) -> Tensor:
    entered, kept = _sums(module, inputs, before)
    enter, _forget, cell, leave = (entered + kept).chunk(4, -1)
    flat = (enter.abs() > FLAT_SIGMOID) & (cell.abs() > FLAT_TANH)
    return flat & (leave.abs() > FLAT_SIGMOID)


def _flat_gru(module: nn.RNNBase, inputs: Tensor, before: Tensor) -> Tensor:
    entered, kept = (one.chunk(3, -1) for one in _sums(module, inputs, before))
    reset = (entered[0] + kept[0]).sigmoid()
    return (entered[2] + reset * kept[2]).abs() > FLAT_TANH


def _flat_rnn(module: nn.RNNBase, inputs: Tensor, before: Tensor) -> Tensor:
    entered, kept = _sums(module, inputs, before)
    return (entered + kept).abs() > FLAT_TANH
