"""Find the parts of a network that are judged one by one: modules, or single parameters in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from torch import Tensor, nn
from torch.nn.utils import parametrize

from vanishing.diagnosis.way_back import Use, length
from vanishing.probes import own_parameters

LOOKUPS = (nn.Embedding, nn.EmbeddingBag)
"""Modules of which a batch reads only some rows."""

Named = list[tuple[str, nn.Parameter]]


@dataclass
class Part:
    """Hold what is judged as one: a module's weights, or one parameter where it has several.

    ``is_whole`` is whether what the module puts out is this part's work alone.
    """

    name: str
    module: nn.Module
    weights: list[nn.Parameter]
    is_whole: bool = True
    uses: list[Use] = field(default_factory=list)

    @property
    def frozen(self) -> bool:
        """Whether training leaves the weights as they are."""
        return not any(weight.requires_grad for weight in self.weights)

    @property
    def kind(self) -> str:
        """The name of the module's class."""
        return type(self.module).__name__.removeprefix("Parametrized")

    @property
    def number(self) -> int | None:
        """The place of the first use in the forward pass, if there was one."""
        return min((use.number for use in self.uses), default=None)


def find_parts(model: nn.Module) -> tuple[list[Part], tuple[str, ...]]:
    """Return the parts in the order of definition, and the parameters that are left out.

    The weights of a module are one part; each of several matrices in one module, and each parameter
    beside other modules, is a part of its own. Biases are judged where nothing else is trained.
    Left out is what is neither real nor complex.

    Raises ``ValueError`` for a model without any part.
    """
    parts: list[Part] = []
    left_out: list[str] = []
    for name, module in model.named_modules():
        if isinstance(module, parametrize.ParametrizationList):
            continue  # its parameters belong to the module around it
        title = name or type(model).__name__
        own = list(own_parameters(module))
        left_out += [_joined(name, one) for one, weight in own if not _has_numbers(weight)]
        parts += _parts(title, name, module, [pair for pair in own if _has_numbers(pair[1])])
    if not parts:
        raise ValueError(
            f"the model must have at least one layer with weights, got {type(model).__name__} "
            "without: pass a module that owns parameters of real or complex numbers"
        )
    return parts, tuple(left_out)


def _parts(title: str, name: str, module: nn.Module, own: Named) -> Iterator[Part]:
    is_leaf = next(module.children(), None) is None
    biases = [pair for pair in own if "bias" in pair[0]]
    others = [pair for pair in own if "bias" not in pair[0]]
    main = [pair for pair in others if "weight" in pair[0] or is_leaf]
    beside = [pair for pair in others if "weight" not in pair[0] and not is_leaf]
    if _is_split(module, main):
        beside, main = [*main, *beside], []
    if main:
        trained = [weight for _one, weight in main if weight.requires_grad]
        yield Part(title, module, trained or [weight for _one, weight in main])
    for one, weight in beside:
        yield Part(_joined(name, one), module, [weight], is_whole=False)
    if not any(weight.requires_grad for _one, weight in (*main, *beside)):
        for one, weight in biases:
            if weight.requires_grad or not (main or beside):
                yield Part(_joined(name, one), module, [weight], is_whole=not (main or beside))


def _is_split(module: nn.Module, weights: Named) -> bool:
    """Say whether a module holds several layers, each with a matrix of its own."""
    if isinstance(module, nn.RNNBase):
        return module.num_layers > 1 or module.bidirectional
    if isinstance(module, nn.RNNCellBase) or parametrize.is_parametrized(module):
        return False
    return sum(is_matrix(weight) for _name, weight in weights) > 1


def is_matrix(weight: Tensor) -> bool:
    """Return whether a weight mixes units, and does not only scale them."""
    return weight.dim() > 1 and weight.numel() > weight.shape[0]


def _has_numbers(weight: Tensor) -> bool:
    return weight.is_floating_point() or weight.is_complex()


def _joined(module: str, parameter: str) -> str:
    return f"{module}.{parameter}" if module else parameter


def squared_scale(weight: Tensor) -> float:
    """Return a matrix's squared norm; each row of a vector or of zeros counts as 1, at least."""
    squared = length(weight.detach()) ** 2
    rows = weight.shape[0] if weight.dim() else 1
    return max(squared, rows) if weight.dim() < 2 or squared == 0 else squared


def gain(weight: Tensor, rows: int) -> float:
    """Return fan-in times mean squared weight: the sum of squares per unit that it feeds."""
    if weight.dim() < 2 or not rows:
        return 0.0
    return length(weight.detach()) ** 2 / rows
