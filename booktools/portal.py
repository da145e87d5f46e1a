"""Write the pages that lead a reader to the book: one for all languages, one in each."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from booktools.embedding import script_json
from booktools.languages import Language

_PORTAL = """<!doctype html>
<html lang="{language}"{direction}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{icon}">
<style>
:root {{ color-scheme: light dark; font: 1.25rem/1.6 system-ui, sans-serif; }}
body {{ margin: 15vh auto; max-width: 24rem; padding: 0 1rem; text-align: center; }}
ul {{ list-style: none; padding: 0; }}
a {{ display: block; padding: .25rem; }}
</style>
<script>
// Without this script the reader chooses from the list below.
const pages = {pages};
for (const tag of navigator.languages) {{
  const wanted = tag.toLowerCase();
  const found = Object.keys(pages).find((known) => known === wanted)
    ?? Object.keys(pages).find((known) => known.split("-")[0] === wanted.split("-")[0]);
  if (found) {{ location.replace(pages[found]); break; }}
}}
</script>
</head>
<body>
<main>
<h1>{title}</h1>
<ul>
{links}
</ul>
</main>
</body>
</html>
"""
_DIRECTIONS = ("", ' dir="rtl"')
_REDIRECT = """<!doctype html>
<html lang="und">
<head>
<meta charset="utf-8">
<title>{page}</title>
<meta http-equiv="refresh" content="0; url={page}">
</head>
<body><a href="{page}">{page}</a></body>
</html>
"""


def write_portal(
    site: Path, languages: Sequence[Language], title: str, page: str, icon: str = ""
) -> None:
    """Write site/index.html: it finds the reader's language among those built, and lists them.

    icon: its file among those of each site.
    """
    source = next((language for language in languages if language.source), languages[0])
    built = [language for language in languages if (site / language.code / page).exists()]
    pages = {language.tag.lower(): _address(language, page) for language in built}
    site.mkdir(parents=True, exist_ok=True)
    address = _address(built[0], f"_static/{icon}") if built and icon else "data:,"
    text = _PORTAL.format(
        title=escape(title),
        icon=escape(address),
        language=escape(source.tag),
        direction=_DIRECTIONS[source.direction == "rtl"],
        pages=script_json(pages),
        links="\n".join(_link(language, page) for language in built),
    )
    (site / "index.html").write_text(text, encoding="utf-8")


def _address(language: Language, page: str) -> str:
    return quote(f"{language.code}/{page}")


def _link(language: Language, page: str) -> str:
    tag, direction, name = map(escape, (language.tag, language.direction, language.name))
    address = escape(_address(language, page))
    return (
        f'<li><a href="{address}" lang="{tag}" hreflang="{tag}" dir="{direction}">{name}</a></li>'
    )


def write_redirect(folder: Path, page: str) -> None:
    """Write folder/index.html, which leads to the given page in the folder, unless it is that."""
    if page == "index.html":
        return
    (folder / "index.html").write_text(_REDIRECT.format(page=escape(page)), encoding="utf-8")
