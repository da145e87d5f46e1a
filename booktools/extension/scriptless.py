"""Give readers without scripts the dark page, too, where their system is dark."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

SHEET = "noscript.css"
_DARK = re.compile(r"""\[data-theme=["']?dark["']?\]""")
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")


def dark_rules(css: str) -> str:
    """Return the rules for a dark page of a stylesheet, as rules for any page of a dark system."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = [
        f"{_DARK.sub('[data-theme]', selectors)}{{{body.strip()}}}"
        for rule in _RULE.finditer(css)
        if (selectors := _dark_selectors(rule[1])) and (body := rule[2])
    ]
    return "\n".join(found)


def _dark_selectors(selectors: str) -> str:
    """Return those of a rule's selectors that hold in the dark alone."""
    one_by_one = (one.strip() for one in selectors.rpartition(";")[2].split(","))
    return ", ".join(one for one in one_by_one if _DARK.search(one))


def write_dark_rules(app: Sphinx, exception: Exception | None) -> None:
    """Add to the stylesheet for pages without scripts what all others say of dark pages."""
    static = Path(app.outdir) / "_static"
    sheet = static / SHEET
    if exception or app.builder.format != "html" or not sheet.exists():
        return
    others = [path for path in sorted(static.rglob("*.css")) if path != sheet]
    rules = filter(None, (dark_rules(path.read_text(encoding="utf-8")) for path in others))
    dark = "\n".join(["@media (prefers-color-scheme: dark) {", *rules, "}"])
    own = (Path(__file__).parents[1] / "static" / SHEET).read_text(encoding="utf-8")
    sheet.write_text(f"{own}{dark}\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the step."""
    app.connect("build-finished", write_dark_rules, priority=945)
