"""Call other people's models and losses: what they take, what they return, what helps them run."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils import checkpoint

Loss = Callable[[Any, Any], Any]


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside DataParallel, DistributedDataParallel and torch.compile."""
    parallel = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    while isinstance(model, parallel) or hasattr(model, "_orig_mod"):
        model = model.module if isinstance(model, parallel) else model._orig_mod  # type: ignore[assignment]
    return model


def called(model: nn.Module, inputs: Any) -> Any:
    """Return what a model makes of its inputs.

    A dictionary whose keys ``forward`` knows is passed by keywords, a tuple whose length it
    takes by position, everything else as one argument.
    """
    parameters = list(inspect.signature(model.forward).parameters.values())
    if isinstance(inputs, Mapping) and _takes_keywords(parameters, inputs):
        return model(**inputs)
    if isinstance(inputs, tuple) and not hasattr(inputs, "_fields") and len(inputs) > 1:
        if _takes_positions(parameters, len(inputs)):
            return model(*inputs)
    elif isinstance(inputs, list) and len(_required(parameters)) == len(inputs) > 1:
        return model(*inputs)
    return model(inputs)


def _takes_keywords(parameters: list[inspect.Parameter], inputs: Mapping[Any, Any]) -> bool:
    names = {one.name for one in parameters if one.kind is not one.VAR_KEYWORD}
    if all(isinstance(key, str) for key in inputs) and set(inputs) <= names:
        return True
    open_ended = any(one.kind is one.VAR_KEYWORD for one in parameters)
    needed = {one.name for one in _required(parameters)}
    return open_ended and bool(inputs) and needed <= set(inputs)


def _takes_positions(parameters: list[inspect.Parameter], count: int) -> bool:
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return True
    places = [
        one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    ]
    filled = places[:count]
    return len(filled) == count and all(one.default in (one.empty, None) for one in filled)


def _required(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    usual = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [one for one in parameters if one.kind in usual and one.default is one.empty]


def lost(loss: Loss, outputs: Any, targets: Any) -> Any:
    """Return what a loss says of a model's outputs.

    With cross-entropy, an output object gives its own ``loss`` where there are no targets and its
    ``logits`` where there are; a tuple gives its first part. Of what a loss returns together with
    other things, the loss is taken.
    """
    if loss is cross_entropy and targets is None and (own := _part(outputs, "loss")) is not None:
        return own
    if loss is cross_entropy and not isinstance(outputs, Tensor):
        scores = _part(outputs, "logits")
        first = outputs[0] if isinstance(outputs, tuple | list) and outputs else outputs
        outputs = first if scores is None else scores
    value = loss(outputs, targets)
    if isinstance(value, tuple | list) and value and isinstance(value[0], Tensor):
        return value[0]
    return value if (own := _part(value, "loss")) is None else own


def _part(output: Any, name: str) -> Any:
    if isinstance(output, Tensor):
        return None
    return output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)


@contextmanager
def in_the_open() -> Iterator[None]:
    """Run compiled parts as they are written, and checkpointed parts without checkpoints.

    Reentrant checkpoints refuse ``torch.autograd.grad`` (pytorch/pytorch#51743).
    """
    own = vars(checkpoint.CheckpointFunction)
    if "apply" in own:  # somebody around this does so already
        yield
        return
    checkpoint.CheckpointFunction.apply = staticmethod(_without_checkpoint)  # type: ignore[method-assign]
    try:
        with torch.compiler.set_stance("force_eager"):
            yield
    finally:
        del checkpoint.CheckpointFunction.apply  # what it inherits shows again


def _without_checkpoint(function: Callable[..., Any], _preserve: bool, *args: Any) -> Any:
    return function(*args)
