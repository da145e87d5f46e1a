"""What is no catalogue, though it stands where one belongs, is named and never followed."""

from __future__ import annotations

import gettext
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from real_book import BOOK, ROOT
from small_book import write_frame

from booktools.__main__ import booktools
from booktools.catalogues import new_language, status, update
from booktools.checks import check_catalogues
from booktools.checks.files import MAX_BYTES, MAX_ENTRIES
from booktools.checks.finding import IN_ALL, PER_FILE
from booktools.languages import load_languages
from booktools.po import Entry, render
from booktools.reading import ReadingError
from booktools.safe_copies import write_safe_copies

CODE = "tr"
PLURALS = next(language.plurals for language in BOOK.languages if language.code == CODE)
FIELDS = f"Language: {CODE}\nContent-Type: text/plain; charset=UTF-8\nPlural-Forms: {PLURALS}\n"
HEADER = Entry(msgid="", msgstr=(FIELDS,))
SECRET = "a secret of the machine"
FOLDER = f"locales/{CODE}/LC_MESSAGES"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a book of two pages in English and Turkish, whose catalogues are good ones."""
    root = tmp_path / "root"
    table = (ROOT / "locales/languages.toml").read_text(encoding="utf-8")
    (root / "locales").mkdir(parents=True)
    (root / "locales/languages.toml").write_text(table, encoding="utf-8")
    write_frame(root, "book/one", "book/two")
    for name in ("one", "two"):
        write(root / FOLDER / f"book/{name}.po", catalogue("A layer.", "Bir katman."))
    write(tmp_path / "secret.po", catalogue("A layer.", SECRET))
    return root


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def catalogue(english: str, translation: str) -> str:
    return render(HEADER, [Entry(msgid=english, msgstr=(translation,))])


def extract(folder: Path) -> None:
    for name in ("one", "two"):
        write(folder / f"book/{name}.pot", catalogue("A layer.", ""))


def link_to_zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def link_to_a_file_outside(path: Path) -> None:
    path.symlink_to(path.parents[5] / "secret.po")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nothing")


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def oversized(path: Path) -> None:
    path.write_bytes(b"#\n" * MAX_BYTES)


STRANGERS: list[Callable[[Path], None]] = [
    link_to_zeros, link_to_a_file_outside, link_to_itself, link_to_nothing, folder, pipe, oversized
]  # fmt: skip


@pytest.fixture(params=STRANGERS, ids=lambda make: make.__name__)
def stranger(request: pytest.FixtureRequest, root: Path) -> Path:
    """Put a stranger where the catalogue of the first page belongs."""
    path = root / FOLDER / "book/one.po"
    path.unlink()
    request.param(path)
    return path


def test_check_names_it_and_reads_the_others(stranger: Path, root: Path) -> None:
    (finding,) = check_catalogues([CODE], root=root)
    assert finding.path == stranger.relative_to(root)
    assert finding.rule in ("file", "size")
    assert finding.remedy in (
        "put a regular file there",
        "remove what does not belong there",
    )


def test_a_build_and_the_notebooks_read_nothing_of_it(stranger: Path, root: Path) -> None:
    (finding,) = write_safe_copies(CODE, root / "safe", root=root)
    assert finding.path == stranger.relative_to(root)
    copies = root / f"safe/{CODE}/LC_MESSAGES/book"
    assert SECRET not in (copies / "one.po").read_text(encoding="utf-8")
    assert "Bir katman." in (copies / "two.po").read_text(encoding="utf-8")


def test_a_build_of_another_language_reads_nothing_of_it(stranger: Path, root: Path) -> None:
    for _ in range(2):
        write_safe_copies(CODE, root / "safe", root=root)
    text = (root / f"safe/{CODE}/LC_MESSAGES/book/one.po").read_text(encoding="utf-8")
    assert SECRET not in text


def test_status_says_that_it_is_not_read(stranger: Path, root: Path) -> None:
    unread = {row.domain: row.unread for row in status([CODE], root=root)}
    assert unread["book/one"].startswith(f"{stranger.relative_to(root)}:1: ")
    assert unread["book/two"] == ""
    result = CliRunner().invoke(booktools, ["--root", str(root), "status", CODE])
    assert unread["book/one"] in result.stderr


def test_update_names_it_and_leaves_it_as_it_is(stranger: Path, root: Path) -> None:
    before = kept(stranger)
    changes = {change.domain: change for change in update([CODE], root=root, extract=extract)}
    assert changes["book/one"].state == "unreadable"
    assert [finding.path for finding in changes["book/one"].findings] == [
        stranger.relative_to(root)
    ]
    assert changes["book/two"].state == "changed"
    assert kept(stranger) == before


def kept(path: Path) -> tuple[int, ...]:
    """Return what writing would change of a file; looking at it changes only its last reading."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns


