"""Rules that keep a translation from bringing anything but words: the build enforces them too.

In the examples ⏎ is a line feed and <U+202E> the character with that number.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from booktools.characters import (
    closes_isolates,
    has_stray_mark,
    has_tower,
    is_noncharacter,
    shows_something,
)
from booktools.checks.message import Message, Rule, collected
from booktools.markup import without_words
from booktools.mathml import to_mathml

RULES: list[Rule] = []
rule = collected(RULES)

_LINE_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_TAG = re.compile(r"<(?=[A-Za-z/!?])[^<>]*>?")
_MARKS = ("<", ">", '"', "`", "\\", "](", "$", "@@")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u2800\u3164"
    "\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffc\U00013441\U00013442\U00016fe4\U0001bca0-\U0001bca3"
    "\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_REORDERING = re.compile("[\u202a-\u202e]")
_SCRIPT = re.compile(r"(?:javascript|vbscript):(?=\S)|\bdata:[a-z]+/", re.I)
INSTRUCTION = re.compile(
    r"!|:|%%|\||\s*(?:noqa|type:|fmt:|pragma:|pylint:|ruff:|mypy:|isort:)", re.I
)
COOKIE = re.compile(r"coding[:=]\s*[-\w.]+")
_BRACES = re.compile(r"(?<!\{)\{[^{}]*\}(?![`}])")
_NOQA = re.compile(r"#\s*noqa\s*$")
_REMARK = re.compile(r"\s:\s")
_FORMULA_MARKS = re.compile(r"\\[()\[\]]|\\(?:begin|end)\b|\$|@@\d+@@")
_FIELDS = re.compile(r"\{[^{}]*\}|[{}]")
_PERCENT = re.compile(r"%(?:\(\w++\))?[-#0+]*+(?:\d++|\*)?(?:\.\d++)?[diouxXeEfFgGcrs](?![A-Za-z])")
_SETTINGS = re.compile(r"---|\.\.\.|\+\+\+")
_HIDDEN = ("Cc", "Cf", "Cn", "Cs", "Co", "Mn", "Me")
_BLOCKS = {
    "ordered_list_open": "a numbered list",
    "bullet_list_open": "a list",
    "blockquote_open": "a quotation",
    "heading_open": "a heading",
    "myst_line_comment": "a comment that nobody sees",
    "myst_target": "a link target",
    "hr": "a rule",
    "html_block": "raw HTML",
    "code_block": "a block of code",
    "table_open": "a table",
    "dl_open": "a definition list",
    "math_block": "a formula",
    "amsmath": "a formula",
}
_DIRECTIVES = frozenset({"fence", "colon_fence", "directive"})


@rule
def size(message: Message) -> Iterator[tuple[str, str]]:
    """Keep a translation within ten times the English.

    Bad: A gradient. => gradyan*300
    Good: Run => Executar a célula
    """
    bound = 10 * len(message.english) + 200
    if len(message.translation) > bound:
        yield (
            f"the translation has {len(message.translation):,} characters, the bound is {bound:,}",
            "translate the English, nothing more",
        )


@rule
def no_words(message: Message) -> Iterator[tuple[str, str]]:
    """Say something that a reader sees.

    Bad: A gradient. => &Tab;
    Bad: A gradient. => <U+200F>
    Bad (label): Search => &nbsp;
    Good: A gradient. => Um gradiente.
    """
    if message.target.blocks != message.source.blocks:
        return  # other rules say more
    if not shows_something(html.unescape(html.unescape(message.target.text))):
        yield "the translation shows nothing", "translate the English, or leave the entry empty"


@rule
def control_characters(message: Message) -> Iterator[tuple[str, str]]:
    """Use no control characters; break no line of a label, which may stand in code.

    Bad: A gradient. => Um <U+001B>gradiente.
    Bad: A gradient. => Um <U+FFFF>gradiente.
    Bad: A gradient. => Um <U+E000>gradiente.
    Bad (label): Choose the language. => Escolher.⏎import os
    Good: A gradient. => Um gradiente.
    """
    plain = _LINE_BREAKS if message.is_comment else message.english
    allowed = "\n\t" if message.is_markdown else plain
    for character in _unique(_decoded(message.translation)):
        if _is_control(character) and character not in allowed:
            yield f"control character {_number(character)}", "delete it"


@rule
def bidi_controls(message: Message) -> Iterator[tuple[str, str]]:
    """Use no character that reorders the text around it; close each isolate.

    Bad: A layer. => طبقة <U+202E>.
    Bad: A layer. => طبقة <U+2068>x.
    Bad: A layer. => طبقة <U+2069>x<U+2068>.
    Bad: A layer. => طبقة &#x202e;x
    Bad (code comment): a layer => طبقة <U+200F>
    Good: A layer. => طبقة <U+2068>x<U+2069>.
    """
    text = _decoded(message.translation)
    pattern = "[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]"
    for character in _unique(
        re.findall(pattern if message.is_comment else "[\u202a-\u202e]", text)
    ):
        yield f"{_number(character)} changes the order of the text around it", "delete it"
    if not (message.is_comment or (closes_isolates(message.translation) and closes_isolates(text))):
        yield "an isolate is not closed", "write U+2069 behind each U+2066, U+2067 or U+2068"


@rule
def invisible_characters(message: Message) -> Iterator[tuple[str, str]]:
    """Use no zero-width characters; they hide from search and from reviewers.

    Bad: rate => tốc<U+200B> độ
    Bad: rate => tốc&ZeroWidthSpace; độ
    Bad: rate => tốc<U+3164> độ
    Bad: rate => tốc<U+2065> độ
    Good: rate => tốc độ
    """
    for character in _unique(_INVISIBLE.findall(_decoded(message.translation))):
        yield f"invisible character {_number(character)}", "delete it"


@rule
def stacked_marks(message: Message) -> Iterator[tuple[str, str]]:
    """Put no tower of marks on a letter, and none on a number: it would cover what stands there.

    Bad: rate => t<U+0489><U+0489><U+0489><U+0489><U+0489>ốc
    Bad: {share} percent => {share}<U+20E0> phần trăm
    Good: rate => tốc độ
    Good: rate => شدّة
    """
    text = _decoded(message.translation)
    if has_tower(text):
        yield "many marks stand on one letter", "write the letter with the marks of its language"
    if has_stray_mark(text) and not has_stray_mark(message.english):
        yield "a mark stands on what is no letter", "delete the mark"


@rule
def comment_line_break(message: Message) -> Iterator[tuple[str, str]]:
    """Keep a code comment on one line: a second line would become code.

    Bad (code comment): a layer => bir katman⏎import os
    Bad (code comment): a layer => bir katman<U+2028>import os
    Good (code comment): a layer => bir katman
    """
    if message.is_comment and (broken := set(message.translation) & set(_LINE_BREAKS)):
        numbers = ", ".join(_number(character) for character in sorted(broken))
        yield f"a line break ({numbers}) in a code comment", "write the comment on one line"


@rule
def comment_cookie(message: Message) -> Iterator[tuple[str, str]]:
    """Declare no encoding in a code comment: Python would obey it.

    Bad (code comment): a layer => coding: utf-7
    Bad (label): Choose the language. => coding: utf-7
    Good (code comment): a layer => uma camada
    """
    found = None if message.is_markdown else COOKIE.search(message.translation)
    if found and not COOKIE.search(message.english):
        yield f"Python reads “{found.group()}” as a file's encoding", "write it in other words"


@rule
def comment_instruction(message: Message) -> Iterator[tuple[str, str]]:
    """Begin a code comment with a word, not with what a tool obeys or takes for a new cell.

    Bad (code comment): a layer => %% [markdown]
    Bad (code comment): a layer => type: ignore
    Bad (label): Choose the language. => %% [markdown]
    Good (code comment): a layer => uma camada
    """
    found = None if message.is_markdown else INSTRUCTION.match(message.translation.lstrip())
    if found and not INSTRUCTION.match(message.english):
        yield f"a tool obeys a comment that begins with “{found.group()}”", "begin with a word"


@rule
def raw_html(message: Message) -> Iterator[tuple[str, str]]:
    """Bring no HTML, no HTML comment and no entities that spell one.

    Bad: A gradient. => Um <b>gradiente</b>.
    Bad: A gradient. => Um gradiente.<!-- x -->
    Bad: A gradient. => Um &lt;img src=x onerror=y&gt; gradiente.
    Bad: A gradient. => Um &amp;lt;img src=x&amp;gt; gradiente.
    Bad: A gradient. => Um gradiente \\<script
    Good: A gradient. => Um gradiente com 2 < 3.
    """
    have, want = _tags(message, translated=True), _tags(message, translated=False)
    for what, extra in _differences(have, want):
        how = "write < as a formula, or in words" if extra else "copy it from the English"
        yield (
            f"HTML “{what[:60]}” {'is not in' if extra else 'is missing; it is in'} the English",
            how,
        )


@rule
def plain_text(message: Message) -> Iterator[tuple[str, str]]:
    """Bring no mark that ends an attribute or opens a tag to the page's own words and labels.

    Bad (label): Search => Ara" onfocus="x
    Bad (label): Search => Ara <
    Bad (label): Search => [Ara](x.ipynb)
    Bad (label): Layer => _camada
    Bad (label): Layer => camada $5
    Bad (label): Layer => camada @@0@@
    Good (label): Search => Kitapta “ara”
    """
    if message.is_markdown or message.is_comment:
        return
    text = _TAG.sub("", _FIELDS.sub("", message.target.text))  # other rules speak of these
    if text.startswith("_") and not message.english.startswith("_"):
        yield "a label that begins with “_” is left out of a figure's legend", "begin with a word"
    for mark in _MARKS:
        if mark in text and mark not in message.english:
            yield f"“{mark}” is not in the English", "delete it, or write “ ” for quotation marks"


@rule
def script_links(message: Message) -> Iterator[tuple[str, str]]:
    """Bring no address that runs a script or carries a file.

    Bad: Read it. => Leia javascript:alert(1).
    Bad: Read it. => Leia &#106;avascript:alert(1).
    Bad: Read it. => Leia data:text/html;base64,xyz.
    Good: Its data: digits. => Os seus dados: dígitos.
    """
    found = _SCRIPT.search(html.unescape(html.unescape(message.translation)))
    if found and not _SCRIPT.search(message.english):
        yield f"“{found.group()}” is the address of a script", "delete it"


@rule
def links(message: Message) -> Iterator[tuple[str, str]]:
    """Keep every link and its target; bring none.

    Bad: Read [the paper](https://a.org/x). => Leia [o artigo](https://b.org/x).
    Bad: Read it. => Leia https://b.org/x.
    Bad: Read it. => Leia [o artigo].⏎⏎[o artigo]: https://b.org/x
    Bad: Read it. => Leia.⏎⏎[o artigo]: x "title"
    Bad: ![A plot](a.png) => ![Um gráfico](b.png)
    Bad: Read [it](a.png). => Leia ![isto](a.png).
    Bad: ![A plot](a.png) => [Um gráfico](a.png)
    Bad: Read [it](https://a.org). => Leia [isto](https://a.org "isto").
    Bad: Read [it](https://a.org). => Leia isto [](https://a.org).
    Bad: The {term}`loss` of [it](https://a.org). => A [{term}`perda <loss>` disto](https://a.org).
    Bad: The {term}`loss`. => A {term}`<U+200F> <loss>` perda.
    Bad: Read it. => Escreva a x@b.org.
    Bad: Read it. => Leia aquihttps://b.org/x.
    Bad: Read it. => Leia a*www.b.org/x*.
    Good: Read [the paper](https://a.org/x). => Leia [o artigo](https://a.org/x).
    """
    defined = Counter(message.target.definitions) - Counter(message.source.definitions)
    for target in defined:
        yield f"the text defines a link to “{target[:80]}”", "write [text](target) in the sentence"
    for title in Counter(message.target.titles) - Counter(message.source.titles):
        yield f"title “{title[:80]}” of a link is not in the English", "delete it"
    for target in Counter(message.target.hidden) - Counter(message.source.hidden):
        yield f"no reader can follow the link “{target[:80]}”", "give it words, in no other link"
    have, want = message.target, message.source
    for target, extra in (
        *_differences(have.links, want.links),
        *_differences(have.addresses, want.addresses),
    ):
        if extra:
            yield f"link to “{target[:80]}” is not in the English", "use the English target"
        else:
            yield f"link to “{target[:80]}” is missing", "link the same target as the English"


@rule
def roles(message: Message) -> Iterator[tuple[str, str]]:
    """Keep every role with its English target, and bring none.

    Bad: The {term}`gradient` shrinks. => {term}`Gradyan <gradyan>` küçülür.
    Bad: The {term}`gradient` shrinks. => Gradyan küçülür.
    Bad: The gradient shrinks. => {raw}`Gradyan` küçülür.
    Bad: The {term}`gradient`. => {term}`!Gradyan <gradient>`.
    Bad: The {term}`gradient`. => {term}`Gradyan <x> <gradient>`.
    Bad: See {numref}`a`. => {numref}`Şekil %d <a>`.
    Good: The {term}`gradient` of a {term}`weight`. => {term}`Ağırlığın <weight>` {term}`gradyanı <gradient>`.
    """  # noqa: E501
    have = [role.reference for role in message.target.roles]
    want = [role.reference for role in message.source.roles]
    for reference, extra in _differences(have, want):
        name, target = reference.split(" ", 1)
        if extra:
            state, remedy = "is not in the English", "target of the English"
        else:
            state, remedy = "is missing", target
        yield (
            f"role {name} with target “{target}” {state}",
            f"write {name}`translated text <{remedy}>`",
        )
    for role in message.target.roles:
        if role.text.startswith("!"):
            yield f"“!” switches the link of role {role.name} off", "begin with another character"


@rule
def directives(message: Message) -> Iterator[tuple[str, str]]:
    """Bring no directive and no block of code.

    Bad: A gradient. => :::{include} /etc/passwd⏎:::
    Bad: A gradient. => ```{raw} html⏎x⏎```
    Good: A gradient. => Um gradiente.
    """
    if _DIRECTIVES & set(message.target.blocks) - set(message.source.blocks):
        yield "the text opens a directive or a block of code", "translate the sentence only"


@rule
def page_settings(message: Message) -> Iterator[tuple[str, str]]:
    """Begin no line with what opens or ends the settings at a page's top.

    Bad: A gradient. => --- um gradiente
    Bad: A gradient. => ... um gradiente
    Good: A gradient. => … um gradiente
    """
    if not message.is_markdown or _settings_lines(message.english):
        return
    for mark in _unique(_settings_lines(message.translation)):
        yield f"a line begins with “{mark}”, as the settings of a page do", "delete it, or write …"


@rule
def block_start(message: Message) -> Iterator[tuple[str, str]]:
    """Begin with nothing that Markdown reads as a block: the page would show English.

    Bad: In layer 3 it shrinks. => 3. katmanda küçülür.
    Bad: Half of the units are dead. => %50'si ölüdür.
    Bad: A minus one => - bir
    Bad: A gradient. => Um⏎⏎gradiente.
    Good: In layer 3 it shrinks. => Üçüncü katmanda küçülür.
    Good: In layer 3 it shrinks. => 3\\. katmanda küçülür.
    """
    have, want = message.target.blocks, message.source.blocks
    if have == want or _DIRECTIVES & set(have) or message.target.definitions:
        return
    if _settings_lines(message.translation):
        return  # page_settings speaks of it
    known = [_BLOCKS[block] for block in have if block in _BLOCKS]
    kind = known[0] if known else "several paragraphs" if have else "nothing"
    first = message.translation.split(None, 1)[0] if message.translation.split() else ""
    yield (
        f"Markdown reads the text as {kind}",
        f"begin with another word than “{first[:20]}”, and keep to one paragraph",
    )


@rule
def line_break(message: Message) -> Iterator[tuple[str, str]]:
    """Keep a paragraph in one piece, as the English has it.

    Bad: A gradient. => Um⏎gradiente.
    Good: A gradient. => Um gradiente.
    """
    if not message.is_markdown or message.target.blocks != message.source.blocks:
        return  # other rules say more
    if message.target.definitions:
        return
    if message.translation.count("\n") > message.english.count("\n"):
        yield "a line break (\\n) that the English lacks", "delete the \\n"


@rule
def footnotes(message: Message) -> Iterator[tuple[str, str]]:
    """Bring no footnote.

    Bad: A gradient. => Um gradiente[^1].
    Good: A gradient. => Um gradiente [1].
    """
    if message.is_markdown and message.target.text.count("[^") > message.source.text.count("[^"):
        yield "“[^” begins a footnote", "write the words in the sentence"


@rule
def formula_marks(message: Message) -> Iterator[tuple[str, str]]:
    """Bring no mark that a notebook reads as a formula.

    Bad: A gradient. => Um gradiente de 5 $.
    Bad: A gradient. => Um @@0@@ gradiente.
    Good: A gradient. => Um gradiente de 5 €.
    """
    have, want = _formula_marks(message.target.text), _formula_marks(message.source.text)
    for mark in have - want if message.is_markdown else ():
        yield f"“{mark}” is not in the English", "delete it"


@rule
def sphinx_marks(message: Message) -> Iterator[tuple[str, str]]:
    """End with nothing that Sphinx obeys; hide no remark behind a headword's colon.

    Bad: A gradient. => Um gradiente. # noqa
    Bad (headword): gradient => gradiente : oculto
    Good: A gradient. => Um gradiente: não.
    """
    if not message.is_markdown:
        return
    if _NOQA.search(message.translation) and not _NOQA.search(message.english):
        yield "Sphinx obeys “# noqa” and drops it", "delete it"
    if message.is_headword and _REMARK.search(message.translation):
        yield "a colon between blanks begins a remark that Sphinx hides", "write ( ) instead"


@rule
def substitutions(message: Message) -> Iterator[tuple[str, str]]:
    """Bring no template code.

    Bad: A gradient. => Um {{ env.config }} gradiente.
    Good: A gradient. => Um gradiente.
    """
    have, want = (
        max(_templates(_decoded(text)), _templates(markup.text))
        for text, markup in (
            (message.translation, message.target),
            (message.english, message.source),
        )
    )
    if have > want:
        yield "{{ … }} or {% … %} would be run as a template", "delete it"


@rule
def maths(message: Message) -> Iterator[tuple[str, str]]:
    r"""Copy formulas; only words inside \text{…} are translated.

    Bad: Here $a_1$ is small. => Burada $a_2$ küçüktür.
    Bad: Here $a$ is small. => Burada a küçüktür.
    Bad: Here $\text{if }x$. => Burada $\text{\href{y}{z}}x$.
    Bad: Here $\text{if }x$. => Burada $\text{ #5 }x$.
    Good: Here $x \text{ if } y$. => Burada $x \text{ eğer } y$.
    """
    have = map(without_words, message.target.maths)
    want = map(without_words, message.source.maths)
    for formula, extra in _differences(have, want):
        state = "is not in the English" if extra else "is missing"
        yield f"formula ${formula}$ {state}", "copy each formula from the English"
    for formula in set(message.target.maths) - set(message.source.maths):
        if problem := _unreadable(formula):
            yield problem, "copy the formula, translate words inside \\text{…} only"


def _unreadable(formula: str) -> str:
    try:
        to_mathml(formula)
    except ValueError as error:
        return str(error)
    return ""


@rule
def code_spans(message: Message) -> Iterator[tuple[str, str]]:
    """Copy code unchanged.

    Bad: Call `loss.backward()`. => Chame `perda.backward()`.
    Good: Call `loss.backward()`. => Chame `loss.backward()`.
    """
    for code, extra in _differences(message.target.code, message.source.code):
        state = "is not in the English" if extra else "is missing"
        yield f"code “{code}” {state}", "copy code from the English"


@rule
def placeholders(message: Message) -> Iterator[tuple[str, str]]:
    """Keep the places where the program fills in values.

    Bad (label): step {step} of {all} => passo {passo} de {all}
    Bad (label): %d layers => camadas
    Bad (label): layer {} => camada
    Bad (label): layer {n} => camada {n} {n.__class__}
    Bad (label): layer %s => camada %s de 100 % d
    Good (label): step {step} of {all} => de {all}: {step}
    Good (label): accuracy {share} % => exatidão {share} %
    """
    plain = not message.is_markdown and not message.is_comment
    formatted = bool(_percents(message.source.text))
    have, want = (
        _places(markup.text, plain, formatted) for markup in (message.target, message.source)
    )
    for name, extra in _differences(have, want):
        spelled = message.single and (name.startswith("{") or name.startswith("%("))
        if extra:
            yield f"placeholder {name} is not in the English", "use the English placeholders"
        elif not spelled:  # the form for exactly one number may say it in words
            yield f"placeholder {name} is missing", f"write {name} where its value belongs"


def _differences(have: Iterable[str], want: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yield what the translation has too much (True) and what it lacks (False)."""
    has, needs = Counter(have), Counter(want)
    yield from ((part, True) for part in has - needs)
    yield from ((part, False) for part in needs - has)


def _tags(message: Message, *, translated: bool) -> list[str]:
    markup = message.target if translated else message.source
    return [*markup.html, *_TAG.findall(html.unescape(html.unescape(markup.text)))]


def _settings_lines(text: str) -> list[str]:
    """Return the marks of a page's settings that lines begin with, whatever hides before them."""
    found = (_SETTINGS.match(_without_disguise(line)) for line in text.splitlines())
    return [mark.group() for mark in found if mark]


def _without_disguise(line: str) -> str:
    return "".join(c for c in line if not c.isspace() and unicodedata.category(c) not in _HIDDEN)


def _templates(text: str) -> int:
    return len(re.findall(r"\{\{|\{%", text))


def _places(text: str, plain: bool, formatted: bool) -> list[str]:
    """Return the fields of a text; in one that Python formats, any other percent sign too."""
    if not plain:
        return _BRACES.findall(text)
    stray = _PERCENT.sub("", text.replace("%%", "")).count("%") if formatted else 0
    return _FIELDS.findall(text) + _percents(text) + ["%"] * stray


def same_places(english: str, translation: str) -> bool:
    """Say whether a label that Python formats keeps the places of its values."""
    formatted = bool(_percents(english))
    have, want = (_places(text, True, formatted) for text in (translation, english))
    return Counter(have) == Counter(want)


def _percents(text: str) -> list[str]:
    return _PERCENT.findall(text.replace("%%", ""))


def is_visible(text: str) -> bool:
    """Say whether a text shows something and holds nothing that controls, hides or reorders."""
    hidden = _INVISIBLE.search(text) or _REORDERING.search(text) or any(map(_is_control, text))
    return (
        not hidden
        and shows_something(text)
        and closes_isolates(text)
        and not has_tower(text)
        and not has_stray_mark(text)
    )


@lru_cache(4096)
def _is_control(character: str) -> bool:
    unseen = unicodedata.category(character) in ("Cc", "Co", "Cs", "Zl", "Zp")
    return unseen or is_noncharacter(character)


def _decoded(text: str) -> str:
    """Return the text with what its entities spell behind it."""
    spelled = html.unescape(html.unescape(text))
    return text if spelled == text else text + spelled


def _formula_marks(text: str) -> Counter[str]:
    return Counter(_FORMULA_MARKS.findall(text))


def _unique(characters: Iterable[str]) -> list[str]:
    return sorted(set(characters))


def _number(character: str) -> str:
    return f"U+{ord(character):04X}"
