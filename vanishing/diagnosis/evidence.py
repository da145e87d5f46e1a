"""Measure what one batch tells about every layer of a network, as plain numbers."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from vanishing import given
from vanishing.diagnosis.activity import Activity, watching
from vanishing.diagnosis.verdicts import LayerEvidence
from vanishing.probes import Layer, in_forward_order, listening, undisturbed

Gradients = dict[Tensor, Tensor | None]

LOOKUPS = (nn.Embedding, nn.EmbeddingBag)
"""Modules of which a batch reads only some rows."""

MANY_CALLS = 8
"""Calls in one pass from which on a layer's calls are taken for the steps of a sequence."""


def measure(
    model: nn.Module,
    layers: dict[nn.Module, Layer],
    inputs: Any,
    targets: Any,
    loss: Callable[[Any, Any], Tensor],
) -> tuple[float, list[LayerEvidence]]:
    """Return the loss and every layer's evidence, in forward order."""
    frozen = frozenset(
        layer.name for layer in layers.values() if not any(w.requires_grad for w in layer.weights)
    )
    with undisturbed(model):
        # A part that is computed again on the way back (checkpointing) must not be heard twice.
        with (
            _following_steps(layers) as steps,
            listening(layers),
            watching(list(layers)) as activities,
        ):
            outputs = given.run(model, inputs, "diagnose")
        value = given.loss_of(loss, outputs, targets, "diagnose")
        wanted = _wanted(list(layers.values()), steps)
        with given.going_back("diagnose"):
            gradients = _gradients(value, wanted)
            larger = _gradients_of_a_larger_loss(value, wanted, gradients)
        at_loss = _next_to(value, list(layers.values()))
        measured = _Measurement(layers, activities, steps, gradients, larger, frozen, at_loss)
        return float(value.detach()), list(measured.evidence())


def zero_weight(model: nn.Module) -> str:
    """Return the name of the first parameter, biases aside, that is zero in every entry."""
    weights = (pair for pair in model.named_parameters() if "bias" not in pair[0])
    return next((name for name, one in weights if one.numel() and not one.any()), "")


@contextmanager
def _following_steps(layers: dict[nn.Module, Layer]) -> Iterator[dict[str, list[list[Tensor]]]]:
    """Keep the sequence that each recurrent module reads, as a tensor that has a gradient."""
    read: dict[str, list[list[Tensor]]] = {}
    with ExitStack() as stack:
        for module, layer in layers.items():
            if isinstance(module, nn.RNNBase):
                read[layer.name] = []
                hook = _reader(read[layer.name], module.batch_first)
                handle = module.register_forward_pre_hook(hook, with_kwargs=True)
                stack.callback(handle.remove)
        yield read


