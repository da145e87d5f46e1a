"""Matplotlib's SVG made fit for a page: text as text, no ids, the page's colours, few bytes."""

from __future__ import annotations

import itertools
import math
import re
import threading
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from io import StringIO
from operator import itemgetter
from typing import Any, cast
from xml.etree import ElementTree

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

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
TOLERANCE = 0.15  # pixels
LEAST_LETTERS = 10  # pixels, below which letters cannot be read
NARROW = 300  # pixels that a figure has on the smallest phones in use
_MIRRORED = {"start": "end", "end": "start"}

_Command = tuple[str, list[complex]]  # a letter of path data, and the points after it


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
        f'stroke-linejoin="round" style="{ground}{_least(tree)}'
        'direction:ltr;max-width:100%;height:auto">'
        f"{body}</svg>"
    )


def _least(tree: ElementTree.Element) -> str:
    """Return how narrow a page may show a drawing, where a phone must not squeeze it to fit."""
    sizes = [float(size) for text in tree.iterfind(".//{*}text") if (size := _size(_style(text)))]
    width = float(tree.attrib["viewBox"].split()[2]) * LEAST_LETTERS / min(sizes, default=math.inf)
    return f"--vg-least:{math.ceil(width)}px;" if width > NARROW else ""


def _size(style: Mapping[str, str]) -> str:
    """Return the size of a text's letters, "" where it has none."""
    found = re.search(r"([\d.]+)px", style.get("font-size", style.get("font", "")))
    return found[1] if found else ""


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
        places = [complex(float(use.attrib["x"]), float(use.attrib["y"])) for use in uses]
        data = _written(command for place in places for command in _moved(shape, place))
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
        content = "".join(text.itertext())
        attributes = {"x": _short(text.attrib["x"]), "y": _short(text.attrib["y"])}
        if size := _size(style):
            attributes["font-size"] = _short(size)
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
    """Write path data as steps: those of a curve repeat, so a page packs them small.

    Points that lie nearly on the line without them are left out.
    """
    return _written(_outline(_short(path)))


def _written(outline: Iterable[_Command]) -> str:
    here = start = 0j
    written = ""
    for letter, points in _joined(outline):
        chained = letter == "L"
        kept = _needed([here, *points])[1:] if chained else points
        origins = [here, *kept] if chained else [here] * len(kept)
        steps = [point - origin for point, origin in zip(kept, origins, strict=False)]
        written += letter.lower() + " ".join(
            f"{_tenth(one.real)} {_tenth(one.imag)}" for one in steps
        )
        here = kept[-1] if kept else start
        start = here if letter == "M" else start
    return _ZERO.sub(".", written.replace(" -", "-"))


def _joined(outline: Iterable[_Command]) -> Iterator[_Command]:
    """Make one command of lines that follow each other."""
    for letter, commands in itertools.groupby(outline, key=itemgetter(0)):
        if letter == "L":
            yield letter, [point for _letter, points in commands for point in points]
        else:
            yield from commands


def _needed(line: Sequence[complex]) -> Sequence[complex]:
    """Leave out points from which the line stays within the tolerance (Douglas, Peucker)."""
    points = np.array(line)
    kept, waiting = {0, len(line) - 1}, [(0, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        distances = _distances(points[first : last + 1])
        farthest = first + int(distances.argmax())
        if distances.max() > TOLERANCE:
            kept.add(farthest)
            waiting += [(first, farthest), (farthest, last)]
    return [line[place] for place in sorted(kept)]


def _distances(points: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Return how far each point is from the straight line between the first and the last."""
    chord = points[-1] - points[0]
    from_first = points - points[0]
    along = (from_first * chord.conjugate()).real / (abs(chord) ** 2 or 1.0)
    distances: NDArray[np.float64] = np.abs(from_first - np.clip(along, 0, 1) * chord)
    return distances


def _outline(path: str) -> list[_Command]:
    """Split path data into commands: a letter and its points, each a complex number."""
    commands = re.findall(r"([A-Za-z])([^A-Za-z]*)", path)
    return [(letter, _points(numbers)) for letter, numbers in commands]


def _points(numbers: str) -> list[complex]:
    found = [float(number) for number in _NUMBER.findall(numbers)]
    return [complex(x, y) for x, y in zip(found[::2], found[1::2], strict=True)]


def _moved(shape: Sequence[_Command], to: complex) -> Iterator[_Command]:
    """Yield a marker's outline elsewhere, with the same steps at every place."""
    origin = shape[0][1][0]
    begin = _rounded(origin + to)
    for letter, points in shape:
        yield letter, [begin + _rounded(point - origin) for point in points]


def _rounded(point: complex) -> complex:
    return complex(round(point.real, 1), round(point.imag, 1))


def _tenth(number: float) -> str:
    return f"{round(number, 1) + 0.0:g}"


def is_right_to_left(text: str) -> bool:
    """Say whether the first letter with a direction, outside isolates, is Arabic or Hebrew."""
    outside = re.sub("\u2068.*?\u2069", "", text) or text
    strong = (unicodedata.bidirectional(character) for character in outside)
    return next((kind != "L" for kind in strong if kind in ("L", "R", "AL")), False)
