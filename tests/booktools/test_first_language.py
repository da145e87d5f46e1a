"""A book that nobody has translated gets its table of languages with its first translation."""

from __future__ import annotations

from pathlib import Path

import pytest
from stock_book import CONFIG, write_stock_book

from booktools.book import Book
from booktools.catalogues import new_language
from booktools.extraction import ExtractionError
from booktools.languages import LanguageError
from booktools.po import parse

TEMPLATE = 'msgid ""\nmsgstr ""\n\nmsgid "A sentence."\nmsgstr ""\n'


def extract(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    (target / "intro.pot").write_text(TEMPLATE, encoding="utf-8")


def add(root: Path, code: str) -> Book:
    new_language(code, root=root, extract=extract)
    return Book(root)


def write(root: Path, language: str) -> Path:
    write_stock_book(root)
    settings = f"{CONFIG}sphinx: {{config: {{language: {language}}}}}\n"
    (root / "_config.yml").write_text(settings, encoding="utf-8")
    return root


def test_the_table_begins_with_english_where_the_book_says_nothing(tmp_path: Path) -> None:
    write_stock_book(tmp_path)
    book = add(tmp_path, "fa")
    assert [language.code for language in book.languages] == ["en", "fa"]
    assert book.source.code == "en"
    assert book.language("fa").direction == "rtl"


def test_the_table_begins_with_the_language_that_the_settings_name(tmp_path: Path) -> None:
    book = add(write(tmp_path, "de"), "es")
    assert (book.source.code, book.source.name) == ("de", "Deutsch")
    assert [language.code for language in add(tmp_path, "en").languages] == ["de", "es", "en"]


def test_a_catalogue_names_the_book_to_which_it_belongs(tmp_path: Path) -> None:
    book = add(write(tmp_path, "en"), "es")
    (domain, path), theme = book.catalogues(book.language("es"))
    assert (domain, theme[0]) == ("intro", "theme")
    fields = parse(path.read_text(encoding="utf-8")).fields
    assert fields["Project-Id-Version"] == "My sample book"


def test_the_books_own_language_is_no_new_one(tmp_path: Path) -> None:
    with pytest.raises(LanguageError, match="language 'de' exists already; choose another code"):
        add(write(tmp_path, "de"), "de")


def test_a_language_of_the_settings_that_is_no_code_is_named(tmp_path: Path) -> None:
    with pytest.raises(LanguageError, match=r"_config.yml: \[german\]: a code is like `xx`"):
        add(write(tmp_path, "german"), "es")


def test_where_the_messages_cannot_be_read_no_table_is_left(tmp_path: Path) -> None:
    write_stock_book(tmp_path)
    with pytest.raises(ExtractionError, match="does the book build"):
        new_language("es", root=tmp_path, extract=lambda target: None)
    assert not Book(tmp_path).language_table.exists()


def test_a_lost_table_of_a_translated_book_is_not_begun_anew(tmp_path: Path) -> None:
    write_stock_book(tmp_path)
    add(tmp_path, "es").language_table.unlink()
    with pytest.raises(LanguageError, match=r"languages.toml: cannot be read: No such file"):
        add(tmp_path, "fa")
