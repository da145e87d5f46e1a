"""What search engines and shared links read of a page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from docutils import nodes
from docutils.utils import new_document
from jsonschema import validate
from real_book import BOOK
from schema_shapes import SHAPE

from booktools.extension.head import headline, locale_of
from booktools.extension.summary import LONGEST, SHORTEST, fitted, sentences, shortened, summary
from booktools.plain_maths import plain_formula
from booktools.schema import Work, breadcrumbs, course, json_ld, resource, term_set
from booktools.sitemap import robots, sitemap, write_addresses
from booktools.sites import Site

SITE = "https://example.org/book"
WORK = Work(
    "Page", f"{SITE}/en/page.html", "en", "About <it>.", "Authors", "https://l.org", "p.png"
)


def page(*paragraphs: nodes.Element) -> nodes.document:
    document = new_document("page")
    document += nodes.section("", nodes.title("", "Title"), *paragraphs)
    return document


def test_a_summary_is_made_of_the_first_sentences_that_have_room() -> None:
    first, second = "A first sentence with some words in it.", "A second one that goes on"
    note = nodes.note("", nodes.paragraph("", "Nobody asked for this."))
    long = nodes.paragraph("", second + " x" * 60 + ".")
    text = summary(page(nodes.paragraph("", first), note, long))
    assert text.startswith(f"{first} {second} x x")
    assert text.endswith(" x…")
    assert SHORTEST <= len(text) <= LONGEST
    assert summary(page(nodes.paragraph("", f"{first} {first}"), long)) == f"{first} {first}"


def test_a_formula_leaves_no_hole_in_a_summary() -> None:
    with_text = nodes.paragraph("", "", nodes.Text("It is "), nodes.math("", "10^{-6}"))
    with_text += nodes.Text(" here [1, 22]. Next.")
    matrix = nodes.math("", r"\begin{pmatrix}1\\2\end{pmatrix}")
    without = nodes.paragraph("", "", nodes.Text("See "), matrix, nodes.Text(". Then: Good."))
    assert summary(page(with_text, without)) == "It is 10⁻⁶ here. Next. Then: Good."


def test_a_page_that_describes_itself_is_believed() -> None:
    document = page(nodes.paragraph("", "Text."))
    document += nodes.meta("", name="description", content="What it\nis about.")
    assert summary(document) == "What it is about."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Use 1.5 of “it.” Then go!", ["Use 1.5 of “it.”", "Then go!"]),
        ("梯度消失。真的吗？“是。”好。", ["梯度消失。", "真的吗？", "“是。”", "好。"]),
        ("هل يتعلم؟ نعم.", ["هل يتعلم؟", "نعم."]),
        ("As follows:", []),
        ("A label", []),
    ],
)
def test_sentences_end_as_their_script_ends_them(text: str, found: list[str]) -> None:
    assert sentences(text) == found


def test_chinese_sentences_stand_without_a_space_and_are_cut_anywhere() -> None:
    assert fitted(["一。", "二。"]) == "一。二。"
    assert len(shortened("字" * 200)) == LONGEST
    assert shortened("word " * 40).endswith("word…")


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\tfrac{1}{\sqrt{n}}", "1/√n"),
        (r"\sigma'(x) \le \tfrac14", "σ′(x) ≤ 1/4"),
        (r"W_{ij}^2", "W_ij²"),
        (r"\frac{a+b}{2}", "(a+b)/2"),
        (r"n \operatorname{Var}[w] \, q", "n Var[w] q"),
        (r"\hat{x}", None),
        (r"\nonsense", None),
    ],
)
def test_a_formula_is_said_in_a_line_or_not_at_all(latex: str, text: str | None) -> None:
    assert plain_formula(latex) == text


@pytest.mark.parametrize(
    ("title", "book", "first", "shown"),
    [
        ("梯度消失", "梯度消失", True, "梯度消失"),
        ("Vanishing gradient", "Vanishing Gradients", True, "Vanishing Gradients"),
        ("Gradients", "Vanishing Gradients", False, "Gradients — Vanishing Gradients"),
        ("Welcome", "Vanishing Gradients", True, "Welcome — Vanishing Gradients"),
        ("Glossary", "glossary", False, "Glossary"),
        ("", "Book", False, "Book"),
    ],
)
def test_a_title_says_nothing_twice(title: str, book: str, first: bool, shown: str) -> None:
    assert headline(title, book, first) == shown


def test_every_language_has_a_country_for_open_graph() -> None:
    found = [locale_of(language) for language in BOOK.languages]
    assert found == ["en_US", "vi_VN", "zh_CN", "tr_TR", "pt_PT", "ar_EG"]
    assert locale_of(replace(BOOK.source, tag="qaa-x-own")) == "qaa_x_own"


def test_what_machines_read_has_the_shape_of_schema_org() -> None:
    way = breadcrumbs([WORK, WORK])
    for things in ([course(WORK, [WORK])], [resource(WORK, WORK), way], [term_set(WORK), way]):
        text = json_ld(*things)
        assert "<" not in text
        validate(json.loads(text), SHAPE)


def test_what_nobody_said_is_left_out() -> None:
    found = course(Work("Page", "page.html", "en"))
    assert set(found) == {"@type", "name", "url", "inLanguage"}


def test_the_sitemap_names_each_page_in_every_language_that_has_it(tmp_path: Path) -> None:
    english = Site(BOOK.source, "Book", "", "", ["index.html", "a/b c.html"])
    arabic = Site(BOOK.language("ar"), "كتاب", "", "", ["index.html"])
    tree = ElementTree.fromstring(sitemap([english, arabic], SITE))
    namespace = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    urls = tree.findall(f"{namespace}url")
    addresses = [url.findtext(f"{namespace}loc") for url in urls]
    assert addresses == [
        f"{SITE}/en/index.html",
        f"{SITE}/en/a/b%20c.html",
        f"{SITE}/ar/index.html",
    ]
    links = {link.get("hreflang"): link.get("href") for link in urls[2].findall("{*}link")}
    assert links == {"en": addresses[0], "ar": addresses[2], "x-default": addresses[0]}
    write_addresses(tmp_path, [english], SITE)
    assert (tmp_path / "sitemap.xml").exists()
    write_addresses(tmp_path, [english], None)
    assert not (tmp_path / "sitemap.xml").exists()
    assert (tmp_path / "robots.txt").read_text() == robots(None)
    assert robots(SITE).endswith(f"Sitemap: {SITE}/sitemap.xml\n")
