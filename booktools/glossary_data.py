"""The glossary as data: a table, a terminology file, cards to learn with, JSON for machines."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile, ZipInfo

import genanki

from booktools.characters import in_name
from booktools.embedding import cleaned, script_json, spreadsheet_cell
from booktools.languages import Language
from booktools.plain_maths import plain_formula

TBX = "urn:iso:std:iso:30042:ed-2"
_MODEL_ID = 1_607_392_319  # of this kind of card, the same for ever: Anki updates by it
_ANKI_TAG = re.compile(r"\[(?=latex|\$|sound:|anki:|/)|\{(?=\{)", re.IGNORECASE)
REVISED = 1_767_225_600  # 2026, for decks whose sources have no history
_FORMULA = re.compile(r"\$([^$]+)\$")
_CARD = '<div dir="{direction}">{{{{{field}}}}}</div>'


@dataclass(frozen=True)
class Wording:
    """How one language names and explains a concept, as plain text with TeX formulas."""

    name: str
    definition: str


@dataclass(frozen=True)
class Concept:
    """One entry of the glossary: the id of its place on the page, language code -> wording."""

    id: str
    wordings: Mapping[str, Wording]


def to_csv(concepts: Iterable[Concept], languages: Sequence[Language]) -> str:
    """Return a table with one row per concept: its id, its names, its definitions.

    What a spreadsheet would compute has an apostrophe before it.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    tags = [language.tag for language in languages]
    writer.writerow(map(spreadsheet_cell, ["id", *tags, *(f"definition {tag}" for tag in tags)]))
    for row in _rows(concepts, [language.code for language in languages]):
        writer.writerow(map(spreadsheet_cell, row))
    return file.getvalue()


def _rows(concepts: Iterable[Concept], codes: Sequence[str]) -> Iterator[list[str]]:
    for concept in concepts:
        wordings = [concept.wordings.get(code, Wording("", "")) for code in codes]
        names, texts = [one.name for one in wordings], [one.definition for one in wordings]
        yield [concept.id, *names, *texts]


def to_tbx(concepts: Iterable[Concept], languages: Sequence[Language], title: str) -> str:
    """Return a TBX-Basic file in the DCA style (ISO 30042:2019)."""
    root = ElementTree.Element("tbx", {"xmlns": TBX, "type": "TBX-Basic", "style": "dca"})
    root.set("xml:lang", next(one.tag for one in languages if one.source))
    description = ElementTree.SubElement(ElementTree.SubElement(root, "tbxHeader"), "fileDesc")
    source = ElementTree.SubElement(description, "sourceDesc")
    ElementTree.SubElement(source, "p").text = title
    body = ElementTree.SubElement(ElementTree.SubElement(root, "text"), "body")
    for concept in concepts:
        entry = ElementTree.SubElement(body, "conceptEntry", {"id": concept.id})
        for language in languages:
            if wording := concept.wordings.get(language.code):
                _add_section(entry, language, wording)
    _clean(root)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def _clean(root: ElementTree.Element) -> None:
    """Leave nothing in a tree that XML could not hold."""
    for element in root.iter():
        element.text = cleaned(element.text or "") or None
        for name, value in element.items():
            element.set(name, cleaned(value))


def _add_section(entry: ElementTree.Element, language: Language, wording: Wording) -> None:
    section = ElementTree.SubElement(entry, "langSec", {"xml:lang": language.tag})
    if wording.definition:
        group = ElementTree.SubElement(section, "descripGrp")
        definition = ElementTree.SubElement(group, "descrip", {"type": "definition"})
        definition.text = wording.definition
    term = ElementTree.SubElement(section, "termSec")
    ElementTree.SubElement(term, "term").text = wording.name


def to_json_ld(
    pages: Mapping[str, Iterable[Concept]], language: Language, title: str, licence: str = ""
) -> str:
    """Return a glossary in one language as a schema.org DefinedTermSet, formulas as text.

    pages: address of a page -> the concepts that it explains.
    """
    terms = [
        _defined(concept, wording, language, address)
        for address, concepts in pages.items()
        for concept in concepts
        if (wording := concept.wordings.get(language.code))
    ]
    described = {
        "@context": "https://schema.org",
        "@type": "DefinedTermSet",
        "@id": next(iter(pages), ""),
        "url": next(iter(pages), ""),
        "name": title,
        "inLanguage": language.tag,
        **({"license": licence} if licence else {}),
        "hasDefinedTerm": terms,
    }
    return cleaned(script_json(described))


