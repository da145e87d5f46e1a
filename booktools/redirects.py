"""Lead a reader on from an address that names a folder, or a language by another of its names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path, PurePosixPath
from posixpath import relpath
from urllib.parse import quote

from babel.core import get_global

from booktools.files import write_changed
from booktools.languages import Language

_REDIRECT = """<!doctype html>
<html lang="{tag}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{canonical}<meta http-equiv="refresh" content="0; url={target}">
</head>
<body><p><a href="{target}">{title}</a></p></body>
</html>
"""


def redirect(target: str, title: str, language: Language, address: str = "") -> str:
    """Return a page that leads to a target, in its language.

    target: the way there, as it is quoted. address: the target's whole address, where it is known.
    """
    canonical = f'<link rel="canonical" href="{escape(address)}">\n' if address else ""
    return _REDIRECT.format(
        tag=escape(language.tag),
        direction=escape(language.direction),
        title=escape(title),
        canonical=canonical,
        target=escape(target),
    )


def write_redirects(
    folder: Path, pages: Sequence[str], title: str, language: Language, base: str = ""
) -> None:
    """Write an index.html that leads to its first page into each folder that has none.

    pages: their files in the book's order. base: the folder's whole address, where it is known.
    """
    for place, page in folder_pages(pages).items():
        target, address = quote(relpath(page, place or ".")), base and f"{base}{quote(page)}"
        text = redirect(target, title, language, address)
        write_changed(folder / place / "index.html", text)


def folder_pages(pages: Sequence[str]) -> dict[str, str]:
    """Return each folder without a page of its own -> the first page in it or below it."""
    found: dict[str, str] = {}
    for page in pages:
        for parent in PurePosixPath(page).parents:
            place = "" if parent == PurePosixPath(".") else parent.as_posix()
            found.setdefault(place, page)
    own = {PurePosixPath(page).parent.as_posix() for page in pages if _is_index(page)}
    return {place: page for place, page in found.items() if (place or ".") not in own}


def _is_index(page: str) -> bool:
    return PurePosixPath(page).name == "index.html"


def other_names(languages: Iterable[Language]) -> dict[str, Language]:
    """Return further names of languages, such as zh, zh-CN, zh-Hans and pt-PT, that are no code."""
    known = list(languages)
    codes = {language.code.casefold() for language in known}
    found: dict[str, Language] = {}
    for language in known:
        for name in _names(language):
            if name.casefold() not in codes:
                found.setdefault(name, language)
    return found


def _names(language: Language) -> Iterator[str]:
    likely: Mapping[str, str] = get_global("likely_subtags")
    base = language.code.partition("_")[0]
    full = likely.get(language.code, likely.get(base, ""))
    region = full.rpartition("_")[2]
    names = [language.tag, language.code.replace("_", "-"), base]
    if language.tag in (base, f"{base}-{region}"):
        names.append(f"{base}-{region}")
    if "_" in language.code:
        names += [full.replace("_", "-"), full.rpartition("_")[0].replace("_", "-")]
    for name in filter(None, names):
        yield name
        yield name.lower()
