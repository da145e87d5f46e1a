"""Every word of the laboratory, in the reader's language: its script holds none."""

from __future__ import annotations

from vanishing.explorer.sliders import label
from vanishing.localisation import _

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


def choices() -> dict[str, str]:
    """Return what settings are called that have no name of their own in the field."""
    return {
        "none": _("none"),
        # Translators: the result of a residual branch is added to its input as it is.
        "sum": _("as it is"),
        # Translators: the result of a residual branch is divided by the root of the depth.
        "scaled": _("scaled"),
    }


def measures() -> dict[str, str]:
    """Name what the chart by layer can show, and what is known of a single layer."""
    return {
        "gradient_norms": _("gradient norm"),
        "update_ratios": _("length of an update / of the weights"),
        # Translators: mean cosine between what a layer puts out for two images: 1 if all are alike.
        "similarities": _("similarity of the images"),
        "signal_norms": _("size of the outputs"),
        "dead": _("share of dead units"),
        "saturated": _("share of saturated units"),
    }


def buttons() -> dict[str, str]:
    """Name what can be pressed."""
    return {
        "play": _("Play"),
        "pause": _("Pause"),
        "step": _("1 step"),
        "ten": _("10 steps"),
        # Translators: the networks go back to the weights that they started with.
        "restart": _("Restart"),
        "reseed": _("New random seed"),
        "add": _("Add a network"),
        "remove": _("Remove this network"),
        "copy_to_all": _("Copy these settings to the other networks"),
        "link": _("Copy link"),
        "python": _("Copy as Python"),
        "embed": _("Copy code to embed"),
        "csv": _("Save numbers (CSV)"),
        "svg": _("Save chart (SVG)"),
        "projector": _("View for a projector"),
        "leave": _("Back to the whole page"),
    }


def labels() -> dict[str, str]:
    """Name the parts of the page."""
    return {
        "experiment": _("Experiment"),
        "own": _("networks of your own"),
        "training": _("Training"),
        "speed": _("Speed"),
        "speed_1": _("1 step at a time"),
        "speed_5": _("5 steps at a time"),
        "speed_most": _("as fast as it goes"),
        "time": _("Training step"),
        "by_layer": _("Shown for each layer"),
        "fixed": _("The same axis in all experiments"),
        # Translators: below a chart: pale lines are the values at step 0.
        "pale": _("The pale lines show step 0."),
        "layer": _("layer (1 = next to the input)"),
        "x_step": _("training step"),
        "loss": _("loss"),
        "accuracy": _("accuracy"),
        "settings": _("Settings"),
        "one_layer": _("Look into one layer"),
        "choose_layer": _("Layer"),
        "no_clipping": _("no clipping"),
        "take_away": _("Take away"),
        "network": _("Network"),
        "state": _("State"),
        "first": _("gradient, first layer"),
        "last": _("gradient, last layer"),
        "ratio": _("first / last"),
        "ms": _("ms per step"),
        # Translators: states of a training run; stalled: fewer than half of the digits are read.
        "learned": _("learned"),
        "stalled": _("stalled"),
        "diverged": _("diverged"),
        "going": _("in training"),
        "keys": _(
            "Keys while you are in the laboratory: k plays and pauses, . makes one step, "
            "0 restarts."
        ),
        "copied": _("Copied:"),
    }


