"""Pack a language's site as a zip that opens from a folder: what its pages reach, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urljoin
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from booktools.downloads import FOLDER

# Stands in the templates around what leads out of the folder.
_ONLINE = re.compile(r"<!--online-->.*?<!--/online-->", re.DOTALL)
# What looks like the name of a file, in HTML, in a stylesheet and in a script.
_NAME = re.compile(r"""["'(`=]\s*([\w./%@+~-]*[\w%-]\.\w{2,6})(?:[?#][^"'()`\s>]*)?\s*["')`\s>]""")
# What leads to a figure's own page, which other sites embed, and to its numbers, a third of all.
_EMBEDDED = re.compile(r'<(a|button)\b[^>]*\bdata-do="(?:embed|csv)"[^>]*>[^<]*</\1>')
_EARLY = re.compile(r'<link rel="preload"[^>]*>\s*')  # which asks a server
_WAY = re.compile(r' href="((?:\.\./)[^"]*)"')
_TEXTS = frozenset({".html", ".css", ".js", ".mjs", ".json"})
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def write_zip(site: Path, pages: Sequence[str], target: Path, online: str = "") -> None:
    """Write the zip of the pages (such as "book/index.html") and all that they need.

    Its one folder is called as the zip is; equal sites become equal files.
    online: the site's address, where links out of the folder lead; without it they are words.
    """
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(reached(site, pages)):
            entry = ZipInfo(f"{target.stem}/{name}", _LONG_AGO)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content(site, name, online))


def content(site: Path, name: str, online: str = "") -> bytes:
    """Return what the zip holds of a file: a page without what needs the whole site."""
    path = site / name
    if path.suffix != ".html":
        return path.read_bytes()

    def lead(way: re.Match[str]) -> str:
        if not normpath(join(dirname(name), way[1])).startswith(".."):
            return way[0]
        return f' href="{urljoin(f"{online}/{name}", way[1])}"' if online else ""

    text = path.read_text(encoding="utf-8")
    for left_out in (_ONLINE, _EMBEDDED, _EARLY):
        text = left_out.sub("", text)
    return _WAY.sub(lead, text).encode()


def reached(site: Path, pages: Sequence[str]) -> set[str]:
    """Return the files that these name, those that they name in turn, and so on."""
    found: set[str] = set()
    waiting = [page for page in pages if (site / page).is_file()]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _named(site, name)
    return found


def _named(site: Path, name: str) -> Iterator[str]:
    if Path(name).suffix not in _TEXTS:
        return
    for mention in _NAME.findall(content(site, name).decode("utf-8", errors="replace")):
        place = normpath(join(dirname(name), unquote(mention)))
        if not place.startswith(("..", "/", f"{FOLDER}/")) and (site / place).is_file():
            yield place
