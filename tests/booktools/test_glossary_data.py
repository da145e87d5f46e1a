"""The glossary leaves the book whole: as a table, for translators, as cards, for machines."""

import csv
import io
import json
import sqlite3
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from booktools.glossary_data import (
    TBX,
    Concept,
    Wording,
    plain_text,
    to_csv,
    to_json_ld,
    to_tbx,
    write_deck,
)
from booktools.languages import load_languages

LANGUAGES = load_languages()
SOURCE = next(language for language in LANGUAGES if language.source)
ARABIC = next(language for language in LANGUAGES if language.direction == "rtl")
GRADIENT = Concept(
    "term-gradient",
    {SOURCE.code: Wording("gradient", "A slope, $a<b$."), ARABIC.code: Wording("التدرج", "ميل.")},
)
NEW = Concept("term-new", {SOURCE.code: Wording("new, and untranslated", "Text.")})
XML = "{http://www.w3.org/XML/1998/namespace}"


def test_a_message_becomes_plain_text() -> None:
    message = (
        "The {term}`gradients <gradient>` of `x` {cite}`he2015,he2016`, with $a<b$; {term}`ReLU`."
    )
    assert plain_text(message) == "The gradients of x, with $a<b$; ReLU."


def test_the_table_has_a_row_per_concept_and_a_column_per_language() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([GRADIENT, NEW], LANGUAGES))))
    assert [row["id"] for row in rows] == ["term-gradient", "term-new"]
    assert (rows[0][SOURCE.tag], rows[0][ARABIC.tag]) == ("gradient", "التدرج")
    assert rows[0][f"definition {ARABIC.tag}"] == "ميل."
    assert (rows[1][SOURCE.tag], rows[1][ARABIC.tag]) == ("new, and untranslated", "")


def test_the_terminology_file_has_the_structure_of_iso_30042() -> None:
    root = ElementTree.fromstring(to_tbx([GRADIENT, NEW], LANGUAGES, "A <book>").encode())
    assert root.tag == f"{{{TBX}}}tbx"
    assert (root.get("type"), root.get("style"), root.get(f"{XML}lang")) == (
        "TBX-Basic",
        "dca",
        "en",
    )
    assert [child.tag.removeprefix(f"{{{TBX}}}") for child in root] == ["tbxHeader", "text"]
    entries = root.findall(f".//{{{TBX}}}conceptEntry")
    assert [entry.get("id") for entry in entries] == ["term-gradient", "term-new"]
    sections = {section.get(f"{XML}lang"): section for section in entries[0]}
    assert list(sections) == [SOURCE.tag, ARABIC.tag]
    assert sections[ARABIC.tag].findtext(f"{{{TBX}}}termSec/{{{TBX}}}term") == "التدرج"
    definition = sections[SOURCE.tag].find(f"{{{TBX}}}descripGrp/{{{TBX}}}descrip")
    assert definition is not None
    assert (definition.get("type"), definition.text) == ("definition", "A slope, $a<b$.")


def test_machines_read_a_defined_term_set_and_no_markup_ends_their_script() -> None:
    text = to_json_ld([GRADIENT, NEW], ARABIC, "المسرد </script>")
    assert "<" not in text
    described = json.loads(text)
    assert described["@type"] == "DefinedTermSet"
    assert described["inLanguage"] == ARABIC.tag
    (term,) = described["hasDefinedTerm"]
    assert (term["name"], term["description"]) == ("التدرج", "ميل.")
    assert term["alternateName"] == [{"@language": "en", "@value": "gradient"}]


def test_a_deck_asks_each_translated_term_in_both_directions(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "deck.apkg"
    write_deck(path, [GRADIENT, NEW], SOURCE, ARABIC, "Book")
    zipfile.ZipFile(path).extract("collection.anki2", tmp_path)
    database = sqlite3.connect(tmp_path / "collection.anki2")
    (fields,) = [row[0].split("\x1f") for row in database.execute("select flds from notes")]
    assert fields == ["gradient", "التدرج", "ميل."]
    assert database.execute("select count(*) from cards").fetchone() == (2,)
    (models,) = database.execute("select models from col").fetchone()
    assert 'dir=\\"rtl\\"' in models
    database.close()


def test_a_deck_written_again_keeps_the_readers_progress(tmp_path: Path) -> None:
    guids = []
    for name in ("one", "two"):
        write_deck(tmp_path / name, [GRADIENT], SOURCE, ARABIC, "Book")
        zipfile.ZipFile(tmp_path / name).extract("collection.anki2", tmp_path)
        database = sqlite3.connect(tmp_path / "collection.anki2")
        guids.append(database.execute("select guid, mid from notes").fetchall())
        database.close()
    assert guids[0] == guids[1]
