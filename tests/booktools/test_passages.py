"""A page is read for the search: its sections, terms and sources, without holes and solutions."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag

from booktools.mathml import to_mathml
from booktools.passages import Place, formula, read_page

SCALE = to_mathml(r"\tfrac{1}{n}")
CHAPTER = f"""<html><nav>around</nav><article class="bd-article"><section id="top">
<h1>A <em>deep</em> net<a class="headerlink" href="#top">#</a></h1>
<p>The scale {SCALE} helps
<span class="bibtex-citation">[<a href="../references.html#id7">3</a>]</span>.</p>
<section id="inner"><h2>Inner</h2><p>Below.</p>
<figure><script type="application/json">["<svg>"]</script><svg><text>drawn</text></svg>
<figcaption><span class="vg-number">Fig. 1</span><p>A caption.</p></figcaption></figure>
<div class="cell"><div class="cell_input"><pre>gradient_profile(net)</pre></div>
<div class="cell_output"><pre>norm 0.5</pre></div></div>
<div class="cell tag_solution"><div class="cell_input"><pre>leaky_net()</pre></div></div>
<details class="sd-dropdown"><summary>Hint</summary><p>Nearly the solution.</p></details>
<div class="vg-quiz"><p class="vg-quiz-title">Question</p><p>Why so?</p><details
class="vg-quiz-answer"><summary>Thus.</summary><p class="vg-verdict">Correct.</p></details></div>
</section></section></article></html>"""
GLOSSARY = """<article><section id="glossary"><h1>Glossary</h1>
<div class="vg-find"><script type="application/json">{"term-x": ["shortcut"]}</script></div>
<dl class="glossary"><dt id="term-x">skip<a class="headerlink">#</a></dt><dd><p>A path.</p>
<ul class="vg-names"><li><p><span lang="en"><span>English:</span> <span>skip</span></span></p></li>
<li><p><span lang="zh-CN"><span>简体中文:</span>
<span><a>跳跃（<span lang="en">skip</span>）</a></span></span></p></li></ul>
<p class="vg-uses">Chapters</p></dd></dl></section></article>"""
SOURCES = """<article><section id="references"><h1>References</h1><div class="citation" id="id7">
<span class="label">[3]</span><p>A. Author. <em>A title</em>.</p></div></section></article>"""


def test_a_chapter_is_its_beginning_and_its_sections() -> None:
    assert read_page(CHAPTER) == [
        Place("page", "", "A deep net", (), "The scale 1/n helps.", "", ("id7",)),
        Place(
            "section",
            "inner",
            "Inner",
            (),
            "Below. A caption. norm 0.5 Why so?",
            "gradient_profile(net)",
        ),
    ]


def test_a_section_of_names_of_terms_is_a_list() -> None:
    link = '<a href="#"><span class="std std-term">residual connection</span></a>'
    html = f"<article><section id='a'><h1>A</h1><section id='b'><h2>B</h2><p>{link}, {link}.</p>"
    _page, names = read_page(f"{html}</section></section></article>")
    assert (names.kind, names.text) == ("list", "residual connection, residual connection.")


def test_an_entry_of_a_glossary_has_its_names_in_every_language_and_the_further_ones() -> None:
    page, term = read_page(GLOSSARY)
    assert (page.title, page.text) == ("Glossary", "")
    assert term == Place("term", "term-x", "skip", ("skip", "跳跃（skip）", "shortcut"), "A path.")


def test_a_source_is_a_place_of_its_own() -> None:
    _page, source = read_page(SOURCES)
    assert source == Place("source", "id7", "[3]", (), "A. Author. A title.")


@pytest.mark.parametrize("html", ["", "<article><p>No heading.</p></article>", "<article>"])
def test_a_page_without_a_heading_has_no_place(html: str) -> None:
    assert read_page(html) == []


@pytest.mark.parametrize(
    ("latex", "line"),
    [
        (r"\tfrac14", "1/4"),
        (r"\frac{a+b}{2}", "(a + b)/2"),
        (r"n_{\text{in}}", "n_in"),
        (r"x^2", "x²"),
        (r"e^x + a_1^{n-1}", "e^x + a_1ⁿ⁻¹"),
        (r"\sigma'(x) \le 1", "σ′(x) ≤ 1"),
        (r"10^{-8}", "10⁻⁸"),
        (r"\sqrt{n}", "√n"),
        (r"\ln 10", "ln 10"),
        (r"W_l^\top", "W_l^⊤"),
    ],
)
def test_a_formula_is_one_line(latex: str, line: str) -> None:
    tag = BeautifulSoup(to_mathml(latex), "html.parser").find("math")
    assert isinstance(tag, Tag)
    assert formula(tag) == line
