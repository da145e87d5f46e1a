"""Let a page say in its front matter what it is about: ``description: …``, which is translated."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.gettext import MessageCatalogBuilder
from sphinx.transforms import SphinxTransform

FIELD = "description"


class DescribePage(SphinxTransform):
    """Turn the field into a meta element, whose content Sphinx translates."""

    default_priority = 10  # before Sphinx translates (20)

    def apply(self, **kwargs: Any) -> None:
        """Add the element where a page of the site, or its messages, are made."""
        builder = self.app.builder
        if builder.format != "html" and not isinstance(builder, MessageCatalogBuilder):
            return
        for field in list(self.document.findall(nodes.field)):
            if field.parent.parent is self.document and field[0].astext() == FIELD:
                meta = nodes.meta("", name=FIELD, content=" ".join(field[1].astext().split()))
                meta.source, meta.line = self.document["source"], 1
                self.document.append(meta)


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(DescribePage)
