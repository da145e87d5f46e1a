"""Further names of a glossary's entries, for its search, and the letters that they begin with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from booktools.glossary_data import Concept
from booktools.glossary_terms import Term, Terms
from booktools.languages import Language, sort_key

MOST_LETTERS = 40  # more, as in Chinese, would be a second glossary and no bar

Aliases = Mapping[str, tuple[str, ...]]


def read_aliases(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return headword -> further names, from lines such as "residual network: ResNet, shortcut".

    Raises `ValueError` for a line without a headword or names, or a second one for an entry.
    """
    found: dict[str, tuple[str, ...]] = {}
    for line in filter(str.strip, lines):
        headword, _, rest = (part.strip() for part in line.partition(":"))
        names = tuple(name for name in map(str.strip, rest.split(",")) if name)
        if not headword or not names:
            raise ValueError(f"{line!r} must be an entry and its names: write `entry: name, name`")
        if headword in found:
            raise ValueError(f"{headword!r} has two lines: write all its names on one")
        found[headword] = names
    return found


def unknown_entries(
    aliases: Aliases, concepts: Sequence[Concept], source: Language
) -> Iterator[str]:
    """Yield the headwords that no concept has in the book's own language."""
    known = {one.wordings[source.code].name for one in concepts if source.code in one.wordings}
    return (headword for headword in aliases if headword not in known)


def names_by_id(
    aliases: Aliases, concepts: Sequence[Concept], source: Language, terms: Terms
) -> dict[str, list[str]]:
    """Return id of an entry -> its further names, those included that `terms` knows of readers.

    A forbidden variant is one of them: whoever types it is looking for this entry.
    """
    found = {}
    for concept in concepts:
        headword = concept.wordings[source.code].name if source.code in concept.wordings else ""
        term = terms.named(headword)
        names = [*aliases.get(headword, ()), *(_typed(term) if term else ())]
        if names:
            found[concept.id] = names
    return found


def _typed(term: Term) -> tuple[str, ...]:
    return (*term.accepted, *term.searched, *term.forbidden)


def first_letters(
    concepts: Sequence[Concept], language: Language, source: Language
) -> dict[str, str]:
    """Return each letter that headwords begin with, in the reader's order -> the first entry's id.

    Nothing where there are too many for a bar.
    """
    key = sort_key(language)
    words = [(key(_headword(one, language, source)), one.id) for one in concepts]
    found: dict[str, str] = {}
    for (_weights, word), place in sorted(words):
        if word and word[0].isalpha():
            found.setdefault(word[0], place)
    return found if len(found) <= MOST_LETTERS else {}


def _headword(concept: Concept, language: Language, source: Language) -> str:
    wording = concept.wordings.get(language.code) or concept.wordings.get(source.code)
    return wording.name if wording else ""
