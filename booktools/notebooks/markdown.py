"""Doctree -> ordinary Markdown, as Jupyter, Colab and VS Code show it."""

import base64
import html
import mimetypes
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import zip_longest
from pathlib import Path
from urllib.parse import quote

from docutils import nodes
from sphinx.locale import _, admonitionlabels
from sphinx.util import logging

from booktools.extension.numbered import figure_name, numbered_caption
from booktools.extension.quiz import QUESTION, verdict

LOGGER = logging.getLogger(__name__)

BREAK = "\\\n"  # a forced line break
ISOLATE, END_ISOLATE = "\u2066", "\u2069"
BLOCK_START = re.compile(
    r"(\d+)(?=[.)](?:\s|$))|(?=#{1,6}(?:\s|$)|[-+](?:\s|$)|>|={3,}|-{3,}|~{3,}"
    r"|=+\s*$|-+\s*(?:$|\|)|\||:-|\[[^\]]*\]:)"
)
_BRACKET = re.compile(r"[\[\]]")
# What two neighbours, each escaped for itself, would be together: a link, a picture, a tag, a
# character by its name, a displayed formula; and what keeps them apart.
_SEAMS = (
    (re.compile(r"(?<=\])\Z"), re.compile(r"\("), "\\"),
    (re.compile(r"(?=!\Z)"), re.compile(r"\["), "\\"),
    (re.compile(r"(?=<\Z)"), re.compile(r"[A-Za-z/!?]"), "\\"),
    (re.compile(r"(?<=&)(?=#?\w*\Z)"), re.compile(r"[#\w;]"), "amp;"),
    (re.compile(r"(?<=\$)\Z"), re.compile(r"\$"), " "),
)
SAFE_IN_ADDRESSES = "/:?#@!$&'*+,;=%~"
PARTS = (nodes.entry, nodes.citation, nodes.footnote, numbered_caption)  # more is on their lines
FENCE = re.compile(r"^\s*(`{3,})", re.MULTILINE)
BAR = "border: solid silver; border-width: 0 5px 0 0"  # of a quote from right to left


@dataclass(frozen=True)
class Page:
    """What the Markdown of a page depends on besides its doctree."""

    source: Path
    direction: str = "ltr"
    numbers: Mapping[str, str] = field(default_factory=dict)


def escape(text: str) -> str:
    """Escape what Markdown would read as markup in plain text."""
    text = re.sub(r"\\(?=[!-/:-@\[-`{-~]|\Z)", r"\\\\", text)
    text = re.sub(r"([*`$])", r"\\\1", text)
    text = re.sub(r"(?<!\w)_|_(?!\w)|~|<(?=[A-Za-z/!?])", lambda m: f"\\{m[0]}", text)
    text = re.sub(r"\]\(", r"]\\(", text)
    return re.sub(r"&(?=#?\w+;)", "&amp;", text)


def escape_start(text: str) -> str:
    """Escape what Markdown would read at a line's start as a heading, list, link or quote."""
    return BREAK.join(map(_escape_line, text.split(BREAK)))


def _escape_line(line: str) -> str:
    found = BLOCK_START.match(line)
    return line if found is None else f"{found[0]}\\{line[found.end() :]}"


def beside(left: str, right: str) -> str:
    """Join two pieces of a line so that Markdown reads no more in them than in each alone."""
    for end, start, between in _SEAMS:
        if start.match(right) and (found := end.search(left)):
            return f"{left[: found.start()]}{between}{left[found.start() :]}{right}"
    return left + right


def one_line(text: str) -> str:
    """Join the lines of a source paragraph; Markdown needs no line breaks."""
    return re.sub(r"[ \t]*\n\s*", " ", text)


def prefixed(text: str, first: str, rest: str | None = None) -> str:
    """Put `first` before the first line and `rest` before the others (a list item, a quote)."""
    rest = first if rest is None else rest
    lines = text.split("\n")
    return "\n".join(
        f"{first if number == 0 else rest}{line}".rstrip() for number, line in enumerate(lines)
    )


