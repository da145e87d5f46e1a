"""Let a page that was read once open without a network: a worker for each language's site."""

from __future__ import annotations

import hashlib
from html import escape
from pathlib import Path
from string import Template

from sphinx.application import Sphinx
from sphinx.locale import _

from booktools.extension.messages import current_language
from booktools.extension.templates import TEMPLATES
from booktools.files import write_changed

WORKER = "sw.js"
FALLBACK = "offline.html"
_LEFT_OUT = (WORKER, ".buildinfo")


def write_worker(app: Sphinx, exception: Exception | None) -> None:
    """Write the worker, whose version is that of all files, and the page for those never read."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    write_changed(site / FALLBACK, _fallback(app))
    write_changed(site / WORKER, _filled(WORKER, version=site_version(site)))


def site_version(site: Path) -> str:
    """Return a digest of every file of a site but the worker, which holds it."""
    digest = hashlib.sha256()
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        if path.name not in _LEFT_OUT:
            digest.update(path.relative_to(site).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _fallback(app: Sphinx) -> str:
    language = current_language(app)
    return _filled(
        FALLBACK,
        tag=language.tag,
        direction=language.direction,
        title=_("Without a network"),
        unread=_("This page has not been read on this device before, so it is not kept here."),
        again=_("Try again"),
        read=_("These pages are kept"),
    )


def _filled(name: str, **words: str) -> str:
    template = Template((TEMPLATES / name).read_text(encoding="utf-8"))
    return template.safe_substitute({key: escape(word) for key, word in words.items()})


def setup(app: Sphinx) -> None:
    """Write both after everything else is written, the search index included."""
    app.connect("build-finished", write_worker, priority=990)
