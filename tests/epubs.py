"""What must hold of every EPUB, without the Java that EPUBCheck needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

OPF = "{http://www.idpf.org/2007/opf}"
_WAYS = ("href", "src", "{http://www.w3.org/1999/xlink}href")


def faults(path: Path) -> list[str]:
    """Return what is wrong: files, manifest and spine, broken XML, repeated ids, dead links."""
    with ZipFile(path) as archive:
        first = archive.infolist()[0]
        files = {name: archive.read(name) for name in archive.namelist()}
    found = (
        [] if (first.filename, first.compress_type) == ("mimetype", ZIP_STORED) else ["mimetype"]
    )
    package = ElementTree.fromstring(files["OEBPS/package.opf"])
    items = {one.get("id"): one for one in package.iter(f"{OPF}item")}
    listed = {f"OEBPS/{unquote(str(one.get('href')))}" for one in items.values()}
    expected = {*listed, "OEBPS/package.opf", "mimetype", "META-INF/container.xml"}
    found += [f"{name}: listed or there, not both" for name in expected ^ set(files)]
    spine = [one.get("idref") for one in package.iter(f"{OPF}itemref")]
    found += [f"{one}: in the spine and not in the manifest" for one in spine if one not in items]
    pages = {n: ElementTree.fromstring(files[n]) for n in listed if n.endswith((".xhtml", ".svg"))}
    ids = {name: Counter(one.get("id") for one in page.iter()) for name, page in pages.items()}
    for name, page in pages.items():
        found += [f"{name}: {one} twice" for one, n in ids[name].items() if one and n > 1]
        found += [f"{name}: dead link {one}" for one in _dead(name, page, ids, set(files))]
    return found


def _dead(
    name: str, page: ElementTree.Element, ids: dict[str, Counter[str | None]], files: set[str]
) -> Iterator[str]:
    for address in (one.get(way) for one in page.iter() for way in _WAYS):
        parts = urlsplit(address or "")
        if not address or parts.scheme:
            continue
        target = normpath(join(dirname(name), unquote(parts.path))) if parts.path else name
        if target not in files or (parts.fragment and not ids[target][unquote(parts.fragment)]):
            yield address
