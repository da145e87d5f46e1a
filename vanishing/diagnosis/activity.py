"""Hear what happens on the way forward: activation functions, calls, NaN and infinity."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.utils._python_dispatch import TorchDispatchMode

from vanishing.diagnosis.verdicts import SATURATED_SLOPE
from vanishing.diagnosis.way_back import next_number, parameter_of
from vanishing.given import tensors_in

ALMOST_ONE = 0.99
"""Share of a softmax that falls to one entry from which on its slope is taken for flat."""


@dataclass(frozen=True)
class Activation:
    """Hold what one call of an activation function did, and its place in the forward pass.

    ``silent`` tells for every unit, along dimension 1 and along the last one, whether a rectifier
    set it to zero on every example; ``flat`` is the share of values on a flat part, zero aside.
    """

    kind: str
    operation: str
    number: int
    silent: tuple[Tensor, Tensor] | None = None
    flat: float = 0.0


@dataclass(frozen=True)
class Birth:
    """Hold the operation that made NaN or infinity of finite numbers, and what kind it is."""

    kind: str
    operation: str
    number: int
    dtype: str
    is_nan: bool


@dataclass
class Call:
    """Hold one call of a module: the numbers of the operations with a gradient inside."""

    module: nn.Module
    start: int
    end: int = 0
    fed: bool = True


@dataclass(frozen=True)
class Cut:
    """Hold what has no slope and was given a result with one: its name, and that result."""

    name: str
    given: Node
    in_loss: bool


@dataclass
class Tape:
    """Hold what was heard, in the order of the forward pass.

    ``inner`` holds the operations of gradients that the model or the loss computes by itself;
    ``end`` is where the model ends and the loss begins. ``ignored`` counts the labels that a loss
    leaves out, and all that it was given.
    """

    activations: list[Activation] = field(default_factory=list)
    births: list[Birth] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    inner: set[int] = field(default_factory=set)
    end: int = 0
    no_terms: bool = False
    ignored: tuple[int, int] = (0, 0)
    differentiates: bool = False

    def owner(self, number: int, modules: set[nn.Module]) -> nn.Module | None:
        """Return which of some modules was running at an operation, the innermost of them."""
        inside = [
            call
            for call in self.calls
            if call.start <= number < call.end and call.module in modules
        ]
        return max(inside, key=lambda call: (call.start, -call.end)).module if inside else None

    def takes_softmax(self, after: int) -> bool:
        """Say whether a softmax was taken after some operation."""
        return any(one.number >= after and "softmax" in one.operation for one in self.activations)

    def cut_in_loss(self) -> str:
        """Return what has no slope and was given something after the model had ended."""
        return next((one.name for one in self.cuts if one.in_loss), "")

    def cut_from(self) -> dict[Tensor, str]:
        """Return, for each parameter that something without a slope hangs on, its name."""
        found: dict[Tensor, str] = {}
        seen: set[Node] = set()
        for cut in self.cuts:
            ahead = [cut.given]
            while ahead:
                node = ahead.pop()
                if node not in seen:
                    seen.add(node)
                    ahead += [before for before, _number in node.next_functions if before]
                    if (parameter := parameter_of(node)) is not None:
                        found.setdefault(parameter, cut.name)
        return found


@contextmanager
def watching(model: nn.Module) -> Iterator[Tape]:
    """Hear every operation and every call of a module, by hooks that are gone afterwards."""
    watch = _Watch()
    with ExitStack() as stack:
        for module in model.modules():
            hook = module.register_forward_pre_hook(watch.enter, with_kwargs=True)
            stack.callback(hook.remove)
            stack.callback(module.register_forward_hook(watch.leave, always_call=True).remove)
        stack.enter_context(watch)
        yield watch.tape


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tape = Tape()
        self.open: list[Call] = []

    def enter(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        given = [one for one in tensors_in((args, kwargs)) if one.numel()]
        is_fed = not given or any(map(_is_something, given))
        call = Call(module, next_number(), fed=is_fed and not _reads_padding(module, given))
        self.tape.calls.append(call)
        self.open.append(call)

    def _count_labels(
        self, labels: Tensor, ignored: int, weight: Tensor, *, is_summed: bool
    ) -> None:
        left_out = int((labels == ignored).sum())
        self.tape.ignored = left_out, labels.numel()
        is_empty = not bool(weight.any()) if is_summed else left_out == labels.numel()
        self.tape.no_terms = self.tape.no_terms or is_empty

    def leave(self, module: nn.Module, _args: Any, _output: Any) -> None:
        while self.open:
            call = self.open.pop()
            call.end = next_number()
            if call.module is module:
                break

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = function.overloadpacket.__name__
        rule = _RULES.get(name.rstrip("_"))
        heard = rule(function, args, kwargs or {}) if rule and _is_real(args) else None
        output = function(*args, **(kwargs or {}))
        number = next_number() - 1
        if torch._C._current_graph_task_id() != -1:
            self.tape.inner.add(number)
        if heard is not None:
            kind, silent, flat = heard
            called = "relu6" if name.startswith("hardtanh") and args[1:3] == (0.0, 6.0) else name
            self.tape.activations.append(Activation(kind, called.strip("_"), number, silent, flat))
        if (cut := _without_slope(name, args, kwargs or {})) and args[0].grad_fn is not None:
            self.tape.cuts.append(Cut(cut, args[0].grad_fn, in_loss=self.tape.end > 0))
        if name.startswith("nll_loss") and "backward" not in name:
            self._count_labels(args[1], args[4], output[1], is_summed=args[3] != 0)
        if name == "mean" and not args[0].numel():
            self.tape.no_terms = True
        if name == "threshold_backward":  # the loss uses derivatives of a rectifier
            self.tape.differentiates = True
        if (birth := _birth(name, output, args, kwargs or {}, number)) is not None:
            self.tape.births.append(birth)
        return output


def _is_something(tensor: Tensor) -> bool:
    if not tensor.is_floating_point() or tensor.is_meta:
        return True
    if bool(tensor.detach().reshape(-1)[:64].any()):
        return True
    return bool((tensor != 0).any())


def _reads_padding(module: nn.Module, given: list[Tensor]) -> bool:
    """Say whether an embedding reads nothing but the row that is not trained."""
    padding = getattr(module, "padding_idx", None)
    return padding is not None and len(given) == 1 and bool((given[0] == padding).all())


WITHOUT_SLOPE = {
    **{name: f"{name}()" for name in ("argmax", "argmin", "multinomial")},
    **{"topk": "topk()", "sort": "argsort()", "gt": ">", "lt": "<", "ge": "≥", "le": "≤"},
}
"""What gives numbers that do not change with small changes of what it gets, as one writes it."""


def _without_slope(name: str, args: Any, kwargs: dict[str, Any]) -> str:
    if not args or not isinstance(args[0], Tensor):
        return ""
    if name == "_to_copy" and (dtype := kwargs.get("dtype")) is not None:
        return "" if dtype.is_floating_point or dtype.is_complex else "long()"
    return WITHOUT_SLOPE.get(name, "")


def _is_real(args: Any) -> bool:
    is_tensor = bool(args) and isinstance(args[0], Tensor) and not args[0].is_meta
    return is_tensor and bool(args[0].is_floating_point())


# Activation functions

Heard = tuple[str, tuple[Tensor, Tensor] | None, float]


def _rectified(function: Any, args: Any, kwargs: Any) -> Heard | None:
    return "relu", _silent(args[0] <= 0), 0.0


def _cut(function: Any, args: Any, kwargs: Any) -> Heard | None:
    """Take a function that cuts at zero for a rectifier, at other bounds for one that saturates."""
    below, above = _bounds(function, args, kwargs)
    signal = args[0].detach()
    if below == 0 or "threshold" in function.name():
        flat = 0.0 if above is None else _share(signal >= above)
        return "relu", _silent(signal <= (args[1] if above is None and below is None else 0)), flat
    outside = torch.zeros_like(signal, dtype=torch.bool)
    outside = outside if below is None else outside | (signal <= below)
    outside = outside if above is None else outside | (signal >= above)
    return "cut", None, _share(outside)


def _bounds(function: Any, args: Any, kwargs: Any) -> tuple[float | None, float | None]:
    names = {"hardtanh": (-1.0, 1.0), "relu6": (0.0, 6.0)}
    usual = next((names[name] for name in names if name in function.name()), (None, None))
    if "threshold" in function.name():
        return (0.0, None) if args[1] == 0 else (None, None)
    if "clamp_max" in function.name():
        usual, args = (None, args[1]), args[:1]
    below = args[1] if len(args) > 1 else kwargs.get("min", usual[0])
    above = args[2] if len(args) > 2 else kwargs.get("max", usual[1])
    return tuple(one if isinstance(one, int | float) else None for one in (below, above))  # type: ignore[return-value]


def _curved(kind: str, steepest: float = 1.0) -> Callable[[Any, Any, Any], Heard | None]:
    """Measure the slope of any function of single numbers by a small step to both sides."""

    def hear(function: Any, args: Any, kwargs: Any) -> Heard | None:
        signal = args[0].detach().to(torch.promote_types(args[0].dtype, torch.float32))
        step = 1e-2 * signal.abs().clamp(0.1, 10.0)
        above = _first(function(signal + step, *args[1:], **kwargs))
        below = _first(function(signal - step, *args[1:], **kwargs))
        slope = (above - below).abs() / (2 * step)
        return kind, None, _share(slope < SATURATED_SLOPE * steepest)

    return hear


def _first(result: Any) -> Tensor:
    return result[0] if isinstance(result, tuple) else result  # type: ignore[no-any-return]


def _leaky(function: Any, args: Any, kwargs: Any) -> Heard | None:
    return "leaky", None, 0.0


def _normalized_exponential(function: Any, args: Any, kwargs: Any) -> Heard | None:
    signal, dimension = args[0].detach(), args[1]
    if not signal.numel() or signal.shape[dimension] < 2:
        return "single", None, 1.0
    largest = torch.softmax(signal.float(), dimension).amax(dimension)
    return "softmax", None, _share(largest > ALMOST_ONE)


def _gated(function: Any, args: Any, kwargs: Any) -> Heard | None:
    gate = args[0].detach().chunk(2, dim=args[1] if len(args) > 1 else -1)[1]
    return "sigmoid", None, _share(gate.abs() > 3.65)


def _layer_normalized(function: Any, args: Any, kwargs: Any) -> Heard | None:
    return ("single", None, 1.0) if math.prod(args[1]) == 1 else None


def _group_normalized(function: Any, args: Any, kwargs: Any) -> Heard | None:
    _batch, channels, pixels, groups = args[3:7]
    return ("single", None, 1.0) if channels * pixels == groups else None


def _share(mask: Tensor) -> float:
    return float(mask.double().mean()) if mask.numel() else 0.0


def _silent(mask: Tensor) -> tuple[Tensor, Tensor] | None:
    """Say which units are silent on every example, along dimension 1 and along the last one."""
    if mask.dim() < 2 or not mask.numel():
        return None
    return tuple(mask.movedim(at, 0).flatten(1).all(dim=1) for at in (1, -1))  # type: ignore[return-value]


_RULES: dict[str, Callable[[Any, Any, Any], Heard | None]] = {
    "relu": _rectified,
    "clamp": _cut,
    "clamp_min": _cut,
    "clamp_max": _cut,
    "threshold": _cut,
    "hardtanh": _cut,
    "relu6": _cut,
    "sigmoid": _curved("sigmoid", 0.25),
    "hardsigmoid": _curved("sigmoid", 1 / 6),
    "tanh": _curved("tanh"),
    "leaky_relu": _leaky,
    "rrelu_with_noise": _leaky,
    "_prelu_kernel": _leaky,
    "gelu": _curved("smooth"),
    "silu": _curved("smooth"),
    "mish": _curved("smooth"),
    "softplus": _curved("smooth"),
    "hardswish": _curved("smooth"),
    "log_sigmoid_forward": _curved("smooth"),
    "elu": _curved("elu"),
    "celu": _curved("elu"),
    "selu": _curved("elu"),
    "softshrink": _curved("shrink"),
    "hardshrink": _curved("shrink"),
    "glu": _gated,
    "_softmax": _normalized_exponential,
    "_log_softmax": _normalized_exponential,
    "native_layer_norm": _layer_normalized,
    "native_group_norm": _group_normalized,
}


# Numbers that are not finite

_MADE = (
    "empty",
    "full",
    "fill",
    "copy",
    "where",
    "scalar_tensor",
    "masked",
    "detach",
    "view",
    "rand",
)
_KINDS = {
    "exponential": ("exp", "expm1", "exp2", "sinh", "cosh", "logsumexp"),
    "logarithm": ("log", "log2", "log10", "log1p", "logit", "xlogy"),
    "root": ("sqrt", "rsqrt"),
    "division": ("div", "reciprocal", "true_divide", "remainder", "fmod"),
    "labels": ("_ctc_loss", "_cudnn_ctc_loss"),
    "single": ("std", "var", "std_mean", "var_mean"),
    "domain": ("acos", "asin", "acosh", "atanh", "lgamma", "digamma"),
}
KIND_OF = {operation: kind for kind, operations in _KINDS.items() for operation in operations}


def _birth(name: str, output: Any, args: Any, kwargs: Any, number: int) -> Birth | None:
    if name.startswith(_MADE) or "backward" in name:
        return None
    broken = [one for one in tensors_in(output) if _is_broken(one)]
    if not broken:
        return None
    given = [one for one in tensors_in((args, kwargs)) if one.is_floating_point()]
    is_nan = any(bool(one.isnan().any()) for one in broken)
    if any(bool((one.isnan() if is_nan else ~one.isfinite()).any()) for one in given):
        return None
    kind = _kind_of_birth(name.strip("_"), args, given, is_nan)
    dtype = str(broken[0].dtype).removeprefix("torch.")
    return Birth(kind, name.strip("_"), number, dtype, is_nan)


def _is_broken(tensor: Tensor) -> bool:
    if not tensor.is_floating_point() or tensor.is_meta or not tensor.numel():
        return False
    if tensor.layout is not torch.strided:
        return False
    if math.isfinite(float(tensor.detach().sum())):
        return False
    return not bool(torch.isfinite(tensor.detach()).all())


def _kind_of_birth(name: str, args: Any, given: list[Tensor], is_nan: bool) -> str:
    endless = any(bool(one.isinf().any()) for one in given)
    scalars = [one for one in args if isinstance(one, float)]
    if any(not math.isfinite(one) for one in scalars):
        return "constant"
    if name in ("mean", "nll_loss_forward", "nll_loss2d_forward") and is_nan and not endless:
        return "no_terms"
    if is_nan and ("softmax" in name or "attention" in name or name == "logsumexp"):
        return "masked_row"
    if name == "div" and is_nan and not endless:
        is_learned = isinstance(args[1], Tensor) and args[1].requires_grad
        return "division" if is_learned else "nothing_by_nothing"  # a length, or a count
    if name == "rsqrt" and not is_nan:
        return "division"
    if name == "pow" and is_nan:
        return "root"
    kind = KIND_OF.get(name, KIND_OF.get(f"_{name}", "overflow"))
    return (
        "masked_row"
        if is_nan and endless and kind == "overflow" and name in ("sub", "add")
        else kind
    )