def _defined(
    concept: Concept, wording: Wording, language: Language, address: str
) -> dict[str, Any]:
    """Return a term as schema.org knows it; its other names are those in other languages."""
    others = [one.name for code, one in concept.wordings.items() if code != language.code]
    return {
        "@type": "DefinedTerm",
        "@id": f"{address}#{concept.id}",
        "url": f"{address}#{concept.id}",
        "termCode": concept.id,
        "inDefinedTermSet": address,
        "name": wording.name,
        "description": _in_a_line(wording.definition),
        "alternateName": [one for one in dict.fromkeys(others) if one != wording.name],
    }


def _in_a_line(text: str) -> str:
    """Return a definition with its formulas as text, in TeX where that is not possible."""
    return _FORMULA.sub(lambda found: plain_formula(found[1]) or found[1], text)


def write_deck(
    path: Path,
    concepts: Iterable[Concept],
    source: Language,
    language: Language,
    title: str,
    revised: int = REVISED,
) -> None:
    """Write an Anki deck that asks for each name in both directions; equal input, equal bytes.

    revised: when its words changed last, in seconds; Anki updates only cards that are older.
    """
    deck = genanki.Deck(_deck_id(language), cleaned(_deck_name(title, source, language)))
    for note in _notes(concepts, source, language):
        deck.add_note(note)
    ids = itertools.count(1000 * _deck_id(language))
    with closing(sqlite3.connect(":memory:")) as connection:
        genanki.Package(deck).write_to_db(connection.cursor(), revised, ids)
        connection.commit()
        database = connection.serialize()
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w") as archive:  # a ZipInfo has no date of today
        archive.writestr(ZipInfo("collection.anki2"), database)
        archive.writestr(ZipInfo("media"), "{}")


def _deck_name(title: str, source: Language, language: Language) -> str:
    """Name the deck; Anki would take two colons for a deck in a deck."""
    return f"{title}: {source.name} – {language.name}".replace("::", ":")


def _deck_id(language: Language) -> int:
    return int(hashlib.sha256(language.code.encode()).hexdigest()[:7], 16) + (1 << 30)


def _notes(
    concepts: Iterable[Concept], source: Language, language: Language
) -> Iterator[genanki.Note]:
    model = _model(source, language)
    for concept in concepts:
        english, local = (concept.wordings.get(one.code) for one in (source, language))
        if english and local:
            explained = local.definition or english.definition
            fields = [_field(one) for one in (english.name, local.name, _anki_maths(explained))]
            guid = genanki.guid_for(cleaned(concept.id), language.code)
            yield genanki.Note(model=model, fields=fields, guid=guid)


def _field(text: str) -> str:
    """Return a field's HTML, in which Anki sees no [latex] to run and no [sound:…] to play."""
    return _ANKI_TAG.sub(lambda sign: f"&#{ord(sign[0])};", escape(cleaned(text)))


def _label(language: Language) -> str:
    """Name a field after a language, without the signs that Anki's templates give a meaning."""
    return "".join(filter(in_name, language.name)).lstrip("/ ") or language.code


def _model(source: Language, language: Language) -> genanki.Model:
    fields = [_label(source), _label(language), "="]
    sides = [(source, language), (language, source)]
    rest = _card(language, "=")
    templates: list[dict[str, Any]] = [
        {
            "name": f"{_label(asked)} → {_label(answered)}",
            "qfmt": _card(asked, _label(asked)),
            "afmt": "{{FrontSide}}<hr>" + _card(answered, _label(answered)) + rest,
        }
        for asked, answered in sides
    ]
    number = _MODEL_ID + _deck_id(language) % 1_000_000
    named = [{"name": name} for name in fields]
    css = ".card { font-size: 1.3em; text-align: center; }"
    name = " – ".join(fields[:2])
    return genanki.Model(number, name, fields=named, templates=templates, css=css)


def _card(language: Language, field: str) -> str:
    direction = "rtl" if language.direction == "rtl" else "ltr"
    return _CARD.format(direction=direction, field=field)


def _anki_maths(text: str) -> str:
    return _FORMULA.sub(r"\\(\1\\)", text)
