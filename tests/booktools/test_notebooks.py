"""The notebook builder: doctree -> ordinary Markdown and cells that stay the same."""

from __future__ import annotations

import ast
import base64
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from docutils import nodes
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelspec import get_kernel_dict
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from real_book import BOOK
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from booktools.book import notebook_name
from booktools.library import Library
from booktools.notebooks import Addresses, cells, writing
from booktools.notebooks.addresses import find_addresses, recorded_addresses, site_of
from booktools.notebooks.cells import cell_id
from booktools.notebooks.markdown import Markdown, Page, escape, escape_start, link_label

HEADER = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
"""
CODE = "\n\n```{code-cell}\n1 + 1\n```\n"
CONFIG = """\
extensions = ["myst_nb", "sphinx_design", "sphinxcontrib.bibtex", "booktools.notebooks",
              "booktools.extension.quiz", "booktools.extension.comments",
              "booktools.extension.numbered"]
nb_execution_mode = "off"
exclude_patterns = ["_build"]
numfig = True
root_doc = "book/index"
bibtex_bibfiles = ["book/references.bib"]
myst_enable_extensions = ["colon_fence", "dollarmath", "amsmath", "deflist"]
locale_dirs = ["locale"]
gettext_compact = False
book_library = {"module": "vanishing", "distribution": "vanishing-gradients"}
"""
GLOSSARY = "# Glossary\n\n```{glossary}\ngradient\n  A slope.\n```\n"
REFERENCE = """\
@article{he2015, author={Kaiming He}, title={Rectifiers}, journal={ICCV}, year={2015}}
"""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
NOWHERE = Addresses()
PUBLISHED = Addresses("https://github.com/owner/name", "https://owner.github.io/name")


class Book:
    """A book in a folder of its own; `write` a page, `build` it, read its notebook."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("conf.py", CONFIG)
        self.write("locales/languages.toml", BOOK.language_table.read_text(encoding="utf-8"))
        self.write("book/glossary.md", GLOSSARY)
        self.write("book/references.bib", REFERENCE)
        self.write("book/course/next.md", f"{HEADER}(next)=\n# Next page\n{CODE}")
        (root / "book/dot.png").write_bytes(PIXEL)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def translate(self, code: str, *entries: tuple[str, str]) -> None:
        heading = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
        texts = (
            f"\nmsgid {json.dumps(msgid)}\nmsgstr {json.dumps(msgstr, ensure_ascii=False)}\n"
            for msgid, msgstr in entries
        )
        self.write(f"locale/{code}/LC_MESSAGES/book/index.po", heading + "".join(texts))

    def build(self, text: str, code: str = "en", addresses: Addresses = NOWHERE) -> Any:
        contents = "\n```{toctree}\n:hidden:\nglossary\ncourse/next\n```\n"
        self.write("book/index.md", HEADER + text + CODE + contents)
        self.run(code, addresses)
        return self.notebook("index")

    def run(self, code: str, addresses: Addresses) -> None:
        settings = {
            "language": code,
            "vg_notebook_addresses": (addresses.repository, addresses.site),
        }
        out = self.root / "_build/out"
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                self.root,
                self.root,
                out,
                self.root / "_build/doctrees",
                "vg-notebooks",
                settings,
                status=None,
                freshenv=True,
                warningiserror=True,
            )
            app.build(force_all=True)

    def notebook(self, name: str) -> Any:
        return nbformat.read(self.root / f"_build/out/{name}.ipynb", as_version=4)

    def markdown(self, text: str, code: str = "en", addresses: Addresses = NOWHERE) -> str:
        """Return the page's Markdown without the banner."""
        cells = self.build(text, code, addresses).cells[2:]
        return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    installed = dict(locale.translators)
    locale.translators.clear()  # Sphinx adds a second language only behind the first
    yield Book(tmp_path)
    locale.translators.clear()
    locale.translators.update(installed)


# Text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("*a* and **b** and `f(x)`", "*a* and **b** and `f(x)`"),
        ("``a ` b``", "``a ` b``"),
        (r"2 \* 3, \$5, a_b, \<b>", r"2 \* 3, \$5, a_b, \<b>"),
        (r"1\. no list", r"1\. no list"),
        (r"\- no list", r"\- no list"),
        ("one\\\ntwo", "one\\\ntwo"),
        ("$a_i * b_j$ in text", "$a_i * b_j$ in text"),
        ("[text](https://example.org/a)", "[text](https://example.org/a)"),
        ("<https://example.org>", "<https://example.org>"),
        ("one\ntwo", "one two"),
    ],
)
def test_text_stays_what_it_says(book: Book, source: str, expected: str) -> None:
    assert book.markdown(f"# Title\n\n{source}") == f"# Title\n\n{expected}"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<!-- x -->", "**b**", "`c`", "$x$"])
