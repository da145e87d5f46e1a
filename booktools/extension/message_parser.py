"""Read a translated message as words, never as a document: one paragraph or one title.

Sphinx hands each message to the parser of pages, for which front matter sets options and a template
runs. A translation is untrusted, so what a page may say of itself does not exist in a message.
"""

from __future__ import annotations

from docutils import nodes
from markdown_it import MarkdownIt
from myst_nb.sphinx_ import Parser
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from myst_parser.parsers.mdit import create_md_parser
from sphinx.application import Sphinx
from sphinx.util import logging

MESSAGE = ":<translated>"  # Sphinx ends the name of a message's source so
_BLOCKS = ("paragraph", "lheading")  # a title comes with a line of = below it
_NOT_WORDS = ("html_inline", "footnote_ref", "wordcount", "substitution_inline")


class MessageParser(Parser):  # type: ignore[misc]
    """MyST-NB's parser for pages, and a parser of words for their translated messages."""

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Fill the document; a message that is not one paragraph or title leaves it empty."""
        if not (document.current_source or "").endswith(MESSAGE):
            super().parse(inputstring, document)
        elif not read_message(inputstring, document, self.env.myst_config):
            document.clear()


def read_message(message: str, document: nodes.document, config: MdParserConfig) -> bool:
    """Add the message's nodes to the document; say whether they can stand for a translation.

    Whatever MyST has to say of a message means that they cannot.
    """
    parser = words_parser(config)
    parser.options["document"] = document
    with logging.pending_warnings() as warnings:
        try:
            parser.render(message)
        except Exception:  # a role may raise anything; the page then keeps its English
            return False
        finally:
            warned = bool(warnings.clear())  # type: ignore[attr-defined]
    return not warned and _is_one_text(document)


def words_parser(config: MdParserConfig) -> MarkdownIt:
    """Return a parser with the book's settings that knows no block, no HTML and no template."""
    extensions = {"dollarmath"} & set(config.enable_extensions)
    own = config.copy(
        enable_extensions=extensions, substitutions={}, html_meta={}, heading_anchors=0
    )
    parser = create_md_parser(own, SphinxRenderer)
    parser.block.ruler.enableOnly(_BLOCKS)
    return parser.disable(_NOT_WORDS, ignoreInvalid=True)


def _is_one_text(document: nodes.document) -> bool:
    if len(document) != 1 or any(document.findall(nodes.system_message)):
        return False
    node = document[0]
    if isinstance(node, nodes.section):
        return len(node) == 1 and isinstance(node[0], nodes.title)
    return isinstance(node, nodes.paragraph)


def setup(app: Sphinx) -> None:
    """Take the place of MyST-NB's parser for every source that it reads."""
    app.setup_extension("myst_nb")
    app.add_source_parser(MessageParser, override=True)
