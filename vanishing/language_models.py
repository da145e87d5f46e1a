"""A small language model that writes numbers in words: its stream before and in training."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, rms_norm

from vanishing import bounds
from vanishing.experiment import SEED
from vanishing.number_words import LIMIT, spell
from vanishing.probes import norm_of
from vanishing.progress import last_recorded, report
from vanishing.remembering import remembered

ORDERS = ("Pre-LN", "Post-LN", "DeepNorm")
BRANCHES = ("plain", "GPT-2", "LayerScale")
LENGTH, BATCH, TESTED, HEAD = 32, 8, 64, 16
LAYER_SCALE = 0.1  # where LayerScale starts up to 18 blocks (Touvron et al. 2021)
BASE_WIDTH = 32  # the width at which the learning rate of muP is the one that is given
_NUMBERS = bounds.several(bounds.number, "(0.1, 0.2)", most=100_000)


@dataclass(frozen=True, kw_only=True)
class LanguageModel:
    """Describe a Transformer that writes text letter by letter, and its training, whole.

    ``order`` is ``"Pre-LN"``, ``"Post-LN"`` or ``"DeepNorm"`` (Post-LN with a stronger identity
    path and smaller branches, Wang et al. 2022). ``branch`` says how large the branches start:
    ``"plain"``; ``"GPT-2"``, their last matrices divided by √(2 · blocks) (Radford et al. 2019); or
    ``"LayerScale"``, their outputs multiplied by learned numbers that start at 0.1 (Touvron et al.
    2021). ``branch_scale`` multiplies the last matrices of all branches at the start.
    ``query_key_norm`` normalizes queries and keys (Henry et al. 2020). ``mup`` divides the learning
    rate of every matrix that grows with the width on both sides by width / 32, and starts the
    output at 0 (after Yang et al. 2022).

    AdamW's learning rate grows over the first ``warmup`` updates; ``clip_norm`` bounds the norm of
    the whole gradient. With ``low_precision``, weights are rounded to bfloat16 after each update.
    In update number ``bad_update`` the letters to be predicted are drawn at random; 0 for none.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    blocks: int = 4
    width: int = 32
    order: str = "Pre-LN"
    branch: str = "plain"
    branch_scale: float = 1.0
    query_key_norm: bool = False
    mup: bool = False
    learning_rate: float = 0.003
    warmup: int = 0
    clip_norm: float | None = None
    epsilon: float = 1e-8
    low_precision: bool = False
    bad_update: int = 0
    updates: int = 150
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        bounds.settle(
            self,
            blocks=bounds.whole(1, 128),
            width=bounds.whole(16, 512),
            order=bounds.choice(ORDERS),
            branch=bounds.choice(BRANCHES),
            branch_scale=bounds.real(0.0, 100.0, "a smaller scale", "0 for none"),
            query_key_norm=bounds.flag,
            mup=bounds.flag,
            learning_rate=bounds.real(1e-9, 10.0),
            warmup=bounds.whole(0, 10_000),
            clip_norm=bounds.optional(bounds.real(1e-9, 1e9)),
            epsilon=bounds.real(0.0, 1.0),
            low_precision=bounds.flag,
            bad_update=bounds.whole(0, 10_000, more="0 for none"),
            updates=bounds.whole(1, 10_000),
            seed=SEED,
        )
        if self.width % HEAD:
            raise ValueError(
                f"width must be a multiple of {HEAD}, the width of a head, got {self.width}: "
                f"choose {HEAD * (self.width // HEAD + 1)}"
            )

    def at(self, **changes: Any) -> "LanguageModel":
        """Return these settings with some fields changed: ``LanguageModel().at(blocks=16)``.

        Raises ``TypeError`` for a field that does not exist, else as the class does.
        """
        return bounds.changed(self, changes)


LANGUAGE_MODEL = bounds.a(LanguageModel, "LanguageModel()")


@dataclass(frozen=True)
class Stream:
    """Hold what is measured before training, entry k between block k and block k + 1.

    ``signal`` is the mean square of the residual stream, ``gradient`` the mean square of the loss's
    gradient with respect to it, 1 behind the last block (0 where no gradient enters the last block,
    because the output starts at 0). ``weight_norms`` are the norms of the
    gradient with respect to the last matrix of each block. ``loss`` is the first loss, in nats.
    """

    signal: tuple[float, ...]
    gradient: tuple[float, ...]
    weight_norms: tuple[float, ...]
    loss: float


