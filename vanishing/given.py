"""What a reader hands over, a model, examples and a loss: what cannot be used, and where it fails.

Errors of the reader's own code stay what they are; one line says where they were raised. Those of
PyTorch's are said again with a remedy, where they are known.
"""

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.parameter import is_lazy

from vanishing.bounds import shown
from vanishing.calling import called, lost, unwrapped
from vanishing.torch_errors import said_again

DEEPEST = 250
"""Modules inside each other: calling each takes three of the 1,000 calls that Python nests."""


def module_of(model: Any) -> nn.Module:
    """Return the model, or what ``torch.compile`` or data parallelism made it of.

    Raises ``TypeError`` or ``ValueError`` for a model that cannot be measured.
    """
    _refuse_no_module(model)
    model = unwrapped(model)
    if _is_too_deep(model):
        raise ValueError(
            f"the model must be nested at most {DEEPEST} modules deep, got more: "
            "put its layers side by side into one nn.Sequential"
        )
    name = type(model).__name__
    scripted = (torch.jit.ScriptModule, torch.jit.ScriptFunction)
    if any(isinstance(module, scripted) for module in model.modules()):
        raise TypeError(
            f"the model must run in Python, got {name} of torch.jit: diagnose it before scripting"
        )
    _refuse_no_values(model)
    _refuse_shards(model)
    module: nn.Module = model
    return module


def _refuse_no_module(model: Any) -> None:
    if isinstance(model, nn.Module):
        return
    if isinstance(model, type):
        raise TypeError(
            f"the model must be an nn.Module, got the class {model.__name__}: "
            f"make one of it first, with {model.__name__}(…)"
        )
    kind = type(model).__name__
    raise TypeError(f"the model must be an nn.Module, got {kind}: write a class for it")


def _is_too_deep(model: nn.Module) -> bool:
    level, seen = {model}, {model}
    for _ in range(DEEPEST):
        level = {child for module in level for child in module.children()} - seen
        seen |= level
    return bool(level)


def _refuse_no_values(model: nn.Module) -> None:
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


SHARDING = ("FullyShardedDataParallel", "FSDPModule")
"""Names of the classes whose modules hold a part of their weights, or all in one vector."""


def _refuse_shards(model: nn.Module) -> None:
    kinds = {kind.__name__ for module in model.modules() for kind in type(module).__mro__}
    kinds |= {type(parameter).__name__ for parameter in model.parameters()}
    if found := kinds & {*SHARDING, "DTensor"}:
        raise TypeError(
            f"the model must hold its weights whole, got shards of them ({min(found)}): diagnose "
            "or watch it before it is sharded, in one process"
        )


def refuse_examples(inputs: Any) -> None:
    """Raise ``ValueError`` for inputs whose tensors hold nothing."""
    given = list(tensors_in(inputs))
    if given and not any(one.numel() for one in given):
        raise ValueError(
            f"the inputs must hold at least one example, got shape {tuple(given[0].shape)}: "
            "pass a batch"
        )


def refuse_loss(loss: Any) -> None:
    """Raise ``TypeError`` for what is no function of outputs and targets."""
    if isinstance(loss, type):
        raise TypeError(
            f"loss must be a function, got the class {loss.__name__}: "
            f"make one of it first, with {loss.__name__}()"
        )
    if not callable(loss):
        raise TypeError(
            f"loss must be a function of outputs and targets, got {shown(loss)}: "
            "pass torch.nn.functional.cross_entropy"
        )


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in tuples, lists and mappings, however deep."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)


def run(model: nn.Module, inputs: Any, caller: str) -> Any:
    """Return what the model makes of the inputs; what it raises says in which layer."""
    try:
        return called(model, inputs)
    except Exception as error:
        place, took_inputs = _place(error, model, inputs)
        if took_inputs and isinstance(error, TypeError | AttributeError):
            raise TypeError(
                f"inputs must be a tensor, got {_described(inputs)}: "
                "pass torch.as_tensor(inputs, dtype=torch.float32)"
            ) from error
        note = (
            f"raised by the model while {caller} ran it forward, in {place}, "
            f"on inputs: {_described(inputs)}"
        )
        _say_again(error, place, note)
        raise


def _say_again(error: Exception, place: str, note: str) -> None:
    """Raise what says an error of PyTorch's again; put the note on any other one."""
    known = said_again(error, place)
    (known or error).add_note(note)
    if known is not None:
        raise known from error


