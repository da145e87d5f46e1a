"""Draw from plain numbers, in the reader's language, for pages, notebooks and screen readers."""

from vanishing.figures.drawing import Drawing
from vanishing.figures.layers import draw_gradient_norms, draw_losses, draw_runs
from vanishing.figures.products import draw_powers, draw_rates, draw_spectra

__all__ = [
    "Drawing",
    "draw_gradient_norms",
    "draw_losses",
    "draw_powers",
    "draw_rates",
    "draw_runs",
    "draw_spectra",
]