def sentences() -> dict[str, str]:
    """Return what the script says of a network, with `{name}` fields that it fills."""
    return {
        "even_start": _(
            "Before the first update, the first and the last layer receive gradients of similar "
            "size."
        ),
        "small_start": _(
            "Before the first update, the first layer receives {ratio} of the gradient of the "
            "last layer."
        ),
        "large_start": _(
            "Before the first update, the first layer receives {ratio} times the gradient of the "
            "last layer."
        ),
        "even_going": _(
            "The gradient reaches the first layer. So far {percent}% of the test images are read."
        ),
        "small_going": _(
            "The first layer receives {ratio} of the gradient of the last layer, so it hardly "
            "moves. So far {percent}% of the test images are read."
        ),
        "large_going": _(
            "The first layer receives {ratio} times the gradient of the last layer. So far "
            "{percent}% of the test images are read."
        ),
        "even_learned": _(
            "It has learned: {percent}% of the test images are read, and the gradient reaches the "
            "first layer."
        ),
        "small_learned": _(
            "It has learned: {percent}% of the test images are read, although the first layer "
            "receives {ratio} of the gradient of the last layer."
        ),
        "large_learned": _(
            "It has learned: {percent}% of the test images are read, although the first layer "
            "receives {ratio} times the gradient of the last layer."
        ),
        "even_stalled": _(
            "The gradient reaches the first layer, but that alone is not enough: {percent}% of the "
            "test images are read."
        ),
        "small_stalled": _(
            "It has not learned: {percent}% of the test images are read, and the first layer "
            "receives {ratio} of the gradient of the last layer."
        ),
        "large_stalled": _(
            "It has not learned: {percent}% of the test images are read, and the first layer "
            "receives {ratio} times the gradient of the last layer."
        ),
        "nan": _(
            "From step {step} on there are infinite numbers or NaN, first in layer {layer}: "
            "nothing can be learned any more."
        ),
        "too_large": _(
            "The loss has grown to {loss}, far above that of guessing: the updates are too large."
        ),
        "alike": _(
            "To the last hidden layer all images look alike: the cosine between two of them is "
            "{similarity} on average."
        ),
        "distinct": _(
            "In the last hidden layer the images differ: the cosine between two of them is "
            "{similarity} on average."
        ),
        "moves": _(
            "The last update changed the weights of the first layer by {first} of their length, "
            "and those of the last layer by {last}. {percent}% of the test images are read."
        ),
        "together": _("Its loss differs from that of {other} by less than 1%."),
        "parted": _(
            "Up to step {step}, its loss differed from that of {other} by less than 1%; then they "
            "parted. Now the losses are {loss} and {other_loss}."
        ),
    }


def notices() -> dict[str, str]:
    """Return what the script tells of the page itself, with `{name}` fields that it fills."""
    return {
        "step_of": _("{step} of {steps}"),
        "spoken": _("Training step {step} of {steps}."),
        # Translators: {sentence} is a whole sentence about the network.
        "of_network": _("{network}: {sentence}"),
        # Translators: {setting} is a setting of a network: "A, Learning rate".
        "network_setting": _("{network}, {setting}"),
        "out_of_bounds": _(
            "{setting} must be between {least} and {most}, got {value}: it is {used} now."
        ),
        "not_a_choice": _("{setting} cannot be {value}: it is {used} now."),
        "unknown": _("This page knows no setting {setting}; it is left out."),
        "failed": _("{network} cannot be trained in this browser: {error}"),
        "too_big": _("{network} needs more memory than this browser has: choose fewer units."),
        "guessing_loss": _("guessing: {loss}"),
        "guessing_accuracy": _("guessing: {accuracy}"),
        "table": _("The networks at training step {step}"),
        "chart_by_layer": _("Line chart: {measure} of each layer at training step {step}."),
        "chart_by_step": _("Line chart: {measure} against the training step, up to step {step}."),
        "line_by_layer": _("{network}: {first} in the first layer, {last} in the last."),
        "line_by_step": _("{network}: {first} at step 0, {last} at the end of the line."),
        "heat_map": _(
            "Heat map of {network}: how often a unit puts out which value. From left to right the "
            "layers, from bottom to top values from {low} to {high}."
        ),
        "histogram": _(
            "Histogram of {network}: the outputs of layer {layer}, from {low} to {high}."
        ),
        "no_outputs": _("Layer {layer} is not a hidden layer of this network."),
    }


def without_script() -> str:
    """Return what a reader is told whose browser runs no JavaScript."""
    return _(
        "On this page your own browser trains networks, with JavaScript. Without it, the figure "
        "shows what three networks with 20 layers receive before the first update."
    )
