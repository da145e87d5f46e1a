"""The explorer in a running kernel: widgets that compute in the background when released."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets

from vanishing.localisation import _, direction
from vanishing.sliders import label, value_text

if TYPE_CHECKING:
    from vanishing.explorer import Explorer

BLINK = 0.3  # seconds; what takes less shows no progress


class LiveExplorer:
    """Hold the sliders, the progress bar and the figure; a newer value wins over an older one.

    Only what ipywidgets 7.7 and 8 share is used.
    """

    def __init__(self, explorer: Explorer) -> None:
        """Build the widgets and start computing the default figure."""
        self._explorer = explorer
        self._lock = threading.RLock()
        self._newest = 0
        self._worker = threading.Thread()
        self.sliders = [self._slider(axis) for axis in explorer.axes]
        self.progress = ipywidgets.FloatProgress(
            min=0.0, max=1.0, description=_("Training…"), layout={"visibility": "hidden"}
        )
        self.view = ipywidgets.HTML()
        self.box = ipywidgets.VBox([*self.sliders, self.progress, self.view])
        for slider in self.sliders:
            slider.observe(self._restart, names="value")
        self._restart()

    def mimebundle(self) -> dict[str, Any]:
        """Return what a notebook needs to show the widgets."""
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        return {
            "application/vnd.jupyter.widget-view+json": view,
            "text/plain": repr(self._explorer),
        }

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until the newest figure is there."""
        self._worker.join(seconds)

    def _slider(self, axis: str) -> Any:
        values = self._explorer.axes[axis]
        return ipywidgets.SelectionSlider(
            options=[(value_text(value), index) for index, value in enumerate(values)],
            value=self._explorer.start(axis),
            description=label(axis),
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "100%"},
        )

    def _restart(self, _change: object = None) -> None:
        """Compute the sliders' values in a new thread; the running one stops at its next step."""
        with self._lock:
            self._newest += 1
            indices = [slider.value for slider in self.sliders]
            self._worker = threading.Thread(
                target=self._compute, args=(self._newest, indices), daemon=True
            )
            self._worker.start()

    def _compute(self, ticket: int, indices: list[int]) -> None:
        from vanishing.progress import Cancelled, observer

        observer.set(self._watcher(ticket, Cancelled))
        try:
            content = self._explorer.draw(indices).html()
        except Cancelled:
            return
        except Exception as error:  # shown to the reader: a thread has nobody else to tell
            content = _error_message(error)
        with self._lock:
            if ticket == self._newest:
                self.progress.layout.visibility = "hidden"
                self.view.value = content

    def _watcher(self, ticket: int, stop: type[Exception]) -> Callable[[int, int], None]:
        started = time.monotonic()

        def watch(done: int, steps: int) -> None:
            with self._lock:
                if ticket != self._newest:
                    raise stop
                if time.monotonic() - started > BLINK:
                    self.progress.value = done / max(steps, 1)
                    self.progress.layout.visibility = "visible"

        return watch


def _error_message(error: Exception) -> str:
    message = _("The figure could not be drawn: {error}", error=f"{type(error).__name__}: {error}")
    return f'<p role="alert" dir="{direction()}">{escape(message)}</p>'
