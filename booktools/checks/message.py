"""One translated form of one entry, as the rules see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from booktools.glossary_terms import Terms
from booktools.languages import Language
from booktools.markup import Markup, read_markdown, read_plain
from booktools.po import Entry

CODE_COMMENT = "code comment"  # notes that the extraction leaves above a message
HEADWORD = "headword"


@dataclass(frozen=True)
class Message:
    """A translation beside its English, in the light of its language.

    form: number of the plural form, 0 for an entry without plural.
    on_page: whether it is from a page of the book, whose parser reads it.
    """

    entry: Entry
    form: int
    language: Language
    terms: Terms
    on_page: bool

    @property
    def english(self) -> str:
        """Return the English that this form translates."""
        several = self.entry.plural is not None and not self.single
        return self.entry.plural if several and self.entry.plural else self.entry.msgid

    @property
    def single(self) -> bool:
        """Say whether this plural form stands for one number only."""
        return self.entry.plural is not None and self.language.plural_numbers(self.form) == 1

    @property
    def translation(self) -> str:
        """Return the text to check."""
        return self.entry.msgstr[self.form]

    @property
    def line(self) -> int:
        """Return the line where the text stands."""
        return self.entry.lines[self.form] if self.entry.lines else 0

    @property
    def is_comment(self) -> bool:
        """Say whether the text becomes a comment in a code cell."""
        return CODE_COMMENT in self.entry.notes and self.on_page

    @property
    def is_headword(self) -> bool:
        """Say whether the text names an entry of the glossary."""
        return HEADWORD in self.entry.notes

    @property
    def is_markdown(self) -> bool:
        """Say whether the book's parser reads the text."""
        return self.on_page and not self.is_comment

    @cached_property
    def source(self) -> Markup:
        """Return the parts of the English."""
        return self._read(self.english)

    @cached_property
    def target(self) -> Markup:
        """Return the parts of the translation."""
        return self._read(self.translation)

    def _read(self, text: str) -> Markup:
        return read_markdown(text) if self.is_markdown else read_plain(text)


Rule = Callable[[Message], Iterator[tuple[str, str]]]


def collected(rules: list[Rule]) -> Callable[[Rule], Rule]:
    """Return a decorator that adds a rule to these: they are asked in the order of the file."""

    def rule(function: Rule) -> Rule:
        rules.append(function)
        return function

    return rule


def messages(entry: Entry, language: Language, terms: Terms, *, on_page: bool) -> Iterator[Message]:
    """Yield each form of `entry` that has a text."""
    for form, text in enumerate(entry.msgstr):
        if text:
            yield Message(entry, form, language, terms, on_page)
