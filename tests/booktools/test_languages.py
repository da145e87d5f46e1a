import tomllib
from pathlib import Path

import pytest
from real_book import BOOK

from booktools.languages import (
    Language,
    LanguageError,
    check_language,
    language_table,
    load_languages,
    sort_key,
)

TABLE = """[xx]
tag = "xx"
name = "Exish"
direction = "ltr"
plurals = "nplurals=2; plural=(n != 1);"
source = true
"""


def language(code: str) -> Language:
    return BOOK.language(code)


def test_the_table_names_one_source_and_every_folder_of_catalogues() -> None:
    languages = BOOK.languages
    assert BOOK.source.code == "en"
    folders = {path.name for path in BOOK.language_table.parent.iterdir() if path.is_dir()}
    assert folders <= {language.code for language in languages}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("xx", "x"), "a code is like `xx` or `xx_YY`, got 'x'"),
        (('tag = "xx"', 'tag = "x y"'), "tag must be a BCP 47 tag like xx-YY, got 'x y'"),
        (('"ltr"', '"up"'), 'direction must be "ltr" or "rtl", got \'up\''),
        (('name = "Exish"\n', ""), "name is missing; add it"),
        (('name = "Exish"', 'name = " "'), "name must be the language's name"),
        (('name = "Exish"', "name = 3"), "name must be a text, got 3; write it in quotation marks"),
        (('name = "Exish"', 'name = "Exish"\nnmae = "x"'), "unknown key nmae; known keys are"),
        (("nplurals=2", "nplurals=x"), "plurals must be like"),
        (
            ("source = true", 'alphabet = "aba"\nsource = true'),
            "alphabet must name every letter once",
        ),
        (("source = true\n", ""), "exactly one table must say `source = true`, got none"),
        (("[xx]", "[xx"), "it must be TOML with a table per language"),
        (("[xx]\n", "yy = 1\n[xx]\n"), r"\[yy\] must be a table, got 1; write `\[yy\]` above it"),
    ],
)
def test_a_broken_table_is_refused_with_its_remedy(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    path = tmp_path / "languages.toml"
    path.write_text(
        TABLE.replace(*change, 1) if change[0] != "xx" else TABLE.replace("[xx]", "[x]")
    )
    with pytest.raises(LanguageError, match=complaint) as error:
        load_languages(path)
    assert str(path) in str(error.value)


def test_a_missing_table_is_named_with_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(LanguageError, match="No such file or directory; `python -m booktools new"):
        load_languages(tmp_path / "languages.toml")


def test_a_written_table_reads_back() -> None:
    original = language("ar")
    table = tomllib.loads(language_table(original))["ar"]
    assert Language(code="ar", **table) == original


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", ["batch", "ReLU", "sigmoid"]),
        ("pt", ["ação", "época", "erro", "função", "função de perda", "gradiente"]),
        (
            "vi",
            [
                "ánh xạ",
                "ăn",
                "batch",
                "cổng",
                "dốc",
                "đạo hàm",
                "epoch",
                "gradient",
                "khối",
                "ô nhớ",
                "ReLU",
                "tầng",
                "trọng số",
                "ước",
            ],
        ),
        ("tr", ["çapraz", "doğru", "ısı", "ileri", "İniş", "öğrenme", "Xavier", "zincir"]),
        (
            "zh_CN",
            [
                "GELU",
                "ReLU",
                "饱和",
                "层",
                "长短期记忆网络",
                "反向传播",
                "权重",
                "梯度",
                "梯度消失",
            ],
        ),
        ("ar", ["الانتشار", "البوابة", "التدرج", "تدفق", "الطبقة", "العمق"]),
    ],
)
def test_headwords_stand_in_the_readers_own_order(code: str, words: list[str]) -> None:
    assert sorted(dict.fromkeys(words[::-1]), key=sort_key(language(code))) == words


def test_composed_and_decomposed_headwords_sort_alike() -> None:
    key = sort_key(language("vi"))
    assert key("tầng") == key("tầng")


def test_plural_rules_say_how_many_numbers_a_form_has() -> None:
    arabic = language("ar")
    assert arabic.plural_count == 6
    assert [arabic.plural_numbers(form) == 1 for form in range(6)] == [True] * 3 + [False] * 3


@pytest.mark.parametrize("rule", ["n/(n-2000)", "n%(n-1500)", "n%n", "n/ 0", "n%(10)", "1/-1"])
def test_a_plural_rule_divides_by_numbers_only(rule: str) -> None:
    """No number up to 1000 tells whether a larger one would divide by zero."""
    given = {"tag": "xx", "name": "X", "direction": "ltr"}
    plurals = f"nplurals=2; plural=(n>1000 ? {rule} : 0);"
    with pytest.raises(LanguageError, match="never divide by zero"):
        check_language(Path("languages.toml"), Language(code="xx", plurals=plurals, **given))
