"""The address of the published book comes from who builds it, or there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_book import write_frame

from booktools.book import SETTINGS, Book
from booktools.faults import BuildError
from booktools.published import VARIABLE, published


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    monkeypatch.delenv(VARIABLE, raising=False)
    write_frame(tmp_path, "index")
    return Book(tmp_path)


def test_nothing_is_invented(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VANISHING_REPOSITORY", "https://github.com/owner/name")
    assert published(book) is None
    monkeypatch.setenv(VARIABLE, "  ")
    assert published(book) is None


def test_the_environment_comes_before_the_settings(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book.root / SETTINGS
    path.write_text(f"{path.read_text()}\nhtml:\n  baseurl: https://x.org/a/\n", encoding="utf-8")
    assert published(Book(book.root)) == "https://x.org/a"
    monkeypatch.setenv(VARIABLE, "https://y.org")
    assert published(Book(book.root)) == "https://y.org"


@pytest.mark.parametrize(
    "given",
    ["example.org", "ftp://x.org", "https://x.org/?a", "https://x.org/a b", 'https://x.org/"', "/"],
)
def test_what_is_no_address_stops_the_build(
    book: Book, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv(VARIABLE, given)
    if given == "/":
        assert published(book) is None
        return
    with pytest.raises(BuildError, match=r"VANISHING_SITE must be an address such as https://"):
        published(book)
