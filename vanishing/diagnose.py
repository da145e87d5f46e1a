"""Find the sick layers of any network: which ones starve, why, and what to try."""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.parameter import is_lazy
from torch.nn.utils.rnn import PackedSequence

from vanishing.activity import Activity, tensors_in, watching
from vanishing.probes import Layer, find_layers, in_forward_order, listening, undisturbed
from vanishing.verdicts import LayerDiagnosis, LayerEvidence, judge

Gradients = dict[Tensor, Tensor | None]

LOOKUPS = (nn.Embedding, nn.EmbeddingBag)
"""Modules of which a batch reads only some rows."""

MANY_CALLS = 8
"""Calls in one pass from which on a layer's calls are taken for the steps of a sequence."""


@dataclass(frozen=True)
class Diagnosis:
    """Hold the loss on one batch and the verdict on each layer, in forward order, as plain data.

    ``loss`` is NaN where it is not known. In a notebook or on a page it shows itself as a table and
    a figure; printed, it is a text.
    """

    model: str
    loss: float
    layers: tuple[LayerDiagnosis, ...]

    def count(self, verdict: str) -> int:
        """Return how many layers have a verdict."""
        return sum(layer.verdict == verdict for layer in self.layers)

    @property
    def sick(self) -> tuple[LayerDiagnosis, ...]:
        """The layers that are not healthy, in forward order."""
        return tuple(layer for layer in self.layers if layer.verdict != "healthy")

    @property
    def is_healthy(self) -> bool:
        """Whether every layer is healthy."""
        return not self.sick

    @property
    def verdict(self) -> str:
        """The verdict on the whole: "exploding" or "dead" if any layer is, else the usual one.

        One such layer is enough to starve the others, so it is what to look at first.
        """
        ruinous = [verdict for verdict in ("exploding", "dead") if self.count(verdict)]
        usual = max(("starving", "underflowing"), key=self.count) if self.sick else "healthy"
        return ruinous[0] if ruinous else usual

    def __str__(self) -> str:
        """Return the table as a text, in the reader's language."""
        return str(drawing_side().diagnosis_text(self))

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        side = drawing_side()
        return {"text/html": side.diagnosis_html(self), "text/plain": side.diagnosis_text(self)}


def drawing_side() -> Any:
    """Return the module that draws a diagnosis, loaded only when one is shown."""
    return import_module("vanishing.figures.diagnose")  # measuring does not depend on drawing


def diagnose(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Callable[[Any, Any], Tensor] = cross_entropy,
) -> Diagnosis:
    """Judge every layer of a model by the gradient of ``loss(model(inputs), targets)``.

    A layer is what ``gradient_profile`` takes for one. ``vanishing.verdicts`` documents every
    threshold. Where a sequence passes through ``nn.RNN``, ``nn.LSTM``, ``nn.GRU`` or through a
    layer that is called many times, the gradient is also followed along the steps.

    The model runs once, in the mode that it is in, with one way back, or several where entries
    of the gradient are zero. Its parameters, gradients, buffers, mode and hooks and the random
    state are as before afterwards, also when it raises. That does not hold for a second network
    inside ``loss``: its layers are not judged and its buffers may change.

    Raises ``TypeError`` for a model that is no ``nn.Module`` or comes from ``torch.jit.script``;
    ``ValueError`` for a model without weights or with weights that have no values yet, for inputs
    without an example, and for a loss that is not one number.
    """
    layers = layers_of(model)
    _refuse_nothing(inputs)
    value, evidence = _measure(model, layers, inputs, targets, loss)
    finite = all(_is_finite(one) for one in tensors_in(inputs) if one.is_floating_point())
    judged = judge(evidence, inputs_are_finite=finite, zero_weight=_zero_weight(model))
    return Diagnosis(type(model).__name__, value, judged)


def _measure(
    model: nn.Module,
    layers: dict[nn.Module, Layer],
    inputs: Any,
    targets: Any,
    loss: Callable[[Any, Any], Tensor],
) -> tuple[float, list[LayerEvidence]]:
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
            outputs = model(inputs)
        value = loss(outputs, targets)
        _refuse_many(value)
        wanted = _wanted(list(layers.values()), steps)
        gradients = _gradients(value, wanted)
        larger = _gradients_of_a_larger_loss(value, wanted, gradients)
        at_loss = _next_to(value, list(layers.values()))
        measured = _Measurement(layers, activities, steps, gradients, larger, frozen, at_loss)
        return float(value.detach()), list(measured.evidence())


def layers_of(model: nn.Module) -> dict[nn.Module, Layer]:
    """Return the layers of a model that can be judged; the errors are those of ``diagnose``."""
    name = type(model).__name__
    if not isinstance(model, nn.Module):
        raise TypeError(f"the model must be an nn.Module, got {name}: write a class for it")
    scripted = torch.jit.RecursiveScriptModule  # type: ignore[attr-defined]
    if any(isinstance(module, scripted) for module in model.modules()):
        raise TypeError(
            f"the model must run in Python, got {name} of torch.jit: diagnose it before scripting"
        )
    for weight, tensor in (*model.named_parameters(), *model.named_buffers()):
        if is_lazy(tensor):
            raise ValueError(
                f"every parameter must have a shape, got {weight} of a lazy module without: "
                "run the model once on a batch, then diagnose it"
            )
        if tensor.is_meta:
            raise ValueError(
                f"every parameter must have values, got {weight} on the device meta without: "
                'use to_empty(device="cpu") and initialize it'
            )
    if layers := find_layers(model):
        return layers
    raise ValueError(
        f"the model must have at least one layer with weights, got {name} without: "
        "pass a module that owns parameters of real numbers"
    )


def _refuse_nothing(inputs: Any) -> None:
    given = list(tensors_in(inputs))
    if given and not any(one.numel() for one in given):
        raise ValueError(
            f"the inputs must hold at least one example, got shape {tuple(given[0].shape)}: "
            "pass a batch"
        )


def _zero_weight(model: nn.Module) -> str:
    """Return the name of the first parameter, biases aside, that is zero in every entry."""
    weights = (pair for pair in model.named_parameters() if "bias" not in pair[0])
    return next((name for name, one in weights if one.numel() and not one.any()), "")


def _refuse_many(value: Any) -> None:
    if not isinstance(value, Tensor):
        raise ValueError(
            f"the loss must be one number in a tensor, got {value!r}: return the tensor itself, "
            "without item()"
        )
    if value.numel() != 1:
        raise ValueError(
            f"the loss must be one number in a tensor, got a tensor of shape {tuple(value.shape)}: "
            'choose a loss that averages, such as reduction="mean"'
        )


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
        if all(one is None or _is_finite(one) for one in scaled.values()):
            return scaled
        exponent -= 8
    return {}


def _largest(tensor: Tensor) -> float:
    return float(tensor.detach().double().abs().max()) if tensor.numel() else 0.0


def _is_finite(tensor: Tensor) -> bool:
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
