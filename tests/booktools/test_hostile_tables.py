"""Tables that a stranger wrote: whatever stands in them, the answer is a sentence, and quick."""

import re
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from click.testing import CliRunner
from small_book import SmallBook

from booktools.__main__ import booktools
from booktools.book import Book
from booktools.catalogues import new_language
from booktools.characters import is_name
from booktools.checks import check_catalogues
from booktools.glossary_terms import Term, Terms, TermsError, load_terms
from booktools.languages import LanguageError, load_languages

SOURCE = """\
[en]
tag = "en"
name = "English"
direction = "ltr"
plurals = "nplurals=2; plural=(n != 1);"
source = true
"""
ARABIC = """\
[ar]
tag = "ar"
name = "العربية"
direction = "rtl"
plurals = "nplurals=2; plural=(n != 1);"
source = false
alphabet = "ابت"
ignored_prefix = "ال"
font = "NotoSansSC"
"""
TERMS = """\
matching = "words"
typography = ["arabic"]
always = { "bad word" = "the guide says so" }

[gradient]
english = ["slope"]
approved = "dốc"
accepted = ["độ dốc", "các dốc"]
forbidden = { "gradien" = "is misspelt" }
unless = ["colour"]
required = false
note = "seen often"
"""
ODD = {
    "negative": "-1",
    "number": "0.5",
    "nan": "nan",
    "infinity": "-inf",
    "huge": "0x" + "f" * 2900,
    "true": "true",
    "false": "false",
    "date": "2026-01-01",
    "time": "07:32:00",
    "moment": "2026-01-01T07:32:00Z",
    "nothing": '""',
    "blank": '" "',
    "empty list": "[]",
    "list of numbers": "[1, 2]",
    "list of lists": '[["a"]]',
    "mixed list": '["a", nan]',
    "empty table": "{}",
    "table": "{ a = 1 }",
    "table of tables": "{ a = { b = [] } }",
    "markup": '"<img src=x onerror=alert(1)>"',
    "reversal": '"a\\u202eb"',
    "isolate": '"a\\u2066b"',
    "NUL": '"a\\u0000b"',
    "line break": '"a\\nb"',
    "noncharacter": '"a\\uFFFFb"',
    "hangul filler": '"\\u3164"',
    "blank hieroglyph": '"\\U00013441"',
    "zero width": '"a\\u200bb"',
    "tag letters": '"a\\U000E0041b"',
    "path": '"../../etc/passwd"',
    "long": '"' + "a" * 2500 + '"',
}


def replaced(table: str, odd: str) -> list[tuple[str, str, str]]:
    """Return (key, its value, the table with `odd` there) for each value, and each in a value."""
    behind = "" if odd.startswith('"') else "(?! =)"  # a key is always a text
    texts = re.compile(rf'(?<=[\[ ])"[^"]+"{behind}')
    found = []
    for line in re.finditer(r"^(\w+) = (.+)$", table, re.MULTILINE):
        for value in [line[2], *texts.findall(line[2])]:
            changed = f"{line[1]} = {line[2].replace(value, odd, 1)}"
            found.append((line[1], value, table.replace(line[0], changed, 1)))
    return found


def kind(toml: str) -> type:
    return type(tomllib.loads(f"x = {toml}")["x"])


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_value_in_the_table_of_languages_is_a_sentence_with_its_key(
    tmp_path: Path, odd: str
) -> None:
    path = tmp_path / "languages.toml"
    for key, value, table in replaced(ARABIC, odd):
        path.write_text(SOURCE + table, encoding="utf-8")
        try:
            (_english, language) = load_languages(path)
        except LanguageError as error:
            assert_sentence(error, path, "[ar]", key)
        else:
            assert kind(odd) is kind(value), f"{key} = {odd[:60]} was accepted as {language}"


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_value_in_a_table_of_terms_is_a_sentence_with_its_key(
    tmp_path: Path, odd: str
) -> None:
    path = tmp_path / "terms.toml"
    for key, value, table in replaced(TERMS, odd):
        path.write_text(table, encoding="utf-8")
        try:
            terms = load_terms(path)
        except TermsError as error:
            assert_sentence(error, path, key)
        else:
            assert kind(odd) is kind(value), f"{key} = {odd[:60]} was accepted as {terms}"
            exercise(terms)


def assert_sentence(error: Exception, path: Path, *words: str) -> None:
    message = str(error)
    assert all(word in message for word in (str(path), *words)), message
    assert message.isprintable(), ascii(message)
    assert len(message) < len(str(path)) + 500, message
    assert "; " in message, f"{message} names no remedy"