def _reader(
    kept: list[list[Tensor]], batch_first: bool
) -> Callable[[nn.Module, Any, dict[str, Any]], tuple[Any, dict[str, Any]]]:
    def read(_module: nn.Module, args: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if args:
            return (follow(args[0]), *args[1:]), named
        return args, {**named, "input": follow(named["input"])}

    def follow(sequence: Any) -> Any:
        if isinstance(sequence, PackedSequence):
            steps = list(torch.split(_traced(sequence.data), sequence.batch_sizes.tolist()))
            kept.append(steps)
            return PackedSequence(torch.cat(steps), *sequence[1:])
        time = 1 if batch_first and sequence.dim() == 3 else 0
        steps = list(_traced(sequence).unbind(time))
        kept.append(steps)
        return torch.stack(steps, dim=time)

    return read


def _traced(tensor: Tensor) -> Tensor:
    """Return a copy that has a gradient, whether or not what came before has one."""
    return tensor.clone() if tensor.requires_grad else tensor.detach().clone().requires_grad_()


def _wanted(layers: Sequence[Layer], steps: dict[str, list[list[Tensor]]]) -> list[Tensor]:
    read = [tensor for calls in steps.values() for call in calls for tensor in call]
    return [*(tensor for one in layers for tensor in (*one.weights, *one.outputs)), *read]


def _next_to(value: Tensor, layers: Sequence[Layer]) -> frozenset[str]:
    """Return the names of the layers that the way back from the loss meets first."""
    names = {one.grad_fn: layer.name for layer in layers for one in layer.outputs}
    ahead, seen, met = [value.grad_fn], set(), set()
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node in names:
            met.add(names[node])
        else:
            ahead.extend(before for before, _number in node.next_functions)
    return frozenset(met)


def _gradients(value: Tensor, wanted: Sequence[Tensor], scale: float = 1.0) -> Gradients:
    if not value.requires_grad:
        return dict.fromkeys(wanted)
    found = torch.autograd.grad(
        value, wanted, torch.full_like(value, scale), retain_graph=True, allow_unused=True
    )
    return dict(zip(wanted, found, strict=True))


def _gradients_of_a_larger_loss(
    value: Tensor, wanted: Sequence[Tensor], gradients: Gradients
) -> Gradients:
    """Scale the loss up as far as the dtypes allow: what is zero only without, had underflowed.

    Returns nothing where no entry is zero, or no scale fits. Source: the loss scaling of
    Micikevicius et al. 2018, "Mixed precision training", section 3.2.
    """
    arrived = [one.to_dense() for one in gradients.values() if one is not None]
    largest = max((_largest(one) for one in arrived), default=0.0)
    if not 0 < largest < math.inf or all(bool((one != 0).all()) for one in arrived):
        return {}
    limits = [math.log2(torch.finfo(one.dtype).max) for one in arrived]
    start = math.log2(torch.finfo(value.dtype).max)
    exponent = math.floor(min(start, min(limits) - math.log2(largest))) - 4
    while exponent > 4:  # values on the way may be larger than those that are wanted
        scaled = _gradients(value, wanted, 2.0**exponent)
        if all(one is None or is_finite(one) for one in scaled.values()):
            return scaled
        exponent -= 8
    return {}


def _largest(tensor: Tensor) -> float:
    return float(tensor.detach().double().abs().max()) if tensor.numel() else 0.0


def is_finite(tensor: Tensor) -> bool:
    """Return whether no entry is NaN or infinite."""
    return bool(torch.isfinite(tensor.detach().to_dense()).all())


@dataclass(frozen=True)
class _Measurement:
    """Hold all that one way there and back gave, as tensors."""

    layers: dict[nn.Module, Layer]
    activities: dict[nn.Module, Activity]
    steps: dict[str, list[list[Tensor]]]
    gradients: Gradients
    larger: Gradients
    frozen: frozenset[str]
    at_loss: frozenset[str]

    def evidence(self) -> Iterator[LayerEvidence]:
        """Yield each layer's plain numbers, in forward order."""
        modules = {layer.name: module for module, layer in self.layers.items()}
        for layer in in_forward_order(list(self.layers.values())):
            yield self._evidence(layer, modules[layer.name])

    def _evidence(self, layer: Layer, module: nn.Module) -> LayerEvidence:
        activity = self.activities[module]
        arrived = [self.gradients[one] for one in (*layer.weights, *layer.outputs)]
        norm = norm_of([self.gradients[one] for one in layer.weights])
        scale = math.sqrt(sum(map(squared_scale, layer.weights)))
        return LayerEvidence(
            name=layer.name,
            kind=type(module).__name__.removeprefix("Parametrized"),
            gradient_norm=norm,
            weight_norm=norm_of(layer.weights),
            relative_gradient=norm / scale if scale else math.nan,
            gain=0.0 if isinstance(module, LOOKUPS) else max(map(gain, layer.weights)),
            signal=_root_mean_square(layer.outputs),
            activation=activity.kind,
            inactive_share=activity.inactive_share,
            saturated_share=activity.saturated_share,
            zero_share=self._zero_share(layer),
            lost_share=self._lost_share(layer),
            first_step=self._first_step(layer),
            dtype=_coarsest([*layer.weights, *layer.outputs]),
            frozen=layer.name in self.frozen,
            connected=any(one is not None for one in arrived),
            fed=activity.fed or not activity.called,
            lookup=isinstance(module, LOOKUPS),
            at_loss=layer.name in self.at_loss,
        )

    def _zero_share(self, layer: Layer) -> float:
        arrived = [one for w in layer.weights if (one := self.gradients[w]) is not None]
        entries = sum(one.numel() for one in arrived)
        zeros = sum(int((one.to_dense() == 0).sum()) for one in arrived)
        return zeros / entries if entries else 1.0

    def _lost_share(self, layer: Layer) -> float:
        return max(self._lost_among(layer.weights), self._lost_among(layer.outputs))

    def _lost_among(self, tensors: Sequence[Tensor]) -> float:
        lost, there = 0, 0
        for one in tensors:
            small, large = self.gradients[one], self.larger.get(one)
            if small is not None and large is not None:
                present = large.to_dense() != 0
                there += int(present.sum())
                lost += int((present & (small.to_dense() == 0)).sum())
        return lost / there if there else 0.0

    def _first_step(self, layer: Layer) -> float:
        """Return the least share over all sequences; 1 where there are none."""
        if (sequences := self.steps.get(layer.name)) is not None:
            paths = [[[self.gradients[step]] for step in sequence] for sequence in sequences]
        else:
            starts = (0, *layer.ends)
            calls = [
                [self.gradients[one] for one in layer.outputs[start:end]]
                for start, end in zip(starts, layer.ends, strict=False)
            ]
            used = [call for call in calls if any(one is not None for one in call)]
            paths = [used] if len(used) >= MANY_CALLS else []
        return min((_first_share([norm_of(step) for step in path]) for path in paths), default=1.0)


def _first_share(norms: Sequence[float]) -> float:
    largest = max((norm for norm in norms if math.isfinite(norm)), default=0.0)
    return min(norms[0] / largest, 1.0) if largest and math.isfinite(norms[0]) else 1.0


def norm_of(tensors: Sequence[Tensor | None]) -> float:
    """Return the Euclidean norm over all tensors that are there, summed in float64."""
    present = (one.detach().to_dense().double() for one in tensors if one is not None)
    return math.sqrt(sum(one.square().sum().item() for one in present))


def squared_scale(weight: Tensor) -> float:
    """Return a matrix's squared norm; each row of a vector or of zeros counts as 1, at least."""
    squared = float(weight.detach().double().square().sum())
    rows = weight.shape[0] if weight.dim() else 1
    return max(squared, rows) if weight.dim() < 2 or squared == 0 else squared


def gain(weight: Tensor) -> float:
    """Return fan-in times mean squared weight: the sum of squares per row."""
    if weight.dim() < 2 or not weight.shape[0]:
        return 0.0
    return float(weight.detach().double().square().sum()) / weight.shape[0]


def _root_mean_square(tensors: Sequence[Tensor]) -> float:
    entries = sum(one.numel() for one in tensors)
    return norm_of(tensors) / math.sqrt(entries) if entries else math.nan


def _coarsest(tensors: Sequence[Tensor]) -> str:
    """Return the name of the dtype whose smallest numbers are largest."""
    dtypes = {one.dtype for one in tensors if one.is_floating_point()}
    coarsest = max(dtypes, key=lambda dtype: torch.finfo(dtype).tiny)
    return str(coarsest).removeprefix("torch.")
