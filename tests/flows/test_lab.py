"""JupyterLab in a browser: sliders by mouse and keyboard, a dark theme, a kernel that ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
import pytest
from playwright.sync_api import Browser, Page
from real_book import ROOT

START = 60.0  # seconds for the server, more than enough on a busy machine
PATIENCE = 150_000  # milliseconds for a kernel that loads PyTorch there
LABELS = {"en": "Factor", "ar": "العامل", "zh_CN": "因子"}
EXPLORER = """\
from vanishing import explore, figures

def show(factor=0.5):
    return figures.draw_powers({"float32": [factor**n for n in range(1, 9)]})

explore(show, factor=[0.25, 0.5, 0.75, 1.0])
"""
FIGURE = ".jp-OutputArea svg[role=img]"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a notebook for each language: its own first cell, and an explorer; give the address."""
    folder = tmp_path_factory.mktemp("lab")
    for code in LABELS:
        notebook = nbformat.read(ROOT / f"notebooks/{code}/index.ipynb", as_version=4)
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        plain = "figures.draw_powers({'float32': [0.5, 0.25]})"
        more = [nbformat.v4.new_code_cell(source) for source in (EXPLORER, plain)]
        notebook.cells = [first, *more]
        nbformat.write(notebook, folder / f"{code}.ipynb")
    with _served(folder) as address:
        yield address


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ("--no-browser", "--allow-root", "--IdentityProvider.token=", f"--port={port}")
    with subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={folder}"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(folder / "config")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api")
            yield address
        finally:
            for process in [*psutil.Process(server.pid).children(recursive=True), server]:
                process.kill()  # its own end waits for kernels that are starting again


def _wait_for(address: str) -> None:
    until = time.monotonic() + START
    while True:
        try:
            urllib.request.urlopen(address).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


@pytest.fixture(params=LABELS)
def page(lab: str, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open the notebook of a language and run all its cells."""
    page = browser.new_page(viewport={"width": 1200, "height": 1600})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{lab}/lab/tree/{request.param}.ipynb?reset")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # before, cells would be forgotten
    _choose(page, "Run", "Run All Cells")
    page.wait_for_selector(FIGURE)
    yield page
    page.close()


def _choose(page: Page, menu: str, item: str) -> None:
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=item).first.click()


def _changed(page: Page, before: str) -> str:
    changed = f"before => document.querySelector('{FIGURE}').innerHTML !== before"
    page.wait_for_function(changed, arg=before)
    return page.locator(FIGURE).inner_html()


def _follows_the_dark_theme(page: Page) -> None:
    image = page.locator(".jp-OutputArea-output img").last
    style = "element => getComputedStyle(element).filter"
    assert image.evaluate(style) == "none"
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    assert image.evaluate(style) == "invert(1) hue-rotate(180deg)"


def test_a_slider_moves_its_figure_follows_the_theme_and_says_when_its_kernel_has_ended(
    page: Page, request: pytest.FixtureRequest
) -> None:
    code = request.node.callspec.params["page"]
    assert page.locator(".widget-label").first.inner_text() == LABELS[code]
    figure, handle = page.locator(FIGURE).inner_html(), page.locator(".noUi-handle")
    assert handle.get_attribute("aria-label") == LABELS[code]
    readout = page.locator(".widget-readout").first
    assert handle.get_attribute("aria-valuetext") == readout.inner_text()
    handle.focus()
    handle.press("ArrowRight")
    figure = _changed(page, figure)
    assert handle.get_attribute("aria-valuetext") == readout.inner_text()
    page.locator(".noUi-base").click(position={"x": 3, "y": 2}, force=True)
    _changed(page, figure)
    _follows_the_dark_theme(page)
    again = page.locator(".vg-again")
    assert not again.is_visible()
    _choose(page, "Kernel", "Restart Kernel…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    again.wait_for(state="visible")
