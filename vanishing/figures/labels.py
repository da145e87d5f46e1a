"""Names that the book's cells give to lines and slider positions, in the reader's language.

A cell's own names are data, so no figure could translate them; these are the ones that have words.
"""

from vanishing.localisation import N_, _

LABELS = frozenset(
    {
        # Translators: in a legend or beside a slider, as are all names of this file. The way in
        # which recurrent networks and translators look back, beside "RNN" and "LSTM".
        N_("attention"),
        N_("self-attention"),
        # Translators: a slider "Normalization" with the values none, batch and group.
        N_("batch"),
        N_("group"),
        # Translators: a way to start the filters of a convolution: the variance is 2 / channels,
        # and the size of the window is forgotten.
        N_("channels only"),
        # Translators: PyTorch's own way to start the weights of a layer.
        N_("default"),
        # Translators: 64 numbers of a memory that are all equal, or spread between 0 and the
        # largest.
        N_("equal"),
        N_("spread"),
        # Translators: a network without activation function, beside "tanh".
        N_("linear"),
        # Translators: an optimizer, beside "SGD" and "Adam".
        N_("momentum"),
        # Translators: no normalization, beside "batch" and "group".
        N_("none"),
        # Translators: the last layer of a network, the one that gives the answer.
        N_("output"),
        # Translators: a network without shortcuts.
        N_("plain"),
        # Translators: shortcuts with a 1 × 1 convolution where the size changes.
        N_("projection"),
        # Translators: residual branches that are divided by the root of the number of blocks.
        N_("scaled"),
        N_("sigmoid"),
        # Translators: residual branches that are added as they are.
        N_("sum"),
        # Translators: four ways to draw the first weights of a network: its initialization.
        N_("PyTorch init"),
        N_("Xavier init"),
        N_("He init"),
        N_("orthogonal init"),
        # Translators: "skip" stands for skip connections, which lead past a layer.
        N_("skip"),
        N_("BatchNorm + skip"),
        N_("LayerNorm + skip"),
        N_("ReLU + skip"),
        N_("ReLU + BatchNorm"),
        N_("ReLU + PyTorch init"),
        N_("RNN + orthogonal init"),
    }
)
"""The whole names, and the parts of which ``Experiment.label`` makes others."""

JOINT = " + "


def worded(label: str) -> str:
    """Return a name in the reader's language; one that is not the book's keeps its own words."""
    if label in LABELS:
        return _(label)
    return JOINT.join(_(part) if part in LABELS else part for part in label.split(JOINT))
