"""Follow the gradient's way back through every operation, from the loss to each use of a weight."""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node

MIXES = re.compile(
    "Addmm|Mm|Bmm|Conv|Embedding|Linear|Rnn|Norm(?!Interface)|Prelu|Attention|Dot|Einsum|Bilinear"
)
"""Operations that mix weights with the signal, however small their result is."""


@dataclass(frozen=True, eq=False)
class Use:
    """Hold one place where the signal meets a parameter: an edge of an operation's node."""

    node: Node
    edge: int
    parameter: nn.Parameter
    number: int


@dataclass(frozen=True)
class Flow:
    """Hold the norm of the gradient that enters an operation, and what leaves by each edge.

    An edge of which nothing leaves has None.
    """

    incoming: float
    outgoing: tuple[float | None, ...]

    @property
    def passes(self) -> bool:
        """Whether anything but zero leaves."""
        return any(norm for norm in self.outgoing if norm is not None)

    @property
    def breaks(self) -> bool:
        """Whether what enters is finite, and what leaves is not."""
        return math.isfinite(self.incoming) and not all(
            math.isfinite(norm) for norm in self.outgoing if norm is not None
        )


@dataclass
class WayBack:
    """Hold the operations between the loss and the parameters, the latest first.

    ``consumers`` lists, for each operation, those that take its result and by which edge.
    ``behind`` holds the operations with a use of a weight between them and the loss.
    ``flows`` is filled while the gradient is computed inside ``listening``.
    """

    nodes: list[Node] = field(default_factory=list)
    uses: dict[Node, list[Use]] = field(default_factory=dict)
    consumers: dict[Node, list[tuple[Node, int]]] = field(default_factory=dict)
    behind: set[Node] = field(default_factory=set)
    flows: dict[Node, Flow] = field(default_factory=dict)

    @classmethod
    def of(cls, *values: Tensor) -> "WayBack":
        """Read the graph that hangs on a loss, or on what a model puts out."""
        way = cls(_nodes([value.grad_fn for value in values]))
        pure: dict[Node, list[nn.Parameter]] = {}
        for node in reversed(way.nodes):
            way._read(node, pure)
        for node in way.nodes:
            for before, _number in node.next_functions:
                if before is not None and (node in way.uses or node in way.behind):
                    way.behind.add(before)
        return way

    def _read(self, node: Node, pure: dict[Node, list[nn.Parameter]]) -> None:
        for edge, (before, _number) in enumerate(node.next_functions):
            if before is not None:
                self.consumers.setdefault(before, []).append((node, edge))
        if leaves := _leaves(node, pure):
            pure[node] = leaves
            return
        for edge, (before, _number) in enumerate(node.next_functions):
            if before in pure:
                for parameter in pure[before]:
                    use = Use(node, edge, parameter, number_of(node))
                    self.uses.setdefault(node, []).append(use)

    @contextmanager
    def listening(self, kept: dict[tuple[Node, int], Tensor]) -> Iterator[None]:
        """Note what passes every operation, and keep the gradients that leave by certain edges."""

        def listener(node: Node) -> torch.utils.hooks.RemovableHandle:
            edges = [edge for one, edge in kept if one is node]

            def listen(left: tuple[Tensor, ...], entered: tuple[Tensor, ...]) -> None:
                incoming = math.hypot(*(norm_of([one]) for one in entered))
                self.flows[node] = Flow(incoming, tuple(map(_norm, left)))
                for edge in edges:
                    if left[edge] is not None:
                        kept[node, edge] = left[edge].detach()

            return node.register_hook(listen)

        with ExitStack() as stack:
            for node in self.nodes:
                stack.callback(listener(node).remove)
            yield

    def broken(self) -> Node | None:
        """Return the operation whose gradient is the first that is not finite."""
        return next((node for node, flow in self.flows.items() if flow.breaks), None)

    def blocker(self, node: Node) -> tuple[Node, int] | None:
        """Return the operation nearest to one that lets nothing through to it, and the edge."""
        ahead, seen, found = [node], {node}, []
        while ahead:
            for consumer, edge in self.consumers.get(ahead.pop(), []):
                flow = self.flows.get(consumer, Flow(0.0, ()))
                if flow.incoming != 0:
                    if not any(flow.outgoing[edge : edge + 1]):
                        found.append((consumer, edge))
                elif consumer not in seen:
                    seen.add(consumer)
                    ahead.append(consumer)
        return min(found, key=lambda pair: number_of(pair[0]), default=None)

    def leads(self, later: Node, earlier: Node) -> bool:
        """Say whether an operation's input comes through an earlier one."""
        ahead, seen = [later], {later}
        while ahead:
            for before, _number in ahead.pop().next_functions:
                if before is earlier:
                    return True
                if (
                    before is not None
                    and before not in seen
                    and number_of(before) > number_of(earlier)
                ):
                    seen.add(before)
                    ahead.append(before)
        return False

    def carriers(self, wanted: set[Node]) -> dict[Node, frozenset[Node]]:
        """Return, for each operation, the wanted ones that its input last came through."""
        found: dict[Node, frozenset[Node]] = {}
        for node in reversed(self.nodes):
            found[node] = frozenset().union(
                *(
                    {before} if before in wanted else found.get(before, frozenset())
                    for before, _number in node.next_functions
                    if before is not None
                )
            )
        return found


