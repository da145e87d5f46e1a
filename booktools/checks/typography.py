"""Rules about letters, marks and numbers, and about Markdown that would print its marks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from booktools.checks.message import Message, Rule, collected
from booktools.markup import OBJECT

RULES: list[Rule] = []
rule = collected(RULES)

_HAN = "\u3400-\u9fff"
_ARABIC = "ء-ي"


@rule
def emphasis(message: Message) -> Iterator[tuple[str, str]]:
    """Set emphasis so that Markdown sees it: otherwise the page shows the marks.

    Bad: **Vanishing gradient** is … => **梯度消失（vanishing gradient）**是
    Bad: It is *small*. => É * pequeno*.
    Bad: The *gradient* shrinks. => _gradyan_ın küçülür.
    Good: **Vanishing gradient** is … => **梯度消失**（vanishing gradient）是
    Good: It is *small*. => **Gradyan**ın *küçüktür*.
    """
    if not message.is_markdown:
        return
    for mark in "*_":
        if message.target.text.count(mark) > message.source.text.count(mark):
            yield (
                f"the page would show “{mark}”",
                "move brackets, quotation marks and suffixes to the other side of the "
                "asterisks, leave no space inside them, and use * instead of _",
            )


@rule
def printed_markup(message: Message) -> Iterator[tuple[str, str]]:
    r"""Leave no backslash and no single backtick that the page would show.

    Bad: A *small* gradient. => Um\ *pequeno* gradiente.
    Good: A gradient. => Um gradiente 3\. a.
    """
    for mark in "\\`" if message.is_markdown else "":
        if message.target.text.count(mark) > message.source.text.count(mark):
            yield f"the page would show “{mark}”", "delete it, or close what it opens"


@rule
def composed_letters(message: Message) -> Iterator[tuple[str, str]]:
    """Write each accented letter as one character (NFC).

    Bad: rate => ta<U+0303>xa
    Good: rate => tốc độ
    """
    if not unicodedata.is_normalized("NFC", message.translation):
        yield "letters and their marks are separate characters", "save the text in NFC"


@rule
def decimal_point(message: Message) -> Iterator[tuple[str, str]]:
    """Write the decimal point that the code shows.

    Bad: At most 0.25. => No máximo 0,25.
    Bad: At most 0.25. => 0٫25
    Good: At most 0.25. => No máximo 0.25.
    Good: 1,500 images => 1,500 صورة
    """
    text = message.target.text
    for number in re.findall(r"(?<![\d,.])\d+[,٫]\d+(?![\d,])", text):
        if number.replace(",", ".").replace("٫", ".") in message.source.text:
            yield f"“{number}” has a decimal comma", "write the decimal point, as in the code"


@rule
def western_digits(message: Message) -> Iterator[tuple[str, str]]:
    """Write the digits 0 to 9 that code and figures show.

    Bad: 3 layers => ٣ طبقات
    Bad: 3 layers => ３ 层
    Good: 3 layers => 3 طبقات
    """
    if found := re.search("[٠-٩۰-۹０-９]", message.translation):
        yield f"digit “{found.group()}”", "write the digits 0 to 9"


@rule
def han_punctuation(message: Message) -> Iterator[tuple[str, str]]:
    """Put full-width marks beside Chinese characters.

    Bad (zh_CN): It shrinks, then stops. => 它缩小,然后停止。
    Good (zh_CN): It shrinks, then stops. => 它缩小，然后停止。
    """
    found = re.search(rf"[{_HAN}][,;:!?(]|[)!?;][{_HAN}]", message.target.text)
    if found and "han" in message.terms.typography:
        yield f"half-width mark in “{found.group()}”", "write ，；：！？（） beside Chinese"


@rule
def han_spacing(message: Message) -> Iterator[tuple[str, str]]:
    """Put one space between Chinese and Latin letters, digits, code and formulas.

    Bad (zh_CN): Use ReLU here. => 在这里用ReLU。
    Bad (zh_CN): Layer 3 => 第3层
    Bad (zh_CN): Call `f` now. => 调用`f` 函数。
    Good (zh_CN): Use ReLU, 50% here. => 在这里用 ReLU，约 50%。
    """
    text = message.target.text
    found = re.search(rf"[{_HAN}][A-Za-z0-9{OBJECT}]|[A-Za-z0-9%{OBJECT}][{_HAN}]", text)
    if found and "han" in message.terms.typography:
        shown = found.group().replace(OBJECT, "`…`")
        yield f"no space in “{shown}”", "put one space between Chinese and what is not"


@rule
def arabic_punctuation(message: Message) -> Iterator[tuple[str, str]]:
    """Put Arabic marks behind Arabic words.

    Bad (ar): First, this. => أولا, هذا.
    Good (ar): First, this. => أولا، هذا.
    """
    found = re.search(rf"[{_ARABIC}][,;?]", message.target.text)
    if found and "arabic" in message.terms.typography:
        yield f"Latin mark in “{found.group()}”", "write ، ؛ ؟ behind Arabic"


@rule
def detached_conjunction(message: Message) -> Iterator[tuple[str, str]]:
    """Join و to the word that follows.

    Bad (ar): weights and layers => الأوزان و الطبقات
    Good (ar): weights and layers => الأوزان والطبقات
    """
    found = re.search(r"(?<!\S)و\s+\S", message.target.text)
    if found and "arabic" in message.terms.typography:
        yield "و stands alone", "join it to the next word"


@rule
def latin_article(message: Message) -> Iterator[tuple[str, str]]:
    """Put no article before a Latin word; repeat the noun instead.

    Bad (ar): the ReLU => الـReLU
    Bad (ar): the ReLU => ال ReLU
    Good (ar): the ReLU => دالة ReLU
    """
    found = re.search(rf"(?<![{_ARABIC}])[وفبك]?(?:ال|لل)ـ?\s?[A-Za-z]", message.target.text)
    if found and "arabic" in message.terms.typography:
        yield (
            f"an article before Latin letters in “{found.group()}”",
            "write a noun, as in دالة ReLU",
        )


@rule
def tone_marks(message: Message) -> Iterator[tuple[str, str]]:
    """Set Vietnamese tone marks in the old style.

    Bad (vi): dissolve => hoà tan
    Good (vi): dissolve => hòa tan, toán, quý
    """
    pattern = r"(?<![qQ])(?:[oO][áàảãạéèẻẽẹ]|[uU][ýỳỷỹỵ])(?!\w)"
    found = re.search(pattern, message.target.text)
    if found and "old tone marks" in message.terms.typography:
        yield f"tone mark in “{found.group()}”", "write òa, óe, úy, as in hòa"
