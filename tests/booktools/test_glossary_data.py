"""The glossary leaves the book whole: as a table, for translators, as cards, for machines."""

import csv
import io
import json
import os
import sqlite3
import string
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import validate
from real_book import BOOK
from schema_shapes import TERMS

from booktools.glossary_data import (
    TBX,
    Concept,
    Wording,
    to_csv,
    to_json_ld,
    to_tbx,
    write_deck,
)
from booktools.languages import Language
from booktools.markup import plain_text

LANGUAGES = BOOK.languages
SOURCE = next(language for language in LANGUAGES if language.source)
ARABIC = next(language for language in LANGUAGES if language.direction == "rtl")
GRADIENT = Concept(
    "term-gradient",
    {SOURCE.code: Wording("gradient", "A slope, $a<b$."), ARABIC.code: Wording("التدرج", "ميل.")},
)
NEW = Concept("term-new", {SOURCE.code: Wording("new, and untranslated", "Text.")})
PAGE = "https://example.org/ar/glossary.html"
XML = "{http://www.w3.org/XML/1998/namespace}"


def test_a_message_becomes_plain_text() -> None:
    message = (
        "The {term}`gradients <gradient>` of `x` {cite}`he2015,he2016`, with $a<b$; {term}`ReLU`."
    )
    assert plain_text(message) == "The gradients of x, with $a<b$; ReLU."


def test_a_message_that_is_markdown_becomes_what_its_page_shows() -> None:
    message = (
        "3\\. \\(x\\) \\[latex\\] *twice* 65\u00a0520 &eacute; "
        "[a link](https://a.example)\nend {math}`a`"
    )
    assert plain_text(message) == "3. (x) [latex] twice 65\u00a0520 é a link end $a$"


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
    text = to_json_ld({PAGE: [GRADIENT, NEW]}, ARABIC, "المسرد </script>", "https://l.org")
    assert "<" not in text
    described = json.loads(text)
    assert described["@type"] == "DefinedTermSet"
    assert described["inLanguage"] == ARABIC.tag
    (term,) = described["hasDefinedTerm"]
    assert (term["name"], term["description"]) == ("التدرج", "ميل.")
    assert term["alternateName"] == ["gradient"]
    assert term["url"] == f"{PAGE}#term-gradient"
    validate(described, TERMS)
    (english, _new) = json.loads(to_json_ld({PAGE: [GRADIENT, NEW]}, SOURCE, "B"))["hasDefinedTerm"]
    assert english["description"] == "A slope, a < b."


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


def deck(path: Path, *concepts: Concept, language: Language = ARABIC) -> bytes:
    write_deck(path, concepts, SOURCE, language, "Book")
    return path.read_bytes()


def test_two_decks_of_the_same_terms_are_the_same_bytes(tmp_path: Path) -> None:
    first = deck(tmp_path / "one.apkg", GRADIENT)
    script = (
        "import sys; sys.path[:0] = sys.argv[2:]; from pathlib import Path\n"
        "from test_glossary_data import *; deck(Path(sys.argv[1]), GRADIENT)"
    )
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.apkg"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"}
        folders = map(str, Path(__file__).parents[:2])
        subprocess.run([sys.executable, "-c", script, path, *folders], check=True, env=environment)
        assert path.read_bytes() == first


def test_a_deck_says_when_its_words_changed_so_that_anki_updates_its_cards(tmp_path: Path) -> None:
    times = []
    for revised in (1_800_000_000, 1_800_000_001):
        write_deck(tmp_path / "deck", [GRADIENT], SOURCE, ARABIC, "Book", revised)
        times.append(rows(tmp_path / "deck", "select id, mod from notes"))
    ((first,), (second,)) = times
    assert first[0] == second[0]
    assert (first[1], second[1]) == (1_800_000_000, 1_800_000_001)


def test_decks_of_two_languages_share_no_number(tmp_path: Path) -> None:
    found = []
    for language in LANGUAGES[1:]:
        concept = Concept(
            "term-a", {SOURCE.code: Wording("a", ""), language.code: Wording("b", "")}
        )
        deck(tmp_path / "deck", concept, language=language)
        found += rows(tmp_path / "deck", "select id from notes union select id from cards")
    assert len(set(found)) == 3 * len(LANGUAGES[1:])


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with zipfile.ZipFile(path) as archive, closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(archive.read("collection.anki2"))
        return database.execute(query).fetchall()


