import json
from xml.etree import ElementTree

import pytest

from booktools.embedding import cleaned, script_json, spreadsheet_cell


def test_every_code_point_may_stand_in_xml_once_cleaned() -> None:
    for start in range(0, 0x110000, 0x1000):
        text = "".join(map(chr, range(start, start + 0x1000)))
        element = ElementTree.Element("a")
        element.text = cleaned(text)
        data = ElementTree.tostring(element, "utf-8")
        assert ElementTree.fromstring(data).text == cleaned(text).replace("\r", "\n")


def test_what_files_can_hold_is_kept() -> None:
    text = "a\t\n\r çok العربية 梯度 😀 \u200c"
    assert cleaned(text) == text
    assert cleaned("\x00\x1f\x7f\x85\ud800\ufdd0\ufffe\U0010ffff") == "\ufffd" * 8


def test_json_in_a_script_reads_back_and_holds_no_markup() -> None:
    value = {"</script>": ["<!--", "&amp;", "\u2028\u2029", "العربية"]}
    text = script_json(value)
    assert json.loads(text) == value
    assert "العربية" in text
    assert not set("<>&\u2028\u2029") & set(text)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1", "'=1"),
        ("\t=1", "' =1"),
        ("a\r\n=1", "a =1"),
        ("a;=1", "a;'=1"),
        ("a, =1", "a, =1"),
        ("＝1", "'＝1"),
        ("x=1", "x=1"),
    ],
)
def test_a_cell_is_one_line_and_no_formula(text: str, cell: str) -> None:
    assert spreadsheet_cell(text) == cell
