"""The small language model is a causal Transformer, and each repair does what it is said to do."""

import math
from itertools import islice
from typing import Any

import pytest
import torch
from torch import nn

from vanishing.language_models import (
    BATCH,
    HEAD,
    LENGTH,
    Block,
    LanguageModel,
    LanguageRun,
    Writer,
    _groups,
    _texts,
    alphabet,
    best_loss,
    final_losses,
    frequency_loss,
    largest,
    learn_to_write,
    stream,
)
from vanishing.number_words import spell

pytestmark = pytest.mark.usefixtures("computed_here", "own_cache")

QUICK = LanguageModel(blocks=1, width=16, updates=12, learning_rate=0.01)


def tokens(text: str) -> torch.Tensor:
    return torch.tensor([[alphabet().index(letter) for letter in text]])


def test_the_text_is_made_of_numbers_in_words_and_each_target_is_the_next_letter() -> None:
    inputs, targets = next(_texts(0, BATCH))
    assert inputs.shape == targets.shape == (BATCH, LENGTH)
    assert torch.equal(inputs[:, 1:], targets[:, :-1])
    letters = torch.cat([inputs, targets[:, -1:]], dim=1).flatten()
    words = "".join(alphabet()[letter] for letter in letters).split(", ")[1:-1]
    assert len(words) >= 5
    assert set(words) <= {spell(number, "en") for number in range(1000)}


def test_texts_go_on_and_depend_on_the_seed_alone() -> None:
    first, second = islice(_texts(1, 2), 2)
    assert not torch.equal(first[0], second[0])
    assert torch.equal(next(_texts(1, 2))[0], first[0])
    assert not torch.equal(next(_texts(2, 2))[0], first[0])


def test_no_model_can_be_better_than_the_numbers_are_random() -> None:
    letters = sum(len(spell(number, "en")) + 2 for number in range(1000)) / 1000
    assert best_loss() == pytest.approx(math.log(1000) / letters)
    assert best_loss() < frequency_loss() < math.log(len(alphabet()))


@pytest.mark.parametrize("order", ["Pre-LN", "Post-LN", "DeepNorm"])
def test_a_letter_sees_nothing_of_what_follows(order: str) -> None:
    writer = Writer(QUICK.at(order=order, blocks=2))
    one, other = writer(tokens("one, two")), writer(tokens("one, six"))
    torch.testing.assert_close(one[:, :5], other[:, :5])
    assert not torch.allclose(one[:, 5:], other[:, 5:])


def test_the_attention_is_pytorchs() -> None:
    block = Block(LanguageModel(width=48), torch.Generator().manual_seed(0))
    signal = torch.randn(2, 7, 48, generator=torch.Generator().manual_seed(1))
    maps = block.queries, block.keys, block.values
    split = [one(signal).view(2, 7, 3, HEAD).transpose(1, 2) for one in maps]
    mixed = nn.functional.scaled_dot_product_attention(*split, is_causal=True)
    expected = block.mix(mixed.transpose(1, 2).reshape(2, 7, 48))
    torch.testing.assert_close(block.attend(signal), expected, atol=1e-5, rtol=1e-4)


def test_normalized_queries_and_keys_bound_the_scores_whatever_the_weights() -> None:
    block = Block(LanguageModel(query_key_norm=True), torch.Generator().manual_seed(0)).eval()
    with torch.no_grad():
        for weight in (block.queries.weight, block.keys.weight):
            weight.mul_(1000)
        block.attend(torch.randn(2, LENGTH, 32, generator=torch.Generator().manual_seed(1)))
    assert 2 < block.largest_score <= math.sqrt(HEAD) + 1e-4


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({}, 1.0),
        ({"branch": "GPT-2"}, 1 / math.sqrt(8)),
        ({"branch_scale": 0.5}, 0.5),
        ({"order": "DeepNorm"}, 32**-0.25),
    ],
)
def test_the_last_matrix_of_a_branch_starts_as_large_as_it_should(
    changes: dict[str, Any], factor: float
) -> None:
    model = LanguageModel(blocks=4, width=64, **changes)
    block = Block(model, torch.Generator().manual_seed(0))
    assert block.mix.weight.std().item() == pytest.approx(factor / 8, rel=0.05)
    assert block.narrow.weight.std().item() == pytest.approx(factor / 16, rel=0.05)
    assert block.queries.weight.std().item() == pytest.approx(1 / 8, rel=0.05)


def test_a_scale_of_zero_leaves_the_stream_and_its_gradient_as_they_are() -> None:
    found = stream(QUICK.at(blocks=3, branch_scale=0.0))
    assert found.signal == pytest.approx([found.signal[0]] * 4)
    assert found.gradient == pytest.approx([1.0] * 4)


def test_layer_scale_makes_small_branches_that_learn() -> None:
    model = QUICK.at(branch="LayerScale", blocks=4)
    plain, scaled = stream(QUICK.at(blocks=4)), stream(model)
    added = [found.signal[-1] / found.signal[0] - 1 for found in (plain, scaled)]
    assert added[1] == pytest.approx(added[0] / 100, rel=0.5)
    assert dict(Writer(model).named_parameters())["blocks.0.scales"].requires_grad


