from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import parse_qsl

import pytest
from docutils import nodes
from real_book import BOOK
from sphinx.application import Sphinx
from sphinx.config import Config

from booktools.book import notebook_path
from booktools.extension import page, quiz, site, taking, theme
from booktools.extension.strings import BOOK as AROUND
from booktools.extension.strings import JUPYTER_BOOK, MYST_NB, SEARCH, SPHINX

ARABIC = next(language for language in BOOK.languages if language.code == "ar")


@pytest.mark.parametrize(
    ("physical", "logical"),
    [
        ("a{margin-left:1px}", "a{margin-inline-start:1px}"),
        ("a{border-right-color:red}", "a{border-inline-end-color:red}"),
        ("a{color:red;left:0}", "a{color:red;inset-inline-start:0}"),
        ("a{text-align:left;float:right}", "a{text-align:start;float:inline-end}"),
        ("a{--margin:1px;background:left}", "a{--margin:1px;background:left}"),
    ],
)
def test_the_themes_left_and_right_become_start_and_end(physical: str, logical: str) -> None:
    assert site.to_logical(physical) == logical


def test_binder_opens_the_notebook_of_the_pages_language() -> None:
    path = notebook_path("book/course/what-vanishes", ["book/index"], ARABIC)
    assert path == "notebooks/ar/course/what-vanishes.ipynb"
    assert page.binder_address("https://github.com/owner/name", path) == (
        "https://mybinder.org/v2/gh/owner/name/main"
        "?urlpath=lab/tree/notebooks/ar/course/what-vanishes.ipynb"
    )


def test_binder_knows_other_forges_too() -> None:
    assert "/v2/gl/owner%2Fname/main?" in page.binder_address("https://gitlab.com/owner/name", "x")
    address = page.binder_address("https://codeberg.org/owner/name", "x")
    assert "/v2/git/https%3A%2F%2Fcodeberg.org%2Fowner%2Fname/main?" in address


def test_binder_starts_one_image_and_pulls_the_newest_notebook_into_it() -> None:
    """The form of nbgitpuller's own link generator, which quotes twice."""
    address = page.binder_address("https://github.com/owner/name", "a b.ipynb", "main", "fixed")
    start, _, query = address.partition("?")
    assert start == "https://mybinder.org/v2/gh/owner/name/fixed"
    ((name, opened),) = parse_qsl(query, strict_parsing=True)
    assert name == "urlpath"
    pull, _, wanted = opened.partition("?")
    assert pull == "git-pull"
    assert dict(parse_qsl(wanted, strict_parsing=True)) == {
        "repo": "https://github.com/owner/name",
        "branch": "main",
        "targetpath": page.PULLED,
        "urlpath": f"lab/tree/{page.PULLED}/a b.ipynb",
    }


@pytest.mark.parametrize("text", ["<b>a</b>", 'a" onclick="b', "a`b", "a ${b}", "a\nb"])
def test_a_translated_label_cannot_bring_markup_into_a_page(text: str) -> None:
    assert not theme.is_plain_text("Search", text)


def test_a_translated_label_keeps_the_placeholder_of_its_original() -> None:
    assert theme.is_plain_text("found ${resultCount} page(s)", "có ${resultCount} trang")


def test_no_message_is_listed_twice() -> None:
    messages = [*AROUND, *SPHINX, *MYST_NB, *JUPYTER_BOOK, *SEARCH]
    assert len(messages) == len(set(messages))


def item(*paragraphs: str) -> nodes.list_item:
    return nodes.list_item("", *(nodes.paragraph(text, text) for text in paragraphs))


def test_a_sound_quiz_has_no_faults() -> None:
    assert quiz.find_faults([item("a", "why"), item("b", "why")], 2) == []


@pytest.mark.parametrize(
    ("items", "correct", "fault"),
    [
        ([item("a", "why")], 1, "at least two answers, got 1"),
        ([item("a", "why"), item("b", "why")], 0, "between 1 and 2, got none"),
        ([item("a", "why"), item("b", "why")], 3, "between 1 and 2, got 3"),
        ([item("a", "why"), item("b")], 1, "answer 2 needs a reason"),
    ],
)
def test_a_faulty_quiz_names_the_fault(
    items: list[nodes.list_item], correct: int, fault: str
) -> None:
    (message,) = quiz.find_faults(items, correct)
    assert fault in message


def test_the_settings_name_the_books_own_folders_wherever_the_book_lies(tmp_path: Path) -> None:
    found = []
    for root in (tmp_path / "one", tmp_path / "two words"):
        folders = [str(root / "book/_static"), "/elsewhere/templates", "beside"]
        config = Config({}, {"templates_path": folders, "html_static_path": folders})
        config.add("html_static_path", [], "html", ())
        app = cast(Sphinx, SimpleNamespace(confdir=str(root)))
        site.name_folders_from_the_book(app, config)
        found.append((config.templates_path, config.html_static_path))
    expected = ["book/_static", "/elsewhere/templates", "beside"]
    assert found == [(expected, expected)] * 2


def test_what_is_not_translated_is_said_to_be_in_the_language_of_the_book() -> None:
    german = replace(BOOK.source, code="de", name="<Deutsch>")
    assert page.progress_note(None, BOOK.source).endswith("it is shown in English.")
    assert page.progress_note(40, BOOK.source).endswith("to 40%; the rest is shown in English.")
    for share, said in ((None, "not translated yet"), (40, "translated to 40%; the rest")):
        note = page.progress_note(share, german)
        assert said in note
        assert note.endswith("shown as it was written, in &lt;Deutsch&gt;.")


@pytest.mark.parametrize(
    ("kind", "needs"), [({"type": "module"}, True), ({"defer": "defer"}, False)]
)
def test_only_a_page_with_modules_needs_a_server(kind: dict[str, str], needs: bool) -> None:
    context = {"script_files": ["plain.js", SimpleNamespace(attributes=kind)]}
    taking.say_what_needs_a_server(cast(Sphinx, None), "a", "page.html", context, None)
    assert context["needs_server"] is needs