def quoted(text: str, direction: str) -> str:
    """Make a quote; JupyterLab bars Markdown's on the left, whatever their direction."""
    if direction == "rtl":
        return f"<blockquote style=\"{BAR}\">\n\n{text}\n\n</blockquote>"
    return prefixed(text, "> ")


def label(text: str) -> str:
    """Write a word of the page's own, which is text, translated late, and no Markdown."""
    return escape(one_line(str(text)).strip())


def link_label(text: str) -> str:
    """Write a word of the page's own between the brackets of a link."""
    return _BRACKET.sub(_as_entity, label(text))


def _in_torn_link(text: nodes.Text) -> bool:
    """Say whether a text is of a link whose square brackets are no pairs: they would end it."""
    node = text.parent
    while node is not None and not isinstance(node, nodes.reference):
        node = node.parent
    return node is not None and not _are_pairs("".join(_BRACKET.findall(_words(node))))


def _words(node: nodes.Element) -> str:
    found = node.findall(nodes.Text)
    return "".join(one for one in found if not isinstance(one.parent, nodes.math | nodes.literal))


def _are_pairs(brackets: str) -> bool:
    while "[]" in brackets:
        brackets = brackets.replace("[]", "")
    return not brackets


def _as_entity(sign: re.Match[str]) -> str:
    return f"&#{ord(sign[0])};"


def joined(blocks: Iterable[str]) -> str:
    """Join Markdown blocks, leaving out the empty ones."""
    return "\n\n".join(block for block in blocks if block.strip())


def aligned(text: str, direction: str) -> str:
    """Align a paragraph to its start: JupyterLab has all on the left, whatever their direction."""
    wanted = text and direction == "rtl"
    return f'<span style="display: block; text-align: right">{text}</span>' if wanted else text


def folded(summary: str, body: str) -> str:
    """Fold a body under a summary. The summary is text, not Markdown: no renderer parses it."""
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