def test_the_plain_stream_grows_like_a_sum_and_gpt_2s_does_not_grow_with_the_depth() -> None:
    def growth(branch: str, blocks: int) -> float:
        found = stream(LanguageModel(blocks=blocks, branch=branch))
        return found.signal[-1] / found.signal[0]

    assert growth("plain", 32) / growth("plain", 8) == pytest.approx(4, rel=0.35)
    assert growth("GPT-2", 32) == pytest.approx(growth("GPT-2", 8), rel=0.1)


def test_an_output_that_starts_at_zero_finds_every_letter_equally_likely() -> None:
    found = stream(QUICK.at(mup=True))
    assert found.loss == pytest.approx(math.log(len(alphabet())))
    assert set(found.gradient) == {0.0}


def test_mup_slows_the_matrices_that_grow_on_both_sides_and_the_output() -> None:
    model = LanguageModel(width=128, blocks=1, mup=True, learning_rate=0.01)
    writer = Writer(model)
    slow, usual = _groups(writer, model)
    assert (slow["lr"], usual["lr"]) == (0.01 / 4, 0.01)
    assert len(slow["params"]) == 7
    together = {id(weight) for group in (slow, usual) for weight in group["params"]}
    assert together == {id(weight) for weight in writer.parameters()}


def test_a_run_learns_keeps_its_numbers_and_writes_letters() -> None:
    run = learn_to_write(QUICK.at(updates=60, width=32))
    assert run.steps == (0, 10, 20, 50, 60)
    assert len(run.gradient_norms) == len(run.training_losses) == 60
    assert run.loss == run.losses[-1] < 2.0 < run.losses[0]
    assert run.loss_at(19) == run.losses[1]
    assert set(run.text) <= set(alphabet())
    assert len(run.text) == 60


def test_warmup_makes_the_first_updates_smaller() -> None:
    usual, warm = learn_to_write(QUICK), learn_to_write(QUICK.at(warmup=1000))
    assert usual.losses[0] == warm.losses[0]
    assert warm.loss - warm.losses[0] > 0.1 * (usual.loss - usual.losses[0])


def test_a_bad_update_differs_in_that_update_and_behind_it_only() -> None:
    good, bad = learn_to_write(QUICK), learn_to_write(QUICK.at(bad_update=5))
    assert good.training_losses[:4] == bad.training_losses[:4]
    assert bad.training_losses[4] != good.training_losses[4]
    assert good.loss != bad.loss


def test_clipping_reports_the_norm_before_it() -> None:
    usual, clipped = learn_to_write(QUICK), learn_to_write(QUICK.at(clip_norm=1e-3))
    assert usual.gradient_norms[0] == clipped.gradient_norms[0] > 0.1


def test_rounded_weights_hardly_move_under_tiny_updates() -> None:
    def moved(low_precision: bool) -> float:
        run = learn_to_write(QUICK.at(learning_rate=1e-5, low_precision=low_precision))
        # the first update also rounds the start
        return abs(run.losses[2] - run.losses[1])

    assert moved(low_precision=True) < 0.3 * moved(low_precision=False)


def test_a_model_that_breaks_is_a_result() -> None:
    run = learn_to_write(QUICK.at(learning_rate=10.0, updates=30, order="Pre-LN", width=32))
    assert len(run.losses) == len(run.steps)
    assert not run.loss < 2


def test_scores_that_are_no_numbers_are_not_hidden_by_others() -> None:
    assert math.isnan(largest(3.0, math.nan, 1.0))
    assert largest(1.0, 3.0) == 3.0


def test_seeds_give_one_loss_each() -> None:
    losses = final_losses(QUICK, seeds=(0, 1))
    assert losses[0] != losses[1]
    assert losses[1] == learn_to_write(QUICK.at(seed=1)).loss


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"width": 40}, ValueError, "width must be a multiple of 16, .*got 40: choose 48"),
        ({"blocks": 129}, ValueError, "blocks must be between 1 and 128, got 129: choose 128"),
        ({"order": "pre"}, ValueError, "order must be a known name, got 'pre': choose from Pre-LN"),
        ({"branch": 1}, TypeError, "branch must be a string, got 1: choose from plain, GPT-2"),
        ({"branch_scale": -1.0}, ValueError, "branch_scale must be between 0 and 100, got -1.0"),
        ({"clip_norm": 0.0}, ValueError, "clip_norm must be between 1e-09 and .*, got 0.0"),
        ({"bad_update": -1}, ValueError, "bad_update must be between 0 and .*choose 0 for none"),
        ({"mup": None}, TypeError, "mup must be True or False, got None: write True or False"),
    ],
)
def test_settings_out_of_bounds_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        LanguageModel(**changes)


def test_a_step_below_zero_has_no_loss() -> None:
    run = LanguageRun((0, 1), (3.0, 2.0), (3.0,), (1.0,), 2.0, "one")
    with pytest.raises(ValueError, match="step must be between 0 and 10000, got -1"):
        run.loss_at(-1)
