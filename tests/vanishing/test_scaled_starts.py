"""Weights that start too large end in NaN, unless something takes their size back."""

import pytest

from vanishing import RELU, train
from vanishing.scaled_starts import train_scaled

SHORT = RELU.at(depth=4, learning_rate=0.1, epochs=1)


def test_a_start_that_is_far_too_large_ends_in_nan() -> None:
    ending = train_scaled(SHORT, 30.0)
    assert not ending.finite
    assert ending.accuracy == 0


def test_batch_normalization_takes_the_scale_of_the_weights_back() -> None:
    one = SHORT.at(normalization="batch")
    assert train_scaled(one, 30.0).finite
    assert train_scaled(one, 30.0).accuracy > 0.3


def test_a_scale_of_one_trains_as_train_does() -> None:
    assert train_scaled(SHORT, 1.0).accuracy == train(SHORT).accuracies[-1]


def test_a_scale_out_of_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="weight_scale must be"):
        train_scaled(SHORT, 0.0)
