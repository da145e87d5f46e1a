"""What a message is made of: roles, links, formulas, code, and the text that a reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from booktools.characters import shows_something

EXTENSIONS = frozenset({"amsmath", "colon_fence", "deflist", "dollarmath"})
OBJECT = "\ufffc"  # stands in `text` for code, a formula, a citation

_TARGETED = re.compile(r"(?P<text>.+?)\s*<(?P<target>.*?)>", re.S)  # as Sphinx divides it
_FORMATS = frozenset({"math", "sub", "sup", "abbr", "dfn", "guilabel"})
_SHOWN_AS_TEXT = frozenset({"term", "sub", "sup", "abbr", "dfn", "guilabel"})
_URL = re.compile(
    r"(?:[a-z][a-z\d+.-]{0,15}://|www\.|(?:mailto|xmpp):)[^\s<>\"'`)\]]+"
    r"|(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w.-]*\w",
    re.I,
)
_PLAIN_OBJECT = re.compile(r"`[^`]+`|\$[^$\n]+\$")


@dataclass(frozen=True)
class Role:
    """A MyST role: what it is, what it points at, what the reader sees."""

    name: str
    target: str
    text: str

    @property
    def reference(self) -> str:
        """Return name and target; a glossary's targets do not mind their case."""
        target = self.target.lower() if self.name == "term" else self.target
        return f"{{{self.name}}} {target}{numbering(self.text) if self.name == 'numref' else ''}"


@dataclass
class Markup:
    """The parts of one message, each in the order of the text."""

    blocks: list[str] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    maths: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    substitutions: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)  # links without words, or in another link
    text: str = ""


def read_markdown(message: str) -> Markup:
    """Read a message as the book's own parser reads it."""
    environment: dict[str, dict[str, dict[str, str]]] = {}
    tokens = _parser().parse(message, environment)
    markup = Markup(blocks=[token.type for token in tokens if token.type != "inline"])
    markup.definitions = [entry["href"] for entry in environment.get("references", {}).values()]
    markup.html = [token.content for token in tokens if token.type == "html_block"]
    inline = list(_inline(tokens))
    pieces = [_read_inline(token, markup) for token in inline]
    markup.text = "".join(pieces)
    markup.hidden = list(_hidden(inline, pieces))
    markup.addresses = _URL.findall(markup.text)
    return markup


def read_plain(message: str) -> Markup:
    """Read a message that nobody parses as Markdown: a label, a code comment."""
    objects = _PLAIN_OBJECT.findall(message)
    return Markup(
        code=[part for part in objects if part.startswith("`")],
        maths=[part.strip("$") for part in objects if part.startswith("$")],
        addresses=_URL.findall(message),
        text=_PLAIN_OBJECT.sub(OBJECT, message),
    )


def plain_text(message: str) -> str:
    """Return a message without markup: formulas as TeX, and no citations."""
    text = "".join(map(_shown, _inline(_parser().parse(message))))
    return re.sub(rf"\s*{OBJECT}", "", text).strip()


def _shown(token: Token) -> str:
    match token.type:
        case "softbreak" | "hardbreak":
            return " "
        case "math_inline" | "math_inline_double" | "math_single":
            return f"${token.content}$"
        case "myst_role" if token.meta["name"] == "math":
            return f"${token.content}$"
        case "myst_role" if str(token.meta["name"]).startswith("cite"):
            return OBJECT
        case "myst_role":
            return _words(token)
        case _:
            return token.content


def numbering(text: str) -> str:
    """Return what a numref's text has besides words and one %s, the place of the number."""
    fields = re.findall(r"%.?|\{[^{}]*\}|[{}]", text)
    if "%s" in fields:
        fields.remove("%s")
    return " ".join(sorted(fields))


def without_words(formula: str) -> str:
    r"""Return a formula without the words inside its \text{…}, the only part to translate."""
    return re.sub(r"\\text\{[^{}\\$<>&%#^_~\[\]`*|@!]*\}", r"\\text{}", formula)


@cache
def _parser() -> MarkdownIt:
    return create_md_parser(MdParserConfig(enable_extensions=set(EXTENSIONS)), RendererHTML)


def _inline(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type == "inline":
            yield from token.children or ()


def _read_inline(token: Token, markup: Markup) -> str:
    """File one token under its kind and return what a reader sees of it."""
    match token.type:
        case "text" | "text_special":
            return token.content
        case "softbreak" | "hardbreak":
            return " "
        case "myst_role":
            return _read_role(token, markup)
        case "math_inline" | "math_inline_double" | "math_single":
            markup.maths.append(token.content)
        case "code_inline":
            markup.code.append(token.content)
        case "html_inline":
            markup.html.append(token.content)
        case "substitution_inline":
            markup.substitutions.append(token.content)
        case "link_open":
            _file_link(token, "href", markup)
            return ""
        case "image":
            _file_link(token, "src", markup)
            return token.content
        case _:
            return ""
    return OBJECT


def _hidden(tokens: Iterable[Token], pieces: Iterable[str]) -> Iterator[str]:
    """Name the links that readers cannot follow: without words, or in another link."""
    address, words = "", [""]
    for token, piece in zip(tokens, pieces, strict=True):
        words.append("x" if token.type == "image" else piece)
        if token.type == "link_open":
            address, words = str(token.attrs.get("href", "")), [""]
        elif token.type == "link_close":
            if not shows_something("".join(words)):
                yield address
            address = ""
        elif token.type == "myst_role":
            nested = address and token.meta["name"] not in _FORMATS
            if nested or not shows_something(_words(token)):
                yield token.content


def _words(role: Token) -> str:
    targeted = _TARGETED.fullmatch(role.content)
    return targeted["text"] if targeted else role.content


def _file_link(token: Token, address: str, markup: Markup) -> None:
    target = str(token.attrs.get(address, ""))
    markup.links.append(f"image {target}" if token.type == "image" else target)
    if title := str(token.attrs.get("title", "")):
        markup.titles.append(title)


def _read_role(token: Token, markup: Markup) -> str:
    name = str(token.meta["name"])
    if name == "math":
        markup.maths.append(token.content)
        return OBJECT
    targeted = _TARGETED.fullmatch(token.content)
    if targeted:
        markup.roles.append(Role(name, targeted["target"], targeted["text"]))
        return targeted["text"]
    shown = name in _SHOWN_AS_TEXT
    markup.roles.append(Role(name, token.content, token.content if shown else ""))
    return token.content if shown else OBJECT