def test_escaped_text_holds_no_markup(text: str) -> None:
    assert not re.search(r"(?<!\\)(<[a-z/!]|\*|`|\$)", escape(text))


NEIGHBOURS = [
    *[("[x]", "(//b.example)"), ("![x]", "(//b.example/x.png)"), ("<", "img src=x>")],
    *[
        ("<", "!-- x -->"),
        ("<", "/div>"),
        ("&", "lt;b&gt;"),
        ("&l", "t;b"),
        ("&#6", "0;b"),
        ("&", "#60;b"),
    ],
]


@pytest.mark.parametrize(("left", "right"), NEIGHBOURS)
def test_a_text_and_the_words_of_a_link_beside_it_make_no_markup(left: str, right: str) -> None:
    """A link within a page, or to a page without an address, stands there as its words."""
    words = nodes.reference("", right, refuri="#here", internal=True)
    text = Markdown(Page(Path())).block(nodes.paragraph("", "", nodes.Text(left), words))
    shown = html.escape(left + right)
    assert MarkdownIt().render(text) == f"<p>{shown}</p>\n"


def test_an_exclamation_mark_makes_no_picture_of_a_link() -> None:
    link = nodes.reference("", "x", refuri="https://a.example")
    text = Markdown(Page(Path())).block(nodes.paragraph("", "", nodes.Text("Read!"), link))
    assert MarkdownIt().render(text) == '<p>Read!<a href="https://a.example">x</a></p>\n'


def test_two_formulas_side_by_side_stay_two() -> None:
    formulas = (nodes.math("", "a"), nodes.math("", "b"))
    assert Markdown(Page(Path())).block(nodes.paragraph("", "", *formulas)) == "$a$ $b$"


@pytest.mark.parametrize("text", ["~x~", "~~x~~", "~a", "a~"])
def test_tildes_strike_nothing_out(text: str) -> None:
    assert escape(text) == text.replace("~", "\\~")


BLOCKS = [
    *("# a", "- a", "+ a", "> a", "12. a", "3) a", "---", "~~~ a", "=", "--", "- | -", "| a |"),
    *("-|-", ":-|-:", "[a]: https://b.example", "[^a]: b", "a\\\n# b", "a\\\n===", "a\\\n[b]: //c"),
]


@pytest.mark.parametrize("text", BLOCKS)
def test_a_sentence_does_not_become_a_block(text: str) -> None:
    lines = escape_start(text).split("\\\n")
    assert "\\" in lines[-1]


@pytest.mark.parametrize("text", ["#1 of all", "2.5 times", "-1 is less", "a - b", "[1] a", "a: b"])
def test_an_ordinary_sentence_stays_as_it_is(text: str) -> None:
    assert escape_start(text) == text


# References


ROLES = (
    "{term}`gradients <gradient>` {ref}`here` {doc}`course/next` {ref}`next` {eq}`loss` "
    "{numref}`dot` {cite}`he2015`"
)
REFERRING = f"""(here)=
# Title

{ROLES}

$$
L = 1
$$ (loss)

```{{figure}} dot.png
:name: dot
:alt: A [dot]

A *caption*.
```

```{{bibliography}}
```
"""


@pytest.mark.parametrize("text", ["a]", "[a", "][", "\\]", "a] [b", "](x", "[x]: y ]", "[[a]"])
def test_no_bracket_of_its_text_ends_a_link(text: str) -> None:
    link = nodes.reference("", text, refuri="https://a.example")
    for written in (
        Markdown(Page(Path())).block(nodes.paragraph("", "", link)),
        f"[{link_label(text)}](https://a.example)",
    ):
        tokens = MarkdownIt("commonmark").parse(written)[1].children or []
        shown = "".join(token.content for token in tokens[1:-1])
        assert (tokens[0].type, tokens[-1].type, shown) == ("link_open", "link_close", text)


