"""Cards that explain a term beside a link to it: a file of explanations, read when one is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from booktools.embedding import script_json
from booktools.extension.downloads import FOLDER, concepts_of
from booktools.extension.messages import book_of, current_language
from booktools.glossary_data import Concept, Wording
from booktools.languages import Language
from booktools.mathml import to_mathml

SCRIPT, STYLE = "cards.js", "cards.css"
DATA = "cards.js"
MARKERS = ("std-term", "bibtex-citation")
_FORMULA = re.compile(r"\$([^$]+)\$")


def add_script(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Link script and style on pages that link to a term or cite a source."""
    if any(marker in context.get("body", "") for marker in MARKERS):
        app.add_js_file(SCRIPT, loading_method="defer")
        app.add_css_file(STYLE)


def write_explanations(app: Sphinx, exception: Exception | None) -> None:
    """Write the file of explanations, a script: a page opened from a disk may read no other."""
    concepts = [one for page in concepts_of(app.env).values() for one in page]
    if exception or app.builder.format != "html" or not concepts:
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    text = script_json(dict(explanations(concepts, current_language(app), book_of(app).source)))
    (folder / DATA).write_text(f"bookCards({text});\n", encoding="utf-8")


def explanations(
    concepts: Iterable[Concept], language: Language, source: Language
) -> Iterator[tuple[str, list[str]]]:
    """Yield each concept's id, and the HTML of its card: in the reader's language, then English."""
    for concept in concepts:
        languages = [language] if language.source else [language, source]
        wordings = [(one, concept.wordings.get(one.code)) for one in languages]
        yield concept.id, [_explained(one, wording) for one, wording in wordings if wording]


def _explained(language: Language, wording: Wording) -> str:
    text = _with_formulas(wording.definition)
    return (
        f'<div lang="{escape(language.tag)}" dir="{escape(language.direction)}">'
        f"<b>{escape(wording.name)}</b>{f'<p>{text}</p>' if text else ''}</div>"
    )


def _with_formulas(text: str) -> str:
    """Return plain text with TeX formulas as HTML."""
    parts = _FORMULA.split(text)
    parts[::2] = [escape(part) for part in parts[::2]]
    parts[1::2] = [_formula(part) for part in parts[1::2]]
    return "".join(parts)


def _formula(latex: str) -> str:
    try:
        return f'<span class="math" dir="ltr">{to_mathml(latex)}</span>'
    except ValueError:  # the page itself warns of it
        return f"<code>{escape(latex)}</code>"


def setup(app: Sphinx) -> None:
    """Register the listeners."""
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_explanations)
