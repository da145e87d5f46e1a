"""What the papers predict for the gradient's way back, to hold the measurements against.

Going back through one layer multiplies the squared norm of the signal's gradient by
n · Var[w] · E[φ′(z)²], for n units with weights of variance Var[w] and the activation φ
(Glorot & Bengio 2010, eq. 6; He et al. 2015, eq. 14).
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Hold the squared gradient norm's predicted factor per layer, going back, and its source.

    A measurement may differ by ``tolerance``, absolute, at a width of 512; where ``is_bound`` is
    true, it may also lie anywhere from 0 up to the predicted value.
    """

    activation: str
    init: str
    ratio: float
    tolerance: float
    source: str
    is_bound: bool = False

    def agrees_with(self, measured: float) -> bool:
        """Tell whether a measured ratio is what is predicted."""
        if self.is_bound:
            return 0 < measured <= self.ratio + self.tolerance
        return abs(measured - self.ratio) <= self.tolerance


def weight_variance(init: str, inputs: int) -> float:
    """Return the variance of the weights of a square layer with that many inputs.

    Sources: "default", U(-1/√n, 1/√n): Glorot & Bengio 2010, eq. 1 and 15; "xavier": ibid., eq. 16;
    "he": He et al. 2015, eq. 10; "orthogonal": Saxe et al. 2014, rows of length 1.
    Raises ``ValueError`` for another init.
    """
    factors = {"default": 1 / 3, "xavier": 1.0, "he": 2.0, "orthogonal": 1.0}
    if init not in factors:
        known = ", ".join(factors)
        raise ValueError(f"init must be a known name, got {init!r}: choose from {known}")
    return factors[init] / inputs


def mean_squared_slope(activation: str) -> float:
    """Return E[φ′(z)²] at a start centred on zero: exact for linear units and ReLU, else a bound.

    Sources: ReLU lets half of the signals through: He et al. 2015, below eq. 13; σ′ ≤ 1/4 and
    tanh′ ≤ 1 by σ′ = σ(1 - σ) and tanh′ = 1 - tanh².
    Raises ``ValueError`` for another activation.
    """
    slopes = {"identity": 1.0, "relu": 1 / 2, "tanh": 1.0, "sigmoid": 1 / 16}
    if activation not in slopes:
        known = ", ".join(slopes)
        raise ValueError(f"activation must be a known name, got {activation!r}: one of {known}")
    return slopes[activation]


def backward_ratio(activation: str, init: str) -> float:
    """Return the squared gradient norm's factor per layer, going back through square layers.

    Source: He et al. 2015, eq. 14. For tanh and sigmoid this is a bound.
    """
    return weight_variance(init, inputs=1) * mean_squared_slope(activation)


def batch_normalized_relu_ratio() -> float:
    """Return the factor per layer with batch normalization and ReLU: π/(π - 1), an explosion.

    Source: Yang et al. 2019, "A mean field theory of batch normalization", section 3.2.
    """
    return math.pi / (math.pi - 1)


def gaussian_lyapunov_exponents(width: int) -> tuple[float, ...]:
    """Return the rates, in nats per factor, at which a product of Gaussian matrices stretches.

    The i-th singular value of m independent matrices with entries of variance 1/width grows like
    exp(m λᵢ), with λᵢ = ½ (ψ((n - i + 1)/2) + ln(2/n)), the largest first. Each rate holds for
    m → ∞; their mean is the expected mean logarithm per factor for every m.
    Source: Newman 1986, "The distribution of Lyapunov exponents: exact results for random
    matrices". Raises ``ValueError`` for a width below 1.
    """
    if width < 1:
        raise ValueError(f"width must be at least 1, got {width}: choose 64")
    digammas = [_digamma_of_half(degrees) for degrees in range(width, 0, -1)]
    return tuple(0.5 * (digamma + math.log(2 / width)) for digamma in digammas)


def _digamma_of_half(degrees: int) -> float:
    """Return ψ(degrees/2), for a whole number from 1 on, by ψ(x + 1) = ψ(x) + 1/x."""
    euler = 0.5772156649015329
    start = 1 if degrees % 2 else 2
    value = -euler - (2 * math.log(2) if start == 1 else 0.0)
    return value + sum(2 / degree for degree in range(start, degrees, 2))


_GLOROT = "Glorot & Bengio 2010, eq. 6"
_HE = "He et al. 2015, eq. 14"


def _prediction(
    activation: str, init: str, tolerance: float, source: str, *, is_bound: bool = False
) -> Prediction:
    return Prediction(
        activation=activation,
        init=init,
        ratio=backward_ratio(activation, init),
        tolerance=tolerance,
        source=source,
        is_bound=is_bound,
    )


PREDICTIONS = (
    _prediction("identity", "xavier", 0.01, f"{_GLOROT} and 16"),
    _prediction("tanh", "default", 0.01, f"{_GLOROT} and 15: tanh is linear near zero"),
    _prediction("relu", "he", 0.02, _HE),
    _prediction("relu", "xavier", 0.02, _HE),
    _prediction("relu", "default", 0.005, f"{_HE}, with PyTorch's U(-1/√n, 1/√n)"),
    _prediction("sigmoid", "default", 0.0, _GLOROT, is_bound=True),
    _prediction("sigmoid", "xavier", 0.0, _GLOROT, is_bound=True),
    _prediction("identity", "orthogonal", 1e-6, "Saxe et al. 2014, section 3: an isometry"),
)