def test_pairs_of_brackets_stay_as_they_are_in_a_link() -> None:
    link = nodes.reference("", "", nodes.Text("see [a] "), refuri="https://a.example")
    link += nodes.math("", "[0, 1)")
    assert Markdown(Page(Path())).inline(link) == "[see [a] $[0, 1)$](https://a.example)"


def test_references_lead_to_the_published_pages(book: Book) -> None:
    text = book.markdown(REFERRING, addresses=PUBLISHED)
    site = "https://owner.github.io/name/en/book"
    assert f"[gradients]({site}/glossary.html#term-gradient) Title" in text
    assert f"[Next page]({site}/course/next.html) [Next page]({site}/course/next.html#next)" in text
    assert "(1) Fig. 1 [He15]" in text


def test_without_a_site_references_lead_to_notebooks_or_nowhere(book: Book) -> None:
    text = book.markdown(REFERRING)
    assert "gradients Title [Next page](course/next.ipynb) [Next page](course/next.ipynb)" in text
    assert "- [He15] Kaiming He. Rectifiers. *ICCV*, 2015." in text


def test_a_notebook_in_a_folder_links_upward(book: Book) -> None:
    book.write("book/course/next.md", f"{HEADER}(next)=\n# Next\n\nSee {{doc}}`../index`.\n{CODE}")
    book.build("# Title")
    source = book.notebook("course/next").cells[2].source
    assert "[Title](../index.ipynb)" in source


def test_a_page_without_code_becomes_no_notebook(book: Book) -> None:
    book.build("# Title")
    assert not (book.root / "_build/out/glossary.ipynb").exists()


# Blocks


def test_maths_is_on_one_line_with_the_number_of_the_page(book: Book) -> None:
    text = book.markdown(REFERRING + "\n$$\na &= b \\\\\nc &= d\n$$\n")
    assert r"$$L = 1 \tag{1}$$" in text
    assert r"$$\begin{split} a &= b \\ c &= d \end{split}$$" in text


def test_a_figure_carries_its_image_and_its_alternative_text(book: Book) -> None:
    text = book.markdown(REFERRING)
    assert r"![A \[dot\]](data:image/png;base64,iVBOR" in text
    assert "**Fig. 1** A *caption*." in text


def test_admonitions_are_quotes_with_a_bold_title(book: Book) -> None:
    note = ":::{note}\nA note.\n\n$$\nx\n= 1\n$$\n:::"
    exercise = ":::{admonition} Exercise 1\n:class: exercise\nDo it.\n\n- a\n- b\n:::"
    text = book.markdown(f"# Title\n\n{note}\n\n{exercise}")
    assert "> **Note**\n>\n> A note.\n>\n> $$x = 1$$\n\n" in text
    assert text.endswith("> **Exercise 1**\n>\n> Do it.\n>\n> - a\n> - b")


def test_a_dropdown_opens_with_maths_in_its_title(book: Book) -> None:
    text = book.markdown("# T\n\n:::{dropdown} If $x<y$ & `z`\nThen *this*.\n:::")
    summary = r"<summary>If $x\lt y$ &amp; z</summary>"
    assert f"<details>\n{summary}\n\nThen *this*.\n\n</details>" in text


def test_a_quiz_answers_back_without_a_kernel(book: Book) -> None:
    quiz = ":::{quiz}\n:correct: 2\nWhich?\n\n- One.\n\n  Bad.\n- Two.\n\n  Good.\n:::"
    text = book.markdown(f"# T\n\n{quiz}")
    wrong, right = re.findall(r"<details>.*?</details>", text, re.DOTALL)
    assert "Which?" in text
    assert wrong == "<details>\n<summary>One.</summary>\n\n**✗ Not quite.**\n\nBad.\n\n</details>"
    assert "**✓ Correct.**\n\nGood." in right


def test_a_caption_keeps_its_number_below_the_cell(book: Book) -> None:
    caption = "```{numbered} fig-one\nIt *falls*.\n```"
    text = book.markdown(f"# T\n\n{caption}\n\n```{{numbered}} fig-two\nIt rises.\n```")
    assert "**Fig. 1** It *falls*." in text
    assert "**Fig. 2** It rises." in text


def test_a_table_keeps_bars_in_formulas_and_code(book: Book) -> None:
    table = "| a | b |\n|---|---|\n| $\\|x\\|$ | `p \\| q` |\n"
    text = book.markdown(f"# T\n\n{table}")
    assert "| a | b |\n| --- | --- |\n| $\\vert x\\vert $ | `p \\| q` |" in text


