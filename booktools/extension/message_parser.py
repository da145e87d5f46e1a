"""Read a translated message as words, never as a document: one paragraph or one title.

Sphinx hands each message to the parser of pages, for which front matter sets options and a template
runs. A translation is untrusted, so what a page may say of itself does not exist in a message.
"""

from __future__ import annotations

import re
from functools import cache
from logging import WARNING

from docutils import nodes
from docutils.frontend import Values, get_default_settings
from docutils.parsers.rst import Parser as RSTParser
from docutils.utils import new_document
from markdown_it import MarkdownIt
from myst_nb.sphinx_ import Parser
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils import base
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from myst_parser.parsers.mdit import create_md_parser
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

MESSAGE = ":<translated>"  # Sphinx ends the name of a message's source so
# What Sphinx writes behind a message for another parser's sake: a block after ::, a title's line.
_ENDING = re.compile(r"(\n\n   dummy literal)?(?P<title>\n=+)?\Z")
_NOT_WORDS = ("html_inline", "footnote_ref", "wordcount", "substitution_inline")
_REFUSED, _WORDS = "book_refused_messages", "book_words_parser"
_READINGS = "book_read_messages"


class MessageParser(Parser):  # type: ignore[misc]
    """MyST-NB's parser for pages, and a parser of words for their translated messages."""

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Fill the document; a message that is not one paragraph or title leaves it empty."""
        if not (document.current_source or "").endswith(MESSAGE):
            super().parse(inputstring, document)
            return
        ending = _ENDING.search(inputstring)
        text = inputstring[: ending.start()] if ending else inputstring
        refused = text in self.env.temp_data.get(_REFUSED, ())
        if refused or not self._read(text, document):
            document.clear()
        elif ending and ending["title"]:
            title = nodes.title(text, "", *document[0].children)
            document[:] = [nodes.section("", title)]

    def _read(self, text: str, document: nodes.document) -> bool:
        """Read a message, unless its last reading has not become a part of the page yet.

        The build asks three times for most messages, and uses the third answer only.
        """
        readings: dict[str, nodes.Node] = self.env.temp_data.setdefault(_READINGS, {})
        known = readings.get(text)
        if known and all(child.parent is known for child in known.children):
            document += known
            return True
        if not read_message(text, document, self._words):
            return False
        readings[text] = document[0]
        return True

    @property
    def _words(self) -> MarkdownIt:
        """The parser of words, made once for each page."""
        if _WORDS not in self.env.temp_data:
            self.env.temp_data[_WORDS] = words_parser(self.env.myst_config)
        parser: MarkdownIt = self.env.temp_data[_WORDS]
        return parser


def refuse(env: BuildEnvironment, text: str) -> None:
    """Leave a message of the page that is being read without a reading: the page keeps English."""
    env.temp_data.setdefault(_REFUSED, set()).add(text)


def read_message(message: str, document: nodes.document, parser: MarkdownIt) -> bool:
    """Add the message's paragraph to the document; say whether it can stand for a translation.

    Whatever MyST has to say of a message means that it cannot.
    """
    parser.options["document"] = document
    with logging.suppress_logging() as log:
        try:
            parser.render(message)
        except Exception:  # a role may raise anything; the page then keeps its English
            return False
        warned = any(record.levelno >= WARNING for record in log.clear())
    one = len(document) == 1 and isinstance(document[0], nodes.paragraph)
    return one and not warned and not any(document.findall(nodes.system_message))


def words_parser(config: MdParserConfig) -> MarkdownIt:
    """Return a parser with the book's settings that knows no block, no HTML and no template."""
    extensions = {"dollarmath", "linkify"} & set(config.enable_extensions)
    own = config.copy(
        enable_extensions=extensions, substitutions={}, html_meta={}, heading_anchors=0
    )
    parser = create_md_parser(own, SphinxRenderer)
    parser.block.ruler.enableOnly("paragraph")
    return parser.disable(_NOT_WORDS, ignoreInvalid=True)


def empty_document() -> nodes.document:
    """Return a document with docutils' settings: MyST asks for one before it reads any text."""
    return new_document("notset", settings=_settings().copy())


@cache
def _settings() -> Values:
    return get_default_settings(RSTParser)


def setup(app: Sphinx) -> None:
    """Take the place of MyST-NB's parser for every source that it reads."""
    app.setup_extension("myst_nb")
    app.add_source_parser(MessageParser, override=True)
    base.make_document = empty_document  # type: ignore[assignment]
