"""Carry translations from a catalogue's old messages to its new ones.

Text that only moved keeps its translation. Text that differs in spacing, punctuation or quotation
marks keeps it too, and is reported. Changed text keeps it as fuzzy, beside its previous English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from booktools.po import Entry

LIKENESS = 0.6  # gettext's own bound for a fuzzy match
MOST = 1_000  # translations without a place that are compared with each new message

# formulas, code, roles, link targets, placeholders, numbers: here every character counts
_EXACT = re.compile(
    r"\$[^$]*\$|`[^`]*`|\{[^}]*\}|\]\([^)]*\)|<[^>]*>|%\(?\w+"
    r"|[-−+]?\d(?:[\d.,:/]*\d)?%?|[^\W_]+|[*_^~=<>+|#@\\&%]+"
)


@dataclass(frozen=True)
class Merged:
    """A merged catalogue and the messages whose translation was carried over a small change."""

    entries: tuple[Entry, ...]
    carried: tuple[Entry, ...] = ()
    fuzzied: tuple[Entry, ...] = ()


def merge(
    template: Sequence[Entry], old: Sequence[Entry], elsewhere: Iterable[Entry], forms: int
) -> Merged:
    """Return the messages of `template`, in its order, with the translations of `old`.

    elsewhere: messages that left other catalogues of the language, or stand there still.
    forms: the number of plural forms.
    """
    template = [replace(entry, msgstr=_padded((), entry, forms)) for entry in template]
    names = {entry.key for entry in template}
    current = {entry.key: entry for entry in old if not entry.obsolete}
    gone = [entry for entry in old if entry.obsolete or entry.key not in names]
    merge = _Merge(gone, {entry.key: entry for entry in elsewhere if entry.translated}, forms)
    found = [merge.exact(entry, current.get(entry.key)) or entry for entry in template]
    found = merge.near(found, current)
    kept = [_obsolete(entry) for entry in merge.gone if any(entry.msgstr)]
    unique = {entry.key: entry for entry in kept if entry.key not in names}
    return Merged((*found, *unique.values()), tuple(merge.carried), tuple(merge.fuzzied))


def likeness_key(text: str) -> tuple[str, ...]:
    """Return what is left of a text without spacing, punctuation and quotation marks."""
    return tuple(_EXACT.findall(text))


class _Merge:
    def __init__(
        self, gone: list[Entry], elsewhere: dict[tuple[str | None, str], Entry], forms: int
    ) -> None:
        self.gone = gone
        self.elsewhere = elsewhere
        self.forms = forms
        self.carried: list[Entry] = []
        self.fuzzied: list[Entry] = []

    def exact(self, fresh: Entry, entry: Entry | None) -> Entry | None:
        """Return `fresh` with the translation of the same English, where there is one."""
        if entry and entry.plural == fresh.plural:
            return self._with(fresh, entry, entry.flags, entry.previous)
        if entry:  # it became, or is no longer, a message with plural forms
            return self._with(fresh, entry, ("fuzzy",), entry.msgid)
        for former in self.gone:
            same = former.key == fresh.key or (former.fuzzy and former.previous == fresh.msgid)
            if same and former.plural == fresh.plural and any(former.msgstr):
                self.gone.remove(former)
                return self._with(fresh, former)
        moved = self.elsewhere.get(fresh.key)
        return self._with(fresh, moved) if moved and moved.plural == fresh.plural else None

    def near(
        self, entries: list[Entry], current: dict[tuple[str | None, str], Entry]
    ) -> list[Entry]:
        """Give new messages without translation that of the most similar one that is gone."""
        wanting = [
            place
            for place, entry in enumerate(entries)
            if not any(entry.msgstr) and entry.key not in current
        ]
        formers = [former for former in self.gone if any(former.msgstr)][:MOST]
        pairs = ((_likeness(former, entries[place]), place, former)
                 for place in wanting for former in formers)  # fmt: skip
        ranked = sorted((pair for pair in pairs if pair[0] >= LIKENESS), key=lambda pair: -pair[0])
        for likeness, place, former in ranked:
            if former in self.gone and place in wanting:
                self.gone.remove(former)
                wanting.remove(place)
                entries[place] = self._changed(entries[place], former, same=likeness > 1)
        return entries

    def _changed(self, fresh: Entry, former: Entry, *, same: bool) -> Entry:
        if same and not former.fuzzy:
            entry = self._with(fresh, former)
            self.carried.append(entry)
            return entry
        previous = former.previous or former.msgid
        entry = self._with(fresh, former, (*fresh.flags, "fuzzy"), previous)
        self.fuzzied.append(entry)
        return entry

    def _with(
        self, fresh: Entry, known: Entry, flags: tuple[str, ...] = (), previous: str | None = None
    ) -> Entry:
        fuzzy = ("fuzzy",) if "fuzzy" in flags else ()
        return replace(
            fresh,
            msgstr=_padded(known.msgstr, fresh, self.forms),
            comments=known.comments,
            flags=tuple(dict.fromkeys((*fuzzy, *fresh.flags))),
            previous=previous if fuzzy else None,
        )


def _padded(texts: tuple[str, ...], entry: Entry, forms: int) -> tuple[str, ...]:
    """Return as many texts as `entry` has forms."""
    count = forms if entry.plural is not None else 1
    return (*texts, *[""] * count)[:count]


def _likeness(former: Entry, fresh: Entry) -> float:
    """Return 2 where the two differ in punctuation only, else their similarity from 0 to 1."""
    if former.context != fresh.context or (former.plural is None) != (fresh.plural is None):
        return 0
    old, new = likeness_key(former.msgid), likeness_key(fresh.msgid)
    if old and old == new and likeness_key(former.plural or "") == likeness_key(fresh.plural or ""):
        return 2
    words = SequenceMatcher(None, _words(former.msgid), _words(fresh.msgid), autojunk=False)
    if words.real_quick_ratio() < LIKENESS or words.quick_ratio() < LIKENESS:
        return 0
    return min(words.ratio(), 0.999)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text) if len(text) > 40 else list(text)


def _obsolete(entry: Entry) -> Entry:
    """Keep a translation whose English is gone, without what holds only in its place."""
    return replace(
        entry,
        msgid=entry.previous if entry.fuzzy and entry.previous else entry.msgid,
        flags=(),
        previous=None,
        locations=(),
        notes=(),
        obsolete=True,
    )
