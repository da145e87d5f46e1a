"""The glossary as data: a table, a terminology file, cards to learn with, JSON for machines."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import genanki

from booktools.languages import Language

TBX = "urn:iso:std:iso:30042:ed-2"
_ROLE = re.compile(r"\s*\{(?P<name>[\w-]+)\}`(?P<text>[^`<]*?)\s*(?:<[^`>]*>)?`")
_CODE = re.compile(r"`([^`]*)`")
_MODEL_ID = 1_607_392_319  # of this kind of card, the same for ever: Anki updates by it
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


def plain_text(message: str) -> str:
    """Return what a reader sees of a message: no roles, no citations, formulas as TeX."""

    def shown(role: re.Match[str]) -> str:
        space = role[0][: len(role[0]) - len(role[0].lstrip())]
        return "" if role["name"] == "cite" else space + role["text"]

    return _CODE.sub(r"\1", _ROLE.sub(shown, message)).strip()


def to_csv(concepts: Iterable[Concept], languages: Sequence[Language]) -> str:
    """Return a table with one row per concept: its id, its names, its definitions."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    tags = [language.tag for language in languages]
    writer.writerow(["id", *tags, *(f"definition {tag}" for tag in tags)])
    for concept in concepts:
        wordings = [concept.wordings.get(language.code, Wording("", "")) for language in languages]
        names, texts = [one.name for one in wordings], [one.definition for one in wordings]
        writer.writerow([concept.id, *names, *texts])
    return file.getvalue()


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
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def _add_section(entry: ElementTree.Element, language: Language, wording: Wording) -> None:
    section = ElementTree.SubElement(entry, "langSec", {"xml:lang": language.tag})
    if wording.definition:
        group = ElementTree.SubElement(section, "descripGrp")
        definition = ElementTree.SubElement(group, "descrip", {"type": "definition"})
        definition.text = wording.definition
    term = ElementTree.SubElement(section, "termSec")
    ElementTree.SubElement(term, "term").text = wording.name


def to_json_ld(concepts: Iterable[Concept], language: Language, title: str) -> str:
    """Return the glossary in one language as a schema.org DefinedTermSet, safe within a script."""
    terms = [
        {
            "@type": "DefinedTerm",
            "@id": f"#{concept.id}",
            "name": wording.name,
            "description": wording.definition,
            "alternateName": [
                {"@language": code.replace("_", "-"), "@value": other.name}
                for code, other in concept.wordings.items()
                if code != language.code
            ],
        }
        for concept in concepts
        if (wording := concept.wordings.get(language.code))
    ]
    described = {
        "@context": "https://schema.org",
        "@type": "DefinedTermSet",
        "name": title,
        "inLanguage": language.tag,
        "hasDefinedTerm": terms,
    }
    return json.dumps(described, ensure_ascii=False).replace("<", "\\u003c")


def write_deck(
    path: Path, concepts: Iterable[Concept], source: Language, language: Language, title: str
) -> None:
    """Write an Anki deck that asks for each name in both directions."""
    name = f"{title}: {source.name} – {language.name}"
    deck = genanki.Deck(_deck_id(language), name)
    for note in _notes(concepts, source, language):
        deck.add_note(note)
    path.parent.mkdir(parents=True, exist_ok=True)
    genanki.Package(deck).write_to_file(path)


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
            fields = [escape(text) for text in (english.name, local.name, _anki_maths(explained))]
            guid = genanki.guid_for(concept.id, language.code)
            yield genanki.Note(model=model, fields=fields, guid=guid)


def _model(source: Language, language: Language) -> genanki.Model:
    fields = [source.name, language.name, "="]
    sides = [(source, language), (language, source)]
    rest = _CARD.format(direction=language.direction, field="=")
    templates: list[dict[str, Any]] = [
        {
            "name": f"{asked.name} → {answered.name}",
            "qfmt": _CARD.format(direction=asked.direction, field=asked.name),
            "afmt": "{{FrontSide}}<hr>"
            + _CARD.format(direction=answered.direction, field=answered.name)
            + rest,
        }
        for asked, answered in sides
    ]
    number = _MODEL_ID + _deck_id(language) % 1_000_000
    named = [{"name": name} for name in fields]
    css = ".card { font-size: 1.3em; text-align: center; }"
    name = f"{source.name} – {language.name}"
    return genanki.Model(number, name, fields=named, templates=templates, css=css)


def _anki_maths(text: str) -> str:
    return re.sub(r"\$([^$]+)\$", r"\\(\1\\)", text)
