"""Show one language's site while its sources change: save a file, reload the page."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from watchfiles import Change, DefaultFilter, watch
from watchfiles.main import FileChange

from booktools.book import CONTENTS, SETTINGS, Book
from booktools.faults import BuildError
from booktools.library import Painter
from booktools.locking import sole_writer
from booktools.portal import LOST
from booktools.progress import Display, Stands
from booktools.safe_copies import COPIES
from booktools.workers import end, output, own_places, release, start_worker

HOST = "127.0.0.1"


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder without a line in the terminal per request, and never from a stale cache."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Show the site's own page where nothing is at an address, as hosts do."""
        page = Path(self.directory, LOST)
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        data = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def end_headers(self) -> None:
        """Ask browsers to look for a newer page every time."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


def start_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Serve a folder on 127.0.0.1 from a thread; port 0 takes any free one.

    Raises BuildError that names the port and the remedy when it is taken.
    """
    handler = partial(QuietHandler, directory=str(folder))
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        raise BuildError(
            f"port {port} is not free: {error.strerror}; choose another with --port"
        ) from None
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def address(server: ThreadingHTTPServer, path: str = "") -> str:
    """Return the address at which a browser finds the server."""
    return f"http://{HOST}:{server.server_port}/{path}"


def watched(root: Path, code: str) -> Sequence[Path]:
    """Return the files and folders whose change rebuilds a language's site."""
    book = Book(root)
    sources = (book.page_source(page).relative_to(root) for page in book.pages)
    tops = dict.fromkeys(source.parts[0] for source in sources)
    paths = [root / name for name in (*tops, *book.packages.values(), SETTINGS, CONTENTS)]
    return [path for path in (*paths, book.language_folder(code)) if path.exists()]


def _folders(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield what is really watched: folders, as a file that is replaced is another one."""
    for path in paths:
        yield path if path.is_dir() else path.parent
        yield from (inner for inner in path.rglob("*/") if inner.is_dir())


def _changes(root: Path, code: str, stop: Event | None) -> Iterator[Set[FileChange]]:
    """Yield the changes of what is watched: not of all that lies in the book's folder.

    A folder that appears is watched from the next change on.
    """
    paths = watched(root, code)

    def is_watched(_kind: Change, name: str) -> bool:
        return any(Path(name).is_relative_to(path) for path in paths) and kept(_kind, name)

    kept = DefaultFilter()
    while True:
        folders = set(_folders(paths))
        seen = watch(
            *folders, watch_filter=is_watched, stop_event=stop, debounce=100, recursive=False
        )
        for changes in seen:
            yield changes
            if set(_folders(paths)) != folders:
                break
        else:
            return


def rebuild_on_change(root: Path, code: str, stop: Event | None = None) -> None:
    """Build, then build again after every change, until `stop` is set or the user interrupts.

    What builds and what draws always wait with all they need loaded, so that a change costs only
    the build itself.
    """
    with ExitStack() as ending:
        worker = start_worker(root, code)
        ending.callback(lambda: end(worker))
        _finish(root, worker, code, "built")
        painter = _painter(root, None)
        ending.callback(lambda: _dismiss(painter))
        worker = start_worker(root, code, painter=painter)
        for changes in _changes(root, code, stop):
            names = sorted(Path(path).name for _, path in changes)
            print(f"[{code}] changed: {', '.join(names)}", flush=True)
            _finish(root, worker, code, "rebuilt")
            painter = _painter(root, painter)
            worker = start_worker(root, code, painter=painter)


def _painter(root: Path, before: Painter | None) -> Painter | None:
    """Return a painter that waits: the one before, or another where that was asked or is stale."""
    try:
        library = Book(root).library
    except BuildError:
        return before  # the next build says what is wrong with the settings
    if before and library and before.is_ready(library):
        return before
    _dismiss(before)
    if not library or os.name != "posix":  # elsewhere, no process inherits open files
        return None
    locales = {library.variable("LOCALES"): str(root / COPIES)}
    return Painter(library, {**own_places(root), **os.environ, **locales})


def _dismiss(painter: Painter | None) -> None:
    if painter:
        painter.end()


def _finish(root: Path, worker: subprocess.Popen[str], code: str, done: str) -> None:
    """Let the worker build; show what it says and, where it fails, go on serving."""
    with sole_writer(root):
        started = time.perf_counter()
        release(worker)
        display = Display()
        for line in output(worker):
            display.show(code, line)
        display.end(code)
    seconds = time.perf_counter() - started
    if worker.wait():
        print(f"[{code}] failed after {seconds:.1f} s; the last good pages stay", flush=True)
    else:
        print(f"[{code}] {done} in {seconds:.1f} s", flush=True)


def serve_site(folder: Path, port: int, make: Callable[[Stands], None] | None = None) -> None:
    """Serve all languages' sites until the user interrupts.

    make: builds them while those that stand are served already; it is given what says so.
    """
    server = start_server(folder, port)
    if make:
        make(partial(_say_that_it_stands, server))
    print(f"The book is at {address(server)}   (stop: Ctrl+C)", flush=True)
    _wait_for_interrupt()
    server.shutdown()


def _say_that_it_stands(server: ThreadingHTTPServer, code: str, following: Sequence[str]) -> None:
    rest = f"; {', '.join(following)} will follow" if following else ""
    print(f"[{code}] can be read at {address(server, f'{code}/')}{rest}", flush=True)


def serve_language(root: Path, code: str, port: int) -> None:
    """Build and serve one language's site, and rebuild it until the user interrupts."""
    server = start_server(root / "_build/html", port)
    print(f"The book will be at {address(server, f'{code}/')}   (stop: Ctrl+C)", flush=True)
    try:
        rebuild_on_change(root, code)
    except KeyboardInterrupt:
        print()
    server.shutdown()


def _wait_for_interrupt() -> None:
    try:
        Event().wait()
    except KeyboardInterrupt:
        print()
