"""A figure with its description: on a page, in a notebook and for a screen reader."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from vanishing.localisation import script
from vanishing.svg import is_right_to_left, own_settings, svg_of

# Okabe and Ito's colours, darkened where needed to 3:1 on white as well as on #121212
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b5629b", "#9a6b00", "#767676")
PAGE_COLOURS = {hex: f"var(--vg-series-{n},{hex})" for n, hex in enumerate(COLOURS, start=1)}
FONTS = {"Hans": ("Noto Sans CJK SC", "NotoSansSC-subset.otf")}


@dataclass(frozen=True)
class Drawing:
    """Hold a matplotlib figure and its description (alternative text in the reader's language)."""

    figure: Figure
    description: str

    def svg(self, *, opaque: bool = False) -> str:
        """Return one `<svg>`, the same bytes every time; it takes the page's colours and font.

        An `opaque` one is black on white and stands alone.
        """
        return svg_of(self.figure, self.description, PAGE_COLOURS, opaque=opaque)

    def png(self) -> bytes:
        """Return the figure in black on white, at twice the page's resolution."""
        buffer = BytesIO()
        with own_settings(), _joined_letters(self.figure):
            self.figure.savefig(buffer, format="png", dpi=144, facecolor="white")
        return buffer.getvalue()

    def html(self) -> str:
        """Return a `<figure>` with the SVG inside, for a page with vanishing.css."""
        return f'<figure class="vg-figure">{self.svg()}</figure>'

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        if os.environ.get("VANISHING_STATIC") == "1":
            return {"text/html": self.html(), "text/plain": self.description}
        svg = self.svg(opaque=True)
        return {"image/svg+xml": svg, "image/png": self.png(), "text/plain": self.description}


def fonts() -> dict[str, list[str]]:
    """Return the font settings for the language in use: DejaVu, then one for its own script."""
    font = FONTS.get(script())
    return {"font.family": ["DejaVu Sans", *([_registered(*font)] if font else [])]}


@cache
def _registered(family: str, file: str) -> str:
    fontManager.addfont(Path(__file__).parents[1] / "fonts" / file)
    return family


@contextmanager
def _joined_letters(figure: Figure) -> Iterator[None]:
    """Join and order Arabic letters where matplotlib (before 3.11) does not do it itself."""
    originals: dict[Text, str] = {}
    if tuple(map(int, matplotlib.__version__.split(".")[:2])) < (3, 11):
        texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
        originals = {text: text.get_text() for text in texts if is_right_to_left(text.get_text())}
    try:
        for text, original in originals.items():
            text.set_text(_shaped(original))
        yield
    finally:
        for text, original in originals.items():
            text.set_text(original)


def _shaped(text: str) -> str:
    text = text.translate({0x2068: None, 0x2069: None})  # isolates, which neither side knows
    try:
        reshape = import_module("arabic_reshaper").reshape
        display = import_module("bidi.algorithm").get_display
    except ImportError:  # unjoined letters are still better than no figure
        return text
    return str(display(reshape(text)))
