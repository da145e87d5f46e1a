"""Matplotlib's SVG made fit for a page: text as text, no ids, the page's colours, few bytes."""

from __future__ import annotations

import itertools
import re
import threading
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from io import StringIO
from typing import Any, cast
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

SETTINGS = {
    "axes.edgecolor": "black",
    "axes.facecolor": "none",
    "axes.labelcolor": "black",
    "font.size": 15.0,
    "font.style": "normal",
    "font.weight": "normal",
    "lines.scale_dashes": True,
    "path.simplify": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "vanishing",
    "text.color": "black",
    "text.parse_math": False,
    "text.usetex": False,
    "xtick.color": "black",
    "ytick.color": "black",
}
_settings_lock = threading.RLock()
_NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
_ZERO = re.compile(r"(?<![\d.])0(?=\.)\.")
_NEEDLESS = ("stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit")
_MIRRORED = {"start": "end", "end": "start"}


@contextmanager
def own_settings(**more: Any) -> Iterator[None]:
    """Apply this package's matplotlib settings and put the reader's own back, in any thread."""
    wanted = {**SETTINGS, **more}
    settings = cast("dict[str, Any]", matplotlib.rcParams)
    with _settings_lock, warnings.catch_warnings():
        # A browser has fonts for what ours lack, and needs no glyph for an invisible isolate.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .*missing from font")
        before = {name: settings[name] for name in wanted}
        try:
            settings.update(wanted)
            yield
        finally:
            settings.update(before)


def svg_of(figure: Figure, label: str, colours: Mapping[str, str], *, opaque: bool) -> str:
    """Return `figure` as one `<svg>` element that is called `label` by a screen reader.

    `colours` maps the hex colours in the figure to what CSS should use in their place. An `opaque`
    drawing has black text on white; else text takes the colour and font of the page around it.
    """
    buffer = StringIO()
    with own_settings():
        dateless = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=dateless)
    tree = ElementTree.fromstring(buffer.getvalue())
    body = _Writer({"#000000": "currentColor", **colours}).written(tree)
    _left, _top, width, height = (_short(part) for part in tree.attrib["viewBox"].split())
    ground = "color:#000;background:#fff;font-family:DejaVu Sans,sans-serif;" if opaque else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(label)}" fill="currentColor" '
        f'stroke-linejoin="round" style="{ground}direction:ltr;max-width:100%;height:auto">'
        f"{body}</svg>"
    )


@dataclass
class _Writer:
    """Write matplotlib's elements again, markers of one kind joined into one path without an id."""

    colours: Mapping[str, str]
    markers: dict[str, ElementTree.Element] = field(default_factory=dict)

    def written(self, element: ElementTree.Element) -> str:
        for path in element.iterfind(".//{*}defs/{*}path"):
            self.markers[f"#{path.attrib['id']}"] = path
        return "".join(self._parts(element))

    def _parts(self, element: ElementTree.Element) -> Iterator[str]:
        uses = [child for child in element if _tag(child) == "use"]
        if uses:
            yield self._markers(uses)
        for child in element:
            if _tag(child) == "g":
                yield from self._parts(child)
            elif _tag(child) == "path" and _is_visible(child):
                data = compact(child.attrib["d"])
                yield f'<path d="{data}" style="{self._style(_style(child))}"/>'
            elif _tag(child) == "text":
                yield self._text(child)

    def _markers(self, uses: Sequence[ElementTree.Element]) -> str:
        marker = self.markers[uses[0].attrib["{http://www.w3.org/1999/xlink}href"]]
        shape = _outline(marker.attrib["d"])
        data = "".join(
            _moved(shape, float(use.attrib["x"]), float(use.attrib["y"])) for use in uses
        )
        style = self._style({**_style(marker), **_style(uses[0])})
        return f'<path d="{data}" style="{style}"/>'

    def _style(self, style: Mapping[str, str]) -> str:
        return ";".join(
            f"{name}:{self.colours.get(value, _short(value))}"
            for name, value in style.items()
            if name not in _NEEDLESS
        )

    def _text(self, text: ElementTree.Element) -> str:
        style = _style(text)
        size = re.search(r"([\d.]+)px", style.get("font-size", style.get("font", "")))
        content = "".join(text.itertext())
        attributes = {"x": _short(text.attrib["x"]), "y": _short(text.attrib["y"])}
        if size:
            attributes["font-size"] = _short(size[1])
        anchor = style.get("text-anchor", "start")
        if is_right_to_left(content):  # else the page's or the axis' direction would misplace it
            attributes["direction"] = "rtl"
            anchor = _MIRRORED.get(anchor, anchor)
        if anchor != "start":
            attributes["text-anchor"] = anchor
        if turn := re.search(r"rotate\((-?[1-9].*)\)", text.attrib.get("transform", "")):
            attributes["transform"] = f"rotate({' '.join(_short(turn[1]).split())})"
        written = "".join(f' {name}="{value}"' for name, value in attributes.items())
        return f"<text{written}>{escape(content, quote=False)}</text>"


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _is_visible(path: ElementTree.Element) -> bool:
    return bool(path.get("d")) and _style(path) != {"fill": "none"}


