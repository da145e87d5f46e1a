"""Random messages of MyST's own tokens: refused, or nothing but words on page and in notebook.

VANISHING_EXAMPLES sets how many messages are tried; the default takes some ten seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from docutils import nodes
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from random_messages import CANARY, MANY, texts
from real_book import BOOK
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.i18n import publish_msgstr
from sphinx.util.docutils import docutils_namespace, patch_docutils, sphinx_domains

from booktools.checks import SECURITY_RULES, check_entry
from booktools.extension.safe_messages import difference
from booktools.glossary_terms import Terms
from booktools.notebooks.markdown import Markdown, Page
from booktools.po import Entry

SENTENCES = (
    "A sentence.",
    "A link to [this](https://a.example/x), *twice*.",
    "A {term}`gradient` here.",
    "If $a \\text{ if } b$ then.",
    "Call `loss.backward()` first.",
    "See {numref}`Figure %s <shapes>`.",
)
ARABIC = next(language for language in BOOK.languages if language.code == "ar")
OPTIONS = {
    "extensions": ["myst_nb", "booktools.extension.message_parser"],
    "myst_enable_extensions": ["amsmath", "colon_fence", "deflist", "dollarmath", "substitution"],
    "nb_execution_mode": "off",
}
SAFE = {
    nodes.document, addnodes.document, nodes.paragraph, nodes.Text, nodes.emphasis, nodes.strong,
    nodes.literal, nodes.math, nodes.reference, nodes.image, nodes.inline, nodes.raw,
    addnodes.pending_xref, addnodes.download_reference,
}  # fmt: skip


@st.composite
def translations(draw: st.DrawFn) -> tuple[str, str]:
    """Give an English sentence and a text that may stand for it: its own marks, or any tokens."""
    english = draw(st.sampled_from(SENTENCES))
    before, behind = draw(texts()), draw(texts())
    kept = draw(st.sampled_from([english, english.replace(" ", " و", 1), ""]))
    return english, draw(st.sampled_from([f"{kept}{behind}", f"{before}{kept}", before + behind]))


class Reader:
    """A page of the sentences, and the parser that reads their translations."""

    def __init__(self, app: Sphinx) -> None:
        """Read the page."""
        self.app = app
        self.settings = app.registry.get_publisher(app, "myst-nb").settings
        page = app.env.get_doctree("index")
        self.english = {node.rawsource: node for node in page.findall(nodes.paragraph)}

    def read(self, message: str) -> nodes.Element:
        """Return what Sphinx would apply."""
        path = self.app.env.doc2path("index")
        with sphinx_domains(self.app.env):
            return publish_msgstr(self.app, message, path, 1, self.app.config, self.settings)

    def state(self) -> tuple[object, ...]:
        """Return what a message must not change."""
        env = self.app.env
        return (
            env.myst_config.as_dict(),
            str(env.metadata),
            str(env.get_domain("std").data["labels"]),
        )  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Give the reader of a page with the English sentences."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "index.md").write_text("# Title\n\n" + "\n\n".join(SENTENCES), encoding="utf-8")
    CANARY.unlink(missing_ok=True)
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            folder, None, folder / "out", folder / "trees", "dummy",
            confoverrides=OPTIONS, status=None, warning=StringIO(),
        )  # fmt: skip
        app.build()
        app.env.prepare_settings("index")
        yield Reader(app)


def is_refused(english: str, translation: str) -> bool:
    entry = Entry(msgid=english, msgstr=(translation,), lines=(1,))
    return any(check_entry(entry, ARABIC, Terms(), SECURITY_RULES, on_page=True))


def structure(markdown: str) -> tuple[list[str], list[str], int]:
    """Return a notebook's blocks, addresses and pieces of HTML, as Markdown has them."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens: list[Token] = reader.parse(markdown)
    inline = [child for token in tokens for child in token.children or ()]
    addresses = [
        str(token.attrs[name])
        for token in inline
        for name in ("href", "src")
        if name in token.attrs
    ]
    html = sum(token.type == "html_inline" for token in inline)
    return [token.type for token in tokens], sorted(addresses), html


@MANY
@given(message=texts())
def test_no_message_runs_or_changes_anything_though_no_rule_has_seen_it(
    reader: Reader, message: str
) -> None:
    before = reader.state()
    found = reader.read(message)
    assert {type(node) for node in found.findall()} <= SAFE
    assert {node.astext() for node in found.findall(nodes.raw)} <= {"<br />\n", "\\\\\n"}
    assert reader.state() == before
    assert not CANARY.exists()


@MANY
@given(pair=translations())
def test_what_the_rules_accept_is_applied_and_is_words_on_page_and_in_notebook(
    reader: Reader, pair: tuple[str, str]
) -> None:
    english, translation = pair
    if is_refused(english, translation) or not translation.strip():
        return
    node, patch = reader.english[english], reader.read(translation)
    assert difference(node, patch) == ""
    writer = Markdown(Page(Path()))
    assert structure(writer.block(patch)) == structure(writer.block(node))
