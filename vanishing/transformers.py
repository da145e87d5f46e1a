"""A tiny Transformer and a plain RNN: gradients at the start, and learning to recall a token."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from vanishing import bounds
from vanishing.experiment import SEED
from vanishing.progress import last_recorded, report
from vanishing.remembering import remembered
from vanishing.reproducible import without_flushing

NETWORKS = ("Transformer", "RNN", "orthogonal RNN")
NORMS = ("Pre-LN", "Post-LN")
TOKENS, HEADS, BATCH, TESTED, PROBED = 8, 2, 32, 400, 50
START_TOKENS, START_LENGTH, START_BATCH, START_WIDTH = 64, 16, 8, 64


@dataclass(frozen=True, kw_only=True)
class Recall:
    """Describe a network that learns to recall the first of ``length`` random tokens, whole.

    ``network`` is ``"Transformer"``, ``"RNN"`` (tanh, PyTorch's default initialization) or
    ``"orthogonal RNN"`` (the same with an orthogonal recurrent matrix); ``depth`` counts its blocks
    or recurrent layers. ``norm`` and ``positions`` (whether the Transformer knows the place of each
    token) mean nothing to an RNN. Adam learns from fresh sequences; its learning rate grows
    linearly over the first ``warmup`` updates.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    network: str = "Transformer"
    length: int = 20
    depth: int = 1
    width: int = 32
    norm: str = "Pre-LN"
    positions: bool = True
    learning_rate: float = 0.003
    warmup: int = 0
    updates: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        bounds.settle(
            self,
            network=bounds.choice(NETWORKS),
            length=bounds.whole(2, 200),
            depth=bounds.whole(1, 64),
            width=bounds.whole(2, 256),
            norm=bounds.choice(NORMS),
            positions=bounds.flag,
            learning_rate=bounds.real(1e-9, 1),
            warmup=bounds.whole(0, 10_000),
            updates=bounds.whole(1, 10_000),
            seed=SEED,
        )
        if self.width % HEADS:
            raise ValueError(
                f"width must be a multiple of {HEADS}, the number of heads, got {self.width}: "
                f"choose {self.width + 1}"
            )

    def at(self, **changes: Any) -> "Recall":
        """Return these settings with some fields changed: ``Recall().at(length=40)``.

        Raises ``TypeError`` for a field that does not exist, else as the class does.
        """
        return bounds.changed(self, changes)


RECALL = bounds.a(Recall, "Recall()")


@dataclass(frozen=True)
class RecallRun:
    """Hold what a network did after ``steps[i]`` updates, measured on sequences it never saw.

    ``losses`` are in nats (ln 8 is guessing), ``accuracies`` from 0 to 1 (1/8 is guessing).
    ``sensitivities[i][t]`` is the norm of the gradient of the right token's score by the embedding
    of token t, averaged over sequences: how strongly the answer depends on that token.
    """

    steps: tuple[int, ...]
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    sensitivities: tuple[tuple[float, ...], ...]

    @property
    def accuracy(self) -> float:
        """The accuracy after the last update."""
        return self.accuracies[-1]

    @bounds.checked(step=bounds.whole(0, 10_000))
    def sensitivity_at(self, step: int) -> tuple[float, ...]:
        """Return the sensitivities at the nearest recorded step at or before ``step``."""
        return self.sensitivities[last_recorded(self.steps, step)]


@dataclass(frozen=True)
class BlockGradients:
    """Hold gradient norms before training: ``norms[s][b]`` for random seed s and block b."""

    norms: tuple[tuple[float, ...], ...]

    @property
    def medians(self) -> tuple[float, ...]:
        """The median over the seeds, one per block."""
        return tuple(median(block) for block in zip(*self.norms, strict=True))


class Block(nn.Module):
    """Mix the positions by self-attention, then change each by a small feed-forward network.

    Both parts are branches beside an identity path. Pre-LN normalizes what enters a branch
    (Baevski & Auli 2019, "Adaptive input representations for neural language modeling", ICLR),
    Post-LN the sum behind it (Vaswani et al. 2017, section 3.1).
    Signals: (number, length, width).
    """

    def __init__(self, width: int, norm: str, random: torch.Generator) -> None:
        """Draw the weights from N(0, 2/(inputs + outputs)), which is Xavier's; no bias at first."""
        super().__init__()
        self.norm, self.heads = norm, HEADS
        self.projections = _linear(width, 3 * width, random, parts=3)
        self.output = _linear(width, width, random)
        self.widen = _linear(width, 2 * width, random)
        self.narrow = _linear(2 * width, width, random)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))

    def forward(self, signal: Tensor) -> Tensor:
        """Add what the two branches compute."""
        for norm, branch in zip(self.norms, (self.attend, self.feed), strict=True):
            if self.norm == "Pre-LN":
                signal = signal + branch(norm(signal))
            else:
                signal = norm(signal + branch(signal))
        return signal

    def attend(self, signal: Tensor) -> Tensor:
        """Compute multi-head self-attention (Vaswani et al. 2017, section 3.2); keep the shape."""
        number, length, width = signal.shape
        split = self.projections(signal).view(number, length, 3, self.heads, width // self.heads)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        scores = queries @ keys.transpose(-1, -2) / math.sqrt(width // self.heads)
        mixed = scores.softmax(dim=-1) @ values
        answer: Tensor = self.output(mixed.transpose(1, 2).reshape(number, length, width))
        return answer

    def feed(self, signal: Tensor) -> Tensor:
        """Compute the feed-forward branch, the same at every position; keep the shape."""
        changed: Tensor = self.narrow(self.widen(signal).relu())
        return changed


class Transformer(nn.Module):
    """Stack blocks over embedded tokens; the last position reads the answer.

    Pre-LN has one more normalization behind the last block. Embeddings of tokens and of positions
    are drawn from N(0, 1) and learned. Inputs: whole numbers, (number, length); outputs: scores of
    the tokens, (number, tokens).
    """

    def __init__(
        self,
        *,
        depth: int,
        width: int,
        length: int,
        tokens: int,
        norm: str,
        positions: bool,
        random: torch.Generator,
    ) -> None:
        """Build the modules; the global random state is left alone."""
        super().__init__()
        self.embedding = _embedding(tokens, width, random)
        self.places = _embedding(length, width, random).weight if positions else None
        self.blocks = nn.ModuleList(Block(width, norm, random) for _ in range(depth))
        self.final = nn.LayerNorm(width) if norm == "Pre-LN" else nn.Identity()
        self.head = _linear(width, tokens, random)

    def forward(self, tokens: Tensor) -> Tensor:
        """Compute the scores at the last position: (number, length) -> (number, tokens)."""
        return self.read(self.embedding(tokens))

    def read(self, vectors: Tensor) -> Tensor:
        """Compute the same from embedded tokens: (number, length, width)."""
        return self.scores(vectors)[:, -1]

    def scores(self, vectors: Tensor) -> Tensor:
        """Compute the scores at every position: (number, length, tokens)."""
        signal = vectors if self.places is None else vectors + self.places
        for block in self.blocks:
            signal = block(signal)
        scores: Tensor = self.head(self.final(signal))
        return scores


class Recurrent(nn.Module):
    """Read embedded tokens with a tanh RNN; its last state gives the answer. Shapes as above."""

    def __init__(
        self, *, depth: int, width: int, tokens: int, orthogonal: bool, random: torch.Generator
    ) -> None:
        """Draw as PyTorch does, from U(±1/√width); the global random state is left alone."""
        super().__init__()
        self.embedding = _embedding(tokens, width, random)
        self.cells = nn.RNN(width, width, depth, batch_first=True, device="meta").to_empty(
            device="cpu"
        )
        for name, weight in self.cells.named_parameters():
            if orthogonal and name.startswith("weight_hh"):
                nn.init.orthogonal_(weight, generator=random)
            else:
                nn.init.uniform_(weight, -(width**-0.5), width**-0.5, generator=random)
        self.head = _linear(width, tokens, random)

    def forward(self, tokens: Tensor) -> Tensor:
        """Compute the scores behind the last token."""
        return self.read(self.embedding(tokens))

    def read(self, vectors: Tensor) -> Tensor:
        """Compute the same from embedded tokens: (number, length, width)."""
        scores: Tensor = self.head(self.cells(vectors)[0][:, -1])
        return scores


@bounds.checked(recall=RECALL)
def build_reader(recall: Recall) -> Transformer | Recurrent:
    """Build the network of these settings; equal settings give equal weights."""
    random = torch.Generator(device="cpu").manual_seed(recall.seed)
    if recall.network == "Transformer":
        return Transformer(
            depth=recall.depth,
            width=recall.width,
            length=recall.length,
            tokens=TOKENS,
            norm=recall.norm,
            positions=recall.positions,
            random=random,
        )
    return Recurrent(
        depth=recall.depth,
        width=recall.width,
        tokens=TOKENS,
        orthogonal=recall.network == "orthogonal RNN",
        random=random,
    )


@bounds.checked(recall=RECALL)
@remembered
def learn_to_recall(recall: Recall) -> RecallRun:
    """Train a network to name the first of ``length`` random tokens, 1 of 8 each, at the end."""
    network = build_reader(recall)
    steps = [step for step in (0, 10, 20, 50, 100, 200, 500) if step < recall.updates]
    steps.append(recall.updates)
    records = []
    for step in _updates(network, recall):
        if step in steps:
            records.append(_record(network, recall))
        report(step, recall.updates)
    losses, accuracies, sensitivities = zip(*records, strict=True)
    return RecallRun(tuple(steps), losses, accuracies, sensitivities)


@bounds.checked(recall=RECALL, seeds=bounds.several(SEED, "(0, 1, 2)"))
def recall_accuracies(recall: Recall, seeds: Sequence[int] = (0, 1, 2)) -> tuple[float, ...]:
    """Return the accuracy at the end for each random seed."""
    return tuple(learn_to_recall(recall.at(seed=seed)).accuracy for seed in seeds)


@bounds.checked(norm=bounds.choice(NORMS), depth=bounds.whole(1, 64), seeds=bounds.whole(1, 100))
@remembered
def block_gradients(norm: str, depth: int, seeds: int = 5) -> BlockGradients:
    """Measure the gradient of the last matrix in every block's feed-forward branch, untrained.

    The network is 64 wide; it names a random one of 64 tokens at each of 16 positions of 8 random
    sequences. Xiong et al. 2020, theorem 1, bounds this norm in the last block at initialization:
    O(d √ln d) for Post-LN, O(d √(ln d / depth)) for Pre-LN, d the width.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """
    norms = []
    for seed in range(seeds):
        norms.append(_norms_at_start(norm, depth, seed))
        report(seed + 1, seeds)
    return BlockGradients(tuple(norms))


def _norms_at_start(norm: str, depth: int, seed: int) -> tuple[float, ...]:
    random = torch.Generator(device="cpu").manual_seed(seed)
    network = Transformer(
        depth=depth,
        width=START_WIDTH,
        length=START_LENGTH,
        tokens=START_TOKENS,
        norm=norm,
        positions=True,
        random=random,
    )
    drawn = torch.randint(START_TOKENS, (2, START_BATCH, START_LENGTH), generator=random)
    scores = network.scores(network.embedding(drawn[0]))
    loss = cross_entropy(scores.flatten(0, 1), drawn[1].flatten())
    weights = [block.narrow.weight for block in network.blocks if isinstance(block, Block)]
    gradients = torch.autograd.grad(loss, weights)
    return tuple(float(gradient.double().norm()) for gradient in gradients)


def _updates(network: Transformer | Recurrent, recall: Recall) -> Iterator[int]:
    """Yield the number of updates done: 0, then 1 after the first, and so on."""
    optimizer = torch.optim.Adam(network.parameters(), lr=recall.learning_rate, foreach=True)
    random = torch.Generator(device="cpu").manual_seed(2**32 + recall.seed)
    yield 0
    for step in range(1, recall.updates + 1):
        for group in optimizer.param_groups:
            group["lr"] = recall.learning_rate * min(1.0, step / max(1, recall.warmup))
        tokens = torch.randint(TOKENS, (BATCH, recall.length), generator=random)
        optimizer.zero_grad()
        torch.autograd.backward(cross_entropy(network(tokens), tokens[:, 0]))
        optimizer.step()
        yield step


def _record(
    network: Transformer | Recurrent, recall: Recall
) -> tuple[float, float, tuple[float, ...]]:
    random = torch.Generator(device="cpu").manual_seed(2**33 + recall.seed)
    tokens = torch.randint(TOKENS, (TESTED, recall.length), generator=random)
    with torch.no_grad():
        scores = network(tokens)
    loss = float(cross_entropy(scores, tokens[:, 0]))
    accuracy = float((scores.argmax(dim=1) == tokens[:, 0]).double().mean())
    return loss, accuracy, sensitivities(network, tokens[:PROBED])


def sensitivities(network: Transformer | Recurrent, tokens: Tensor) -> tuple[float, ...]:
    """Measure the gradient of the first token's score by each token's embedding, as a mean norm.

    tokens: whole numbers, (number, length). Returns one norm per token of the sequences, averaged
    over them.
    """
    with without_flushing():
        vectors = network.embedding(tokens).detach().requires_grad_()
        right = network.read(vectors).gather(1, tokens[:, :1]).sum()
        (gradient,) = torch.autograd.grad(right, vectors)
        norms = gradient.double().norm(dim=2).mean(dim=0)
    return tuple(norms.tolist())


def _linear(inputs: int, outputs: int, random: torch.Generator, parts: int = 1) -> nn.Linear:
    """Make a linear layer, or ``parts`` equal ones side by side, with Xavier's normal weights."""
    layer = nn.Linear(inputs, outputs, device="meta", dtype=torch.float32).to_empty(device="cpu")
    for weight in layer.weight.detach().chunk(parts):
        nn.init.xavier_normal_(weight, generator=random)
    nn.init.zeros_(layer.bias)
    return layer


def _embedding(number: int, width: int, random: torch.Generator) -> nn.Embedding:
    # Given its numbers, so that no one draws them from the global random state.
    weight = torch.randn(number, width, generator=random, dtype=torch.float32, device="cpu")
    return nn.Embedding(number, width, _weight=weight)
