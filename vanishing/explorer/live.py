"""The explorer in a running kernel: widgets that compute in the background when released."""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from html import escape
from typing import Any

import ipywidgets
from IPython import get_ipython

from vanishing.explorer.sliders import Sliders, label, value_text
from vanishing.localisation import _, direction
from vanishing.progress import Cancelled, observer
from vanishing.promises import Postponed
from vanishing.remembering import postponing

FIRST_FIGURE = 600.0  # seconds for which a cell, or a slider in Colab, waits for its figure
BLINK = 0.3  # seconds; what takes less shows no progress
GLANCE = 0.05  # seconds between two looks whether there is something to do


# Shown by ipywidgets' own mark of a widget that has lost its kernel.
AGAIN = """<style>
.vg-again {{ display: none }}
.jupyter-widgets-disconnected .vg-again {{ display: block }}
</style><p class="vg-again" role="status" dir="{direction}">{message}</p>"""


def shows_only_what_a_request_sends() -> bool:
    """Say whether the front end drops what a kernel sends while it is idle, as Colab's does."""
    return "google.colab" in sys.modules


class MainThread:
    """Run functions in the thread of a kernel's cells, between two cells; without a kernel, here.

    So they meet no cell that runs: what both change for a moment, neither finds changed.
    """

    def __init__(self) -> None:
        """Take the thread that makes this for the main one."""
        self._thread = threading.get_ident()
        self._waiting: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]]
        self._waiting = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        if get_ipython() is not None:
            with suppress(RuntimeError):
                self._loop = asyncio.get_running_loop()

    def is_here(self) -> bool:
        """Say whether this is the thread of the cells."""
        return self._loop is not None and threading.get_ident() == self._thread

    def run(self, function: Callable[[], Any]) -> Any:
        """Run a function there, wait for it and hand on what it returns or raises."""
        if self._loop is None or self.is_here():
            return function()
        done: Future[Any] = Future()
        self._waiting.put((function, done))
        self._loop.call_soon_threadsafe(self.work)
        return done.result()

    def work(self) -> None:
        """Run what waits for this thread."""
        while self.is_here() and not self._waiting.empty():
            function, done = self._waiting.get()
            try:
                done.set_result(function())
            except BaseException as error:  # meant for who waits, in another thread
                done.set_exception(error)


class LiveExplorer:
    """Hold the sliders, the progress bar and the figure; a newer value wins over an older one.

    The figure function runs in the main thread wherever that is known. What it asks for and must be
    computed is computed in the background meanwhile, one result after the other; after each of them
    the function runs again and draws what is there.
    Only what ipywidgets 7.7 and 8 share is used.
    """

    def __init__(self, asked: Sliders) -> None:
        """Build the widgets and start computing the default figure."""
        self._asked = asked
        self._lock = threading.RLock()
        self._newest = 0
        self._main = MainThread()
        self._worker = threading.Thread()
        self.sliders = [self._slider(axis) for axis in asked.axes]
        self.progress = ipywidgets.FloatProgress(
            min=0.0, max=1.0, description=_("Training…"), layout={"visibility": "hidden"}
        )
        self.view = ipywidgets.HTML()
        self.box = ipywidgets.VBox([*self.sliders, self.progress, self.view, _again()])
        self.box.add_class("vg-live")
        for slider in self.sliders:
            slider.observe(self._moved, names="value")
        self._restart()

    def mimebundle(self) -> dict[str, Any]:
        """Return what a notebook needs to show the widgets."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        return {
            "application/vnd.jupyter.widget-view+json": view,
            "text/plain": repr(self._asked),
        }

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until the newest figure is there; Ctrl-C stops what computes it."""
        until = time.monotonic() + seconds
        try:
            while self._worker.is_alive() and time.monotonic() < until:
                self._main.work()
                self._worker.join(GLANCE)
        except KeyboardInterrupt:
            with self._lock:
                self._newest += 1
            raise

    def _slider(self, axis: str) -> Any:
        values = self._asked.axes[axis]
        return ipywidgets.SelectionSlider(
            options=[(value_text(value), index) for index, value in enumerate(values)],
            value=self._asked.start(axis),
            description=label(axis),
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "100%"},
        )

    def _moved(self, _change: object) -> None:
        """Follow a slider; where nothing is shown later, stay until the figure is there."""
        self._restart()
        if shows_only_what_a_request_sends():
            self.wait(FIRST_FIGURE)

    def _restart(self) -> None:
        """Show the sliders' values; what is computed for older ones stops at its next step."""
        with self._lock:
            self._newest += 1
            attempt = _Attempt(self, self._newest, [slider.value for slider in self.sliders])
        finish = attempt.draw() if self._main.is_here() else attempt.begin
        if finish:
            self._worker = threading.Thread(target=attempt.pursue, args=(finish,), daemon=True)
            self._worker.start()

    def _show(self, ticket: int, content: str, *, whole: bool = True) -> None:
        with self._lock:
            if ticket == self._newest:
                if whole:
                    self.progress.layout.visibility = "hidden"
                self.view.value = content


class _Attempt:
    """Draw the figure at some values, unless newer ones come."""

    def __init__(self, live: LiveExplorer, ticket: int, indices: list[int]) -> None:
        self._live = live
        self._ticket = ticket
        self._indices = indices
        self._results: dict[str, str] = {}

    def begin(self) -> None:
        """Have nothing to compute before the first try."""

    def pursue(self, finish: Callable[[], None] | None) -> None:
        """Compute what is missing and draw again, until nothing is missing."""
        main = self._live._main
        try:
            while finish:
                with self._watched():
                    finish()
                finish = main.run(self.draw)
        except (Cancelled, KeyboardInterrupt):
            return
        except Exception as error:  # shown to the reader: a thread has nobody else to tell
            content = _error_message(error)
            main.run(lambda: self._live._show(self._ticket, content))

    def draw(self) -> Callable[[], None] | None:
        """Show the figure, or what of it is there; return what computes something that it lacks."""
        promised: list[Callable[[], None]] = []
        try:
            with self._watched(), postponing(self._results, promised):
                content = self._live._asked.draw(self._indices).html()
        except Postponed as postponed:
            return postponed.finish
        except Cancelled:
            return None
        except Exception as error:  # shown to the reader: a slider has nobody else to tell
            if promised:  # too little to draw anything
                return promised[0]
            content = _error_message(error)
        self._live._show(self._ticket, content, whole=not promised)
        return promised[0] if promised else None

    @contextmanager
    def _watched(self) -> Iterator[None]:
        token = observer.set(self._watcher())
        try:
            yield
        finally:
            observer.reset(token)

    def _watcher(self) -> Callable[[int, int], None]:
        live, started = self._live, time.monotonic()

        def watch(done: int, steps: int) -> None:
            with live._lock:
                if self._ticket != live._newest:
                    raise Cancelled
                if time.monotonic() - started > BLINK:
                    live.progress.value = done / max(steps, 1)
                    live.progress.layout.visibility = "visible"

        return watch


def _again() -> ipywidgets.HTML:
    message = _("The kernel that moved this figure has ended. Run the cell again.")
    words = AGAIN.format(direction=direction(), message=escape(message))
    return ipywidgets.HTML(words, layout={"height": "auto", "margin": "0"})


def _error_message(error: Exception) -> str:
    message = _("The figure could not be drawn: {error}", error=f"{type(error).__name__}: {error}")
    return f'<p role="alert" dir="{direction()}">{escape(message)}</p>'
