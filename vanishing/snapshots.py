"""Look inside networks while they learn: sums, attention, gates, gradients by words."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from vanishing import bounds
from vanishing.data import load_digits
from vanishing.experiment import EXPERIMENT, Experiment
from vanishing.networks import Network, build_network
from vanishing.number_words import SOURCE, tokens
from vanishing.progress import last_recorded, report
from vanishing.recurrence import RECURRENCE, Recurrence, RecurrentNetwork
from vanishing.remembering import remembered
from vanishing.sequences import adding_problem
from vanishing.training import updates
from vanishing.transformers import RECALL, Block, Recall, Transformer, build_reader
from vanishing.translation import (
    TRANSLATION,
    Translation,
    build_translator,
    source_gradients,
    vocabulary,
)
from vanishing.translation import updates as translator_updates

STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200)
STEP = bounds.whole(0, 100_000)
EDGE, BINS = 16, 64  # sums are counted from -16 to 16; what lies beyond counts at the ends
PROBED, BATCH, TOKENS, CLIP = 50, 32, 8, 0.1
SENTENCE = (64, 7, 810)
DIGITS = 4  # of shares, which nobody sees more exactly

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Sums:
    """Hold how the sums of a hidden layer were spread after ``steps[i]`` updates.

    ``shares[i][b]`` is the share, over all units and training images, of the sums in bin ``b`` of
    64 equal ones from -16 to 16; larger sums count in the outermost bins.
    """

    steps: tuple[int, ...]
    shares: Rows

    @bounds.checked(step=STEP)
    def at(self, step: int) -> tuple[float, ...]:
        """Return the shares at the nearest recorded step at or before ``step``."""
        return self.shares[last_recorded(self.steps, step)]


@bounds.checked(experiment=EXPERIMENT, layer=bounds.whole(1, 200))
@remembered
def watch_sums(experiment: Experiment, layer: int) -> Sums:
    """Train a network and count the sums of hidden layer ``layer``, from 1.

    Raises ``ValueError`` for a layer that the network does not have.
    """
    network, digits = build_network(experiment), load_digits()
    bounds.whole(1, len(network.hidden))("layer", layer)
    steps, shares = [], []
    for step in updates(network, experiment, digits):
        if step in STEPS:
            steps.append(step)
            shares.append(_shares(_sums(network, digits.train_inputs, layer)))
        report(step, experiment.epochs * len(digits.train_inputs) // experiment.batch_size)
    return Sums(tuple(steps), tuple(shares))


@torch.no_grad()
def _sums(network: Network, signal: Tensor, layer: int) -> Tensor:
    """Return what a hidden layer puts out before its activation."""
    kept: list[Tensor] = []
    watched = network.get_submodule(network.hidden[layer - 1])
    handle = watched.register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    try:
        network(signal)
    finally:
        handle.remove()
    return kept[0]


def _shares(sums: Tensor) -> tuple[float, ...]:
    inside = sums.double().clamp(-EDGE, EDGE)
    counts = torch.histc(inside, bins=BINS, min=-EDGE, max=EDGE)
    return _rounded(counts / counts.sum())


@dataclass(frozen=True)
class Maps:
    """Hold a table of numbers after each of ``steps``: ``tables[i][row][column]``."""

    steps: tuple[int, ...]
    tables: tuple[Rows, ...]

    @bounds.checked(step=STEP)
    def at(self, step: int) -> Rows:
        """Return the table at the nearest recorded step at or before ``step``."""
        return self.tables[last_recorded(self.steps, step)]


@bounds.checked(recall=RECALL)
@remembered
def watch_attention(recall: Recall) -> Maps:
    """Train a Transformer to recall a token; keep the attention weights of its first block.

    A row is a position that asks, a column one that is asked; each weight is the mean over the
    heads and 50 sequences. Training is that of ``learn_to_recall``, without a warmup.
    Raises ``ValueError`` for another network than a Transformer.
    """
    network = build_reader(recall)
    if not isinstance(network, Transformer):
        raise ValueError(
            f"the network must be a Transformer, got {recall.network}: leave out network="
        )
    random = torch.Generator(device="cpu").manual_seed(2**33 + recall.seed)
    probe = torch.randint(TOKENS, (PROBED, recall.length), generator=random)
    steps, tables = [], []
    for step in _recall_updates(network, recall):
        if step in STEPS:
            steps.append(step)
            tables.append(_rows(_attention(network, probe)))
        report(step, recall.updates)
    return Maps(tuple(steps), tuple(tables))


def _recall_updates(network: Transformer, recall: Recall) -> Iterator[int]:
    optimizer = torch.optim.Adam(network.parameters(), lr=recall.learning_rate, foreach=True)
    random = torch.Generator(device="cpu").manual_seed(2**32 + recall.seed)
    yield 0
    for step in range(1, recall.updates + 1):
        drawn = torch.randint(TOKENS, (BATCH, recall.length), generator=random)
        optimizer.zero_grad()
        torch.autograd.backward(cross_entropy(network(drawn), drawn[:, 0]))
        optimizer.step()
        yield step


@torch.no_grad()
def _attention(network: Transformer, drawn: Tensor) -> Tensor:
    """Return the mean weights of the first block: (length, length)."""
    signal = network.embedding(drawn)
    signal = signal if network.places is None else signal + network.places
    block = network.blocks[0]
    assert isinstance(block, Block)
    given = block.norms[0](signal) if block.norm == "Pre-LN" else signal
    number, length, width = given.shape
    split = block.projections(given).view(number, length, 3, block.heads, width // block.heads)
    queries, keys, _values = split.permute(2, 0, 3, 1, 4)
    scores = queries @ keys.transpose(-1, -2) / (width // block.heads) ** 0.5
    return torch.softmax(scores, dim=-1).mean(dim=(0, 1))


def _rows(table: Tensor) -> Rows:
    return tuple(map(_rounded, table))


def _rounded(row: Tensor) -> tuple[float, ...]:
    return tuple(round(value, DIGITS) for value in row.double().tolist())


@dataclass(frozen=True)
class Gates:
    """Hold the forget gates of an LSTM while it reads one sequence of the adding problem.

    ``maps`` has a row for each unit, sorted by its mean at the end of the training, and a column
    for each time step. ``marks`` are the time steps, from 1, of the two numbers that count.
    """

    maps: Maps
    marks: tuple[int, ...]


@bounds.checked(
    recurrence=RECURRENCE, learning_rate=bounds.real(1e-9, 1.0), most=bounds.whole(1, 10_000)
)
@remembered
def watch_gates(recurrence: Recurrence, learning_rate: float = 0.02, most: int = 200) -> Gates:
    """Train an LSTM on the adding problem, as ``learn_adding`` does; keep its forget gates.

    Raises ``ValueError`` for another unit than an LSTM.
    """
    if recurrence.unit != "LSTM":
        raise ValueError(f"the unit must be an LSTM, got {recurrence.unit}: write unit='LSTM'")
    network = RecurrentNetwork(recurrence)
    probe, _targets = adding_problem(recurrence.length, 1, 2**31 + recurrence.seed)
    steps, found = [], []
    for step in _adding_updates(network, recurrence, learning_rate, most):
        if step in STEPS:
            steps.append(step)
            found.append(_forget_gates(network, probe))
        report(step, most)
    order = found[-1].mean(dim=1).argsort()
    marks = tuple(int(place) + 1 for place in probe[0, :, 1].nonzero()[:, 0])
    return Gates(Maps(tuple(steps), tuple(_rows(table[order]) for table in found)), marks)


def _adding_updates(
    network: RecurrentNetwork, recurrence: Recurrence, learning_rate: float, most: int
) -> Iterator[int]:
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
    yield 0
    for step in range(1, most + 1):
        seed = (100_003 * recurrence.seed + step) % 2**31
        inputs, targets = adding_problem(recurrence.length, BATCH, seed)
        optimizer.zero_grad()
        torch.autograd.backward(mse_loss(network(inputs), targets))
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        yield step


@torch.no_grad()
def _forget_gates(network: RecurrentNetwork, inputs: Tensor) -> Tensor:
    """Return the gates for one sequence: (units, length)."""
    to_input, to_hidden, *biases = network.layer.parameters()
    hidden = cell = torch.zeros(1, network.width)
    gates = []
    for values in inputs.unbind(dim=1):
        sums = values @ to_input.T + hidden @ to_hidden.T + sum(biases)
        gates.append(sums.chunk(4, dim=1)[1].sigmoid()[0])
        hidden, cell = torch.lstm_cell(values, (hidden, cell), to_input, to_hidden, *biases)
    return torch.stack(gates, dim=1)


@dataclass(frozen=True)
class WordGradients:
    """Hold the gradient of the first right word's score by each word of one sentence.

    ``norms[i][k]`` belongs to ``words[k]``, after ``steps[i]`` updates.
    """

    words: tuple[str, ...]
    steps: tuple[int, ...]
    norms: Rows

    @bounds.checked(step=STEP)
    def at(self, step: int) -> tuple[float, ...]:
        """Return the norms at the nearest recorded step at or before ``step``."""
        return self.norms[last_recorded(self.steps, step)]


@bounds.checked(translation=TRANSLATION)
@remembered
def watch_words(translation: Translation) -> WordGradients:
    """Train a translator; measure what each word of "sixty four, seven, …" does to the first."""
    network = build_translator(translation)
    words = _words(SOURCE)
    source, target = (
        _encoded(words, SOURCE),
        _encoded(_words(translation.target), translation.target),
    )
    source = source.flip(1) if translation.reverse else source
    steps, norms = [], []
    for step in translator_updates(network, translation):
        if step in (*STEPS, translation.updates):
            steps.append(step)
            found = source_gradients(network, source, target)
            norms.append(found[::-1] if translation.reverse else found)
        report(step, translation.updates)
    return WordGradients(words, tuple(steps), tuple(norms))


def _words(language: str) -> tuple[str, ...]:
    """Return the sentence's words with a comma between the numbers."""
    parts = [tokens(number, language) for number in SENTENCE]
    return tuple(word for part in parts for word in (*part, ","))[:-1]


def _encoded(words: tuple[str, ...], language: str) -> Tensor:
    known = vocabulary(language)
    return torch.tensor([[known.index(word) for word in words]])
