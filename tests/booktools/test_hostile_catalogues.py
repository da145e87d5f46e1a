"""No translation brings more than words: each hostile entry or file is refused for its reason."""

from __future__ import annotations

import re
import shutil
from gettext import NullTranslations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hostile import CODE, FOLDER, HEADER, LANGUAGE, PAYLOAD, Case, cases, catalogue
from real_book import ROOT
from small_book import write_frame

from booktools.checks import SECURITY_RULES, check_catalogues
from booktools.extension.messages import read_messages, read_plurals
from booktools.extension.theme import BookTranslations
from booktools.po import Entry, parse, render
from booktools.safe_copies import write_safe_copies
from vanishing import localisation

CASES = cases()
FILES = sorted(FOLDER.glob("*.po"))
SECURITY = {rule.__name__ for rule in SECURITY_RULES}
PAGES = ("page", "glossary")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a folder with two empty pages and a language that has no terms of its own."""
    shutil.copytree(ROOT / "locales", tmp_path / "locales", ignore=shutil.ignore_patterns("LC_*"))
    (tmp_path / f"locales/{CODE}/terms.toml").write_text('matching = "words"\n', encoding="utf-8")
    write_frame(tmp_path, *(f"book/{page}" for page in PAGES))
    return tmp_path


def place(root: Path, domain: str, data: bytes) -> Path:
    path = root / "locales" / CODE / "LC_MESSAGES" / f"{domain}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def by_name(case: Case) -> str:
    return case.name


def test_the_corpus_is_large_and_every_payload_can_be_recognized() -> None:
    assert len(CASES) + len(FILES) >= 40
    assert [case.name for case in CASES if PAYLOAD not in case.entry.msgstr[0]] == []
    assert all(PAYLOAD.encode() in path.read_bytes().replace(b"\0", b"") for path in FILES)


@pytest.mark.parametrize("case", CASES, ids=by_name)
def test_a_hostile_entry_breaks_the_declared_rules_and_no_other(case: Case, root: Path) -> None:
    text = catalogue([case])
    path = place(root, case.domain, text.encode("utf-8"))
    line = max(n for n, text in enumerate(text.split("\n"), 1) if text.startswith("msgstr"))
    found = check_catalogues([CODE], root=root)
    assert {finding.rule for finding in found} == case.rules
    assert {(finding.path, finding.line) for finding in found} == {(path.relative_to(root), line)}
    assert all(str(finding).isprintable() for finding in found)


@pytest.mark.parametrize("case", CASES, ids=by_name)
def test_a_hostile_entry_is_left_out_of_what_a_build_reads(case: Case, root: Path) -> None:
    place(root, case.domain, catalogue([case]).encode("utf-8"))
    found = write_safe_copies(CODE, root / "safe", root=root)
    assert {finding.rule for finding in found} == case.rules & SECURITY
    copy = (root / f"safe/{CODE}/LC_MESSAGES/{case.domain}.po").read_text(encoding="utf-8")
    assert PAYLOAD not in copy
    assert parse(copy).entries == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_hostile_file_has_exactly_the_findings_that_it_declares(path: Path, root: Path) -> None:
    place(root, "book/page", path.read_bytes())
    text = path.read_bytes().replace(b"\0", b"").decode("utf-8", "replace")
    declared = re.findall(r"^# expect: line (\d+): (\w+)\r?$", text, flags=re.M)
    assert declared
    found = [(str(finding.line), finding.rule) for finding in check_catalogues([CODE], root=root)]
    assert sorted(found) == sorted(declared)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_of_a_hostile_file_reaches_what_a_build_reads(path: Path, root: Path) -> None:
    place(root, "book/page", path.read_bytes())
    assert write_safe_copies(CODE, root / "safe", root=root)
    copy = (root / f"safe/{CODE}/LC_MESSAGES/book/page.po").read_text(encoding="utf-8")
    assert PAYLOAD not in copy
    assert parse(copy).fields["Language"] == CODE
    assert parse(copy).fields["Content-Type"] == "text/plain; charset=UTF-8"


def test_a_file_of_many_megabytes_is_not_read(root: Path) -> None:
    place(root, "book/page", PAYLOAD.encode() * 1_000_000)
    (finding,) = check_catalogues([CODE], root=root)
    assert (finding.rule, finding.line) == ("size", 1)
    assert [one.rule for one in write_safe_copies(CODE, root / "safe", root=root)] == ["size"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_page_in_another_language_reads_past_a_hostile_file(path: Path, root: Path) -> None:
    place(root, "book/glossary", path.read_bytes())
    app: Any = SimpleNamespace(srcdir=root, config=SimpleNamespace(locale_dirs=[]))
    assert "" not in read_messages(app, CODE, "book/glossary")


LABELS = [case for case in CASES if case.domain == "vanishing"]


@pytest.mark.filterwarnings("ignore:ar/vanishing.po")
@pytest.mark.parametrize("case", LABELS, ids=by_name)
def test_the_library_shows_english_instead_of_a_hostile_label(
    case: Case, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(root, "vanishing", catalogue([case]).encode("utf-8"))
    speak_arabic(root, monkeypatch)
    assert localisation._(case.entry.msgid) == case.entry.msgid


@pytest.mark.filterwarnings("ignore:ar/vanishing.po")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_library_takes_nothing_but_words_from_a_hostile_file(
    path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place(root, "vanishing", path.read_bytes())
    speak_arabic(root, monkeypatch)
    text = localisation._("A sentence.") + localisation.ngettext(
        "{count} layer", "{count} layers", 3
    )
    assert not set(text) & set('<>"\0')
    assert capsys.readouterr() == ("", "")


def speak_arabic(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localisation, "LOCALES", root / "locales")
    monkeypatch.setattr(localisation, "_chosen", None)
    localisation.set_language(CODE)


# The English plural stands in the catalogue as well: whoever writes it must not set his own bounds.
PLURALS = {
    "a tag": ("A layer", "<img src=x onerror=pwned()>"),
    "an attribute": ("{count} layer", "{count.pwned}"),
    "a width": ("{count} layer", "{count:>999999999} pwned"),
    "another sentence": ("{count} layer", "{count} pwned"),
    "a link": ("A sentence.", "A sentence https://pwned.example"),
}


def with_plural(name: str) -> Entry:
    singular, plural = PLURALS[name]
    return Entry(msgid=singular, plural=plural, msgstr=(plural,) * LANGUAGE.plural_count)


@pytest.mark.parametrize("name", PLURALS)
@pytest.mark.filterwarnings("ignore:ar/vanishing.po")
def test_the_library_shows_no_form_of_a_plural_that_the_program_has_not(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = with_plural(name)
    place(root, "vanishing", render(HEADER, [entry]).encode("utf-8"))
    speak_arabic(root, monkeypatch)
    assert localisation._(entry.msgid) == entry.msgid
    assert localisation.ngettext(entry.msgid, "{count} layers", 30) == "30 layers"


@pytest.mark.parametrize("name", sorted(set(PLURALS) - {"another sentence"}))
def test_a_plural_brings_nothing_that_its_singular_has_not(name: str, root: Path) -> None:
    place(root, "vanishing", render(HEADER, [with_plural(name)]).encode("utf-8"))
    assert check_catalogues([CODE], root=root)
    write_safe_copies(CODE, root / "safe", root=root)
    copy = (root / f"safe/{CODE}/LC_MESSAGES/vanishing.po").read_text(encoding="utf-8")
    assert parse(copy).entries == ()


CONTEXT = Entry(msgid="A word", context="pwned", msgstr=("pwned",))
EMPTY_CONTEXT = Entry(msgid="A word", context="", msgstr=("pwned",))
FORMS = Entry(msgid="A word", plural="pwned", msgstr=("pwned",) * LANGUAGE.plural_count)


@pytest.mark.parametrize(
    ("domain", "entry"),
    [
        *((domain, CONTEXT) for domain in ("book/page", "theme", "toc")),
        *((domain, EMPTY_CONTEXT) for domain in ("book/page", "theme", "toc")),
        *((domain, FORMS) for domain in ("book/page", "toc")),  # what stands around a page has some
    ],
)
def test_an_entry_that_only_some_readers_would_find_is_foreign(
    entry: Entry, domain: str, root: Path
) -> None:
    path = place(root, domain, render(HEADER, [entry]).encode("utf-8"))
    assert {one.rule for one in check_catalogues([CODE], root=root)} == {"foreign_entry"}
    assert {one.rule for one in write_safe_copies(CODE, root / "safe", root=root)} == {
        "foreign_entry"
    }
    copy = (root / f"safe/{CODE}/LC_MESSAGES/{domain}.po").read_text(encoding="utf-8")
    assert parse(copy).entries == ()
    app: Any = SimpleNamespace(srcdir=root, config=SimpleNamespace(locale_dirs=[]))
    assert path.is_file()
    assert read_messages(app, CODE, domain) == {}


def test_a_plural_form_answers_for_no_message_without_one(root: Path) -> None:
    place(root, "theme", render(HEADER, [FORMS]).encode("utf-8"))
    app: Any = SimpleNamespace(srcdir=root, config=SimpleNamespace(locale_dirs=[]))
    assert read_messages(app, CODE, "theme") == {}
    plurals = read_plurals(app, CODE, "theme")
    assert plurals.keys() == {("A word", "pwned")}
    words = BookTranslations({}, NullTranslations(), plurals, LANGUAGE.plural_form)
    assert words.gettext("A word") == "A word"
    assert words.ngettext("A word", "Words", 3) == "Words"
