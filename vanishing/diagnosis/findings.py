"""Say what a diagnosis found: the verdicts' words, the causes, what to try, layer by layer."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from vanishing.diagnosis.verdicts import Judgement, LayerDiagnosis
from vanishing.localisation import N_, _, format_number, ngettext

EACH = 12  # layers up to which each has a row of its own; above, neighbours share one

# Translators: the five verdicts on a layer of a network. Starving: too little gradient reaches it.
WORDS = {
    "healthy": N_("healthy"),
    # Translators: verdict on a layer: too little gradient reaches it, so it cannot learn.
    "starving": N_("starving"),
    # Translators: verdict on a layer: its units give zero whatever the input is.
    "dead": N_("dead"),
    # Translators: verdict on a layer: its gradient is far too large.
    "exploding": N_("exploding"),
    # Translators: verdict on a layer: its gradient is too small for the computer's numbers.
    "underflowing": N_("underflowing"),
}

SIGNS = {"healthy": "●", "starving": "◆", "dead": "✖", "exploding": "▲", "underflowing": "■"}

CAUSES = {
    "frozen": N_("The layer is frozen, and no gradient is computed for it."),
    "inactive": N_(
        "{portion} of the units behind this layer give zero on every example, so no gradient "
        "passes through them."
    ),
    "disconnected": N_(
        "The loss does not depend on this layer: it is not used, or the way back is cut."
    ),
    "unfed": N_("All inputs of this layer are zero, so its weights cannot matter."),
    "unfed_by": N_("All inputs of this layer are zero, because layer “{layer}” before it is dead."),
    "blocked": N_("Layer “{layer}” on the way back is dead and lets no gradient through."),
    "zero_weights": N_(
        "The gradient is exactly zero. The parameter “{layer}” is zero in every entry and may "
        "block the way back; with some initializations, the first update ends this."
    ),
    "zero": N_("The gradient is exactly zero, and the measurements do not show why."),
    "still": N_(
        "The gradient is exactly zero in all layers: the network makes no error on these "
        "examples, or the loss does not change with the outputs."
    ),
    "time": N_(
        "The gradient fades along the sequence: its beginning receives {share} of what the best "
        "step receives."
    ),
    "saturated": N_(
        "Most activation functions on the way back are saturated: they are flat where the signal "
        "is, so their slopes shrink the gradient."
    ),
    "squashed": N_(
        "The slope of the sigmoid is at most 0.25, and the weights do not make up for it."
    ),
    "small_weights": N_(
        "The weights are too small for the activation function, so the gradient shrinks in every "
        "layer."
    ),
    "faded": N_("The signal fades on its way forward, so the last layers see hardly anything."),
    "flat": N_(
        "The gradient is small in all layers, the last one included: the network has learned these "
        "examples, or the loss is scaled down."
    ),
    "passed": N_(
        "A layer nearer to the input receives far more, so the gradient does pass; the weights of "
        "this layer hardly change the loss on these examples."
    ),
    "lost": N_("The gradient shrinks little by little on its way back to this layer."),
    "lost_at": N_("Most of the gradient is lost on its way back through layer “{layer}”."),
    "bad_inputs": N_("The inputs contain NaN or infinite values."),
    "bad_weights": N_("The weights of layer “{layer}” contain NaN or infinite values."),
    "large_weights": N_("The weights are too large for the activation function."),
    "large_weights_at": N_("The weights of layer “{layer}” are far too large."),
    "growing_sum": N_(
        "The signal grows on its way forward although the weights have the usual size, as in a sum "
        "of residual branches that are not scaled."
    ),
    "overflow": N_("The output of layer “{layer}” is too large for its number format."),
    "not_a_number": N_(
        "A calculation gives NaN or infinity, although the inputs and the weights are finite."
    ),
    "grows_backward": N_(
        "The gradient grows from layer to layer on its way back, as it does with batch "
        "normalization without residual connections."
    ),
    "large_error": N_(
        "The gradient is large from the start of its way back: the error is large, or the loss is "
        "a sum and not a mean."
    ),
    "half_precision": N_(
        "Up to {portion} of the entries of a gradient are rounded to zero, because float16 has no "
        "smaller numbers."
    ),
}

_BOTH = N_("ReLU with He initialization; residual connections with normalization.")
_REPAIR = N_("Repair layer “{layer}” first, then diagnose again.")
REMEDIES = {
    "frozen": N_("Nothing, if it is meant to be frozen."),
    "inactive": N_("Biases of zero, a smaller learning rate, or Leaky ReLU."),
    "disconnected": N_("Look for detach(), no_grad() or an output that is not used."),
    "unfed": N_("Look at the inputs and at what stands before this layer."),
    "unfed_by": _REPAIR,
    "blocked": _REPAIR,
    "zero_weights": N_("Diagnose again after a few updates."),
    "zero": N_(
        "Diagnose again on another batch, and look for functions without a slope between the "
        "layers, such as round()."
    ),
    "still": N_(
        "Compare the loss with that of guessing. If it is not smaller, look at how the loss is "
        "computed: round() and argmax() have no slope."
    ),
    "time": N_("LSTM with a large forget-gate bias, attention, or shorter sequences."),
    "saturated": N_("Smaller weights, normalization before the activation function, or ReLU."),
    "squashed": _BOTH,
    "small_weights": N_(
        "He initialization for ReLU, Xavier initialization for tanh; or residual connections with "
        "normalization."
    ),
    "faded": N_("Larger initial weights, normalization, or residual connections."),
    "flat": N_("Compare the loss with that of guessing. If it is small, there is little to learn."),
    "passed": N_(
        "Diagnose again on another batch. In one of several branches, or as the gain of a "
        "normalization, this can be harmless."
    ),
    "lost": N_("Residual connections with normalization."),
    "lost_at": N_("Look at what layer “{layer}” does to its input; go around it with a sum."),
    "bad_inputs": N_("Clean the data: isfinite() finds the values."),
    "bad_weights": N_("Go back to weights from before, and train with a smaller learning rate."),
    "large_weights": N_("He or Xavier initialization; gradient clipping as a first aid."),
    "large_weights_at": N_("Initialize this layer anew; gradient clipping as a first aid."),
    "growing_sum": N_("Normalize or scale the residual branches."),
    "overflow": N_("Smaller signals through normalization, or bfloat16 or float32."),
    "not_a_number": N_(
        "Look for NaN in the targets, a division by zero, a logarithm or root of zero or less, and "
        "a loss scale that is too large."
    ),
    "grows_backward": N_("Residual connections around the normalized layers."),
    "large_error": N_(
        "Scale inputs and targets, take the mean; gradient clipping and a smaller step."
    ),
    "half_precision": N_("Loss scaling, or bfloat16 in place of float16."),
}


def summary(diagnosis: Judgement) -> str:
    """Return the first line: the model, its loss and the verdict on the whole."""
    verdict = f"{SIGNS[diagnosis.verdict]} {_(WORDS[diagnosis.verdict])}"
    if math.isnan(diagnosis.loss) and all(
        math.isfinite(layer.evidence.gradient_norm) for layer in diagnosis.layers
    ):  # not known
        return _("{model}: {verdict}", model=diagnosis.model, verdict=verdict)
    return _(
        "{model}, loss {loss}: {verdict}",
        model=diagnosis.model,
        loss=format_number(diagnosis.loss),
        verdict=verdict,
    )


@dataclass(frozen=True)
class Group:
    """Hold neighbours with one finding; the first of them is the layer ``start`` from the input."""

    start: int
    layers: tuple[LayerDiagnosis, ...]

    @property
    def first(self) -> LayerDiagnosis:
        """The layer next to the input."""
        return self.layers[0]

    @property
    def numbers(self) -> str:
        """The layers' numbers, counted from the input."""
        return _span(str(self.start), str(self.start + len(self.layers) - 1))

    @property
    def names(self) -> str:
        """The names at both ends and the kinds of module."""
        kinds = " ".join(dict.fromkeys(layer.evidence.kind for layer in self.layers))
        return f"{_span(self.first.name, self.layers[-1].name)}, {kinds}"

    @property
    def range(self) -> str:
        """The least and the largest gradient norm divided by the weight norm."""
        values = [layer.evidence.relative_gradient for layer in self.layers]
        broken = [value for value in values if math.isnan(value)]
        low, high = (broken * 2)[:2] or (min(values), max(values))
        return _span(format_number(low), format_number(high))


