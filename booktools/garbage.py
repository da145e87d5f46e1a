"""Look for garbage seldom in a process that holds many trees of pages and soon ends."""

from __future__ import annotations

import gc

# On a page's tree the collector's own thresholds cost a third of the time that a build takes.
_THRESHOLDS = (100_000, 50, 100)


def collect_seldom() -> None:
    """Leave what is loaded by now out of every search, and search less often from here on."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