def number_of(node: Node) -> int:
    """Return the place of an operation in the order of the forward pass."""
    return int(node._sequence_nr())


def next_number() -> int:
    """Return the number that the next operation with a gradient will have."""
    return int(torch.autograd._get_sequence_nr())  # type: ignore[attr-defined]


def plain_name(node: Node) -> str:
    """Return an operation's name as one calls it: ``LogSoftmaxBackward0`` is log_softmax."""
    name = re.sub(r"Backward\d*$", "", node.name().rsplit("::", 1)[-1])
    return spoken(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def spoken(operation: str) -> str:
    """Return the name that people know of one of PyTorch's inner operations."""
    name = operation.strip("_")
    return "matmul" if name in ("mm", "addmm", "bmm", "baddbmm", "mv", "addmv") else name


def parameter_of(node: Node) -> Tensor | None:
    """Return the parameter at which a way back ends, if it is one."""
    return getattr(node, "variable", None)


def _nodes(roots: list[Node | None]) -> list[Node]:
    ahead, seen = list(roots), set()
    while ahead:
        node = ahead.pop()
        if node is not None and node not in seen:
            seen.add(node)
            ahead.extend(before for before, _number in node.next_functions)
    inner = [node for node in seen if node.next_functions]
    ends = [node for node in seen if not node.next_functions]
    return [*sorted(inner, key=number_of, reverse=True), *ends]


def _leaves(node: Node, pure: dict[Node, list[nn.Parameter]]) -> list[nn.Parameter]:
    """Return the parameters that a result is made of, if it holds nothing of the signal."""
    if (parameter := parameter_of(node)) is not None:
        return [parameter] if isinstance(parameter, nn.Parameter) else []
    befores = [before for before, _number in node.next_functions if before is not None]
    if MIXES.search(node.name()) or not befores or any(one not in pure for one in befores):
        return []
    leaves = list({id(leaf): leaf for one in befores for leaf in pure[one]}.values())
    largest = max(leaf.numel() for leaf in leaves)
    return leaves if _size(node) <= largest else []


def _size(node: Node) -> int:
    shapes = [one.shape for one in getattr(node, "_input_metadata", [])]
    return max((math.prod(map(int, shape)) for shape in shapes), default=0)


def _norm(tensor: Tensor | None) -> float | None:
    return None if tensor is None else norm_of([tensor])


def norm_of(tensors: Sequence[Tensor | None]) -> float:
    """Return the Euclidean norm over all tensors that are there."""
    return math.hypot(*(length(dense(one)) for one in tensors if one is not None))


def length(tensor: Tensor) -> float:
    """Return the Euclidean norm, summed in float64 where float32 is too narrow for it."""
    if tensor.dtype is torch.float32:
        found = float(torch.linalg.vector_norm(tensor))
        if 1e-12 < found < 1e12:
            return found
    return float(torch.linalg.vector_norm(tensor, dtype=wide(tensor)))


def dense(tensor: Tensor) -> Tensor:
    """Return a tensor's values, whatever the layout is."""
    return tensor.detach() if tensor.layout is torch.strided else tensor.detach().to_dense()


def wide(tensor: Tensor) -> torch.dtype:
    """Return the number format in which a norm is summed."""
    return torch.complex128 if tensor.is_complex() else torch.float64
