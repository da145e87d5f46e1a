"""Translators of number words: their data, their gradients, and who fails first."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import torch
from torch import Tensor

from vanishing.number_words import tokens
from vanishing.theory import chi
from vanishing.translation import (
    END,
    LENGTHS,
    NETWORKS,
    PADDING,
    STEPS,
    Translation,
    TranslationRun,
    Translator,
    accuracies_by_length,
    build_translator,
    learn_to_translate,
    sentences,
    source_gradients,
    teacher_forcing,
    updates,
    vocabulary,
)

TINY = Translation(width=8, updates=3)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[TranslationRun]]:
    """Return network -> the runs of three random seeds, after 400 updates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VANISHING_CACHE", str(tmp_path_factory.mktemp("learned")))
        return {
            name: [learn_to_translate(Translation(network=name, seed=seed)) for seed in range(3)]
            for name in NETWORKS
        }


@pytest.fixture
def run(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> TranslationRun:
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path_factory.mktemp("run")))
    return learn_to_translate(TINY)


def said(row: Tensor, language: str) -> list[str]:
    return [vocabulary(language)[token] for token in row.tolist() if token not in (END, PADDING)]


def value(words: list[str]) -> int:
    """Read an English number below 1,000, by other means than the library's."""
    small = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    ones = (small + " fifteen sixteen seventeen eighteen nineteen").split()
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    total = 0
    for word in words:
        if word == "hundred":
            total *= 100
        elif word in tens:
            total += 20 + 10 * tens.index(word)
        elif word != "and":
            total += ones.index(word)
    return total


@pytest.mark.parametrize("target", ["pt", "zh_CN", "ar"])
def test_both_sides_of_a_pair_name_the_same_numbers(target: str) -> None:
    for source, written in zip(*sentences(target, 9, 40, seed=0), strict=True):
        numbers = [value(part.split()) for part in " ".join(said(source, "en")).split(" , ")]
        expected = [word for number in numbers for word in (*tokens(number, target), ",")][:-1]
        assert said(written, target) == expected


@pytest.mark.parametrize("length", [1, 2, 7, 20])
def test_every_source_has_the_length_asked_for_and_every_target_ends(length: int) -> None:
    source, targets = sentences("pt", length, 30, seed=1)
    assert source.shape == (30, length)
    assert ((targets == END).sum(dim=1) == 1).all()
    ends = (targets == END).int().argmax(dim=1)
    for row, end in zip(targets, ends.tolist(), strict=True):
        assert (row[:end] > END).all()
        assert (row[end + 1 :] == PADDING).all()


