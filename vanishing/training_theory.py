"""What follows from the rules of optimizers, convolutions and large models, beside measurements.

``TRAINING_PREDICTIONS`` lists every statement that ``vanishing.training_measurements`` measures.
"""

import math

from vanishing import bounds
from vanishing.theory import (
    Prediction,
    Source,
    batch_normalized_relu_ratio,
    layer_normalized_relu_ratio,
)

_KINGMA, _HE = "Kingma & Ba 2015", "He et al. 2015"
_RATE = bounds.real(1e-9, 100.0)
_DECAY = bounds.real(0.0, 0.999999)
_WIDTH = bounds.whole(1, 100_000)


@bounds.checked(momentum=_DECAY)
def momentum_limit(momentum: float) -> float:
    """Return by what momentum multiplies the step of a constant gradient in the end: 1/(1 − β).

    It is the sum of the geometric series of all earlier steps.
    """
    return 1 / (1 - momentum)


@bounds.checked(gradient=bounds.real(0.0, 1e9), epsilon=bounds.real(1e-300, 1.0))
def adam_step(gradient: float, epsilon: float = 1e-8) -> float:
    """Return Adam's step for a constant gradient, in learning rates: |g| / (|g| + ε).

    Both corrected averages of a constant gradient are exact: g and g². Source: Kingma & Ba 2015,
    algorithm 1.
    """
    return gradient / (gradient + epsilon)


@bounds.checked(mean=_DECAY, square=_DECAY)
def adam_rare_step(mean: float = 0.9, square: float = 0.999) -> float:
    """Return Adam's step, in learning rates, when a gradient comes after a long time of zeros.

    It is (1 − β₁) / √(1 − β₂), the largest step that Adam takes. Source: Kingma & Ba 2015, section
    2.1.
    """
    return (1 - mean) / math.sqrt(1 - square)


@bounds.checked(rate=_RATE, inputs=_WIDTH)
def adam_first_update(rate: float, inputs: int) -> float:
    """Return the norm of Adam's first update of a layer, divided by that of its weights.

    Every weight moves by the learning rate, and weights from U(±1/√n) have a root mean square of
    1/√(3n), so this is rate · √(3n), as long as the gradient is far above ε.
    """
    return rate * math.sqrt(3 * inputs)


@bounds.checked(width=_WIDTH)
def largest_normalized_score(width: int) -> float:
    """Return the largest score of a query and a key of mean square 1: d/√d = √d.

    Their lengths are √d each, so their product is at most d (Cauchy and Schwarz). Source: Henry et
    al. 2020, who normalize both.
    """
    return math.sqrt(width)


@bounds.checked(mantissa_bits=bounds.whole(1, 52))
def smallest_change_of_one(mantissa_bits: int) -> float:
    """Return the smallest power of 2 that can be added to 1 without being rounded away.

    It is the distance from 1 to the next number; half of it lies in the middle and is rounded to
    the even neighbour, which is 1.
    """
    return 2.0**-mantissa_bits


@bounds.checked(score=bounds.real(-700, 700))
def squared_error_gradient(score: float) -> float:
    """Return the size of the gradient of half the squared error of a sigmoid whose answer is 1.

    It is (1 − p) · p · (1 − p), with the probability p = σ(score) and its slope p · (1 − p).
    """
    likely = 1 / (1 + math.exp(-score))
    return (1 - likely) ** 2 * likely


@bounds.checked(classes=bounds.whole(2, 1_000_000), variance=bounds.real(0, 1))
def first_loss(classes: int, variance: float) -> float:
    """Return about the mean cross-entropy of independent normal scores: ln C + v/2 · (1 − 1/C).

    The logarithm of the mean of exp(score) is expanded up to the second order in the scores.
    """
    return math.log(classes) + variance / 2 * (1 - 1 / classes)


@bounds.checked(kernel=bounds.whole(1, 99))
def forgotten_fan_in(kernel: int) -> float:
    """Return the squared gradient norm's factor per layer with the variance 2/channels: kernel².

    A layer has channels · kernel² inputs; 2 divided by their number would give 1. Derived from He
    et al. 2015, whose n is the same number.
    """
    return float(kernel**2)


