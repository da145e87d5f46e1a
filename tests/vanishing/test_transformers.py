"""The tiny Transformer is the papers' one, and it recalls what a plain RNN cannot."""

import math
from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vanishing.transformers import (
    HEADS,
    NETWORKS,
    TOKENS,
    Block,
    Recall,
    RecallRun,
    Recurrent,
    Transformer,
    _updates,
    block_gradients,
    build_reader,
    learn_to_recall,
    recall_accuracies,
    sensitivities,
)

GUESSING = 1 / TOKENS


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the tests of this file share their runs, and nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VANISHING_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def signals(width: int = 8) -> Tensor:
    return torch.randn(3, 5, width, generator=generator(1))


def disturbed_block(norm: str) -> Block:
    """Make a block whose biases and normalizations have learned something, too."""
    block = Block(8, norm, generator())
    with torch.no_grad():
        for parameter in block.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator(2))
    return block


@pytest.mark.parametrize("norm", ["Pre-LN", "Post-LN"])
def test_a_block_is_the_encoder_layer_of_pytorch(norm: str) -> None:
    block = disturbed_block(norm)
    layer = nn.TransformerEncoderLayer(
        8, HEADS, 16, dropout=0.0, batch_first=True, norm_first=norm == "Pre-LN"
    )
    pairs = {
        layer.self_attn.out_proj: block.output,
        layer.linear1: block.widen,
        layer.linear2: block.narrow,
        layer.norm1: block.norms[0],
        layer.norm2: block.norms[1],
    }
    for theirs, ours in pairs.items():
        theirs.load_state_dict(ours.state_dict())
    with torch.no_grad():
        layer.self_attn.in_proj_weight.copy_(block.projections.weight)
        layer.self_attn.in_proj_bias.copy_(block.projections.bias)
    torch.testing.assert_close(block(signals()), layer(signals()), atol=1e-5, rtol=1e-5)


def test_a_block_draws_xavier_weights_and_no_biases() -> None:
    block = Block(64, "Pre-LN", generator())
    for part in block.projections.weight.chunk(3):
        assert part.var().item() == pytest.approx(1 / 64, rel=0.1)
    assert block.narrow.weight.var().item() == pytest.approx(2 / (64 + 128), rel=0.1)
    assert not block.output.bias.any()