@pytest.mark.parametrize("name", ["locales/tr", FOLDER, f"{FOLDER}/book"])
def test_a_link_in_place_of_a_folder_is_named_and_not_followed(name: str, root: Path) -> None:
    real = root.parent / "elsewhere"
    shutil.move(root / name, real)
    (root / name).symlink_to(real)
    before = {path: path.read_bytes() for path in real.rglob("*.po")}
    (finding,) = check_catalogues([CODE], root=root)
    assert (finding.path, finding.rule) == (Path(name), "file")
    assert "is a symbolic link" in finding.message
    assert [one.path for one in write_safe_copies(CODE, root / "safe", root=root)] == [Path(name)]
    assert not any("Bir katman" in path.read_text() for path in (root / "safe").rglob("*.po"))
    changes = update([CODE], root=root, extract=extract)
    assert any(Path(name) in [one.path for one in change.findings] for change in changes)
    assert {path: path.read_bytes() for path in real.rglob("*.po")} == before


def test_a_new_language_is_not_written_through_a_link(root: Path) -> None:
    (root.parent / "elsewhere").mkdir()
    (root / "locales/fi").symlink_to(root.parent / "elsewhere")
    with pytest.raises(ReadingError, match="locales/fi is a symbolic link; put a real folder"):
        new_language("fi", root=root, extract=extract)
    assert "fi" not in {one.code for one in load_languages(root / "locales/languages.toml")}
    assert not list((root.parent / "elsewhere").iterdir())


def test_thousands_of_strange_files_are_counted_and_not_read(root: Path) -> None:
    for number in range(3000):
        write(root / FOLDER / f"stray/{number}.po", "x")
    started = time.process_time()
    result = CliRunner().invoke(booktools, ["--root", str(root), "check", CODE])
    assert time.process_time() - started < 5
    lines = result.stdout.splitlines()
    assert len(lines) == IN_ALL + 1
    assert lines[-1].startswith("and 2,000 more lines like these")
    assert (result.exit_code, "3000 findings in tr" in result.stderr) == (1, True)


def test_a_file_of_too_many_entries_is_named_and_not_checked(root: Path) -> None:
    entries = [Entry(msgid=f"{n} layers", msgstr=(f"{n} <b>",)) for n in range(MAX_ENTRIES + 1)]
    write(root / FOLDER / "book/one.po", render(HEADER, entries))
    (finding,) = check_catalogues([CODE], root=root)
    assert finding.message == "the file has 5,001 entries, the bound is 5,000"


def test_an_update_compares_no_flood_of_old_messages(root: Path) -> None:
    words = " ".join("abcdefghij")
    entries = [
        Entry(msgid=f"{n} {words}", msgstr=("x",), obsolete=True) for n in range(MAX_ENTRIES)
    ]
    write(root / FOLDER / "book/one.po", render(HEADER, entries))

    def extract_new(folder: Path) -> None:
        new = [Entry(msgid=f"new {n} {words[::-1]}") for n in range(20)]
        write(folder / "book/one.pot", render(HEADER, new))

    started = time.process_time()
    update([CODE], root=root, extract=extract_new)
    assert time.process_time() - started < 20


