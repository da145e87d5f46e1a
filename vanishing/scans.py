"""The digits as a module of JavaScript: ``python -m vanishing.scans``."""

import json

import numpy
import sklearn.datasets

from vanishing.data import TRAINING_SIZE


def scans() -> dict[str, str | int]:
    """Return all digits in the order of ``load_digits``, the training part first.

    ``pixels`` has one letter for each pixel, from ``"a"`` for 0 to ``"q"`` for 16, ``labels`` one
    figure for each digit; ``training`` is the size of the training part.
    """
    images, targets = sklearn.datasets.load_digits(return_X_y=True)
    order = numpy.random.RandomState(0).permutation(len(images))
    letters = (images[order] + ord("a")).astype(numpy.uint8).tobytes().decode("ascii")
    labels = "".join(map(str, targets[order]))
    return {"pixels": letters, "labels": labels, "training": TRAINING_SIZE}


def scans_module() -> str:
    """Return a module of JavaScript that exports what ``scans`` gives.

    The data are UCI's "Optical Recognition of Handwritten Digits" (Alpaydin & Kaynak 1998), under
    CC BY 4.0.
    """
    source = (
        "// UCI: Optical Recognition of Handwritten Digits (Alpaydin & Kaynak 1998), CC BY 4.0\n"
    )
    return source + "".join(
        f"export const {name} = {json.dumps(value)};\n" for name, value in scans().items()
    )


if __name__ == "__main__":
    print(scans_module(), end="")
