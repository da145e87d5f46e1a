"""A book knows what stands where in its folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small_book import SmallBook

from booktools.book import Book, book_around
from booktools.languages import LanguageError

OTHER_CONTENTS = """\
format: jb-book
root: intro
parts:
  - caption: One
    chapters:
      - file: one/first.md
        sections:
          - file: one/second
      - glob: two/*
  - caption: Two
    chapters:
      - url: https://example.org
      - file: intro
"""


def test_languages_come_from_the_table_of_the_book(small_book: SmallBook) -> None:
    book = Book(small_book.root)
    assert book.source.code == "en"
    assert book.language(None) == book.source
    assert book.language("ar").direction == "rtl"
    assert book.source not in book.translations
    assert len(book.translations) == len(book.languages) - 1


def test_an_unknown_language_is_refused_with_those_that_are_known(small_book: SmallBook) -> None:
    known = ", ".join(language.code for language in Book(small_book.root).languages)
    with pytest.raises(LanguageError, match=re.escape(f"must be one of {known}, got 'xx'")):
        Book(small_book.root).language("xx")


def test_the_remedy_for_an_unknown_language_is_to_add_it(small_book: SmallBook) -> None:
    with pytest.raises(LanguageError, match="add it with `python -m booktools new xx`"):
        Book(small_book.root).chosen(["tr", "xx"])


def test_no_codes_mean_every_translation(small_book: SmallBook) -> None:
    book = Book(small_book.root)
    assert book.chosen([]) == book.translations == book.languages[1:]
    assert book.chosen(["ar", "tr"]) == (book.language("ar"), book.language("tr"))
    assert book.chosen(["en"]) == ()


def test_a_book_is_found_from_any_folder_in_it(small_book: SmallBook) -> None:
    inside = small_book.root / "book/course"
    assert book_around(inside) == book_around(small_book.root) == small_book.root
    (inside / "_config.yml").touch()
    assert book_around(inside) == small_book.root, "contents belong to a book as well"
    assert book_around(small_book.root.parent) is None


def test_pages_stand_in_the_order_of_the_contents(small_book: SmallBook) -> None:
    book = Book(small_book.root)
    assert book.pages == ("book/index", "book/course/chapter", "book/glossary")
    assert book.first_page == "book/index.html"
    assert book.title == "Vanishing Gradients"


def test_contents_of_any_depth_are_read(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text(OTHER_CONTENTS, encoding="utf-8")
    (tmp_path / "two").mkdir()
    for name in ("b.ipynb", "a.md", "picture.png"):
        (tmp_path / "two" / name).touch()
    assert Book(tmp_path).pages == ("intro", "one/first", "one/second", "two/a", "two/b")
    assert Book(tmp_path).page_source("two/b") == tmp_path / "two/b.ipynb"
    assert Book(tmp_path).page_source("nowhere") == tmp_path / "nowhere.md"


def test_a_catalogue_is_known_by_its_place(small_book: SmallBook) -> None:
    path = small_book.translate("ar", "نص.")
    book = Book(small_book.root)
    assert list(book.catalogues(book.language("ar"))) == [("book/course/chapter", path)]
    assert book.packages == {"vanishing": "vanishing"}
    assert book.domains == {*book.pages, "vanishing", "theme", "toc"}