def exercise(terms: Terms) -> None:
    """Use every method: none may raise, whatever the table holds."""
    for term in terms.mentioned("a gradient and a slope", nested=True):
        assert isinstance(terms.says("ein Text", term), bool)
        for form in term.forbidden:
            terms.found(terms.without("ein Text", form), form)
            terms.same("x", form)


CODES = {
    "capitals": "EN",
    "long": "abcd",
    "hyphen": "zh-CN",
    "path": '"../x"',
    "absolute": '"/etc"',
    "NUL": '"a\\u0000"',
    "hidden folder": '"_build"',
    "reserved": "con",
    "reserved twice": "nul",
    "empty": '""',
    "blank": '"x y"',
    "markup": '"<b>"',
    "cyrillic": '"хх"',
    "small region": "zh_cn",
    "line break": '"en\\n"',
    "reversal": '"\\u202een"',
    "very long": "a" * 2500,
}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_a_code_that_could_be_no_folder_everywhere_is_refused(tmp_path: Path, code: str) -> None:
    path = tmp_path / "languages.toml"
    path.write_text(SOURCE + ARABIC.replace("[ar]", f"[{code}]"), encoding="utf-8")
    with pytest.raises(LanguageError, match="a code is like `xx` or `xx_YY`, got") as error:
        load_languages(path)
    assert_sentence(error.value, path)


@pytest.mark.parametrize("code", ["ar", "pt_BR", "sr_Latn", "zh_Hans_CN", "es_419", "fil"])
def test_the_usual_shapes_of_codes_are_languages(tmp_path: Path, code: str) -> None:
    path = tmp_path / "languages.toml"
    direction = "rtl" if code == "ar" else "ltr"
    table = ARABIC.replace("[ar]", f"[{code}]").replace('"rtl"', f'"{direction}"')
    path.write_text(SOURCE + table, encoding="utf-8")
    assert load_languages(path)[1].code == code


def test_a_language_is_written_as_unicode_says(tmp_path: Path) -> None:
    path = tmp_path / "languages.toml"
    path.write_text(SOURCE + ARABIC.replace('"rtl"', '"ltr"'), encoding="utf-8")
    with pytest.raises(
        LanguageError, match=r"\[ar\]: direction must be 'rtl', .* got 'ltr'"
    ) as error:
        load_languages(path)
    assert_sentence(error.value, path)


def test_a_name_is_no_address(tmp_path: Path) -> None:
    path = tmp_path / "languages.toml"
    table = re.sub('name = ".*"', 'name = "www.evil.example"', ARABIC)
    path.write_text(SOURCE + table, encoding="utf-8")
    with pytest.raises(LanguageError, match="no address") as error:
        load_languages(path)
    assert_sentence(error.value, path)


def test_a_table_cannot_make_a_translation_the_source(small_book: SmallBook) -> None:
    path = small_book.root / "locales/languages.toml"
    text = path.read_text(encoding="utf-8").replace("source = true\n", "")
    path.write_text(text.replace("[ar]\n", "[ar]\nsource = true\n"), encoding="utf-8")
    with pytest.raises(LanguageError, match=r"\[ar\] says source = true, but .* written in en"):
        _languages = Book(small_book.root).languages


def test_a_folder_of_no_language_is_a_finding(small_book: SmallBook) -> None:
    small_book.write("locales/AR/LC_MESSAGES/theme.po", "")
    found = [str(finding.path) for finding in check_catalogues([], root=small_book.root)]
    assert "locales/AR" in found


