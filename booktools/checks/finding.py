"""What a check has to say to a translator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """A place in a catalogue, the rule that it breaks, what is wrong and how to mend it."""

    path: Path
    line: int
    rule: str
    message: str
    remedy: str

    def __str__(self) -> str:
        """Return "file:line: rule: what; remedy"."""
        return f"{self.path.as_posix()}:{self.line}: {self.rule}: {self.message}; {self.remedy}"
