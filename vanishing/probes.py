"""Measure how much gradient reaches each layer of any network, as plain numbers."""

import copy
import math
import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, cast

import numpy
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.parameter import is_lazy
from torch.nn.utils import parametrize

from vanishing import given


@dataclass(frozen=True)
class GradientProfile:
    """Hold one value per layer with weights, in forward order, as plain numbers.

    A value may be 0.0 (nothing arrives, or it underflowed), NaN or infinite.
    """

    layers: tuple[str, ...]
    weight_norms: tuple[float, ...]
    signal_norms: tuple[float, ...]


@dataclass
class Layer:
    """Hold a layer's weights and, once it has been called, all tensors that it put out.

    ``calls`` is the number of the first call among those of all layers (0: never called);
    ``ends`` counts the tensors that were kept after each call of this layer.
    """

    name: str
    weights: list[nn.Parameter]
    outputs: list[Tensor]
    calls: int = 0
    ends: list[int] = field(default_factory=list)


def gradient_profile(
    model: nn.Module,
    inputs: Any,
    targets: Any,
    loss: Callable[[Any, Any], Tensor] = cross_entropy,
) -> GradientProfile:
    """Measure the gradient of ``loss(model(inputs), targets)`` at every layer of ``model``.

    A layer is a module that owns weights: parameters named ``weight…``, or, where it has no modules
    inside, any parameters that are not biases. Its weight norm is the Euclidean norm of the loss's
    gradient with respect to all these, frozen ones included. Its signal norm is
    that by everything it puts out: by all tensors of a tuple (``nn.LSTM``: output, last hidden
    and cell state), by all calls of a layer that is used several times. A layer that the loss does
    not depend on has 0.0; one whose weights are used without calling it has a NaN signal norm
    (``out_proj`` in ``nn.MultiheadAttention``).

    The model runs in the mode that it is in. Its parameters, gradients, buffers, mode and hooks and
    the random state are as before afterwards, also when it raises. Norms are summed in float64.
    Complex and quantized weights are left out.

    Raises ``TypeError`` for a model that is no ``nn.Module``, or comes from ``torch.jit``;
    ``ValueError`` for a model without weights or with weights that have no
    values yet, for inputs without an example, and for a loss that is not one real number. What
    model and loss raise stays what it is, with a note that says where; but what the default loss
    cannot take is a ``TypeError`` or ``ValueError`` that says why, and PyTorch's own errors are
    said again, with a remedy, by one of the same type.
    """
    model = given.module_of(model)
    layers = layers_of(model)
    given.refuse_examples(inputs)
    given.refuse_loss(loss)
    caller = "gradient_profile"
    with undisturbed(model), listening(layers):
        value = given.loss_of(loss, given.run(model, inputs, caller), targets, caller)
        with given.going_back(caller):
            gradients = _gradients(value, list(layers.values()))
    return _profile(list(layers.values()), gradients)


def layers_of(model: nn.Module) -> dict[nn.Module, Layer]:
    """Return every layer of a model, as ``gradient_profile`` defines it.

    Raises ``ValueError`` for a model without any.
    """
    if layers := find_layers(model):
        return layers
    raise ValueError(
        f"the model must have at least one layer with weights, got {type(model).__name__} without: "
        "pass a module that owns parameters of real numbers"
    )


def find_layers(model: nn.Module) -> dict[nn.Module, Layer]:
    """Return every module that owns weights, as ``gradient_profile`` defines it."""
    layers = {}
    for name, module in model.named_modules():
        if weights := _own_weights(module):
            layers[module] = Layer(name or type(module).__name__, weights, [])
    return layers


def _own_weights(module: nn.Module) -> list[nn.Parameter]:
    is_leaf = next(module.children(), None) is None
    return [
        parameter
        for name, parameter in own_parameters(module)
        if "weight" in name or (is_leaf and "bias" not in name)
        if parameter.is_floating_point()
    ]