def test_equal_arguments_give_equal_sentences_and_leave_the_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    one, other = sentences("pt", 6, 5, seed=3), sentences("pt", 6, 5, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert not torch.equal(one[0], sentences("pt", 6, 5, seed=4)[0])
    assert torch.equal(before, torch.random.get_rng_state())


def test_teacher_forcing_shows_the_words_before_and_never_the_word_itself() -> None:
    targets = torch.tensor([[5, 6, END, PADDING]])
    assert teacher_forcing(targets, 9).tolist() == [[9, 5, 6, END]]


@pytest.mark.parametrize("network", NETWORKS)
def test_equal_settings_give_equal_networks_and_leave_the_random_state_alone(network: str) -> None:
    before = torch.random.get_rng_state()
    one, other = (build_translator(Translation(network=network)) for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    different = build_translator(Translation(network=network, seed=1))
    assert not torch.equal(one.output.weight, different.output.weight)


def test_weights_are_drawn_as_pytorch_draws_them() -> None:
    net = build_translator(Translation(network="attention"))
    assert net.read.weight.std().item() == pytest.approx(1, abs=0.05)
    # a uniform distribution up to 1/√n has the variance 1/(3n)
    recurrent = net.encoder.get_parameter("weight_hh_l0")
    assert recurrent.abs().max().item() <= 64**-0.5
    assert recurrent.var().item() == pytest.approx(1 / (3 * 64), rel=0.05)
    assert net.output.weight.abs().max().item() <= 128**-0.5


@pytest.mark.parametrize("network", NETWORKS)
def test_writing_word_by_word_agrees_with_teacher_forcing_on_the_same_words(network: str) -> None:
    net = build_translator(Translation(network=network, width=16))
    source, _ = sentences("pt", 5, 4, seed=0)
    written = net.translate(source, 6)
    before = teacher_forcing(written, len(vocabulary("pt")))
    assert torch.equal(net(source, before).argmax(dim=2), written)


def test_attention_is_pytorchs_dot_product_attention_without_division() -> None:
    net = build_translator(Translation(network="attention", width=16))
    source, targets = sentences("pt", 6, 3, seed=0)
    before = teacher_forcing(targets, len(vocabulary("pt")))
    states, last = net.encoder(net.read(source))
    hidden, _ = net.decoder(net.write(before), last)
    attend = torch.nn.functional.scaled_dot_product_attention
    context = attend(hidden, states, states, scale=1.0)
    expected = net.output(torch.cat([hidden, context], dim=2))
    torch.testing.assert_close(net(source, before), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_source_gradients_agree_with_finite_differences(network: str) -> None:
    net = build_translator(Translation(network=network, width=6)).double()
    source, targets = sentences("pt", 3, 1, seed=0)
    before = teacher_forcing(targets, len(vocabulary("pt")))
    vectors, first = net.read(source).detach(), int(targets[0, 0])

    def score(token: int, unit: int, change: float) -> float:
        moved = vectors.clone()
        moved[0, token, unit] += change
        return net.score(moved, before)[0, 0, first].item()

    for token, measured in enumerate(source_gradients(net, source, targets)):
        slopes = [(score(token, u, 1e-5) - score(token, u, -1e-5)) / 2e-5 for u in range(6)]
        assert measured == pytest.approx(sum(slope**2 for slope in slopes) ** 0.5, rel=1e-5)


def test_measuring_gradients_leaves_the_network_alone() -> None:
    net = build_translator(TINY)
    with torch.no_grad():
        source_gradients(net, *sentences("pt", 4, 5, seed=0))
    assert all(parameter.grad is None for parameter in net.parameters())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_untrained_rnn_loses_the_factor_of_mean_field_theory_per_token(seed: int) -> None:
    first = first_gradients(build_translator(Translation(network="RNN", seed=seed)))
    per_token = (first[24] / first[8]) ** (1 / 16)
    assert per_token == pytest.approx(chi(1 / 3, 1 / 3 + 2 / (3 * 64)) ** 0.5, abs=0.03)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_untrained_attention_shares_its_gradient_among_the_tokens(seed: int) -> None:
    first = first_gradients(build_translator(Translation(network="attention", seed=seed)))
    assert first[24] / first[8] == pytest.approx(1 / 3, abs=0.05)


def first_gradients(net: Translator) -> dict[int, float]:
    return {n: source_gradients(net, *sentences("pt", n, 50, seed=0))[0] for n in (8, 24)}


def test_a_run_holds_what_it_promises(run: TranslationRun) -> None:
    assert run.lengths == LENGTHS
    assert run.steps == (0, 3)
    assert len(run.accuracies) == len(run.sentences) == len(run.unrelated) == len(LENGTHS)
    assert all(0 <= share <= 1 for share in (*run.accuracies, *run.sentences, *run.unrelated))
    assert run.by_length == dict(zip(LENGTHS, run.accuracies, strict=True))
    for length in LENGTHS:
        assert len(run.gradients_at(length, 0)) == length
    assert run.gradients_at(8, 2) == run.gradients_at(8, 0) != run.gradients_at(8, 400)
    assert run.examples[2].source == "two hundred and seven"
    assert run.examples[2].right == "duzentos e sete"


@pytest.mark.parametrize("step", STEPS[1:3])
def test_recorded_gradients_are_those_of_a_network_trained_so_long(
    step: int, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path_factory.mktemp("steps")))
    translation = TINY.at(updates=60)
    network = build_translator(translation)
    done = next(done for done in updates(network, translation) if done == step)
    source, targets = sentences("pt", 8, 100, seed=2**31 + 8)
    expected = source_gradients(network, source[:50], targets[:50])
    recorded = learn_to_translate(translation).gradients_at(8, done)
    assert recorded == pytest.approx(expected, rel=1e-4)


def test_reversing_hands_over_the_last_token_first() -> None:
    translation = TINY.at(reverse=True, updates=1, longest=1)
    forward, backward = build_translator(TINY), build_translator(translation)
    # a sentence of one token is its own reverse, so the first update is the same
    for net, settings in ((forward, TINY.at(updates=1, longest=1)), (backward, translation)):
        assert list(updates(net, settings)) == [0, 1]
    assert torch.equal(forward.output.weight, backward.output.weight)
    longer = [build_translator(TINY) for _ in range(2)]
    for net, reverse in zip(longer, (False, True), strict=True):
        assert list(updates(net, TINY.at(reverse=reverse))) == [0, 1, 2, 3]
    assert not torch.equal(longer[0].output.weight, longer[1].output.weight)


def test_the_rnn_falls_first_then_the_lstm_and_attention_last(
    learned: Mapping[str, list[TranslationRun]],
) -> None:
    by_length = {
        name: {length: [run.by_length[length] for run in runs] for length in LENGTHS}
        for name, runs in learned.items()
    }
    for length in (4, 8, 12, 16, 24):
        rnn, lstm, attention = (by_length[name][length] for name in NETWORKS)
        assert max(rnn) < min(lstm)
        assert max(lstm) < min(attention)
    kept = {name: median(by[12]) / median(by[4]) for name, by in by_length.items()}
    assert kept["RNN"] < 0.65
    assert kept["LSTM"] < 0.65
    assert kept["attention"] > 0.85


def test_the_trained_lstm_feels_the_first_token_and_still_fails_on_long_sentences(
    learned: Mapping[str, list[TranslationRun]],
) -> None:
    def at(length: int, step: int) -> float:
        return median(run.gradients_at(length, step)[0] for run in learned["LSTM"])

    assert at(24, 0) < 1e-3 * at(4, 0)
    assert at(24, 400) > 0.3 * at(4, 400) > 0.03
    assert median(run.by_length[4] for run in learned["LSTM"]) > 0.9
    assert median(run.by_length[24] for run in learned["LSTM"]) < 0.5


def test_shares_for_several_seeds_are_those_of_their_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANISHING_CACHE", str(tmp_path))
    found = accuracies_by_length(TINY, seeds=(1, 4))
    other = learn_to_translate(TINY.at(seed=4))
    assert [shares[1] for shares in found.values()] == list(other.accuracies)
    assert tuple(found) == LENGTHS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "GRU"}, "network must be a known name, got 'GRU'"),
        ({"target": "en"}, "target must be a language .*, and not English, got 'en': choose 'fr'"),
        ({"target": "xx"}, "target must be a language .* got 'xx': choose 'fr'"),
        ({"longest": 0}, "longest must be between 1 and 60, got 0: choose 1"),
        ({"width": 513}, "width must be between 1 and 512, got 513: choose 512"),
        ({"updates": 0}, "updates must be between 1 and 100000, got 0"),
        ({"seed": -1}, "seed must be between 0 and 2147483647, got -1"),
        ({"learning_rate": 0.0}, "learning_rate must be between 1e-09 and 1, got 0.0"),
    ],
)
def test_a_setting_out_of_bounds_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Translation(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reverse": 1}, "reverse must be True or False, got 1: write True or False"),
        ({"width": 8.0}, "width must be a whole number between 1 and 512, got 8.0: write 1"),
        (
            {"learning_rate": "fast"},
            "learning_rate must be a number between 1e-09 and 1, got 'fast'",
        ),
    ],
)
def test_a_setting_of_the_wrong_type_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Translation(**changes)


def test_what_was_not_measured_is_refused(run: TranslationRun) -> None:
    with pytest.raises(ValueError, match=r"length must be one of 2, 4, 8, .*, got 5: choose 4"):
        run.gradients_at(5, 0)
    with pytest.raises(TypeError, match=r"step must be a whole number .*, got 1\.5"):
        run.gradients_at(4, 1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="step must be between 0 and 100000, got -1"):
        run.gradients_at(4, -1)


@pytest.mark.parametrize("arguments", [("pt", 0, 5, 0), ("pt", 5, 0, 0)])
def test_sentences_refuse_what_cannot_be_made(arguments: tuple[str, int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"must be between 1 and \d+, got 0: choose 1"):
        sentences(*arguments)
