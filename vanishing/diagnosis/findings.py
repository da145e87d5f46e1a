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
    # Translators: verdict on a layer: it puts out nearly the same for every example.
    "alike": N_("alike"),
}

SIGNS = {
    "healthy": "●",
    "starving": "◆",
    "dead": "✖",
    "exploding": "▲",
    "underflowing": "■",
    "alike": "≈",
}

# What is wrong with the loss itself.
ALARMS = {
    "nan_loss": N_("The loss is NaN."),
    "infinite_loss": N_("The loss is infinite."),
    "no_terms": N_(
        "The loss has no term left: every target is ignored, or the mean is taken over nothing."
    ),
    "constant": N_("The loss does not depend on any parameter that is trained."),
    "all_frozen": N_("Every parameter is frozen, so nothing is trained."),
}

CAUSES = {
    "frozen": N_("The layer is frozen, and no gradient is computed for it."),
    "inactive": N_(
        "{portion} of the units behind this layer give zero on every example, so no gradient "
        "passes through them."
    ),
    "disconnected": N_(
        "The loss does not depend on this layer: it is not used, or the way back is cut."
    ),
    "uncalled": N_("This layer was not called on these examples."),
    "cut": N_(
        "No gradient comes back to this layer. What it gives goes into “{operation}”, which has no "
        "slope."
    ),
    "padding": N_(
        "Every entry that this layer looked up is the padding, whose row is not trained."
    ),
    "turns": N_(
        "The layer is used {turns} times one after the other, and the first of these uses receives "
        "{share} of what the best one receives."
    ),
    "grows_in_time": N_(
        "The gradient grows along the sequence on its way back, from the last step to the first."
    ),
    "statistics": N_(
        "The running statistics of layer “{layer}” do not fit this batch, so it puts out numbers "
        "that are far too large or too small."
    ),
    "lost_forward": N_(
        "The signal is lost on its way forward: layer “{layer}” puts out far less than the layer "
        "before it."
    ),
    "unfed": N_("All inputs of this layer are zero, so its weights cannot matter."),
    "unfed_by": N_("All inputs of this layer are zero, because layer “{layer}” before it is dead."),
    "blocked": N_("Layer “{layer}” on the way back is dead and lets no gradient through."),
    "zero_weights": N_(
        "The gradient is exactly zero because “{layer}” is zero in every entry, and gradients "
        "alone do not end this."
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
    "saturated_at": N_(
        "The function “{operation}” behind layer “{layer}” is saturated: it is flat where the "
        "signal is, so it lets hardly any gradient through."
    ),
    "saturated_inside": N_(
        "The functions inside layer “{layer}” are saturated: they are flat where the signal is, so "
        "they let hardly any gradient through."
    ),
    "saturated_in_loss": N_(
        "The function “{operation}” at the end is saturated: it is flat where the signal is, so it "
        "lets hardly any gradient through."
    ),
    "still_flat": N_(
        "The loss is flat here, and not because it is at its least: other outputs lower it, but it "
        "has hardly any slope in their direction."
    ),
    "single": N_(
        "“{operation}” works on a single number, so its result is the same whatever the number is."
    ),
    "stairs": N_("“{operation}” has no slope, so no gradient passes through it."),
    "slope": N_(
        "The loss uses derivatives of the network, and the second derivative of a piecewise linear "
        "function such as ReLU is zero."
    ),
    "zero_at": N_(
        "“{operation}” behind layer “{layer}” multiplies the gradient by zero or passes none of it."
    ),
    "start": N_(
        "The gradient is exactly zero because “{layer}” starts at zero. It receives a gradient "
        "itself, so the first update ends this."
    ),
    "small_start": N_(
        "The gradient is small because the learned factor “{layer}” starts close to zero. It "
        "receives a gradient itself, so training can end this."
    ),
    "unseen": N_(
        "Only the norms of this step were recorded, without its forward pass, so the cause is open."
    ),
    "unasked": N_(
        "On these examples, the loss asks nothing of this layer: its gradient is exactly zero."
    ),
    "alike": N_(
        "What this layer puts out hardly depends on the example: the mean cosine between two "
        "examples is {likeness}."
    ),
    "stacked": N_("The gradient shrinks on its way back through the stacked recurrent layers."),
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
    "bad_targets": N_("The targets contain NaN or infinite values."),
    "broken_forward": N_(
        "“{operation}” behind layer “{layer}” is the first operation on the way forward to give "
        "NaN or infinity."
    ),
    "broken_forward_in_loss": N_(
        "“{operation}” in the loss is the first operation on the way forward to give NaN or "
        "infinity."
    ),
    "broken_forward_at_start": N_(
        "“{operation}” before the first layer is the first operation on the way forward to give "
        "NaN or infinity."
    ),
    "broken_backward": N_(
        "The loss is finite. On the way back, “{operation}” behind layer "
        "“{layer}” is the first operation to give NaN or infinity."
    ),
    "broken_backward_in_loss": N_(
        "The loss is finite. On the way back, “{operation}” in the loss is "
        "the first operation to give NaN or infinity."
    ),
    "broken_backward_at_start": N_(
        "The loss is finite. On the way back, “{operation}” before the first "
        "layer is the first operation to give NaN or infinity."
    ),
    "broken_format": N_(
        "“{operation}” behind layer “{layer}” gives a number too large for float16, which ends at "
        "65504."
    ),
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
    "uncalled": N_(
        "If it should run here, look at where forward() leaves it out; else diagnose again on "
        "another batch."
    ),
    "cut": N_(
        "If this is its only way to the loss, a smooth function in its place, or a "
        "straight-through estimator. If not, look for detach() or no_grad() on the other way."
    ),
    "padding": N_("Look at the tokens of this batch, and at how they are padded."),
    "turns": N_(
        "In depth, residual connections with normalization around it, or fewer uses; along a "
        "sequence, LSTM, attention, or shorter sequences."
    ),
    "grows_in_time": N_(
        "Gradient clipping; smaller or orthogonal recurrent weights; LSTM, GRU, or shorter "
        "sequences."
    ),
    "lost_forward": N_(
        "Look at the weights and gains of layer “{layer}”: initialize it anew, or put a "
        "normalization behind it."
    ),
    "statistics": N_(
        "Look at how the running statistics came about: model.train() takes those of the batch, "
        "and updates them."
    ),
    "unfed": N_("Look at the inputs and at what stands before this layer."),
    "unfed_by": _REPAIR,
    "blocked": _REPAIR,
    "zero_weights": N_("Start one of the two factors of this product from random numbers."),
    "start": N_("Nothing, if it is meant to start so. Diagnose again after a few updates."),
    "small_start": N_("Nothing, if it is meant to start so. Diagnose again after a few updates."),
    "large_inputs": N_(
        "Scale the inputs to mean 0 and standard deviation 1: their numbers are large. Then "
        "smaller weights, or normalization before the function."
    ),
    "saturated_inside": N_("Smaller weights and biases, or normalization before this layer."),
    "still_flat": N_(
        "A loss that computes with scores in place of probabilities, such as "
        "binary_cross_entropy_with_logits; for a generator, the non-saturating loss."
    ),
    "single": N_("Let it work along the dimension that holds several numbers."),
    "stairs": N_(
        "A smooth function in its place, or a straight-through estimator: round(), sign() and "
        "argmax() have no slope."
    ),
    "slope": N_("A smooth activation function, such as tanh or SiLU."),
    "zero_at": N_("Look at what this operation does: a mask, a factor of zero, a choice."),
    "unseen": N_("Make the watch before the loop begins, or diagnose the batch itself."),
    "unasked": N_("Diagnose again on another batch."),
    "alike": N_("Normalization, residual connections, or fewer layers."),
    "stacked": N_("Residual connections between the recurrent layers, or fewer of them."),
    "masked_row": N_(
        "Let every row of the mask leave at least one entry, or put a large negative number in "
        "place of −inf."
    ),
    "too_large": N_("Smaller numbers before it: normalization, scaled inputs, or clamp()."),
    "overflow_16": N_("bfloat16 or float32 for this operation, or smaller numbers before it."),
    "exponential": N_("Bound its input with clamp(), or use softplus() or logsumexp()."),
    "logarithm": N_(
        "Keep its input above zero, for example with clamp(min=1e-6); for probabilities, "
        "log_softmax() or logsigmoid()."
    ),
    "root": N_(
        "Keep what is under the root above zero, for example by adding a small number: at zero its "
        "slope is infinite."
    ),
    "division": N_("Keep the divisor away from zero, for example with clamp(min=1e-6)."),
    "nothing_by_nothing": N_(
        "Zero is divided by zero: count what is left before the division, and skip a batch with "
        "nothing left."
    ),
    "where": N_(
        "torch.where() sends zero times infinity back through the branch that was not taken: make "
        "the input of that branch harmless first, with another torch.where()."
    ),
    "labels": N_(
        "More labels than time steps: leave such examples out, or pass zero_infinity=True."
    ),
    "domain": N_("Keep its input inside the range where its slope is finite."),
    "constant_number": N_("Look for a NaN or an infinity that is written in the code."),
    "bad_targets": N_("Clean the data: isfinite() finds the values."),
    "nan_loss": N_("Look at what the loss is computed from, one operation at a time."),
    "infinite_loss": N_("Look at what the loss is computed from, one operation at a time."),
    "no_terms": N_("Look at the targets of this batch: labels such as −100 are not counted."),
    "constant": N_("Look for detach(), no_grad(), item() or numpy() between outputs and loss."),
    "all_frozen": N_("Set requires_grad to True for what is to be trained."),
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
    if math.isnan(diagnosis.loss) and not diagnosis.alarm:  # not known
        return _("{model}: {verdict}", model=diagnosis.model, verdict=verdict)
    return _(
        "{model}, loss {loss}: {verdict}",
        model=diagnosis.model,
        loss=format_number(diagnosis.loss),
        verdict=verdict,
    )


@dataclass(frozen=True)
class Group:
    """Hold layers with one finding, and their numbers from the input on."""

    places: tuple[int, ...]
    layers: tuple[LayerDiagnosis, ...]

    @property
    def first(self) -> LayerDiagnosis:
        """The layer next to the input."""
        return self.layers[0]

    @property
    def numbers(self) -> str:
        """The layers' numbers, neighbours together; of more than three spans, the ends."""
        spans: list[list[int]] = []
        for place in self.places:
            if spans and spans[-1][-1] == place - 1:
                spans[-1].append(place)
            else:
                spans.append([place])
        texts = [_span(str(span[0]), str(span[-1])) for span in spans]
        return ", ".join(texts if len(texts) <= 3 else [*texts[:2], "…", texts[-1]])

    @property
    def names(self) -> str:
        """The names at both ends and the kinds of module."""
        kinds = list(dict.fromkeys(layer.evidence.kind for layer in self.layers))
        shown = " ".join(kinds if len(kinds) <= 4 else [*kinds[:3], "…"])
        return f"{_span(self.first.name, self.layers[-1].name)}, {shown}"

    @property
    def range(self) -> str:
        """The least and the largest gradient norm divided by the weight norm."""
        values = [(one.evidence.relative_gradient, one.evidence.frozen) for one in self.layers]
        known = [value for value, frozen in values if not (frozen and math.isnan(value))]
        if not known:
            return "–"
        broken = [value for value in known if math.isnan(value)]
        low, high = (broken * 2)[:2] or (min(known), max(known))
        return _span(format_number(low), format_number(high))


def _span(low: str, high: str) -> str:
    # Translators: a range of numbers or names, such as "1 to 23".
    return low if low == high else _("{low} to {high}", low=low, high=high)


def groups(layers: Sequence[LayerDiagnosis]) -> list[Group]:
    """Put each layer in a row of its own, or where there are many, those with one finding.

    Of such rows, the sick come first.
    """
    if len(layers) <= EACH:
        return [Group((number,), (layer,)) for number, layer in enumerate(layers, start=1)]
    found: dict[tuple[str, ...], list[tuple[int, LayerDiagnosis]]] = {}
    for number, layer in enumerate(layers, start=1):
        found.setdefault(_finding_of(layer), []).append((number, layer))
    together = [_group(pairs) for pairs in found.values()]
    return sorted(together, key=lambda group: group.first.verdict == "healthy")


def shared(layers: Sequence[LayerDiagnosis]) -> list[Group]:
    """Put neighbours with one verdict, for one cause, together."""
    numbered = enumerate(layers, start=1)
    runs = itertools.groupby(numbered, lambda pair: _finding_of(pair[1]))
    return [_group(list(run)) for _key, run in runs]


def _group(pairs: Sequence[tuple[int, LayerDiagnosis]]) -> Group:
    return Group(tuple(number for number, _one in pairs), tuple(layer for _one, layer in pairs))


def _finding_of(layer: LayerDiagnosis) -> tuple[str, ...]:
    return layer.verdict, _variant(layer), layer.operation, str(layer.evidence.frozen)


def sign(layer: LayerDiagnosis) -> str:
    """Return the sign that stands for a layer's verdict."""
    return SIGNS[layer.verdict]


def verdict_of(layer: LayerDiagnosis) -> str:
    """Return a layer's verdict in words."""
    word = _(WORDS[layer.verdict])
    # Translators: a layer of a network whose weights are not trained.
    return _("{verdict} (frozen)", verdict=word) if layer.evidence.frozen else word


def findings(diagnosis: Judgement, *, html: bool) -> list[str]:
    """Return a line per cause: which layers, why, what to try; the loss comes first."""
    causes: dict[tuple[str, ...], list[LayerDiagnosis]] = {}
    for layer in diagnosis.layers:
        if layer.cause and layer.cause not in _told_by_alarm(diagnosis):
            key = (layer.verdict, _variant(layer), layer.operation, layer.remedy)
            causes.setdefault(key, []).append(layer)
    ordered = sorted(causes.values(), key=lambda layers: layers[0].verdict == "healthy")
    lines = [_finding(layers, html) for layers in ordered]
    return [*_alarm(diagnosis, html), *lines, *_notes(diagnosis, html)]


def _told_by_alarm(diagnosis: Judgement) -> tuple[str, ...]:
    if not diagnosis.alarm:
        return ()
    return ("loss", diagnosis.broken.cause if diagnosis.broken else "")


def _alarm(diagnosis: Judgement, html: bool) -> list[str]:
    if not diagnosis.alarm:
        return []
    spot, remedy = diagnosis.broken, diagnosis.alarm
    cause = _(ALARMS[diagnosis.alarm])
    if diagnosis.alarm in ("nan_loss", "infinite_loss") and spot is not None:
        key = spot.cause
        fields = {"layer": spot.layer, "operation": spot.operation}
        cause = f"{cause} {_say(CAUSES[key], fields)}"
        remedy = _REMEDY_OF.get(spot.kind, spot.kind)
    attempt = _("Try: {remedy}", remedy=_(REMEDIES.get(remedy, REMEDIES[diagnosis.alarm])))
    word = _(WORDS[diagnosis.verdict])
    return [_line(SIGNS[diagnosis.verdict], word, "", f"{cause} {attempt}", html)]


def _notes(diagnosis: Judgement, html: bool) -> list[str]:
    """Say what was left out, and what every diagnosis leaves open."""
    notes = [_("This describes one batch at one moment.")]
    if diagnosis.left_out:
        names = ", ".join(diagnosis.left_out)
        notes.insert(0, _("Left out, because they hold no real numbers: {names}.", names=names))
    return [escape(note) if html else note for note in notes]


def _finding(layers: Sequence[LayerDiagnosis], html: bool) -> str:
    layer = layers[0]
    fields = _fields(layers)
    cause = _say(CAUSES.get(_variant(layer), CAUSES.get(_outside(layer), "")), fields)
    count = ngettext("{count} layer", "{count} layers", len(layers))
    attempt = _("Try: {remedy}", remedy=_say(_remedy(layer), fields))
    moved = _moved(layers)
    return _line(sign(layer), verdict_of(layer), count, f"{cause} {moved}{attempt}", html)


def _line(mark: str, word: str, count: str, text: str, html: bool) -> str:
    counted = f" ({count})" if count else ""
    if not html:
        return f"{mark} {word}{counted}: {text}"
    bold = f'<strong><span aria-hidden="true">{mark}</span> {escape(word)}</strong>'
    return f"{bold}{escape(counted)}: {escape(text)}"


def _moved(layers: Sequence[LayerDiagnosis]) -> str:
    updates = [one.evidence.update for one in layers if not math.isnan(one.evidence.update)]
    if not updates or layers[0].verdict == "healthy":
        return ""
    share = format_number(max(updates))
    return (
        _(
            "Even so, the optimizer moves these weights by up to {share} of their length.",
            share=share,
        )
        + " "
    )


_REMEDY_OF = {"overflow": "too_large", "constant": "constant_number", "": "not_a_number"}


def _remedy(layer: LayerDiagnosis) -> str:
    key = _REMEDY_OF.get(layer.remedy, layer.remedy) if layer.remedy else _variant(layer)
    return REMEDIES.get(key) or REMEDIES.get(_outside(layer)) or REMEDIES["not_a_number"]


def _outside(layer: LayerDiagnosis) -> str:
    """Return the cause's key without the place, where one text serves several places."""
    return layer.cause.removesuffix("_in_loss")


def _say(source: str, fields: Mapping[str, str]) -> str:
    return _(source, **{name: text for name, text in fields.items() if f"{{{name}}}" in source})


def _variant(layer: LayerDiagnosis) -> str:
    """Return the cause's key for a text that names the layer to blame, where there is one."""
    suffixes = {"unfed": "unfed_by", "large_weights": "large_weights_at"}
    return suffixes.get(layer.cause, layer.cause) if layer.culprit else layer.cause


def _fields(layers: Sequence[LayerDiagnosis]) -> dict[str, str]:
    first = layers[0]
    lost = max(one.evidence.lost_share for one in layers)
    inactive = min(one.evidence.inactive_share for one in layers)
    return {
        "layer": _listed([one.culprit for one in layers]),
        "operation": first.operation,
        "portion": _percent(inactive if first.verdict == "dead" else lost),
        "share": format_number(min(_least_share(one) for one in layers)),
        "turns": str(first.evidence.turns),
        "likeness": format_number(max(_known(one.evidence.likeness) for one in layers)),
    }


def _least_share(layer: LayerDiagnosis) -> float:
    return min(layer.evidence.first_step, layer.evidence.first_turn)


def _listed(names: Sequence[str]) -> str:
    """Return at most three names for a sentence that puts them between quotation marks."""
    different = list(dict.fromkeys(names))
    return "”, “".join(different[:3]) + ("”, “…" if len(different) > 3 else "")


def _known(number: float) -> float:
    return 0.0 if math.isnan(number) else number


def _percent(share: float) -> str:
    # Translators: a share, such as 50% of the units.
    return _("{percent}%", percent=math.floor(100 * share))