def test_many_findings_in_one_file_are_counted_by_rule(root: Path) -> None:
    entries = [Entry(msgid=f"{n} layers", msgstr=(f"{n} <b>",)) for n in range(250)]
    write(root / FOLDER / "book/one.po", render(HEADER, entries))
    result = CliRunner().invoke(booktools, ["--root", str(root), "check", CODE])
    lines = result.stdout.splitlines()
    assert len(lines) == PER_FILE + 1
    name = f"{FOLDER}/book/one.po"
    assert lines[-1] == f"{name}: raw_html: and 150 more of this rule in this file"
    assert "250 findings in tr" in result.stderr


def test_check_says_which_language_it_reads(root: Path) -> None:
    result = CliRunner().invoke(booktools, ["--root", str(root), "check", CODE])
    assert result.stderr.splitlines()[0] == "checking tr: 2 catalogues"


def spoken(root: Path) -> str:
    folder = root / "safe"
    found = gettext.translation("book/one", folder, [CODE])
    return found.gettext("A layer.")


def test_the_compiled_form_is_ours_whatever_lies_there(root: Path) -> None:
    write_safe_copies(CODE, root / "safe", root=root)
    assert spoken(root) == "Bir katman."
    compiled = root / f"safe/{CODE}/LC_MESSAGES/book/one.mo"
    ours = compiled.read_bytes()
    for stranger in (ours.replace(b"Bir", b"Bxr"), b"", b"nonsense"):
        compiled.write_bytes(stranger)
        soon = time.time() + 1000
        os.utime(compiled, (soon, soon))
        write_safe_copies(CODE, root / "safe", root=root)
        assert compiled.read_bytes() == ours


def test_a_link_in_place_of_the_compiled_form_is_replaced(root: Path) -> None:
    write_safe_copies(CODE, root / "safe", root=root)
    compiled = root / f"safe/{CODE}/LC_MESSAGES/book/one.mo"
    shutil.move(compiled, root.parent / "one.mo")
    compiled.symlink_to(root.parent / "one.mo")
    write_safe_copies(CODE, root / "safe", root=root)
    assert not compiled.is_symlink()
    assert spoken(root) == "Bir katman."


def test_the_compiled_form_is_never_older_than_the_copy(root: Path) -> None:
    copy = root / f"safe/{CODE}/LC_MESSAGES/book/one.po"
    write_safe_copies(CODE, root / "safe", root=root)
    copy.touch()
    write_safe_copies(CODE, root / "safe", root=root)
    assert copy.with_suffix(".mo").stat().st_mtime_ns >= copy.stat().st_mtime_ns


def test_a_second_build_touches_neither_copy_nor_compiled_form(root: Path) -> None:
    write_safe_copies(CODE, root / "safe", root=root)
    before = {path: path.stat().st_mtime_ns for path in (root / "safe").rglob("*.?o")}
    write_safe_copies(CODE, root / "safe", root=root)
    assert len(before) == 4
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_what_belongs_to_no_catalogue_leaves_the_folder_of_copies(root: Path) -> None:
    strangers = [
        write(root / f"safe/{CODE}/LC_MESSAGES/{name}", "x")
        for name in ("sphinx.mo", "book/gone.po", "book/gone.mo")
    ]
    write_safe_copies(CODE, root / "safe", root=root)
    assert not any(path.exists() for path in strangers)


def test_status_as_json_names_what_is_not_read(root: Path) -> None:
    path = root / FOLDER / "book/one.po"
    path.unlink()
    path.symlink_to("/dev/zero")
    result = CliRunner().invoke(booktools, ["--root", str(root), "status", "--json", CODE])
    rows = {row["domain"]: row for row in json.loads(result.stdout)}
    assert "is a symbolic link; put a regular file there" in rows["book/one"]["unread"]
