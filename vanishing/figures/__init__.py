"""Draw from plain numbers, in the reader's language, for pages, notebooks and screen readers."""

from vanishing.figures.activations import (
    draw_activation,
    draw_dead_units,
    draw_saturated_units,
    draw_slopes,
)
from vanishing.figures.convolutions import draw_image_runs
from vanishing.figures.detection import draw_blocks, draw_detector_losses
from vanishing.figures.diagnosis import draw_diagnosis, draw_history
from vanishing.figures.directions import draw_two_directions
from vanishing.figures.drawing import Drawing
from vanishing.figures.explosions import draw_clipped_runs, draw_divergence, draw_lost_shares
from vanishing.figures.language_models import (
    draw_losses_by_rate,
    draw_stream,
)
from vanishing.figures.mean_field import draw_accuracies, draw_chi, draw_propagation
from vanishing.figures.optimizers import (
    draw_accuracies_by_depth,
    draw_optimized_runs,
    draw_relative_updates,
)
from vanishing.figures.products import draw_powers, draw_rates, draw_spectra
from vanishing.figures.recurrence import draw_gradient_by_time
from vanishing.figures.residual import draw_lesions, draw_path_shares, draw_signal_growth
from vanishing.figures.runs import draw_gradient_norms, draw_losses, draw_runs, draw_training
from vanishing.figures.starts import draw_start
from vanishing.figures.transformers import (
    draw_accuracies_by_length,
    draw_block_gradients,
    draw_gradients_by_length,
    draw_sensitivities,
)
from vanishing.figures.translation import (
    draw_first_token_gradients,
    draw_right_words,
    draw_source_gradients,
)

__all__ = [
    "Drawing",
    "draw_accuracies",
    "draw_accuracies_by_depth",
    "draw_accuracies_by_length",
    "draw_activation",
    "draw_block_gradients",
    "draw_blocks",
    "draw_chi",
    "draw_clipped_runs",
    "draw_dead_units",
    "draw_detector_losses",
    "draw_diagnosis",
    "draw_divergence",
    "draw_first_token_gradients",
    "draw_gradient_by_time",
    "draw_gradient_norms",
    "draw_gradients_by_length",
    "draw_history",
    "draw_image_runs",
    "draw_lesions",
    "draw_losses",
    "draw_losses_by_rate",
    "draw_lost_shares",
    "draw_optimized_runs",
    "draw_path_shares",
    "draw_powers",
    "draw_propagation",
    "draw_rates",
    "draw_relative_updates",
    "draw_right_words",
    "draw_runs",
    "draw_saturated_units",
    "draw_sensitivities",
    "draw_signal_growth",
    "draw_slopes",
    "draw_source_gradients",
    "draw_spectra",
    "draw_start",
    "draw_stream",
    "draw_training",
    "draw_two_directions",
]
