"""Lists and sentences are put together with the marks of the reader's language."""

import pytest

from vanishing import localisation
from vanishing.phrases import both, explained, listed, paragraph, parted, sentence

CHINESE = {
    ", ": "、",
    "; ": "；",
    "{first} and {last}": "{first} 和 {last}",
    "{name}: {what}": "{name}：{what}",
    "{words}.": "{words}。",
}
ARABIC = {", ": "، ", "{words}.": "{words}.", "{numbers}": "{numbers}"}


def test_english_has_its_own_marks() -> None:
    assert listed("abc") == "a, b, c"
    assert [both("a"), both("ab"), both("abc")] == ["a", "a and b", "a, b and c"]
    assert parted("ab") == "a; b"
    assert paragraph(sentence(explained("a", "b")), "", "C.") == "a: b. C."


def test_chinese_has_wide_marks_and_no_space_after_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localisation, "look_up", lambda lookup: CHINESE[lookup[0]])
    assert listed("甲乙丙") == "甲、乙、丙"
    assert both("123") == "1、2 和 3"
    assert parted("甲乙") == "甲；乙"
    assert paragraph(sentence(explained("甲", "乙")), "ReLU。", "A B") == "甲：乙。ReLU。A B"


def test_arabic_isolates_names_and_neither_sentences_nor_lists_of_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(localisation, "look_up", lambda lookup: ARABIC[lookup[0]])
    monkeypatch.setattr(localisation, "_chosen", "ar")
    assert sentence("الطبقة") == "الطبقة."
    numbers = listed(["1", "3", "…", "9"])
    assert localisation._("{numbers}", numbers=numbers) == "1، 3، …، 9"
    assert localisation._("{numbers}", numbers="1e-8") == "\u20681e-8\u2069"
