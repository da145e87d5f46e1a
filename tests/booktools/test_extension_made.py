"""A page gets the files that the library prints for it, and no other page does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from sphinx.application import Sphinx

from booktools.extension import made
from booktools.faults import BuildError

DIGITS = Path("_static/lab/digits.js")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sphinx:
    book = SimpleNamespace(root=tmp_path / "book", library=None)
    monkeypatch.setattr(made, "book_of", lambda app: book)
    config = SimpleNamespace(book_made={"vg-lab": {"lab/digits.js": "some.digits"}})
    return cast(Sphinx, SimpleNamespace(config=config, outdir=str(tmp_path / "site")))


def show(app: Sphinx, body: str) -> Path:
    made.make_files(app, "page", "page.html", {"body": body}, None)
    return Path(app.outdir) / DIGITS


def test_only_a_page_that_needs_a_file_has_it_made(
    app: Sphinx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "printed", lambda module: f"// {module}\n")
    assert not show(app, "<p>text</p>").exists()
    assert show(app, '<div class="vg-lab">').read_text("utf-8") == "// some.digits\n"


def test_a_file_is_made_again_only_when_the_library_has_changed(
    app: Sphinx, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_so_far: list[str] = []
    monkeypatch.setattr(made, "printed", lambda module: f"{made_so_far.append(module)}")
    for key, times in (("first", 1), ("first", 1), ("second", 2)):
        monkeypatch.setattr(made, "fingerprint", lambda library, key=key: key)
        show(app, '<div class="vg-lab">')
        assert len(made_so_far) == times


def test_what_a_module_prints_is_taken_as_it_is() -> None:
    assert "Beautiful is better than ugly." in made.printed("this")


def test_a_module_that_fails_is_named_with_what_it_said() -> None:
    with pytest.raises(BuildError, match=r"no_such_module could not write its file:\n.*No module"):
        made.printed("no_such_module")