@bounds.checked(side=bounds.whole(1, 10_000, more="8"))
def zero_padding_factor(side: int) -> float:
    """Return the mean square's factor per layer of 3 × 3 filters with zeros around the image.

    With He initialization, the mean square at a position becomes the average over its window, in
    which the zeros count. On a line of n positions this average has the largest eigenvalue
    (1 + 2·cos(π/(n + 1)))/3, on a square its square. Derived from Xiao et al. 2018, whose average
    has no border.
    """
    return ((1 + 2 * math.cos(math.pi / (side + 1))) / 3) ** 2


@bounds.checked(factor=bounds.real(0, 1), steps=bounds.whole(0, 1_000_000))
def linear_memory(factor: float, steps: int) -> float:
    """Return the derivative of the last state of h = λ·h + u with respect to an earlier one: λ^T.

    It holds for all inputs. Source: the definition; Orvieto et al. 2023 choose |λ| for its sake.
    """
    return factor**steps


TRAINING_PREDICTIONS = (
    Prediction(
        key="starts/rank",
        value=1,
        tolerance=0,
        source=Source(derived=True),
    ),
    Prediction(
        key="starts/squared-error",
        value=squared_error_gradient(-8),
        tolerance=1e-9,
        source=Source(derived=True),
    ),
    Prediction(
        key="starts/scale-free",
        value=10,
        tolerance=0.01,
        source=Source("van Laarhoven 2017", derived=True),
    ),
    Prediction(
        key="starts/first-loss",
        value=first_loss(10, 0.25),
        tolerance=0.01,
        source=Source(derived=True),
    ),
    Prediction(
        key="memory/linear",
        value=linear_memory(0.99, 1000),
        tolerance=1e-9 * linear_memory(0.99, 1000),
        source=Source("Orvieto et al. 2023", derived=True),
    ),
    Prediction(
        key="optimizers/momentum-limit",
        value=momentum_limit(0.9),
        tolerance=1e-4,
        source=Source("Polyak 1964", derived=True),
    ),
    Prediction(
        key="optimizers/adam-small",
        value=adam_step(1e-8),
        tolerance=1e-6,
        source=Source(_KINGMA, derived=True),
    ),
    Prediction(
        key="optimizers/adam-rare",
        value=adam_rare_step(),
        tolerance=0.001,
        source=Source(_KINGMA),
    ),
    Prediction(
        key="optimizers/adam-first",
        value=adam_first_update(0.01, 64),
        tolerance=0.004,
        source=Source(_KINGMA, derived=True),
    ),
    Prediction(
        key="convolutions/forgotten",
        value=forgotten_fan_in(3),
        tolerance=0.3,
        source=Source(_HE, "12", derived=True),
    ),
    Prediction(
        key="convolutions/zeros",
        value=zero_padding_factor(8),
        tolerance=0.03,
        source=Source("Xiao et al. 2018", derived=True),
    ),
    Prediction(
        key="convolutions/batch",
        value=batch_normalized_relu_ratio(),
        tolerance=0.02,
        source=Source("Yang et al. 2019"),
    ),
    Prediction(
        key="convolutions/group",
        value=layer_normalized_relu_ratio(),
        tolerance=0.06,
        source=Source(_HE, "8, 12", derived=True),
    ),
    Prediction(
        key="language/zero-head",
        value=math.log(22),
        tolerance=1e-5,
        source=Source(derived=True),
    ),
    Prediction(
        key="language/feed-forward",
        value=0.5,
        tolerance=0.03,
        source=Source(_HE, "8", derived=True),
    ),
    Prediction(
        key="language/deep-stream",
        value=1.0,
        tolerance=0.08,
        source=Source("Radford et al. 2019", derived=True),
    ),
    Prediction(
        key="language/largest-score",
        value=largest_normalized_score(16),
        tolerance=1e-4,
        source=Source("Henry et al. 2020", derived=True),
        is_bound=True,
    ),
    Prediction(
        key="language/bfloat16",
        value=smallest_change_of_one(7),
        tolerance=0,
        source=Source("Kalamkar et al. 2019", derived=True),
    ),
)
