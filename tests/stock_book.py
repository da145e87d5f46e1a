"""A book as `jupyter-book create` writes it: pages at the root, no word of another language."""

from __future__ import annotations

import json
from pathlib import Path

CONFIG = """\
title: My sample book
author: The Jupyter Book Community
execute:
  execute_notebooks: force
bibtex_bibfiles:
  - references.bib
repository:
  url: https://github.com/executablebooks/jupyter-book
  path_to_book: docs
  branch: master
html:
  use_issues_button: true
  use_repository_button: true
"""
CONTENTS = """\
format: jb-book
root: intro
chapters:
- file: markdown
- file: notebooks
- file: markdown-notebooks
"""
INTRO = (
    "# Welcome to your Jupyter Book\n\nThis is a small sample book.\n\n```{tableofcontents}\n```\n"
)
MARKDOWN = """\
# Markdown Files

You write in **MyST Markdown**, see https://mystmd.org and {doc}`intro`.

```{note}
Here is a note
```

A citation: {cite}`holdgraf_evidence_2014`.

```{bibliography}
```
"""
MARKDOWN_NOTEBOOK = """\
---
jupytext:
  formats: md:myst
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Notebooks with MyST Markdown

With MyST Markdown, you can define code cells.

```{code-cell}
# add two numbers
print(2 + 2)
```
"""
REFERENCES = """\
@inproceedings{holdgraf_evidence_2014,
  title = {Evidence for Predictive Coding}, author = {Holdgraf, Christopher Ramsay},
  booktitle = {ICIS}, year = {2014}
}
"""
CELLS = [
    ("markdown", "# Content with notebooks\n\nYou can also write notebooks.\n\n$$\\mbox{a} = 1$$"),
    ("code", "# say how many\nprint(6 * 7, 'cells')"),
]


def write_stock_book(root: Path) -> None:
    """Write the book's files into a folder."""
    files = {
        "_config.yml": CONFIG,
        "_toc.yml": CONTENTS,
        "intro.md": INTRO,
        "markdown.md": MARKDOWN,
        "markdown-notebooks.md": MARKDOWN_NOTEBOOK,
        "notebooks.ipynb": _notebook(),
        "references.bib": REFERENCES,
        "README.md": "# No page of the book\n",
    }
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")


def _notebook() -> str:
    code = {"execution_count": None, "outputs": []}
    cells = [
        {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": text}
        | (code if kind == "code" else {})
        for number, (kind, text) in enumerate(CELLS)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4}
    return json.dumps({**notebook, "nbformat_minor": 5})