@dataclass(frozen=True)
class LanguageRun:
    """Hold a training run: losses in nats per letter, on text that the model never saw.

    ``losses[i]`` belongs to ``steps[i]`` updates. ``gradient_norms`` and ``training_losses`` have
    one number per update, the norm before clipping. ``largest_score`` is the largest size of an
    attention score at the end, ``text`` what the model then writes.
    """

    steps: tuple[int, ...]
    losses: tuple[float, ...]
    training_losses: tuple[float, ...]
    gradient_norms: tuple[float, ...]
    largest_score: float
    text: str

    @property
    def loss(self) -> float:
        """The loss after the last update; it may be NaN or infinite."""
        return self.losses[-1]

    @bounds.checked(step=bounds.whole(0, 10_000))
    def loss_at(self, step: int) -> float:
        """Return the loss at the nearest recorded step at or before ``step``."""
        return self.losses[last_recorded(self.steps, step)]


class Block(nn.Module):
    """Attend to earlier positions, then change each position alone, both beside an identity path.

    Matrices start from N(0, 1/inputs), without biases. Signals: (number, length, width).
    """

    def __init__(self, model: LanguageModel, random: torch.Generator) -> None:
        """Draw the weights; the global random state is left alone."""
        super().__init__()
        width, self.model = model.width, model
        small = (8 * model.blocks) ** -0.25 if model.order == "DeepNorm" else 1.0
        last = small * model.branch_scale
        last /= math.sqrt(2 * model.blocks) if model.branch == "GPT-2" else 1.0
        self.queries = _linear(width, width, random)
        self.keys = _linear(width, width, random)
        self.values = _linear(width, width, random, small)
        self.mix = _linear(width, width, random, last)
        self.widen = _linear(width, 4 * width, random, small)
        self.narrow = _linear(4 * width, width, random, last)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        start = torch.full((2, width), LAYER_SCALE, device="cpu", dtype=torch.float32)
        self.scales = nn.Parameter(start) if model.branch == "LayerScale" else None
        self.largest_score = 0.0

    def forward(self, signal: Tensor) -> Tensor:
        """Add what the two branches compute."""
        for number, branch in enumerate((self.attend, self.feed)):
            norm = self.norms[number]
            if self.model.order == "Pre-LN":
                signal = signal + self._scaled(number, branch(norm(signal)))
            else:
                keep = (2 * self.model.blocks) ** 0.25 if self.model.order == "DeepNorm" else 1.0
                signal = norm(keep * signal + self._scaled(number, branch(signal)))
        return signal

    def _scaled(self, number: int, added: Tensor) -> Tensor:
        return added if self.scales is None else self.scales[number] * added

    def attend(self, signal: Tensor) -> Tensor:
        """Average the values of this position and of earlier ones, in heads of 16 numbers."""
        number, length, width = signal.shape
        shape = number, length, width // HEAD, HEAD
        maps = self.queries, self.keys, self.values
        queries, keys, values = (one(signal).view(shape).transpose(1, 2) for one in maps)
        if self.model.query_key_norm:
            queries, keys = rms_norm(queries, (HEAD,)), rms_norm(keys, (HEAD,))
        scores = queries @ keys.transpose(-1, -2) / math.sqrt(HEAD)
        if not self.training:
            self.largest_score = largest(self.largest_score, scores.abs().max().item())
        later = torch.ones(length, length, dtype=torch.bool, device="cpu").triu(1)
        weights = scores.masked_fill(later, -math.inf).softmax(dim=-1)
        mixed: Tensor = self.mix((weights @ values).transpose(1, 2).reshape(number, length, width))
        return mixed

    def feed(self, signal: Tensor) -> Tensor:
        """Compute the feed-forward branch, the same at every position."""
        changed: Tensor = self.narrow(self.widen(signal).relu())
        return changed


class Writer(nn.Module):
    """Give scores for the next letter at every position: (number, length) -> (…, letters)."""

    def __init__(self, model: LanguageModel) -> None:
        """Draw the weights; the global random state is left alone."""
        super().__init__()
        random = torch.Generator(device="cpu").manual_seed(model.seed)
        self.letters = _embedding(len(alphabet()), model.width, random)
        self.places = _embedding(LENGTH, model.width, random)
        self.blocks = nn.ModuleList(Block(model, random) for _ in range(model.blocks))
        pre_ln = model.order == "Pre-LN"
        self.final = nn.LayerNorm(model.width) if pre_ln else nn.Identity()
        self.head = _linear(model.width, len(alphabet()), random, 0.0 if model.mup else 1.0)

    def embed(self, tokens: Tensor) -> Tensor:
        """Return the start of the residual stream, with a mean square of about 1."""
        places: Tensor = self.places.weight[: tokens.shape[1]]
        letters: Tensor = self.letters(tokens)
        return (letters + places) / math.sqrt(2)

    def read(self, signal: Tensor) -> Tensor:
        """Return the scores from the end of the residual stream."""
        scores: Tensor = self.head(self.final(signal))
        return scores

    def forward(self, tokens: Tensor) -> Tensor:
        """Compute the scores of the next letter behind every letter."""
        signal = self.embed(tokens)
        for block in self.blocks:
            signal = block(signal)
        return self.read(signal)


