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
        """Return "file:line: rule: what; remedy" on one line, hidden characters as escapes."""
        text = f"{self.path.as_posix()}:{self.line}: {self.rule}: {self.message}; {self.remedy}"
        return "".join(map(_shown, text))


def _shown(character: str) -> str:
    """Keep a translation from moving the cursor or writing lines of its own in a log."""
    return character if character.isprintable() else ascii(character)[1:-1]