def _style(element: ElementTree.Element) -> dict[str, str]:
    pairs = (pair.partition(":") for pair in element.attrib.get("style", "").split(";"))
    return {name.strip(): value.strip() for name, _colon, value in pairs if name.strip()}


def _short(text: str) -> str:
    """Round every number in `text` to a tenth of a pixel; leave colours and names alone."""
    if text.startswith("#"):
        return text
    return _NUMBER.sub(lambda number: f"{round(float(number[0]), 1) + 0.0:g}", text)


def compact(path: str) -> str:
    """Write path data with lines as steps: those of a curve repeat, so a page packs them small."""
    here, start = (0.0, 0.0), (0.0, 0.0)
    written = before = ""
    for letter, numbers in _outline(_short(path)):
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if letter in "zZ":
            here, text = start, "z"
        elif letter == "L":
            steps = _steps(here, points)
            text = (" " if before == "L" else "l") + " ".join(map(_tenth, steps))
        else:
            text = letter + " ".join(map(_tenth, numbers))
            start = points[0] if letter == "M" else start
        written, before = written + text, letter
        here = points[-1] if points else here
    return _ZERO.sub(".", written.replace(" -", "-"))


def _steps(here: tuple[float, float], points: Sequence[tuple[float, float]]) -> Iterator[float]:
    """Yield how far each point is from the one before, to the right and down."""
    for (left, top), (x, y) in itertools.pairwise((here, *points)):
        yield from (x - left, y - top)


def _outline(path: str) -> list[tuple[str, list[float]]]:
    """Split a marker's path data into commands: a letter and its numbers."""
    commands = re.findall(r"([A-Za-z])([^A-Za-z]*)", path)
    return [(letter, [float(n) for n in _NUMBER.findall(numbers)]) for letter, numbers in commands]


def _moved(shape: Sequence[tuple[str, list[float]]], x: float, y: float) -> str:
    """Return path data of a marker at (x, y): absolute moves, then steps relative to them."""
    here = [0.0, 0.0]
    path = before = ""
    for letter, points in shape:
        if letter == "M":
            path += f"M{_tenth(x + points[0])} {_tenth(y + points[1])}"
        elif letter in "zZ":
            path += "z"
        else:
            steps = [point - here[index % 2] for index, point in enumerate(points)]
            path += (" " if letter == before else letter.lower()) + " ".join(map(_tenth, steps))
        here, before = points[-2:] or here, letter
    return path.replace(" -", "-")


def _tenth(number: float) -> str:
    return f"{round(number, 1) + 0.0:g}"


def is_right_to_left(text: str) -> bool:
    """Say whether the first letter with a direction, outside isolates, is Arabic or Hebrew."""
    outside = re.sub("\u2068.*?\u2069", "", text) or text
    strong = (unicodedata.bidirectional(character) for character in outside)
    return next((kind != "L" for kind in strong if kind in ("L", "R", "AL")), False)