def _span(low: str, high: str) -> str:
    # Translators: a range of numbers or names, such as "1 to 23".
    return low if low == high else _("{low} to {high}", low=low, high=high)


def groups(layers: Sequence[LayerDiagnosis]) -> list[Group]:
    """Put each layer in a row of its own, or like neighbours together where there are many."""
    if len(layers) > EACH:
        return shared(layers)
    return [Group(number, (layer,)) for number, layer in enumerate(layers, start=1)]


def shared(layers: Sequence[LayerDiagnosis]) -> list[Group]:
    """Put neighbours with one verdict, for one cause, together."""

    def finding(numbered: tuple[int, LayerDiagnosis]) -> tuple[str, str, str, bool]:
        layer = numbered[1]
        return layer.verdict, layer.cause, layer.culprit, layer.evidence.frozen

    runs = [list(run) for _key, run in itertools.groupby(enumerate(layers, start=1), finding)]
    return [Group(run[0][0], tuple(layer for _number, layer in run)) for run in runs]


def sign(layer: LayerDiagnosis) -> str:
    """Return the sign that stands for a layer's verdict."""
    return SIGNS[layer.verdict]


def verdict_of(layer: LayerDiagnosis) -> str:
    """Return a layer's verdict in words."""
    word = _(WORDS[layer.verdict])
    # Translators: a layer of a network whose weights are not trained.
    return _("{verdict} (frozen)", verdict=word) if layer.evidence.frozen else word