@lru_cache(maxsize=1)
def alphabet() -> str:
    """Return the letters of the text, each once: those of English number words, comma and space."""
    return "".join(sorted(set("".join(_numbers()))))


@lru_cache(maxsize=1)
def _numbers() -> tuple[str, ...]:
    return tuple(f"{spell(number, 'en')}, " for number in range(LIMIT + 1))


def best_loss() -> float:
    """Return the loss of a perfect model: ln 1000 nats per number, spread over its letters.

    Every number from 0 to 999 is equally likely, and independent of those before it.
    """
    letters = sum(map(len, _numbers()))
    return math.log(LIMIT + 1) * (LIMIT + 1) / letters


def frequency_loss() -> float:
    """Return the loss of a model that knows only how often each letter occurs, in nats."""
    text = "".join(_numbers())
    shares = [text.count(letter) / len(text) for letter in alphabet()]
    return -sum(share * math.log(share) for share in shares)


@bounds.checked(model=LANGUAGE_MODEL)
@remembered
def stream(model: LanguageModel) -> Stream:
    """Send text through an untrained model and the gradient of its loss back."""
    writer = Writer(model)
    inputs, targets = next(_texts(model.seed, BATCH))
    signals = [writer.embed(inputs)]
    for block in writer.blocks:
        signals.append(block(signals[-1]))
    loss = cross_entropy(writer.read(signals[-1]).flatten(0, 1), targets.flatten())
    matrices = [block.get_parameter("narrow.weight") for block in writer.blocks]
    gradients = torch.autograd.grad(loss, [*signals, *matrices])
    arrived = [_mean_square(one) for one in gradients[: len(signals)]]
    return Stream(
        tuple(map(_mean_square, signals)),
        tuple(one / (arrived[-1] or 1.0) for one in arrived),
        tuple(norm_of([one]) for one in gradients[len(signals) :]),
        loss.item(),
    )


@bounds.checked(model=LANGUAGE_MODEL)
def feed_forward_share(model: LanguageModel) -> float:
    """Return the mean square that the first feed-forward branch would add to normalized text."""
    writer = Writer(model)
    inputs, _targets = next(_texts(model.seed, BATCH))
    block = writer.blocks[0]
    assert isinstance(block, Block)
    return _mean_square(block.feed(block.norms[1](writer.embed(inputs))))


@bounds.checked(model=LANGUAGE_MODEL)
@remembered
def learn_to_write(model: LanguageModel) -> LanguageRun:
    """Train a model on random numbers in words, 8 pieces of 32 letters per update.

    Raises what the ``observer`` of ``vanishing.progress`` raises, such as ``Cancelled``.
    """
    writer = Writer(model)
    steps = [step for step in (0, 10, 20, 50, 100, 200, 500, 1000) if step < model.updates]
    steps.append(model.updates)
    losses, norms = [], []
    records = [_test(writer, model)]
    for step, (loss, norm) in enumerate(_updates(writer, model), start=1):
        losses.append(loss)
        norms.append(norm)
        if step in steps:
            records.append(_test(writer, model))
        report(step, model.updates)
    found, scores = zip(*records, strict=True)
    text = _written(writer)
    return LanguageRun(tuple(steps), found, tuple(losses), tuple(norms), scores[-1], text)


@bounds.checked(model=LANGUAGE_MODEL, seeds=bounds.several(SEED, "(0, 1, 2)"))
def final_losses(model: LanguageModel, seeds: Sequence[int] = (0, 1, 2)) -> tuple[float, ...]:
    """Return the loss at the end for each random seed."""
    return tuple(learn_to_write(model.at(seed=seed)).loss for seed in seeds)


