"""Judge layers by plain numbers: which ones starve, are dead, explode or underflow, and why.

Every threshold is a convention, chosen so that the cures of this book are healthy and its broken
networks are not; its reason stands beside it.
"""

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

VERDICTS = ("healthy", "starving", "dead", "exploding", "not finite", "underflowing", "alike")

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
smallest number: two bits of it are left. The gradient with respect to the outputs counts as well,
because the weights' gradient is a sum over examples, which hides what each of them has lost.
"""

SATURATED_SLOPE = 0.1
"""Share of an activation function's largest slope below which a unit counts as saturated."""

SATURATED_SHARE = 0.5
"""Share of saturated values from which on the function behind a layer is to blame."""

ALL_BUT_SATURATED = 0.98
"""Share of saturated values from which on large inputs are blamed even where a gradient arrives."""

ALIKE_DISTANCE = 0.05
"""1 minus the mean cosine between two examples, as a share of the first layer's, that is little.

In a plain ReLU network, it falls as the squared inverse of the depth (Hayou, Doucet & Rousseau
2019, "On the impact of the activation function on deep neural networks training", ICML).
"""

ALIKE_LAYERS = 48
"""Layers with so little from which on the examples are called alike.

A few such layers do no harm: a network of 30 layers whose last five had less than 0.002 learned the
digits as well as others. Of 50 plain layers of width 32 to 256, at most 43 have so little, and the
network learns, if slowly; of 90 layers of width 40, from 46 to 81 in 48 networks, and it hardly
learns.
"""

SMALL_SIGNAL = 1e-2
"""Gradient of the weights over that of the outputs, below which a layer hardly gets a signal."""

LARGE_INPUTS = 10.0
"""Root mean square of the inputs from which on their scale is named as a cause."""


@dataclass(frozen=True)
class Spot:
    """Hold an operation that stops the gradient or breaks it, and where it stands.

    ``kind`` says what it does: see ``vanishing.diagnosis.evidence``. ``layer`` is the one whose
    signal it works on ("": none); ``parameter``, one that is zero in every entry, if it has such a
    factor; ``in_loss``, whether it belongs to the loss; ``at_end``, whether no weights
    follow; ``backward``, whether it breaks only the way back.
    """

    kind: str
    operation: str = ""
    layer: str = ""
    parameter: str = ""
    in_loss: bool = False
    at_end: bool = False
    backward: bool = False
    starts: bool = False

    @property
    def cause(self) -> str:
        """The key of the sentence that says where something breaks."""
        if self.kind == "overflow_16" and (self.layer or self.in_loss):
            return "broken_format_in_loss" if self.in_loss else "broken_format"
        way = "broken_backward" if self.backward else "broken_forward"
        if self.in_loss:
            return f"{way}_in_loss"
        return way if self.layer else f"{way}_at_start"