def test_lists_keep_their_nesting_and_numbers(book: Book) -> None:
    text = book.markdown("# T\n\n3. one\n   - in\n   - side\n4. two\n")
    assert "3. one\n   - in\n   - side\n4. two" in text


def test_a_definition_list_becomes_a_list_of_bold_terms(book: Book) -> None:
    text = book.markdown("# T\n\nTerm\n: One.\n\n  More.\n")
    assert "- **Term**\n\n  One.\n\n  More." in text


def test_a_code_block_outgrows_the_fences_in_it(book: Book) -> None:
    text = book.markdown("# T\n\n````md\n```\nx\n```\n````\n")
    assert "````md\n```\nx\n```\n````" in text


def test_a_node_that_no_notebook_can_show_is_a_warning(book: Book) -> None:
    with pytest.raises(Exception, match=r"notebooks cannot show a centered"):
        book.markdown("# T\n\n```{centered} x\n```\n")


# Cells


CELLS = """# Title

```{code-cell}
:tags: [remove-cell]
hidden = 2
```

## Part

```{code-cell}
:tags: [hide-input, remove-output]
hidden  # a comment
```

```{code-cell}
:tags: [hide-cell, solution]
y = 3
```

```{code-cell}
:tags: [remove-input]
y
```
"""


def test_every_cell_that_the_code_needs_is_there_in_its_order(book: Book) -> None:
    cells = [cell for cell in book.build(CELLS).cells[2:] if cell.cell_type == "code"]
    assert [cell.source for cell in cells] == [
        "hidden = 2",
        "hidden  # a comment",
        "y = 3",
        "y",
        "1 + 1",
    ]
    assert [bool(cell.metadata.get("jupyter")) for cell in cells] == [True] * 4 + [False]


def test_a_solution_is_announced_and_hidden(book: Book) -> None:
    cells = book.build(CELLS).cells
    place = next(place for place, cell in enumerate(cells) if cell.source == "y = 3")
    assert cells[place - 1].source == '<span class="vg-solution">**Solution**</span>'
    assert ".jp-MarkdownCell:has(.vg-solution) + .jp-CodeCell" in cells[1].source
    assert cells[place].metadata == {
        "cellView": "form",
        "collapsed": True,
        "jupyter": {"outputs_hidden": True, "source_hidden": True},
        "tags": ["hide-cell", "solution"],
    }


def test_a_notebook_is_valid_and_holds_no_output(book: Book) -> None:
    notebook = book.build(CELLS)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_a_notebook_says_of_its_kernel_what_the_kernel_says_itself(book: Book) -> None:
    """JupyterLab writes it anew, and marks a notebook in which that changes something."""
    metadata = book.build(CELLS).metadata
    language, kernel = dict(IPythonKernel.language_info), get_kernel_dict()
    assert metadata.language_info == {**language, "version": metadata.language_info.version}
    assert metadata.kernelspec.display_name == kernel["display_name"]
    assert metadata.kernelspec.language == kernel["language"]


def test_ids_do_not_depend_on_the_language(book: Book) -> None:
    english = [cell.id for cell in book.build(CELLS).cells]
    locale.translators.clear()
    assert [cell.id for cell in book.build(CELLS, "ar").cells] == english
    assert english[:4] == ["index-text-0", "index-code-0", "index-text-1", "index-text-2"]


def test_a_long_name_still_gives_valid_and_distinct_ids() -> None:
    ids = {cell_id(f"{'long' * 30}{end}.ipynb", "code", 12) for end in "ab"}
    assert len(ids) == 2
    assert all(re.fullmatch(r"[A-Za-z0-9-_]{1,64}", identifier) for identifier in ids)


def test_building_twice_gives_the_same_bytes(book: Book) -> None:
    path = book.root / "_build/out/index.ipynb"
    book.build(CELLS)
    first = path.read_bytes()
    book.build(CELLS)
    assert path.read_bytes() == first


# Languages


def test_a_translation_reaches_the_text_the_comment_and_the_alternative_text(book: Book) -> None:
    book.translate("ar", ("Text of `f()`.", "نصّ عن `f()`."), ("a comment", "تعليق"))
    notebook = book.build(
        "# Title\n\nText of `f()`.\n\n```{code-cell}\n1  # a comment\n```\n", "ar"
    )
    assert "نصّ عن \u2066`f()`\u2069." in notebook.cells[2].source
    assert notebook.cells[3].source == "1  # تعليق"


