"""The laboratory as a cell shows it: a page's HTML, or sliders in a running kernel."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from vanishing import bounds, recipes
from vanishing.experiment import EXPERIMENT, RELU, RESNET, SIGMOID, Experiment
from vanishing.explorer import Explorer, explore
from vanishing.figures.drawing import Drawing
from vanishing.figures.runs import draw_runs
from vanishing.lab_page.skeleton import room
from vanishing.lab_page.words import without_script
from vanishing.training import Run, train

DEPTHS = (2, 5, 10, 20, 30, 50)
STEPS = (0, 1, 5, 20, 50, 100, 180)
DEPTH = 20  # of the networks that are shown first
_NETWORKS = bounds.several(EXPERIMENT, "SIGMOID, RELU", most=5)


@dataclass(frozen=True)
class LabPage:
    """Hold what a page shows where no script runs: these runs, before their first update."""

    runs: tuple[Run, ...]

    def html(self) -> str:
        """Return the laboratory as HTML, for a page with lab/page.js and vanishing.css."""
        still = f"<p>{without_script()}</p>{draw_runs(self.runs, step=0).html()}"
        return f'<div class="vg-lab"><noscript>{still}</noscript>{room()}</div>'

    def page(self) -> dict[str, str]:
        """Return what a page of the book shows."""
        return {"text/html": self.html(), "text/plain": without_script()}

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        return recipes.bundle(self)


def laboratory(*networks: Experiment) -> LabPage | Explorer:
    """Show the laboratory: on a page of the book, the reader's browser trains.

    In a notebook, sliders choose the depth and the step, and PyTorch trains ``networks``: by
    default the sigmoid network, the ReLU network and the ResNet of the first chapter.

    Raises ``TypeError`` for what is no experiment, ``ValueError`` for more than five.
    """
    shown = _NETWORKS("networks", networks or (SIGMOID, RELU, RESNET))
    if recipes.wanted():
        return LabPage(tuple(train(one.at(depth=DEPTH)) for one in shown))

    def watch(depth: int = DEPTH, step: int = 0) -> Drawing:
        return draw_runs([train(one.at(depth=depth)) for one in shown], step=step)

    return explore(watch, depth=DEPTHS, step=STEPS)