@dataclass(frozen=True, kw_only=True)
class LayerEvidence:
    """Hold what was measured at one layer, as plain numbers.

    ``gradient_norm`` counts the uses of the weights in this layer's own calls; ``first_use`` is the
    norm at the first of them (NaN: the same).
    ``relative_gradient`` is the gradient norm divided by the norm of the weights, where gains and
    other vectors, and matrices that are all zero, count as if each of their rows had length 1.
    ``gain`` is fan-in times the mean squared weight (2 for He initialization; 0: no matrix).
    ``signal`` is the root mean square of what the layer puts out (NaN: unknown).
    ``asked`` is the norm of the gradient with respect to what it puts out (NaN: unknown).
    ``inactive_share``: of the units after it, the share that a rectifier on the gradient's way
    sets to zero on every example. ``saturated_share``: of the values behind it, the share on a flat
    part of the activation function ``operation``.
    ``zero_share``: of the gradient's entries, the share that is exactly zero.
    ``lost_share``: of the entries that are not zero when the loss is scaled up, the share that is
    zero without, in the gradient with respect to the weights or to the outputs, whichever has lost
    more. ``first_step``, ``last_step``: the gradient that reaches the first or last step of a
    sequence, or call of a layer, as a share of the largest over all steps (1 where there are no
    steps). ``turns`` counts the uses of a layer on a way that comes back to it; ``first_turn`` is
    the gradient that the first of them receives, as a share of what the best one receives.
    ``likeness``: the mean cosine between what two examples make the layer put out (NaN: unknown).
    ``update``: by what share of its length the optimizer moved the weights (NaN: unknown).
    ``lookup`` is whether the layer is an embedding, of which a batch reads only some rows;
    ``at_loss``, whether the way back from the loss meets it before any other layer; ``scales``,
    whether its weights are gains or other vectors only.
    ``stale`` is whether running statistics do not fit what they normalize.
    ``called`` is whether it ran; ``cut``, what has no slope and was given something of it.
    ``stopped`` is what lets no gradient through to it; ``scaled_by``, a learned factor near zero.
    """

    name: str
    kind: str
    gradient_norm: float
    weight_norm: float
    relative_gradient: float
    first_use: float = math.nan
    gain: float = 0.0
    signal: float = math.nan
    asked: float = math.nan
    activation: str = ""
    operation: str = ""
    inactive_share: float = 0.0
    saturated_share: float = 0.0
    zero_share: float = 0.0
    lost_share: float = 0.0
    first_step: float = 1.0
    last_step: float = 1.0
    turns: int = 1
    first_turn: float = 1.0
    likeness: float = math.nan
    update: float = math.nan
    dtype: str = "float32"
    frozen: bool = False
    connected: bool = True
    called: bool = True
    stale: bool = False
    cut: str = ""
    fed: bool = True
    lookup: bool = False
    at_loss: bool = False
    scales: bool = False
    stopped: Spot | None = None
    scaled_by: str = ""

    @property
    def arriving(self) -> float:
        """The gradient norm at the layer's own place on the way back."""
        return self.gradient_norm if math.isnan(self.first_use) else self.first_use


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Hold what was measured around the layers: inputs, targets, the loss.

    ``input_scale`` is the root mean square of the largest input; ``alarm``, what is wrong with the
    loss itself; ``broken``, the first operation that is not finite; ``better_outputs``, whether
    other outputs lower the loss (None: not known); ``has_slopes``, whether the loss is computed
    from the slopes of a rectifier. ``moves`` is whether other outputs change the loss (None: not
    known); ``cut_in_loss``, what without a slope the loss takes of the outputs;
    ``right``, for how many of how many examples the largest output is the right one;
    ``ignored``, how many of how many labels do not count; ``softmax_twice``, whether the loss takes
    a softmax of probabilities.
    """

    inputs_are_finite: bool = True
    targets_are_finite: bool = True
    input_scale: float = 1.0
    inputs_are_alike: bool = True
    loss: float = math.nan
    alarm: str = ""
    broken: Spot | None = None
    better_outputs: bool | None = None
    moves: bool | None = None
    has_slopes: bool = False
    cut_in_loss: str = ""
    right: tuple[int, int] = (0, 0)
    ignored: tuple[int, int] = (0, 0)
    softmax_twice: bool = False


@dataclass(frozen=True)
class LayerDiagnosis:
    """Hold the verdict on one layer, the key of its likely cause, and the layer to blame, if any.

    ``verdict`` is one of ``VERDICTS``; ``cause`` is "" for a healthy layer. ``operation`` is the
    function to blame, ``remedy`` the key of what to try where the cause alone does not say it.
    """

    evidence: LayerEvidence
    verdict: str
    cause: str = ""
    culprit: str = ""
    operation: str = ""
    remedy: str = ""

    @property
    def name(self) -> str:
        """The layer's name in the model."""
        return self.evidence.name


