"""Number words are what a text of the language would say, and can be taken apart and put together.

The expected words are written by hand from the grammars, not copied from what num2words says.
"""

import builtins
from collections.abc import Mapping
from typing import Any

import pytest

from vanishing.number_words import LIMIT, chinese, spell, teachable, tokens, write

LANGUAGES = ["en", "vi", "zh_CN", "tr", "pt", "ar", "fr", "de", "ko", "fa"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "零"),
        (5, "五"),
        (10, "十"),
        (15, "十五"),
        (20, "二十"),
        (21, "二十一"),
        (99, "九十九"),
        (100, "一百"),
        (102, "一百零二"),
        (110, "一百一十"),
        (115, "一百一十五"),
        (200, "二百"),
        (999, "九百九十九"),
        (1000, "一千"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (1015, "一千零一十五"),
        (1100, "一千一百"),
        (1102, "一千一百零二"),
        (2020, "二千零二十"),
        (9009, "九千零九"),
        (9990, "九千九百九十"),
    ],
)
def test_chinese_puts_one_zero_between_digits_and_drops_a_leading_one_before_ten(
    number: int, words: str
) -> None:
    assert chinese(number) == words


def test_chinese_numbers_can_be_read_back() -> None:
    for number in range(10_000):
        value, digit = 0, 0
        for sign in chinese(number):
            if sign in "十百千":
                value += (digit or 1) * 10 ** ("十百千".index(sign) + 1)
                digit = 0
            else:
                digit = "零一二三四五六七八九".index(sign)
        assert value + digit == number


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", {0: "zero", 21: "twenty-one", 110: "one hundred and ten", 300: "three hundred"}),
        ("vi", {15: "mười lăm", 21: "hai mươi mốt", 55: "năm mươi lăm", 101: "một trăm lẻ một"}),
        ("tr", {18: "on sekiz", 40: "kırk", 100: "yüz", 345: "üç yüz kırk beş"}),
        ("pt", {16: "dezasseis", 21: "vinte e um", 100: "cem", 501: "quinhentos e um"}),
        ("ar", {11: "أحد عشر", 21: "واحد وعشرون", 100: "مئة", 200: "مئتان", 300: "ثلاثمئة"}),
        ("ar", {101: "مئة وواحد", 212: "مئتان واثنا عشر", 999: "تسعمئة وتسعة وتسعون"}),
        ("fr", {71: "soixante et onze", 80: "quatre-vingts", 99: "quatre-vingt-dix-neuf"}),
        ("fa", {21: "بیست و یک"}),
        ("zh_CN", {207: "二百零七"}),
    ],
)  # fmt: skip
def test_each_language_has_its_own_words(language: str, expected: Mapping[int, str]) -> None:
    for number, words in expected.items():
        assert spell(number, language) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_numbers_share_their_tokens_and_tokens_are_few(language: str) -> None:
    table = [tokens(number, language) for number in range(LIMIT + 1)]
    assert len(set(table)) == LIMIT + 1
    assert len({word for words in table for word in words}) <= 60
    assert max(map(len, table)) <= 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_tokens_are_written_as_the_language_writes_them(language: str) -> None:
    for number in range(LIMIT + 1):
        assert write(tokens(number, language), language) == spell(number, language)


def test_tokens_are_the_words_between_spaces_and_hyphens_or_chinese_characters() -> None:
    assert tokens(121, "en") == ("one", "hundred", "and", "twenty", "one")
    assert tokens(121, "tr") == ("yüz", "yirmi", "bir")
    assert tokens(121, "ar") == ("مئة", "و", "واحد", "و", "عشرون")
    assert tokens(121, "zh_CN") == ("一", "百", "二", "十", "一")
    assert tokens(99, "de") == ("neun", "und", "neunzig")


def test_commas_follow_the_script() -> None:
    def pair(language: str) -> str:
        return write((*tokens(7, language), ",", *tokens(20, language)), language)

    assert pair("en") == "seven, twenty"
    assert pair("zh_CN") == "七、二十"
    assert pair("ar") == "سبعة، عشرون"


def test_what_is_no_number_is_written_too() -> None:
    assert write((), "pt") == ""
    assert write(("e", "cem", "cem"), "pt") == "e cem cem"
    assert write(("百", "百"), "zh_CN") == "百百"
    assert write(("و", "خمسة"), "ar") == "وخمسة"
    assert write((",", ","), "pt") == ", ,"


def test_readers_learn_their_own_language_where_there_are_words_for_it() -> None:
    assert teachable("pt") == "pt"
    assert teachable("zh_CN") == "zh_CN"
    assert teachable("en") == "fr"
    assert teachable("xx") == "fr"


@pytest.mark.parametrize("number", [-1, 1000])
def test_a_number_out_of_bounds_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"number must be between 0 and 999, got {number}"):
        spell(number, "pt")
    with pytest.raises(ValueError, match=f"number must be between 0 and 999, got {number}"):
        tokens(number, "pt")


def test_chinese_ends_below_ten_thousand() -> None:
    with pytest.raises(ValueError, match="number must be between 0 and 9999, got 10000"):
        chinese(10_000)


@pytest.mark.parametrize("number", [1.5, True, "7"])
def test_what_is_no_whole_number_is_refused(number: Any) -> None:
    with pytest.raises(
        TypeError, match=r"number must be a whole number between 0 and 999, got .*: write 0"
    ):
        spell(number, "pt")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="language must be one that num2words knows, got 'xx'"):
        spell(7, "xx")


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "num2words":
            raise ModuleNotFoundError(name)
        return found(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert spell(7, "zh_CN") == "七"
    with pytest.raises(ImportError, match="install it with 'pip install num2words'"):
        spell(7, "pt")
