"""Number words: what a number below 1,000 is called in a language, and as a sequence of tokens."""

import re
from functools import lru_cache
from typing import Any

from vanishing import bounds

LIMIT = 999  # num2words is not right for every language above: Vietnamese lacks "không trăm"
SOURCE, FALLBACK = "en", "fr"
COMMA = ","

MANY = 100  # a language with more number words than this joins them, as German does

# num2words says 200 in the form that stands before a noun, and mixes two spellings of "hundred".
_REPAIRS = {r"مئتا\b": "مئتان", "مائة": "مئة"}
_AND = "و"  # written together with the word that follows in Arabic, but not in Persian
_ARABIC, _IDEOGRAPH = "\u0600-\u06ff", "\u4e00-\u9fff"


@bounds.checked(number=bounds.whole(0, LIMIT), language=bounds.text)
def spell(number: int, language: str) -> str:
    """Write a number from 0 to 999 in words, as a text of that language would.

    ``language`` is a code such as ``"en"`` or ``"pt_BR"``. The words are those of num2words, mended
    where they are not what is written; Chinese has a rule of its own (``chinese``).

    Raises ``ValueError`` for a number or language that has no words here, and ``ImportError`` where
    num2words is not installed.
    """
    if language.startswith("zh"):
        return chinese(number)
    try:
        text: str = _num2words()(int(number), lang=language)
    except NotImplementedError:
        raise ValueError(
            f"language must be one that num2words knows, got {bounds.shown(language)}: "
            f"choose {FALLBACK!r}"
        ) from None
    for wrong, right in _REPAIRS.items():
        text = re.sub(wrong, right, text)
    if not language.startswith("fa"):
        text = text.replace(f" {_AND} ", f" {_AND}")
    # num2words joins what Turkish writes apart: yüz yirmi bir
    return " ".join(_cut(text, _simple("tr", 10))) if language.startswith("tr") else text


@bounds.checked(number=bounds.whole(0, 9999))
def chinese(number: int) -> str:
    """Write a number from 0 to 9,999 in Chinese: 十五, 一百零二, 一百一十, 一千零一十.

    Each digit is followed by its place; one 零 stands for all zeros between two other digits. Ten
    to nineteen drop the leading 一, but only where nothing stands before it.
    """
    text, gap = "", False
    for place, digit in zip("千百十 ", f"{number:04d}", strict=True):
        if digit == "0":
            gap = bool(text)
            continue
        text += "零" * gap + "零一二三四五六七八九"[int(digit)] + place.strip()
        gap = False
    return re.sub("^一十", "十", text) or "零"


@bounds.checked(number=bounds.whole(0, LIMIT), language=bounds.text)
def tokens(number: int, language: str) -> tuple[str, ...]:
    """Return the words of a number, one token each: hyphens part words, Chinese has characters."""
    return _table(language)[number]


def write(words: tuple[str, ...], language: str) -> str:
    """Write tokens, with commas between the numbers, as a text of that language would.

    What is no number is joined as it is: a network may say anything.
    """
    numbers = " ".join(words).split(f" {COMMA} ")
    written = [_spellings(language).get(number, _join(number)) for number in numbers]
    return _comma("".join(written)).join(written)


@bounds.checked(language=bounds.text)
def teachable(language: str) -> str:
    """Return the language to learn for readers of ``language``: their own, if it has words here.

    English is what is translated, so its readers get French; so do readers of an unknown language.
    """
    try:
        spell(1, language)
    except ValueError:
        return FALLBACK
    return FALLBACK if language.startswith(SOURCE) else language


def _num2words() -> Any:
    try:
        from num2words import num2words
    except ImportError as error:
        raise ImportError(
            "number words need the package num2words: install it with 'pip install num2words'"
        ) from error
    return num2words


@lru_cache(maxsize=16)
def _table(language: str) -> tuple[tuple[str, ...], ...]:
    table = [_split(spell(number, language)) for number in range(LIMIT + 1)]
    if len({word for words in table for word in words}) > MANY:
        simple = _simple(language)
        table = [tuple(part for word in words for part in _cut(word, simple)) for words in table]
    return tuple(table)


@lru_cache(maxsize=16)
def _spellings(language: str) -> dict[str, str]:
    table = _table(language)
    return {" ".join(words): spell(number, language) for number, words in enumerate(table)}


@lru_cache(maxsize=16)
def _simple(language: str, ones: int = 20) -> str:
    """Return a pattern of the words that others are made of, the longest first."""
    words = {_num2words()(n, lang=language) for n in (*range(ones), *range(10, 101, 10))}
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))


def _cut(word: str, simple: str) -> tuple[str, ...]:
    """Part a joined word into simple words, and whatever stands between them."""
    return tuple(re.findall(rf"{simple}|.+?(?={simple}|$)", word))


def _split(text: str) -> tuple[str, ...]:
    text = re.sub(rf"(?<=[{_ARABIC}]) {_AND}(?=[{_ARABIC}])", f" {_AND} ", text)
    return tuple(re.findall(rf"[{_IDEOGRAPH}]|[^\s\-{_IDEOGRAPH}]+", text))


def _join(words: str) -> str:
    words = re.sub(rf"(?<=[{_IDEOGRAPH}]) (?=[{_IDEOGRAPH}])", "", words)
    return re.sub(rf"\b{_AND} ", _AND, words)


def _comma(text: str) -> str:
    if re.search(f"[{_IDEOGRAPH}]", text):
        return "、"
    return "، " if re.search(f"[{_ARABIC}]", text) else ", "
