"""Every rule has a bad and a good example in its docstring; they are run here."""

import inspect
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest
from real_book import BOOK, ROOT
from small_book import write_frame

from booktools.checks import (
    RULES,
    SECURITY_RULES,
    check_catalogues,
    check_entry,
    security,
    terminology,
    typography,
)
from booktools.checks.message import CODE_COMMENT, HEADWORD, Message, Rule
from booktools.glossary_terms import Terms, load_terms
from booktools.languages import Language
from booktools.po import Entry, parse, quote, render

EXAMPLE = re.compile(r"^\s*(Bad|Good)(?: \(([^)]*)\))?: (.+?) => (.+)$", re.M)
FOLDER = Path(__file__).parent / "catalogues"
LANGUAGES = {language.code: language for language in BOOK.languages}


def plain(text: str) -> str:
    """Read ⏎ as a line feed, <U+202E> as that character, word*3 as the word three times."""
    text = re.sub(r"(\w+)\*(\d+)$", lambda m: m.group(1) * int(m.group(2)), text)
    text = re.sub(r"<U\+([0-9A-F]{4})>", lambda m: chr(int(m.group(1), 16)), text)
    return text.replace("⏎", "\n")


def language_of(kind: str) -> Language:
    code = next((word for word in kind.split(", ") if word in LANGUAGES), "")
    return LANGUAGES[code] if code else Language(
        code="xx", tag="xx", name="xx", direction="ltr", plurals="nplurals=2; plural=(n != 1);"
    )  # fmt: skip


def findings_of(kind: str, english: str, translation: str) -> list[str]:
    notes = tuple(note for note in (CODE_COMMENT, HEADWORD) if note in kind)
    entry = Entry(msgid=plain(english), msgstr=(plain(translation),), notes=notes)
    language = language_of(kind)
    terms = load_terms(ROOT / "locales" / language.code / "terms.toml")
    return [
        rule for rule, *_rest in check_entry(entry, language, terms, on_page="label" not in kind)
    ]


def examples(wanted: str) -> Iterator[object]:
    for rule in RULES:
        for number, (verdict, *example) in enumerate(EXAMPLE.findall(rule.__doc__ or "")):
            if verdict == wanted:
                yield pytest.param(rule, *example, id=f"{rule.__name__}-{number}")


@pytest.mark.parametrize(("rule", "kind", "english", "translation"), list(examples("Bad")))
def test_a_bad_example_breaks_its_rule_and_no_other(
    rule: Rule, kind: str, english: str, translation: str
) -> None:
    assert set(findings_of(kind, english, translation)) == {rule.__name__}


@pytest.mark.parametrize(("rule", "kind", "english", "translation"), list(examples("Bad")))
def test_a_bad_example_in_a_real_catalogue_is_found_on_its_line(
    rule: Rule, kind: str, english: str, translation: str, tmp_path: Path
) -> None:
    named = [code for code in LANGUAGES if code in kind.split(", ")]
    code = named[0] if named else "pt"
    domain = (
        "vanishing" if "label" in kind else "book/glossary" if HEADWORD in kind else "book/index"
    )
    root = make_root(tmp_path)
    if not named:  # such an example is in any language, without a table of terms
        (root / f"locales/{code}/terms.toml").write_text('matching = "words"\n', encoding="utf-8")
    notes = tuple(note for note in (CODE_COMMENT, HEADWORD) if note in kind)
    entry = Entry(msgid=plain(english), msgstr=(plain(translation),), notes=notes)
    name = Path("locales", code, "LC_MESSAGES", f"{domain}.po")
    line = plant(entry, ROOT / name, root / name)
    found = check_catalogues([code], root=root)
    assert {(one.path, one.line, one.rule) for one in found} == {(name, line, rule.__name__)}


def plant(entry: Entry, source: Path, target: Path) -> int:
    """Copy a catalogue with `entry` in its middle; return the line of the entry's msgstr."""
    catalogue = parse(source.read_text(encoding="utf-8"))
    assert catalogue.header
    others = [one for one in catalogue.entries if one.key != entry.key]
    middle = len(others) // 2
    text = render(catalogue.header, [*others[:middle], entry, *others[middle:]])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="")
    before = text[: text.index(f"\nmsgstr {quote(entry.msgstr[0])}\n")]
    return before.count("\n") + 2


