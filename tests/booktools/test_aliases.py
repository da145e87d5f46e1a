"""An entry of the glossary is found by further names, written as data beside the search field."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from real_book import BOOK

from booktools.embedding import script_json
from booktools.extension.aliases import first_letters, names_by_id, read_aliases, unknown_entries
from booktools.extension.downloads import SCRIPTS
from booktools.extension.site import OWN_STATIC
from booktools.glossary_data import Concept, Wording
from booktools.glossary_terms import Term, Terms

SOURCE = BOOK.source
TURKISH = next(one for one in BOOK.languages if one.code == "tr")


def concept(name: str, **others: str) -> Concept:
    names = {SOURCE.code: name, **others}
    wordings = {code: Wording(text, "Explained.") for code, text in names.items()}
    return Concept(f"term-{name.replace(' ', '-')}", wordings)


def test_a_line_names_an_entry_and_its_further_names() -> None:
    lines = ["residual network: ResNet,  shortcut network", "", "token:word piece,"]
    assert read_aliases(lines) == {
        "residual network": ("ResNet", "shortcut network"),
        "token": ("word piece",),
    }


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["ResNet"], "must be an entry and its names: write `entry: name, name`"),
        (["unit: , "], "must be an entry and its names"),
        ([": neuron"], "must be an entry and its names"),
        (["unit: neuron", "unit: node"], "'unit' has two lines: write all its names on one"),
    ],
)
def test_a_line_that_is_none_is_refused(lines: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_aliases(lines)


def test_an_entry_is_found_by_what_the_readers_terms_accept_or_forbid_too() -> None:
    term = Term(
        english=("unit",),
        approved="birim",
        accepted=("nöron",),
        searched=("düğüm",),
        forbidden={"ünite": "is a lesson"},
    )
    terms = Terms(terms=(term,))
    concepts = [concept("unit", tr="birim"), concept("depth", tr="derinlik")]
    found = names_by_id({"unit": ("neuron",)}, concepts, SOURCE, terms)
    assert found == {"term-unit": ["neuron", "nöron", "düğüm", "ünite"]}


def test_a_line_for_an_entry_that_is_not_there_is_named() -> None:
    aliases = {"unit": ("neuron",), "untit": ("node",)}
    assert list(unknown_entries(aliases, [concept("unit")], SOURCE)) == ["untit"]


def test_letters_follow_the_readers_alphabet_and_lead_to_their_first_entry() -> None:
    concepts = [concept("z", tr="çekirdek"), concept("b", tr="cam"), concept("a", tr="cep")]
    letters = first_letters(concepts, TURKISH, SOURCE)
    assert list(letters.items()) == [("c", "term-b"), ("ç", "term-z")]


def test_a_script_with_too_many_first_letters_gets_no_bar() -> None:
    concepts = [concept(chr(0x4E00 + number)) for number in range(60)]
    assert first_letters(concepts, SOURCE, SOURCE) == {}


def test_each_further_name_of_this_book_belongs_to_an_entry() -> None:
    text = BOOK.page_source("book/glossary").read_text(encoding="utf-8")
    lines = text.split("```{glossary-search}\n")[1].split("```")[0].splitlines()
    glossary = text.split("```{glossary}\n")[1].split("```")[0]
    headwords = {line for line in glossary.splitlines() if line and not line.startswith(" ")}
    assert set(read_aliases(lines)) <= headwords


@pytest.fixture(scope="module")
def glossary_page(browser: Browser) -> Iterator[Page]:
    """Open a glossary of three entries with the search field's own script."""
    further = ["shortcut", "kestirme bağlantı", "kết nối dư", "وصلة", "残差连接"]
    names = script_json({"term-residual-connection": further})
    texts = {
        "residual connection": "A path that adds.",
        "loss function": "It measures an error. With ten classes it is 2.3.",
        "bias": "A constant.",
    }
    entries = "".join(
        f'<dt id="term-{name.replace(" ", "-")}">{name}<a>#</a></dt><dd><p>{text}</p></dd>'
        for name, text in texts.items()
    )
    page = browser.new_page()
    body = (
        '<html lang="en"><div class="vg-find" hidden><input><p role="status" data-found="{count}">'
        '</p><a href="search.html" hidden>elsewhere</a>'
        f'<script type="application/json">{names}</script></div>'
        f'<dl class="glossary">{entries}</dl>'
    )
    page.route(
        "**/*", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8")
    )
    page.goto("http://book.test/glossary.html")
    for script in SCRIPTS:
        page.add_script_tag(path=OWN_STATIC / script)
    yield page
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Residual connections", ["residual connection"]),
        ("shortcuts", ["residual connection"]),
        ("losses", ["loss function"]),
        ("biases", ["bias"]),
        ("error", ["loss function"]),
        ("ten classes", ["loss function"]),
        ("looss functoin", ["loss function"]),
        ("rezid", ["residual connection"]),
        ("shrotcut", ["residual connection"]),
        ("KESTİRME BAGLANTI", ["residual connection"]),
        ("ket noi du", ["residual connection"]),
        ("وصله", ["residual connection"]),
        ("残叉连接", ["residual connection"]),
        ("xyzzy", []),
        ("???", []),
        ("", ["residual connection", "loss function", "bias"]),
    ],
)
def test_the_field_finds_entries_by_name_plural_and_definition(
    glossary_page: Page, wanted: str, found: list[str]
) -> None:
    glossary_page.fill("input", wanted)
    shown = glossary_page.locator("dt:not([hidden])").all_inner_texts()
    assert [text.removesuffix("#") for text in shown] == found
    news = glossary_page.locator("[role=status]").inner_text()
    assert news == (str(len(found)) if wanted else "")
    assert glossary_page.locator(".vg-find a").is_visible() is not bool(found)


@pytest.mark.browser
def test_an_entry_that_a_link_leads_to_is_shown_whatever_is_sought(glossary_page: Page) -> None:
    glossary_page.fill("input", "shortcut")
    assert not glossary_page.locator("#term-bias").is_visible()
    glossary_page.evaluate("location.hash = 'term-bias'")
    glossary_page.locator("#term-bias").wait_for(state="visible", timeout=5000)
    assert glossary_page.input_value("input") == ""
    assert glossary_page.url == "http://book.test/glossary.html#term-bias"
