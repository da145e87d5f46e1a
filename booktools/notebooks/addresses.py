"""Where the repository and the published book live: https addresses, or None where nobody said."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from booktools import repository
from booktools.book import Book
from booktools.published import published

PAGES_HOSTS = {"github.com": "github.io", "gitlab.com": "gitlab.io"}
ARCHIVES = {"github.com": "archive/HEAD.zip", "gitlab.com": "-/archive/HEAD/book.zip"}


@dataclass(frozen=True)
class Addresses:
    """The https addresses of the repository and of the published book, without a final slash."""

    repository: str | None = None
    site: str | None = None


def find_addresses(root: Path, notebooks: Path) -> Addresses:
    """Return the addresses that new notebooks carry.

    VANISHING_REPOSITORY, VANISHING_SITE and the book's settings come first, then what the notebooks there carry, so
    that regenerating them in a fork changes nothing else, then `git remote`.
    """
    recorded = recorded_addresses(notebooks)
    named = os.environ.get(repository.VARIABLE) or not recorded.repository
    book = Book(root)
    address = repository.address(book) if named else recorded.repository
    kept = recorded.site if address == recorded.repository else None
    site = published(book) or kept or site_of(address)
    return Addresses(address, site)


def recorded_addresses(notebooks: Path) -> Addresses:
    """Return the addresses that these notebooks carry: those of the first that can be read."""
    for path in sorted(notebooks.rglob("*.ipynb")):
        with suppress(ValueError, KeyError):  # a merge conflict, or a notebook of someone's own
            record = json.loads(path.read_text(encoding="utf-8"))["metadata"]["booktools"]
            return Addresses(record["repository"], record["site"])
    return Addresses()


def site_of(address: str | None) -> str | None:
    """Derive where a forge publishes a repository's pages: https://owner.github.io/name."""
    if address is None:
        return None
    parts = urlsplit(address)
    owner, _, name = parts.path.strip("/").partition("/")
    pages = PAGES_HOSTS.get(parts.netloc)
    if pages is None or not name:
        return None
    own_site = name.lower() == f"{owner}.{pages}".lower()
    return f"https://{owner}.{pages}" + ("" if own_site else f"/{name}")


def packed(address: str) -> str | None:
    """Return where a forge gives a repository's newest state as one file, or None."""
    archive = ARCHIVES.get(urlsplit(address).netloc)
    return f"{address}/{archive}" if archive else None
