"""Measure what one batch tells about every layer of a network, as plain numbers."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node
from torch.nn.utils import parametrize
from torch.nn.utils.rnn import PackedSequence

from vanishing import given
from vanishing.calling import Loss, in_the_open
from vanishing.diagnosis.activity import KIND_OF, Activation, Tape, watching
from vanishing.diagnosis.gates import flat_gates
from vanishing.diagnosis.outputs import are_probabilities, right_answers, try_others
from vanishing.diagnosis.parts import LOOKUPS, Part, find_parts, gain, is_matrix, squared_scale
from vanishing.diagnosis.verdicts import (
    SATURATED_SHARE,
    STARVING_SHARE,
    LayerEvidence,
    Spot,
    Surroundings,
)
from vanishing.diagnosis.way_back import (
    Use,
    WayBack,
    dense,
    next_number,
    norm_of,
    number_of,
    parameter_of,
    plain_name,
    spoken,
)
from vanishing.probes import Layer, find_layers, listening, undisturbed

Gradients = dict[Tensor, Tensor | None]

MANY_CALLS = 8
"""Calls in one pass from which on those that feed one another are the steps of a sequence."""

SMALL_FACTOR = 1e-2
"""Root mean square of a learned factor below which it is taken for a start close to zero."""


def measure(
    model: nn.Module, inputs: Any, targets: Any, loss: Loss
) -> tuple[Surroundings, list[LayerEvidence], tuple[str, ...]]:
    """Return what surrounds the layers, every layer's evidence in forward order, what is left out.

    The errors are those of ``diagnose``.
    """
    parts, left_out = find_parts(model)
    layers = find_layers(model)
    with undisturbed(model, thaw=False), in_the_open():
        with (
            following_steps(layers) as steps,
            listening(layers),
            watching(model) as tape,
        ):
            outputs = given.run(model, inputs, "diagnose")
            tape.end = next_number()
            value = given.loss_of(loss, outputs, targets, "diagnose")
        measured = Measurement(parts, layers, steps, tape, value, WayBack.of(value))
        measured.send_back()
        around = measured.surroundings(inputs, targets)
        around = replace(
            around,
            right=right_answers(outputs, targets),
            softmax_twice=tape.takes_softmax(after=tape.end) and are_probabilities(outputs),
        )
        if measured.is_quiet():
            better, moves = try_others(loss, outputs, targets, float(value.detach()))
            around = replace(around, better_outputs=better, moves=moves)
        return around, measured.evidence(), left_out


def _is_dirty(tensor: Tensor, count: int) -> bool:
    """Say whether a tensor holds NaN or infinity; -inf beside zeros is a mask among inputs."""
    values = dense(tensor)
    if bool(values.isnan().any()) or bool((values == math.inf).any()):
        return True
    is_mask = count > 1 and bool((values[values.isfinite()] <= 0).all())
    return not is_mask and not is_finite(values)


@contextmanager
def following_steps(layers: dict[nn.Module, Layer]) -> Iterator[dict[str, list[list[Tensor]]]]:
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
    arrived = [dense(one) for one in gradients.values() if one is not None]
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
    return float(tensor.abs().max()) if tensor.numel() else 0.0


STAIRS = ("round", "sign", "floor", "ceil", "trunc", "sgn", "frac", "heaviside", "bernoulli")
CHOICES = (
    *("cat", "stack", "slice", "select", "index", "index_select", "gather", "where", "split"),
    *("masked_fill", "masked_select", "masked_scatter", "narrow", "unbind", "unsafe_split"),
)
SCALES = ("mul", "t", "transpose", "permute", "view", "reshape", "expand", "to_copy", "clone")


@dataclass
class Measurement:
    """Hold all that one way there and back gave, as tensors."""

    parts: list[Part]
    layers: dict[nn.Module, Layer]
    steps: dict[str, list[list[Tensor]]]
    tape: Tape
    value: Tensor
    way: WayBack
    gradients: Gradients = field(default_factory=dict)
    kept: dict[tuple[Node, int], Tensor] = field(default_factory=dict)
    larger: Gradients = field(default_factory=dict)
    latest: dict[Node, Part] = field(default_factory=dict)
    nodes: dict[int, Node] = field(default_factory=dict)
    gates: dict[nn.Module, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give each operation and each use of a weight to a part."""
        self._share_out()
        self.nodes = {number_of(node): node for node in self.way.nodes if node.next_functions}
        self.tape.activations = [self._numbered(one) for one in self.tape.activations]
        self.parts = self._in_order()
        self.latest = self._latest_parts()
        self.kept = {
            (use.node, use.edge): self.value for part in self.parts for use in self._shared(part)
        }

    def _numbered(self, heard: Activation) -> Activation:
        """Give an activation the number of its node; some work in place on a copy made before."""
        is_late = heard.number not in self.nodes and heard.number - 1 in self.nodes
        return replace(heard, number=heard.number - 1) if is_late else heard

    def send_back(self) -> None:
        """Send the gradient back from the loss, and listen at every operation."""
        wanted = self._wanted()
        with given.going_back("diagnose"):
            with self.way.listening(self.kept):
                self.gradients = _gradients(self.value, wanted)
            self.larger = _gradients_of_a_larger_loss(self.value, wanted, self.gradients)

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Listen at every operation while somebody else sends the gradient back."""

        def keeper(tensor: Tensor) -> Callable[[Tensor], None]:
            return lambda gradient: self.gradients.__setitem__(tensor, gradient.detach())

        with ExitStack() as stack:
            stack.enter_context(self.way.listening(self.kept))
            for tensor in self._wanted():
                if not tensor.is_leaf:
                    hook = tensor.register_hook(keeper(tensor))  # type: ignore[no-untyped-call]
                    stack.callback(hook.remove)
            yield

    def take_gradients(self) -> None:
        """Take the gradients of the weights from where an ordinary way back has left them."""
        self.gradients |= {weight: weight.grad for part in self.parts for weight in part.weights}

    def _share_out(self) -> None:
        """Give each use of a parameter to the part in whose call it lies."""
        owners: dict[nn.Parameter, list[Part]] = {}
        for part in self.parts:
            for weight in part.weights:
                owners.setdefault(weight, []).append(part)
        for use in sorted(
            (use for uses in self.way.uses.values() for use in uses), key=lambda use: use.number
        ):
            if candidates := owners.get(use.parameter):
                running = self.tape.owner(use.number, {part.module for part in candidates})
                inside = [part for part in candidates if part.module is running]
                (inside or [self._outside(use, candidates)])[0].uses.append(use)

    def _outside(self, use: Use, candidates: list[Part]) -> Part:
        """Return the part for a use outside of its module's calls: its own, or one more."""
        first = candidates[0]
        if use.number in self.tape.inner:  # of a gradient that the model or the loss computes
            return first
        calls = [call for call in self.tape.calls if call.module is first.module]
        if not calls or not first.is_whole or any(use.number < call.start for call in calls[:1]):
            return first
        again = f"{first.name} (again)"
        known = [part for part in self.parts if part.name == again]
        if not known:
            known = [Part(again, first.module, [use.parameter], is_whole=False)]
            self.parts.extend(known)
        return known[0]

    def _in_order(self) -> list[Part]:
        """Sort by first use or call; a part without either stays behind its neighbour."""
        starts: dict[nn.Module, tuple[int, int]] = {}
        for count, one in enumerate(self.tape.calls):
            starts.setdefault(one.module, (one.start, count))
        place, order = (-1, 0), {}
        for part in self.parts:
            start = starts.get(part.module)
            if part.number is not None:
                place = (part.number, start[1] if start else place[1])
            elif start is not None:
                place = start
            order[part.name] = place
        return sorted(self.parts, key=lambda part: order[part.name])

    def _latest_parts(self) -> dict[Node, Part]:
        """Return, for each operation, the part that the signal last came through before it."""
        users = {use.node: part for part in self.parts for use in part.uses}
        found: dict[Node, Part] = {}
        numbers: dict[Node, int] = {}
        for node in reversed(self.way.nodes):
            latest = -1
            for before, _number in node.next_functions:
                if before is None:
                    continue
                at = number_of(before) if before in users else numbers.get(before, -1)
                if at > latest and (before in users or before in found):
                    latest = at
                    found[node] = users.get(before) or found[before]
            numbers[node] = latest
        return found

    def _shared(self, part: Part) -> list[Use]:
        """Return a part's uses of weights that other parts use as well."""
        others = {use.parameter for one in self.parts if one is not part for use in one.uses}
        return [use for use in part.uses if use.parameter in others or self._uses_apart(part)]

    def _uses_apart(self, part: Part) -> bool:
        return len(part.uses) > len(part.weights)

    def _wanted(self) -> list[Tensor]:
        read = [tensor for calls in self.steps.values() for one in calls for tensor in one]
        weights = [w for part in self.parts for w in part.weights if w.requires_grad]
        outputs = [tensor for layer in self.layers.values() for tensor in layer.outputs]
        return list({id(one): one for one in (*weights, *outputs, *read)}.values())

    # What surrounds the layers

    def surroundings(self, inputs: Any, targets: Any) -> Surroundings:
        """Return what surrounds the layers."""
        tensors = [one.detach() for one in given.tensors_in(inputs)]
        real = [one for one in tensors if one.is_floating_point() and one.numel()]
        wanted = [one for one in given.tensors_in(targets) if one.is_floating_point()]
        scales = [norm_of([one]) / math.sqrt(one.numel()) for one in real]
        return Surroundings(
            inputs_are_finite=not any(_is_dirty(one, len(tensors)) for one in real),
            targets_are_finite=all(map(is_finite, wanted)),
            input_scale=max((one for one in scales if math.isfinite(one)), default=1.0),
            inputs_are_alike=not tensors or all(_likeness(one) >= 0.99 for one in tensors),
            loss=float(self.value.detach()),
            alarm=self.alarm(),
            broken=self.broken(),
            has_slopes=self.tape.differentiates,
            cut_in_loss=self.tape.cut_in_loss(),
            ignored=self.tape.ignored,
        )

    def alarm(self) -> str:
        """Return what is wrong with the loss itself, or nothing."""
        value = float(self.value.detach())
        if not any(weight.requires_grad for part in self.parts for weight in part.weights):
            return "all_frozen"
        reached = [self.gradients[w] for p in self.parts for w in p.weights if w.requires_grad]
        if self.tape.no_terms and (not math.isfinite(value) or value == 0):
            return "no_terms"
        if not math.isfinite(value):
            return "nan_loss" if math.isnan(value) else "infinite_loss"
        return "" if any(one is not None for one in reached) else "constant"

    def broken(self) -> Spot | None:
        """Return the first operation that gives NaN or infinity, forward or on the way back."""
        births, node = self.tape.births, self.way.broken()
        if not births and not math.isfinite(float(self.value.detach())):
            return None  # it came in from outside, with the inputs or the weights
        if node is not None and math.isfinite(float(self.value.detach())):
            # what a choice leaves out does no harm before the way back; NaN elsewhere does
            births = [one for one in births if one.is_nan and not self._is_not_taken(node)]
        if births:
            first = births[0]
            kind = first.kind
            if kind == "overflow" and first.dtype == "float16":
                kind = "overflow_16"
            return Spot(kind, spoken(first.operation), *self._place(first.number))
        return None if node is None else self._broken_back(node)

    def _broken_back(self, node: Node) -> Spot:
        operation = plain_name(node)
        kind = "where" if self._is_not_taken(node) else KIND_OF.get(operation, "")
        kind = kind or ("root" if operation in ("pow", "linalg_vector_norm") else "overflow")
        layer = self.latest.get(node)
        in_loss = node not in self.way.behind and not self._is_inside(number_of(node))
        name = layer.name if layer else ""
        return Spot(kind, operation, name, in_loss=in_loss, backward=True)

    def _is_not_taken(self, node: Node) -> bool:
        """Say whether a choice between two branches stands right behind an operation."""
        takers = [one for one, _edge in self.way.consumers.get(node, [])]
        after = [one for taker in takers for one, _edge in self.way.consumers.get(taker, [])]
        names = {plain_name(one) for one in (*takers, *after)}
        return bool(names & {"where", "masked_fill", "masked_select", "masked_scatter"})

    def _place(self, number: int) -> tuple[str, str, bool]:
        """Return the layer before an operation, no parameter, and whether it is in the loss."""
        before = [part for part in self.parts if part.number is not None and part.number < number]
        node = self._node(number)
        layer = self.latest.get(node) if node is not None else None
        layer = layer or (max(before, key=_number) if before else None)
        name = self._made_of(node) or (layer.name if layer else "")
        return name, "", not self._is_inside(number)

    def _made_of(self, node: Node | None) -> str:
        """Return the name of the parameter that an operation works on, if on nothing else."""
        while node is not None and len(node.next_functions) == 1:
            node = node.next_functions[0][0]
        parameter = None if node is None else parameter_of(node)
        return self._title(parameter) if isinstance(parameter, nn.Parameter) else ""

    def _is_inside(self, number: int) -> bool:
        """Return whether an operation belongs to the model, and not to the loss."""
        return number < self.tape.end

    def is_quiet(self) -> bool:
        """Return whether hardly any gradient comes, so that the loss is worth a question."""
        found = [self._relative(part) for part in self.parts if not part.frozen]
        return max((one for one in found if one == one), default=0.0) < 1e-3

    # Layer by layer

    def evidence(self) -> list[LayerEvidence]:
        """Return each part's plain numbers, in forward order."""
        return [one for part in self.parts for one in self._thirds(part, self._evidence(part))]

    def _thirds(self, part: Part, whole: LayerEvidence) -> list[LayerEvidence]:
        """Tell query, key and value apart, of which one matrix may hold all three.

        That is done where the softmax behind it is flat, and a third receives hardly anything.
        """
        arrived, size = self._arrived(part), part.weights[0].shape
        rows = size[1] if len(size) == 2 else 0
        flat = [one for one in self._heard(part) if one.kind == "softmax"]
        if len(part.weights) != 1 or size[:1] != (3 * rows,) or len(arrived) != 1 or not flat:
            return [whole]
        norms = [norm_of([third]) for third in dense(arrived[0]).reshape(size).chunk(3)]
        if max(map(_flatness, flat)) < SATURATED_SHARE or min(norms) > STARVING_SHARE * max(norms):
            return [whole]
        weights = part.weights[0].detach().chunk(3)
        return [
            replace(
                whole,
                name=f"{part.name}[{number * rows}:{(number + 1) * rows}]",
                gradient_norm=norm,
                relative_gradient=norm / (norm_of([weight]) or 1.0),
                stopped=None if norm else Spot("softmax", "softmax", part.name),
            )
            for number, (norm, weight) in enumerate(zip(norms, weights, strict=True))
        ]

    def _evidence(self, part: Part) -> LayerEvidence:
        outputs = self.layers[part.module].outputs if self._has_outputs(part) else []
        heard = self._heard(part)
        behind = [one for one in heard if self._is_on_the_way(one)]
        connected = any(self.gradients.get(one) is not None for one in (*part.weights, *outputs))
        first_step, last_step = self._steps_of(part)
        return LayerEvidence(
            name=part.name,
            kind=part.kind,
            gradient_norm=(norm := self._norm(part)),
            weight_norm=norm_of(part.weights),
            relative_gradient=self._relative(part),
            first_use=self._first_use(part),
            gain=self._gain(part),
            signal=_root_mean_square(outputs),
            asked=norm_of([self.gradients.get(one) for one in outputs]) if outputs else math.nan,
            activation=_kind(behind),
            operation=max(behind, key=_flatness).operation if behind else "",
            inactive_share=self._inactive_share(part, behind),
            saturated_share=max(map(_flatness, behind), default=self._gates(part)),
            zero_share=_zero_share(self._arrived(part)),
            lost_share=max(self._lost_among(part.weights), self._lost_among(outputs)),
            first_step=first_step,
            last_step=last_step,
            turns=(turns := self._turns(part)),
            first_turn=self._first_turn(part, turns),
            likeness=self._likeness_of(part, outputs),
            dtype=_coarsest([*part.weights, *outputs]),
            frozen=part.frozen,
            connected=connected,
            called=self._is_called(part),
            stale=self._is_stale(part),
            cut="" if connected or part.frozen else self._cut_behind(part),
            fed=self._is_fed(part, norm),
            lookup=isinstance(part.module, LOOKUPS),
            scales=not any(map(is_matrix, part.weights)),
            at_loss=any(use.node not in self.way.behind for use in part.uses),
            stopped=self._stopped(part) if norm == 0 and not part.frozen else None,
            scaled_by=self._scaled_by(part),
        )

    def _has_outputs(self, part: Part) -> bool:
        return part.is_whole and part.module in self.layers

    def _arrived(self, part: Part) -> list[Tensor]:
        """Return the gradients by this part's own uses of its weights."""
        others = {use.parameter for one in self.parts if one is not part for use in one.uses}
        alone = [weight for weight in part.weights if weight not in others]
        arrived = [one for weight in alone if (one := self.gradients.get(weight)) is not None]
        shared = [use for use in part.uses if use.parameter in others]
        return [*arrived, *_summed([self._at(use) for use in shared])]

    def _at(self, use: Use) -> Tensor:
        gradient = self.kept[use.node, use.edge]
        return torch.zeros(()) if gradient is self.value else gradient

    def _norm(self, part: Part) -> float:
        return norm_of(self._arrived(part))

    def _relative(self, part: Part) -> float:
        if part.frozen:
            return math.nan
        scale = math.sqrt(sum(map(squared_scale, part.weights)))
        return self._norm(part) / scale if scale else math.nan

    def _first_use(self, part: Part) -> float:
        if not self._uses_apart(part) or any(u.number in self.tape.inner for u in part.uses):
            return math.nan
        return norm_of([self._at(part.uses[0])])

    def _gain(self, part: Part) -> float:
        """Return the largest gain of the matrices that the signal is multiplied by as they are."""
        if isinstance(part.module, LOOKUPS):
            return 0.0
        if parametrize.is_parametrized(part.module):
            return max(gain(weight, weight.shape[0]) for weight in part.weights if weight.dim())
        return max((_gain_of(use) for use in part.uses), default=0.0)

    def _heard(self, part: Part) -> list[Activation]:
        numbers = {
            number_of(node): node
            for node, owner in self.latest.items()
            if owner is part and self.way.flows.get(node) is not None
        }
        return [one for one in self.tape.activations if one.number in numbers]

    def _is_on_the_way(self, heard: Activation) -> bool:
        return self._is_inside(heard.number)

    def _node(self, number: int) -> Node | None:
        return self.nodes.get(number)

    def _inactive_share(self, part: Part, heard: list[Activation]) -> float:
        """Return the share of units that rectifiers between this part and other weights silence."""
        at = 0 if self._has_channels(part) else 1
        masks = [
            one.silent[at] for one in heard if one.silent is not None and self._stands_between(one)
        ]
        silent = masks[0] if masks else torch.zeros(1)
        for mask in masks[1:]:
            silent = silent & mask if mask.shape == silent.shape else mask
        return float(silent.double().mean())

    def _stands_between(self, heard: Activation) -> bool:
        """Say whether weights follow, or the loss is not zero although nothing passes."""
        node = self._node(heard.number)
        if node is None or node in self.way.behind:
            return node is not None
        return float(self.value.detach()) != 0 and not self.way.flows[node].passes

    def _has_channels(self, part: Part) -> bool:
        names = [use.node.name() for use in part.uses]
        return any("Conv" in name or "BatchNorm" in name or "GroupNorm" in name for name in names)

    def _lost_among(self, tensors: Sequence[Tensor]) -> float:
        lost, there = 0, 0
        for one in tensors:
            small, large = self.gradients.get(one), self.larger.get(one)
            if small is not None and large is not None:
                present = dense(large) != 0
                there += int(present.sum())
                lost += int((present & (dense(small) == 0)).sum())
        return lost / there if there else 0.0

    def _is_called(self, part: Part) -> bool:
        if part.uses or not part.is_whole:
            return True
        return any(one.module is part.module for one in self.tape.calls)

    def _cut_behind(self, part: Part) -> str:
        """Return what has no slope and was given something that hangs on a part."""
        return next((self._cut_from[w] for w in part.weights if w in self._cut_from), "")

    @cached_property
    def _cut_from(self) -> dict[Tensor, str]:
        return self.tape.cut_from()

    def _steps_of(self, part: Part) -> tuple[float, float]:
        """Return what the first and the last step receive as shares of the best one.

        Of several sequences, that is the least share; 1 where there are none.
        """
        shares = [(_share_of_best(path, 0), _share_of_best(path, -1)) for path in self._paths(part)]
        return min((one for one, _ in shares), default=1.0), min(
            (one for _, one in shares), default=1.0
        )

    def _paths(self, part: Part) -> list[list[float]]:
        """Return the norms of the gradient at each step of every sequence."""
        layer = self.layers.get(part.module)
        if layer is None or not (part.is_whole or _reads_first(part)):
            return []
        if (sequences := self.steps.get(layer.name)) is not None:
            paths = [[[self.gradients.get(step)] for step in sequence] for sequence in sequences]
        else:
            calls = [
                [self.gradients.get(one) for one in layer.outputs[start:end]]
                for start, end in zip((0, *layer.ends), layer.ends, strict=False)
            ]
            used = [one for one in calls if any(tensor is not None for tensor in one)]
            paths = [used] if len(used) >= MANY_CALLS and self._feeds_itself(part) else []
        return [[norm_of(step) for step in path] for path in paths if path]

    def _turns(self, part: Part) -> int:
        """Return how often a part is used on a way that comes back to it (1: it does not)."""
        uses = [use for use in part.uses if use.parameter is part.weights[0]]
        if isinstance(part.module, nn.RNNBase):
            return 1
        if len(uses) < 3 or any(use.number in self.tape.inner for use in uses):
            return 1
        return len(uses) if self.way.leads(uses[-1].node, uses[0].node) else 1

    def _first_turn(self, part: Part, turns: int) -> float:
        if turns == 1:
            return 1.0
        nodes = [use.node for use in part.uses if use.parameter is part.weights[0]]
        flows = [self.way.flows[node] for node in nodes if node in self.way.flows]
        return _share_of_best([flow.incoming for flow in flows], 0) if flows else 1.0

    def _gates(self, part: Part) -> float:
        """Return the share of units of a recurrent module that no gate lets a gradient through."""
        layer = self.layers.get(part.module)
        calls = self.steps.get(layer.name, []) if layer is not None else []
        named = re.search(r"weight_ih_l(\d+)$", part.name)
        if not isinstance(part.module, nn.RNNBase) or not calls or not (part.is_whole or named):
            return 0.0
        if part.module not in self.gates:
            self.gates[part.module] = flat_gates(part.module, calls[0])
        shares, at = self.gates[part.module], int(named[1]) if named else 0
        return shares[at] if at < len(shares) else 0.0

    def _is_stale(self, part: Part) -> bool:
        """Say whether running statistics, used as they are, do not fit what was normalized."""
        module, layer = part.module, self.layers.get(part.module)
        is_settled = isinstance(module, BatchNorm) and not module.training
        if not is_settled or layer is None or not layer.outputs or module.running_var is None:
            return False
        signal = layer.outputs[0].detach().transpose(0, 1).flatten(1).float()
        if isinstance(bias := module.bias, Tensor) and isinstance(scale := module.weight, Tensor):
            signal = (signal - bias.detach().float()[:, None]) / scale.detach().float()[:, None]
        is_off = (signal.mean(1).abs() > 5) | (signal.std(1) < 0.05) | (signal.std(1) > 20)
        return bool(is_off.double().mean() >= 0.5)

    def _feeds_itself(self, part: Part) -> bool:
        """Say whether what one call puts out comes to the next with no other layer in between."""
        own = {use.node for use in part.uses}
        users = {use.node for one in self.parts for use in one.uses}
        carriers = self.way.carriers(users)
        return any(carriers.get(node, frozenset()) & (own - {node}) for node in own)

    def _likeness_of(self, part: Part, outputs: list[Tensor]) -> float:
        """Return how alike what two examples make of a matrix is, its own biases left out."""
        if not outputs or not any(map(is_matrix, part.weights)) or part.kind in _NOT_COMPARED:
            return math.nan
        if isinstance(part.module, LOOKUPS):
            return math.nan
        signal, bias = outputs[0].detach(), getattr(part.module, "bias", None)
        if isinstance(bias, Tensor) and bias.dim() == 1 and signal.dim() > 1:
            at = 1 if self._has_channels(part) else signal.dim() - 1
            if signal.shape[at] == len(bias):
                shape = [-1 if n == at else 1 for n in range(signal.dim())]
                signal = signal - bias.detach().reshape(shape)
        return _likeness(signal)

    def _is_fed(self, part: Part, norm: float) -> bool:
        calls = [one for one in self.tape.calls if one.module is part.module and part.is_whole]
        if calls:
            return any(one.fed for one in calls)
        flows = [self.way.flows.get(use.node) for use in part.uses]
        return norm != 0 or not any(flow is not None and flow.incoming for flow in flows)

    def _stopped(self, part: Part) -> Spot | None:
        """Return what lets nothing through to a part, or what gives its weights only zeros."""
        nodes = [use.node for use in part.uses]
        if not nodes:
            return None
        flow = self.way.flows.get(nodes[0])
        if flow is not None and flow.incoming:
            before = self.latest.get(nodes[0])
            if before is not None and not any(map(_is_something, before.weights)):
                starts = self._moves(before.weights)
                return Spot("zero_weights", parameter=before.name, layer=before.name, starts=starts)
            return self._stopped_inside(part)
        found = self.way.blocker(nodes[0])
        return None if found is None else self._spot(*found)

    def _stopped_inside(self, part: Part) -> Spot | None:
        """Return what stands between a weight and its use and lets nothing through."""
        use = part.uses[0]
        node: Node | None = use.node.next_functions[use.edge][0]
        while node is not None and node.next_functions:
            flow = self.way.flows.get(node)
            if flow is not None and flow.incoming and not flow.passes:
                operation = plain_name(node)
                return Spot("stairs" if operation in STAIRS else "inside", operation, part.name)
            node = next((one for one, _number in node.next_functions if one is not None), None)
        return None

    def _spot(self, node: Node, edge: int) -> Spot:
        layer = self.latest.get(node)
        name, at_end = layer.name if layer else "", node not in self.way.behind
        if recurrent := self._recurrent_at(node):
            return Spot("inside", plain_name(node), recurrent)
        in_loss = at_end and not self._is_inside(number_of(node))
        zeros = [
            use.parameter
            for use in self.way.uses.get(node, [])
            if use.edge != edge and not _is_something(use.parameter) and _multiplies(node, use)
        ]
        zeros = [parameter for parameter in zeros if self._title(parameter)]  # biases add
        if zeros:
            starts = self._moves(zeros[:1])
            return Spot(
                "zero_weights", plain_name(node), name, self._title(zeros[0]), starts=starts
            )
        heard = [one for one in self.tape.activations if one.number == number_of(node)]
        operation = heard[0].operation if heard else plain_name(node)
        usual = "stairs" if operation in STAIRS else "choice" if operation in CHOICES else ""
        kind = heard[0].kind if heard else usual
        if kind == "relu" and heard[0].flat >= SATURATED_SHARE:
            kind = "cut"  # at its upper bound
        if self.tape.differentiates and kind != "stairs":
            kind = "slope"
        return Spot(kind, operation, name, in_loss=in_loss, at_end=at_end)

    def _recurrent_at(self, node: Node) -> str:
        """Return the name of the recurrent module that an operation is the whole of."""
        users = [part for part in self.parts if any(use.node is node for use in part.uses)]
        return next((one.name for one in users if isinstance(one.module, nn.RNNBase)), "")

    def _moves(self, weights: Sequence[Tensor]) -> bool:
        found = [self.gradients.get(weight) for weight in weights]
        return any(one is not None and bool(dense(one).any()) for one in found)

    def _title(self, parameter: nn.Parameter) -> str:
        owners = (part.name for part in self.parts if any(w is parameter for w in part.weights))
        return next(owners, "")

    def _scaled_by(self, part: Part) -> str:
        """Return the learned factor close to zero that a part's way to the loss leads through."""
        node = max((use.node for use in part.uses), key=number_of, default=None)
        while node is not None:
            ahead = [
                (self.way.flows[one].outgoing[edge] or 0.0, number_of(one), one)
                for one, edge in self.way.consumers.get(node, [])
                if one in self.way.flows
            ]
            node = max(ahead, key=lambda each: each[:2])[2] if ahead else None
            if node is not None and plain_name(node) == "mul":
                for use in self.way.uses.get(node, []):
                    if _is_small_factor(use.parameter) and use not in part.uses:
                        return self._title(use.parameter)
        return ""


