"""The {numbered} directive: the caption of the picture above it, with a number and an address.

Its argument is the picture's id, to which ``{ref}`` leads; its body says what the picture shows.
The numbers count the captions of a page, so that a new picture renumbers no other page.
"""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

_logger = logging.getLogger(__name__)

FIGURE = "Fig. %s"
COUNT = "numbered pictures"


class numbered_caption(nodes.General, nodes.Element):  # noqa: N801
    """A caption's paragraphs. Attributes ids, number: its place among those of the page."""


def figure_name(number: int) -> str:
    """Return what the picture of a number is called, in the reader's language."""
    return _(FIGURE) % number


class Numbered(SphinxDirective):
    """Read the caption of the picture that the code cell above shows."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the caption; one that says nothing becomes a warning, which fails the build."""
        number = self.env.temp_data[COUNT] = self.env.temp_data.get(COUNT, 0) + 1
        identifier = nodes.make_id(self.arguments[0])
        caption = numbered_caption(number=number, ids=[identifier])
        self.set_source_info(caption)
        self.state.nested_parse(self.content, self.content_offset, caption)
        if not caption.children:
            fault = "a picture's caption must say what it shows: write a sentence below its id"
            _logger.warning(fault, location=caption, type="numbered")
        self._make_known(identifier, number)
        return [caption]

    def _make_known(self, identifier: str, number: int) -> None:
        standard = self.env.get_domain("std")
        assert isinstance(standard, StandardDomain)
        page, name = self.env.docname, nodes.fully_normalize_name(self.arguments[0])
        if name in standard.labels:
            fault = f"two pictures are called {name}: give one of them another id"
            _logger.warning(fault, location=self.get_location(), type="numbered")
        standard.anonlabels[name] = page, identifier
        standard.labels[name] = page, identifier, figure_name(number)


def captions_in(node: nodes.Node) -> Iterator[numbered_caption]:
    """Yield the captions in a part of a page."""
    yield from node.findall(numbered_caption)


def join_pictures(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """On a web page, put each caption and the cell above it into one figure."""
    if app.builder.format != "html":
        return
    for caption in list(captions_in(doctree)):
        parent, place = caption.parent, caption.parent.index(caption)
        above = parent[place - 1] if place else None
        if not isinstance(above, nodes.container) or above.get("nb_element") != "cell_code":
            fault = "a picture's caption must stand below its code cell: move it there"
            _logger.warning(fault, location=caption, type="numbered")
            continue
        figure = numbered_figure(ids=caption["ids"])
        caption["ids"] = []
        parent[place - 1 : place + 1] = [figure]
        figure += [above, caption]


class numbered_figure(nodes.General, nodes.Element):  # noqa: N801
    """A code cell and the caption of what it shows."""


def visit_figure(self: HTML5Translator, node: numbered_figure) -> None:
    """Open the figure."""
    self.body.append(self.starttag(node, "figure", CLASS="vg-numbered"))


def depart_figure(self: HTML5Translator, node: numbered_figure) -> None:
    """Close the figure."""
    self.body.append("</figure>\n")


def visit_caption(self: HTML5Translator, node: numbered_caption) -> None:
    """Open the caption with its number."""
    self.body.append(self.starttag(node, "figcaption", CLASS="vg-caption"))
    name = self.encode(figure_name(node["number"]))
    self.body.append(f'<span class="vg-number">{name}</span>\n')


def depart_caption(self: HTML5Translator, node: numbered_caption) -> None:
    """Close the caption."""
    self.body.append("</figcaption>\n")


def setup(app: Sphinx) -> None:
    """Register the directive and its nodes."""
    app.add_node(numbered_caption, html=(visit_caption, depart_caption))
    app.add_node(numbered_figure, html=(visit_figure, depart_figure))
    app.add_directive("numbered", Numbered)
    app.connect("doctree-resolved", join_pictures)
