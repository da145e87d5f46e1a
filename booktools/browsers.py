"""Start whichever relative of Chromium is on this machine, to be driven by Playwright."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from booktools.faults import BuildError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
CHANNELS = ("chrome", "msedge")  # where these put themselves on macOS and on Windows
REMEDY = (
    "no browser is here that can be driven: install Chromium, Google Chrome or Microsoft "
    "Edge, or run `python -m playwright install chromium`"
)


class NoBrowserError(BuildError):
    """No browser is here that can be driven; the message names the remedy."""


def ways() -> Iterator[dict[str, Any]]:
    """Yield what may start a browser: one on the path, Playwright's own, Chrome and Edge."""
    yield from ({"executable_path": path} for path in map(shutil.which, NAMES) if path)
    yield {}
    yield from ({"channel": channel} for channel in CHANNELS)


def start(playwright: Playwright) -> Browser:
    """Start the first that starts: Ubuntu's `chromium-browser` may be an empty shell."""
    said = []
    for way in ways():
        try:
            return playwright.chromium.launch(**way)
        except Error as error:
            said.append(f"{way or 'its own'}: {error.message.strip().splitlines()[0]}")
    raise NoBrowserError("\n".join([REMEDY, *said]))


def require() -> None:
    """Raise NoBrowserError where none starts."""
    with sync_playwright() as playwright:
        start(playwright).close()


if __name__ == "__main__":
    try:
        require()
    except NoBrowserError as error:
        sys.exit(str(error))
