"""A stylesheet keeps what its pages can use and nothing else."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from real_book import ROOT

from booktools.extension.bundle import _kinds, maths_characters
from booktools.fonts import subset_once
from booktools.styles import Used, parts, purged, purged_once, used_in_page, used_in_script

PAGE = '<p class="seen \n btn" data-theme="x" id="place"><a href="">'


def left(css: str, page: str = PAGE, script: str = "") -> str:
    return purged([css], used_in_page(page) | used_in_script(script)).replace("\n", "")


@pytest.mark.parametrize(
    "rule",
    [
        ".seen{a:b}",
        "p.seen > a[href^=x]::before{a:b}",
        ".seen:not(.never):hover{a:b}",
        "#place{a:b}",
        ".btn:is(.never, .seen){a:b}",
        "[dir=rtl] p{a:b}",
        'html[data-theme="dark"] p{a:b}'.replace("html", ":root"),
        "[hidden]{a:b}",
        "::selection{a:b}",
        "*{a:b}",
        "@media print{p{a:b}}",
        "@media (forced-colors: active){p{a:b}}",
        "@supports (a:b){@media print{p{a:b}}}",
        "@page{margin: 1cm}",
        '@property --x{syntax: "*"}',
        "p{a:var(--x)}:root{--x:1;--y:2}".replace(";--y:2", ""),
        "p{animation:used}@keyframes used{from {a: b}}",
        'p{font:1em "Kept"}@font-face{font-family: "Kept"; src: url(a.woff2)}',
        "p{color:red!important}",
        "/*! licence */p{a:b}",
    ],
)
def test_what_a_page_can_use_stays(rule: str) -> None:
    assert left(rule).replace(" ", "") == rule.replace(" ", "")


@pytest.mark.parametrize(
    "rule",
    [
        ".never{a:b}",
        ".seen .never{a:b}",
        "nav{a:b}",
        "#nowhere{a:b}",
        ".seen:is(.never, nav){a:b}",
        "[data-bs-popper]{a:b}",
        "@media print{.never{a:b}}",
        "@supports (a:b){@media print{nav{a:b}}}",
        "@keyframes lost{from{a:b}}",
        '@font-face{font-family:"Lost";src:url(a.woff2)}',
        ":root{--a:1;--b:var(--a)}",
        ":root{--a:rgb(1, calc(2 * var(--c)));--c:1}",
        '@charset "utf-8";',
        "/* a remark */",
    ],
)
def test_what_no_page_can_use_goes(rule: str) -> None:
    assert left(rule) == ""


def test_one_selector_of_a_list_goes_alone() -> None:
    assert left(".never, .seen, nav a{a:b}") == ".seen{a:b}"


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        ("node.classList.add('is-open')", ".is-open{a:b}"),
        ('node.className = "vg-copy late"', "p .late{a:b}"),
        ('node.innerHTML = `<mark class="x-${y}">`', "mark{a:b}"),
        ("node.dataset.fooBar = 1", "[data-foo-bar]{a:b}"),
        ("getPropertyValue('--ink')", "p{--ink:1}"),
    ],
)
def test_what_a_script_adds_stays(script: str, rule: str) -> None:
    assert left(rule, script=script).replace(";", "") == rule
    assert left(rule) == ""


def test_a_drawing_within_a_script_counts_for_the_page() -> None:
    drawing = r'<script type="application/json">["\u003csvg class=\"late\"\u003e"]</script>'
    assert left("svg.late{a:b}", drawing) == "svg.late{a:b}"


def test_addresses_follow_a_sheet_into_another_folder() -> None:
    css = "a{b:url(../x.png) url('y.png') url(\"data:z\") url(#i) url(/r)}"
    (moved,) = parts([("styles/a.css", css)])
    assert moved == "a{b:url(x.png) url('styles/y.png') url(\"data:z\") url(#i) url(/r)}"


def test_a_sheet_that_asks_for_another_still_does() -> None:
    one, two = "a{b:c}", '@import "x.css" print;@import url(y.css);a{b:d}'
    css = "\n".join(parts([("one.css", one), ("styles/two.css", two)]))
    assert css == '@import "styles/x.css" print;@import url(styles/y.css);a{b:c}\na{b:d}'
    kept = left(css)
    assert kept == '@import "styles/x.css" print;@import url(styles/y.css);a{b:c}a{b:d}'


def test_a_class_without_quotes_counts() -> None:
    assert left(".bare{a:b}", "<p class=bare>") == ".bare{a:b}"
    assert left(".single{a:b}", "<p class='single other'>") == ".single{a:b}"


def test_pages_and_scripts_add_up() -> None:
    both = Used(frozenset("a"), frozenset("b"), frozenset()) | Used(
        frozenset("c"), frozenset(), frozenset("d")
    )
    assert both == Used(frozenset("ac"), frozenset("b"), frozenset("d"))


def test_a_sheet_knows_the_scripts_of_its_own_pages_and_what_these_import(tmp_path: Path) -> None:
    scripts = {"a.js": 'import { x } from "./in/b.js"; "one"', "in/b.js": 'import "../a.js"; "two"'}
    (tmp_path / "in").mkdir()
    for name, text in {**scripts, "other.js": "'three'"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    link = '<link rel="stylesheet" href="_static/style-0123abcd.css?v=1" data-of="book.css">'
    pages = [
        f'{link}<script defer src="_static/{name}?v=2"></script>' for name in ("a.js", "no.js")
    ]
    [(sheets, used)] = _kinds(pages, tmp_path).values()
    assert sheets == ["book.css"]
    assert {"one", "two", "script"} <= used.names
    assert "three" not in used.names


def test_letters_of_formulas_are_kept_in_the_form_that_a_browser_shows() -> None:
    names = "<math><mi>ln</mi><mi> h </mi><mtext>if a</mtext><ms>q</ms></math>"
    assert maths_characters(names) == set("lnℎif aq√")
    upright = '<math display="block"><mi mathvariant="normal">e</mi><mn>1&lt;</mn></math>'
    assert maths_characters(upright) == set("e1<√")


def test_the_font_of_formulas_keeps_what_they_show_and_what_grows(tmp_path: Path) -> None:
    html = "<p>Z <math><msqrt><mi>x</mi></msqrt><mo>(</mo><mi>&alpha;</mi></math></p>"
    shown = maths_characters(html)
    assert shown == {"𝑥", "𝛼", "√", "("}
    path = ROOT / "booktools/static/formula.woff2"
    data = subset_once(path, shown, ["*"], tmp_path)
    assert data == subset_once(path, sorted(shown), ["*"], tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 1
    font = TTFont(BytesIO(data))
    assert font["MATH"].table.MathVariants.VertGlyphConstruction
    assert {ord("𝑥"), ord("(")} <= font.getBestCmap().keys()
    assert len(data) < path.stat().st_size / 3


def test_a_sheet_is_purged_again_only_where_its_pages_use_more_of_it(tmp_path: Path) -> None:
    sheet = ["p{a:b}.seen{a:b}.late{a:b}", r".\31 st{a:b}P.LATER{a:b}"]

    def once(page: str) -> str:
        left = purged_once(sheet, used_in_page(page), tmp_path)
        assert left == purged(sheet, used_in_page(page))
        return left

    assert once('<p class="seen">') == once('<p class="seen unknown" id="new"><nav>')
    assert len(list(tmp_path.iterdir())) == 1
    assert ".late" in once('<p class="seen late">')
    assert r".\31 st" in once('<p class="seen 1st">')
    assert "P.LATER" in once('<p class="seen LATER">')
    assert len(list(tmp_path.iterdir())) == 4


def test_parts_are_purged_as_the_whole_is() -> None:
    sheets = [
        ("one.css", ":root{--x:var(--y);--y:1;--z:2}@font-face{font-family:Kept;src:url(a)}"),
        ("two.css", "/* a remark */ p{a:var(--x)}"),
        ("three.css", "p{font:1em Kept}"),
    ]
    used = used_in_page(PAGE)
    assert purged(parts(sheets), used) == purged(["\n".join(parts(sheets))], used)
    assert "--y" in purged(parts(sheets), used)
    assert "Kept;" in purged(parts(sheets), used)
