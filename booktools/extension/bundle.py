"""Give each kind of page one stylesheet with the rules that its pages use, and one small font."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial, reduce
from html import unescape
from operator import or_
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from booktools.extension.messages import book_of
from booktools.files import write_changed
from booktools.fonts import CACHE, subset_once
from booktools.styles import Used, parts, purged_once, used_in_page, used_in_script

THEME = (
    "basic.css",
    "styles/bootstrap.css",
    "styles/pydata-sphinx-theme.css",
    "icons.css",
)
FORMULA_FONT = "formula.woff2"
_FOLDER = "_static/"
_LINK = re.compile(
    r'<link rel="stylesheet" href="[^"]*?(style-[0-9a-f]{8}\.css)(?:\?v=\w+)?" data-of="(.*?)">'
)
_MADE = re.compile(rf'(?<=/)({re.escape(FORMULA_FONT)}|style-[0-9a-f]{{8}}\.css)(?:\?v=\w+)?(?=")')
_FONT = re.compile(rf"""(?<=[("'/])({re.escape(FORMULA_FONT)})(?=["')])""")
_LOADED = re.compile(r'\b(?:href|src)="[^"]*?_static/([^"?]+\.css)')
_SCRIPT = re.compile(r'<script\b[^>]*\bsrc="[^"]*?_static/([^"?]+)')
_IMPORT = re.compile(r"""\bimport\b[^;"']*["'](\.{1,2}/[^"']+)["']""")
_MATHS = re.compile(r"<math\b.*?</math>", re.DOTALL)
_TOKEN = re.compile(r"<(m[a-z]+)\b([^<>]*)>([^<>]+)</\1>")
_MATHS_LETTERS = range(0x1D400, 0x1D800)
_SLANTED = "MATHEMATICAL ITALIC "  # letters in which browsers show the variables of a formula


def choose_bundle(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let the page link one stylesheet in the place of those that come from here."""
    sheets = list(context.get("css_files", ()))
    own = [name for sheet in sheets if (name := _own(sheet))]
    names = " ".join(dict.fromkeys(own))
    context["css_files"] = [sheet for sheet in sheets if not _own(sheet)]
    context["bundle"] = f"style-{hashlib.sha256(names.encode()).hexdigest()[:8]}.css"
    context["bundle_of"] = names
    context["shows_maths"] = "<math" in context.get("body", "")


def _own(sheet: Any) -> str:
    """Return the name of a stylesheet in the site's _static that is for every medium, else ""."""
    attributes = getattr(sheet, "attributes", {})
    name = str(getattr(sheet, "filename", sheet))
    everywhere = attributes.get("media", "all") == "all"
    plain = attributes.get("rel", "stylesheet") == "stylesheet"
    return name.removeprefix(_FOLDER) if name.startswith(_FOLDER) and everywhere and plain else ""


def write_bundles(app: Sphinx, exception: Exception | None) -> None:
    """Write each stylesheet from what the pages that link it hold."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    if (site / _FOLDER / THEME[0]).exists():  # Sphinx brings it whenever it has written a page
        _write_font(app, pages.values())
        _write_sheets(site, book_of(app).root / CACHE, pages.values())
    for path, html in pages.items():
        write_changed(path, _MADE.sub(partial(_with_version, site / _FOLDER), html))
    _drop_sheets(site / _FOLDER, pages.values())


def _with_version(folder: Path, name: re.Match[str]) -> str:
    """Return a file's name with what tells it from the file of an earlier build."""
    path = folder / name[1]
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
    return f"{name[1]}?v={digest[:8]}" if digest else name[1]


def _write_sheets(site: Path, kept: Path, pages: Iterable[str]) -> None:
    """Write each sheet, into a folder of the cache also with all that nothing uses."""
    kinds = _kinds(pages, site / _FOLDER)
    with_version = partial(_with_version, site / _FOLDER)
    for name, (sheets, used) in kinds.items():
        texts = parts(_texts(site / _FOLDER, [*THEME, *sheets]))
        sheet = [_FONT.sub(with_version, text) for text in texts]
        write_changed(kept / site.name / name, "\n".join(sheet))
        write_changed(site / _FOLDER / name, purged_once(sheet, used, kept))
    for path in site.glob(f"{_FOLDER}style-*.css"):
        if path.name not in kinds:  # an earlier build's
            path.unlink()


def _kinds(pages: Any, folder: Path) -> dict[str, tuple[Sequence[str], Used]]:
    """Return name of a stylesheet -> those that it is made of, what its pages and scripts use."""
    found: dict[str, tuple[Sequence[str], Used]] = {}
    used_by = cache(partial(_used_by, folder.resolve()))
    for html in pages:
        for name, sheets in _LINK.findall(html):
            used = reduce(or_, map(used_by, _SCRIPT.findall(html)), used_in_page(html))
            if name in found:
                used = used | found[name][1]
            found[name] = unescape(sheets).split(), used
    return found


def _used_by(folder: Path, name: str) -> Used:
    """Return what a script may add to a page, with those that it imports."""
    waiting, seen = [folder / name], set[Path]()
    used = Used(frozenset(), frozenset(), frozenset())
    while waiting:
        path = waiting.pop()
        if path not in seen and path.is_file():
            text = path.read_text(encoding="utf-8")
            used = used | used_in_script(text)
            waiting += [(path.parent / other).resolve() for other in _IMPORT.findall(text)]
        seen.add(path)
    return used


def _texts(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        if (path := folder / name).exists():
            yield name, path.read_text(encoding="utf-8")


def _drop_sheets(folder: Path, pages: Any) -> None:
    """Remove the stylesheets of which others are made, if no page links them itself."""
    made = {name for html in pages for _, sheets in _LINK.findall(html) for name in sheets.split()}
    linked = {name for html in pages for name in _LOADED.findall(html)}
    for name in {*THEME, *made, "styles/theme.css"} - linked:
        (folder / name).unlink(missing_ok=True)


def _write_font(app: Sphinx, pages: Any) -> None:
    """Cut the formulas' font down to the characters of this site's formulas."""
    path = Path(app.outdir) / _FOLDER / FORMULA_FONT
    characters = set().union(*(maths_characters(html) for html in pages))
    if path.exists() and characters:
        folder = book_of(app).root / CACHE
        write_changed(path, subset_once(path, characters, ["*"], folder))


def maths_characters(html: str) -> set[str]:
    """Return the characters of a page's formulas, in the form in which browsers show each."""
    tokens = {token for maths in _MATHS.findall(html) for token in _TOKEN.findall(maths)}
    return {letter for token in tokens for letter in _shown(*token)} | {"√"}


def _shown(tag: str, attributes: str, content: str) -> str:
    """Return what browsers show of a formula's token; they slant a letter that stands alone."""
    text = unescape(content)
    slanted = tag == "mi" and len(text.strip()) == 1 and "mathvariant" not in attributes
    return _MATHS_FORMS.get(text.strip(), text) if slanted else text


def _maths_forms() -> Mapping[str, str]:
    """Return letter -> its slanted form, as browsers show a variable."""
    found: dict[str, str] = {"h": "ℎ"}
    for code in _MATHS_LETTERS:
        if unicodedata.name(chr(code), "").startswith(_SLANTED):
            found[unicodedata.normalize("NFKC", chr(code))] = chr(code)
    return found


_MATHS_FORMS = _maths_forms()


def setup(app: Sphinx) -> None:
    """Choose when a page's files are known, and write when all pages and icons are there."""
    app.connect("html-page-context", choose_bundle, priority=960)
    app.connect("build-finished", write_bundles, priority=940)
