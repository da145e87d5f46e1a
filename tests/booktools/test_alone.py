"""A figure gets a page of its own and a file of its numbers; reminders know their questions."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader
from real_book import BOOK

from booktools.extension import alone
from booktools.extension.alone import add_files, caption, with_files
from booktools.extension.outputs import _visible
from booktools.extension.predictions import reminded
from booktools.extension.templates import TEMPLATES
from booktools.files import keep
from booktools.painting import painted_path

NUMBERED = (
    '<figure class="vg-numbered" id="fig-a"><div><div class="x" id="explorer-a">…</div></div>'
    '<figcaption class="vg-caption"><p>About a <a href="g.html#t">term</a>.</p></figcaption>'
    '</figure><div class="x" id="explorer-b"></div>'
)


def test_a_caption_comes_along_without_its_links() -> None:
    expected = '<figcaption class="vg-caption"><p>About a term.</p></figcaption>'
    assert caption(NUMBERED, "explorer-a") == expected
    assert caption(NUMBERED, "explorer-b") == ""


def test_only_the_names_of_this_figures_files_become_ways() -> None:
    html = '<a href="own:a.csv"><b data-page="own:a.html">own:a.csv</b><a href="own:ab.csv">'
    assert with_files(html, "a", "../embed/x") == (
        '<a href="../embed/x.a.csv"><b data-page="../embed/x.a.html">own:a.csv</b>'
        '<a href="own:ab.csv">'
    )


class Templates:
    """Render as Sphinx does, without a build."""

    def render(self, name: str, context: dict[str, Any]) -> str:
        return Environment(loader=FileSystemLoader(TEMPLATES)).get_template(name).render(context)


class Builder:
    """Know where pages lie."""

    format = "html"
    templates = Templates()

    def get_target_uri(self, page: str) -> str:
        return f"{page}.html"

    def get_relative_uri(self, start: str, page: str) -> str:
        return "../" * start.count("/") + f"{page}.html"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give what the extension asks of Sphinx: two pages, Arabic, assets for a class."""
    monkeypatch.setattr(alone, "current_language", lambda _app: BOOK.language("ar"))
    return SimpleNamespace(
        builder=Builder(),
        srcdir=str(tmp_path),
        outdir=str(tmp_path / "site"),
        env=SimpleNamespace(found_docs={"book/a", "book/b"}),
        config=SimpleNamespace(book_assets={"vg-explorer": ["explorer.js", "vanishing.css"]}),
    )


def shown(app: Any, *figures: str) -> str:
    """Paint figures with these ids on page book/a; return the body of the page."""
    htmls = [
        f'<div class="vg-explorer" id="{name}"><a href="own:{name}.csv"></a>'
        f'<b data-page="own:{name}.html"></b><a href="page:book/b#x"></a></div>'
        for name in figures
    ]
    outputs = [{"data": {"text/html": html, "text/csv": "x\r\n1\r\n"}} for html in htmls]
    other = {"data": {"text/html": '<figure class="vg-figure"></figure>', "text/csv": "x\r\n"}}
    record = {"code": "", "language_info": {}, "outputs": [[*outputs, other], []]}
    keep(painted_path(Path(app.srcdir), "ar", "book/a"), record)
    context = {
        "body": "".join(htmls),
        "title": "A &amp; <em>B</em>",
        "docstitle": "The book",
        "content_root": "../",
        "licence": '<a rel="license" href="l">CC</a>',
    }
    add_files(app, "book/a", "page.html", context, SimpleNamespace())  # type: ignore[arg-type]
    return context["body"]


def test_a_figure_with_numbers_gets_both_files_and_its_page_leads_to_them(app: Any) -> None:
    body = BeautifulSoup(shown(app, "explorer-w"), "html.parser")
    site = Path(app.outdir)
    assert body.a["href"] == "../embed/book/a.explorer-w.csv"
    assert body.b["data-page"] == "../embed/book/a.explorer-w.html"
    numbers = (site / "embed/book/a.explorer-w.csv").read_bytes()
    assert numbers == b"\xef\xbb\xbfx\r\n1\r\n"
    assert {path.name for path in (site / "embed/book").iterdir()} == {
        "a.explorer-w.csv",
        "a.explorer-w.html",
    }


def test_its_own_page_asks_nothing_of_others_and_leads_back(app: Any) -> None:
    shown(app, "explorer-w")
    text = (Path(app.outdir) / "embed/book/a.explorer-w.html").read_text("utf-8")
    page = BeautifulSoup(text, "html.parser")
    assert (page.html["lang"], page.html["dir"]) == ("ar", "rtl")
    assert page.title.get_text() == "A & B — The book"
    assert page.select_one("meta[name=robots]")["content"] == "noindex"
    loaded = [one.get("src") or one.get("href") for one in page.select("script, [rel=stylesheet]")]
    assert loaded == [
        "../../_static/vanishing.css",
        "../../_static/embed.css",
        "../../_static/embed.js",
        "../../_static/explorer.js",
    ]
    links = [link["href"] for link in page.select("a")]
    assert links == ["a.explorer-w.csv", "../../book/b.html#x", "../../book/a.html#explorer-w", "l"]
    assert page.b["data-page"].startswith("own:")  # there is no code to embed what is embedded


def test_the_files_of_a_figure_that_is_gone_go_too(app: Any) -> None:
    shown(app, "explorer-w", "explorer-old")
    folder = Path(app.outdir) / "embed/book"
    other = folder / "a.b.explorer-old.html"
    other.touch()
    shown(app, "explorer-w")
    assert sorted(path.name for path in folder.iterdir()) == [
        "a.b.explorer-old.html",
        "a.explorer-w.csv",
        "a.explorer-w.html",
    ]


def test_a_page_that_was_not_run_keeps_its_body(app: Any) -> None:
    context = {"body": "text"}
    add_files(app, "book/b", "page.html", context, SimpleNamespace())  # type: ignore[arg-type]
    assert context["body"] == "text"
    assert not Path(app.outdir, "embed").exists()


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("Compare with your first two predictions.", [1, 2]),
        ("It answers your third prediction.", [3]),
        ("Compare with your first prediction: only GELU rises.", [1]),
        ("Predict the accuracy first.", []),
    ],
)
def test_a_reminder_knows_its_questions(text: str, questions: list[int]) -> None:
    words = {"your first two predictions": [1, 2], "your first prediction": [1]}
    assert reminded(text, {**words, "your third prediction": [3]}) == questions


def test_the_numbers_are_no_way_to_show_an_output() -> None:
    printed = {"name": "stdout", "text": "3"}
    both = {"data": {"text/html": "<p>", "text/csv": "x"}}
    assert _visible([[printed, both], []]) == [[printed, {"data": {"text/html": "<p>"}}], []]
