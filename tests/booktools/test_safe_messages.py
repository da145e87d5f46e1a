"""Where no rule has looked at a catalogue, a build still shows English instead of a bad entry."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from random_messages import CANARY, EXAMPLES, MANY, texts
from real_book import ROOT
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from booktools.po import Entry, quote, render

HEADER = Entry(msgid="", msgstr=("Content-Type: text/plain; charset=UTF-8\n",))
EXTENSIONS = [
    "sphinx_external_toc",
    "myst_nb",
    "sphinx_book_theme",
    "booktools.maths",
    "booktools.icons",
    "booktools.extension",
    "booktools.notebooks",
]
TOC = """\
root: page
subtrees:
  - caption: Part
    entries:
      - file: other
      - file: words
"""
PAGE = """\
---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3}
---
# Heading

A sentence.

A link to [this](https://a.example/x), *twice*.

A {term}`gradient` here.

If $a \\text{ if } b$ then.

See {numref}`Figure %s <shapes>`.

```{figure} shapes.svg
:name: shapes
A caption.
```

```{admonition} A title
Inside.
```

```{code-cell}
# a comment
1
```
"""
WORDS = "# Words\n\n```{glossary}\ngradient\n  A slope.\n\ndepth\n  A count.\n```\n"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
HONEST = {
    "Heading": "عنوان",
    "A sentence.": "جملة.",
    "A link to [this](https://a.example/x), *twice*.": "رابط إلى [هذا](https://a.example/x).",
    "A {term}`gradient` here.": "{term}`تدرج <gradient>` هنا.",
    "If $a \\text{ if } b$ then.": "إذا $a \\text{ إذا } b$ إذن.",
    "See {numref}`Figure %s <shapes>`.": "انظر {numref}`الشكل %s <shapes>`.",
    "A caption.": "تعليق.",
    "A title": "لقب",
    "Inside.": "في الداخل::",
    "Words": "كلمات",
    "gradient": "التدرج",
}
HOSTILE = [
    ("A sentence.", "جملة {term}`gradient`."),
    ("A sentence.", "جملة {unknown}`role`."),
    ("A sentence.", "جملة {raw}`role`."),
    ("A sentence.", "[جملة](https://pwned.example)"),
    ("A sentence.", "[جملة](#pwned)"),
    ("A sentence.", "![جملة](pwned.svg)"),
    ("A sentence.", "<https://pwned.example>"),
    ("A sentence.", "جملة $\\badcommand$"),
    ("A sentence.", "جملة `pwned`"),
    ("A sentence.", "جملة\n\npwned"),
    ("A sentence.", "جملة\\\npwned"),
    ("A sentence.", "{download}`جملة <page.md>`"),
    ("A sentence.", "{cite}`pwned`"),
    ("A sentence.", "\n\n"),
    ("Heading", "[عنوان](https://pwned.example)"),
    ("Heading", "عنوان {ref}`pwned`"),
    ("A title", "[لقب](https://pwned.example)"),
    ("A link to [this](https://a.example/x), *twice*.", "رابط إلى [هذا](https://pwned.example)."),
    ("A link to [this](https://a.example/x), *twice*.", "رابط إلى هذا."),
    ("A {term}`gradient` here.", "تدرج."),
    ("A {term}`gradient` here.", "{term}`!تدرج <gradient>`."),
    ("A {term}`gradient` here.", "{term}`تدرج <x> <gradient>`."),
    ("A {term}`gradient` here.", "{term}`تدرج <pwned>`."),
    ("A {term}`gradient` here.", "{term}`تدرج <depth>`."),
    ("If $a \\text{ if } b$ then.", "إذا $a \\text{ % } b$"),
    ("If $a \\text{ if } b$ then.", "إذا $a \\text{ # } b$"),
    ("If $a \\text{ if } b$ then.", "إذا $a \\text{ ^ } b$"),
    ("If $a \\text{ if } b$ then.", "إذا $a \\text{ _ } b$"),
    ("If $a \\text{ if } b$ then.", "إذا $b \\text{ if } a$"),
    ("See {numref}`Figure %s <shapes>`.", "{numref}`الشكل %d <shapes>`."),
    ("See {numref}`Figure %s <shapes>`.", "{numref}`الشكل {x} <shapes>`."),
    ("See {numref}`Figure %s <shapes>`.", "{numref}`الشكل %s %s <shapes>`."),
    ("A link to [this](https://a.example/x), *twice*.", "رابط [](https://a.example/x)."),
    ("A link to [this](https://a.example/x), *twice*.", "رابط [\u200f](https://a.example/x)."),
    ("A {term}`gradient` here.", "هنا {term}`\u200f <gradient>`."),
    ("A sentence.", "\u200f"),
    ("A sentence.", "جملة \u202epwned"),
    ("A sentence.", "جملة \u2069 pwned \u2067"),
    ("A sentence.", "جملة pwned" + "\u0489" * 9),
    ("gradient", "depth"),
    ("gradient", "Depth"),
    ("gradient", "التدرج : pwned"),
    ("gradient", "[التدرج](https://pwned.example)"),
]
Build = Callable[[Mapping[str, str], str], tuple[str, Path]]


def write_book(folder: Path) -> None:
    for name, text in {
        "_toc.yml": TOC, "page.md": PAGE, "words.md": WORDS, "shapes.svg": SVG,
        "other.md": "# Other\n\nAnother page.\n",
        "locales/languages.toml": (ROOT / "locales/languages.toml").read_text(encoding="utf-8"),
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Give a function that builds the book with these Arabic messages, without any rule."""
    source = tmp_path / "source"
    source.mkdir()
    write_book(source)

    def built(messages: Mapping[str, str], builder: str) -> tuple[str, Path]:
        entries = [Entry(msgid=english, msgstr=(text,)) for english, text in messages.items()]
        for page in ("page", "words"):
            catalogue = source / f"locales/ar/LC_MESSAGES/{page}.po"
            catalogue.parent.mkdir(parents=True, exist_ok=True)
            catalogue.write_text(render(HEADER, entries), encoding="utf-8")
            catalogue.with_suffix(".mo").unlink(missing_ok=True)
        return run(source, tmp_path / "built" / builder), tmp_path / "built" / builder

    return built


def run(source: Path, target: Path) -> str:
    """Build in this process, all anew, and return the warnings."""
    shutil.rmtree(target, ignore_errors=True)
    warnings = StringIO()
    options = {
        "extensions": EXTENSIONS,
        "html_theme": "sphinx_book_theme",
        "language": "ar",
        "locale_dirs": ["locales"],
        "numfig": True,
        "gettext_compact": False,
        "myst_enable_extensions": ["dollarmath", "substitution"],
        "nb_execution_mode": "off",
        "suppress_warnings": ["myst-nb.lexer"],
    }
    locale.translators.clear()
    with patch_docutils(str(source)), docutils_namespace():
        app = Sphinx(
            source, None, target, target.parent / f"{target.name}-trees", target.name,
            confoverrides=options, status=None, warning=warnings, freshenv=True,
        )  # fmt: skip
        app.build(force_all=True)
    return re.sub("\x1b\\[[0-9;]*m", "", warnings.getvalue())


def pages(folder: Path) -> dict[str, bytes]:
    """Return the pages and the notebooks that a build wrote."""
    found = [*folder.glob("*.html"), *folder.rglob("*.ipynb")]
    return {path.name: path.read_bytes() for path in found}


@pytest.mark.parametrize("builder", ["dummy", "html", "vg-notebooks"])
def test_honest_translations_build_without_a_word(
    build: Build, builder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    warnings, folder = build(HONEST, builder)
    assert warnings == ""
    assert "shown in English" not in capsys.readouterr().out
    if builder == "html":
        text = (folder / "page.html").read_text(encoding="utf-8")
        for shown in ("عنوان", "جملة.", "هذا", "الشكل 1", "لقب", "في الداخل::", "تعليق."):
            assert shown in text


@pytest.mark.parametrize(("english", "hostile"), HOSTILE)
def test_a_bad_entry_is_shown_in_english_and_named(
    build: Build, english: str, hostile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    warnings, folder = build({**HONEST, english: hostile}, "dummy")
    catalogue = (folder.parents[1] / "source/locales/ar/LC_MESSAGES/page.po").read_text(
        encoding="utf-8"
    )
    assert warnings == ""
    lines = [line for line in capsys.readouterr().out.splitlines() if "shown in English" in line]
    page = "words" if english == "gradient" else "page"
    line = catalogue.split("\n").index(f"msgid {quote(english)}") + 2
    assert len(lines) == 1
    assert lines[0].startswith(f"shown in English: locales/ar/LC_MESSAGES/{page}.po:{line}: words")


@pytest.mark.parametrize("builder", ["html", "vg-notebooks"])
def test_bad_entries_change_nothing_but_their_own_sentences(build: Build, builder: str) -> None:
    worst = {english: text for english, text in HOSTILE if "gradient" not in english}
    left = {english: text for english, text in HONEST.items() if english not in worst}
    warnings, folder = build(left, builder)
    expected = pages(folder)
    assert warnings == ""
    warnings, folder = build({**left, **worst}, builder)
    assert warnings == ""
    assert pages(folder) == expected


SENTENCES = [english for english in HONEST if english.endswith(".")]


@settings(MANY, max_examples=max(1, EXAMPLES // 1000))
@given(messages=st.lists(texts(), min_size=len(SENTENCES), max_size=len(SENTENCES)))
def test_random_sentences_leave_the_rest_of_the_book_as_it_is(
    build: Build, messages: list[str]
) -> None:
    CANARY.unlink(missing_ok=True)
    random = HONEST | {one: text for one, text in zip(SENTENCES, messages, strict=True) if text}
    for builder in ("html", "vg-notebooks"):
        kept = []
        for messages_of_book in (HONEST, random):
            warnings, folder = build(messages_of_book, builder)
            assert warnings == ""
            kept.append(held(folder))
        assert kept[0] == kept[1]
        assert not CANARY.exists()


def held(folder: Path) -> tuple[object, ...]:
    """Return what no sentence may change: other pages, addresses, scripts and cells."""
    found = pages(folder)
    page = BeautifulSoup(found.pop("page.html", b""), "html.parser")
    addresses = {tag.get("href") or tag.get("src") for tag in page.find_all(True)}
    cells = len(json.loads(found.pop("page.ipynb", b'{"cells": []}'))["cells"])
    return found, addresses, len(page.find_all("script")), cells