def _place(error: Exception, model: nn.Module, inputs: Any) -> tuple[str, bool]:
    """Name the innermost module that raised; tell if it is PyTorch's and got inputs it can't take.

    PyTorch's layers take tensors only; what a reader's own module takes is the reader's matter.
    """
    names = {module: name for name, module in model.named_modules()}
    place, took_inputs = type(model).__name__, False
    for frame, _line in traceback.walk_tb(error.__traceback__):
        module = frame.f_locals.get("self")
        if isinstance(module, nn.Module) and module in names:
            name, kind = names[module], type(module)
            place = f"layer {shown(name)} ({kind.__name__})" if name else kind.__name__
            is_own = kind.__module__.startswith("torch.nn.")
            taken = any(value is inputs for value in frame.f_locals.values())
            took_inputs = is_own and taken and not isinstance(inputs, Tensor)
    return place, took_inputs


def loss_of(loss: Callable[[Any, Any], Any], outputs: Any, targets: Any, caller: str) -> Tensor:
    """Return the loss, one real number in a tensor; what is wrong with it is said.

    Raises ``TypeError`` and ``ValueError`` for what cross-entropy cannot take, and ``ValueError``
    for a result that is not one real number.
    """
    try:
        value = lost(loss, outputs, targets)
    except Exception as error:
        wrong = _wrong_for_cross_entropy(outputs, targets) if loss is cross_entropy else None
        if wrong is not None:
            raise wrong from error
        note = (
            f"raised by the loss while {caller} computed it, on outputs: {_described(outputs)}, "
            f"targets: {_described(targets)}"
        )
        _say_again(error, "the loss", note)
        raise
    _refuse_value(value)
    result: Tensor = value
    return result


def _refuse_value(value: Any) -> None:
    if not isinstance(value, Tensor):
        raise ValueError(
            f"the loss must be one number in a tensor, got {shown(value)}: return the tensor "
            "itself, without item()"
        )
    if value.numel() != 1:
        raise ValueError(
            f"the loss must be one number in a tensor, got a tensor of shape {tuple(value.shape)}: "
            'choose a loss that averages, such as reduction="mean"'
        )
    if not value.is_floating_point():
        raise ValueError(
            f"the loss must be one real number in a tensor, got {_dtype(value)}: choose a loss "
            "that has a slope; a count has none"
        )


def _wrong_for_cross_entropy(outputs: Any, targets: Any) -> Exception | None:
    """Return the error that says what the default loss cannot take, or nothing if it is unknown."""
    if not isinstance(outputs, Tensor):
        return TypeError(
            f"the model must return its scores in one tensor, got {_described(outputs)}: "
            "pass a loss that takes what the model returns"
        )
    if not isinstance(targets, Tensor):
        return TypeError(
            f"targets must be a tensor, got {_described(targets)}: pass torch.as_tensor(targets)"
        )
    if outputs.dim() == 0:
        return ValueError(
            "the model must return one score per class, got a single number: "
            "pass a loss for numbers, such as torch.nn.functional.mse_loss"
        )
    shape = (*outputs.shape[:1], *outputs.shape[2:]) if outputs.dim() > 1 else ()
    if targets.shape == outputs.shape and targets.is_floating_point():
        return None
    if tuple(targets.shape) != shape:
        return ValueError(
            f"targets must hold one class per example, shape {shape}, got shape "
            f"{tuple(targets.shape)}: pass as many targets as examples, without further dimensions"
        )
    return _wrong_classes(targets, outputs.shape[1 if outputs.dim() > 1 else 0])


def _wrong_classes(targets: Tensor, classes: int) -> Exception | None:
    if targets.dtype != torch.int64:
        return TypeError(
            f"targets must be whole numbers of dtype int64, got {_dtype(targets)}: "
            "pass targets.long(), or a loss for real numbers, such as "
            "loss=torch.nn.functional.mse_loss"
        )
    strange = targets[(targets != -100) & ((targets < 0) | (targets >= classes))]
    if not strange.numel():
        return None
    return ValueError(
        f"targets must be between 0 and {classes - 1}, as the model has {classes} scores, "
        f"got {int(strange[0])}: count the classes from 0, or give the model more outputs"
    )


@contextmanager
def going_back(caller: str) -> Iterator[None]:
    """Say of an error that it was raised on the way back from the loss."""
    try:
        yield
    except Exception as error:
        note = f"raised on the way back from the loss, in {caller}"
        _say_again(error, "the way back from the loss", note)
        raise


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}, {_dtype(value)}"
    shape = getattr(value, "shape", None)
    kind = type(value).__name__
    return f"{kind} of shape {shape}" if isinstance(shape, tuple) else f"{kind} {shown(value)}"


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
