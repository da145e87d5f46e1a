"""Random messages, made of a translator's words and of what MyST reads as more than words."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

CANARY = Path("/tmp/message-canary")  # what the templates among the tokens would write
# what a translator's words and marks are made of, and what MyST reads as more than that
WORDS = [
    "جملة",
    "a",
    "B",
    "3",
    "1.",
    "the layer",
    " ",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    ".",
    ",",
    "!",
    "?",
]
TOKENS = [
    *("---", "...", "+++", "--- ", "myst:", "sub_delimiters: ['[', ']']", "orphan: true", "\ufeff"),
    *("{{", "}}", "{%", "%}", "{", "}", "[[", "]]", "{a}", "{0}", "%s", "%", "%%", "# noqa", "::"),
    "cycler.__init__.__globals__.os.open('/tmp/message-canary', 65)",
    "env.app",
    *("{term}`", "{ref}`", "{raw}`", "{eval}`", "{numref}`", "{cite}`", "{math}`", "`", "``", "!"),
    *("<gradient>`", "<shapes>`", "<loss>`", "<", ">", "<b>", "</b>", "<!--", "-->", "<?", "<br>"),
    *(
        "[",
        "]",
        "(",
        ")",
        "](",
        "![",
        "]:",
        "[^1]",
        "[^1]:",
        "[a]: ",
        "[a]",
        "//pwned.example",
        "#",
    ),
    *("https://a.example/x", "https://pwned.example", "www.pwned.example", "x@pwned.example"),
    *(
        "javascript:x",
        "data:text/html,x",
        "mailto:x",
        "inv:x",
        "project:x.md",
        "<https://b.example>",
    ),
    *(
        "```",
        "~~~",
        ":::",
        "```{code-cell}",
        ":::{include} x",
        "(a)=",
        "% a",
        "+ ",
        "- ",
        "* ",
        "> ",
    ),
    *("# ", "## ", "===", "***", "    ", "|", "| a |", "| - |", ":-", ": a", ":a: b", "1) "),
    *(
        "$",
        "$$",
        "$a$",
        "$a \\text{ if } b$",
        "\\text{",
        "\\(",
        "\\)",
        "\\[",
        "\\begin{a}",
        "@@0@@",
    ),
    *("*", "**", "_", "__", "~", "~~", "\\", "\\\n", "^", "&", ";", '"', "'", "=", "/", "|", "@"),
    *(
        "&lt;",
        "&amp;lt;",
        "&#60;",
        "&bsol;",
        "&NewLine;",
        "&Tab;",
        "&lbrack;",
        "&#x202e;",
        "&nbsp;",
    ),
    *("{.a #b}", "{#a}", "`loss.backward()`", "[this](https://a.example/x)", "*twice*"),
    *(
        "{term}`gradient`",
        "{term}`x <gradient>`",
        "{term}`!x <gradient>`",
        "{numref}`x %s <shapes>`",
    ),
    *("\u202e", "\u2066", "\u2069", "\u200f", "\u200b", "\u2028", "\x85", "\x0b", "\x0c", "\r"),
    *("\x00", "\x1b", "\uffff", "\ufdd0", "\ue000", "\U0001fffe", "\ufffc", "\xa0", "\u3000"),
]
EXAMPLES = int(os.environ.get("VANISHING_EXAMPLES", "400"))
MANY = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def texts() -> st.SearchStrategy[str]:
    """Give messages of a few tokens, with a whole English sentence's marks more often than not."""
    piece = st.sampled_from([*WORDS * 3, *TOKENS])
    return st.lists(piece, min_size=1, max_size=9).map("".join)
