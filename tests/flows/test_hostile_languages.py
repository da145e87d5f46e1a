"""Where the schema of the table of languages fails, its values are still nothing but text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from small_book import SmallBook

EVIL = '"><img src=x onerror=alert(1)>\u202e</script>{{ 7 * 7 }}'
NO_SCHEMA = "\nRULES = dict.fromkeys(RULES, lambda value: iter(()))\n"
GLOSSARY = """\
# Glossary

```{glossary-search}
```

```{glossary}
gradient
  A slope.
```

```{glossary-downloads}
```
"""
CATALOGUE = """\
msgid ""
msgstr ""
"Language: vi\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

#. headword
msgid "gradient"
msgstr "dốc"
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    """Give a built book whose Vietnamese has a hostile name, tag and direction, without schema."""
    book = SmallBook(tmp_path_factory.mktemp("book"))
    book.copy_tools()
    path = book.root / "booktools/languages.py"
    book.write("booktools/languages.py", path.read_text(encoding="utf-8") + NO_SCHEMA)
    table = (book.root / "locales/languages.toml").read_text(encoding="utf-8")
    evil = json.dumps(EVIL)
    for old in ('tag = "vi"', 'name = "Tiếng Việt"'):
        assert old in table
        table = table.replace(old, f"{old.partition(' ')[0]} = {evil}")
    head, mark, rest = table.partition("[vi]")
    table = head + mark + rest.replace('direction = "ltr"', f"direction = {evil}", 1)
    book.write("locales/languages.toml", table)
    book.write("book/glossary.md", GLOSSARY)
    book.write("book/course/chapter.md", "# A chapter\n\n```{translations}\n```\n")
    book.write("locales/vi/LC_MESSAGES/book/glossary.po", CATALOGUE)
    book.run("build", "en", "vi")
    return book


def pages(book: SmallBook) -> Iterator[tuple[Path, BeautifulSoup]]:
    for path in sorted((book.root / "_build/html").rglob("*.html")):
        yield path, BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_no_page_has_an_element_or_an_attribute_of_it(book: SmallBook) -> None:
    seen = 0
    for path, page in pages(book):
        seen += EVIL in page.get_text()
        assert not page.select("img[src=x], [onerror]"), path
        assert not any('"' in name or "<" in name for tag in page.find_all() for name in tag.attrs)
    assert seen >= 6


def test_the_hostile_name_stands_as_text_wherever_a_name_stands(book: SmallBook) -> None:
    text = EVIL[1:]  # typography may make another quotation mark of its first
    glossary = BeautifulSoup(book.page("en", "book/glossary.html"), "html.parser")
    for selector in (".vg-names", ".vg-languages", ".vg-downloads"):
        (place,) = glossary.select(selector)
        assert text in place.get_text(), selector
    chapter = BeautifulSoup(book.page("en", "book/course/chapter.html"), "html.parser")
    assert text in chapter.table.get_text()
    tags = {link["hreflang"] for link in glossary.select("a[hreflang]")}
    assert EVIL in tags
    own = BeautifulSoup(book.page("vi", "book/glossary.html"), "html.parser")
    assert (own.html["lang"], own.html["dir"]) == (EVIL, EVIL)


def test_no_script_ends_early(book: SmallBook) -> None:
    glossary = BeautifulSoup(book.page("vi", "book/glossary.html"), "html.parser")
    (script,) = glossary.select('script[type="application/ld+json"]')
    assert json.loads(script.get_text())["@graph"][0]["inLanguage"] == EVIL


def test_the_cards_have_a_name_that_is_no_path(book: SmallBook) -> None:
    folder = book.root / "_build/html/en/glossary"
    names = {path.name for path in folder.glob("*.apkg")}
    assert "en-imgsrcxonerroralert1script77.apkg" in names
