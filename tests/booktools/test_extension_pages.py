"""Build a small book in two languages and read what came out."""

import json
import re
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup, Comment, Tag
from jsonschema import validate
from real_book import BOOK, ROOT
from schema_shapes import SHAPE, TERMS
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from booktools.extension.glossary import names_of

HEADER = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
PAGE = (
    HEADER
    + """# Heading

First {term}`gradients <gradient>`.

Left in English.

$$
a = b
$$

```{code-cell} ipython3
# compute it
x = 1  # trailing
```

```{code-cell} ipython3
:tags: [hide-cell, solution]
# compute it
print(2)
```

```{code-cell} ipython3
:tags: [hide-input]
print(3)
```

```{numbered} fig-three
Three is *odd*.
```

```{note}
A note.
```

:::{quiz}
:correct: 2

Which one?

- One {term}`gradient`.

  Too small.
- Two to $2^{-3}$.

  Because $a<b$.
:::

**Cards**

:::{chapters}
- {doc}`glossary`: say what a word means.
:::

## Next section

End.

| case | factor |
|---|---|
| one | 1e-16 |
| two | 0.25 |

The learning rate (0.1) is the slope of ($a$).

Said {cite}`one2015`.
"""
)
GLOSSARY = """---
description: Two terms & what they mean.
---
# Glossary

```{glossary-search}
depth: number of layers, height
```

```{glossary}
gradient
  A derivative $a<b$ in a layer.

depth
  A number.
```

```{bibliography}
:style: plain
```
"""
SOURCE = """@article{one2015,
  author = {Ada One}, title = {A title}, year = {2015}, journal = {arXiv preprint arXiv:1502.01852},
}
"""
TOC = "root: text/page\nsubtrees:\n- caption: Reference\n  entries:\n  - file: text/glossary\n"
ARABIC = {
    "toc": {"Reference": "المرجع"},
    "text/page": {
        "Heading": "عنوان",
        "First {term}`gradients <gradient>`.": "أولًا {term}`التدرجات <gradient>`.",
        "compute it": "نحسب القيمة",
        "trailing": "سطر\\nimport os",
        "A note.": "ملحوظة.",
        "Which one?": "أيهما؟",
        "One {term}`gradient`.": "{term}`تدرج <gradient>` واحد.",
        "Too small.": "صغير جدًا.",
        "Two to $2^{-3}$.": "اثنان إلى $2^{-3}$.",
        "The learning rate (0.1) is the slope of ($a$).": (
            "معدل التعلم (*learning rate*، slope) ميل (HTML) slope ($a$)."
        ),
        "{doc}`glossary`: say what a word means.": "{doc}`glossary`: معنى الكلمة.",
        "Because $a<b$.": "لأن $a<b$.",
        "Next section": "القسم التالي",
        "End.": "النهاية.",
        "Three is *odd*.": "العدد 3 *فردي*.",
    },
    "text/glossary": {
        "Glossary": "المسرد",
        "Two terms & what they mean.": "مصطلحان ومعناهما.",
        "gradient": "التدرج",
        "depth": "العمق (depth)",
        "A derivative $a<b$ in a layer.": "مشتقة $a<b$ في طبقة (layer).",
        "A number.": "عدد.",
    },
}
CHINESE = {"text/glossary": {"gradient": "梯度", "depth": "深度"}}
EXTENSIONS = [
    "sphinx_external_toc",
    "myst_nb",
    "sphinx_book_theme",
    "sphinxcontrib.bibtex",
    "booktools.maths",
    "booktools.icons",
    "booktools.extension",
]
SITE = "https://example.org/book"
Build = Callable[[str, str], Path]


def write_catalogues(folder: Path, code: str, catalogues: dict[str, dict[str, str]]) -> None:
    for domain, messages in catalogues.items():
        path = folder / code / "LC_MESSAGES" / f"{domain}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        entries = (f'msgid "{text}"\nmsgstr "{msgstr}"\n' for text, msgstr in messages.items())
        path.write_text(header + "\n".join(entries), encoding="utf-8")


