"""Judge layers by plain numbers: which ones starve, are dead, explode or underflow, and why.

Every threshold is a convention, chosen so that the cures of this book are healthy and its broken
networks are not; its reason stands beside it.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

VERDICTS = ("healthy", "starving", "dead", "exploding", "underflowing")

STARVING_SHARE = 1e-3
"""Share of the best-fed later layer's gradient below which a layer starves.

Among the chapters' networks, those that learn stay above it by a factor of ten or more.
"""

STARVING_RATIO = 1e-5
"""Gradient relative to the weights below which a layer starves whatever the others receive.

At a learning rate of 1, a thousand updates in one direction then move the weights by 1 %. An
embedding, of which one batch reads only some rows, is held to it only where the last layer is weak.
"""

EXPLODING_RATIO = 100.0
"""Gradient relative to the weights above which a layer explodes.

At a learning rate of 0.01, one update is then as long as the weights themselves.
"""

EXPLODING_GROWTH = 1e3
"""Growth of the gradient from the last layer back to a layer above which that layer explodes.

The counterpart of ``STARVING_SHARE``: no single learning rate suits layers so far apart. It counts
only where the gradient is also longer than the weights. Of several layers next to the loss, the one
with the largest gradient is taken for the last.
"""

DEAD_SHARE = 0.9
"""Share of units, inactive on every example, from which on a layer is dead.

A rectifier starts with half of its units inactive on one example. In deep networks the examples
become alike (Schoenholz et al. 2017), so up to about half may be inactive on all of them by chance.
"""

LOST_SHARE = 0.1
"""Share of gradient entries rounded to zero from which on a layer underflows.

If the entries are normally distributed, the typical one then is about four times the dtype's
smallest number: two bits of it are left. The gradient by the outputs counts as well, because the
weights' gradient is a sum over examples, which hides what each of them has lost.
"""

SATURATED_SLOPE = 0.1
"""Share of the largest slope of sigmoid or tanh below which a unit counts as saturated."""


@dataclass(frozen=True, kw_only=True)
class LayerEvidence:
    """Hold what was measured at one layer, as plain numbers.

    ``relative_gradient`` is the gradient norm divided by the norm of the weights, where gains and
    other vectors, and matrices that are all zero, count as if each of their rows had length 1.
    ``gain`` is fan-in times the mean squared weight (2 for He initialization; 0: no matrix).
    ``signal`` is the root mean square of what the layer puts out (NaN: unknown).
    ``inactive_share``: of the units behind it, the share that a rectifier sets to zero on every
    example. ``saturated_share``: of the values behind it, the share on a flat part of sigmoid or
    tanh. ``zero_share``: of the gradient's entries, the share that is exactly zero.
    ``lost_share``: of the entries that are not zero when the loss is scaled up, the share that is
    zero without, in the gradient by the weights or by the outputs, whichever has lost more.
    ``first_step``: the gradient that reaches the first step of a sequence, or the first call of a
    layer, as a share of the largest over all steps (1 where there are no steps).
    ``lookup`` is whether the layer is an embedding, of which a batch reads only some rows;
    ``at_loss``, whether the way back from the loss meets it before any other layer.
    """

    name: str
    kind: str
    gradient_norm: float
    weight_norm: float
    relative_gradient: float
    gain: float = 0.0
    signal: float = math.nan
    activation: str = ""
    inactive_share: float = 0.0
    saturated_share: float = 0.0
    zero_share: float = 0.0
    lost_share: float = 0.0
    first_step: float = 1.0
    dtype: str = "float32"
    frozen: bool = False
    connected: bool = True
    fed: bool = True
    lookup: bool = False
    at_loss: bool = False


@dataclass(frozen=True)
class LayerDiagnosis:
    """Hold the verdict on one layer, the key of its likely cause, and the layer to blame, if any.

    ``verdict`` is one of ``VERDICTS``; ``cause`` is "" for a healthy layer.
    """

    evidence: LayerEvidence
    verdict: str
    cause: str = ""
    culprit: str = ""

    @property
    def name(self) -> str:
        """The layer's name in the model."""
        return self.evidence.name


@dataclass(frozen=True)
class Judgement:
    """Hold the loss on one batch and the verdict on each layer, in forward order, as plain data.

    ``loss`` is NaN where it is not known.
    """

    model: str
    loss: float
    layers: tuple[LayerDiagnosis, ...]

    def count(self, verdict: str) -> int:
        """Return how many layers have a verdict."""
        return sum(layer.verdict == verdict for layer in self.layers)

    @property
    def sick(self) -> tuple[LayerDiagnosis, ...]:
        """The layers that are not healthy, in forward order."""
        return tuple(layer for layer in self.layers if layer.verdict != "healthy")

    @property
    def is_healthy(self) -> bool:
        """Whether every layer is healthy."""
        return not self.sick

    @property
    def verdict(self) -> str:
        """The verdict on the whole: "exploding" or "dead" if any layer is, else the usual one.

        One such layer is enough to starve the others, so it is what to look at first.
        """
        ruinous = [verdict for verdict in ("exploding", "dead") if self.count(verdict)]
        usual = max(("starving", "underflowing"), key=self.count) if self.sick else "healthy"
        return ruinous[0] if ruinous else usual


