"""Small translators of number words: an RNN, an LSTM and attention, by length of the sentence."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from vanishing import bounds
from vanishing.experiment import SEED
from vanishing.number_words import COMMA, LIMIT, SOURCE, teachable, tokens, write
from vanishing.progress import last_recorded, report
from vanishing.remembering import remembered
from vanishing.reproducible import without_flushing

NETWORKS = ("RNN", "LSTM", "attention")
END, PADDING = 0, -1  # a token of every vocabulary, and no token of any
BATCH, CLIP, TESTED, PROBED = 32, 1.0, 100, 50
LENGTHS = (2, 4, 8, 12, 16, 20, 24)
STEPS = (0, 25, 50, 100, 200, 400)
TEST_SEED = 2**31
SENTENCES = ((7,), (42,), (207,), (18, 530), (3, 999), (64, 7, 810), (250, 36, 471))


@dataclass(frozen=True, kw_only=True)
class Translation:
    """Describe a network that learns to translate English number words, whole.

    ``network`` is ``"RNN"`` or ``"LSTM"``, an encoder and a decoder of that kind, or
    ``"attention"``, the LSTM whose decoder also looks back at all states of the encoder. ``target``
    is the code of a language. Sentences have 1 to ``longest`` tokens during the training, each
    length as often. ``reverse`` hands over the source's tokens from the last to the first.

    Raises ``ValueError`` for a value out of bounds and ``TypeError`` for a wrong type.
    """

    network: str = "LSTM"
    target: str = "pt"
    reverse: bool = False
    longest: int = 12
    width: int = 64
    learning_rate: float = 0.005
    updates: int = 400
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        bounds.settle(
            self,
            network=bounds.choice(NETWORKS),
            target=bounds.text,
            reverse=bounds.flag,
            longest=bounds.whole(1, 60),
            width=bounds.whole(1, 512),
            learning_rate=bounds.real(1e-9, 1),
            updates=bounds.whole(1, 100_000),
            seed=bounds.whole(0, TEST_SEED - 1),
        )
        if teachable(self.target) != self.target:
            raise ValueError(
                f"target must be a language with number words, and not English, "
                f"got {bounds.shown(self.target)}: choose {teachable(self.target)!r}"
            )

    def at(self, **changes: Any) -> "Translation":
        """Return this translation with some fields changed; raise as the class does."""
        return bounds.changed(self, changes)


TRANSLATION = bounds.a(Translation, "Translation()")


@dataclass(frozen=True)
class Example:
    """Hold a sentence, what it means, and what the network made of it, as texts."""

    source: str
    right: str
    translated: str


@dataclass(frozen=True)
class TranslationRun:
    """Hold how a network learned to translate, as plain numbers and texts.

    ``accuracies[i]`` is the share of right words, and ``sentences[i]`` that of right sentences,
    among 100 test sentences with ``lengths[i]`` tokens after the training; ``unrelated[i]`` is the
    share of right words in the true translation of another of these sentences.
    ``gradients[k][i]`` are those of ``source_gradients`` after ``steps[k]`` updates.
    """

    lengths: tuple[int, ...]
    accuracies: tuple[float, ...]
    sentences: tuple[float, ...]
    unrelated: tuple[float, ...]
    steps: tuple[int, ...]
    gradients: tuple[tuple[tuple[float, ...], ...], ...]
    examples: tuple[Example, ...]

    @property
    def by_length(self) -> dict[int, float]:
        """The share of right words for each length."""
        return dict(zip(self.lengths, self.accuracies, strict=True))

    @bounds.checked(length=bounds.whole(1, 200), step=bounds.whole(0, 100_000))
    def gradients_at(self, length: int, step: int) -> tuple[float, ...]:
        """Return the gradient of each source token, at the last recorded step up to ``step``.

        Raises ``ValueError`` for a length that was not measured and ``TypeError`` for a step that
        is no whole number.
        """
        if length not in self.lengths:
            known = ", ".join(map(str, self.lengths))
            raise ValueError(f"length must be one of {known}, got {length!r}: choose {LENGTHS[1]}")
        recorded = self.gradients[last_recorded(self.steps, step)]
        return recorded[self.lengths.index(length)]


class Translator(nn.Module):
    """Read a sentence with an encoder, then write its translation with a decoder.

    The decoder starts from the encoder's last state (Sutskever et al. 2014). With attention, it
    also sees an average of all states of the encoder, weighted by the softmax of their products
    with its own state (as Luong et al. 2015, section 3.1, "dot").
    ``forward`` takes source tokens (number, length) and the target tokens before each position
    (number, positions), and gives scores of the target's words (number, positions, words).
    """

    def __init__(self, translation: Translation) -> None:
        """Draw the weights as PyTorch does; the global random state is left alone."""
        super().__init__()
        self.attention, width = translation.network == "attention", translation.width
        words = len(vocabulary(translation.target))
        kind = nn.RNN if translation.network == "RNN" else nn.LSTM
        # Born without numbers, so that no one draws them from the global random state.
        with torch.device("meta"):
            self.read = nn.Embedding(len(vocabulary(SOURCE)), width)
            self.encoder = kind(width, width, batch_first=True)
            self.write = nn.Embedding(words + 1, width)  # the last one stands before the first word
            self.decoder = kind(width, width, batch_first=True)
            self.output = nn.Linear(2 * width if self.attention else width, words)
        self.to(torch.float32).to_empty(device="cpu")
        generator = torch.Generator(device="cpu").manual_seed(translation.seed)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                inputs = self.output.in_features if name.startswith("output") else width
                if name in ("read.weight", "write.weight"):
                    parameter.normal_(generator=generator)
                else:
                    parameter.uniform_(-(inputs**-0.5), inputs**-0.5, generator=generator)

    def forward(self, source: Tensor, before: Tensor) -> Tensor:
        """Compute the scores of each next word, given the right words before it."""
        return self.score(self.read(source), before)

    def score(self, vectors: Tensor, before: Tensor) -> Tensor:
        """Compute the same from the embedded source: (number, length, width)."""
        states, last = self.encoder(vectors)
        hidden, _ = self.decoder(self.write(before), last)
        return self._words(hidden, states)

    def _words(self, hidden: Tensor, states: Tensor) -> Tensor:
        if self.attention:
            weights = (hidden @ states.transpose(1, 2)).softmax(dim=2)
            hidden = torch.cat([hidden, weights @ states], dim=2)
        scores: Tensor = self.output(hidden)
        return scores

    @torch.no_grad()
    def translate(self, source: Tensor, positions: int) -> Tensor:
        """Write the likeliest word at each position, given the words written before it.

        source: tokens, (number, length). Returns tokens of the target, (number, positions).
        """
        states, last = self.encoder(self.read(source))
        word = source.new_full((len(source), 1), self.write.num_embeddings - 1)
        written = []
        for _position in range(positions):
            hidden, last = self.decoder(self.write(word), last)
            word = self._words(hidden, states).argmax(dim=2)
            written.append(word)
        return torch.cat(written, dim=1)


@bounds.checked(translation=TRANSLATION)
def build_translator(translation: Translation) -> Translator:
    """Build the network of these settings; equal settings give equal weights."""
    return Translator(translation)


@bounds.checked(language=bounds.text)
@lru_cache(maxsize=16)
def vocabulary(language: str) -> tuple[str, ...]:
    """Return the tokens of a language: the end, the comma, then its number words, sorted."""
    words = {word for number in range(LIMIT + 1) for word in tokens(number, language)}
    return ("<end>", COMMA, *sorted(words))


@bounds.checked(
    target=bounds.text, length=bounds.whole(1, 200), number=bounds.whole(1, 100_000), seed=SEED
)
def sentences(target: str, length: int, number: int, seed: int) -> tuple[Tensor, Tensor]:
    """Make random lists of numbers, in English and in the target language, as token numbers.

    The sources have the shape (number, length). The targets (number, positions) end with the token
    0, and -1 fills up the shorter ones. Every number has one to three digits, each as often.
    Equal arguments give equal sentences. Raises ``ValueError`` for a number out of bounds.
    """
    drawn = random.Random(seed)
    lists = [_numbers(length, drawn) for _one in range(number)]
    return torch.tensor([_encode(numbers, SOURCE) for numbers in lists]), _targets(lists, target)


def teacher_forcing(targets: Tensor, words: int) -> Tensor:
    """Return the token before each position of the targets; token ``words`` precedes the first.

    Both have the shape (number, positions).
    """
    start = torch.full_like(targets[:, :1], words)
    return torch.cat([start, targets[:, :-1].clamp(min=END)], dim=1)


def source_gradients(network: Translator, source: Tensor, targets: Tensor) -> tuple[float, ...]:
    """Measure the gradient of the first right word's score by each source token, as a mean norm.

    source: tokens, (number, length); targets: tokens, (number, positions). Returns one norm per
    source token, averaged over the sentences.
    """
    with without_flushing(), torch.enable_grad():
        vectors = network.read(source).detach().requires_grad_()
        before = teacher_forcing(targets[:, :1], network.write.num_embeddings - 1)
        right = network.score(vectors, before)[:, 0].gather(1, targets[:, :1]).sum()
        (gradient,) = torch.autograd.grad(right, vectors)
        norms = gradient.double().norm(dim=2).mean(dim=0)
    return tuple(norms.tolist())


@bounds.checked(translation=TRANSLATION)
@remembered
def learn_to_translate(translation: Translation) -> TranslationRun:
    """Train a network to translate number words with Adam and teacher forcing, then test it.

    Every update sees 32 new sentences of one length. The gradient's norm is clipped at 1, and the
    learning rate falls to 0 during the second half.
    """
    network = build_translator(translation)
    tests = [sentences(translation.target, n, TESTED, TEST_SEED + n) for n in LENGTHS]
    tests = [(_ordered(source, translation), targets) for source, targets in tests]
    steps = sorted({step for step in STEPS if step < translation.updates} | {translation.updates})
    gradients = []
    for step in updates(network, translation):
        if step in steps:
            probes = [(source[:PROBED], targets[:PROBED]) for source, targets in tests]
            gradients.append(tuple(source_gradients(network, *probe) for probe in probes))
        report(step, translation.updates)
    words, whole = zip(*(_accuracy(network, *test) for test in tests), strict=True)
    unrelated = tuple(_right(t.roll(1, dims=0), t)[0] for _source, t in tests)
    examples = tuple(_example(network, numbers, translation) for numbers in SENTENCES)
    return TranslationRun(
        LENGTHS, words, whole, unrelated, tuple(steps), tuple(gradients), examples
    )


@bounds.checked(translation=TRANSLATION, seeds=bounds.several(SEED, "(0, 1, 2)"))
def accuracies_by_length(
    translation: Translation, seeds: Sequence[int] = (0, 1, 2)
) -> dict[int, tuple[float, ...]]:
    """Return the share of right words for each length, one for each random seed."""
    runs = [learn_to_translate(translation.at(seed=seed)).by_length for seed in seeds]
    return {length: tuple(run[length] for run in runs) for length in LENGTHS}


def updates(network: Translator, translation: Translation) -> Iterator[int]:
    """Train; yield the number of updates done: 0, then 1 after the first, and so on."""
    optimizer = torch.optim.Adam(network.parameters(), lr=translation.learning_rate, foreach=True)
    drawn = random.Random(translation.seed)
    yield 0
    for step in range(1, translation.updates + 1):
        left = (translation.updates + 1 - step) / translation.updates
        for group in optimizer.param_groups:
            group["lr"] = translation.learning_rate * min(1.0, 2 * left)
        length = drawn.randint(1, translation.longest)
        source, targets = sentences(translation.target, length, BATCH, drawn.getrandbits(31))
        source = _ordered(source, translation)
        before = teacher_forcing(targets, len(vocabulary(translation.target)))
        scores = network(source, before).transpose(1, 2)
        optimizer.zero_grad()
        torch.autograd.backward(cross_entropy(scores, targets, ignore_index=PADDING))
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        yield step


def _ordered(source: Tensor, translation: Translation) -> Tensor:
    return source.flip(1) if translation.reverse else source


def _numbers(length: int, drawn: random.Random) -> list[int]:
    """Draw numbers until their English words and commas have exactly this length."""
    sizes = _sizes()
    while True:
        numbers: list[int] = []
        missing = length + 1
        while missing > 0:
            number = int(drawn.random() * (10, 100, 1000)[int(3 * drawn.random())])
            numbers.append(number)
            missing -= sizes[number]
        if missing == 0:
            return numbers


@lru_cache(maxsize=1)
def _sizes() -> tuple[int, ...]:
    return tuple(map(len, _indices(SOURCE)))


@lru_cache(maxsize=16)
def _indices(language: str) -> tuple[tuple[int, ...], ...]:
    """Return for each number the tokens of its words, and a comma behind them."""
    place = {word: at for at, word in enumerate(vocabulary(language))}
    spelled = [(*tokens(number, language), COMMA) for number in range(LIMIT + 1)]
    return tuple(tuple(place[word] for word in words) for words in spelled)


def _encode(numbers: Sequence[int], language: str) -> list[int]:
    return [token for number in numbers for token in _indices(language)[number]][:-1]


def _targets(lists: Sequence[Sequence[int]], language: str) -> Tensor:
    rows = [[*_encode(numbers, language), END] for numbers in lists]
    longest = max(map(len, rows))
    return torch.tensor([row + [PADDING] * (longest - len(row)) for row in rows])


def _accuracy(network: Translator, source: Tensor, targets: Tensor) -> tuple[float, float]:
    return _right(network.translate(source, targets.shape[1]), targets)


def _right(written: Tensor, targets: Tensor) -> tuple[float, float]:
    """Return the share of right words, each at its place, and that of right sentences."""
    counts = targets != PADDING
    right = (written == targets) & counts
    whole = (right == counts).all(dim=1)
    return float(right.sum() / counts.sum()), float(whole.double().mean())


def _example(network: Translator, numbers: Sequence[int], translation: Translation) -> Example:
    language = translation.target
    source = _ordered(torch.tensor([_encode(numbers, SOURCE)]), translation)
    words = vocabulary(language)
    right = _encode(numbers, language)
    written = network.translate(source, len(right) + 5)[0].tolist()
    end = written.index(END) if END in written else len(written)
    return Example(
        write(tuple(vocabulary(SOURCE)[token] for token in _encode(numbers, SOURCE)), SOURCE),
        write(tuple(words[token] for token in right), language),
        write(tuple(words[token] for token in written[:end]), language),
    )