BatchNorm = nn.modules.batchnorm._BatchNorm
_NOT_COMPARED = ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")


def _number(part: Part) -> int:
    return part.number or 0


def _is_something(weight: Tensor) -> bool:
    return bool(weight.detach().any())


def _is_small_factor(weight: Tensor) -> bool:
    size = norm_of([weight]) / math.sqrt(max(weight.numel(), 1))
    return weight.requires_grad and not is_matrix(weight) and 0 < size < SMALL_FACTOR


def _multiplies(node: Node, use: Use) -> bool:
    adds = node.name().startswith(("Addmm", "Addmv", "Baddbmm")) and use.edge == 0
    return plain_name(node) not in ("add", "sub") and not adds


def _gain_of(use: Use) -> float:
    operation = plain_name(use.node)
    if not ("conv" in operation or operation in ("matmul", "linear")):
        return 0.0
    before: Node | None = use.node.next_functions[use.edge][0]
    while before is not None and before.next_functions:
        if plain_name(before) not in SCALES[1:]:
            return 0.0
        before = before.next_functions[0][0]
    weight = use.parameter
    width = int(use.node._input_metadata[0].shape[-1])
    rows = width if "conv" not in operation and width in weight.shape else weight.shape[0]
    return gain(weight, rows)


def _reads_first(part: Part) -> bool:
    """Return whether a part is the one in a stack that reads the sequence."""
    return isinstance(part.module, nn.RNNBase) and part.name.endswith("weight_ih_l0")