def test_right_to_left_text_is_wrapped_and_code_in_it_is_not(book: Book) -> None:
    text = book.markdown("# Title\n\n```python\nf()\n```\n", "ar")
    code = '<div dir="ltr">\n\n```python\nf()\n```\n\n</div>'
    assert text == f'<div dir="rtl">\n\n# Title\n\n{code}\n\n</div>'


def test_right_to_left_paragraphs_are_aligned_where_no_style_sheet_is_yet(book: Book) -> None:
    text = book.markdown("One *two*.\n\n- three\n\n| four |\n|---|\n| five |\n", "ar")
    start = '<span style="display: block; text-align: right">'
    assert f"{start}One *two*.</span>" in text
    assert f"- {start}three</span>" in text
    assert "| five |" in text
    assert start not in book.markdown("One.\n", "en")


def test_the_banner_names_the_files_to_edit(book: Book) -> None:
    assert "change `book/index.md`." in book.build("# T").cells[0].source
    locale.translators.clear()
    banner = book.build("# T", "ar", PUBLISHED).cells[0].source
    assert "\u2066" not in banner
    assert "`book/index.md`" in banner
    assert "`locales/ar/LC_MESSAGES/book/index.po`" in banner
    assert "(https://owner.github.io/name/ar/book/index.html)" in banner


def test_no_word_of_the_page_itself_is_markdown_in_a_notebook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for start in ("[x]: %(chapter)s '%(catalogue)s'", "    a", "# a", "- a", "*a*", "&lt;b&gt;"):
        notice = f"{start} %(chapter)s %(catalogue)s" if "%" not in start else start
        monkeypatch.setattr(cells, "_", lambda text, notice=notice: notice if "%" in text else "a")
        (language,) = (one for one in BOOK.translations if one.code == "vi")
        document = cells.Document("book/index", language, NOWHERE)
        banner = "".join(cells._first_cells(document)[0]["source"])
        kinds = [token.type for token in MarkdownIt("commonmark").parse(banner)]
        assert kinds == [
            "blockquote_open", "paragraph_open", "inline", "paragraph_close", "blockquote_close",
        ]  # fmt: skip
        assert "em_open" not in {
            one.type
            for token in MarkdownIt("commonmark").parse(banner)
            for one in token.children or ()
        }


def test_a_quote_from_right_to_left_has_its_bar_on_the_right(book: Book) -> None:
    english, arabic = (
        "".join(cell.source for cell in book.build("# T\n\n> a *b*\n", code).cells)
        for code in ("en", "ar")
    )
    assert "> a *b*" in english
    bars = [
        token.content
        for token in MarkdownIt("commonmark", {"html": True}).parse(arabic)
        if "<blockquote" in token.content
    ]
    assert len(bars) == 2  # the notice is one
    assert all("border-width: 0 5px 0 0" in bar for bar in bars)
    assert "*b*" not in "".join(bars)


def test_the_first_cell_sets_the_language(book: Book) -> None:
    assert 'set_language("ar")' in book.build("# T", "ar", PUBLISHED).cells[1].source


def test_the_first_cell_styles_what_jupyterlab_leaves_as_it_is(book: Book) -> None:
    english, arabic = (book.build("# T", code).cells[1].source for code in ("en", "ar"))
    assert "[data-jp-theme-light=false]" in english
    assert "[data-jp-theme-light=false]" in arabic
    assert ("[dir=rtl]" in english, "[dir=rtl]" in arabic) == (False, True)


def first_cell(addresses: Addresses = PUBLISHED, **page: str) -> str:
    """Return the code that looks for the library."""
    english = next(language for language in BOOK.languages if language.source)
    library = Library("vanishing", "vanishing-gradients")
    document = cells.Document(
        "book/x",
        english,
        addresses,
        library=library,
        extra=page.get("extra", ""),
        needs=page.get("needs", ""),
    )
    return "\n".join(cells._setup_code(document)).partition("from vanishing import")[0]


RunCell = Callable[..., list[str]]


