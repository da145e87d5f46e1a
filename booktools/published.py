"""Find the address at which the book is published: an https address, or None where nobody said."""

from __future__ import annotations

import os
import re

from booktools.book import SETTINGS, Book
from booktools.faults import BuildError

VARIABLE = "VANISHING_SITE"
PREVIEWS = "_previews"  # in each language's site: what others show of a page
_ADDRESS = re.compile(r"https?://[\w-]+(\.[\w-]+)*(:[0-9]+)?(/[\w.~-]+)*", re.ASCII)


def published(book: Book) -> str | None:
    """Return where all languages' sites lie, without a final slash, or None.

    VANISHING_SITE comes first, then `html: baseurl` of the book's settings.
    Raises BuildError where it is set to something else than an address.
    """
    given = os.environ.get(VARIABLE, "").strip()
    name = VARIABLE if given else f"{SETTINGS}: html: baseurl"
    address = (given or book.base_address).rstrip("/")
    if address and not _ADDRESS.fullmatch(address):
        raise BuildError(
            f"{name} must be an address such as https://example.org/book, got {address!r}; "
            "correct it, or unset it to build pages that do not know their address"
        )
    return address or None


def figure_name(page: str) -> str:
    """Return where in a language's site the first figure of a page is, as a file of its own."""
    return f"{PREVIEWS}/{page}.svg"
