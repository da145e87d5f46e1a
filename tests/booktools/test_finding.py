"""Words are found as readers type them: folded, bent, misspelt, unfinished, of any language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from finder import Question, ask

from booktools.faults import BuildError
from booktools.search import SOUGHT, read_sought, write_places

PAGES = {
    "en": {
        "residual": ("Residual connections", "A path that adds. Use BatchNorm1d here."),
        "recurrent": ("Recurrence", "A vanishing gradient, and normalization. Call fan_in."),
        "question": ("What is the loss?", "It falls, how much it falls: why is it my loss."),
    },
    "tr": {"sifir": ("Sıfır", "Ağırlıkların İlklemesi kaybolması."), "other": ("Kutu", "Bağlam.")},
    "vi": {"dao": ("Đạo hàm", "Mạng nơ-ron."), "other": ("Khởi tạo", "Hàm.")},
    "zh": {"gate": ("门控循环", "偏置与残差连接。"), "other": ("初始化", "激活函数。")},
    "pt": {
        "det": ("Deteção de objetos", "As ligações."),
        "other": ("Rede neuronal", "Desaparece."),
    },
    "ar": {"init": ("تهيئة الأوزان", "تلاشي التدرج"), "other": ("الانتباه", "وصلة")},
}
GLOSSARY = """<article><section><h1>Glossary</h1><dl class="glossary">
<dt id="term-s">residual connection</dt><dd>
<p>It.</p><ul class="vg-names"><li><p><span lang="zh"><span>残差连接</span></span></p></li>
<li><p><span lang="en"><span>shortcut</span></span></p></li></ul></dd></dl></section></article>"""
PAGE = "<article><section><h1>{}</h1><p>{}</p></section></article>"

PROBES = {
    "en": {
        "RESIDUAL": "residual",
        "connected": "residual",
        "vanishing gradients": "recurrent",
        "vanshing": "recurrent",
        "normalizaton": "recurrent",
        "gradeint": "recurrent",
        "normalising": "recurrent",
        "recur": "recurrent",
        "batchnorm": "residual",
        "fan_in": "recurrent",
        "残差连接": "residual",
        "shortcuts": "residual",
        "Why isn't my loss falling?": "recurrent",
        "how to use it": "residual",
        "what is the": "question",
        "batch norm1d": "residual",
        "fan in": "recurrent",
        "vanishinggradient": "recurrent",
        "recurrence": "recurrent",
    },
    "tr": {
        "SIFIR": "sifir",
        "sifir": "sifir",
        "agirlik": "sifir",
        "ilkleme": "sifir",
        "kaybolan": "sifir",
    },
    "vi": {"dao ham": "dao", "đạo": "dao", "KHOI TAO": "other", "daoham": "dao"},
    "zh": {
        "偏置": "gate",
        "门": "gate",
        "殘差連接": "gate",
        "激活的": "other",
        "門": "gate",
        "啟動函數": "other",
    },
    "pt": {
        "detecção": "det",
        "ligacao": "det",
        "rede neural": "other",
        "desaparecimento": "other",
    },
    "ar": {"التهيئه": "init", "تلاشى": "init", "بالانتباه": "other", "الوصلات": "other"},
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, list[Any]]]:
    """Give what each probe finds, by language and query."""
    questions = []
    for code, pages in PAGES.items():
        site: Path = tmp_path_factory.mktemp(code)
        for name, (title, text) in pages.items():
            (site / f"{name}.html").write_text(PAGE.format(title, text), encoding="utf-8")
        (site / "terms.html").write_text(GLOSSARY, encoding="utf-8")
        if code == "en":
            write_places(site, [*pages, "terms"], {"recurrent": ["loss not fall"]})
        else:
            write_places(site, pages)
        queries = [*PROBES[code], "xyzzyx", "  ", "gradient"]
        questions.append(Question(site / "places.js", code, queries))
    answers = ask(*questions)
    return {
        one.language: dict(zip(one.queries, given, strict=True))
        for one, given in zip(questions, answers, strict=True)
    }


def test_queries_of_a_place_that_is_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE.format("Title", "Text."), encoding="utf-8")
    with pytest.raises(BuildError, match=r"leads to page#gone, which is no place"):
        write_places(tmp_path, ["page"], {"page": ["a"], "page#gone": ["b"]})


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("page = ", "must be TOML in UTF-8, got: Invalid value"),
        ('page = "words"', "page must have a list of queries, got 'words'"),
        ('page = ["words", 3]', 'page must have a list of queries, got .*write "page" ='),
    ],
)
def test_a_table_of_queries_that_cannot_be_read_says_why(
    tmp_path: Path, table: str, error: str
) -> None:
    path = tmp_path / SOUGHT
    assert read_sought(path) == {}
    path.write_text(table, encoding="utf-8")
    with pytest.raises(BuildError, match=error):
        read_sought(path)


@pytest.mark.parametrize(
    ("code", "query"), [(code, query) for code, probes in PROBES.items() for query in probes]
)
def test_a_word_is_found_as_it_is_typed(
    found: Mapping[str, Mapping[str, list[Any]]], code: str, query: str
) -> None:
    addresses = [one["address"] for one in found[code][query]]
    assert addresses[:1] == [f"{PROBES[code][query]}.html"]


@pytest.mark.parametrize("code", PAGES)
def test_nothing_is_found_where_nothing_is(
    found: Mapping[str, Mapping[str, list[Any]]], code: str
) -> None:
    assert found[code]["xyzzyx"] == found[code]["  "] == []


def test_an_excerpt_marks_what_was_found(found: Mapping[str, Mapping[str, list[Any]]]) -> None:
    hit = found["en"]["gradient"][0]["places"][0]
    assert hit["excerpt"] == [
        ["A vanishing ", False],
        ["gradient", True],
        [", and normalization. Call fan_in.", False],
    ]
