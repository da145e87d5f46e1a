"""Tell search engines which pages there are, and in which languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from booktools.files import write_changed
from booktools.sites import Site

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"


def write_addresses(folder: Path, sites: Sequence[Site], site: str | None) -> None:
    """Write robots.txt and, where the book's address is known, sitemap.xml."""
    write_changed(folder / "robots.txt", robots(site))
    if site:
        write_changed(folder / "sitemap.xml", sitemap(sites, site))
    else:
        (folder / "sitemap.xml").unlink(missing_ok=True)


def sitemap(sites: Sequence[Site], site: str) -> str:
    """Return a sitemap in which each page names itself in every language that has it."""
    root = ElementTree.Element("urlset", {"xmlns": _SITEMAP, "xmlns:xhtml": _XHTML})
    for one in sites:
        for page in one.pages:
            url = ElementTree.SubElement(root, "url")
            ElementTree.SubElement(url, "loc").text = one.address(site, page)
            for tag, address in _alternates(sites, site, page):
                link = {"rel": "alternate", "hreflang": tag, "href": address}
                ElementTree.SubElement(url, "xhtml:link", link)
    ElementTree.indent(root, "")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, "unicode")}\n'


def _alternates(sites: Sequence[Site], site: str, page: str) -> list[tuple[str, str]]:
    having = [one for one in sites if page in one.pages]
    links = [(one.language.tag, one.address(site, page)) for one in having]
    source = [one.address(site, page) for one in having if one.language.source]
    return [*links, *(("x-default", address) for address in source)]


def robots(site: str | None) -> str:
    """Return a robots.txt that lets everybody in, and says where the sitemap is."""
    lines = ["User-agent: *", "Allow: /"]
    if site:
        lines += ["", f"Sitemap: {site}/sitemap.xml"]
    return "\n".join(lines) + "\n"
