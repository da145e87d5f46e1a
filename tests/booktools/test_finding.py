"""Words are found as readers type them: folded, bent, misspelt, unfinished, of any language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from finder import Question, ask

from booktools.search import write_places

PAGES = {
    "en": {
        "residual": ("Residual connections", "A path that adds. Use BatchNorm1d here."),
        "recurrent": ("Recurrence", "A vanishing gradient, and normalization. Call fan_in."),
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
    },
    "tr": {
        "SIFIR": "sifir",
        "sifir": "sifir",
        "agirlik": "sifir",
        "ilkleme": "sifir",
        "kaybolan": "sifir",
    },
    "vi": {"dao ham": "dao", "đạo": "dao", "KHOI TAO": "other"},
    "zh": {"偏置": "gate", "门": "gate", "殘差連接": "gate", "激活的": "other"},
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
        write_places(site, [*pages, "terms"] if code == "en" else pages)
        queries = [*PROBES[code], "xyzzyx", "  ", "gradient"]
        questions.append(Question(site / "places.js", code, queries))
    answers = ask(*questions)
    return {
        one.language: dict(zip(one.queries, given, strict=True))
        for one, given in zip(questions, answers, strict=True)
    }


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
