"""A page says how far every translation is, from the catalogues themselves."""

from __future__ import annotations

from bs4 import BeautifulSoup
from real_book import BOOK
from small_book import TOC, SmallBook

from booktools.workers import build_apart


def test_the_page_counts_every_language_and_leads_to_its_guide(small_book: SmallBook) -> None:
    small_book.write("book/translations.md", "# Translations\n\n```{translations}\n```\n")
    small_book.write("_toc.yml", f"{TOC}      - file: book/translations\n")
    small_book.write("locales/ar/TRANSLATING.md", "# دليل\n")
    small_book.translate("ar", "نص الفصل.")
    small_book.translate("tr", "")
    outcome = build_apart(small_book.root, "en")
    assert outcome.exit_code == 0, "\n".join(outcome.log)
    page = BeautifulSoup(small_book.page("en", "book/translations.html"), "html.parser")
    cells = [
        [cell.get_text(strip=True) for cell in row(["th", "td"])]
        for row in page.select("main tbody tr")
    ]
    rows = {name: rest for name, *rest in cells}
    names = {language.code: language.name for language in BOOK.languages if not language.source}
    assert list(rows) == list(names.values())
    assert rows[names["ar"]] == ["100%", "1 / 1", "locales/ar/TRANSLATING.md"]
    assert rows[names["tr"]] == ["0%", "0 / 1", "TRANSLATING.md"]
    assert page.select_one('main tbody span[lang="ar"][dir="rtl"]')


def test_the_page_is_read_again_where_a_number_changes_and_not_for_other_words(
    small_book: SmallBook,
) -> None:
    small_book.write("book/translations.md", "# Translations\n\n```{translations}\n```\n")
    small_book.write("_toc.yml", f"{TOC}      - file: book/translations\n")
    read = []
    for words in ("Metin.", "Başka bir metin.", ""):
        small_book.translate("tr", words)
        outcome = build_apart(small_book.root, "en")
        assert outcome.exit_code == 0, "\n".join(outcome.log)
        read.append("reading book/translations" in outcome.log)
    assert read == [True, False, True]
    assert "0 / 1" in small_book.page("en", "book/translations.html")
