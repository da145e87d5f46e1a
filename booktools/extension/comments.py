"""Make the comments of code cells translatable, and nothing else of the code.

Each comment becomes a message of its own, held by an invisible `code_comment` node behind the
cell's code. Sphinx translates the node; afterwards the comment is written back into the code.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.gettext import MessageCatalogBuilder
from sphinx.transforms import SphinxTransform

from booktools.checks.security import COOKIE, INSTRUCTION, is_visible

_DIRECTION = re.compile("[\u200e\u200f\u061c\u2066-\u2069]")
_MAGIC_LINE = re.compile(r"^\s*[%!].*$", re.MULTILINE)


@dataclass(frozen=True)
class Comment:
    """One comment of a program: its text and where the `#` stands (line from 0, column)."""

    line: int
    column: int
    text: str


def find_comments(code: str) -> Iterator[Comment]:
    """Yield the comments that are prose, in their order; none for cells of another language."""
    if code.lstrip().startswith("%%"):
        return
    reader = StringIO(_MAGIC_LINE.sub("", code)).readline
    try:
        for token in tokenize.generate_tokens(reader):
            text = token.string[1:]
            if token.type == tokenize.COMMENT and _is_prose(text):
                yield Comment(token.start[0] - 1, token.start[1], text.strip())
    except (tokenize.TokenError, SyntaxError):
        return


def _is_prose(text: str) -> bool:
    return any(map(str.isalpha, text)) and not INSTRUCTION.match(text)


def is_one_line(text: str) -> bool:
    """Tell whether a translated comment stays on its line and holds no invisible control."""
    return is_visible(text) and not _DIRECTION.search(text)


def is_obeyed(text: str) -> bool:
    """Tell whether Python, Jupyter or a tool would take the comment for more than words."""
    return bool(INSTRUCTION.match(text) or COOKIE.search(text))


def write_comment(code: str, comment: Comment, text: str) -> str:
    """Return the code with another text in this comment; all before the `#` stays as it is."""
    lines = code.split("\n")
    lines[comment.line] = f"{lines[comment.line][: comment.column]}# {text}"
    return "\n".join(lines)


class code_comment(nodes.Invisible, nodes.Element, addnodes.translatable):  # noqa: N801
    """Hold one comment of the code block before it as a translatable message."""

    def preserve_original_messages(self) -> None:
        """Keep the English text, which is an attribute from the start."""

    def apply_translated_message(self, original_message: str, translated_message: str) -> None:
        """Take the translation, unless it could become code."""
        text = translated_message.strip()
        if is_one_line(text) and not is_obeyed(text):
            self["text"] = text
            self["translated"] = True

    def extract_original_messages(self) -> list[str]:
        """Return the English text as the only message."""
        return [self["comment"].text]


class CollectComments(SphinxTransform):
    """Put a translatable node behind each code cell for each of its comments."""

    default_priority = 5  # before PreserveTranslatableMessages (10) and Locale (20)

    def apply(self, **kwargs: Any) -> None:
        """Add the nodes."""
        for block in _cell_sources(self.document):
            for comment in find_comments(block.astext()):
                node = code_comment(comment=comment, text=comment.text)
                node.source, node.line = block.source, block.line
                block.parent.append(node)


class WriteComments(SphinxTransform):
    """Write the translated comments into the code and remove their nodes."""

    default_priority = 30  # after Locale (20) and after progress is counted (25)

    def apply(self, **kwargs: Any) -> None:
        """Change the code blocks, unless messages are being extracted."""
        if isinstance(self.app.builder, MessageCatalogBuilder):
            return
        for block in _cell_sources(self.document):
            _translate(block)


def _cell_sources(document: nodes.document) -> list[nodes.literal_block]:
    return [block for block in document.findall(nodes.literal_block) if _is_cell_source(block)]


def _translate(block: nodes.literal_block) -> None:
    code = block.astext()
    found = [node for node in block.parent if isinstance(node, code_comment)]
    for node in found:
        code = write_comment(code, node["comment"], node["text"])
        block.parent.remove(node)
    block.rawsource = code
    block.children = []
    block.append(nodes.Text(code))


def _is_cell_source(block: nodes.literal_block) -> bool:
    parent = block.parent
    return isinstance(parent, nodes.container) and parent.get("nb_element") == "cell_code_source"


def setup(app: Sphinx) -> None:
    """Register the node and both transforms."""
    app.add_node(code_comment)
    app.add_transform(CollectComments)
    app.add_transform(WriteComments)