@pytest.mark.parametrize(("rule", "kind", "english", "translation"), list(examples("Good")))
def test_a_good_example_breaks_no_rule(
    rule: Rule, kind: str, english: str, translation: str
) -> None:
    assert findings_of(kind, english, translation) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_has_a_bad_and_a_good_example(rule: Rule) -> None:
    verdicts = {verdict for verdict, *_rest in EXAMPLE.findall(rule.__doc__ or "")}
    assert verdicts == {"Bad", "Good"}


def test_every_function_that_reads_a_message_is_a_rule_in_the_order_of_its_file() -> None:
    for module in (security, terminology, typography):
        reading = [
            function
            for name, function in vars(module).items()
            if inspect.isfunction(function) and function.__module__ == module.__name__
            if not name.startswith("_") and get_type_hints(function).get("message") is Message
        ]
        assert reading == module.RULES, module.__name__
    assert (*security.RULES, *terminology.RULES, *typography.RULES) == RULES


def test_security_rules_are_rules() -> None:
    assert set(SECURITY_RULES) < set(RULES)


def make_root(folder: Path) -> Path:
    shutil.copytree(ROOT / "locales", folder / "locales", ignore=shutil.ignore_patterns("LC_*"))
    write_frame(folder, "book/index", "book/page", "book/glossary")
    return folder


def place(source: Path, root: Path) -> Path:
    """Copy tr.page.name.po to where the page's catalogue of that language belongs."""
    code, page = source.name.split(".")[:2]
    target = root / "locales" / code / "LC_MESSAGES" / "book" / f"{page}.po"
    target.parent.mkdir(parents=True)
    shutil.copy(source, target)
    return target


@pytest.mark.parametrize("path", sorted((FOLDER / "good").glob("*.po")), ids=lambda path: path.stem)
def test_a_good_file_has_no_finding(path: Path, tmp_path: Path) -> None:
    root = make_root(tmp_path)
    place(path, root)
    assert [str(finding) for finding in check_catalogues(root=root)] == []


@pytest.mark.parametrize("path", sorted((FOLDER / "bad").glob("*.po")), ids=lambda path: path.stem)
def test_a_bad_file_has_exactly_the_findings_that_it_declares(path: Path, tmp_path: Path) -> None:
    root = make_root(tmp_path)
    place(path, root)
    text = path.read_bytes().decode("utf-8", "replace")
    declared = re.findall(r"^# expect: line ([+-]?\d+): (\w+)$", text, flags=re.M)
    assert declared
    found = [(str(finding.line), finding.rule) for finding in check_catalogues(root=root)]
    assert sorted(found) == sorted(declared)


def test_a_finding_says_file_line_rule_problem_and_remedy(tmp_path: Path) -> None:
    root = make_root(tmp_path)
    place(FOLDER / "bad" / "tr.page.entries.po", root)
    text = str(check_catalogues(root=root)[0])
    assert re.match(r"locales/tr/LC_MESSAGES/book/page\.po:\d+: \w+: .+; .+", text)


def test_a_catalogue_without_a_page_is_a_finding(tmp_path: Path) -> None:
    root = make_root(tmp_path)
    target = place(next((FOLDER / "good").glob("*.page.*")), root)
    target.rename(target.with_name("sphinx.po"))
    assert [finding.rule for finding in check_catalogues(root=root)] == ["stray_file"]


def test_fuzzy_and_untranslated_entries_are_no_findings() -> None:
    fuzzy = Entry(msgid="A layer", msgstr=("<b>",), flags=("fuzzy",))
    empty = Entry(msgid="A `layer`", msgstr=("",))
    for entry in (fuzzy, empty):
        assert not [*check_entry(entry, LANGUAGES["tr"], Terms(), on_page=True)]


def test_a_form_for_one_number_may_say_it_in_words_but_others_may_not() -> None:
    forms = ("لا طبقات", "طبقة واحدة", "طبقتان", "{n} طبقات", "{n} طبقة", "طبقة")
    entry = Entry(msgid="{n} layer", plural="{n} layers", msgstr=forms, lines=(1, 2, 3, 4, 5, 6))
    found = [*check_entry(entry, LANGUAGES["ar"], Terms(), on_page=False)]
    assert [(rule, line) for rule, _what, _remedy, line in found] == [("placeholders", 6)]


@pytest.mark.book
def test_our_own_catalogues_are_clean() -> None:
    assert [str(finding) for finding in check_catalogues(root=ROOT)] == []


def test_examples_of_catalogues_parse() -> None:
    for path in (FOLDER / "good").glob("*.po"):
        assert not parse(path.read_text(encoding="utf-8")).problems
