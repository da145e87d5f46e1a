"""What the papers predict for the gradient's way back, to hold the measurements against.

Going back through one layer multiplies the squared norm of the signal's gradient by
n · Var[w] · E[φ′(z)²], for n units with weights of variance Var[w] and the activation φ: this is χ₁
of Schoenholz et al. 2017. Special cases are Glorot & Bengio 2010, eq. 6, with a slope of 1, and He
et al. 2015, eq. 12, for ReLU, whose eq. 14 sets it to 1. ``PREDICTIONS`` lists every statement that
``vanishing.measurements`` measures.

Each tolerance holds for the width, depth, batch and seeds that are stated there. Where weights are
drawn, it is three to eight standard errors of that measurement, estimated from 25 seeds: wide
enough for other seeds, too narrow for a wrong law.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy
from scipy.optimize import brentq  # type: ignore[import-untyped]
from scipy.special import digamma  # type: ignore[import-untyped]

from vanishing import bounds


@dataclass(frozen=True)
class Source:
    """Name where a statement stands: the paper or standard, and the numbers of its equations.

    ``derived`` says that the number is calculated from what the paper states, or, without a paper,
    from the definition alone.
    """

    paper: str = ""
    equations: str = ""
    derived: bool = False


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """Hold a predicted number and its source; ``key`` is "group/what is measured".

    A measurement may differ by ``tolerance``, absolute; where ``is_bound`` is true, it may also lie
    anywhere between 0 and the predicted value.
    """

    key: str
    value: float
    tolerance: float
    source: Source
    is_bound: bool = False

    @property
    def group(self) -> str:
        """Return the part of the key that several predictions share: "layers", "slopes", …"""
        return self.key.partition("/")[0]

    def agrees_with(self, measured: float) -> bool:
        """Tell whether a measured number is what is predicted; NaN never is."""
        if self.is_bound:
            return 0 < measured <= self.value + self.tolerance
        return abs(measured - self.value) <= self.tolerance


_INITS = {"default": 1 / 3, "xavier": 1.0, "he": 2.0, "orthogonal": 1.0}
_SQUARED_SLOPES = {"identity": 1.0, "relu": 1 / 2, "tanh": 1.0, "sigmoid": 1 / 16, "silu": 1 / 4}
_SLOPES = ("sigmoid", "tanh", "relu", "gelu", "silu", "selu")
_STEPS = bounds.whole(0, 1_000_000)
_BLOCKS = bounds.whole(0, 1000)
_VARIANCE = bounds.real(0, 1000)


@bounds.checked(init=bounds.choice(_INITS), inputs=bounds.whole(1, 10**9))
def weight_variance(init: str, inputs: int) -> float:
    """Return the variance of the weights of a square layer with that many inputs.

    Sources: "default", U(-1/√n, 1/√n): Glorot & Bengio 2010, eq. 1 and 15; "xavier": ibid., eq. 16;
    "he": He et al. 2015, eq. 10; "orthogonal": Saxe et al. 2014, rows of length 1.
    Raises ``ValueError`` for another init.
    """
    return _INITS[init] / inputs


@bounds.checked(activation=bounds.choice(_SQUARED_SLOPES))
def mean_squared_slope(activation: str) -> float:
    """Return E[φ′(z)²] at a start centred on zero: exact for linear units and ReLU.

    For tanh and sigmoid it is a bound, for SiLU the value of small pre-activations: σ(0)².
    Sources: ReLU lets half of the signals through: He et al. 2015, section 2.2; σ′ ≤ 1/4 and
    tanh′ ≤ 1 by σ′ = σ(1 - σ) and tanh′ = 1 - tanh².
    Raises ``ValueError`` for another activation.
    """
    return _SQUARED_SLOPES[activation]


@bounds.checked(activation=bounds.choice(_SQUARED_SLOPES), init=bounds.choice(_INITS))
def backward_ratio(activation: str, init: str) -> float:
    """Return the squared gradient norm's factor per layer, going back through square layers.

    Sources: He et al. 2015, eq. 12, for ReLU; Schoenholz et al. 2017 for any slope. For tanh and
    sigmoid this is a bound; for SiLU it holds while the pre-activations are small.
    """
    return weight_variance(init, inputs=1) * mean_squared_slope(activation)


def batch_normalized_relu_ratio() -> float:
    """Return the factor per layer with batch normalization and ReLU: π/(π - 1), an explosion.

    For wide layers without residual connections, at random initialization, and for large batches.
    Source: Yang et al. 2019, "A mean field theory of batch normalization".
    """
    return math.pi / (math.pi - 1)


def layer_normalized_relu_ratio() -> float:
    """Return the factor per layer with layer or RMS normalization before ReLU, in wide layers: 1.

    Behind ReLU of normalized pre-activations, the next ones have the variance n·Var[w]/2. Going
    back, this factor of the weights and of ReLU stands against the division by the same size, for
    every init.
    Derived from He et al. 2015, eq. 8 and 12.
    """
    weights, slope, size = 2.0, 1 / 2, 2.0 * (1 / 2)
    return weights * slope / size


@bounds.checked(width=bounds.whole(1, 10_000, more="64"))
def gaussian_lyapunov_exponents(width: int) -> tuple[float, ...]:
    """Return the rates, in nats per factor, at which a product of Gaussian matrices stretches.

    The i-th singular value of m independent matrices with entries of variance 1/width grows like
    exp(m λᵢ), with λᵢ = ½ (ψ((n - i + 1)/2) + ln(2/n)), the largest first. Each rate holds for
    m → ∞; their mean is the expected mean logarithm per factor for every m.
    Source: Newman 1986, "The distribution of Lyapunov exponents: exact results for random
    matrices". Raises ``ValueError`` for a width below 1.
    """
    halves = numpy.arange(width, 0, -1) / 2
    return tuple((0.5 * (digamma(halves) + math.log(2 / width))).tolist())


@bounds.checked(activation=bounds.choice(_SLOPES))
def slope_extremes(activation: str) -> tuple[float, float]:
    """Return the infimum and the supremum of φ′ over all real inputs.

    Derived from the definitions: σ′ = σ(1 - σ); tanh′ = 1 - tanh²; GELU′ = Φ(x) + xφ(x), extreme at
    ±√2 (Hendrycks & Gimpel 2016); SiLU′ = σ(1 + x(1 - σ)), extreme where x·tanh(x/2) = 2
    (Hendrycks & Gimpel 2016; Elfwing et al. 2018); SELU′ = λα·exp(x) below zero (Klambauer et al.
    2017).
    Raises ``ValueError`` for another activation.
    """
    gelu, silu = _gelu_slope(math.sqrt(2)), _silu_slope(silu_turning_point())
    extremes = {
        "sigmoid": (0.0, 1 / 4),
        "tanh": (0.0, 1.0),
        "relu": (0.0, 1.0),
        "gelu": (1 - gelu, gelu),
        "silu": (1 - silu, silu),
        "selu": (0.0, 1.0507009873554805 * 1.6732632423543772),
    }
    return extremes[activation]


def silu_turning_point() -> float:
    """Return the positive x at which the slope of SiLU is largest: x·tanh(x/2) = 2."""
    return _root(lambda x: x * math.tanh(x / 2) - 2, 2.0, 3.0)


def _gelu_slope(x: float) -> float:
    below = (1 + math.erf(x / math.sqrt(2))) / 2
    return below + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _silu_slope(x: float) -> float:
    sigmoid = 1 / (1 + math.exp(-x))
    return sigmoid * (1 + x * (1 - sigmoid))


@bounds.checked(exponent_bits=bounds.whole(2, 15), fraction_bits=bounds.whole(0, 112))
def first_underflow(exponent_bits: int, fraction_bits: int) -> int:
    """Return the smallest n for which 0.25ⁿ is rounded to zero in a binary number format.

    The smallest positive number is 2⁻ˢ with s = 2^(exponent bits - 1) - 2 + fraction bits; half of
    it is a tie, which is rounded to the even neighbour, zero. Source: IEEE 754-2019, with
    subnormal numbers and rounding to nearest.
    """
    smallest = (1 << (exponent_bits - 1)) - 2 + fraction_bits
    return math.ceil((smallest + 1) / 2)


@bounds.checked(radius=bounds.real(0, 1000, example=0.9), steps=_STEPS)
def recurrent_factor(radius: float, steps: int) -> float:
    """Return by what a gradient is multiplied on its way back through a linear recurrence.

    The recurrent matrix is ``radius`` times an orthogonal one; with tanh units this is a bound.
    What is too large for a float is infinite.
    Source: Pascanu, Mikolov & Bengio 2013.
    """
    try:
        return math.pow(radius, steps)
    except OverflowError:
        return math.inf


@bounds.checked(forget_bias=bounds.real(-100, 100, example=1.0), steps=_STEPS)
def cell_path_factor(forget_bias: float, steps: int) -> float:
    """Return ∂c_T/∂c_0 of an LSTM cell without weights: the forget gate's value to that power.

    Source: Gers, Schmidhuber & Cummins 2000 (the forget gate multiplies the cell state).
    """
    return math.pow(1 / (1 + math.exp(-forget_bias)), steps)


def unscaled_residual_ratio() -> float:
    """Return by what x + f(x) multiplies the variance where Var[f(x)] = Var[x], uncorrelated: 2.

    Source: De & Smith 2020, "Batch normalization biases residual blocks towards the identity
    function in deep networks".
    """
    return 2.0


def relu_last_residual_ratio() -> float:
    """Return by what h + relu(W h) multiplies the mean square per block, after many wide blocks.

    With He initialization and r² = mean(h²), a branch has the mean square r², the mean r/√π, and
    adds 2 mean(h) r/√π to the sum. So the ratio is 2 + 2 m/√π, where m = mean(h)/r settles at the
    fixed point of m = (m + 1/√π) / √(2 + 2 m/√π). Derived from He et al. 2015, eq. 10.
    """
    c = 1 / math.sqrt(math.pi)
    m = _root(lambda m: (m + c) / math.sqrt(2 + 2 * m * c) - m, 0.0, 1.0)
    return 2 + 2 * m * c


@bounds.checked(blocks=_BLOCKS, shortest=_BLOCKS, longest=_BLOCKS)
def share_of_paths(blocks: int, shortest: int, longest: int) -> float:
    """Return the share of a residual network's 2ⁿ paths that use that many branches.

    Every path passes each of n blocks through the branch or beside it, so its length follows the
    distribution Binomial(n, 1/2). Source: Veit, Wilber & Belongie 2016.
    Raises ``ValueError`` where ``longest`` is below ``shortest``.
    """
    if longest < shortest:
        raise ValueError(f"longest must be at least {shortest}, got {longest}: exchange the two")
    ways = sum(math.comb(blocks, length) for length in range(shortest, longest + 1))
    return math.ldexp(ways, -blocks)


@bounds.checked(blocks=bounds.whole(1, 1000))
def path_shares(blocks: int) -> tuple[float, ...]:
    """Return the share of the 2ⁿ paths that go through 0, 1, …, n blocks: Binomial(n, 1/2).

    Source: Veit, Wilber & Belongie 2016, section 5.
    Raises ``ValueError`` for a number of blocks out of bounds, ``TypeError`` for a wrong type.
    """
    return tuple(share_of_paths(blocks, length, length) for length in range(blocks + 1))


# The mean-field theory of wide tanh networks (Poole et al. 2016, Schoenholz et al. 2017). Weights
# are drawn from N(0, σ_w²/n) and biases from N(0, σ_b²); `weight_variance` below means σ_w².

_WIDE = 12.0  # a normal number beyond ±12 has a probability below 1e-32
_points = numpy.linspace(-_WIDE, _WIDE, 1201)
_density = numpy.exp(-(_points**2) / 2) / math.sqrt(2 * math.pi) * (_points[1] - _points[0])


@bounds.checked(length=bounds.real(0, 1e9), weight_variance=_VARIANCE, bias_variance=_VARIANCE)
def length_map(length: float, weight_variance: float, bias_variance: float) -> float:
    """Return the variance of the next layer's pre-activations from q, that of this layer's.

    It is σ_w²·E[tanh(√q·z)²] + σ_b², with z from N(0, 1); ``length`` is q, as Poole et al. call it.
    Source: Poole et al. 2016; Schoenholz et al. 2017. The expectation is a trapezoidal sum over the
    whole normal density, which for tanh is exact to about 1e-12 up to q = 100.
    """
    squares = numpy.tanh(math.sqrt(length) * _points) ** 2
    return weight_variance * float(_density @ squares) + bias_variance


@bounds.checked(weight_variance=_VARIANCE, bias_variance=_VARIANCE)
def fixed_length(weight_variance: float, bias_variance: float) -> float:
    """Return q*, the variance (Poole's "length") at which deep tanh layers' pre-activations settle.

    The length map is concave, so it has at most one positive fixed point, and this one attracts.
    Without biases and with σ_w² ≤ 1 there is none, and the answer is 0.
    Source: Poole et al. 2016.
    """
    low, high = 1e-9, weight_variance + bias_variance
    if high <= low or length_map(low, weight_variance, bias_variance) <= low:
        return 0.0
    return _root(lambda q: length_map(q, weight_variance, bias_variance) - q, low, high)


@bounds.checked(weight_variance=_VARIANCE, bias_variance=_VARIANCE)
def chi(weight_variance: float, bias_variance: float) -> float:
    """Return χ₁ = σ_w²·E[tanh′(√q*·z)²], the squared gradient norm's factor per layer, going back.

    Below 1 (order) the gradient vanishes, above 1 (chaos) it explodes. For wide layers of equal
    width, at random initialization, deep enough for the variance to have settled at q*.
    Source: Schoenholz et al. 2017.
    """
    pre_activations = math.sqrt(fixed_length(weight_variance, bias_variance)) * _points
    slopes = 1 - numpy.tanh(pre_activations) ** 2
    return weight_variance * float(_density @ slopes**2)


@bounds.checked(bias_variance=bounds.real(0, 1))
def critical_weight_variance(bias_variance: float) -> float:
    """Return the σ_w² at the edge of chaos, where χ₁ = 1 for tanh layers.

    Source: Schoenholz et al. 2017. Raises ``ValueError`` for a bias variance outside 0 to 1.
    """
    return _root(lambda variance: chi(variance, bias_variance) - 1, 0.5, 16.0)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function is zero between two numbers at which its signs differ."""
    return float(brentq(function, low, high, xtol=1e-14))


_GLOROT, _HE = "Glorot & Bengio 2010", "He et al. 2015"
_SCHOENHOLZ = "Schoenholz et al. 2017"
_TANH = Source(_SCHOENHOLZ, derived=True)
_PATHS = Source("Veit, Wilber & Belongie 2016", derived=True)
_FORMATS = {"float32": (8, 23), "float16": (5, 10), "bfloat16": (8, 7)}


def _slopes(name: str, source: Source) -> tuple[Prediction, ...]:
    least, largest = slope_extremes(name)
    most = Prediction(key=f"slopes/{name}-max", value=largest, tolerance=1e-4, source=source)
    if least == 0.0:
        return (most,)
    return (Prediction(key=f"slopes/{name}-min", value=least, tolerance=1e-4, source=source), most)


def _underflow(name: str) -> Prediction:
    paper = "Kalamkar et al. 2019" if name == "bfloat16" else "IEEE 754-2019"
    value, source = first_underflow(*_FORMATS[name]), Source(paper, derived=True)
    return Prediction(key=f"underflow/{name}", value=value, tolerance=0, source=source)


def _layers(
    activation: str, init: str, tolerance: float, source: Source, *, is_bound: bool = False
) -> Prediction:
    return Prediction(
        key=f"layers/{activation}-{init}",
        value=backward_ratio(activation, init),
        tolerance=tolerance,
        source=source,
        is_bound=is_bound,
    )


def _recurrence(activation: str, radius: float, *, is_bound: bool = False) -> Prediction:
    value = recurrent_factor(radius, 50)
    return Prediction(
        key=f"recurrence/{activation}-{radius}",
        value=value,
        tolerance=0.0 if is_bound else 1e-9 * value,
        source=Source("Pascanu, Mikolov & Bengio 2013", derived=True),
        is_bound=is_bound,
    )


def _cell_path(bias: int) -> Prediction:
    value, source = cell_path_factor(bias, 50), Source("Gers et al. 2000", derived=True)
    key = f"recurrence/lstm-{bias}"
    return Prediction(key=key, value=value, tolerance=1e-9 * value, source=source)


def _chi(weight_variance: float, tolerance: float) -> Prediction:
    value = chi(weight_variance, 0.05)
    key = f"mean-field/chi-{weight_variance}"
    return Prediction(key=key, value=value, tolerance=tolerance, source=_TANH)


def _normalized(normalization: str) -> Prediction:
    value, source = layer_normalized_relu_ratio(), Source(_HE, "8, 12", derived=True)
    key = f"blocks/relu-{normalization}"
    return Prediction(key=key, value=value, tolerance=0.04, source=source)


PREDICTIONS = (
    *_slopes("sigmoid", Source("Hochreiter & Schmidhuber 1997")),
    *_slopes("tanh", Source(derived=True)),
    *_slopes("gelu", Source("Hendrycks & Gimpel 2016", derived=True)),
    *_slopes("silu", Source("Hendrycks & Gimpel 2016; Elfwing et al. 2018", derived=True)),
    *_slopes("selu", Source("Klambauer et al. 2017", derived=True)),
    *map(_underflow, _FORMATS),
    _layers("identity", "xavier", 0.01, Source(_GLOROT, "6, 16")),
    _layers("identity", "orthogonal", 1e-6, Source("Saxe et al. 2014")),
    _layers("tanh", "default", 0.005, Source(_GLOROT, "6, 15")),
    _layers("relu", "he", 0.02, Source(_HE, "14")),
    _layers("relu", "xavier", 0.015, Source(_HE, "12", derived=True)),
    _layers("relu", "default", 0.005, Source(_HE, "12", derived=True)),
    _layers("silu", "default", 0.0015, Source(_SCHOENHOLZ, derived=True)),
    _layers("sigmoid", "default", 0.0, Source(_SCHOENHOLZ, derived=True), is_bound=True),
    _layers("sigmoid", "xavier", 0.0, Source(_SCHOENHOLZ, derived=True), is_bound=True),
    Prediction(
        key="products/gaussian-mean",
        value=sum(gaussian_lyapunov_exponents(64)) / 64,
        tolerance=0.005,
        source=Source("Newman 1986", derived=True),
    ),
    Prediction(
        key="mean-field/length-2.5",
        value=fixed_length(2.5, 0.05),
        tolerance=0.05,
        source=Source("Poole et al. 2016", derived=True),
    ),
    _chi(0.5, 0.01),
    _chi(1.76, 0.025),
    _chi(4.0, 0.035),
    Prediction(
        key="blocks/relu-batch",
        value=batch_normalized_relu_ratio(),
        tolerance=0.01,
        source=Source("Yang et al. 2019"),
    ),
    _normalized("layer"),
    _normalized("rms"),
    Prediction(
        key="blocks/unscaled-sum",
        value=unscaled_residual_ratio(),
        tolerance=0.1,
        source=Source("De & Smith 2020"),
    ),
    Prediction(
        key="blocks/unscaled-relu-sum",
        value=relu_last_residual_ratio(),
        tolerance=0.1,
        source=Source(_HE, "10", derived=True),
    ),
    Prediction(key="blocks/path-mean", value=54 / 2, tolerance=0.05, source=_PATHS),
    Prediction(
        key="blocks/path-share", value=share_of_paths(54, 19, 35), tolerance=0.002, source=_PATHS
    ),
    _recurrence("linear", 0.9),
    _recurrence("linear", 1.1),
    _recurrence("tanh", 0.9, is_bound=True),
    *map(_cell_path, (0, 1, 2)),
)
