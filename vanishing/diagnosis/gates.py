"""Compute by its equations what the gates inside a recurrent module did, which it shows no one."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

FLAT_SIGMOID, FLAT_TANH = 3.64, 1.82
"""Distances from zero at which a slope is a tenth of the largest one."""


def flat_gates(module: nn.RNNBase, steps: Sequence[Tensor]) -> list[float]:
    """Return for each layer of a module the share of its units of which every gate is flat.

    An open or closed forget gate of an LSTM counts as sound, and so does the update gate of a GRU:
    they may keep the state. Sequences begin with a state of zero here, and of two directions, the
    one forward is looked at. Of packed sequences, that is the first layer alone, as if all its
    states were zero.
    """
    if len({step.shape for step in steps}) > 1:
        inputs = torch.cat([step.detach() for step in steps])
        before = inputs.new_zeros(len(inputs), module.proj_size or module.hidden_size)
        return [float(_flat(module, 0, inputs, before).double().mean())]
    sequence = torch.stack([step.detach().reshape(-1, step.shape[-1]) for step in steps])
    found = []
    for layer in range(module.num_layers):
        outputs = _outputs(module, layer, sequence)
        states = outputs[..., : module.proj_size or module.hidden_size]
        before = torch.cat([torch.zeros_like(states[:1]), states[:-1]])
        flat = _flat(module, layer, sequence.flatten(0, 1), before.flatten(0, 1))
        found.append(float(flat.double().mean()))
        sequence = outputs
    return found


def _outputs(module: nn.RNNBase, layer: int, sequence: Tensor) -> Tensor:
    """Run one layer of a stack by itself."""
    weights = {
        name.replace(f"_l{layer}", "_l0"): weight.detach()
        for name, weight in module.named_parameters()
        if name.removesuffix("_reverse").endswith(f"_l{layer}")
    }
    kind: Any = type(module)
    options = {"nonlinearity": module.nonlinearity} if isinstance(module, nn.RNN) else {}
    options |= {"proj_size": module.proj_size} if module.proj_size else {}
    with torch.device("meta"):
        alone = kind(
            sequence.shape[-1],
            module.hidden_size,
            bias=module.bias,
            bidirectional=module.bidirectional,
            **options,
        )
    with torch.no_grad():
        return torch.func.functional_call(alone, weights, (sequence,))[0]  # type: ignore[no-any-return]


def _flat(module: nn.RNNBase, layer: int, inputs: Tensor, before: Tensor) -> Tensor:
    entered, kept = _sums(module, layer, inputs, before)
    if isinstance(module, nn.LSTM):
        return _flat_lstm(entered + kept)
    if isinstance(module, nn.GRU):
        return _flat_gru(entered, kept)
    if isinstance(module, nn.RNN) and module.nonlinearity == "tanh":
        return (entered + kept).abs() > FLAT_TANH
    return torch.zeros_like(kept)


def _sums(module: nn.RNNBase, layer: int, inputs: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
    """Return what the gates are computed from: of the inputs, and of the state before."""
    biases = [
        getattr(module, f"bias_{kind}_l{layer}").detach() if module.bias else None
        for kind in ("ih", "hh")
    ]
    weights = [getattr(module, f"weight_{kind}_l{layer}").detach() for kind in ("ih", "hh")]
    linear = nn.functional.linear
    return linear(inputs, weights[0], biases[0]), linear(before, weights[1], biases[1])


def _flat_lstm(sums: Tensor) -> Tensor:
    enter, _forget, cell, leave = sums.chunk(4, -1)
    flat = (enter.abs() > FLAT_SIGMOID) & (cell.abs() > FLAT_TANH)
    return flat & (leave.abs() > FLAT_SIGMOID)


def _flat_gru(entered: Tensor, kept: Tensor) -> Tensor:
    reset = (entered.chunk(3, -1)[0] + kept.chunk(3, -1)[0]).sigmoid()
    return (entered.chunk(3, -1)[2] + reset * kept.chunk(3, -1)[2]).abs() > FLAT_TANH
