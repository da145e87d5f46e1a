"""Write the pages that lead to the book in each language: the first one, and that of no page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote, urlsplit

from booktools.book import Book
from booktools.embedding import script_json
from booktools.files import write_changed
from booktools.languages import Language
from booktools.redirects import other_names, redirect
from booktools.sites import Site

LOST = "404.html"
_PAGE = """<!doctype html>
<html lang="{language}"{direction}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{head}
<link rel="icon" href="{icon}">
<style>
:root {{ color-scheme: light dark; font: 1.25rem/1.6 system-ui, sans-serif; }}
body {{ margin: 15vh auto; max-width: 24rem; padding: 0 1rem; text-align: center; }}
ul {{ list-style: none; padding: 0; }}
a {{ display: block; padding: .25rem; }}
</style>
<script>
{script}
</script>
</head>
<body>
<main>
<h1>{heading}</h1>
<ul>
{items}
</ul>
</main>
</body>
</html>
"""
_DIRECTIONS = ("", ' dir="rtl"')
_FIND = """// Without this script, or with #all in the address, the reader chooses from the list.
const pages = {pages};
const wanted = (tag) => Object.keys(pages).find((known) => known === tag)
  ?? Object.keys(pages).find((known) => known.split("-")[0] === tag.split("-")[0]);
let chosen = [];
try {{ chosen = [localStorage.getItem("language")]; }} catch {{ /* it may be forbidden */ }}
const tags = [...chosen, ...navigator.languages].filter(Boolean).map((tag) => tag.toLowerCase());
const found = location.hash !== "#all" && tags.map(wanted).find(Boolean);
if (found) location.replace(pages[found]);"""
_MEND = """// An address with another name of a language, such as pt-PT, leads to the same page.
const codes = {pages};
const base = new URL(document.baseURI).pathname;
const [, name, rest] = location.pathname.slice(base.length).match(/^([^/]+)(.*)$/) ?? [];
const tag = (name ?? "").toLowerCase().replaceAll("_", "-");
const known = Object.keys(codes).find((one) => one === tag)
  ?? Object.keys(codes).find((one) => one.split("-")[0] === tag.split("-")[0]);
const target = codes[known] + rest + location.search + location.hash;
if (known && codes[known] !== name) location.replace(target);"""


def write_portal(
    folder: Path, book: Book, sites: Sequence[Site], address: str | None = None
) -> None:
    """Write index.html: it finds the reader's language among those built, and lists them.

    address: that at which the folder is published, where it is known.
    """
    page = book.first_page
    pages = {one.language.tag.lower(): _address(one.language, page) for one in sites}
    summary = next((one.summary for one in sites if one.language == book.source), "")
    head = [f'<meta name="description" content="{escape(summary)}">'] if summary else []
    head += [f'<link rel="canonical" href="{escape(address)}/">'] if address else []
    items = (_item(one.language, _address(one.language, page)) for one in sites)
    text = _page(book, sites, book.title, head, _FIND.format(pages=script_json(pages)), items)
    write_changed(folder / "index.html", text)


def write_lost(folder: Path, book: Book, sites: Sequence[Site], address: str | None = None) -> None:
    """Write 404.html, which says in every language that no page is here, and leads to the book.

    A host shows it at any address: its links begin at the book's own, else at the host's root.
    """
    base = urlsplit(address).path if address else ""
    head = ['<meta name="robots" content="noindex">', f'<base href="{escape(base)}/">']
    codes = {one.language.tag.lower(): one.language.code for one in sites}
    script = _MEND.format(pages=script_json(codes))
    items = (_lost(one, _address(one.language, book.first_page)) for one in sites)
    write_changed(folder / LOST, _page(book, sites, book.title, head, script, items))


def write_names(
    folder: Path, book: Book, sites: Sequence[Site], address: str | None = None
) -> None:
    """Write a folder for each other name of a language, such as zh, that leads to its book."""
    titles = {one.language: one.title for one in sites}
    for name, language in other_names(titles).items():
        there = _address(language, book.first_page)
        whole = f"{address}/{there}" if address else ""
        text = redirect(f"../{there}", titles[language], language, whole)
        write_changed(folder / name / "index.html", text)


def _page(
    book: Book,
    sites: Sequence[Site],
    title: str,
    head: Iterable[str],
    script: str,
    items: Iterable[str],
) -> str:
    icon = _address(sites[0].language, f"_static/{book.icon}") if sites and book.icon else "data:,"
    return _PAGE.format(
        title=escape(title),
        heading=escape(title),
        head="\n".join(head),
        icon=escape(icon),
        language=escape(book.source.tag),
        direction=_DIRECTIONS[book.source.direction == "rtl"],
        script=script,
        items="\n".join(items),
    )


def _address(language: Language, page: str) -> str:
    return quote(f"{language.code}/{page}")


def _item(language: Language, address: str) -> str:
    tag, direction, name = map(escape, (language.tag, language.direction, language.name))
    return (
        f'<li><a href="{escape(address)}" lang="{tag}" hreflang="{tag}" dir="{direction}">'
        f"{name}</a></li>"
    )


def _lost(site: Site, address: str) -> str:
    tag, direction = escape(site.language.tag), escape(site.language.direction)
    link = f'<a href="{escape(address)}">{escape(site.title)}</a>'
    return f'<li lang="{tag}" dir="{direction}">{escape(site.lost)} {link}</li>'
