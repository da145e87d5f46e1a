"""Rules about words: headwords, terms, forbidden variants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from booktools.checks.message import HEADWORD, Message, Rule, collected
from booktools.glossary_terms import Term, listed
from booktools.markup import OBJECT
from booktools.po import Entry

RULES: list[Rule] = []
rule = collected(RULES)


@rule
def headword(message: Message) -> Iterator[tuple[str, str]]:
    """Give a glossary's headword the approved name; the English may follow in brackets.

    Bad (headword, tr): vanishing gradient => yok olan gradyan
    Good (headword, tr): vanishing gradient => Kaybolan gradyan
    Good (headword, zh_CN): vanishing gradient => 梯度消失（vanishing gradient）
    """
    term = message.terms.named(message.english) if message.is_headword else None
    if not term:
        return
    bare = re.sub(r"\s*[(（][^()（）]*[)）]\s*$", "", message.translation)
    approved = re.sub(r"\s*[(（][^()（）]*[)）]\s*$", "", term.approved)
    if not message.terms.same(bare, approved):
        yield (
            f"the headword is “{message.translation}”, approved is “{term.approved}”",
            "write the approved headword, or change it in terms.toml with the reason",
        )


@rule
def approved_term(message: Message) -> Iterator[tuple[str, str]]:
    """Name a concept by its approved term.

    Bad (tr): The vanishing gradient. => Küçülen türev.
    Bad (tr): The {term}`vanishing gradient`. => {term}`Küçülen türev <vanishing gradient>`.
    Good (tr): The learning rate. => Öğrenme oranının değeri.
    Good (ar): The vanishing gradient. => تلاشي التدرج.
    Good (tr): guessing: {accuracy} => tahmin: {accuracy}
    """
    if message.is_headword:
        return
    wrong = [*_wrong_roles(message)]
    if not wrong:
        mentioned = message.terms.mentioned(_words(message.source.text))
        text = message.target.text
        wrong = [term for term in mentioned if term.required and not message.terms.says(text, term)]
    for term in wrong:
        accepted = ", ".join(listed((term.approved, *term.accepted)))
        yield f"“{term.english[0]}” has none of its terms", f"write {accepted}"


@rule
def forbidden_variant(message: Message) -> Iterator[tuple[str, str]]:
    """Use no variant that the language's table forbids for the concept.

    Bad (tr): The gradient vanishes. => Gradyan, yani renk geçişi kaybolur.
    Good (tr): The gradient is the slope. => Gradyan eğimdir.
    """
    if message.is_headword:
        return
    english, text = _words(message.source.text), message.target.text
    for term in message.terms.mentioned(english, nested=True):
        for form, why in term.forbidden.items():
            found = message.terms.found(message.terms.without(text, form), form)
            if found and not _excused(term, english):
                yield f"“{form}” for “{term.english[0]}”: {why}", f"write “{term.approved}”"


@rule
def wording(message: Message) -> Iterator[tuple[str, str]]:
    """Use none of the words that the language's guide rules out everywhere.

    A word after a slash is only named, as a variant of the word before it.

    Bad (zh_CN): You can run it. => 您可以运行它。
    Good (zh_CN): You can run it. => 可以运行它。
    Good (pt): This edition is European. => Esta edição escreve neurónio/neurônio.
    """
    used = re.sub(r"/\w+", "", message.target.text)
    for form, why in message.terms.always.items():
        if message.terms.found(used, form):
            yield f"“{form}”: {why}", "write it in other words"


def duplicate_headwords(entries: tuple[Entry, ...]) -> Iterator[tuple[int, str, str, str]]:
    """Yield line, rule, problem and remedy where a headword's translation names another entry.

    It may be that of another headword, or another headword as the page shows it untranslated.
    """
    headwords = [one for one in entries if HEADWORD in one.notes and not one.obsolete]
    english = {one.msgid.casefold(): one.msgid for one in headwords}
    seen: dict[str, str] = {}
    for entry in headwords:
        text = entry.msgstr[0].casefold()
        if not text or entry.fuzzy:
            continue
        if (other := english.get(text, entry.msgid)) != entry.msgid:
            message = f"the translation of “{entry.msgid}” is the headword “{other}”"
            yield entry.line, "duplicate_headword", message, "tell them apart, or it stays English"
            continue
        if text in seen:
            message = (
                f"“{entry.msgid}” and “{seen[text]}” have one translation, “{entry.msgstr[0]}”"
            )
            yield entry.line, "duplicate_headword", message, "tell them apart, or the build fails"
        seen.setdefault(text, entry.msgid)


def _wrong_roles(message: Message) -> Iterator[Term]:
    for role in message.target.roles:
        term = message.terms.named(role.target) if role.name == "term" else None
        if term and term.required and not message.terms.says(role.text, term):
            yield term


def _words(english: str) -> str:
    """Return an English text without the names of its placeholders."""
    return re.sub(r"\{\w*\}", OBJECT, english)


def _excused(term: Term, english: str) -> bool:
    return any(re.search(rf"\b{re.escape(word)}", english, re.I) for word in term.unless)
