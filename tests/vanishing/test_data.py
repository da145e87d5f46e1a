"""The digits are real, standardised, and split always the same way."""

import random

import numpy
import sklearn.datasets
import torch

from vanishing.data import load_digits


def test_there_are_1500_digits_to_train_on_and_297_to_test_on() -> None:
    digits = load_digits()
    assert digits.train_inputs.shape == (1500, 64)
    assert digits.test_inputs.shape == (297, 64)
    assert digits.train_targets.shape == (1500,)
    assert digits.test_targets.shape == (297,)
    assert digits.train_inputs.dtype == torch.float32
    assert digits.train_targets.dtype == torch.int64


def test_every_digit_of_scikit_learn_is_used_exactly_once() -> None:
    images, targets = sklearn.datasets.load_digits(return_X_y=True)
    digits = load_digits()
    inputs = torch.cat([digits.train_inputs, digits.test_inputs]).numpy()
    both = torch.cat([digits.train_targets, digits.test_targets]).numpy()
    assert len(numpy.unique(inputs, axis=0)) == len(numpy.unique(images, axis=0))
    assert numpy.bincount(both).tolist() == numpy.bincount(targets).tolist()


def test_each_pixel_is_standardised_and_a_constant_one_is_zero() -> None:
    inputs = load_digits().train_inputs
    deviations = inputs.std(dim=0, correction=0)
    constant = deviations == 0
    assert 0 < constant.sum() < 10
    assert torch.all(inputs[:, constant] == 0)
    torch.testing.assert_close(deviations[~constant], torch.ones(int((~constant).sum())))
    torch.testing.assert_close(inputs.mean(dim=0), torch.zeros(64), atol=1e-5, rtol=0)


def test_the_test_digits_are_finite_though_a_training_pixel_is_constant() -> None:
    assert torch.isfinite(load_digits().test_inputs).all()


def test_the_split_is_mixed_and_does_not_depend_on_the_random_state() -> None:
    first = load_digits()
    random.seed(5)
    numpy.random.seed(5)
    torch.manual_seed(5)
    assert torch.equal(first.train_targets, load_digits().train_targets)
    assert first.test_targets.bincount(minlength=10).min() >= 20


def test_what_a_caller_does_to_the_tensors_does_not_reach_the_next() -> None:
    load_digits().train_inputs.zero_()
    assert load_digits().train_inputs.abs().sum() > 0
