from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from small_book import SmallBook
from stock_book import write_stock_book

from booktools import serve
from booktools.faults import BuildError
from booktools.progress import Stands
from booktools.serve import address, rebuild_on_change, serve_site, start_server, watched
from booktools.workers import build_apart

PATIENCE = 90


def wait_until(condition: Callable[[], bool]) -> float:
    """Wait until the condition holds and return the seconds that it took."""
    started = time.perf_counter()
    while not condition():
        assert time.perf_counter() - started < PATIENCE
        time.sleep(0.05)
    return time.perf_counter() - started


def test_the_server_is_for_this_machine_and_never_stale(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("text")
    server = start_server(tmp_path, 0)
    assert server.server_address[0] == "127.0.0.1"
    with urlopen(address(server, "page.html")) as response:
        assert response.read() == b"text"
        assert response.headers["Cache-Control"] == "no-cache"
    server.shutdown()


def test_a_taken_port_is_named_with_the_remedy(tmp_path: Path) -> None:
    server = start_server(tmp_path, 0)
    with pytest.raises(
        BuildError, match=rf"port {server.server_port} is not free: .*choose another"
    ):
        start_server(tmp_path, server.server_port)
    server.shutdown()


def test_a_language_is_served_as_soon_as_it_stands_and_those_that_follow_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en/index.html").write_text("English")

    def make(stands: Stands) -> None:
        stands("en", ["vi", "ar"])
        found = re.search(r"\[en\] can be read at (\S+); vi, ar will", capsys.readouterr().out)
        assert found
        with urlopen(f"{found[1]}index.html") as response:
            assert response.read() == b"English"
        stands("vi", [])

    monkeypatch.setattr("booktools.serve._wait_for_interrupt", lambda: None)
    serve_site(tmp_path, 0, make)
    assert re.match(r"\[vi\] can be read at http://127.0.0.1:\d+/vi/\n", capsys.readouterr().out)


def test_only_sources_of_this_language_are_watched(small_book: SmallBook) -> None:
    small_book.translate("tr", "Metin.")
    names = [
        path.relative_to(small_book.root).as_posix() for path in watched(small_book.root, "tr")
    ]
    assert names == ["book", "vanishing", "_config.yml", "_toc.yml", "locales/tr"]


def test_of_a_page_beside_the_settings_only_its_file_is_watched(tmp_path: Path) -> None:
    write_stock_book(tmp_path)
    (tmp_path / "_build").mkdir()
    names = [path.name for path in watched(tmp_path, "fa")]
    assert names == [
        "intro.md", "markdown.md", "notebooks.ipynb", "markdown-notebooks.md",
        "_config.yml", "_toc.yml",
    ]  # fmt: skip


def test_a_file_that_an_editor_replaces_is_still_watched(tmp_path: Path) -> None:
    write_stock_book(tmp_path)
    stop, seen = Event(), list[str]()

    def look() -> None:
        for changes in serve._changes(tmp_path, "fa", stop):
            seen.extend(Path(name).name for _kind, name in changes)

    watcher = Thread(target=look)
    watcher.start()
    time.sleep(1)
    for number in (1, 2):
        (tmp_path / "README.md").write_text(f"no page {number}", encoding="utf-8")
        fresh = tmp_path / "saved"
        fresh.write_text(f"# Text {number}", encoding="utf-8")
        fresh.replace(tmp_path / "intro.md")
        wait_until(lambda: len(seen) == number)  # noqa: B023
    stop.set()
    watcher.join()
    assert seen == ["intro.md", "intro.md"]


def test_a_folder_that_appears_is_watched(small_book: SmallBook) -> None:
    stop, seen = Event(), list[str]()

    def look() -> None:
        for changes in serve._changes(small_book.root, "tr", stop):
            seen.extend(Path(name).name for _kind, name in changes)

    watcher = Thread(target=look)
    watcher.start()
    time.sleep(1)
    (small_book.root / "book/more").mkdir()
    wait_until(lambda: seen == ["more"])
    time.sleep(1)
    small_book.write("book/more/page.md", "# A page")
    wait_until(lambda: "page.md" in seen)
    stop.set()
    watcher.join()


def test_a_saved_catalogue_changes_the_page_and_an_error_does_not_end_the_server(
    small_book: SmallBook, capfd: pytest.CaptureFixture[str]
) -> None:
    small_book.translate("tr", "Eski.")
    page = small_book.root / "_build/html/tr/book/course/chapter.html"
    stop = Event()
    server = Thread(target=rebuild_on_change, args=(small_book.root, "tr", stop))
    server.start()
    output = ""

    def printed(text: str) -> bool:
        nonlocal output
        output += capfd.readouterr().out
        return text in output

    try:
        wait_until(lambda: printed("[tr] built in"))
        time.sleep(1)  # the watcher starts
        small_book.write("book/course/chapter.md", "# A chapter\n\n{term}`nothing`\n")
        wait_until(lambda: printed("[tr] failed after"))
        time.sleep(0.5)
        small_book.write("book/course/chapter.md", "# A chapter\n\nText of a chapter.\n")
        small_book.translate("tr", "Yeni.")
        wait_until(lambda: "Yeni." in page.read_text(encoding="utf-8"))
    finally:
        stop.set()
        server.join()


@pytest.mark.parametrize(
    ("domain", "message"), [("theme", "Skip to main content"), ("toc", "Reference")]
)
def test_new_words_around_a_page_reach_pages_that_did_not_change(
    small_book: SmallBook, domain: str, message: str
) -> None:
    own = small_book.translate("tr", "Metin.").read_text(encoding="utf-8")
    for translation in ("Eski", "Yeni"):
        text = own.replace("Text of a chapter.", message).replace("Metin.", translation)
        small_book.write(f"locales/tr/LC_MESSAGES/{domain}.po", text)
        outcome = build_apart(small_book.root, "tr")
        assert outcome.exit_code == 0, "\n".join(outcome.log)
        assert f">{translation}<" in small_book.page("tr", "book/course/chapter.html")


def test_an_address_without_a_page_shows_the_sites_own(tmp_path: Path) -> None:
    server = start_server(tmp_path, 0)
    with pytest.raises(HTTPError, match="404") as plain:
        urlopen(address(server, "nowhere.html"))
    assert b"File not found" in plain.value.read()
    (tmp_path / "404.html").write_text("<p>Nothing here", encoding="utf-8")
    with pytest.raises(HTTPError, match="404") as shown:
        urlopen(address(server, "zh/nowhere.html"))
    assert shown.value.read() == b"<p>Nothing here"
    server.shutdown()
