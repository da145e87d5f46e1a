from pathlib import Path

import pytest
from real_book import ROOT

from booktools.glossary_terms import TermsError, find, load_terms


@pytest.mark.parametrize(
    ("matching", "form", "texts"),
    [
        ("suffixes", "ağırlık", ["ağırlığın", "Ağırlıklar", "AĞIRLIK", "ağırlığı"]),
        ("suffixes", "öğrenme oranı", ["öğrenme oranının", "öğrenme oranları", "Öğrenme oranı"]),
        ("suffixes", "ReLU", ["ReLU'nun", "ReLU’ya", "ReLU"]),
        ("suffixes", "artık blok", ["artık bloğun", "Artık bloklar"]),
        ("suffixes", "kayıp fonksiyonu", ["kayıp fonksiyonunu", "kayıp fonksiyonları"]),
        ("suffixes", "sinir ağı", ["sinir ağının", "sinir ağları"]),
        ("clitics", "التدرج", ["وللتدرج", "بالتدرج", "تدرجها", "تدرجًا", "فالتدرج", "التدرّج"]),
        (
            "clitics",
            "دالة التنشيط",
            ["ودالة التنشيط", "دالة التنشيطِ", "لدالة التنشيط"],
        ),
        ("clitics", "الطبقة المخفية", ["طبقة مخفية", "للطبقة المخفية"]),
        ("clitics", "أوزان", ["الأوزان", "أوزانها", "بأوزان", "الاوزان"]),
        ("substring", "He 初始化", ["He初始化", "用 He 初始化权重"]),
        ("words", "tốc độ học", ["Tốc độ học là", "tốc  độ học"]),
        ("plurals", "ligação residual", ["ligações residuais", "Ligação residual"]),
        ("plurals", "desaparecimento do gradiente", ["desaparecimento dos gradientes"]),
        ("plurals", "camada", ["camadas", "camada"]),
    ],
)
def test_an_inflected_form_is_found(matching: str, form: str, texts: list[str]) -> None:
    for text in texts:
        assert find(matching, f"x {text}, y", form), text


@pytest.mark.parametrize(
    ("matching", "form", "text"),
    [
        ("suffixes", "sınır", "sinir"),
        ("suffixes", "gradyan", "bugradyan"),
        ("clitics", "طبقة", "تطبيق"),
        ("clitics", "التدرج", "التدريج"),
        ("words", "tầng", "tầngx"),
        ("plurals", "camada", "camadazinha"),
        ("plurals", "lote", "pacotilote"),
    ],
)
def test_another_word_is_not_found(matching: str, form: str, text: str) -> None:
    assert not find(matching, text, form)


def test_the_longest_english_name_wins() -> None:
    terms = load_terms(ROOT / "locales" / "tr" / "terms.toml")
    found = [term.english[0] for term in terms.mentioned("Batch normalizations and gradients")]
    assert found == ["batch normalization", "gradient"]


def test_every_table_of_terms_is_sound() -> None:
    tables = sorted((ROOT / "locales").glob("*/terms.toml"))
    assert len(tables) >= 5
    for table in tables:
        terms = load_terms(table)
        for term in terms.terms:
            assert terms.says(term.approved, term), (table, term.approved)
            for form in term.forbidden:
                others = [t.approved for t in terms.terms if terms.same(t.approved, form)]
                assert not others, (table, form)
                hidden = terms.found(terms.without(form, form), form)
                assert hidden, (table, form, "an accepted form of some term hides it")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[x", "it must be TOML with a table per concept"),
        ('matching = "magic"', 'matching must be "words" or "plurals" or "suffixes"'),
        ("[gradient]\nnote = ''", r"\[gradient\]: approved is missing; add it"),
        ('[gradient]\napproved = "x"\nacepted = []', "unknown key acepted; known keys are english"),
        (
            '[gradient]\napproved = "x"\nforbidden = { y = "" }',
            "forbidden.y must give its reason, got '';",
        ),
    ],
)
def test_a_broken_table_is_refused_with_its_remedy(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "terms.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TermsError, match=complaint):
        load_terms(path)


def test_no_table_means_no_terms(tmp_path: Path) -> None:
    assert load_terms(tmp_path / "terms.toml").terms == ()
