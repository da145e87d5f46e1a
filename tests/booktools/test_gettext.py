"""gettext's own tools, and the editors that rely on them, accept every catalogue of the book."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from real_book import BOOK, ROOT

from booktools.po import parse

CATALOGUES = sorted((ROOT / "locales").glob("*/LC_MESSAGES/**/*.po"))
PLURALS = {language.code: language.plurals for language in BOOK.languages}
installed = pytest.mark.skipif(
    not shutil.which("msgmerge"),
    reason="gettext's tools are not installed: apt-get install gettext",
)


def name(path: Path) -> str:
    return path.relative_to(ROOT / "locales").as_posix()


def run(*command: str | Path) -> str:
    """Run one of gettext's tools; return its warnings, fail where it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


@installed
@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_msgfmt_accepts_a_catalogue(path: Path, tmp_path: Path) -> None:
    assert run("msgfmt", "-c", "--check-format", "-o", tmp_path / "x.mo", path) == ""


@installed
@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_msgmerge_changes_no_translation(path: Path, tmp_path: Path) -> None:
    merged = tmp_path / "merged.po"
    assert run("msgmerge", "--quiet", "--no-wrap", "--previous", "-o", merged, path, path) == ""
    before, after = (parse(one.read_text(encoding="utf-8")) for one in (path, merged))
    assert [entry for entry in after.entries if not entry.obsolete] == [
        entry for entry in before.entries if not entry.obsolete
    ]


@pytest.mark.parametrize("path", CATALOGUES, ids=name)
def test_a_header_says_what_editors_and_forges_ask_for(path: Path) -> None:
    fields = parse(path.read_text(encoding="utf-8")).fields
    code = name(path).partition("/")[0]
    assert fields["Language"] == code
    assert fields["Plural-Forms"] == PLURALS[code]
    assert fields["MIME-Version"] == "1.0"
    assert fields["Content-Type"] == "text/plain; charset=UTF-8"
    assert fields["Content-Transfer-Encoding"] == "8bit"
    assert {"Project-Id-Version", "PO-Revision-Date", "Last-Translator", "Language-Team"} < set(
        fields
    )