def write_book(folder: Path) -> None:
    (folder / "text").mkdir(parents=True)
    (folder / "_toc.yml").write_text(TOC, encoding="utf-8")
    (folder / "text" / "page.md").write_text(PAGE, encoding="utf-8")
    (folder / "text" / "glossary.md").write_text(GLOSSARY, encoding="utf-8")
    (folder / "text" / "sources.bib").write_text(SOURCE, encoding="utf-8")
    notebook = folder / "notebooks" / "ar" / "page.ipynb"
    notebook.parent.mkdir(parents=True)
    notebook.write_text("{}", encoding="utf-8")
    table = folder / "locales" / "languages.toml"
    table.parent.mkdir()
    shutil.copy(BOOK.language_table, table)
    write_catalogues(folder / "locales", "ar", ARABIC)
    write_catalogues(folder / "locales", "zh_CN", CHINESE)


def build_book(source: Path, target: Path, code: str, builder: str) -> str:
    """Build in this process and return the warnings."""
    warnings = StringIO()
    options = {
        "extensions": EXTENSIONS,
        "html_theme": "sphinx_book_theme",
        "html_title": "Vanishing Gradients",
        "html_use_index": False,
        "language": code,
        "locale_dirs": ["locales", str(ROOT / "locales")],
        "external_toc_exclude_missing": True,
        "gettext_compact": False,
        "myst_enable_extensions": ["colon_fence", "dollarmath"],
        "nb_execution_mode": "off",
        "bibtex_bibfiles": ["text/sources.bib"],
        "bibtex_cite_id": "ref-{key}",
        "suppress_warnings": ["myst-nb.lexer"],  # known only after execution
    }
    locale.translators.clear()
    with patch_docutils(str(source)), docutils_namespace():
        app = Sphinx(
            source, None, target, target.parent / f"{code}-{builder}-doctrees", builder,
            confoverrides=options, status=None, warning=warnings,
        )  # fmt: skip
        app.build()
    return re.sub("\x1b\\[[0-9;]*m", "", warnings.getvalue())


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("book")
    write_book(folder / "source")
    built: dict[tuple[str, str], Path] = {}

    def build(code: str, builder: str = "html") -> Path:
        if (code, builder) not in built:
            target = folder / builder / code
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("VANISHING_REPOSITORY", "https://github.com/owner/name")
                patch.setenv("VANISHING_SITE", SITE if code != "en" else "")
                assert build_book(folder / "source", target, code, builder) == ""
            built[code, builder] = target
        return built[code, builder]

    return build


