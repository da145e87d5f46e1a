"""How words become lists and sentences, with the marks of the reader's language."""

import re
from collections.abc import Iterable, Sequence

from vanishing.localisation import N_, _

_NEEDLESS = re.compile("(?<=[\u3001\u3002\uff01\uff09\uff0c\uff1a\uff1b\uff1f]) ")


def listed(names: Iterable[str]) -> str:
    """Name several things one after the other: "a, b, c"."""
    # Translators: what stands between two names or numbers of a list, with its space.
    return _(", ").join(names)


def both(names: Sequence[str]) -> str:
    """Name several things of which a word joins the last two: "a, b and c"."""
    if len(names) < 2:
        return listed(names)
    # Translators: the end of a list of names or numbers, as in "equations 6 and 16".
    pair = _("{first} and {last}", first=names[-2], last=names[-1])
    return listed([*names[:-2], pair])


def parted(phrases: Iterable[str]) -> str:
    """Set phrases one after the other that are less than sentences: "1 is this; 2 is that"."""
    # Translators: what stands between two parts of a sentence, with its space.
    return _("; ").join(phrases)


# Translators: a name, and what it stands for or what is true of it.
EXPLAINED = N_("{name}: {what}")


def explained(name: str, what: str) -> str:
    """Say what a name stands for: "BatchNorm: one unit, all examples"."""
    return _(EXPLAINED, name=name, what=what)


def sentence(words: str) -> str:
    """End words with a full stop."""
    # Translators: words of a figure as a sentence of its description: they end with a full stop.
    return _("{words}.").format(words=words)  # words of the sentence: no name to be isolated


def paragraph(*sentences: str) -> str:
    """Set sentences one after the other; no space follows a mark as wide as a Chinese letter."""
    return _NEEDLESS.sub("", " ".join(filter(None, sentences)))