def judge(
    layers: Sequence[LayerEvidence], *, inputs_are_finite: bool = True, zero_weight: str = ""
) -> tuple[LayerDiagnosis, ...]:
    """Judge every layer; they stand in forward order, the one next to the input first.

    zero_weight: the name of a parameter of the model, no bias, that is zero in every entry.
    """
    judged: dict[int, LayerDiagnosis] = {}
    for index in reversed(range(len(layers))):
        case = _Case(layers, index, judged, inputs_are_finite, zero_weight)
        verdict, cause, culprit = case.verdict()
        judged[index] = LayerDiagnosis(layers[index], verdict, cause, culprit)
    return tuple(judged[index] for index in range(len(layers)))


@dataclass(frozen=True)
class _Case:
    """Hold one layer, all others, and the verdicts on those behind it."""

    layers: Sequence[LayerEvidence]
    index: int
    judged: dict[int, LayerDiagnosis]
    inputs_are_finite: bool
    zero_weight: str

    @property
    def layer(self) -> LayerEvidence:
        return self.layers[self.index]

    def verdict(self) -> tuple[str, str, str]:
        layer = self.layer
        if not layer.connected:
            return ("healthy", "frozen", "") if layer.frozen else ("starving", "disconnected", "")
        if _explodes(layer, self._last()):
            return "exploding", *self._explosion()
        if not layer.fed:
            return "starving", "unfed", self._dead_before()
        if layer.inactive_share >= DEAD_SHARE:
            return "dead", "inactive", ""
        if layer.lost_share >= LOST_SHARE:
            return "underflowing", *self._underflow()
        if layer.gradient_norm == 0:
            return self._nothing()
        if self._is_starving():
            return "starving", *self._starvation()
        if layer.first_step < STARVING_SHARE:
            return "starving", "time", ""
        return "healthy", "", ""

    def _last(self) -> LayerEvidence:
        """Return the connected layer where the gradient enters, the best-fed one if several."""
        entrances = [one for one in self.layers if one.at_loss and one.connected]
        entrances = entrances or [one for one in self.layers if one.connected][-1:]
        norms = [
            math.inf if math.isnan(one.gradient_norm) else one.gradient_norm for one in entrances
        ]
        return entrances[norms.index(max(norms))]

    def _best(self) -> int:
        """Return the later layer with the largest gradient, exploding ones left aside."""
        later = range(self.index + 1, len(self.layers))
        sound = (n for n in later if self.judged[n].verdict != "exploding")
        fed = [n for n in sound if self.layers[n].gradient_norm > self.layer.gradient_norm]
        return max(fed, key=lambda n: self.layers[n].gradient_norm, default=self.index)

    def _is_starving(self) -> bool:
        weak = self.layer.relative_gradient < STARVING_RATIO
        return (weak and (not self.layer.lookup or self._last_is_weak())) or self._is_behind()

    def _last_is_weak(self) -> bool:
        return self._last().relative_gradient < 10 * STARVING_RATIO

    def _is_behind(self) -> bool:
        """Say whether a later layer receives far more."""
        layer, best = self.layer, self.layers[self._best()]
        return (
            layer.gradient_norm < STARVING_SHARE * best.gradient_norm
            and layer.relative_gradient < STARVING_SHARE * best.relative_gradient
        )

    def _nothing(self) -> tuple[str, str, str]:
        """Say why a layer with a way to the loss receives exactly nothing."""
        if dead := self._later_with("dead"):
            return "starving", "blocked", dead
        if self._later_with("underflowing"):
            return "underflowing", *self._starvation()
        if self.zero_weight:
            return "starving", "zero_weights", self.zero_weight
        return "starving", "zero" if any(one.gradient_norm for one in self.layers) else "still", ""

    def _later_with(self, verdict: str) -> str:
        later = range(self.index + 1, len(self.layers))
        return next((self.layers[n].name for n in later if self.judged[n].verdict == verdict), "")

    def _dead_before(self) -> str:
        dead = (
            one.name
            for one in reversed(self.layers[: self.index])
            if one.fed and one.inactive_share >= DEAD_SHARE
        )
        return next(dead, "")

    def _underflow(self) -> tuple[str, str]:
        if self.layer.dtype == "float16":
            return "half_precision", ""
        return self._starvation()

    def _starvation(self) -> tuple[str, str]:
        if dead := self._later_with("dead"):
            return "blocked", dead
        if not self._is_behind() and self._last_is_weak():
            return self._weakness_everywhere()
        best = self._best()
        if self._is_passed(self.layers[best].gradient_norm):
            return "passed", ""
        way = self.layers[self.index : max(best, self.index + 1)]
        if cause := _squashing(way):
            return cause, ""
        if _usual_gain(way) < 0.8 and not any("Norm" in one.kind for one in way):
            return "small_weights", ""  # after normalization, the size of weights does not count
        culprit = self._steepest(best)
        return ("lost_at", culprit) if culprit else ("lost", "")

    def _is_passed(self, best: float) -> bool:
        """Say whether an earlier layer is fed well, so that the way back is not to blame."""
        least = max(10 * self.layer.gradient_norm, STARVING_SHARE * best)
        earlier = (one.gradient_norm for one in self.layers[: self.index])
        return any(least < norm < math.inf for norm in earlier)

    def _weakness_everywhere(self) -> tuple[str, str]:
        if _fade(self.layers) >= STARVING_SHARE:
            return "flat", ""
        return ("small_weights", "") if _usual_gain(self.layers) < 0.8 else ("faded", "")

    def _steepest(self, best: int) -> str:
        """Return the layer in which the gradient loses most, if that is nine tenths or more."""
        way = [one for one in self.layers[self.index : best + 1] if one.connected]
        logs = [math.log(max(one.gradient_norm, 5e-324)) for one in way]
        falls = [after - before for before, after in itertools.pairwise(logs)]
        steepest = max(falls, default=0.0)
        return way[1 + falls.index(steepest)].name if steepest > math.log(10) else ""

    def _explosion(self) -> tuple[str, str]:
        if not self.inputs_are_finite:
            return "bad_inputs", ""
        if broken := [one.name for one in self.layers if not math.isfinite(one.weight_norm)]:
            return "bad_weights", broken[0]
        if (large := self._large_weights()) is not None:
            return "large_weights", large
        if _growth(self.layers) > 100:
            return "growing_sum", ""
        endless = [one.name for one in self.layers if math.isinf(one.signal)]
        if endless:
            return "overflow", endless[0]
        if self._is_broken():
            return "not_a_number", ""
        grows = not self.layer.gradient_norm <= 10 * self._last().gradient_norm
        return ("grows_backward", "") if grows else ("large_error", "")

    def _is_broken(self) -> bool:
        """Say whether NaN or infinity comes at once, not at the end of a growth."""
        if math.isfinite(self.layer.gradient_norm):
            return False
        last, later = self._last().gradient_norm, self.layers[self.index + 1 :]
        largest = max(
            (one.gradient_norm for one in later if math.isfinite(one.gradient_norm)), default=0.0
        )
        return not (math.isfinite(last) and largest > EXPLODING_GROWTH * last)

    def _large_weights(self) -> str | None:
        """Return the layer with weights far too large, "" for all of them, None for none."""
        ratios = {one.name: one.gain / _needed(one) for one in self.layers if one.gain}
        if not ratios:
            return None
        if median(ratios.values()) > 2:
            return ""
        name = max(ratios, key=lambda one: ratios[one])
        return name if ratios[name] > 10 else None


