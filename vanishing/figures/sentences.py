"""Sentences that several figures say of a line, from its first value to its last."""

from vanishing.figures.charts import Series
from vanishing.localisation import _, format_number


def length_sentence(series: Series) -> str:
    """Say what a network does at the shortest and at the longest sequence."""
    return _(
        "{network}: {first} at a length of {shortest}, {last} at a length of {longest}.",
        network=series.name,
        first=format_number(series.values[0]),
        shortest=int(series.positions[0]),
        last=format_number(series.values[-1]),
        longest=int(series.positions[-1]),
    )


def token_sentence(series: Series) -> str:
    """Say what the first and the last token of a sequence bring."""
    return _(
        "{network}: {first} at the first token, {last} at the last.",
        network=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
    )


def loss_sentence(series: Series) -> str:
    """Say how the loss of a training began and how it ended."""
    return _(
        "{network}. Loss {first} before training, {last} after {steps} training steps.",
        network=series.name,
        first=format_number(series.values[0]),
        last=format_number(series.values[-1]),
        steps=format_number(series.positions[-1]),
    )
