"""A book knows what stands where in its folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small_book import SmallBook

from booktools.book import Book, book_around
from booktools.faults import BuildError
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


@pytest.mark.parametrize("name", ["toc", "theme", "sphinx", "vanishing"])
def test_a_page_with_the_name_of_another_catalogue_is_refused(
    small_book: SmallBook, name: str
) -> None:
    small_book.write(f"{name}.md", "# A page\n")
    small_book.write("_toc.yml", f"format: jb-book\nroot: {name}\n")
    complaint = rf"names the page {name}, but {name}.po is the catalogue of something else"
    with pytest.raises(BuildError, match=complaint):
        Book(small_book.root).check()


@pytest.mark.parametrize("wrong", ["sphinx: [x]", "sphinx: {config: 3}", "repository: x", "html:"])
def test_settings_of_another_kind_are_read_as_none(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "_config.yml").write_text(f"title: T\n{wrong}\n", encoding="utf-8")
    book = Book(tmp_path)
    assert (book.settings, book.packages, book.library) == ({}, {}, None)
    assert (book.repository, book.branch, book.icon) == ("", "main", "")


def test_where_a_file_is_in_the_repository_of_the_book(tmp_path: Path) -> None:
    settings = "repository: {path_to_book: docs/en}"
    (tmp_path / "_config.yml").write_text(settings, encoding="utf-8")
    assert Book(tmp_path).in_repository(tmp_path / "a/b.md") == "docs/en/a/b.md"


def test_a_book_is_translated_once_it_has_a_table_or_catalogues(small_book: SmallBook) -> None:
    book = Book(small_book.root)
    assert not book.untranslated
    book.language_table.unlink()
    assert book.untranslated
    (small_book.root / "locales/tr/LC_MESSAGES").mkdir(parents=True)
    assert not book.untranslated
