"""Watch the activation functions behind each layer: which units are silent, which values flat."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from vanishing.diagnosis.verdicts import SATURATED_SLOPE
from vanishing.given import tensors_in

_CHANNELS_SECOND = (nn.modules.conv._ConvNd, nn.modules.batchnorm._NormBase, nn.GroupNorm)


@dataclass
class Activity:
    """Hold what the activation functions behind one layer did, over all of its calls.

    ``silent`` tells for every unit whether a rectifier set it to zero on every example so far.
    ``called`` is whether it had any input; ``fed`` is whether any of this was other than zero.
    """

    kind: str = ""
    silent: Tensor | None = None
    flat: int = 0
    values: int = 0
    fed: bool = False
    called: bool = False

    @property
    def inactive_share(self) -> float:
        """The share of units that are silent on every example; 0 without a rectifier."""
        return 0.0 if self.silent is None else float(self.silent.double().mean())

    @property
    def saturated_share(self) -> float:
        """The share of values on a flat part of sigmoid or tanh; 0 without them."""
        return self.flat / self.values if self.values else 0.0


@contextmanager
def watching(modules: list[nn.Module]) -> Iterator[dict[nn.Module, Activity]]:
    """Watch what follows each module, module or function, by hooks that are gone afterwards.

    An activation belongs to the layer that was entered or left last before it.
    """
    watch = _Watch({module: Activity() for module in modules})
    with ExitStack() as stack:
        for module in modules:
            hook = module.register_forward_pre_hook(watch.enter, with_kwargs=True)
            stack.callback(hook.remove)
            stack.callback(module.register_forward_hook(watch.leave).remove)
        stack.enter_context(watch)
        yield watch.activities


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self, activities: dict[nn.Module, Activity]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.activities = activities
        self.current: nn.Module | None = None

    def enter(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        activity, given = self.activities[module], list(tensors_in((args, kwargs)))
        if any(one.numel() for one in given):  # an expert that gets no example has no input at all
            activity.called = True
            activity.fed = activity.fed or any(map(_is_something, given))
        self.current = module

    def leave(self, module: nn.Module, _args: Any, _output: Any) -> None:
        self.current = module

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        output = function(*args, **(kwargs or {}))
        name = function.overloadpacket.__name__.rstrip("_")
        if self.current is not None and name in _RULES and isinstance(output, Tensor):
            _RULES[name](self.activities[self.current], self.current, output, args)
        return output


def _is_something(tensor: Tensor) -> bool:
    return not tensor.is_floating_point() or bool((tensor != 0).any())


def _rectified(activity: Activity, module: nn.Module, output: Tensor, args: Any) -> None:
    _note_silence(activity, module, output <= 0)


def _rectified_from(activity: Activity, module: nn.Module, output: Tensor, args: Any) -> None:
    """Take ``clamp``, ``threshold`` and ``hardtanh`` for rectifiers where they cut at zero."""
    below, above = (*args[1:3], None, None)[:2]
    if isinstance(below, int | float) and below == 0:
        above = above if isinstance(above, int | float) and above else math.inf  # ReLU6
        _note_silence(activity, module, (output <= 0) | (output >= above))


def _note_silence(activity: Activity, module: nn.Module, silent: Tensor) -> None:
    activity.kind = "relu"
    units = 1 if isinstance(module, _CHANNELS_SECOND) and silent.dim() > 1 else silent.dim() - 1
    by_unit = silent.movedim(units, 0).flatten(1).all(dim=1) if silent.dim() > 1 else silent
    known = activity.silent
    fits = known is not None and known.shape == by_unit.shape
    activity.silent = known & by_unit if known is not None and fits else by_unit


def _squashed(
    kind: str, slope: Callable[[Tensor], Tensor]
) -> Callable[[Activity, nn.Module, Tensor, Any], None]:
    def note(activity: Activity, _module: nn.Module, output: Tensor, _args: Any) -> None:
        activity.kind = kind
        activity.flat += int((slope(output.detach()) < SATURATED_SLOPE).sum())
        activity.values += output.numel()

    return note


def _smooth(activity: Activity, _module: nn.Module, _output: Tensor, _args: Any) -> None:
    activity.kind = activity.kind or "smooth"


def _self_normalizing(activity: Activity, _module: nn.Module, _output: Tensor, _a: Any) -> None:
    activity.kind = activity.kind or "elu"


_RULES: dict[str, Callable[[Activity, nn.Module, Tensor, Any], None]] = {
    "relu": _rectified,
    "clamp_min": _rectified_from,
    "clamp": _rectified_from,
    "threshold": _rectified,
    "hardtanh": _rectified_from,
    "sigmoid": _squashed("sigmoid", lambda y: 4 * y * (1 - y)),
    "hardsigmoid": _squashed("sigmoid", lambda y: ((y > 0) & (y < 1)).to(y.dtype)),
    "tanh": _squashed("tanh", lambda y: 1 - y * y),
    "leaky_relu": _smooth,
    "gelu": _smooth,
    "silu": _smooth,
    "mish": _smooth,
    "softplus": _smooth,
    "elu": _self_normalizing,
}