@pytest.mark.parametrize(
    "tag", ["ar", "pt-PT", "zh-Hans-CN", "es-419", "sl-rozaj-biske", "zh-yue", "de-1996", "AR-eg"]
)
def test_a_tag_with_the_shape_of_bcp_47_is_taken(tmp_path: Path, tag: str) -> None:
    path = tmp_path / "languages.toml"
    path.write_text(SOURCE + ARABIC.replace('tag = "ar"', f'tag = "{tag}"'), encoding="utf-8")
    assert load_languages(path)[1].tag == tag


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("العربية", "हिन्दी"),
        ("العربية", "آذربایجان تۆرکجه\u200cسی"),
        ("العربية", "中文（繁體）".replace("（", " (").replace("）", ")")),
        ('"ابت"', '"अआइ\u093e\u093f"'),
        ('"ال"', '"the "'),
        ('"ال"', '"l\'"'),
    ],
)
def test_other_scripts_and_articles_are_welcome(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "languages.toml"
    path.write_text(SOURCE + ARABIC.replace(old, new), encoding="utf-8")
    assert len(load_languages(path)) == 2


CHANGES = {
    "tag with a blank": ('tag = "ar"', 'tag = "a r"', "tag must be a BCP 47 tag"),
    "tag of 300 letters": ('tag = "ar"', f'tag = "ar{"-abcdefgh" * 40}"', "35 characters at most"),
    "tag with underscore": ('tag = "ar"', 'tag = "ar_EG"', "tag must be a BCP 47 tag"),
    "tag with a part twice": ('tag = "ar"', 'tag = "de-1996-1996"', "tag must be a BCP 47 tag"),
    "tag with a hyphen at the end": ('tag = "ar"', 'tag = "ar-"', "tag must be a BCP 47 tag"),
    "tag with an Arabic digit": ('tag = "ar"', 'tag = "es-٤١٩"', "tag must be a BCP 47 tag"),
    "tag with a long s": ('tag = "ar"', 'tag = "ſl"', "tag must be a BCP 47 tag"),
    "tag of another": ('tag = "ar"', 'tag = "EN"', r"\[ar\]: tag 'EN' is that of \[en\] already"),
    "name of another": ("العربية", "ENGLISH", r"\[ar\]: name 'ENGLISH' is that of \[en\] already"),
    "name with a mark first": ("العربية", "\u0301a", "name must be the language's name"),
    "name with marks above marks": ("العربية", "ن" + "\u0301" * 9, "name must be the language's"),
    "name with a no-break space": ("العربية", "a\u00a0b", "name must be the language's name"),
    "name with an ampersand": ("العربية", "a&b", "name must be the language's name"),
    "name with a brace": ("العربية", "{{a}}", "name must be the language's name"),
    "name with Markdown": ("العربية", "[a](b)", "name must be the language's name"),
    "name that is private": ("العربية", "a\ue000", "name must be the language's name"),
    "direction in capitals": ('"rtl"', '"RTL"', 'direction must be "ltr" or "rtl", got \'RTL\''),
    "two sources": ("source = false", "source = true", r"got \[en\] and \[ar\]; mark the"),
    "source as a text": ("source = false", 'source = "yes"', "source must be true or false, got"),
    "a misspelt key": ("direction", "directoin", "unknown key directoin; .*did you mean direction"),
    "a key of its own": ("font", "color", "unknown key color; known keys are tag, name"),
    "a key with a line break": ("font", '"a\\nb"', r"unknown key 'a\\nb'; known keys are tag"),
    "no tag": ('tag = "ar"\n', "", r"\[ar\]: tag is missing; add it"),
    "no plurals": (
        'plurals = "nplurals=2; plural=(n != 1);"\nsource',
        "source",
        "plurals is missi",
    ),
    "a letter twice": ("ابت", "ابتا", "alphabet must name every letter once"),
    "an alphabet of signs": ("ابت", "<>&", "alphabet must name every letter once"),
    "a long prefix": (
        '"ال"',
        '"الالالالالالال"',
        "ignored_prefix must be an article of at most 10",
    ),
    "a font's path": ("NotoSansSC", "../x", "font must be the name of a font file"),
    "a table twice": ("[ar]", "[en]", "it must be TOML with a table per language"),
    "no end of a text": (
        '"rtl"',
        '"rtl',
        r"at line 10, column 17\): 'direction = .*; it must be TOML",
    ),
    "no end of a list": ("[ar]", "[ar]\na = [", r"Invalid value \(at line .*; it must be TOML"),
    "no end of all": (
        'font = "NotoSansSC"',
        "font = [",
        r"\(at end of document\); it must be TOML",
    ),
    "a line of 20,000 dots": (
        "[ar]",
        f"a{'.a' * 20000} = 1\n[ar]",
        "line 7, 'a.a.*, has 40,005 characters, the",
    ),
    "lists in lists": (
        "[ar]",
        f"[ar]\na = {'[' * 2500}",
        "brackets stand in brackets without end; it mu",
    ),
    "a number of 5,000 digits": (
        "[ar]",
        f"[ar]\na = {'9' * 5000}",
        "line 8, 'a = 999.* has 5,004 chara",
    ),
}


@pytest.mark.parametrize(("old", "new", "complaint"), CHANGES.values(), ids=CHANGES)
def test_what_a_language_cannot_be_is_refused(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    path = tmp_path / "languages.toml"
    table = ARABIC.replace(old, new, 1)
    assert table != ARABIC
    path.write_text(SOURCE + table, encoding="utf-8")
    with pytest.raises(LanguageError, match=complaint) as error:
        load_languages(path)
    assert_sentence(error.value, path)


PLURALS = {
    "zero divides": ("nplurals=2; plural=(n / (n - 5));", "never divide by zero"),
    "zero is the modulus": ("nplurals=2; plural=(n % 0);", "never divide by zero"),
    "100 brackets": (f"nplurals=2; plural={'(' * 100}n{')' * 100};", "be arithmetic and compar"),
    "2,000 characters": (
        f"nplurals=2; plural={'n+' * 1000}n;",
        "be like .*, 300 characters at most",
    ),
    "a call": ("nplurals=2; plural=abs(n);", "be like"),
    "an attribute": ("nplurals=2; plural=n.real;", "be like"),
    "a power": ("nplurals=2; plural=9**9**9;", "be arithmetic and comparisons"),
    "a shift": ("nplurals=2; plural=(1<<n);", "be arithmetic and comparisons"),
    "Python's words": ("nplurals=2; plural=(n if n else 1);", "be like"),
    "an Arabic digit": ("nplurals=٢; plural=0;", "be like"),
    "form 2 of 2": ("nplurals=2; plural=2;", r"give forms 0 to 1 \(n=0: 2\)"),
    "form -1": ("nplurals=2; plural=(n == 1000 ? 0 - 1 : 0);", r"give forms 0 to 1 \(n=1000: -1\)"),
    "form n": ("nplurals=9; plural=n;", r"give forms 0 to 8 \(n=9: 9\)"),
    "a bracket left open": ("nplurals=2; plural=(n;", "be arithmetic and comparisons"),
    "half a choice": ("nplurals=2; plural=n ? 1;", "be arithmetic and comparisons"),
    "no rule": ("nplurals=2; plural=;", "be like"),
    "no forms": ("nplurals=0; plural=0;", "be like"),
    "a second line": ("nplurals=2; plural=(n != 1);\\nX-Evil: 1", "be like"),
}


@pytest.mark.parametrize(("rule", "complaint"), PLURALS.values(), ids=PLURALS)
def test_a_rule_of_plurals_that_is_not_gettexts_is_refused(
    tmp_path: Path, rule: str, complaint: str
) -> None:
    path = tmp_path / "languages.toml"
    path.write_text(SOURCE + ARABIC.replace("nplurals=2; plural=(n != 1);", rule), encoding="utf-8")
    with pytest.raises(LanguageError, match=rf"\[ar\]: plurals must {complaint}") as error:
        load_languages(path)
    assert_sentence(error.value, path)


TERMS_CHANGES = {
    "matching by magic": ('"words"', '"magic"', 'matching must be "words" or "plurals"'),
    "unknown typography": ('["arabic"]', '["latin"]', r'typography\[0\] must be "arabic" or "han"'),
    "typography as a text": ('["arabic"]', '"arabic"', "typography must be a list of at most 3"),
    "a setting misspelt": ("matching", "matchin", r"\[matchin\] must be a .*did you mean matching"),
    "a reason as a number": ('"the guide says so"', "3", "always.'bad word' must be a text, got 3"),
    "a concept as a text": ("[gradient]", 'mass = "x"\n[gradient]', r"\[mass\] must be a table"),
    "a key misspelt": ("accepted", "acepted", "unknown key acepted; .*did you mean accepted"),
    "no headword": ('approved = "dốc"\n', "", r"\[gradient\]: approved is missing; add it"),
    "a headword of blanks": ('"dốc"', '"  "', r"approved must be a word or a phrase, got '  '"),
    "a headword of signs": ('"dốc"', '"()"', "approved must be a word or a phrase"),
    "a form as a number": ('"các dốc"', "7", r"\[gradient\]: accepted\[1\] must be a text, got 7"),
    "forms as a text": ('["độ dốc", "các dốc"]', '"x"', "accepted must be a list of at most 100"),
    "101 forms": ('["độ dốc", "các dốc"]', str(["a"] * 101), "accepted must be a list of at most"),
    "forbidden as a list": ('{ "gradien" = "is misspelt" }', '["a"]', "forbidden must be a table"),
    "no reason": ('"is misspelt"', '""', "forbidden.gradien must give its reason, got ''"),
    "an invisible variant": (
        '"gradien" =',
        '"a\\u200bb" =',
        r"forbidden: the key 'a\\u200bb' must",
    ),
    "required as a text": ("required = false", 'required = "no"', "required must be true or false"),
    "a name twice": ('["slope"]', '["Loss"]', "the name 'loss' stands in .gradient. already"),
    "a form both ways": ('"gradien" =', '"dốc" =', "'dốc' is both a right form and forbidden"),
    "an English name in signs": ('["slope"]', '["--"]', r"english\[0\] must be an English word"),
    "an open table": ("[gradient]", "[gradient", "it must be TOML with a table per concept"),
    "a concept without a name": ("[gradient]", '[""]', r"\[''\]: the name must be an English word"),
    "a concept in another": ("[gradient]", "[gradient.x]", "unknown key x; known keys are english"),
}


@pytest.mark.parametrize(("old", "new", "complaint"), TERMS_CHANGES.values(), ids=TERMS_CHANGES)
def test_what_a_term_cannot_be_is_refused(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    path = tmp_path / "terms.toml"
    loss = '[loss]\napproved = "mất mát"\n'
    table = TERMS.replace(old, new, 1)
    assert table != TERMS
    path.write_text(table + loss, encoding="utf-8")
    with pytest.raises(TermsError, match=complaint) as error:
        load_terms(path)
    assert_sentence(error.value, path)


@pytest.mark.parametrize("matching", ["words", "plurals", "suffixes", "clitics", "substring"])
@pytest.mark.parametrize(
    "form", ["\u064b", "ـ", "ال", "a", "d", "ı", "sı", "de", "C++", "a.b*", "(a", "[b]", "a\u200cb"]
)
def test_a_form_of_any_shape_is_refused_or_usable(tmp_path: Path, matching: str, form: str) -> None:
    path = tmp_path / "terms.toml"
    table = TERMS.replace('"words"', f'"{matching}"').replace('"độ dốc"', f'"{form}"')
    path.write_text(table, encoding="utf-8")
    try:
        terms = load_terms(path)
    except TermsError as error:
        assert_sentence(error, path, "accepted[0]")
        assert form in "\u064bـ"
    else:
        exercise(terms)
        assert terms.found(f"x {form} y", form)


def test_a_thousand_languages_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "languages.toml"
    codes = [f"{a}{b}" for a in "bcdefghijklmnopqrstuvwxyz" for b in "abcdefghijklmnopqrstuvwxyz"]
    more = "".join(f'[{code}{x}]\ntag = "{code}"\n' for code in codes for x in "xy")
    path.write_text(SOURCE + more, encoding="utf-8")
    started = time.perf_counter()
    with pytest.raises(LanguageError, match=r"it has 1,301 tables, the bound is 100"):
        load_languages(path)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("name", ["languages.toml", "terms.toml"])
@pytest.mark.parametrize("shape", ["2 MB", "zeros", "itself", "folder", "Latin-1", "folder linked"])
def test_a_table_that_is_no_small_text_file_is_refused_by_name(
    tmp_path: Path, name: str, shape: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / name
    if shape == "2 MB":
        path.write_text("# a\n" * 500_000, encoding="utf-8")
    elif shape == "Latin-1":
        path.write_bytes(b'[en]\nname = "Portugu\xeas"')
    elif shape == "folder":
        path.mkdir()
    elif shape == "folder linked":
        path.write_text(SOURCE, encoding="utf-8")
        (tmp_path / "link").symlink_to(folder)
        path = tmp_path / "link" / name
    else:
        path.symlink_to("/dev/zero" if shape == "zeros" else path)
    load: Any = load_languages if name == "languages.toml" else load_terms
    with pytest.raises((LanguageError, TermsError)) as error:
        load(path)
    assert str(path.parent) in str(error.value)
    assert_sentence(error.value, path.parent)


def test_two_thousand_terms_are_read_in_time(tmp_path: Path) -> None:
    path = tmp_path / "terms.toml"
    table = '["term {0}"]\napproved = "từ {0}"\naccepted = ["a {0}", "b {0}"]\n'
    path.write_text("".join(table.format(n) for n in range(2000)), encoding="utf-8")
    started = time.perf_counter()
    assert len(load_terms(path).terms) == 2000
    assert time.perf_counter() - started < 3
    path.write_text("".join(table.format(n) for n in range(2001)), encoding="utf-8")
    with pytest.raises(TermsError, match=r"it has 2,001 tables, the bound is 2,000; remove"):
        load_terms(path)


ACCENTS = "\u0301\u0327"
SLOW = {
    "dots": "\n".join(f"a{line}{'.a' * 1400} = 1" for line in range(170)),
    "dots with blanks": "\n".join(f"[a{line}{' . a' * 700}]" for line in range(170)),
    "accents": "\n".join(f"a{line} = 'a{ACCENTS * 1400}'" for line in range(85)),
    "brackets": "a = " + "[\n" * 240_000,
    "headers": "\n".join(f"[a{line}]" for line in range(50_000)),
    "lists of tables": "[[a]]\n" * 80_000,
    "escaped lines": 'a = """' + "\\\n" * 240_000 + '"""',
    "numbers": "\n".join(f"a{line} = 0x{'f' * 2900}" for line in range(165)),
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_no_table_takes_long(tmp_path: Path, text: str) -> None:
    path = tmp_path / "terms.toml"
    path.write_text(text, encoding="utf-8")
    started = time.process_time()
    with pytest.raises(TermsError) as error:
        load_terms(path)
    assert time.process_time() - started < 5
    assert_sentence(error.value, path)


def test_two_thousand_terms_are_looked_for_in_time() -> None:
    names = [Term(english=(f"term {n}", f"t-{n} x"), approved=f"từ {n}") for n in range(2000)]
    terms = Terms(terms=tuple(names))
    text = "A Term-7, two T-1999   xs and term 12a; " + "plain words of a sentence " * 20
    terms.mentioned(text)
    started = time.process_time()
    for _ in range(20):
        assert [one.english[0] for one in terms.mentioned(text)] == ["term 1999", "term 7"]
    assert time.process_time() - started < 20 * 0.05


def test_check_names_a_broken_table_of_terms_and_still_checks_every_catalogue(
    small_book: SmallBook,
) -> None:
    small_book.write("locales/tr/terms.toml", "matching = 3\n")
    small_book.translate("tr", "<script>alert(1)</script>")
    small_book.translate("ar", "<script>alert(1)</script>")
    findings = check_catalogues(["tr", "ar"], root=small_book.root)
    (broken,) = [finding for finding in findings if finding.rule == "terms"]
    assert str(broken).startswith("locales/tr/terms.toml:1: terms: matching must be")
    hit = {finding.path.parts[1] for finding in findings if finding.rule == "raw_html"}
    assert hit == {"tr", "ar"}


@pytest.mark.parametrize(
    "command", ["build", "serve", "notebooks", "update", "check", "status", "new"]
)
def test_every_command_shows_the_sentence_of_a_broken_table_of_languages(
    small_book: SmallBook, command: str
) -> None:
    small_book.write("locales/languages.toml", SOURCE + ARABIC.replace('"rtl"', "nan"))
    code = "fa" if command == "new" else "ar"
    result = CliRunner().invoke(booktools, ["--root", str(small_book.root), command, code])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "languages.toml: [ar]: direction must be a text, got nan; write it" in result.output


@pytest.mark.parametrize(
    ("code", "given", "complaint"),
    [
        ("../x", {}, "a code is like"),
        ("con", {}, "a code is like"),
        ("xx", {}, "Unicode's tables do not know language 'xx'; give tag, name"),
        ("\udcff", {}, "a code is like"),
        ("xx", {"name": "<b>"}, "give tag, direction, plurals too"),
        ("fa", {"name": "<img src=x>"}, r"\[fa\]: name must be the language's name"),
        ("fa", {"name": "a\udcff"}, r"\[fa\]: name must be the language's name"),
        ("fa", {"tag": '"><script>'}, r"\[fa\]: tag must be"),
        ("fa", {"plurals": "nplurals=2; plural=n/0;"}, r"\[fa\]: plurals must never divide by"),
    ],
)
def test_a_new_language_is_held_to_the_same_rules(
    small_book: SmallBook, code: str, given: dict[str, str], complaint: str
) -> None:
    table = small_book.root / "locales/languages.toml"
    before = table.read_bytes()
    with pytest.raises(LanguageError, match=complaint):
        new_language(code, root=small_book.root, extract=lambda folder: None, **given)
    assert table.read_bytes() == before


def test_every_name_that_unicode_gives_a_language_is_a_name() -> None:
    codes = [code for code in locale_identifiers() if len(code) < 4]
    names = {code: Locale.parse(code).get_language_name(code) for code in codes}
    assert len(names) > 200
    assert [(code, name) for code, name in names.items() if name and not is_name(name)] == []