@dataclass(frozen=True)
class Judgement:
    """Hold the loss on one batch and the verdict on each layer, in forward order, as plain data.

    ``loss`` is NaN where it is not known. ``alarm`` is the key of what is wrong with the loss
    itself ("": nothing), ``broken`` the operation that broke it; ``left_out`` names parameters that
    could not be judged. ``scope`` says what was looked at: a "batch" with its loss, a "step" of
    training without, or "norms" alone. See ``Surroundings`` for the rest.
    """

    model: str
    loss: float
    layers: tuple[LayerDiagnosis, ...]
    alarm: str = ""
    broken: Spot | None = None
    left_out: tuple[str, ...] = ()
    scope: str = "batch"
    right: tuple[int, int] = (0, 0)
    ignored: tuple[int, int] = (0, 0)
    softmax_twice: bool = False

    def count(self, verdict: str) -> int:
        """Return how many layers have a verdict."""
        return sum(layer.verdict == verdict for layer in self.layers)

    @property
    def sick(self) -> tuple[LayerDiagnosis, ...]:
        """The layers that are not healthy, in forward order."""
        return tuple(layer for layer in self.layers if layer.verdict != "healthy")

    @property
    def is_healthy(self) -> bool:
        """Whether every layer that is trained is healthy, and the loss can be trained on."""
        return not self.sick and not self.alarm

    @property
    def verdict(self) -> str:
        """The verdict on the whole: the worst that any layer has, or else the usual one.

        The worst are "exploding", "not finite" and "dead", in this order. One such layer is enough
        to starve the others, so it is what to look at first. A loss that is NaN or infinite counts
        as not finite, one without a way to the weights as starving.
        """
        first = [one for one in ("exploding", "not finite", "dead") if self.count(one)]
        if self.alarm and not math.isfinite(self.loss) and "exploding" not in first:
            return "not finite"
        if first:
            return first[0]
        usual = ("starving", "underflowing", "alike")
        return max(usual, key=self.count) if not self.is_healthy else "healthy"


def judge(
    layers: Sequence[LayerEvidence], surroundings: Surroundings | None = None
) -> tuple[LayerDiagnosis, ...]:
    """Judge every layer; they stand in forward order, the one next to the input first."""
    judged: dict[int, LayerDiagnosis] = {}
    for index in reversed(range(len(layers))):
        case = _Case(layers, index, judged, surroundings or Surroundings())
        judged[index] = case.diagnosis()
    found = tuple(judged[index] for index in range(len(layers)))
    sick = any(one.verdict not in ("healthy", "alike") for one in found)
    return tuple(map(_not_alike, found)) if sick else found


def _not_alike(found: LayerDiagnosis) -> LayerDiagnosis:
    """Take back a verdict that says little while another layer is sick."""
    return LayerDiagnosis(found.evidence, "healthy") if found.verdict == "alike" else found


FLAT = ("cut", "sigmoid", "tanh", "smooth", "elu", "shrink", "softmax")
"""Kinds of functions that can be flat where the signal is."""

RECURRENT = ("RNN", "LSTM", "GRU")

NOT_GROWN = ("bad_inputs", "bad_targets", "bad_weights", "not_a_number")
"""Causes of NaN and infinity that no growth from layer to layer has led to."""

Found = tuple[str, str, str]


