"""What a page weighs on its way to a reader, and that the smaller stylesheet shows the same."""

from __future__ import annotations

import gzip
import re
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from conftest import book_pages
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page, Route
from real_book import BOOK, ROOT

from booktools.fonts import CACHE

pytestmark = pytest.mark.book

LINKED = re.compile(r'<(?:link|script)\b[^>]*?\b(?:href|src)="([^"]+)"[^>]*>')
WEIGHED = re.compile(r'rel="(?:stylesheet|preload|modulepreload)"|<script')
NOT_ASKED = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
IMPORTED = re.compile(r"""\b(?:from|import)\s*["'](\./[^"']+)["']""")
LIMITS = {"book/index": 75, "book/glossary": 110}  # kB, as gzip sends them
OTHERS = 90
STYLE = 20
CODES = [language.code for language in BOOK.languages]
SHOWN = [
    ("en", "book/index", 1280, "light"),
    ("en", "book/course/activations", 360, "dark"),
    ("ar", "book/glossary", 1280, "dark"),
    ("zh_CN", "book/references", 1280, "light"),
    ("ar", "book/course/what-vanishes", 360, "light"),
]


def sent(path: Path) -> int:
    data = path.read_bytes()
    return len(data if path.suffix == ".woff2" else gzip.compress(data, 6))


def loaded(page: Path) -> set[Path]:
    """Return the files that a page asks for at once, scripts that scripts import included."""
    html = page.read_text(encoding="utf-8")
    html = NOT_ASKED.sub("", html)
    tags = (found for found in LINKED.finditer(html) if WEIGHED.search(found[0]))
    names = (unquote(found[1].partition("?")[0]) for found in tags)
    waiting = [(page.parent / name).resolve() for name in names]
    found = {page.resolve()}
    while waiting:
        path = waiting.pop()
        if path not in found and path.suffix in (".css", ".js", ".woff2"):
            found.add(path)
            if path.suffix == ".js":
                text = path.read_text(encoding="utf-8")
                waiting += [(path.parent / name).resolve() for name in IMPORTED.findall(text)]
    return found


@pytest.mark.parametrize("code", CODES)
def test_no_page_weighs_more_than_its_kind_may(site: Path, code: str) -> None:
    heavy = {}
    for name in book_pages():
        weight = sum(map(sent, loaded(site / code / f"{name}.html"))) / 1000
        if weight > LIMITS.get(name, OTHERS):
            heavy[name] = round(weight, 1)
    assert heavy == {}


@pytest.mark.parametrize("code", CODES)
def test_each_page_has_one_small_stylesheet(site: Path, code: str) -> None:
    for name in book_pages():
        sheets = [one for one in loaded(site / code / f"{name}.html") if one.suffix == ".css"]
        sheets = [one for one in sheets if one.name != "print.css"]
        assert len(sheets) == 1, name
        assert sent(sheets[0]) <= STYLE * 1000, (name, sheets)


def whole(route: Route) -> None:
    """Answer with the stylesheet before anything was left out."""
    path = Path(urlsplit(route.request.url).path)
    name, code = path.name, path.parts[-3]
    route.fulfill(path=ROOT / CACHE / code / name, content_type="text/css")


def pixels(page: Page) -> Image.Image:
    page.wait_for_load_state("networkidle")
    return Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")


@pytest.mark.browser
@pytest.mark.parametrize(("code", "name", "width", "scheme"), SHOWN)
def test_what_the_stylesheet_lacks_nobody_sees(
    browser: Browser, site_address: str, code: str, name: str, width: int, scheme: str
) -> None:
    viewport = {"width": width, "height": 3000}
    context = browser.new_context(
        viewport=viewport,  # type: ignore[arg-type]
        color_scheme=scheme,  # type: ignore[arg-type]
        service_workers="block",  # its answers would pass by the route
    )
    page = context.new_page()
    page.goto(f"{site_address}{code}/{name}.html")
    small = pixels(page)
    page.route("**/style-*.css?v=*", whole)
    page.reload()
    assert ImageChops.difference(small, pixels(page)).getbbox() is None
    context.close()
