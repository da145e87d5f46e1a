"""The shape that schema.org gives the things that pages describe, as a JSON Schema."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string", "minLength": 1}
ADDRESS = {**TEXT, "format": "uri-reference"}
ORGANIZATION = {
    "type": "object",
    "properties": {"@type": {"const": "Organization"}, "name": TEXT},
    "required": ["@type", "name"],
    "additionalProperties": False,
}
WORK = {
    "name": TEXT,
    "url": ADDRESS,
    "description": TEXT,
    "inLanguage": {"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$"},
    "license": ADDRESS,
    "author": ORGANIZATION,
    "image": ADDRESS,
}


def thing(kind: str, needed: list[str], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"@type": {"const": kind}, **WORK, **more},
        "required": ["@type", "name", "url", *needed],
        "additionalProperties": False,
    }


PART = thing("LearningResource", [])
COURSE = thing(
    "Course",
    ["description", "inLanguage"],
    provider=ORGANIZATION,
    hasPart={"type": "array", "items": PART},
)
RESOURCE = thing("LearningResource", ["description", "inLanguage", "isPartOf"], isPartOf=COURSE)
TERM = {
    "type": "object",
    "properties": {
        "@type": {"const": "DefinedTerm"},
        "@id": ADDRESS,
        "url": ADDRESS,
        "termCode": TEXT,
        "inDefinedTermSet": ADDRESS,
        "name": TEXT,
        "description": {"type": "string", "pattern": "^[^$\\\\]*$"},
        "alternateName": {"type": "array", "items": TEXT, "uniqueItems": True},
    },
    "required": ["@type", "@id", "url", "name", "description", "inDefinedTermSet"],
    "additionalProperties": False,
}
TERM_SET = thing("DefinedTermSet", ["inLanguage"])
TERMS = thing(
    "DefinedTermSet",
    ["inLanguage", "hasDefinedTerm"],
    **{
        "@context": {"const": "https://schema.org"},
        "@id": ADDRESS,
        "hasDefinedTerm": {"type": "array", "items": TERM, "minItems": 1},
    },
)
BREADCRUMBS = {
    "type": "object",
    "properties": {
        "@type": {"const": "BreadcrumbList"},
        "itemListElement": {
            "type": "array",
            "minItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "@type": {"const": "ListItem"},
                    "position": {"type": "integer", "minimum": 1},
                    "name": TEXT,
                    "item": ADDRESS,
                },
                "required": ["@type", "position", "name", "item"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["@type", "itemListElement"],
    "additionalProperties": False,
}
SHAPE = {
    "type": "object",
    "properties": {
        "@context": {"const": "https://schema.org"},
        "@graph": {
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [COURSE, RESOURCE, TERM_SET, BREADCRUMBS]},
        },
    },
    "required": ["@context", "@graph"],
    "additionalProperties": False,
}
