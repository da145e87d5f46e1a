"""Every word of the laboratory, in the reader's language: its script holds none."""

from __future__ import annotations

from collections.abc import Mapping

from vanishing.explorer import takeaway
from vanishing.explorer.sliders import label
from vanishing.figures.labels import LABELS as LABELLED
from vanishing.figures.labels import worded
from vanishing.localisation import N_, _

FIELDS = (
    "activation",
    "depth",
    "width",
    "residual",
    "branch",
    "normalization",
    "init",
    "optimizer",
    "learning_rate",
    "momentum",
    "clip_norm",
    "clip_value",
    "batch_size",
    "epochs",
    "seed",
    "bit",
)


def fields() -> dict[str, str]:
    """Name the settings of a network, in the order in which they are offered."""
    own = {
        # Translators: in a residual network: how a block's result is added to its input.
        "branch": _("How a branch is added"),
        # Translators: what makes an update of a gradient: SGD or Adam.
        "optimizer": _("Optimizer"),
        "clip_norm": _("Clip the gradient's norm at"),
        "clip_value": _("Clip every component at"),
        "bit": _("Change the last bit of one weight"),
    }
    return {name: own.get(name) or label(name) for name in FIELDS}


CHOICES = {
    # Translators: a choice beside "Normalization": no normalization.
    "none": N_("none"),
    # Translators: the result of a residual branch is added to its input as it is.
    "sum": N_("as it is"),
    # Translators: the result of a residual branch is divided by the root of the depth.
    "scaled": N_("scaled"),
}
"""What settings are called that have no name of their own in the field."""


MEASURES = {
    "gradient_norms": N_("gradient norm"),
    "update_ratios": N_("length of an update / of the weights"),
    # Translators: mean cosine between what a layer puts out for two images: 1 if all are alike.
    "similarities": N_("similarity of the images"),
    "signal_norms": N_("size of the outputs"),
    "dead": N_("share of dead units"),
    "saturated": N_("share of saturated units"),
}
"""What the chart by layer can show, and what is known of a single layer."""


BUTTONS = {
    **takeaway.MOVE,
    "step": N_("1 step"),
    "ten": N_("10 steps"),
    # Translators: the networks before their first update, hidden until the reader has decided.
    "uncover": N_("Show the start"),
    # Translators: the networks go back to the weights that they started with.
    "restart": N_("Restart"),
    "reseed": N_("New random seed"),
    "add": N_("Add a network"),
    "remove": N_("Remove this network"),
    "copy_to_all": N_("Copy these settings to the other networks"),
    "python": N_("Copy as Python"),
    **{name: takeaway.BUTTONS[name] for name in ("link", "embed", "csv", "svg")},
    "projector": N_("View for a projector"),
    "leave": N_("Back to the whole page"),
}
"""What can be pressed."""


LABELS = {
    "experiment": N_("Experiment"),
    "own": N_("networks of your own"),
    "cover": N_("Decide what you expect, then look."),
    "answer": N_("What the experiment shows"),
    "chapter": N_("The chapter that explains it"),
    "training": N_("Training"),
    "speed": N_("Speed"),
    "speed_slow": N_("10 steps a second"),
    "speed_1": N_("1 step at a time"),
    "speed_5": N_("5 steps at a time"),
    "speed_most": N_("as fast as it goes"),
    "time": N_("Training step"),
    "by_layer": N_("Shown for each layer"),
    "fixed": N_("The same axis in all experiments"),
    # Translators: below a chart: pale lines are the values at step 0.
    "pale": N_("The pale lines show step 0."),
    "layer": N_("layer (1 = next to the input)"),
    "x_step": N_("training step"),
    "loss": N_("loss"),
    "accuracy": N_("accuracy"),
    "settings": N_("Settings"),
    "one_layer": N_("Look into one layer"),
    "choose_layer": N_("Layer"),
    "no_clipping": N_("no clipping"),
    **takeaway.LABELS,
    "network": N_("Network"),
    "state": N_("State"),
    "first": N_("gradient, first layer"),
    "last": N_("gradient, last layer"),
    "ratio": N_("first / last"),
    "ms": N_("ms per step"),
    # Translators: states of a training run; stalled: fewer than half of the digits are read.
    "learned": N_("learned"),
    "stalled": N_("stalled"),
    "diverged": N_("diverged"),
    "going": N_("in training"),
    "keys": N_(
        "Keys after a click into the laboratory, or while the focus is in it: k plays and "
        "pauses, . makes one step, 0 restarts."
    ),
}
"""The parts of the page."""


