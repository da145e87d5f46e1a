"""Real data that needs no download: the scanned digits that come with scikit-learn."""

from dataclasses import dataclass
from functools import lru_cache

import numpy
import sklearn.datasets
import torch
from torch import Tensor

TRAINING_SIZE = 1500


@dataclass(frozen=True, eq=False)
class Digits:
    """Hold 1,500 training and 297 test digits, 64 pixels each, as tensors.

    Inputs have the shape (number, 64) and dtype float32, targets (number,) and int64, 0 to 9.
    """

    train_inputs: Tensor
    train_targets: Tensor
    test_inputs: Tensor
    test_targets: Tensor


def load_digits() -> Digits:
    """Load the digits, split always the same way, each pixel standardised on the training part.

    A pixel that is constant there is 0 everywhere. Source: ``sklearn.datasets.load_digits``, the
    test part of UCI's "Optical Recognition of Handwritten Digits" (Alpaydin & Kaynak 1998).
    The tensors are the caller's own.
    """
    return Digits(*(torch.from_numpy(array.copy()) for array in _arrays()))


@lru_cache(maxsize=1)
def _arrays() -> tuple[numpy.ndarray, ...]:
    images, targets = sklearn.datasets.load_digits(return_X_y=True)
    order = numpy.random.RandomState(0).permutation(len(images))
    train, test = order[:TRAINING_SIZE], order[TRAINING_SIZE:]
    mean, deviation = images[train].mean(axis=0), images[train].std(axis=0)
    scale = numpy.divide(1.0, deviation, out=numpy.zeros_like(deviation), where=deviation > 0)
    inputs = ((images - mean) * scale).astype(numpy.float32)
    targets = targets.astype(numpy.int64)
    return inputs[train], targets[train], inputs[test], targets[test]
