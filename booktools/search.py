"""Index a built site for searching in its own language, Chinese words included."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.typing import ExtensionMetadata

FOLDER = "pagefind"
STATIC = Path(__file__).parent / "static"
_ARTICLE = "article.bd-article"
_LEFT_OUT = ".headerlink, .cell_input, .cell_output, svg, math, script"
_SIGNS = re.compile(r"[][{}()<>?*$:,!\\]")  # to which a glob gives a meaning
_ESCAPED = r"\\\g<0>"
_UNUSED = ("pagefind-*ui.*", "pagefind-highlight.js")


def index_site(site: Path, pages: str, language: str) -> None:
    """Write the search index of the pages (a glob) below site/pagefind.

    language: ISO 639-1 code. Raises SphinxError with Pagefind's words when it fails.
    """
    command = [sys.executable, "-m", "pagefind", "--site", str(site), "--glob", pages]
    command += ["--root-selector", _ARTICLE, "--exclude-selectors", _LEFT_OUT]
    command += ["--force-language", language, "--output-subdir", FOLDER, "--keep-index-url"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SphinxError(f"{' '.join(command)} failed: {done.stderr or done.stdout}")
    for pattern in _UNUSED:
        for path in (site / FOLDER).glob(pattern):
            path.unlink()


def index_after_build(app: Sphinx, exception: Exception | None) -> None:
    """Index the site that Sphinx has just written."""
    if exception is None and app.builder.format == "html":
        language = (app.config.language or "en").partition("_")[0]
        index_site(Path(app.outdir), pages_glob(app.env.found_docs), language)


def pages_glob(pages: Iterable[str]) -> str:
    """Return the glob of the pages' files: all of a folder, or one that lies in none."""
    parts = (page.partition("/") for page in pages)
    globs = {_SIGNS.sub(_ESCAPED, top) + (slash and "/**/*") + ".html" for top, slash, _ in parts}
    return f"{{{','.join(sorted(globs))}}}"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Index after every build; the search page's script is in booktools/static."""
    app.connect("builder-inited", lambda app: app.config.html_static_path.append(str(STATIC)))
    app.connect("build-finished", index_after_build, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