def _kind(heard: list[Activation]) -> str:
    usual = {"cut": "tanh", "leaky": "smooth", "shrink": "smooth"}
    kinds = [one.kind for one in heard if one.kind not in ("softmax", "single")]
    if "relu" in kinds:
        return "relu"
    return usual.get(kinds[-1], kinds[-1]) if kinds else ""


def _flatness(heard: Activation) -> float:
    return heard.flat


def _zero_share(arrived: list[Tensor]) -> float:
    entries = sum(one.numel() for one in arrived)
    zeros = sum(int((dense(one) == 0).sum()) for one in arrived)
    return zeros / entries if entries else 1.0


def _summed(gradients: list[Tensor]) -> list[Tensor]:
    """Add up the gradients of one shape, as several uses of one weight add up."""
    sums: dict[torch.Size, Tensor] = {}
    for one in map(dense, gradients):
        sums[one.shape] = sums[one.shape] + one if one.shape in sums else one
    return list(sums.values())


def _share_of_best(norms: Sequence[float], at: int) -> float:
    largest = max((norm for norm in norms if math.isfinite(norm)), default=0.0)
    return min(norms[at] / largest, 1.0) if largest and math.isfinite(norms[at]) else 1.0


def _root_mean_square(tensors: Sequence[Tensor]) -> float:
    entries = sum(one.numel() for one in tensors)
    return norm_of(tensors) / math.sqrt(entries) if entries else math.nan


def _coarsest(tensors: Sequence[Tensor]) -> str:
    """Return the name of the dtype whose smallest numbers are largest."""
    dtypes = {one.dtype for one in tensors if one.is_floating_point() or one.is_complex()}
    coarsest = max(dtypes, key=lambda dtype: torch.finfo(dtype).tiny)
    return str(coarsest).removeprefix("torch.")


def is_finite(tensor: Tensor) -> bool:
    """Return whether no entry is NaN or infinite."""
    return bool(torch.isfinite(dense(tensor)).all())


def _likeness(tensor: Tensor) -> float:
    """Return the mean cosine between two examples (NaN: there are not two that can be compared)."""
    if tensor.dim() < 2 or len(tensor) < 2 or tensor.is_complex():
        return math.nan
    rows = dense(tensor).float().flatten(1)
    lengths = rows.norm(dim=1, keepdim=True)
    if not bool(torch.isfinite(lengths).all()) or not bool((lengths > 0).all()):
        return math.nan
    count = len(rows)
    return (float((rows / lengths).sum(0).double().square().sum()) - count) / (count * (count - 1))