STRANGE = {
    "control": "a\x01b\x7f\x85",
    "field separator": "a\x1fb",
    "NUL": "a\x00b",
    "noncharacter": "a\uffffb\ufdd0\U0001ffff",
    "surrogate": "a\ud800b",
    "markup": "<img src=x onerror=alert(1)>\"'&amp;",
    "script": "</script><!--<script>\u2028\u2029",
    "XML": "]]><![CDATA[<?xml?><!DOCTYPE x>&x;",
    "template": "{{{{=<% %>=}}{{FrontSide}}{{c1::x}}",
    "LaTeX": "[LaTeX]\\input{/etc/passwd}[/latex][$]x[/$][$$]x[sound:x.mp3][anki:tts]",
    "lines": "a\r\nb\rc\u2028d",
    "reversal": "a\u202eb",
    "long": "a" * 100_000,
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_whatever_a_glossary_says_its_files_are_well_formed(tmp_path: Path, text: str) -> None:
    concept = Concept(
        "term-x", {SOURCE.code: Wording(text, text), ARABIC.code: Wording(text, f"${text}$")}
    )
    tbx = to_tbx([concept], LANGUAGES, text).encode("utf-8")
    root = ElementTree.fromstring(tbx)
    assert [element.tag for element in root.iter()] == [
        element.tag for element in ElementTree.fromstring(to_tbx_of_plain_words()).iter()
    ]
    table = to_csv([concept], LANGUAGES)
    table.encode("utf-8")
    (header, row) = csv.reader(io.StringIO(table))
    assert len(header) == len(row) == 1 + 2 * len(LANGUAGES)
    assert len(table.splitlines()) == 2
    json_ld = to_json_ld({PAGE: [concept]}, ARABIC, text)
    json_ld.encode("utf-8")
    assert not set("<>&\u2028\u2029") & set(json_ld)
    json.loads(json_ld)
    deck(tmp_path / "deck", concept)
    ((fields,),) = rows(tmp_path / "deck", "select flds from notes")
    assert len(fields.split("\x1f")) == 3
    assert not any(
        sign in fields for sign in ("<", '"', "{{", "[LaTeX", "[/", "[$", "[sound", "[anki")
    )


def to_tbx_of_plain_words() -> str:
    words = {code: Wording("a", "b") for code in (SOURCE.code, ARABIC.code)}
    return to_tbx([Concept("term-x", words)], LANGUAGES, "a")


@pytest.mark.parametrize(
    "before",
    [
        "",
        " ",
        "\t",
        "\n",
        "\r",
        '"',
        "'",
        "“",
        "\u00a0",
        "\ufeff",
        "\u200f",
        "\u3000",
        "a;",
        '"; "',
        "\x00",
    ],
)
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "−"])
def test_no_column_of_the_table_holds_a_formula(before: str, sign: str) -> None:
    text = f"{before}{sign}cmd|' /C calc'!A0"
    strange = replace(ARABIC, tag=text)
    concept = Concept(text, dict.fromkeys((SOURCE.code, ARABIC.code), Wording(text, text)))
    header, row = csv.reader(io.StringIO(to_csv([concept], [SOURCE, strange])))
    for cell in [header[2], *row]:  # other columns are called "definition …"
        for part in cell.split(";"):
            bare = part.strip(f'{string.whitespace}“"\u00a0\ufeff\u200f\u3000\ufffd')
            assert bare[:1] in ("'", "", "a"), (cell, part)


def test_an_innocent_text_stays_as_it_is_in_the_table() -> None:
    texts = ["gradient", "$-x$ and a-b", "50 % = half", "ReLU (= max)", "a; b - c", "التدرج - ميل"]
    for text in texts:
        concept = Concept("term-x", {SOURCE.code: Wording(text, text)})
        assert list(csv.reader(io.StringIO(to_csv([concept], [SOURCE]))))[1] == [
            "term-x",
            text,
            text,
        ]


HOSTILE = "\"><img src=x onerror=alert(1)>{{=::}}</script>'&"


def test_a_language_that_no_schema_saw_is_only_text_in_every_file(tmp_path: Path) -> None:
    evil = replace(ARABIC, name=HOSTILE, tag=HOSTILE, direction=HOSTILE)
    root = ElementTree.fromstring(to_tbx([GRADIENT], [SOURCE, evil], HOSTILE))
    assert root.findall(f".//{{{TBX}}}langSec")[1].get(f"{XML}lang") == HOSTILE
    assert "<" not in to_json_ld({PAGE: [GRADIENT]}, evil, HOSTILE)
    deck(tmp_path / "deck", GRADIENT, language=evil)
    ((models,),) = rows(tmp_path / "deck", "select models from col")
    (model,) = json.loads(models).values()
    names = [field["name"] for field in model["flds"]]
    shapes = [template["qfmt"] + template["afmt"] for template in model["tmpls"]]
    assert not set('<>"{}:&') & set("".join(names))
    assert not any("<img" in shape or "onerror=alert(1)>" in shape for shape in shapes)
    assert all(f"{{{{{name}}}}}" in "".join(shapes) for name in names)


def test_a_name_with_vowel_signs_keeps_them_in_the_deck(tmp_path: Path) -> None:
    deck(tmp_path / "deck", GRADIENT, language=replace(ARABIC, name="हिन्दी"))
    ((models,),) = rows(tmp_path / "deck", "select models from col")
    (model,) = json.loads(models).values()
    assert [field["name"] for field in model["flds"]] == [SOURCE.name, "हिन्दी", "="]


def test_formulas_and_intervals_stay_as_they_are_in_the_deck(tmp_path: Path) -> None:
    words = Wording("a", "From $\\frac{1}{2}$ in [0, 1].")
    deck(tmp_path / "deck", Concept("term-a", {SOURCE.code: words, ARABIC.code: words}))
    ((fields,),) = rows(tmp_path / "deck", "select flds from notes")
    assert fields.split("\x1f")[2] == "From \\(\\frac{1}{2}\\) in [0, 1]."
