"""Looks inside networks that learn: what is kept is what PyTorch computes at that step."""

import pytest
import torch

from vanishing import Experiment, build_network, load_digits
from vanishing.recurrence import Recurrence, RecurrentNetwork
from vanishing.snapshots import (
    Maps,
    _attention,
    _forget_gates,
    watch_attention,
    watch_gates,
    watch_sums,
    watch_words,
)
from vanishing.transformers import Recall, Transformer, build_reader
from vanishing.translation import Translation

pytestmark = pytest.mark.usefixtures("computed_here", "own_cache")

SMALL = Experiment(
    activation="tanh", depth=2, width=4, learning_rate=0.1, batch_size=1500, epochs=2
)


def test_the_sums_of_a_layer_are_counted_before_its_activation() -> None:
    found = watch_sums(SMALL, 2)
    assert found.steps == (0, 1, 2)
    network, digits = build_network(SMALL), load_digits()
    with torch.no_grad():
        hidden = network.branch(0, digits.train_inputs)
        sums = network.get_submodule(network.hidden[1])(hidden)
    inside = ((sums >= 0) & (sums < 0.5)).double().mean().item()
    assert found.at(0)[32] == pytest.approx(inside, abs=1e-4)
    assert sum(found.at(2)) == pytest.approx(1, abs=4e-3)


def test_attention_weights_are_averages_that_add_up_to_one() -> None:
    found = watch_attention(Recall(length=4, width=4, updates=2))
    assert found.steps == (0, 1, 2)
    assert all(sum(row) == pytest.approx(1, abs=1e-3) for row in found.at(1))
    assert found.at(0) != found.at(2)


def test_attention_weights_give_what_the_block_mixes() -> None:
    recall = Recall(length=3, width=4)
    network = build_reader(recall)
    assert isinstance(network, Transformer)
    block = network.blocks[0]
    with torch.no_grad():
        for parameter in (block.projections.weight, block.projections.bias):  # type: ignore[union-attr]
            parameter[:8] = 0  # equal scores: every position is looked at equally
    assert _attention(network, torch.tensor([[0, 1, 2]])).flatten().tolist() == pytest.approx(
        [1 / 3] * 9
    )


def test_gates_are_those_with_which_pytorch_s_cell_goes_on() -> None:
    recurrence = Recurrence(unit="LSTM", width=3, length=4, gate_bias=2.0)
    network = RecurrentNetwork(recurrence)
    inputs = torch.rand(1, 4, 2)
    gates = _forget_gates(network, inputs)
    assert gates.shape == (3, 4)
    layer = network.layer
    first = inputs[:, 0] @ layer.weight_ih_l0.T + layer.bias_ih_l0 + layer.bias_hh_l0  # type: ignore[operator]
    assert gates[:, 0].tolist() == pytest.approx(first[0, 3:6].sigmoid().tolist())


def test_gates_are_sorted_by_their_mean_at_the_end() -> None:
    found = watch_gates(Recurrence(unit="LSTM", width=4, length=6), most=2)
    means = [sum(row) for row in found.maps.at(2)]
    assert means == sorted(means)
    assert len(found.marks) == 2
    assert found.maps.steps == (0, 1, 2)


def test_every_word_of_the_sentence_has_its_gradient() -> None:
    found = watch_words(Translation(network="attention", updates=1, width=4))
    assert found.words[:4] == ("sixty", "four", ",", "seven")
    assert found.steps == (0, 1)
    assert len(found.at(1)) == len(found.words)
    assert min(found.at(0)) > 0


def test_what_has_no_gate_no_attention_or_no_such_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="the unit must be an LSTM, got GRU: write unit='LSTM'"):
        watch_gates(Recurrence(unit="GRU"))
    with pytest.raises(ValueError, match="the network must be a Transformer, got RNN"):
        watch_attention(Recall(network="RNN"))
    with pytest.raises(ValueError, match="layer must be between 1 and 2, got 3"):
        watch_sums(SMALL, 3)


def test_a_table_is_that_of_the_nearest_step_before() -> None:
    maps = Maps((0, 10), (((0.0,),), ((1.0,),)))
    assert (maps.at(9), maps.at(10), maps.at(99)) == (((0.0,),), ((1.0,),), ((1.0,),))
    with pytest.raises(ValueError, match="step must be between 0 and 100000, got -1"):
        maps.at(-1)