def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def read_text(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


@pytest.fixture(scope="module")
def arabic(book: Build) -> BeautifulSoup:
    return read(book("ar", "html") / "text" / "page.html")


@pytest.fixture(scope="module")
def english(book: Build) -> BeautifulSoup:
    return read(book("en", "html") / "text" / "page.html")


def one(soup: Tag, selector: str) -> Tag:
    found = soup.select_one(selector)
    assert found is not None, selector
    return found


def test_a_page_says_its_language_and_direction(arabic: BeautifulSoup) -> None:
    html = one(arabic, "html")
    assert (html["lang"], html["dir"]) == ("ar", "rtl")


def test_code_comments_are_translated_and_code_is_not(arabic: BeautifulSoup) -> None:
    first = one(arabic, ".cell_input pre").get_text()
    assert first == "# نحسب القيمة\nx = 1  # trailing\n"


def test_a_comment_that_would_become_code_stays_english(arabic: BeautifulSoup) -> None:
    assert "import os" not in arabic.get_text()


def test_formulas_stay_as_they_are(arabic: BeautifulSoup) -> None:
    assert one(arabic, "div.math math").get_text() == "a=b"


def test_part_captions_are_translated(arabic: BeautifulSoup) -> None:
    assert one(arabic, ".caption-text").get_text() == "المرجع"


def test_untranslated_text_says_that_it_is_english(arabic: BeautifulSoup) -> None:
    left = arabic.find("p", string="Left in English.")
    assert isinstance(left, Tag)
    assert (left["lang"], left["dir"]) == ("en", "ltr")


def test_a_page_says_how_much_of_it_is_translated(
    arabic: BeautifulSoup, english: BeautifulSoup
) -> None:
    note = one(arabic, ".vg-progress")
    assert re.search(r"\d\d%", note.get_text())
    assert str(one(note, "a")["href"]).endswith("/locales/ar/LC_MESSAGES/text/page.po")
    assert english.select_one(".vg-progress") is None


def test_every_language_is_one_link_away_and_named_in_itself(arabic: BeautifulSoup) -> None:
    links = arabic.select(".vg-languages a[lang]")
    assert (links[0]["lang"], links[0].get_text()) == ("en", "English")
    assert links[0]["href"] == "../../en/text/page.html"
    assert len(links) == len(arabic.select("link[hreflang]")) - 1
    assert one(arabic, ".vg-languages a:not([lang])")["href"] == "../../index.html#all"


def test_run_links_lead_to_the_notebook_of_the_pages_language(
    book: Build, arabic: BeautifulSoup, english: BeautifulSoup
) -> None:
    links = [str(link["href"]) for link in arabic.select(".vg-run a")]
    assert len(links) == 3
    assert all(link.endswith("notebooks/ar/page.ipynb") for link in links)
    assert (book("ar", "html") / "notebooks/ar/page.ipynb").exists()
    assert not english.select(".vg-run")


def test_hidden_cells_have_translated_prompts(arabic: BeautifulSoup) -> None:
    prompts = [prompt.get_text() for prompt in arabic.select("summary > span.collapsed")]
    assert prompts == ["إظهار الحل", "إظهار شيفرة الخلية"]


def test_a_picture_and_its_numbered_caption_are_one_figure(arabic: BeautifulSoup) -> None:
    figure = one(arabic, "figure.vg-numbered#fig-three")
    assert "print(3)" in figure.select("pre")[0].get_text().replace(" ", "")
    caption = one(figure, "figcaption")
    assert caption.get_text().split("\n")[1:3] == ["الشكل 1", "العدد 3 فردي."]


def test_what_opens_an_answer_holds_no_link(arabic: BeautifulSoup) -> None:
    answers = arabic.select("details.vg-quiz-answer")
    summaries = [one(answer, "summary") for answer in answers]
    assert summaries[0].get_text() == "تدرج واحد."
    assert [link for summary in summaries for link in summary.select("a")] == []


def test_an_answer_says_by_word_and_sign_whether_it_is_right(arabic: BeautifulSoup) -> None:
    answers = arabic.select("details.vg-quiz-answer")
    assert [one(answer, "summary").get_text()[:4] for answer in answers] == ["تدرج", "اثنا"]
    verdicts = [one(answer, ".vg-verdict").get_text()[0] for answer in answers]
    assert verdicts == ["✗", "✓"]


def test_an_answer_and_its_question_have_names_that_hold_formulas(english: BeautifulSoup) -> None:
    assert one(english, ".vg-quiz")["aria-label"] == "Question 1"
    first, second = english.select("details.vg-quiz-answer > summary")
    assert "aria-label" not in first.attrs
    assert second["aria-label"] == "Two to 2 to the power of − 3."


def test_english_in_brackets_is_spoken_as_english(arabic: BeautifulSoup) -> None:
    marked = arabic.select("article p [lang=en]")
    assert [part.get_text() for part in marked] == ["learning rate", "slope"]
    assert {part["dir"] for part in marked} == {"ltr"}


def test_no_part_of_a_name_in_the_glossary_has_a_language_of_its_own(book: Build) -> None:
    glossary = read(book("ar") / "text" / "glossary.html")
    assert one(glossary, "dt#term-depth").get_text().startswith("العمق (depth)")
    assert not glossary.select("dt [lang], .vg-names [lang] [lang]")


def test_a_formula_and_the_marks_around_it_stay_on_one_line(english: BeautifulSoup) -> None:
    joined = [part.get_text() for part in english.select("#next-section > p .vg-unbroken")]
    assert joined == ["(a)."]


def test_a_table_has_a_name_heads_of_rows_and_a_column_of_whole_numbers(
    english: BeautifulSoup,
) -> None:
    table = one(english, "#next-section table")
    assert one(table, "caption.vg-label").get_text() == "Next section"
    assert [head.get_text() for head in table.select("tbody th")] == ["one", "two"]
    numbers = [cell.get_text() for cell in table.select(".vg-number-column")]
    assert numbers == ["factor", "1e-16", "0.25"]


def test_chapters_are_cards_with_a_time_and_a_way_to_the_first(english: BeautifulSoup) -> None:
    card = one(english, ".vg-chapters > li")
    assert [part.get_text() for part in card.p.find_all(recursive=False)] == [
        "Glossary",
        "say what a word means.",
        "1 min",
    ]
    start = one(english, ".vg-start")
    assert one(start, "a")["href"] == "glossary.html"
    assert start.find_next_sibling("p").get_text() == "Cards"
    assert english.select("link[data-of*='landing.css']")


def test_a_source_names_the_pages_that_cite_it(book: Build, english: BeautifulSoup) -> None:
    sources = read(book("ar", "html") / "text" / "glossary.html")
    entry = one(sources, "[role=list] > .citation[role=listitem]#ref-one2015")
    back = one(entry, ".vg-uses[lang=ar]")
    assert one(back, "a")["href"] == "page.html#cited-one2015"
    assert one(english, "a#cited-one2015")["href"] == "glossary.html#ref-one2015"
    assert one(entry, "a.external")["href"] == "https://arxiv.org/abs/1502.01852"


def test_cards_explain_a_term_in_two_languages(book: Build, english: BeautifulSoup) -> None:
    text = (book("ar") / "glossary" / "cards.js").read_text(encoding="utf-8")
    cards = json.loads(text.removeprefix("bookCards(").removesuffix(");\n"))
    own, other = (read_text(part) for part in cards["term-gradient"])
    assert (own.div["lang"], own.b.get_text(), other.div["lang"]) == ("ar", "التدرج", "en")
    assert other.p.get_text() == "A derivative a<b in a layer."
    assert other.select("math")
    assert english.select("script[src*='cards.js']")


def test_the_frame_of_an_arabic_page_holds_no_english(arabic: BeautifulSoup) -> None:
    cited = ".vg-citation, .vg-colophon bdi, .vg-address"
    for kept in arabic.select(f"article, .vg-languages ul, script, style, .vg-brand, {cited}"):
        kept.decompose()
    texts = one(arabic, "body").find_all(string=True)
    words = [str(text) for text in texts if not isinstance(text, Comment)]
    for tag in one(arabic, "body").find_all(True):
        words += [str(tag.get(name, "")) for name in ("title", "aria-label", "placeholder", "alt")]
    names = {"CC", "BY", "BSD", "Clause", "PDF", "Binder", "Colab"}
    assert set(re.findall(r"[A-Za-z]{2,}", " ".join(words))) <= names


def test_pages_load_only_what_they_use_and_only_from_here(english: BeautifulSoup) -> None:
    scripts = [str(script["src"]) for script in english.select("script[src]")]
    assert [script.split("?")[0] for script in scripts] == [
        "../_static/cards.js",
        "../_static/book.js",
    ]
    loaded = [str(link["href"]) for link in english.select("link[rel=stylesheet]")]
    assert not [address for address in scripts + loaded if "//" in address]


def test_the_search_page_speaks_the_readers_language(book: Build) -> None:
    site = book("ar", "html")
    page = read(site / "search.html")
    assert one(page, "h1").get_text().startswith("بحث")
    news = one(page, ".vg-search-news")
    assert news["role"] == "status"
    assert "{count}" in str(news["data-found"])
    assert len(page.select("form[role=search]")) == 1


def test_glossary_entries_are_sorted_and_named_in_every_language(book: Build) -> None:
    page = read(book("ar", "html") / "text" / "glossary.html")
    terms = [str(term.contents[0]) for term in page.select("dl.glossary > dt")]
    assert terms == ["التدرج", "العمق (depth)"]
    names = page.select("dl.glossary > dd")[0].select(".vg-names span[lang]")
    shown = [(name["lang"], name["dir"], name.get_text()) for name in names]
    assert ("en", "ltr", "English: gradient") in shown
    assert ("zh-CN", "ltr", "简体中文: 梯度") in shown
    assert ("ar", "rtl", "العربية: التدرج") in shown
    links = {name["lang"]: name.a and name.a["href"] for name in names}
    assert links["zh-CN"] == "../../zh_CN/text/glossary.html#term-gradient"
    assert links["ar"] is None


def test_the_search_of_the_glossary_knows_further_names_and_jumps_to_letters(book: Build) -> None:
    page = read(book("ar", "html") / "text" / "glossary.html")
    names = json.loads(one(page, ".vg-find script").get_text())
    assert names == {"term-depth": ["number of layers", "height"]}
    letters = {link.get_text(): link["href"] for link in page.select(".vg-letters a")}
    assert letters == {"ت": "#term-gradient", "ع": "#term-depth"}


@pytest.mark.parametrize(
    ("messages", "names"),
    [
        ({"gradient": "depth", "depth": "gradient"}, {}),
        ({"gradient": "Depth", "depth": "深度"}, {"depth": "深度"}),
        ({"gradient": "深度", "depth": "深度"}, {"gradient": "深度"}),
        ({"gradient": "gradient", "depth": "深度"}, {"gradient": "gradient", "depth": "深度"}),
    ],
)
def test_a_name_of_another_entry_is_shown_no_more_than_its_page_shows_it(
    messages: dict[str, str], names: dict[str, str]
) -> None:
    chinese = next(one for one in BOOK.languages if one.code == "zh_CN")
    assert names_of(["gradient", "depth"], chinese, messages) == names


def test_a_glossary_entry_links_to_the_chapters_that_use_its_term(book: Build) -> None:
    page = read(book("ar", "html") / "text" / "glossary.html")
    used, unused = page.select("dl.glossary > dd")
    links = [(link["href"], link.get_text()) for link in used.select(".vg-uses a")]
    assert links == [("page.html", "عنوان")]
    assert unused.select(".vg-uses") == []


def test_extraction_names_the_kind_of_comments_and_headwords(book: Build) -> None:
    folder = book("en", "gettext")
    kinds: dict[object, list[str]] = {}
    for domain in ("text/page", "text/glossary"):
        with (folder / f"{domain}.pot").open("rb") as file:
            kinds |= {message.id: message.auto_comments for message in read_po(file)}
    assert kinds["compute it"] == ["code comment"]
    assert kinds["depth"] == ["headword"]
    assert kinds["A derivative $a<b$ in a layer."] == []
    assert "a = b" not in kinds
    assert "Reference" not in kinds


def test_part_captions_are_extracted_into_a_catalogue_of_their_own(book: Build) -> None:
    with (book("en", "gettext") / "toc.pot").open("rb") as file:
        assert [message.id for message in read_po(file) if message.id] == ["Reference"]


def test_a_faulty_quiz_fails_a_build_that_is_strict(tmp_path: Path) -> None:
    write_book(tmp_path / "source")
    page = tmp_path / "source" / "text" / "page.md"
    page.write_text(PAGE.replace(":correct: 2", ":correct: 4"), encoding="utf-8")
    warnings = build_book(tmp_path / "source", tmp_path / "en", "en", "html")
    assert "needs one correct answer between 1 and 2, got 4" in warnings


def test_a_caption_that_has_no_picture_or_no_words_fails_a_build_that_is_strict(
    tmp_path: Path,
) -> None:
    write_book(tmp_path / "source")
    page = tmp_path / "source" / "text" / "page.md"
    lonely = "```{numbered} fig-lonely\nNo cell.\n```\n\n```{numbered} fig-three\n```\n"
    page.write_text(f"{PAGE}\n{lonely}", encoding="utf-8")
    warnings = build_book(tmp_path / "source", tmp_path / "en", "en", "html")
    assert "a picture's caption must stand below its code cell: move it there" in warnings
    assert "a picture's caption must say what it shows: write a sentence below its id" in warnings
    assert "two pictures are called fig-three: give one of them another id" in warnings


def meta(page: BeautifulSoup, name: str) -> str:
    return str(one(page, f'meta[name="{name}"], meta[property="{name}"]')["content"])


def test_a_shared_link_shows_the_page_in_its_language(arabic: BeautifulSoup) -> None:
    address = f"{SITE}/ar/text/page.html"
    assert meta(arabic, "description").startswith("أولًا التدرجات.")
    assert "Left in English." in meta(arabic, "description")
    assert meta(arabic, "og:description") == meta(arabic, "description")
    assert (meta(arabic, "og:title"), meta(arabic, "og:url")) == ("عنوان", address)
    assert (meta(arabic, "og:locale"), meta(arabic, "og:type")) == ("ar_EG", "website")
    assert [link["href"] for link in arabic.select("link[rel=canonical]")] == [address]
    assert len(arabic.select("meta[name=viewport]")) == 1


def test_search_engines_find_each_language_at_its_whole_address(arabic: BeautifulSoup) -> None:
    found = {link["hreflang"]: link["href"] for link in arabic.select("link[hreflang]")}
    expected = {one.tag: f"{SITE}/{one.code}/text/page.html" for one in BOOK.languages}
    assert found == {**expected, "x-default": f"{SITE}/en/text/page.html"}


def test_without_an_address_nothing_is_invented(english: BeautifulSoup, book: Build) -> None:
    assert not english.select("link[rel=canonical], link[hreflang], [property='og:url']")
    assert meta(english, "og:title") == "Heading"
    glossary = read(book("en", "html") / "text/glossary.html")
    (script,) = glossary.select('script[type="application/ld+json"]')
    assert "//" not in script.get_text().replace('"https://schema.org"', "")


@pytest.mark.parametrize("code", ["en", "ar"])
def test_machines_read_what_each_page_is(book: Build, code: str) -> None:
    site = book(code, "html")
    kinds = []
    for name in ("text/page.html", "text/glossary.html"):
        (script,) = read(site / name).select('script[type="application/ld+json"]')
        described = json.loads(script.get_text())
        validate(described, SHAPE)
        kinds.append([thing["@type"] for thing in described["@graph"]])
    assert kinds == [["Course"], ["DefinedTermSet", "BreadcrumbList"]]
    link = one(read(site / "text/glossary.html"), 'link[type="application/ld+json"]')
    terms = (site / "text" / str(link["href"])).read_text(encoding="utf-8")
    validate(json.loads(terms), TERMS)


def test_a_page_that_nobody_should_find_has_no_address(book: Build) -> None:
    page = read(book("ar", "html") / "search.html")
    assert meta(page, "robots") == "noindex"
    assert not page.select("link[rel=canonical], link[hreflang]")


def test_a_folder_leads_to_a_page_and_the_site_holds_no_ballast(book: Build) -> None:
    site = book("ar", "html")
    for name, target in (("index.html", "text/page.html"), ("text/index.html", "page.html")):
        page = read(site / name)
        assert f"url={target}" in str(one(page, "meta[http-equiv]")["content"])
        assert (one(page, "html")["lang"], one(page, "title").get_text()) == (
            "ar",
            "تلاشي التدرجات",
        )
    ballast = [path for end in ("map", "po", "mo") for path in site.rglob(f"*.{end}")]
    assert not ballast
    assert not (site / "searchindex.js").exists()
    assert not (site.parent / "jupyter_execute").exists()


def test_a_page_says_in_its_front_matter_what_it_is_about(book: Build) -> None:
    said = [
        meta(read(book(code, "html") / "text/glossary.html"), "description")
        for code in ("en", "ar")
    ]
    assert said[0].startswith("Two terms & what they mean. Vanishing Gradients: ")
    assert said[1].startswith("مصطلحان ومعناهما.")
    assert (
        len(read(book("ar", "html") / "text/glossary.html").select("meta[name=description]")) == 1
    )
