"""What a check has to say to a translator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

PER_FILE = 100
IN_ALL = 1000


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


def shortened(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield a line for each finding, up to bounds per file and in all; then count the others."""
    lines = _lines(findings)
    yield from islice(lines, IN_ALL)
    if rest := sum(1 for _ in lines):
        yield f"and {rest:,} more lines like these; mend the ones above, then check again"


def _lines(findings: Iterable[Finding]) -> Iterator[str]:
    for path, found in groupby(findings, key=lambda finding: finding.path):
        yield from map(str, islice(found, PER_FILE))
        for rule, count in Counter(finding.rule for finding in found).items():
            name = "".join(map(_shown, path.as_posix()))
            yield f"{name}: {rule}: and {count:,} more of this rule in this file"


def _shown(character: str) -> str:
    """Keep a translation from moving the cursor or writing lines of its own in a log."""
    return character if character.isprintable() else ascii(character)[1:-1]
