"""The parser of messages reads words only, also where no rule has looked at the message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from itertools import product
from pathlib import Path
from typing import NoReturn

import pytest
from docutils import nodes
from docutils.parsers.rst import roles
from docutils.utils import new_document
from myst_nb.sphinx_ import Parser
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.i18n import publish_msgstr
from sphinx.util.docutils import docutils_namespace, patch_docutils, sphinx_domains

from booktools.extension.message_parser import MESSAGE

SETTINGS = {
    "extensions": ["myst_nb", "booktools.extension.message_parser"],
    "myst_enable_extensions": ["amsmath", "colon_fence", "deflist", "dollarmath", "substitution"],
    "myst_substitutions": {"known": "{{ env.app.srcdir }}"},
    "nb_execution_mode": "off",
}
COMMAND = "cycler.__init__.__globals__.os.open('{canary}', 65)"
HEADS = [
    "---\n{settings}\n---\n",
    "---\n{settings}\n...\n",
    "--- جملة\n{settings}\n...و\n",
    "----\n{settings}\n----\n",
    "---\t\n{settings}\n---x\n",
    "---\x0b\n{settings}\n---\n",
    "---\u2028{settings}\u2028...\u2028",
    "---\x85{settings}\x85---\x85",
    "---\r{settings}\r---\r",
    "---[a]: https://a.example 'a\n{settings}\n...'\n",
    "---\n---\n",
    "\ufeff---\n{settings}\n---\n",
    "   ---\n{settings}\n---\n",
    "",
]
BODIES = ["{{{{ {command} }}}}", "[[ {command} ]]", "{{{{ env.app.srcdir }}}}", "{{{{ known }}}}"]
OPTIONS = [
    "myst: {sub_delimiters: ['[', ']']}",
    "myst: {html_meta: {http-equiv=refresh: 0}}",
    "myst: {enable_extensions: [linkify, attrs_inline, html_image, substitution]}",
    "myst: {commonmark_only: true}",
    "myst: {unknown: 1}",
    "orphan: true",
    "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]",
    "file_format: mystnb",
]
PAGE = "---\nauthor: A person\n---\n# Title\n\nA sentence.\n"
MORE_THAN_WORDS = [
    "a <b>c</b>",
    "<div>\na\n</div>",
    "<!-- a -->",
    "a[^1]\n\n[^1]: b",
    "a[^1]",
    "a\n\n[^1]: b",
    "[a]\n\n[a]: https://a.example",
    "(a)=\nb",
    "% a",
    "+++ a",
    ":::{note}\na\n:::",
    "```{include} /etc/passwd\n```",
    "```{code-cell}\n1\n```",
    "```{eval-rst}\n.. raw:: html\n\n   x\n```",
    "a\n: b",
    ":a: b",
    "{#a .b}\nc",
    "`a`{.b #c}",
    "[a]{.b}",
    "- a",
    "1. a",
    "# a",
    "> a",
    "| a |\n| - |\n| b |",
    "    a",
    "***",
    "\\begin{equation}\na\n\\end{equation}",
]
WORDS = {
    nodes.document,
    addnodes.document,
    nodes.paragraph,
    nodes.section,
    nodes.title,
    nodes.emphasis,
    nodes.strong,
    nodes.literal,
    nodes.Text,
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sphinx]:
    """Give an application that has read one page."""
    folder = tmp_path_factory.mktemp("book")
    (folder / "index.md").write_text(PAGE, encoding="utf-8")
    with patch_docutils(), docutils_namespace():
        application = Sphinx(
            folder, None, folder / "out", folder / "trees", "dummy",
            confoverrides=SETTINGS, status=None, warning=StringIO(),
        )  # fmt: skip
        application.build()
        application.env.prepare_settings("index")
        yield application


Read = Callable[[str], nodes.Element]


@pytest.fixture
def read(app: Sphinx) -> Read:
    """Give the function with which Sphinx reads a translated message of the page."""
    settings = app.registry.get_publisher(app, "myst-nb").settings

    def published(message: str) -> nodes.Element:
        with sphinx_domains(app.env):
            return publish_msgstr(app, message, app.env.doc2path("index"), 1, app.config, settings)

    return published


def hostile_documents(canary: Path) -> Iterator[str]:
    """Yield every way to open a document with each of its options and each template."""
    for head, body in product(HEADS, BODIES):
        for options in OPTIONS:
            text = body.format(command=COMMAND.format(canary=canary))
            yield head.format(settings=options) + text


def state(app: Sphinx) -> tuple[object, ...]:
    """Return what a message might change of the application."""
    return (
        app.env.myst_config.as_dict(),  # type: ignore[attr-defined]
        {page: dict(kept) for page, kept in app.env.metadata.items()},
        {name: app.config[name] for name in SETTINGS},
    )


def test_the_parser_of_pages_would_run_what_a_message_says(app: Sphinx, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    document = new_document(f"{app.env.doc2path('index')}:1{MESSAGE}")
    document.settings = app.registry.get_publisher(app, "myst-nb").settings
    document.settings.env = app.env
    upstream = Parser()
    upstream.set_application(app)
    upstream.parse(f"text {{{{ {COMMAND.format(canary=canary)} }}}}", document)
    assert canary.exists()


def test_no_document_in_a_message_runs_changes_or_tells_anything(
    app: Sphinx, read: Read, tmp_path: Path
) -> None:
    canary, before = tmp_path / "canary", state(app)
    for message in hostile_documents(canary):
        found = read(message)
        assert not canary.exists(), message
        assert str(app.srcdir) not in found.astext(), message
        assert {type(node) for node in found.findall()} <= WORDS, message
    assert state(app) == before


def test_a_reading_serves_until_its_words_stand_on_the_page(read: Read) -> None:
    first = read("One *sentence*.")
    assert read("One *sentence*.") is first
    placed = nodes.paragraph("", "", *first.children)
    again = read("One *sentence*.")
    assert again is not first
    assert again.pformat() == placed.pformat()
    assert all(child.parent is placed for child in placed.children)


@pytest.mark.parametrize("ending", ["", "\n==="])
def test_a_heading_that_stands_twice_has_its_words_twice(read: Read, ending: str) -> None:
    found = [read(f"Twice *here*{ending}").deepcopy() for _ in range(3)]
    assert [one.astext() for one in found] == ["Twice here"] * 3


@pytest.mark.parametrize("message", MORE_THAN_WORDS)
def test_what_a_page_may_hold_is_words_in_a_message_or_nothing(read: Read, message: str) -> None:
    assert {type(node) for node in read(message).findall()} <= WORDS


@pytest.mark.parametrize("message", ["", "a\n\nb", "a\n===\n\nb"])
def test_a_message_of_several_texts_or_none_is_not_used(read: Read, message: str) -> None:
    assert not isinstance(read(message), nodes.paragraph | nodes.section)


def test_a_role_that_fails_or_warns_leaves_the_message_unused(
    app: Sphinx, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> NoReturn:
        raise RuntimeError("a role")

    monkeypatch.setitem(roles._roles, "failing", fail)
    warnings = app._warncount
    assert not read("a {failing}`b`").children
    assert not read("a {unknown}`b`").children
    assert app._warncount == warnings


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("*a* **b** `c`", nodes.literal),
        ("$a_1$", nodes.math),
        ("[a](https://a.example)", nodes.reference),
        ("{term}`a <b>`", addnodes.pending_xref),
        ("a\n====", nodes.title),
        ("3. a", nodes.paragraph),
        ("%50 a", nodes.paragraph),
    ],
)
def test_a_message_keeps_the_marks_of_a_sentence(read: Read, message: str, kind: type) -> None:
    found = read(message)
    assert isinstance(found, nodes.paragraph | nodes.section)
    assert any(isinstance(node, kind) for node in found.findall())


def test_a_page_keeps_its_own_settings(app: Sphinx) -> None:
    assert app.env.metadata["index"]["author"] == "A person"
