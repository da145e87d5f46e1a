"""A figure with its description: on a page, in a notebook and for a screen reader."""

from __future__ import annotations

import functools
import inspect
import webbrowser
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, ParamSpec

import matplotlib
from arabic_reshaper import reshape
from bidi import get_display
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from vanishing import recipes
from vanishing.figures.svg import is_right_to_left, own_settings, svg_of
from vanishing.figures.table import Table, numbers_of
from vanishing.localisation import language, script
from vanishing.promises import kept

# Okabe and Ito's colours, darkened where needed to 3:1 on white as well as on #121212
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b5629b", "#9a6b00", "#767676")
PAGE_COLOURS = {hex: f"var(--vg-series-{n},{hex})" for n, hex in enumerate(COLOURS, start=1)}
FONTS = {"Hans": ("Noto Sans CJK SC", "NotoSansSC-subset.otf")}


P = ParamSpec("P")


@dataclass(frozen=True)
class Picture:
    """Hold what is to be drawn, in finished words: the figure, made on demand, and its description.

    description: alternative text in the reader's language.
    table: what is drawn, where that is more telling than what the picture was called with.
    from_right: whether it is read from its right side, which a narrow page shows first.
    """

    draw: Callable[[], Figure]
    description: str
    table: Table | None = None
    from_right: bool = False


class Drawing:
    """A figure with its description, drawn when it is looked at, in the language in use then."""

    def __init__(self, picture: Callable[[], Picture], recipe: Callable[[], Any]) -> None:
        """Take what words the picture; it is called at once, so that it can refuse its data."""
        self._picture = picture
        self._recipe = recipe
        self._pictures = {language(): picture()}
        self._figures: dict[str, Figure] = {}

    @property
    def recipe(self) -> Any:
        """The call that made this drawing, as plain data; see ``vanishing.recipes``."""
        return self._recipe()

    @property
    def figure(self) -> Figure:
        """The matplotlib figure."""
        code = language()
        if code not in self._figures:
            self._figures[code] = self._worded().draw()
        return self._figures[code]

    @property
    def description(self) -> str:
        """The alternative text."""
        return self._worded().description

    @property
    def table(self) -> Table:
        """The numbers behind the figure."""
        return self._worded().table or numbers_of(self.recipe)

    def _worded(self) -> Picture:
        code = language()
        if code not in self._pictures:
            self._pictures[code] = self._picture()
        return self._pictures[code]

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
        side = " vg-from-right" if self._worded().from_right else ""
        return f'<figure class="vg-figure{side}">{self.svg()}</figure>'

    def show(self) -> None:
        """Show the figure: in a notebook below the cell, elsewhere in a browser.

        A script writes it into a temporary SVG file, whose path it prints.
        """
        if getattr(get_ipython(), "kernel", None):
            display(self)  # type: ignore[no-untyped-call]
            return
        with NamedTemporaryFile("w", suffix=".svg", delete=False, encoding="utf-8") as file:
            file.write(self.svg(opaque=True))
        print(file.name)
        webbrowser.open(Path(file.name).as_uri())

    def page(self) -> dict[str, str]:
        """Return what a page of the book shows."""
        return {
            "text/html": self.html(),
            "text/plain": self.description,
            "text/csv": self.table.csv(),
        }

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        if recipes.wanted():
            return recipes.bundle(self.recipe)
        svg = self.svg(opaque=True)
        return {"image/svg+xml": svg, "image/png": self.png(), "text/plain": self.description}


def drawn(function: Callable[P, Picture]) -> Callable[P, Drawing]:
    """Make a function that words a picture return a `Drawing`, which speaks any language.

    The function refuses its arguments when it is called, not when the drawing is shown. What it is
    promised and is not there yet stays out of the drawing.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def draw(*args: P.args, **kwargs: P.kwargs) -> Drawing:
        given = signature.bind(*args, **kwargs)
        given.arguments.update({name: kept(value) for name, value in given.arguments.items()})

        def recipe() -> Any:
            bound = signature.bind(*given.args, **given.kwargs)
            bound.apply_defaults()
            return recipes.call(f"{function.__module__}:{function.__name__}", **bound.arguments)

        return Drawing(functools.partial(function, *given.args, **given.kwargs), recipe)

    return draw


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
    return str(get_display(reshape(text)))