@pytest.mark.parametrize("network", NETWORKS)
def test_the_sensitivity_is_what_finite_differences_say(network: str) -> None:
    reader = build_reader(Recall(network=network, length=4, width=8)).double()
    tokens = torch.tensor([[3, 1, 4, 1]])
    vectors = reader.embedding(tokens).detach()

    def score(changed: Tensor) -> float:
        return reader.read(changed)[0, 3].item()

    for token, found in enumerate(sensitivities(reader, tokens)):
        slopes = []
        for entry in range(8):
            step = torch.zeros_like(vectors)
            step[0, token, entry] = 1e-5
            slopes.append((score(vectors + step) - score(vectors - step)) / 2e-5)
        assert found == pytest.approx(math.hypot(*slopes), rel=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_equal_settings_give_equal_weights_and_leave_the_random_state_alone(network: str) -> None:
    before = torch.get_rng_state()
    one, two = (build_reader(Recall(network=network, length=4)) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    for name, weight in one.state_dict().items():
        assert torch.equal(weight, two.state_dict()[name])
    other = build_reader(Recall(network=network, length=4, seed=1))
    assert not torch.equal(other.embedding.weight, one.embedding.weight)


def test_the_orthogonal_rnn_has_an_orthogonal_recurrent_matrix_only() -> None:
    reader = build_reader(Recall(network="orthogonal RNN"))
    assert isinstance(reader, Recurrent)
    weights = dict(reader.cells.named_parameters())
    recurrent = weights["weight_hh_l0"]
    torch.testing.assert_close(recurrent @ recurrent.T, torch.eye(32), atol=1e-5, rtol=0)
    assert weights["weight_ih_l0"].abs().max().item() <= 32**-0.5


def test_without_places_the_order_of_the_tokens_before_the_last_means_nothing() -> None:
    tokens = torch.tensor([[0, 1, 2, 3, 4]])
    shuffled = torch.tensor([[3, 0, 2, 1, 4]])
    blind = build_reader(Recall(length=5, positions=False))
    torch.testing.assert_close(blind(tokens), blind(shuffled))
    placed = build_reader(Recall(length=5))
    assert (placed(tokens) - placed(shuffled)).abs().max() > 0.01


def test_pre_ln_has_one_more_normalization_at_the_end() -> None:
    def final(norm: str) -> nn.Module:
        reader = build_reader(Recall(norm=norm))
        assert isinstance(reader, Transformer)
        return reader.final

    assert isinstance(final("Pre-LN"), nn.LayerNorm)
    assert isinstance(final("Post-LN"), nn.Identity)


def test_warmup_makes_the_first_update_smaller() -> None:
    def first_step(warmup: int) -> float:
        recall = Recall(length=4, updates=1, warmup=warmup)
        reader = build_reader(recall)
        before = reader.head.bias.detach().clone()
        for _ in _updates(reader, recall):
            pass
        return float((reader.head.bias.detach() - before).abs().max())

    # the first step of Adam has the size of the learning rate
    assert first_step(0) == pytest.approx(0.003, rel=1e-3)
    assert first_step(10) == pytest.approx(0.0003, rel=1e-3)


def test_a_run_records_steps_and_remembers_itself() -> None:
    recall = Recall(network="RNN", length=3, updates=30)
    run = learn_to_recall(recall)
    assert run.steps == (0, 10, 20, 30)
    assert {len(one) for one in run.sensitivities} == {3}
    assert run.accuracy == run.accuracies[-1]
    assert learn_to_recall(recall) == run
    assert run.losses[0] == pytest.approx(math.log(TOKENS), abs=1)


def test_a_run_gives_the_sensitivity_at_the_recorded_step_before() -> None:
    run = RecallRun((0, 10, 20), (2.0,) * 3, (0.1,) * 3, ((0.0,), (1.0,), (2.0,)))
    assert run.sensitivity_at(9) == (0.0,)
    assert run.sensitivity_at(10) == (1.0,)
    assert run.sensitivity_at(500) == (2.0,)
    with pytest.raises(ValueError, match="step must be between 0 and 10000, got -1"):
        run.sensitivity_at(-1)


def test_the_transformer_recalls_what_the_plain_rnn_cannot_in_each_of_three_seeds() -> None:
    assert min(recall_accuracies(Recall(length=20))) > 0.95
    assert max(recall_accuracies(Recall(length=20, network="RNN"))) < 2 * GUESSING
    assert min(recall_accuracies(Recall(length=5, network="RNN"))) > 0.95


def test_before_training_the_rnn_hardly_feels_the_first_token_and_attention_does() -> None:
    for seed in range(3):
        rnn, transformer = (
            learn_to_recall(Recall(network=name, length=20, seed=seed)).sensitivities[0]
            for name in ("RNN", "Transformer")
        )
        assert rnn[0] / rnn[-1] < 1e-3
        assert transformer[0] / transformer[1] > 0.1


def test_training_makes_the_first_token_matter_most_behind_the_last_in_the_transformer() -> None:
    for seed in range(3):
        found = learn_to_recall(Recall(length=20, seed=seed)).sensitivity_at(200)
        assert found[0] > 3 * max(found[1:-1])


def test_without_places_recalling_does_not_work() -> None:
    assert max(recall_accuracies(Recall(length=20, positions=False))) < 0.35


def test_deep_post_ln_needs_warmup_and_pre_ln_does_not() -> None:
    deep = Recall(depth=8, length=8, learning_rate=0.004, updates=60)
    assert median(recall_accuracies(deep)) > 0.95
    assert median(recall_accuracies(deep.at(norm="Post-LN"))) < 0.5
    assert median(recall_accuracies(deep.at(norm="Post-LN", warmup=30))) > 0.9


def test_in_the_last_block_pre_ln_shrinks_with_the_root_of_the_depth_and_post_ln_does_not() -> None:
    def growth(norm: str) -> float:
        shallow, deep = (block_gradients(norm, depth).medians[-1] for depth in (8, 32))
        return deep / shallow

    assert growth("Pre-LN") == pytest.approx(math.sqrt(8 / 32), rel=1 / 3)
    assert growth("Post-LN") == pytest.approx(1, rel=1 / 3)


def test_in_every_seed_the_first_block_of_deep_pre_ln_gets_more_than_the_last() -> None:
    for norms in block_gradients("Pre-LN", 16).norms:
        assert len(norms) == 16
        assert norms[0] > 1.5 * norms[-1]


def test_the_median_is_taken_over_seeds_for_each_block() -> None:
    found = block_gradients("Post-LN", 2, seeds=3)
    assert found.medians == tuple(median(one[block] for one in found.norms) for block in range(2))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"network": "LSTM"}, ValueError, "network must be a known name, got 'LSTM': choose from"),
        ({"norm": "none"}, ValueError, "norm must be a known name, got 'none': .*Pre-LN, Post-LN"),
        ({"length": 1}, ValueError, "length must be between 2 and 200, got 1: choose 2"),
        ({"length": 2.0}, TypeError, r"length must be a whole number .*, got 2.0: write 2"),
        ({"depth": 65}, ValueError, "depth must be between 1 and 64, got 65: choose 64"),
        ({"width": 33}, ValueError, "width must be a multiple of 2, .*got 33: choose 34"),
        ({"positions": 1}, TypeError, "positions must be True or False, got 1: write True"),
        (
            {"learning_rate": 0.0},
            ValueError,
            "learning_rate must be between 1e-09 .*, got 0.0: choose",
        ),
        (
            {"learning_rate": math.nan},
            ValueError,
            "learning_rate must be between 1e-09 .*, got nan",
        ),
        ({"learning_rate": "fast"}, TypeError, "learning_rate must be a number .*got 'fast'"),
        ({"warmup": -1}, ValueError, "warmup must be between 0 and 10000, got -1"),
        ({"updates": 0}, ValueError, "updates must be between 1 and 10000, got 0"),
        ({"seed": True}, TypeError, "seed must be a whole number .*, got True"),
    ],
)
def test_settings_out_of_bounds_are_refused(
    changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Recall(**changes)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(TypeError, match="Recall has no field 'heads': choose from network"):
        Recall().at(heads=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none", 4, 5), "norm must be a known name, got 'none'"),
        (("Pre-LN", 0, 5), "depth must be between 1 and 64, got 0"),
        (("Pre-LN", 4, 0), "seeds must be between 1 and 100, got 0"),
    ],
)
def test_block_gradients_out_of_bounds_are_refused(
    arguments: tuple[str, int, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        block_gradients(*arguments)