@dataclass(frozen=True)
class Markdown:
    """Write Markdown from nodes: one `block_*` or `inline_*` method per class of node.

    A node without a method of its own uses that of its base class, so that an extension's node
    shows as what it is derived from. A node with none at all is reported as a warning.
    """

    page: Page

    # Dispatch

    def block(self, node: nodes.Node) -> str:
        """Write a block, without a line break at its end."""
        return self._call("block", node)

    def blocks(self, children: Iterable[nodes.Node]) -> str:
        """Write blocks with an empty line between them."""
        return joined(self.block(child) for child in children)

    def inline(self, node: nodes.Node) -> str:
        """Write text with its emphasis, links and maths."""
        return self._call("inline", node)

    def inlines(self, children: Iterable[nodes.Node]) -> str:
        """Write the text of several nodes, on one line but for forced line breaks."""
        return reduce(beside, map(self.inline, children), "")

    def _call(self, kind: str, node: nodes.Node) -> str:
        for base in type(node).__mro__:
            method = getattr(self, f"_{kind}_{base.__name__}", None)
            if method is not None:
                return str(method(node))
        LOGGER.warning(
            "notebooks cannot show a %s (%s); write it otherwise, or add %s_%s to %s",
            type(node).__name__, node.astext()[:40], kind, type(node).__name__, __name__,
            location=node, type="notebooks", subtype="node",
        )  # fmt: skip
        return ""

    # Text

    def _inline_Text(self, node: nodes.Text) -> str:  # noqa: N802
        text = escape(one_line(node.astext()))
        return _BRACKET.sub(_as_entity, text) if _in_torn_link(node) else text

    def _inline_inline(self, node: nodes.Element) -> str:
        return self.inlines(node.children)

    _inline_generated = _inline_abbreviation = _inline_superscript = _inline_subscript = (
        _inline_inline
    )
    _inline_pending_xref = _inline_problematic = _inline_inline

    def _inline_emphasis(self, node: nodes.Element) -> str:
        return self._marked("*", node)

    _inline_title_reference = _inline_emphasis

    def _inline_strong(self, node: nodes.Element) -> str:
        return self._marked("**", node)

    def _marked(self, mark: str, node: nodes.Element) -> str:
        text = self.inlines(node.children)
        inner = text.strip()
        return text.replace(inner, f"{mark}{inner}{mark}", 1) if inner else text

    def _inline_literal(self, node: nodes.Element) -> str:
        text = one_line(node.astext())
        ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
        space = " " if text.startswith("`") or text.endswith("`") else ""
        return self._isolated(f"{ticks}{space}{text}{space}{ticks}")

    def _isolated(self, text: str) -> str:
        """Keep code's brackets and dots in their places inside right-to-left text."""
        return f"{ISOLATE}{text}{END_ISOLATE}" if self.page.direction == "rtl" else text

    def _inline_math(self, node: nodes.Element) -> str:
        return f"${one_line(node.astext()).strip()}$"

    def _inline_reference(self, node: nodes.Element) -> str:
        text = self.inlines(node.children)
        address = node.get("refuri", "")
        if not address or address.startswith("#"):
            return text
        if node.astext() == address:
            return f"<{address}>"
        if "://" not in address:  # another notebook: every program makes its own anchors there
            address = address.partition("#")[0]
        return f"[{text}]({quote(address, safe=SAFE_IN_ADDRESSES)})"

    _inline_download_reference = _inline_inline
    _inline_number_reference = _inline_reference

    def _inline_image(self, node: nodes.Element) -> str:
        alternative = re.sub(r"([\[\]])", r"\\\1", escape(one_line(node.get("alt", ""))))
        return f"![{alternative}]({self._image_address(node['uri'])})"

    def _image_address(self, uri: str) -> str:
        """Put the image into the notebook: Colab shows no attachments, a link needs a network."""
        if "://" in uri or uri.startswith("data:"):
            return uri
        data = base64.b64encode((self.page.source / uri.lstrip("/")).read_bytes()).decode("ascii")
        return f"data:{mimetypes.guess_type(uri)[0]};base64,{data}"

    def _inline_raw(self, node: nodes.Element) -> str:
        return BREAK if node.astext().startswith("<br") else ""

    def nothing(self, _node: nodes.Node) -> str:
        """Write nothing for what has no place in a notebook."""
        return ""

    _inline_target = _inline_index = _inline_comment = nothing
    _block_target = _block_index = _block_comment = _block_raw = _block_meta = nothing
    _block_substitution_definition = _block_pending = _block_docinfo = nothing
    _block_field_list = _block_caption = _block_highlightlang = _block_tabular_col_spec = nothing

    # Blocks

    def _block_paragraph(self, node: nodes.Element) -> str:
        text = escape_start(self.inlines(node.children).strip())
        is_part = isinstance(node.parent, PARTS)
        return text if is_part else self._line(text)

    def _line(self, text: str) -> str:
        return aligned(text, self.page.direction)

    def _block_rubric(self, node: nodes.Element) -> str:
        return self._line(self._marked("**", node))

    def _block_reference(self, node: nodes.Element) -> str:
        return self.inline(node)

    def _block_transition(self, _node: nodes.Node) -> str:
        return "---"

    def _block_literal_block(self, node: nodes.Element) -> str:
        code = node.astext().rstrip("\n")
        fence = max((found[1] for found in FENCE.finditer(code)), key=len, default="``") + "`"
        language = node.get("language", "")
        block = f"{fence}{'' if language in ('none', 'default') else language}\n{code}\n{fence}"
        if self.page.direction == "rtl":
            return f'<div dir="ltr">\n\n{block}\n\n</div>'
        return block

    _block_doctest_block = _block_literal_block

    def _block_math_block(self, node: nodes.Element) -> str:
        """Write a formula on one line: in a quote, a second line would begin with its `>`."""
        formula = one_line(node.astext().strip())
        number = self._number(node) or node.get("number")
        if r"\\" in formula and r"\begin" not in formula:
            formula = rf"\begin{{split}} {formula} \end{{split}}"
        tag = rf" \tag{{{number}}}" if number and not node.get("nowrap") else ""
        return f"$${formula}{tag}$$"

    def _number(self, node: nodes.Element) -> str:
        numbers = (self.page.numbers.get(identifier) for identifier in node["ids"])
        return next((number for number in numbers if number), "")

    def _block_block_quote(self, node: nodes.Element) -> str:
        return quoted(self.blocks(node.children), self.page.direction)

    def _block_attribution(self, node: nodes.Element) -> str:
        return f"— {self.inlines(node.children)}"

    def _block_line_block(self, node: nodes.Element) -> str:
        return "\\\n".join(self.block(line) for line in node.children)

    def _block_line(self, node: nodes.Element) -> str:
        return self.inlines(node.children)

    # Lists

    def _block_bullet_list(self, node: nodes.Element) -> str:
        return self._list(node, ["- "] * len(node.children))

    def _block_enumerated_list(self, node: nodes.Element) -> str:
        first = node.get("start", 1)
        return self._list(node, [f"{first + at}. " for at in range(len(node.children))])

    def _list(self, node: nodes.Element, marks: list[str]) -> str:
        texts = [self._item(item.children) for item in node.children]
        loose = any("\n\n" in text for text in texts)
        items = (
            prefixed(text, mark, " " * len(mark)) for text, mark in zip(texts, marks, strict=True)
        )
        return ("\n\n" if loose else "\n").join(items)

    def _item(self, children: Iterable[nodes.Node]) -> str:
        """Write a list item; a list inside it follows its line at once."""
        text = ""
        for child in children:
            near = isinstance(child, nodes.bullet_list | nodes.enumerated_list)
            text = ("\n" if near and "\n" not in text else "\n\n").join(
                part for part in (text, self.block(child)) if part
            )
        return text

    def _block_definition_list(self, node: nodes.Element) -> str:
        return "\n\n".join(prefixed(self.block(item), "- ", "  ") for item in node.children)

    def _block_definition_list_item(self, node: nodes.Element) -> str:
        terms = [child for child in node.children if isinstance(child, nodes.term)]
        bodies = [child for child in node.children if isinstance(child, nodes.definition)]
        headword = " / ".join(f"**{self.inlines(term.children)}**" for term in terms)
        return joined([self._line(headword), *(self.blocks(body.children) for body in bodies)])

    # Admonitions and what opens

    def _block_Admonition(self, node: nodes.Element) -> str:  # noqa: N802
        title, body = self._titled(node)
        text = joined([self._line(f"**{title}**"), self.blocks(body)])
        return quoted(text, self.page.direction)

    _block_topic = _block_sidebar = _block_Admonition

    def _titled(self, node: nodes.Element) -> tuple[str, list[nodes.Node]]:
        if node.children and isinstance(node[0], nodes.title):
            return self.inlines(node[0].children), node.children[1:]
        return label(str(admonitionlabels.get(node.tagname, ""))), node.children

    def _block_container(self, node: nodes.Element) -> str:
        if node.get("design_component") == "dropdown":
            return self._dropdown(node)
        if node.get("nb_element") == "cell_code_output":
            return ""
        caption = (
            node.next_node(nodes.caption) if "literal-block-wrapper" in node["classes"] else None
        )
        title = "" if caption is None else self._caption(node, caption)
        return joined([title, self.blocks(node.children)])

    _block_compound = _block_glossary = _block_figure_wrapper = _block_container

    def _dropdown(self, node: nodes.Element) -> str:
        title = node[0] if node.get("has_title") else None
        body = node.children[1:] if title is not None else node.children
        return folded("…" if title is None else self.summary(title), self.blocks(body))

    def summary(self, node: nodes.Node) -> str:
        """Write a <summary>: plain text but for its maths, which is typeset after Markdown."""
        parts = (
            self._inline_math(part).replace("<", r"\lt ").replace(">", r"\gt ")
            if isinstance(part, nodes.math)
            else html.escape(part.astext(), quote=False)
            for part in node.findall(lambda part: isinstance(part, nodes.Text | nodes.math))
            if not isinstance(part.parent, nodes.math)
        )
        return one_line("".join(parts)).strip()

    def _block_quiz_node(self, node: nodes.Element) -> str:
        return joined([self._line(f"**{label(_(QUESTION))}**"), self.blocks(node.children)])

    def _block_quiz_answer(self, node: nodes.Element) -> str:
        choice, *reason = node.children
        return folded(
            self.summary(choice), joined([self._line(f"**{label(verdict(node['correct']))}**"), self.blocks(reason)])
        )

    # Figures and tables

    def _block_image(self, node: nodes.Element) -> str:
        return self.inline(node)

    def _block_figure(self, node: nodes.Element) -> str:
        caption = node.next_node(nodes.caption)
        pictures = [child for child in node.children if not isinstance(child, nodes.caption)]
        title = "" if caption is None else self._caption(node, caption)
        legend = [child for child in pictures if isinstance(child, nodes.legend)]
        shown = [child for child in pictures if not isinstance(child, nodes.legend)]
        return joined([self.blocks(shown), title, self.blocks(legend)])

    def _block_numbered_caption(self, node: nodes.Element) -> str:
        first, *others = map(self.block, node.children)
        numbered = f"**{label(figure_name(node['number']))}** {first}"
        return joined(map(self._line, [numbered, *others]))

    def _block_legend(self, node: nodes.Element) -> str:
        return self.blocks(node.children)

    def _caption(self, node: nodes.Element, caption: nodes.Element) -> str:
        number = label(self._number(node))
        text = self.inlines(caption.children)
        return self._line(f"**{number}** {text}" if number else text)

    def _block_table(self, node: nodes.Element) -> str:
        title = node.next_node(nodes.title)
        heading = "" if title is None else self._caption(node, title)
        head, body = (self._rows(node, part) for part in (nodes.thead, nodes.tbody))
        width = max(len(row) for row in [*head, *body])
        header = head[-1] if head else [""] * width
        lines = [header, ["---"] * width, *head[:-1], *body]
        padded = ([*row, *[""] * (width - len(row))] for row in lines)
        return joined([heading, "\n".join(f"| {' | '.join(row)} |" for row in padded)])

    def _rows(self, table: nodes.Element, part: type[nodes.Element]) -> list[list[str]]:
        return [
            [self._table_cell(entry) for entry in row.children]
            for section in table.findall(part)
            for row in section.findall(nodes.row)
        ]

    def _table_cell(self, entry: nodes.Node) -> str:
        """Write a cell on one line; a bar would end it, even inside a formula."""
        parts = re.split(
            r"((?<!\\)\$[^$]+\$)", one_line(self.blocks(entry.children)).replace("  ", " ")
        )
        texts, formulas = parts[::2], parts[1::2]
        formulas = [
            formula.replace(r"\|", r"\Vert ").replace("|", r"\vert ") for formula in formulas
        ]
        texts = [text.replace("|", r"\|") for text in texts]
        return "".join(a + b for a, b in zip_longest(texts, formulas, fillvalue=""))

    # References at the end of a page

    def _block_citation(self, node: nodes.Element) -> str:
        label, *body = node.children
        return prefixed(f"[{label.astext()}] {self.blocks(body)}", "- ", "  ")

    _block_footnote = _block_citation
