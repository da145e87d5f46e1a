"""Keep formulas and a page's settings out of the catalogues: neither is a reader's text."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class KeepOutOfCatalogues(SphinxTransform):
    """Mark displayed formulas, and the settings at a page's top, as untranslatable.

    An edited formula would come out as markup; settings would count as text left in English.
    """

    default_priority = 5  # before PreserveTranslatableMessages (10) and Locale (20)

    def apply(self, **kwargs: Any) -> None:
        """Mark the nodes."""
        for formula in self.document.findall(nodes.math_block):
            formula["translatable"] = False
        for settings in self.document.children:
            if isinstance(settings, nodes.field_list):
                _keep_out(settings)


def _keep_out(settings: nodes.field_list) -> None:
    for value in settings.findall(nodes.TextElement):
        value["translatable"] = False


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(KeepOutOfCatalogues)
