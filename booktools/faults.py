"""What a user can mend: errors whose message names the place and the remedy."""

from __future__ import annotations


class BuildError(Exception):
    """A book that cannot be built; the message names the place and the remedy."""
