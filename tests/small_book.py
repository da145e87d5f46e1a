"""A small book for the tests that build one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from real_book import BOOK, ROOT

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
"Language: {code}\\n"
"Plural-Forms: {plurals}\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "Text of a chapter."
msgstr "{translation}"
"""


FRAME = """\
title: A title
sphinx:
  config:
    book_packages: {vanishing: vanishing}
"""


def write_frame(root: Path, *pages: str) -> None:
    """Write the settings of a book and its contents: these pages, which stay empty."""
    (root / "_config.yml").write_text(FRAME, encoding="utf-8")
    chapters = "".join(f"      - file: {page}\n" for page in pages) or "      []\n"
    contents = f"parts:\n  - caption: Part\n    chapters:\n{chapters}"
    (root / "_toc.yml").write_text(contents, encoding="utf-8")
    for page in pages:
        path = root / f"{page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")


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
        copied = ("_config.yml", "locales/languages.toml", "booktools/static/favicon.svg")
        figures = (f"vanishing/static/{name}" for name in ("explorer.js", "vanishing.css"))
        for name in (*copied, *figures):
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
        plurals = next(one.plurals for one in BOOK.languages if one.code == code)
        return self.write(
            name, CATALOGUE.format(code=code, plurals=plurals, translation=translation)
        )

    def copy_tools(self) -> None:
        """Give the book its own copy of both packages and of the pages' templates."""
        for name in ("booktools", "vanishing"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, self.root / name, ignore=ignored, dirs_exist_ok=True)

    def run(self, *arguments: str) -> str:
        """Run a command of the tools; return what it prints, fail where it fails.

        The tools are the book's own copy where it has one.
        """
        places = os.pathsep.join(map(str, (self.root, ROOT)))
        done = subprocess.run(
            [sys.executable, "-m", "booktools", "--root", str(self.root), *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": places, "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def page(self, code: str, name: str) -> str:
        """Return the HTML of a built page."""
        return (self.root / "_build/html" / code / name).read_text(encoding="utf-8")
