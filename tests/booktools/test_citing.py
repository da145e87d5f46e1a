"""A page is cited in BibTeX and as the APA does, with authors and version from one file."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from real_book import BOOK

from booktools.citing import Author, Citation, Record, apa, bibtex, day_of, read_record
from booktools.extension.colophon import report_address, source_address
from booktools.faults import BuildError

TURING = Author("Turing", "Alan Mathison")
LOVELACE = Author("Lovelace", "Ada")
GROUP = Author("The authors of A & B")
PAGE = Citation(
    "what-vanishes-en",
    "What vanishes",
    "Vanishing Gradients",
    Record((TURING, LOVELACE), "0.1.0"),
    "en",
    date(2026, 11, 5),
    "https://example.org/en/a.html",
)


def test_bibtex_has_every_field_once() -> None:
    assert bibtex(PAGE).splitlines() == [
        "@misc{what-vanishes-en,",
        "  author = {Turing, Alan Mathison and Lovelace, Ada},",
        "  title = {{What vanishes}},",
        "  booktitle = {{Vanishing Gradients}},",
        "  year = {2026},",
        "  month = {11},",
        "  version = {0.1.0},",
        "  language = {en},",
        "  url = {https://example.org/en/a.html},",
        "}",
    ]


def test_apa_names_persons_by_their_initials() -> None:
    assert apa(PAGE) == (
        "Turing, A. M., & Lovelace, A. (2026, November 5). What vanishes. "
        "In Vanishing Gradients (Version 0.1.0). https://example.org/en/a.html"
    )


def test_what_is_not_known_is_left_out() -> None:
    bare = replace(PAGE, record=Record(()), changed=None, address="", title=PAGE.book)
    assert bibtex(bare).count("=") == 3
    assert "  url = {@here}," in bibtex(bare)
    assert apa(bare) == "(n.d.). Vanishing Gradients. @here"


def test_signs_of_tex_stand_as_they_are() -> None:
    entry = bibtex(replace(PAGE, title="100 % \\input{x}_$", record=Record((GROUP,))))
    assert r"  title = {{100 \% input\{x\}\_\$}}," in entry
    assert r"  author = {{The authors of A \& B}}," in entry


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_authors_can_be_cited(count: int) -> None:
    cited = apa(replace(PAGE, record=Record((GROUP, TURING, LOVELACE)[:count])))
    before = {
        1: "The authors of A & B. (",
        3: "The authors of A & B, Turing, A. M., & Lovelace, A. (",
    }
    assert cited.startswith(before[count])


@pytest.mark.parametrize("title", ["What vanishes?", "ما الذي يتلاشى؟"])
def test_a_question_gets_no_full_stop(title: str) -> None:
    assert f"{title} In " in apa(replace(PAGE, title=title))


def test_the_record_wins_over_the_settings(tmp_path: Path) -> None:
    assert read_record(tmp_path, "") == Record(())
    assert read_record(tmp_path, "Somebody") == Record((Author("Somebody"),))
    text = "authors: [{name: A group}, {family-names: Turing, given-names: Alan Mathison}]"
    (tmp_path / "CITATION.cff").write_text(text, encoding="utf-8")
    assert read_record(tmp_path, "Somebody") == Record((Author("A group"), TURING))


@pytest.mark.parametrize(
    "text", ["", "authors: 3", "title: x", "authors: [{}]", "a: [", "- x", "authors: []"]
)
def test_a_record_without_authors_is_named_with_the_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / "CITATION.cff").write_text(text, encoding="utf-8")
    with pytest.raises(BuildError, match=r"CITATION\.cff must list authors, each with a name"):
        read_record(tmp_path, "Somebody")


def test_a_day_is_the_same_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert day_of(1_700_000_000) == date(2023, 11, 14)
    assert day_of(None) is None


def test_this_book_is_cited_as_its_settings_say() -> None:
    found = yaml.safe_load((BOOK.root / "CITATION.cff").read_text(encoding="utf-8"))
    project = (BOOK.root / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{found["version"]}"' in project
    assert [author["name"] for author in found["authors"]] == [BOOK.author]


def test_the_ways_to_source_and_report_fit_the_forge() -> None:
    path = BOOK.root / "book/course/chain-rule.md"
    source = source_address("https://github.com/a/b", BOOK, path)
    assert source == "https://github.com/a/b/blob/main/book/course/chain-rule.md"
    report = report_address("https://github.com/a/b", "book/x: ")
    assert report == "https://github.com/a/b/issues/new?title=book/x%3A%20"
    other = report_address("https://gitlab.com/a/b", "x")
    assert other == "https://gitlab.com/a/b/-/issues/new?issue[title]=x"
