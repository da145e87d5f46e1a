"""Keep formulas out of the catalogues: an edited one would come out as markup."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class KeepFormulas(SphinxTransform):
    """Mark every displayed formula as untranslatable."""

    default_priority = 5  # before PreserveTranslatableMessages (10) and Locale (20)

    def apply(self, **kwargs: Any) -> None:
        """Mark the formulas."""
        for formula in self.document.findall(nodes.math_block):
            formula["translatable"] = False


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(KeepFormulas)