@pytest.fixture
def run_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunCell:
    """Run a first cell where only these modules and programs are; return what it has a shell do."""

    def run(source: str, *present: str, folder: Path = tmp_path) -> list[str]:
        commands: list[str] = []
        names: dict[str, Any] = {"get_ipython": lambda: SimpleNamespace(system=commands.append)}
        paths: list[str] = []

        def find(name: str) -> str | None:
            here = any(Path(path, name, "__init__.py").exists() for path in paths)
            return name if here or name in present else None

        code = compile(TransformerManager().transform_cell(source), "cell", "exec")
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            patch.setattr("sys.path", paths)
            patch.setattr("importlib.util.find_spec", find)
            patch.setattr("shutil.which", lambda name: name if name in present else None)
            exec(code, names)
        assert paths == names["copies"][:1]
        return [one.replace("{source}", names["source"]) for one in commands]

    return run


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Make a copy of the repository that holds the library; give its folder of notebooks."""
    for name in ("clone/notebooks/en", "clone/vanishing"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "clone/vanishing/__init__.py").touch()
    return tmp_path / "clone/notebooks/en"


@pytest.mark.parametrize(
    ("repository", "present", "source"),
    [
        ("https://github.com/o/n", ["git"], "git+https://github.com/o/n"),
        ("https://github.com/o/n", [], "https://github.com/o/n/archive/HEAD.zip"),
        ("https://gitlab.com/o/n", [], "https://gitlab.com/o/n/-/archive/HEAD/book.zip"),
        ("https://codeberg.org/o/n", [], "git+https://codeberg.org/o/n"),
    ],
)
def test_the_first_cell_installs_the_library_with_git_or_without(
    run_cell: RunCell, repository: str, present: list[str], source: str
) -> None:
    (command,) = run_cell(first_cell(Addresses(repository)), *present)
    assert command == f'"{{sys.executable}}" -m pip install -q "vanishing-gradients @ {source}"'


def test_the_first_cell_installs_what_a_page_needs_besides(run_cell: RunCell) -> None:
    source = first_cell(extra="detection", needs="ultralytics")
    assert run_cell(source, "vanishing", "ultralytics") == []
    (command,) = run_cell(source, "vanishing", "git")
    assert '"vanishing-gradients[detection] @ git+' in command
    assert run_cell(first_cell(), "vanishing") == []


def test_a_page_names_in_its_front_matter_what_it_needs_besides(book: Book) -> None:
    page = HEADER.replace("---\n", "---\nextra: detection\nneeds: ultralytics\n", 1)
    book.write("book/course/next.md", f"{page}# Next page\n{CODE}")
    book.build("# T", addresses=PUBLISHED)
    source = book.notebook("course/next").cells[1].source
    assert '"vanishing-gradients[detection] @ {source}"' in source
    assert '["vanishing", "ultralytics"]' in source
    assert "detection" not in book.notebook("course/next").cells[2].source


def test_before_any_cell_runs_a_notebook_shows_the_figure_that_its_page_publishes(
    book: Book,
) -> None:
    page = HEADER.replace("---\n", "---\nfigure: none\n", 1)
    book.write("book/course/next.md", f"{page}# Next page\n{CODE}")
    banner = book.build("# T", addresses=PUBLISHED).cells[0].source
    assert f"]({PUBLISHED.site}/en/_previews/book/index.svg)" in banner
    assert "_previews" not in book.notebook("course/next").cells[0].source
    assert "_previews" not in book.build("# T", addresses=NOWHERE).cells[0].source


def test_without_an_address_the_first_cell_says_what_to_do(run_cell: RunCell) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"run 'pip install -e \.' in its folder"):
        run_cell(first_cell(NOWHERE), "git")


@pytest.mark.parametrize("addresses", [NOWHERE, PUBLISHED])
def test_the_first_cell_finds_a_copy_of_the_repository(
    run_cell: RunCell, clone: Path, addresses: Addresses
) -> None:
    assert run_cell(first_cell(addresses), "git", folder=clone) == []


@pytest.mark.parametrize("addresses", [NOWHERE, PUBLISHED])
def test_in_a_copy_of_the_repository_nothing_is_installed_unasked(
    run_cell: RunCell, clone: Path, addresses: Addresses
) -> None:
    source = first_cell(addresses, extra="detection", needs="ultralytics")
    with pytest.raises(ModuleNotFoundError, match=r"'pip install -e \"\.\[detection\]\"' in its"):
        run_cell(source, "git", folder=clone)


# Addresses and staleness


@pytest.mark.parametrize(
    ("repository", "site"),
    [
        ("https://github.com/owner/name", "https://owner.github.io/name"),
        ("https://github.com/owner/owner.github.io", "https://owner.github.io"),
        ("https://gitlab.com/owner/name", "https://owner.gitlab.io/name"),
        ("https://git.example.org/owner/name", None),
        (None, None),
    ],
)
def test_the_site_follows_from_the_repository(repository: str | None, site: str | None) -> None:
    assert site_of(repository) == site


def write_committed(folder: Path, addresses: Addresses) -> None:
    (folder / "en").mkdir(parents=True)
    record = {"repository": addresses.repository, "site": addresses.site}
    text = json.dumps({"metadata": {"booktools": record}})
    (folder / "en/index.ipynb").write_text(text)


def test_a_fork_keeps_the_addresses_that_the_notebooks_carry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VANISHING_REPOSITORY", "VANISHING_SITE"):
        monkeypatch.delenv(name, raising=False)
    write_committed(tmp_path, PUBLISHED)
    monkeypatch.setattr("booktools.repository._remote", lambda root: "git@github.com:fork/name.git")
    assert find_addresses(tmp_path, tmp_path) == PUBLISHED
    assert find_addresses(tmp_path, tmp_path / "empty").site == "https://fork.github.io/name"


def test_the_environment_changes_the_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_committed(tmp_path, PUBLISHED)
    monkeypatch.setenv("VANISHING_REPOSITORY", "https://github.com/new/name")
    assert find_addresses(tmp_path, tmp_path).site == "https://new.github.io/name"
    monkeypatch.setenv("VANISHING_SITE", "https://book.example.org/")
    assert find_addresses(tmp_path, tmp_path).site == "https://book.example.org"


def test_notebooks_with_a_merge_conflict_can_be_written_again(tmp_path: Path) -> None:
    write_committed(tmp_path, PUBLISHED)
    (tmp_path / "en/a-conflict.ipynb").write_text("<<<<<<< HEAD")
    assert recorded_addresses(tmp_path) == PUBLISHED


def test_differences_name_the_notebook_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = tmp_path / "notebooks"
    write_committed(committed, PUBLISHED)
    (committed / "en/gone.ipynb").write_text("{}")
    (tmp_path / "locales").mkdir()
    table = '[en]\ntag = "en"\nname = "English"\ndirection = "ltr"\nsource = true\n'
    (tmp_path / "locales/languages.toml").write_text(f'{table}plurals = "nplurals=1; plural=0;"\n')

    def write_fresh(root: Path, codes: list[str], target: Path, addresses: Addresses) -> None:
        assert (codes, addresses) == (["en"], PUBLISHED)
        write_committed(target, NOWHERE)
        (target / "en/new.ipynb").write_text("{}")

    monkeypatch.setattr(writing, "write_notebooks", write_fresh)
    gone, stale, new = writing.differences(tmp_path)
    assert gone.startswith("notebooks/en/gone.ipynb belongs to no page of the book; run `python")
    assert stale.startswith("notebooks/en/index.ipynb differs from the book")
    assert new.startswith("notebooks/en/new.ipynb is missing")


def test_notebook_names_follow_the_book() -> None:
    pages = ["book/index", "book/course/what-vanishes"]
    assert notebook_name("book/course/what-vanishes", pages) == "course/what-vanishes.ipynb"


@pytest.mark.parametrize(
    ("pages", "names"),
    [
        (["intro", "part/a"], ["intro.ipynb", "part/a.ipynb"]),
        (["intro"], ["intro.ipynb"]),
        (["docs/en/a", "docs/en/b"], ["a.ipynb", "b.ipynb"]),
        (["book/a", "bookish/a"], ["book/a.ipynb", "bookish/a.ipynb"]),
    ],
)
def test_notebooks_keep_their_folders_below_the_one_of_all_pages(
    pages: list[str], names: list[str]
) -> None:
    assert [notebook_name(page, pages) for page in pages] == names


def test_a_code_that_no_schema_saw_is_only_a_text_in_the_first_cell() -> None:
    code = 'x")\nimport os  # \\'
    language = replace(BOOK.languages[0], code=code)
    library = Library("library", "distribution")
    document = cells.Document("book/x", language, Addresses(), library=library)
    tree = ast.parse("\n".join(cells._setup_code(document)))
    calls = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Expr)]
    assert f"set_language({code!r})" in calls


def test_a_book_without_a_library_has_no_first_cell_for_it() -> None:
    english = next(language for language in BOOK.languages if language.source)
    document = cells.Document("book/x", english, Addresses())
    assert [cell["cell_type"] for cell in cells._first_cells(document)] == ["markdown"]