@dataclass(frozen=True)
class _Case:
    """Hold one layer, all others, and the verdicts on those behind it."""

    layers: Sequence[LayerEvidence]
    index: int
    judged: dict[int, LayerDiagnosis]
    around: Surroundings

    @property
    def layer(self) -> LayerEvidence:
        return self.layers[self.index]

    def diagnosis(self) -> LayerDiagnosis:
        verdict, cause, culprit = self.verdict()
        operation, remedy = self._details(cause, culprit)
        return LayerDiagnosis(self.layer, verdict, cause, culprit, operation, remedy)

    def _details(self, cause: str, culprit: str) -> tuple[str, str]:
        """Return the operation to blame and what to try, where the cause leaves them open."""
        if cause.startswith("broken") and self.around.broken:
            return self.around.broken.operation, self.around.broken.kind
        if cause.startswith("saturated"):
            large = self.around.input_scale > LARGE_INPUTS
            if cause == "saturated_inside":
                return "", "large_inputs" if large else cause
            operation = self.layer.stopped.operation if self.layer.stopped else ""
            behind = (one.operation for one in self.layers if one.name == culprit)
            operation = operation or next(behind, "")
            if (
                self.layer.stopped
                and self.layer.stopped.at_end
                and operation in ("sigmoid", "softmax")
            ):
                return operation, "still_flat"
            if operation == "softmax" and self.around.softmax_twice:
                return operation, "twice"
            calm = "scores" if operation == "softmax" else "saturated"
            return operation, "large_inputs" if large else calm
        if cause == "cut":
            return self.layer.cut, ""
        if cause == "cut_in_loss":
            return self.around.cut_in_loss, ""
        if cause == "inactive" and self.layer.stale:
            return "", "statistics"
        named = cause.startswith(("single", "stairs", "zero_at")) and self.layer.stopped
        return (self.layer.stopped.operation if named and self.layer.stopped else ""), ""

    def verdict(self) -> Found:
        layer = self.layer
        if layer.frozen:
            return "healthy", "frozen", ""
        if self.around.alarm in ("no_terms", "constant") and not layer.gradient_norm:
            return "starving", "loss", ""
        if not layer.connected:
            return self._disconnected()
        if _explodes(layer, self._last()):
            cause, culprit = self._explosion()
            broken = cause.startswith("broken") or cause in NOT_GROWN
            return "not finite" if broken else "exploding", cause, culprit
        if self._is_broken_to_zero():
            return "not finite", *self._broken()
        if not layer.fed and layer.gradient_norm == 0:
            return self._unfed()
        if self._is_dead():
            if layer.weight_norm == 0:
                return "starving", "zero_weights", layer.name
            return "dead", "inactive", ""
        if layer.lost_share >= LOST_SHARE:
            return "underflowing", *self._underflow()
        if layer.gradient_norm == 0:
            return self._nothing()
        if self._is_starving():
            return self._starving()
        if min(layer.first_step, layer.first_turn) < STARVING_SHARE:
            return "starving", *self._in_time()
        if self._is_fed_by_scale_alone():
            return "starving", self._saturated_at(layer.name), layer.name
        return self._alike()

    def _in_time(self) -> tuple[str, str]:
        """Say why the first of many steps or uses receives little."""
        if not self.layer.kind.startswith(RECURRENT):
            return "turns", ""
        flat = self.layer.saturated_share >= SATURATED_SHARE
        return ("saturated_inside", self.layer.name) if flat else ("time", "")

    def _disconnected(self) -> Found:
        if not self.layer.called:
            return ("healthy" if self._has_called_sibling() else "starving"), "uncalled", ""
        if self.layer.cut:
            return "starving", "cut", ""
        return "starving", "slope" if self.around.has_slopes else "disconnected", ""

    def _has_called_sibling(self) -> bool:
        """Say whether another layer, of the same name but for a number, has run: an expert."""
        names = (one.name for one in self.layers if one.called and one is not self.layer)
        return _unnumbered(self.layer.name) in map(_unnumbered, names)

    def _is_fed_by_scale_alone(self) -> bool:
        """Say whether large inputs make up for slopes of which hardly any is left."""
        large = self.around.input_scale > LARGE_INPUTS
        return large and self.layer.saturated_share >= ALL_BUT_SATURATED and not self.layer.scales

    def _is_dead(self) -> bool:
        """Say whether hardly a unit is active, and the layer does not live on the few that are."""
        others = (one.gradient_norm for one in self.layers if one is not self.layer)
        leads = self.layer.gradient_norm > max(others, default=math.inf)
        return self.layer.inactive_share >= DEAD_SHARE and not leads

    def _alike(self) -> Found:
        known = [1 - one.likeness for one in self.layers if not math.isnan(one.likeness)]
        bound = ALIKE_DISTANCE * min(known[0], 1.0) if known else 0.0
        many = sum(distance < bound for distance in known) >= ALIKE_LAYERS
        if self.around.inputs_are_alike or not many:
            return "healthy", "", ""
        return ("alike", "alike", "") if 1 - self.layer.likeness < bound else ("healthy", "", "")

    def _last(self) -> LayerEvidence:
        """Return the connected layer where the gradient enters, the best-fed one if several."""
        trained = [one for one in self.layers if one.connected and not one.frozen]
        entrances = [one for one in trained if one.at_loss] or trained[-1:]
        norms = [
            math.inf if math.isnan(one.gradient_norm) else one.gradient_norm for one in entrances
        ]
        return entrances[norms.index(max(norms))]

    def _best(self) -> int:
        """Return the later layer with the largest gradient, exploding ones left aside."""
        later = range(self.index + 1, len(self.layers))
        sound = (n for n in later if self.judged[n].verdict not in ("exploding", "not finite"))
        fed = [n for n in sound if self.layers[n].gradient_norm > self.layer.gradient_norm]
        return max(fed, key=lambda n: self.layers[n].gradient_norm, default=self.index)

    def _is_starving(self) -> bool:
        moved = self.layer.update >= STARVING_RATIO  # Adam moves what SGD would leave
        weak = self.layer.relative_gradient < STARVING_RATIO and not moved
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

    def _is_far_behind(self) -> bool:
        """Say whether less arrives than a layer beside the main way may do without."""
        layer, best = self.layer, self.layers[self._best()]
        return (
            layer.gradient_norm < STARVING_SHARE / 10 * best.gradient_norm
            and layer.relative_gradient < 10 * STARVING_RATIO
        )

    def _unfed(self) -> Found:
        spot = self.layer.stopped
        if self.layer.lookup:
            return "starving", "padding", ""
        if spot is not None and spot.kind == "zero_weights":
            return *self._zero_factor(spot), spot.parameter
        if self.layer.kind in RECURRENT and "weight_hh" in self.layer.name:
            return "healthy", "unasked", ""  # only the first step is used, before any state
        if not (dead := self._dead_before()) and (flat := _flattest(self.layers[: self.index])):
            return "starving", "saturated_at", flat
        return "starving", "unfed", dead

    def _nothing(self) -> Found:
        """Say why a layer with a way to the loss receives exactly nothing."""
        spot = self.layer.stopped
        if dead := self._later_with("dead"):
            return "starving", "blocked", dead
        if self._later_with("underflowing"):
            return "underflowing", *self._starvation()
        if inside := self._saturated_inside():
            return "starving", "saturated_inside", inside
        if spot is None:
            moved = any(one.gradient_norm for one in self.layers)
            return "starving", "zero" if moved else self._still(), ""
        if spot.kind == "zero_weights":
            return *self._zero_factor(spot), spot.parameter
        if spot.kind == "single" and spot.in_loss and "softmax" in spot.operation:
            return "starving", "single_output", ""
        if spot.kind in ("single", "stairs", "slope"):
            return "starving", f"{spot.kind}_in_loss" if spot.in_loss else spot.kind, spot.layer
        if spot.kind in FLAT and not (spot.in_loss and self.around.better_outputs is False):
            return "starving", "saturated_at" if spot.layer else "saturated_in_loss", spot.layer
        if spot.kind == "relu" and spot.at_end and self.around.loss == 0:
            return "starving", "still", ""
        asked = any(one.gradient_norm for one in self.layers)
        if asked and (spot.in_loss or (spot.kind == "choice" and spot.at_end)):
            return "healthy", "unasked", ""
        if spot.in_loss and spot.kind == "relu" and self.around.better_outputs:
            return "starving", "saturated_at", spot.layer
        if spot.in_loss:
            return "starving", self._still(), ""
        if spot.kind == "relu":
            return "starving", "blocked", spot.layer
        return "starving", "zero_at" if spot.layer else "zero", spot.layer

    def _zero_factor(self, spot: Spot) -> tuple[str, str]:
        if spot.starts:
            return "healthy", "start"
        is_pair = self.layer.weight_norm == 0 and spot.parameter != self.layer.name
        return "starving", "zero_pair" if is_pair else "zero_weights"

    def _saturated_inside(self) -> str:
        """Return the recurrent layer that stops the gradient because it is saturated, if any."""
        named = self.layer.stopped.layer if self.layer.stopped else self.layer.name
        flat = (one for one in self.layers if one.saturated_share >= SATURATED_SHARE)
        return next((one.name for one in flat if one.name == named and one.kind in RECURRENT), "")

    def _still(self) -> str:
        if self.around.better_outputs:
            return "cut_in_loss" if self.around.cut_in_loss else "still_flat"
        if self.around.moves is None:
            return "still"
        return "fitted" if self.around.moves else "constant_loss"

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

    def _starving(self) -> Found:
        if self.layer.scaled_by and not self._later_with("dead"):
            return "healthy", "small_start", self.layer.scaled_by
        cause, culprit = self._starvation()
        if cause == "passed" and self._is_flat_and_weak():
            return "starving", self._saturated_at(self.layer.name), self.layer.name
        if cause == "passed" and (self.layer.scales or not self._is_far_behind()):
            return "healthy", "", ""  # of what stands beside the way, hardly any may matter here
        return "starving", cause, culprit

    def _is_flat_and_weak(self) -> bool:
        weak = self.layer.relative_gradient < STARVING_RATIO
        return weak and self.layer.saturated_share >= ALL_BUT_SATURATED

    def _starvation(self) -> tuple[str, str]:
        if dead := self._later_with("dead"):
            return "blocked", dead
        if stale := [one.name for one in self.layers if one.stale]:
            return "statistics", stale[0]
        best = self._best()
        way = self.layers[self.index : max(best, self.index + 1)]
        if not self._is_behind() and self._last_is_weak():
            return self._weakness_everywhere()
        if self._is_passed(self.layers[best].gradient_norm):
            return "passed", ""
        flat, cause = _flattest(way), _squashing(way)
        if flat and self._saturated_at(flat) == "saturated_inside":
            return "saturated_inside", flat
        if cause == "saturated" or (cause and not flat):
            return cause, ""
        if flat:
            return self._saturated_at(flat), flat
        if sum(one.kind in RECURRENT for one in way) > len(way) / 2:
            return "stacked", ""
        if faint := _lost_forward(self.layers[: best + 1]):
            return "lost_forward", faint
        if _usual_gain(way) < 0.8 and not any("Norm" in one.kind for one in way):
            return "small_weights", ""  # after normalization, the size of weights does not count
        culprit = self._steepest(best)
        return ("lost_at", culprit) if culprit else ("lost", "")

    def _saturated_at(self, name: str) -> str:
        kinds = [one.kind for one in self.layers if one.name == name]
        return "saturated_inside" if kinds[0] in RECURRENT else "saturated_at"

    def _is_passed(self, best: float) -> bool:
        """Say whether an earlier layer is fed well, so that the way back is not to blame."""
        least = max(10 * self.layer.gradient_norm, STARVING_SHARE * best)
        earlier = (one.arriving for one in self.layers[: self.index])
        return any(least < norm < math.inf for norm in earlier)

    def _weakness_everywhere(self) -> tuple[str, str]:
        if flat := _flattest(self.layers):
            return self._saturated_at(flat), flat
        if faint := _lost_forward(self.layers):
            return "lost_forward", faint
        last = self._last()
        is_asked = last.asked * SMALL_SIGNAL > last.gradient_norm > 0 and last.gain > 0
        if _fade(self.layers) >= STARVING_SHARE and not is_asked:
            return ("still_flat" if self.around.better_outputs else "flat"), ""
        return ("small_weights", "") if _usual_gain(self.layers) < 0.8 else ("faded", "")

    def _steepest(self, best: int) -> str:
        """Return the layer in which the gradient loses most, if that is nine tenths or more."""
        way = [one for one in self.layers[self.index : best + 1] if one.connected]
        logs = [math.log(max(one.arriving, 5e-324)) for one in way]
        falls = [after - before for before, after in itertools.pairwise(logs)]
        steepest = max(falls, default=0.0)
        return way[1 + falls.index(steepest)].name if steepest > math.log(10) else ""

    def _explosion(self) -> tuple[str, str]:
        if not self.around.inputs_are_finite:
            return "bad_inputs", ""
        if not self.around.targets_are_finite:
            return "bad_targets", ""
        if broken := [one.name for one in self.layers if not math.isfinite(one.weight_norm)]:
            return "bad_weights", broken[0]
        finite, spot = math.isfinite(self.layer.gradient_norm), self.around.broken
        if spot is not None and not finite and spot.kind not in ("overflow", "constant"):
            return self._broken()
        if found := self._known_growth(finite):
            return found
        if (large := self._large_weights()) is not None:
            return "large_weights", large
        if _growth(self.layers) > 100:
            return "growing_sum", ""
        if spot is not None and not finite and (not spot.backward or self._is_broken()):
            return self._broken()
        if self._is_broken():
            return "not_a_number", ""
        if self._reads_large_inputs():
            return "large_inputs", ""
        grows = not self.layer.gradient_norm <= 10 * self._last().gradient_norm
        return ("grows_backward", "") if grows else ("large_error", "")

    def _reads_large_inputs(self) -> bool:
        """Say whether nothing but the size of the inputs makes the first gradient large."""
        scale = self.around.input_scale
        small = self.layer.relative_gradient / scale <= EXPLODING_RATIO / 10
        return self.index == 0 and scale > LARGE_INPUTS and small

    def _is_broken_to_zero(self) -> bool:
        """Say whether something was infinite on the way forward, and nothing comes back."""
        spot = self.around.broken
        kinds = ("overflow", "overflow_16", "exponential")
        stops = spot is not None and not spot.backward and spot.kind in kinds
        return stops and self.layer.gradient_norm == 0

    def _known_growth(self, finite: bool) -> tuple[str, str] | None:
        """Return what makes a gradient large by itself: statistics, tiny weights, many steps."""
        if stale := [one.name for one in self.layers if one.stale]:
            return "statistics", stale[0]
        if grown := [one.name for one in self.layers if one.last_step < STARVING_SHARE]:
            return "grows_in_time", "" if self.layer.name in grown else grown[0]
        if finite and _lost_forward(self.layers) == self.layer.name:
            return "lost_forward", self.layer.name
        return None

    def _broken(self) -> tuple[str, str]:
        spot = self.around.broken or Spot("")
        return spot.cause, "" if spot.in_loss else spot.layer

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