def own_parameters(module: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield a module's parameters; those that ``nn.utils.parametrize`` moved away come home."""
    yield from module.named_parameters(recurse=False)
    if parametrize.is_parametrized(module):
        for name, originals in cast(nn.ModuleDict, module.parametrizations).items():
            for _, parameter in originals.named_parameters(recurse=False):
                yield name, parameter


_MEASURING = ContextVar("_MEASURING", default=False)


def is_measuring() -> bool:
    """Say whether a model runs here in order to be measured, and not to be trained."""
    return _MEASURING.get()


@contextmanager
def undisturbed(model: nn.Module, *, thaw: bool = True) -> Iterator[None]:
    """Afterwards put everything back that a pass may change; thaw frozen parameters until then.

    That is: parameters, their gradients, buffers, tensors and collections that modules keep as
    attributes, the mode of each module, the random states.
    """
    weights_of = model.parameters() if thaw else iter(())
    frozen = [p for p in weights_of if not p.requires_grad and p.is_floating_point()]
    present = [p for p in model.parameters() if not (is_lazy(p) or p.is_meta)]
    weights = [(parameter, parameter.detach().clone(), parameter.grad) for parameter in present]
    buffers = [
        (owner, name, tensor, tensor if tensor is None else tensor.clone())
        for owner in model.modules()
        for name, tensor in owner._buffers.items()
    ]
    modes = [(module, module.training) for module in model.modules()]
    attributes = [(module, _attributes(module)) for module in model.modules()]
    cuda = list(range(torch.cuda.device_count()))
    other_states = random.getstate(), numpy.random.get_state()
    measuring = _MEASURING.set(True)
    with torch.random.fork_rng(devices=cuda), torch.inference_mode(False), torch.enable_grad():
        try:
            for parameter in frozen:
                parameter.requires_grad_(True)
            for parameter, _before, _grad in weights:
                parameter.grad = None  # a loss that goes back by itself must not add to it
            yield
        finally:
            _MEASURING.reset(measuring)
            random.setstate(other_states[0])
            numpy.random.set_state(other_states[1])
            for parameter in frozen:
                parameter.requires_grad_(False)
            for module, training in modes:
                module.training = training
            for module, kept in attributes:
                _put_attributes_back(module, kept)
            _put_back(weights, buffers)


def _attributes(module: nn.Module) -> dict[str, tuple[Any, Any]]:
    """Return what a module keeps beside its parameters and buffers, each with a copy of it."""
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return {name: (value, _copied(value)) for name, value in own.items() if name != "training"}


def _copied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().clone()
    return copy.copy(value) if isinstance(value, list | dict | set | deque) else None


@torch.no_grad()
def _put_attributes_back(module: nn.Module, kept: dict[str, tuple[Any, Any]]) -> None:
    for name in [one for one in vars(module) if not one.startswith("_") and one != "training"]:
        if name not in kept:
            delattr(module, name)
    for name, (value, before) in kept.items():
        vars(module)[name] = value
        if isinstance(value, Tensor):
            if not torch.equal(value, before):
                value.data.copy_(before)
        elif isinstance(value, list | deque):
            value.clear()
            value.extend(before)
        elif isinstance(value, dict | set):
            value.clear()
            value.update(before)


@torch.no_grad()
def _put_back(
    weights: list[tuple[nn.Parameter, Tensor, Tensor | None]],
    buffers: list[tuple[nn.Module, str, Tensor | None, Tensor | None]],
) -> None:
    for parameter, value, gradient in weights:
        parameter.grad = gradient
        if not torch.equal(parameter, value):  # as nn.Embedding does with max_norm
            parameter.data.copy_(value)  # a graph that waits for its way back stays valid
    for owner, name, tensor, before in buffers:
        owner._buffers[name] = tensor
        if tensor is not None and before is not None:
            tensor.data.copy_(before)


@contextmanager
def listening(layers: dict[nn.Module, Layer]) -> Iterator[None]:
    """Keep what the layers put out, by hooks that are gone afterwards."""
    calls = 0

    def listen(module: nn.Module, _: Any, output: Any) -> Any:
        nonlocal calls
        calls += 1
        layer = layers[module]
        layer.calls = layer.calls or calls
        passed_on = _keep(output, layer.outputs)
        layer.ends.append(len(layer.outputs))
        return passed_on

    with ExitStack() as stack:
        for module in layers:
            stack.callback(module.register_forward_hook(listen).remove)
        yield


def _keep(output: Any, kept: list[Tensor]) -> Any:
    """Keep every tensor of an output, and pass a copy on: what follows may work in place."""
    if isinstance(output, Tensor):
        if not output.requires_grad:
            return output
        kept.append(output)
        return output.clone()
    if isinstance(output, tuple) and hasattr(output, "_fields"):
        return type(output)(*(_keep(item, kept) for item in output))
    if isinstance(output, tuple | list):
        return type(output)(_keep(item, kept) for item in output)
    if isinstance(output, dict):
        passed_on = copy.copy(output)  # of its own class, which may have attributes
        for key, item in output.items():
            passed_on[key] = _keep(item, kept)
        return passed_on
    return output


def _gradients(value: Tensor, layers: list[Layer]) -> dict[Tensor, Tensor | None]:
    wanted = [tensor for layer in layers for tensor in (*layer.weights, *layer.outputs)]
    if not value.requires_grad:
        return dict.fromkeys(wanted)
    found = torch.autograd.grad(value.sum(), wanted, allow_unused=True)
    return dict(zip(wanted, found, strict=True))


def _profile(layers: list[Layer], gradients: dict[Tensor, Tensor | None]) -> GradientProfile:
    def norm(tensors: list[Tensor] | list[nn.Parameter]) -> float:
        return norm_of([g for g in map(gradients.get, tensors) if g is not None])

    layers = in_forward_order(layers)
    weight_norms = tuple(norm(layer.weights) for layer in layers)
    signal_norms = tuple(
        float("nan") if weight_norm != 0 and not layer.calls else norm(layer.outputs)
        for layer, weight_norm in zip(layers, weight_norms, strict=True)
    )
    return GradientProfile(tuple(layer.name for layer in layers), weight_norms, signal_norms)


def norm_of(tensors: list[Tensor]) -> float:
    """Return the Euclidean norm of all entries together, summed in float64; of none it is 0."""
    return math.sqrt(sum(one.to_dense().double().square().sum().item() for one in tensors))


def in_forward_order(layers: list[Layer]) -> list[Layer]:
    """Sort by first call; a layer that was never called stays behind its neighbour."""
    position, order = 0, {}
    for layer in layers:
        position = order[layer.name] = layer.calls or position
    return sorted(layers, key=lambda layer: order[layer.name])
