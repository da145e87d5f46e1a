"""Describe the book to machines in the words of schema.org, as JSON-LD."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from booktools.embedding import cleaned, script_json

CONTEXT = "https://schema.org"
Thing = Mapping[str, Any]


@dataclass(frozen=True)
class Work:
    """What all of a book's pages say of themselves; what is not known is "" and left out."""

    title: str
    address: str
    language: str  # its BCP 47 tag
    summary: str = ""
    author: str = ""
    licence: str = ""
    picture: str = ""


def course(work: Work, chapters: Iterable[Work] = ()) -> Thing:
    """Return a book as a course whose parts are its pages."""
    parts = [{"@type": "LearningResource", **_named(one)} for one in chapters]
    provider = _organization(work.author)
    return _known({"@type": "Course", **_said(work), "provider": provider, "hasPart": parts})


def resource(work: Work, book: Work) -> Thing:
    """Return a page as something to learn from, a part of a course."""
    return _known({"@type": "LearningResource", **_said(work), "isPartOf": course(book)})


def term_set(work: Work) -> Thing:
    """Return a page with a glossary; its terms have a file of their own."""
    return _known({"@type": "DefinedTermSet", **_said(work)})


def breadcrumbs(way: Sequence[Work]) -> Thing:
    """Return the way from the book's first page to a page."""
    items = [
        {"@type": "ListItem", "position": place, "name": one.title, "item": one.address}
        for place, one in enumerate(way, start=1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


def json_ld(*things: Thing) -> str:
    """Return things as one JSON-LD text, safe within a script."""
    return cleaned(script_json({"@context": CONTEXT, "@graph": things}))


def _said(work: Work) -> Thing:
    return {
        **_named(work),
        "description": work.summary,
        "inLanguage": work.language,
        "license": work.licence,
        "author": _organization(work.author),
        "image": work.picture,
    }


def _named(work: Work) -> Thing:
    return {"name": work.title, "url": work.address}


def _organization(name: str) -> Thing:
    return {"@type": "Organization", "name": name} if name else {}


def _known(thing: Thing) -> Thing:
    """Leave out what nobody said."""
    return {key: value for key, value in thing.items() if value not in ("", {}, [])}