SENTENCES = {
    "even_start": N_(
        "Before the first update, the first and the last layer receive gradients of similar size."
    ),
    "small_start": N_(
        "Before the first update, the first layer receives {ratio} of the gradient of the "
        "last layer."
    ),
    "large_start": N_(
        "Before the first update, the first layer receives {ratio} times the gradient of the "
        "last layer."
    ),
    "even_going": N_("The gradient reaches the first layer. Accuracy so far: {percent}%."),
    "small_going": N_(
        "The first layer receives {ratio} of the gradient of the last layer. Accuracy so far: "
        "{percent}%."
    ),
    "large_going": N_(
        "The first layer receives {ratio} times the gradient of the last layer. Accuracy so "
        "far: {percent}%."
    ),
    "even_learned": N_("Its accuracy is {percent}%, and the gradient reaches the first layer."),
    "small_learned": N_(
        "Its accuracy is {percent}%, although the first layer receives {ratio} of the gradient "
        "of the last layer."
    ),
    "large_learned": N_(
        "Its accuracy is {percent}%, although the first layer receives {ratio} times the gradient "
        "of the last layer."
    ),
    "even_stalled": N_(
        "The gradient reaches the first layer, but that alone is not enough: at the end, the "
        "accuracy is {percent}%, below one half."
    ),
    "small_stalled": N_(
        "At the end, its accuracy is {percent}%, below one half. The first layer receives {ratio} "
        "of the gradient of the last layer."
    ),
    "large_stalled": N_(
        "At the end, its accuracy is {percent}%, below one half. The first layer receives {ratio} "
        "times the gradient of the last layer."
    ),
    "tiny_start": N_(
        "Before the first update, no hidden layer receives a gradient norm above {largest}."
    ),
    "tiny_going": N_(
        "No hidden layer receives a gradient norm above {largest}. Accuracy so far: {percent}%."
    ),
    "tiny_stalled": N_(
        "At the end, its accuracy is {percent}%, below one half. No hidden layer receives a "
        "gradient norm above {largest}."
    ),
    "jumping": N_("Its accuracy jumps: it was {best}% at step {step}, and it is {percent}% now."),
    "nan": N_(
        "From step {step} on there are infinite numbers or NaN, first in layer {layer}: "
        "nothing can be learned any more."
    ),
    "too_large": N_(
        "The loss has grown to {loss}, far above that of guessing: the updates are too large."
    ),
    "alike": N_(
        "To the last hidden layer all images look alike: the cosine between two of them is "
        "{similarity} on average."
    ),
    "distinct": N_(
        "In the last hidden layer the images differ: the cosine between two of them is "
        "{similarity} on average."
    ),
    "moves": N_(
        "The last update changed the weights of the first layer by {first} of their length, "
        "and those of the last layer by {last}. Accuracy so far: {percent}%."
    ),
    "together": N_("Its loss differs from that of {other} by less than 1%."),
    "parted": N_(
        "Up to step {step}, its loss differed from that of {other} by less than 1%; then they "
        "parted. Its loss is {loss} now, and that of {other} is {other_loss}."
    ),
}
"""What the script says of a network, with `{name}` fields that it fills."""


NOTICES = {
    "step_of": N_("{step} of {steps}"),
    "spoken": N_("Training step {step} of {steps}."),
    # Translators: {sentence} is a whole sentence about the network.
    "of_network": N_("{network}: {sentence}"),
    # Translators: {setting} is a setting of a network: "A, Learning rate".
    "network_setting": N_("{network}, {setting}"),
    # Translators: a setting of a network and its value: "Width (neurons per layer): 64".
    "setting": N_("{setting}: {value}"),
    "out_of_bounds": N_(
        "{setting} must be between {least} and {most}, got {value}: it is {used} now."
    ),
    "not_a_choice": N_("{setting} cannot be {value}: it is {used} now."),
    "unknown": N_("This page knows no setting {setting}; it is left out."),
    "failed": N_("{network} cannot be trained in this browser: {error}"),
    "too_big": N_("{network} needs more memory than this browser has: choose fewer units."),
    "guessing_loss": N_("guessing: {loss}"),
    "guessing_accuracy": N_("guessing: {accuracy}"),
    "table": N_("The networks at training step {step}"),
    "chart_by_layer": N_("Line chart: {measure} of each layer at training step {step}."),
    "chart_by_step": N_("Line chart: {measure} against the training step, up to step {step}."),
    "line_by_layer": N_("{network}: {first} in the first layer, {last} in the last."),
    "line_by_step": N_("{network}: {first} at step 0, {last} at the end of the line."),
    "heat_map": N_(
        "Heat map of {network}: how often a unit puts out which value. From left to right the "
        "layers, from bottom to top values from {low} to {high}."
    ),
    "histogram": N_("Histogram of {network}: the outputs of layer {layer}, from {low} to {high}."),
    "no_update": N_("No weight has been changed yet: press Play, or make a step."),
    "no_outputs": N_("Layer {layer} is not a hidden layer of this network."),
}
"""What the script tells of the page itself, with `{name}` fields that it fills."""


def kinds() -> dict[str, str]:
    """Return the names of networks, and parts of them, for which the language has other words."""
    return {name: worded(name) for name in sorted(LABELLED) if worded(name) != name}


def translated(words: Mapping[str, str]) -> dict[str, str]:
    """Return words of this module in the language in use."""
    return {key: _(text) for key, text in words.items()}


def without_script() -> str:
    """Return what a reader is told whose browser runs no JavaScript."""
    return _(
        "On this page your own browser trains networks, with JavaScript. Without it, the figure "
        "shows what three networks with 20 layers receive before the first update."
    )