def _flattest(layers: Sequence[LayerEvidence]) -> str:
    """Return the layer with the most saturated function behind it, if it is saturated."""
    flat = [one for one in layers if one.saturated_share >= SATURATED_SHARE]
    return max(flat, key=lambda one: one.saturated_share).name if flat else ""


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


def _unnumbered(name: str) -> str:
    return re.sub(r"\d+", "", name)


def _lost_forward(layers: Sequence[LayerEvidence]) -> str:
    """Return the layer whose weights are so small that hardly any signal is left, if any."""
    known = [one for one in layers if math.isfinite(one.signal) and not one.lookup]
    falls = [
        (after.signal / before.signal, after.name)
        for before, after in itertools.pairwise(known)
        if before.signal > 0 and after.signal > 0 and 0 < after.gain < STARVING_SHARE
    ]
    least, name = min(falls, default=(1.0, ""))
    return name if least < STARVING_SHARE else ""


def _fade(layers: Sequence[LayerEvidence]) -> float:
    """Return what is left of the signal of the first layer where it is smallest."""
    signals = [one.signal for one in layers if math.isfinite(one.signal)]
    return min(signals) / signals[0] if signals and signals[0] > 0 else 1.0


def _growth(layers: Sequence[LayerEvidence]) -> float:
    """Return by how much the signal grows from the first layer to where it is largest."""
    signals = [one.signal for one in layers if math.isfinite(one.signal)]
    first = next((signal for signal in signals if signal > 0), math.inf)
    return max(signals, default=0.0) / first