def _updates(writer: Writer, model: LanguageModel) -> Iterator[tuple[float, float]]:
    """Train in place; yield the loss and the norm of the gradient of each update."""
    optimizer = torch.optim.AdamW(
        _groups(writer, model), eps=model.epsilon, weight_decay=0.0, foreach=True
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    texts = _texts(2**32 + model.seed, BATCH)
    noise = torch.Generator(device="cpu").manual_seed(2**34 + model.seed)
    for step in range(1, model.updates + 1):
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, step / max(1, model.warmup))
        inputs, targets = next(texts)
        if step == model.bad_update:
            targets = torch.randint(len(alphabet()), targets.shape, generator=noise)
        writer.train()
        optimizer.zero_grad()
        loss = cross_entropy(writer(inputs).flatten(0, 1), targets.flatten())
        torch.autograd.backward(loss)
        most = math.inf if model.clip_norm is None else model.clip_norm
        norm = nn.utils.clip_grad_norm_(writer.parameters(), most)
        optimizer.step()
        if model.low_precision:
            _round(writer)
        yield loss.item(), norm.item()


def _groups(writer: Writer, model: LanguageModel) -> list[dict[str, Any]]:
    """Part the matrices that grow with the width on both sides from all other weights."""
    hidden = [
        weight
        for name, weight in writer.named_parameters()
        if name.startswith("blocks") and weight.dim() == 2 and not name.endswith("scales")
    ]
    known = {id(weight) for weight in hidden}
    others = [weight for weight in writer.parameters() if id(weight) not in known]
    less = model.width / BASE_WIDTH if model.mup else 1.0
    head = writer.head.weight
    rest = [weight for weight in others if weight is not head]
    return [
        {"params": [*hidden, head], "lr": model.learning_rate / less},
        {"params": rest, "lr": model.learning_rate},
    ]


@torch.no_grad()
def _round(writer: Writer) -> None:
    for weight in writer.parameters():
        weight.copy_(weight.bfloat16())


@torch.no_grad()
def _test(writer: Writer, model: LanguageModel) -> tuple[float, float]:
    """Return the loss on new text, and the largest attention score there."""
    writer.eval()
    for block in writer.blocks:
        block.largest_score = 0.0  # type: ignore[assignment]
    inputs, targets = next(_texts(2**33 + model.seed, TESTED))
    loss = cross_entropy(writer(inputs).flatten(0, 1), targets.flatten()).item()
    scores = [block.largest_score for block in writer.blocks if isinstance(block, Block)]
    return loss, largest(*scores)


@torch.no_grad()
def _written(writer: Writer, letters: int = 60) -> str:
    """Let the model write on from a comma, the likeliest letter first; letters it cannot say: ?"""
    writer.eval()
    text = ", "
    for _ in range(letters):
        tokens = torch.tensor([[alphabet().index(letter) for letter in text[-LENGTH:]]])
        scores = writer(tokens)[0, -1]
        if not torch.isfinite(scores).all():
            return "?"
        text += alphabet()[int(scores.argmax())]
    return text[2:]


def largest(*values: float) -> float:
    """Return the largest value, or NaN where one is NaN."""
    return math.nan if any(map(math.isnan, values)) else max(values)


def _texts(seed: int, number: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield pieces of text without end, and for each letter the one behind it."""
    random = torch.Generator(device="cpu").manual_seed(seed)
    needed = number * (LENGTH + 1)
    shortest = min(map(len, _numbers()))
    while True:
        drawn = torch.randint(LIMIT + 1, (needed // shortest + 1,), generator=random).tolist()
        # a start within a word, so that a piece does not always begin with a number
        text = "".join(_numbers()[one] for one in drawn)[shortest : shortest + needed]
        tokens = torch.tensor([alphabet().index(letter) for letter in text]).view(number, -1)
        yield tokens[:, :-1], tokens[:, 1:]


def _mean_square(values: Tensor) -> float:
    return values.detach().double().square().mean().item()


def _linear(inputs: int, outputs: int, random: torch.Generator, scale: float = 1.0) -> nn.Linear:
    layer = nn.Linear(inputs, outputs, bias=False, device="meta", dtype=torch.float32)
    layer = layer.to_empty(device="cpu")
    nn.init.normal_(layer.weight, std=inputs**-0.5, generator=random)
    with torch.no_grad():
        layer.weight.mul_(scale)
    return layer


def _embedding(number: int, width: int, random: torch.Generator) -> nn.Embedding:
    # Given its numbers, so that no one draws them from the global random state.
    weight = torch.randn(number, width, generator=random, dtype=torch.float32, device="cpu")
    return nn.Embedding(number, width, _weight=weight)
