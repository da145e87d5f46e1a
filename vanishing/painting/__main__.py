"""Answer what a builder of the book asks in one line: paintings, or versions of code.

Everything is loaded before the line is read: one who expects to ask may start it early.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import Any

from vanishing.localisation import set_language
from vanishing.painting.paintings import paint
from vanishing.painting.versions import version_of


def answer(question: dict[str, Any]) -> Any:
    """Return one painting per recipe, or one version per chapter's code."""
    if "chapters" in question:
        return [version_of(code) for code in question["chapters"]]
    set_language(question["language"])
    return paint(
        [json.loads(recipe) for recipe in question["recipes"]],
        Path(question["folder"]),
        processes=question["processes"],
        report=_report,
    )


def _report(done: int, all_: int) -> None:
    if done % 10 == 0 or done == all_:
        print(f"{done}/{all_}", file=sys.stderr, flush=True)


if __name__ == "__main__" and (question := sys.stdin.readline()):
    # On figures, thousands of objects each, the usual thresholds cost a tenth of the time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    print(json.dumps(answer(json.loads(question))))
