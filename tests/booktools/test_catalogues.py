import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from real_book import BOOK
from small_book import write_frame

from booktools import catalogues, extraction, safe_copies
from booktools.catalogues import Change, new_language, status, update
from booktools.checks import check_catalogues
from booktools.extraction import ExtractionError
from booktools.languages import LanguageError, load_languages
from booktools.po import Catalogue, parse, quote
from booktools.safe_copies import write_safe_copies

PLURALS = {"pt": "nplurals=2; plural=(n != 1);", "vi": "nplurals=1; plural=0;"}
PAGE = "locales/pt/LC_MESSAGES/book/page.po"


class Book:
    """A book of given messages, without Sphinx."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.pages: dict[str, list[str]] = {"book/page": ["Title", "A layer.", "The end."]}
        table = '[en]\ntag = "en"\nname = "English"\ndirection = "ltr"\nsource = true\n'
        table += f'plurals = "{PLURALS["pt"]}"\n'
        for code, plurals in PLURALS.items():
            table += f'\n[{code}]\ntag = "{code}"\nname = "{code}"\ndirection = "ltr"\n'
            table += f'plurals = "{plurals}"\n'
        self.write("locales/languages.toml", table)
        self.write("vanishing/figures.py", '_("Layer")\nngettext("{n} layer", "{n} layers", 2)\n')
        self.write("booktools/page.py", '# Translators: a button\nN_("Run")\n_("of %(all)s")\n')

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def extract(self, target: Path) -> None:
        for name, messages in {**self.pages, "toc": ["Part"]}.items():
            entries = [f'#. code comment\nmsgid {quote(m[2:])}\nmsgstr ""\n' if m.startswith("# ")
                       else f'msgid {quote(m)}\nmsgstr ""\n' for m in messages]  # fmt: skip
            path = target / f"{name}.pot"
            path.parent.mkdir(parents=True, exist_ok=True)
            header = 'msgid ""\nmsgstr "POT-Creation-Date: now\\n"\n'
            path.write_text("\n".join([header, *entries]), encoding="utf-8")
        write_frame(self.root, *self.pages)

    def update(self, **pages: list[str]) -> tuple[Change, ...]:
        self.pages |= {f"book/{name}": messages for name, messages in pages.items()}
        return update(root=self.root, extract=self.extract)

    def read(self, name: str = PAGE) -> Catalogue:
        return parse((self.root / name).read_text(encoding="utf-8"))

    def translate(self, msgid: str, msgstr: str, name: str = PAGE) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        old = f'msgid {quote(msgid)}\nmsgstr ""\n'
        assert old in text
        text = text.replace(old, f"msgid {quote(msgid)}\nmsgstr {quote(msgstr)}\n")
        path.write_text(text, encoding="utf-8")

    def snapshot(self) -> dict[str, bytes]:
        files = (self.root / "locales").rglob("*.po")
        return {path.as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    monkeypatch.setattr(extraction, "OWN_PACKAGE", tmp_path / "booktools")
    made = Book(tmp_path)
    made.update()
    return made


def change_of(changes: tuple[Change, ...], language: str, domain: str) -> Change:
    return next(c for c in changes if (c.language, c.domain) == (language, domain))


def test_update_creates_every_catalogue_of_every_language(book: Book) -> None:
    for code in PLURALS:
        folder = book.root / "locales" / code / "LC_MESSAGES"
        names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.po")}
        assert names == {"book/page.po", "toc.po", "vanishing.po", "theme.po"}
    theme = book.read("locales/pt/LC_MESSAGES/theme.po").entries
    assert [entry.msgid for entry in theme] == ["A title", "Run", "of %(all)s"]
    assert theme[1].notes == ("a button",)
    assert theme[2].flags == ("python-format",)


def test_a_second_update_changes_not_one_byte(book: Book) -> None:
    before = book.snapshot()
    changes = book.update()
    assert book.snapshot() == before
    assert {change.state for change in changes} == {"unchanged"}


def test_messages_stand_in_the_order_of_the_page_with_their_file_only(book: Book) -> None:
    entries = book.read().entries
    assert [entry.msgid for entry in entries] == ["Title", "A layer.", "The end."]
    assert {entry.locations for entry in entries} == {("book/page.md",)}


def test_each_language_has_its_header_and_its_plural_forms(book: Book) -> None:
    for code, plurals in PLURALS.items():
        catalogue = book.read(f"locales/{code}/LC_MESSAGES/vanishing.po")
        assert catalogue.header is not None
        assert not catalogue.header.fuzzy
        assert catalogue.fields["Language"] == code
        assert catalogue.fields["Plural-Forms"] == plurals
        assert catalogue.fields["Content-Type"] == "text/plain; charset=UTF-8"
        assert "POT-Creation-Date" not in catalogue.fields
        assert len(catalogue.entries[1].msgstr) == int(plurals[9])


def test_moved_text_keeps_its_translation(book: Book) -> None:
    book.translate("A layer.", "Uma camada.")
    changes = book.update(page=["The end.", "A layer.", "Title"])
    entries = book.read().entries
    assert [entry.msgid for entry in entries] == ["The end.", "A layer.", "Title"]
    assert entries[1].msgstr == ("Uma camada.",)
    assert not change_of(changes, "pt", "book/page").fuzzied


def test_text_that_moves_to_another_page_keeps_its_translation(book: Book) -> None:
    book.translate("A layer.", "Uma camada.")
    book.update(page=["Title"], other=["A layer."])
    (moved,) = book.read("locales/pt/LC_MESSAGES/book/other.po").entries
    assert (moved.msgstr, moved.fuzzy) == (("Uma camada.",), False)


def test_one_inserted_paragraph_changes_only_its_own_lines_in_every_language(book: Book) -> None:
    book.translate("A layer.", "Uma camada.")
    before = {name: data.decode().splitlines() for name, data in book.snapshot().items()}
    changes = book.update(page=["Title", "Something entirely new.", "A layer.", "The end."])
    assert {change.domain for change in changes if change.state != "unchanged"} == {"book/page"}
    for name, data in book.snapshot().items():
        lines = data.decode().splitlines()
        if name.endswith("book/page.po"):
            place = lines.index('msgid "Something entirely new."')
            assert lines[place - 1 : place + 3] == [
                "#: book/page.md", 'msgid "Something entirely new."', 'msgstr ""', "",
            ]  # fmt: skip
            del lines[place - 1 : place + 3]
        assert lines == before[name]


def test_changed_text_becomes_fuzzy_beside_its_previous_english(book: Book) -> None:
    book.update(page=["Every layer of the network shrinks the gradient."])
    book.translate("Every layer of the network shrinks the gradient.", "Cada camada…")
    changes = book.update(page=["Every layer of the network stretches the gradient."])
    entry = book.read().entries[0]
    assert entry.fuzzy
    assert entry.msgstr == ("Cada camada…",)
    assert entry.previous == "Every layer of the network shrinks the gradient."
    assert change_of(changes, "pt", "book/page").fuzzied == (entry.msgid,)
    before = book.snapshot()
    book.update()
    assert book.snapshot() == before


def test_a_change_that_is_taken_back_makes_the_translation_good_again(book: Book) -> None:
    first = "Every layer of the network shrinks the gradient."
    book.update(page=[first])
    book.translate(first, "Cada camada…")
    book.update(page=["Every layer of the network stretches the gradient."])
    book.update(page=[first])
    entry = book.read().entries[0]
    assert (entry.fuzzy, entry.msgstr, entry.previous) == (False, ("Cada camada…",), None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("It shrinks, then it stops.", "It shrinks; then it stops."),
        ('The "signal" here', "The “signal” here"),
        ("A layer  of the network", "A layer of the network."),
    ],
)
def test_a_corrected_typo_carries_the_translation_on_and_says_so(
    book: Book, old: str, new: str
) -> None:
    book.update(page=[old])
    book.translate(old, "Texto")
    changes = book.update(page=[new])
    entry = book.read().entries[0]
    assert (entry.msgid, entry.msgstr, entry.fuzzy) == (new, ("Texto",), False)
    assert change_of(changes, "pt", "book/page").carried == (new,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Where $x > 0$ holds", "Where $x < 0$ holds"),
        ("At most 0.25 of it", "At most 0.2.5 of it"),
        ("A bias of -1 here", "A bias of 1 here"),
        ("Call `f.g` for this", "Call `f_g` for this"),
        ("There is no table here", "There is notable here"),
        ("The *first* layer is small", "The first layer is small"),
        ("Read [this](a.md) again", "Read [this](b.md) again"),
    ],
)
def test_a_change_in_formula_number_code_or_link_is_no_typo(book: Book, old: str, new: str) -> None:
    book.update(page=[old])
    book.translate(old, "Texto")
    book.update(page=[new])
    assert book.read().entries[0].fuzzy


def test_text_that_went_is_kept_as_obsolete_and_revived(book: Book) -> None:
    book.translate("A layer.", "Uma camada.")
    book.update(page=["Title"])
    gone = book.read().entries[-1]
    assert (gone.msgid, gone.obsolete) == ("A layer.", True)
    book.update(page=["Title", "A layer."])
    assert [entry.msgstr for entry in book.read().entries] == [("",), ("Uma camada.",)]


def test_untranslated_text_that_went_leaves_nothing(book: Book) -> None:
    book.update(page=["Title"])
    assert [entry.msgid for entry in book.read().entries] == ["Title"]


def test_a_translators_comments_and_header_fields_stay(book: Book) -> None:
    path = book.root / PAGE
    text = path.read_text(encoding="utf-8").replace("Last-Translator:", "Last-Translator: A. B.")
    text = text.replace('#: book/page.md\nmsgid "Title"', '# mine\n#: book/page.md\nmsgid "Title"')
    path.write_text(text, encoding="utf-8")
    book.update()
    assert book.read().fields["Last-Translator"] == "A. B."
    assert book.read().entries[0].comments == ("mine",)


def test_lines_that_an_editor_wrapped_are_joined_again(book: Book) -> None:
    book.translate("A layer.", "Uma camada.")
    before = book.snapshot()
    path = book.root / PAGE
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"Uma camada."', '""\n"Uma "\n"camada."'), encoding="utf-8")
    book.update()
    assert book.snapshot() == before


def test_a_broken_catalogue_is_reported_and_left_alone(book: Book) -> None:
    path = book.root / PAGE
    path.write_text(path.read_text(encoding="utf-8") + "<<<<<<< HEAD\n", encoding="utf-8")
    before = path.read_bytes()
    change = change_of(book.update(page=["New"]), "pt", "book/page")
    assert change.state == "unreadable"
    assert change.findings[0].rule == "conflict_markers"
    assert path.read_bytes() == before


def test_the_catalogue_of_a_page_that_went_is_removed(book: Book) -> None:
    book.update(other=["A layer."])
    del book.pages["book/other"]
    (book.root / "book/other.md").unlink()
    changes = book.update()
    assert change_of(changes, "pt", "book/other").state == "removed"
    assert not (book.root / "locales/pt/LC_MESSAGES/book/other.po").exists()


def test_an_extraction_that_gives_nothing_stops_before_any_catalogue_changes(book: Book) -> None:
    before = book.snapshot()
    with pytest.raises(ExtractionError, match="does the book build"):
        update(root=book.root, extract=lambda target: None)
    assert book.snapshot() == before


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="gettext's tools are not installed")
def test_gettext_accepts_every_catalogue(book: Book) -> None:
    book.translate("A layer.", 'Uma "camada" \\ é')
    book.update(page=["Title", "A layer of it.", "The end."])
    for path in (book.root / "locales").rglob("*.po"):
        command = ["msgfmt", "-c", "--check-format", "-o", book.root / "x.mo", path]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert not done.stderr


def test_status_counts_translated_fuzzy_and_missing(book: Book) -> None:
    book.translate("A layer.", "Uma camada.")
    rows = {(row.language, row.domain): row for row in status(root=book.root)}
    page = rows["pt", "book/page"]
    assert (page.translated, page.fuzzy, page.missing, page.total) == (1, 0, 2, 3)
    assert page.share == pytest.approx(1 / 3)
    book.update(page=["Title", "A wide layer.", "The end."])
    fuzzy = next(row for row in status(["pt"], root=book.root) if row.domain == "book/page")
    assert (fuzzy.translated, fuzzy.fuzzy, fuzzy.missing) == (0, 1, 2)
    assert json.loads(json.dumps(asdict(fuzzy)))["fuzzy"] == 1


def test_status_counts_a_catalogue_that_a_language_lacks_as_missing(book: Book) -> None:
    (book.root / PAGE).unlink()
    row = next(row for row in status(["pt"], root=book.root) if row.domain == "book/page")
    assert (row.translated, row.missing) == (0, 3)


def test_a_new_language_has_catalogues_a_table_and_a_folder(book: Book) -> None:
    language = new_language("fa", root=book.root, extract=book.extract)
    assert (language.tag, language.direction, language.name) == ("fa", "rtl", "فارسی")
    assert language in load_languages(book.root / "locales/languages.toml")
    assert (book.root / "locales/fa/LC_MESSAGES/book/page.po").is_file()
    assert (book.root / "notebooks/fa").is_dir()
    assert not check_catalogues(["fa"], root=book.root)


@pytest.mark.parametrize(
    ("code", "name"), [("pt_BR", "português (Brasil)"), ("en_TT", "English"), ("sr", "српски")]
)
def test_a_new_language_is_named_with_its_region_where_that_is_a_name(
    book: Book, code: str, name: str
) -> None:
    table = book.root / "locales/languages.toml"
    table.write_text(table.read_text(encoding="utf-8").replace("English", "Englisch"))
    assert new_language(code, root=book.root, extract=book.extract).name == name


def test_a_new_language_that_unicode_does_not_know_needs_its_values(book: Book) -> None:
    with pytest.raises(LanguageError, match="give tag, name, direction, plurals too"):
        new_language("qqq", root=book.root, extract=book.extract)
    with pytest.raises(LanguageError, match="'pt' exists already"):
        new_language("pt", root=book.root, extract=book.extract)


def test_a_new_language_that_fails_leaves_the_table_as_it_was(book: Book) -> None:
    table = book.root / "locales/languages.toml"
    before = table.read_bytes()
    with pytest.raises(ExtractionError):
        new_language("fa", root=book.root, extract=lambda target: None)
    assert table.read_bytes() == before


Edit = Callable[[str], str]


def test_a_safe_copy_holds_translated_entries_only(book: Book) -> None:
    book.translate("A layer.", "Uma camada.")
    path = book.root / PAGE
    text = path.read_text(encoding="utf-8")
    fuzzy = '#, fuzzy\nmsgid "Title"\nmsgstr "Fuzzy"\n'
    path.write_text(text.replace('msgid "Title"\nmsgstr ""\n', fuzzy), encoding="utf-8")
    assert not write_safe_copies("pt", book.root / "safe", root=book.root)
    copy = parse((book.root / "safe/pt/LC_MESSAGES/book/page.po").read_text(encoding="utf-8"))
    assert [entry.msgid for entry in copy.entries] == ["A layer."]


@pytest.mark.parametrize(
    ("msgstr", "rule"),
    [
        ("<script>x</script>", "raw_html"),
        ("[x](https://evil.example)", "links"),
        ("{raw}`x`", "roles"),
        ("{{ env }}", "substitutions"),
        ("Uma $x$ camada", "maths"),
        ("Uma \u202ecamada", "bidi_controls"),
        ("x" * 1_000_000, "size"),
        (":::{include} /etc/passwd\n:::", "directives"),
    ],
)
def test_a_safe_copy_refuses_a_hostile_entry_and_keeps_the_others(
    book: Book, msgstr: str, rule: str
) -> None:
    book.translate("Title", "Título")
    book.translate("A layer.", msgstr)
    findings = write_safe_copies("pt", book.root / "safe", root=book.root)
    assert rule in {finding.rule for finding in findings}
    copy = parse((book.root / "safe/pt/LC_MESSAGES/book/page.po").read_text(encoding="utf-8"))
    assert [entry.msgid for entry in copy.entries] == ["Title"]


def test_a_safe_copy_refuses_a_comment_that_would_become_code(book: Book) -> None:
    book.update(page=["# a layer"])
    book.translate("a layer", "camada\nimport os")
    (finding,) = write_safe_copies("pt", book.root / "safe", root=book.root)
    assert finding.rule == "comment_line_break"


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (b"\xff\xfe not text", "encoding"),
        (b'msgid "a', "truncated"),
        (b"", "header"),
        (b"<<<<<<< HEAD\n", "conflict_markers"),
    ],
)
def test_a_broken_file_is_a_finding_and_the_other_files_are_copied(
    book: Book, broken: bytes, rule: str
) -> None:
    book.translate("Part", "Parte", "locales/pt/LC_MESSAGES/toc.po")
    (book.root / PAGE).write_bytes(broken)
    findings = write_safe_copies("pt", book.root / "safe", root=book.root)
    assert findings[0].rule == rule
    assert findings[0].path == Path(PAGE)
    assert "Parte" in (book.root / "safe/pt/LC_MESSAGES/toc.po").read_text(encoding="utf-8")


def test_an_unchanged_copy_keeps_its_time_and_a_stale_one_goes(book: Book) -> None:
    book.translate("A layer.", "Uma camada.")
    safe = book.root / "safe"
    write_safe_copies("pt", safe, root=book.root)
    copy = safe / "pt/LC_MESSAGES/book/page.po"
    stale = safe / "pt/LC_MESSAGES/book/old.po"
    stale.write_text("", encoding="utf-8")
    before = copy.stat().st_mtime_ns
    write_safe_copies("pt", safe, root=book.root)
    assert copy.stat().st_mtime_ns == before
    assert not stale.exists()


def test_the_source_language_needs_no_copies(book: Book) -> None:
    assert write_safe_copies("en", book.root / "safe", root=book.root) == []
    assert not (book.root / "safe").exists()


def test_a_word_on_a_button_does_not_translate_a_heading(book: Book) -> None:
    """The same English may mean something else in another part of the book."""
    book.translate("Run", "Executar", "locales/pt/LC_MESSAGES/theme.po")
    book.translate("Title", "Título")
    book.update(page=["Title", "Run"], other=["Title"])
    assert [entry.msgstr for entry in book.read().entries if not entry.obsolete] == [
        ("Título",),
        ("",),
    ]
    other = book.read("locales/pt/LC_MESSAGES/book/other.po")
    assert other.entries[0].msgstr == ("Título",)


def test_what_was_found_is_kept_until_the_catalogue_its_copy_or_the_language_changes(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.translate("Title", "<b>Título</b>")
    target = book.root / "copies"
    copy = target / "pt/LC_MESSAGES/book/page.po"
    looked = 0
    read = safe_copies.read_catalogue

    def counted(path: Path) -> Any:
        nonlocal looked
        looked += path == book.root / PAGE
        return read(path)

    def looked_at() -> bool:
        """Copy once more; say whether the page's catalogue was read for it."""
        before = looked
        findings = write_safe_copies("pt", target, root=book.root)
        assert {one.rule for one in findings} == {"raw_html"}
        return looked > before

    monkeypatch.setattr(safe_copies, "read_catalogue", counted)
    assert looked_at()
    assert not looked_at()
    whole = copy.read_bytes()
    for damaged in (b"", whole[:-9], b"\xff" + whole, whole.replace(b"pt", b"tp")):
        copy.write_bytes(damaged)
        assert looked_at()
        assert copy.read_bytes() == whole
    (target / "pt.json").write_text("damaged", encoding="utf-8")
    assert looked_at()
    before = (book.root / PAGE).stat()
    book.translate("The end.", "O fim.")
    os.utime(book.root / PAGE, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert looked_at(), "its time says nothing"
    assert "O fim." in copy.read_text(encoding="utf-8")
    table = book.root / "locales/languages.toml"
    other = table.read_text(encoding="utf-8").replace("(n != 1)", "(n > 1)")
    table.write_text(other, encoding="utf-8")
    write_safe_copies("pt", target, root=book.root)
    assert "(n > 1)" in copy.read_text(encoding="utf-8")


def test_the_name_of_a_language_adds_no_line_to_a_header() -> None:
    language = replace(BOOK.languages[1], name="a\nX-Evil: 1")
    (text,) = catalogues._header(Catalogue(), language, "A\nbook").msgstr
    assert "Language-Team: a X-Evil: 1\n" in text
