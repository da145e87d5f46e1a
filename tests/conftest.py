"""Fixtures that several folders of tests share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from booktools.serve import address, start_server

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"

INDEX = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
# A small gradient

A sentence with a {term}`gradient` and $\\sigma'(x) \\le \\tfrac14$.

$$
a = \\frac{1}{2}
$$ (half)

See {eq}`half`.

```{code-cell}
# a comment
print(1 + 1)
```
"""
CHAPTER = "# A chapter\n\nText of a chapter.\n"
GLOSSARY = "# Glossary\n\n```{glossary}\ngradient\n  A slope.\n```\n"
TOC = """\
format: jb-book
root: book/index
parts:
  - caption: Course
    chapters:
      - file: book/course/chapter
  - caption: Reference
    chapters:
      - file: book/glossary
"""
CATALOGUE = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "Text of a chapter."
msgstr "{translation}"
"""


class SmallBook:
    """A book of three short pages in a folder of its own, with the real settings."""

    def __init__(self, root: Path) -> None:
        """Write the sources."""
        self.root = root
        self.write("_toc.yml", TOC)
        self.write("book/index.md", INDEX)
        self.write("book/course/chapter.md", CHAPTER)
        self.write("book/glossary.md", GLOSSARY)
        self.write("book/references.bib", "")
        for name in ("_config.yml", "locales/languages.toml", "booktools/static/favicon.svg"):
            self.write(name, (ROOT / name).read_text(encoding="utf-8"))

    def write(self, name: str, text: str) -> Path:
        """Write one file of the book."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def translate(self, code: str, translation: str) -> Path:
        """Translate the chapter's only sentence."""
        name = f"locales/{code}/LC_MESSAGES/book/course/chapter.po"
        return self.write(name, CATALOGUE.format(translation=translation))

    def page(self, code: str, name: str) -> str:
        """Return the HTML of a built page."""
        return (self.root / "_build/html" / code / name).read_text(encoding="utf-8")


@pytest.fixture
def small_book(tmp_path: Path) -> SmallBook:
    """Give a small book in a fresh folder."""
    return SmallBook(tmp_path)


@pytest.fixture(scope="session")
def site() -> Path:
    """Give the folder of the built book, all languages."""
    folder = ROOT / "_build/html"
    if not (folder / "index.html").exists():
        pytest.fail(f"{folder} holds no book; run `python -m booktools build` first")
    return folder


@pytest.fixture(scope="session")
def site_address(site: Path) -> Iterator[str]:
    """Serve the built book; give its address, which ends with a slash."""
    server = start_server(site, 0)
    yield address(server)
    server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a headless Chromium: Debian's, which `make test` installs."""
    executable = shutil.which("chromium") or CHROMIUM
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=executable)
        yield instance
        instance.close()
