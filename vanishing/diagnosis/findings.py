"""Say what a diagnosis found: the verdicts' words, the causes, what to try, layer by layer."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from vanishing.diagnosis.verdicts import Judgement, LayerDiagnosis, Spot
from vanishing.diagnosis.words import ALARMS, CAUSES, REMEDIES, SIGNS, WORDS
from vanishing.localisation import N_, _, format_number, ngettext
from vanishing.phrases import listed, paragraph

EACH = 12  # layers up to which each has a row of its own; above, neighbours share one


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
        return listed(texts if len(texts) <= 3 else [*texts[:2], "…", texts[-1]])

    @property
    def title(self) -> str:
        """The numbers, and the word that they count."""
        return ngettext(
            "layer {numbers}", "layers {numbers}", len(self.places), numbers=self.numbers
        )

    @property
    def names(self) -> str:
        """The names at both ends, in quotation marks, and the kinds of module."""
        kinds = list(dict.fromkeys(layer.evidence.kind for layer in self.layers))
        shown = " ".join(kinds if len(kinds) <= 4 else [*kinds[:3], "…"])
        first, last = self.first.name, self.layers[-1].name
        if first == last:
            return _("“{name}”, {kinds}", name=first, kinds=shown)
        return _("“{first}” to “{last}”, {kinds}", first=first, last=last, kinds=shown)

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
    return _("{verdict}, frozen", verdict=word) if layer.evidence.frozen else word


def findings(diagnosis: Judgement, *, html: bool) -> list[str]:
    """Return a line per cause: which layers, why, what to try; the loss comes first."""
    causes: dict[tuple[str, ...], list[LayerDiagnosis]] = {}
    for layer in diagnosis.layers:
        if layer.cause and layer.cause not in _told_by_alarm(diagnosis):
            key = (layer.verdict, _variant(layer), layer.operation, layer.remedy)
            causes.setdefault(key, []).append(layer)
    ordered = sorted(causes.values(), key=lambda layers: layers[0].verdict == "healthy")
    lines = [_finding(layers, diagnosis, html) for layers in ordered]
    return [*_alarm(diagnosis, html), *lines, *_notes(diagnosis, html)]


def _told_by_alarm(diagnosis: Judgement) -> tuple[str, ...]:
    if not diagnosis.alarm:
        return ()
    return ("loss", diagnosis.broken.cause if diagnosis.broken else "")


def _alarm(diagnosis: Judgement, html: bool) -> list[str]:
    if not diagnosis.alarm:
        return []
    spot, remedy = diagnosis.broken, _alarm_of(diagnosis)
    cause = _alarmed(diagnosis)
    if diagnosis.alarm in ("nan_loss", "infinite_loss") and spot is not None:
        key = spot.cause
        fields = {"layer": spot.layer, "operation": spot.operation}
        cause = paragraph(cause, _say(CAUSES[key], fields))
        remedy = _REMEDY_OF.get(spot.kind, spot.kind)
    attempt = _("Try: {remedy}", remedy=_(REMEDIES.get(remedy, REMEDIES[diagnosis.alarm])))
    word = _(WORDS[diagnosis.verdict])
    return [_line(SIGNS[diagnosis.verdict], word, "", paragraph(cause, attempt), html)]


def _alarm_of(diagnosis: Judgement) -> str:
    """Return the key of what is wrong with the loss; labels that count may have no weight."""
    ignored, labels = diagnosis.ignored
    has_labels = diagnosis.alarm == "no_terms" and ignored < labels
    return "no_weight" if has_labels else diagnosis.alarm


def _alarmed(diagnosis: Judgement) -> str:
    ignored, labels = diagnosis.ignored
    alarm = _alarm_of(diagnosis)
    if alarm != "no_terms" or not labels:
        return _(ALARMS[alarm])
    return ngettext(
        "The loss has no term left: {ignored} of {count} label is ignored.",
        "The loss has no term left: {ignored} of {count} labels are ignored.",
        labels,
        ignored=ignored,
    )


CHECKS = {
    "batch": N_(
        "Checked: NaN and infinity, the size of each layer's gradient, entries rounded to zero, "
        "dead units, and whether the examples become alike."
    ),
    "step": N_(
        "Checked: NaN and infinity, the size of each layer's gradient, dead units, and whether the "
        "examples become alike. Not the loss, and not the number format."
    ),
    "norms": N_("Checked: only the size of each layer's gradient."),
}


def _notes(diagnosis: Judgement, html: bool) -> list[str]:
    """Say what was left out, and what every diagnosis leaves open."""
    notes = []
    if diagnosis.left_out:
        names = listed(diagnosis.left_out)
        notes.append(_("Left out, because they hold no real numbers: {names}.", names=names))
    if (spot := diagnosis.broken) is not None and _is_hidden(diagnosis, spot):
        notes.append(_say(CAUSES[spot.cause], {"layer": spot.layer, "operation": spot.operation}))
    if diagnosis.softmax_twice:
        cause = _("The outputs are probabilities, and the loss takes a softmax of them again.")
        remedy = _say(REMEDIES["twice"], {})
        notes.append(paragraph(cause, _("Try: {remedy}", remedy=remedy)))
    quantity = _("gradient norm / weight norm")
    notes.append(_("The number beside each verdict: {quantity}.", quantity=quantity))
    notes.append(_("This describes one batch at one moment."))
    if diagnosis.is_healthy:
        notes.append(_(CHECKS[diagnosis.scope]))
        notes.append(
            _(
                "Not checked: the data and the labels, the learning rate, other batches, and what "
                "training will change."
            )
        )
    return [escape(note) if html else note for note in notes]


def _is_hidden(diagnosis: Judgement, spot: Spot) -> bool:
    """Say whether numbers became too large for float16, and no finding says so."""
    told = any(one.cause == spot.cause for one in diagnosis.layers) or bool(diagnosis.alarm)
    return spot.cause.startswith("broken_format") and not told and not diagnosis.is_healthy


def _finding(layers: Sequence[LayerDiagnosis], diagnosis: Judgement, html: bool) -> str:
    layer = layers[0]
    fields = _fields(layers, diagnosis)
    said = [_say(CAUSES.get(_variant(layer), CAUSES.get(_outside(layer), "")), fields)]
    if layer.cause in ("still", "fitted", "flat"):
        said.append(_answers(diagnosis))
    said += [_moved(layers), _("Try: {remedy}", remedy=_say(_remedy(layer), fields))]
    where = _where(layers, diagnosis.layers)
    return _line(sign(layer), verdict_of(layer), where, paragraph(*said), html)


def _where(found: Sequence[LayerDiagnosis], layers: Sequence[LayerDiagnosis]) -> str:
    """Say how many layers have a finding, and between which two they stand."""
    total, part, first, last = len(layers), len(found), found[0].name, found[-1].name
    if part == 1:
        return ngettext(
            "{part} of {count} layer: “{name}”",
            "{part} of {count} layers: “{name}”",
            total,
            part=part,
            name=first,
        )
    places = [place for place, layer in enumerate(layers) if layer in found]
    if places[-1] - places[0] < part:
        return ngettext(
            "{part} of {count} layer: “{first}” to “{last}”",
            "{part} of {count} layers: “{first}” to “{last}”",
            total,
            part=part,
            first=first,
            last=last,
        )
    return ngettext(
        "{part} of {count} layer, between “{first}” and “{last}”",
        "{part} of {count} layers, between “{first}” and “{last}”",
        total,
        part=part,
        first=first,
        last=last,
    )


def _answers(diagnosis: Judgement) -> str:
    right, count = diagnosis.right
    if not count:
        return ""
    return ngettext(
        "The largest output is the right answer for {right} of {count} example.",
        "The largest output is the right answer for {right} of {count} examples.",
        count,
        right=right,
    )


def _line(mark: str, word: str, where: str, text: str, html: bool) -> str:
    if where:
        line = _("{verdict} ({place}): {text}", verdict=word, place=where, text=text)
    else:
        line = _("{verdict}: {text}", verdict=word, text=text)
    if not html:
        return f"{mark} {line}"
    return f'<strong aria-hidden="true">{mark}</strong> {escape(line)}'


def _moved(layers: Sequence[LayerDiagnosis]) -> str:
    updates = [one.evidence.update for one in layers if not math.isnan(one.evidence.update)]
    if not updates or layers[0].verdict == "healthy":
        return ""
    return _(
        "Even so, the optimizer moves these weights by up to {share} of their length.",
        share=format_number(max(updates)),
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


def _fields(layers: Sequence[LayerDiagnosis], diagnosis: Judgement) -> dict[str, str]:
    first = layers[0]
    lost = max(one.evidence.lost_share for one in layers)
    inactive = min(one.evidence.inactive_share for one in layers)
    return {
        "layer": _listed([*_named_too(layers), *(one.culprit for one in layers)]),
        "operation": first.operation,
        "portion": _percent(inactive if first.verdict == "dead" else lost),
        "share": format_number(min(_least_share(one) for one in layers)),
        "turns": str(first.evidence.turns),
        "distance": format_number(min(map(_distance, layers))),
        "first": format_number(next(filter(_is_number, map(_distance, diagnosis.layers)), 0.0)),
    }


def _named_too(layers: Sequence[LayerDiagnosis]) -> list[str]:
    """Return the layers' own names where a cause lies in them as much as in the culprit."""
    return [one.name for one in layers if one.cause == "zero_pair"]


def _least_share(layer: LayerDiagnosis) -> float:
    return min(layer.evidence.first_step, layer.evidence.first_turn)


def _listed(names: Sequence[str]) -> str:
    """Return at most three names for a sentence that puts them between quotation marks."""
    different = list(dict.fromkeys(names))
    # Translators: what stands between two names of a list that as a whole is in quotation marks.
    between = _("”, “")
    return between.join([*different[:3], *(["…"] if len(different) > 3 else [])])


def _distance(layer: LayerDiagnosis) -> float:
    return 1 - layer.evidence.likeness


def _is_number(value: float) -> bool:
    return not math.isnan(value)


def _percent(share: float) -> str:
    # Translators: a share, such as 50% of the units.
    return _("{percent}%", percent=math.floor(100 * share))
