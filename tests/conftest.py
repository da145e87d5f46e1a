"""Fixtures that several folders of tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import forked_kernels as kernels
import laboratory as laboratory_modules
import pytest
import yaml
from jupyter_client.provisioning import local_provisioner
from playwright.sync_api import Browser, sync_playwright
from small_book import SmallBook

from booktools import browsers
from booktools.garbage import collect_seldom
from booktools.serve import address, start_server

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """Look for garbage seldom: every test is an object, and stays."""
    collect_seldom()


def pytest_collection_finish() -> None:
    """Never look for it among the thousands of tests."""
    collect_seldom()


def book_pages() -> list[str]:
    """Return every page of the book, in its order: "book/index", "book/course/what-vanishes", …"""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(one["file"] for part in toc["parts"] for one in part["chapters"])]


@pytest.fixture
def small_book(tmp_path: Path) -> SmallBook:
    """Give a small book in a fresh folder."""
    return SmallBook(tmp_path)


@pytest.fixture(scope="session")
def site() -> Path:
    """Give the folder of the built book, all languages."""
    folder = ROOT / "_build/html"
    if not (folder / "index.html").exists():
        pytest.fail(f"{folder} holds no book; run `python -m booktools build` first")
    return folder


@pytest.fixture(scope="session")
def site_address(site: Path) -> Iterator[str]:
    """Serve the built book; give its address, which ends with a slash."""
    server = start_server(site, 0)
    yield address(server)
    server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a headless browser, a relative of Chromium."""
    with sync_playwright() as playwright:
        try:
            instance = browsers.start(playwright)
        except browsers.NoBrowserError as error:
            pytest.fail(str(error))
        yield instance
        instance.close()


@pytest.fixture(scope="session")
def laboratory() -> Iterator[laboratory_modules.Laboratory]:
    """Give the laboratory's modules, which run in a node."""
    with laboratory_modules.started() as laboratory:
        yield laboratory


@pytest.fixture
def forked_kernels() -> Iterator[None]:
    """Let kernels start at once, where processes are forked safely."""
    with pytest.MonkeyPatch.context() as patch:
        if sys.platform == "linux":
            patch.setattr(local_provisioner, "launch_kernel", kernels.start)
        yield