def findings(diagnosis: Judgement, *, html: bool) -> list[str]:
    """Return a line per cause: which layers, why, what to try."""
    causes: dict[tuple[str, str, str, str], list[LayerDiagnosis]] = {}
    for layer in diagnosis.layers:
        if layer.cause:
            inactive = _percent(layer.evidence.inactive_share) if layer.verdict == "dead" else ""
            key = (layer.verdict, layer.cause, layer.culprit, inactive)
            causes.setdefault(key, []).append(layer)
    return [_finding(layers, html) for layers in causes.values()]


def _finding(layers: Sequence[LayerDiagnosis], html: bool) -> str:
    layer = layers[0]
    fields = _fields(layers)
    cause, remedy = _filled(CAUSES, layer, fields), _filled(REMEDIES, layer, fields)
    count = ngettext("{count} layer", "{count} layers", len(layers))
    attempt = _("Try: {remedy}", remedy=remedy)
    if not html:
        return f"{sign(layer)} {verdict_of(layer)} ({count}): {cause} {attempt}"
    verdict = f'<strong><span aria-hidden="true">{sign(layer)}</span> {escape(verdict_of(layer))}'
    return f"{verdict}</strong> ({escape(count)}): {escape(cause)} {escape(attempt)}"


def _filled(texts: Mapping[str, str], layer: LayerDiagnosis, fields: Mapping[str, str]) -> str:
    source = texts.get(_variant(layer), texts[layer.cause])
    return _(source, **{name: text for name, text in fields.items() if f"{{{name}}}" in source})


def _variant(layer: LayerDiagnosis) -> str:
    """Return the cause's key for a text that names the layer to blame, where there is one."""
    suffixes = {"unfed": "unfed_by", "large_weights": "large_weights_at"}
    return suffixes.get(layer.cause, layer.cause) if layer.culprit else layer.cause


def _fields(layers: Sequence[LayerDiagnosis]) -> dict[str, str]:
    first = layers[0]
    lost = max(one.evidence.lost_share for one in layers)
    return {
        "layer": first.culprit,
        "portion": _percent(first.evidence.inactive_share if first.verdict == "dead" else lost),
        "share": format_number(min(one.evidence.first_step for one in layers)),
    }


def _percent(share: float) -> str:
    # Translators: a share, such as 50% of the units.
    return _("{percent}%", percent=math.floor(100 * share))