def _explodes(layer: LayerEvidence, last: LayerEvidence) -> bool:
    if not math.isfinite(layer.gradient_norm) or layer.relative_gradient > EXPLODING_RATIO:
        return True
    grown = layer.gradient_norm > EXPLODING_GROWTH * last.gradient_norm > 0
    return grown and layer.relative_gradient > 1


def _squashing(layers: Sequence[LayerEvidence]) -> str:
    """Return the cause where most activation functions are sigmoid or tanh, else nothing."""
    kinds = [one.activation for one in layers if one.activation]
    squashing = [one for one in layers if one.activation in ("sigmoid", "tanh")]
    if 2 * len(squashing) <= len(kinds):
        return ""
    if sum(one.saturated_share for one in squashing) >= len(squashing) / 2:
        return "saturated"
    return "squashed" if squashing[0].activation == "sigmoid" else ""


def _usual_gain(layers: Sequence[LayerEvidence]) -> float:
    """Return the median of gain divided by what the activation needs; infinite if unknown."""
    return median(list(_relative_gains(layers)) or [math.inf])


def _relative_gains(layers: Sequence[LayerEvidence]) -> Iterator[float]:
    return (one.gain / _needed(one) for one in layers if one.gain)


def _needed(layer: LayerEvidence) -> float:
    """Return the gain that keeps the signal's size (He et al. 2015, eq. 10; Glorot & Bengio)."""
    return 2.0 if layer.activation in ("relu", "smooth") else 1.0


def _fade(layers: Sequence[LayerEvidence]) -> float:
    """Return what is left of the signal of the first layer where it is smallest."""
    signals = [one.signal for one in layers if math.isfinite(one.signal)]
    return min(signals) / signals[0] if signals and signals[0] > 0 else 1.0


def _growth(layers: Sequence[LayerEvidence]) -> float:
    """Return by how much the signal grows from the first layer to where it is largest."""
    signals = [one.signal for one in layers if math.isfinite(one.signal)]
    first = next((signal for signal in signals if signal > 0), math.inf)
    return max(signals, default=0.0) / first
