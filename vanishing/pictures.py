"""Pictures of the course: each is drawn by code, from data or from a scene of words and numbers."""

from vanishing.figures.scenes.blocks import BLOCKS, draw_block
from vanishing.figures.scenes.decisions import draw_decisions
from vanishing.figures.scenes.learning import (
    draw_attention,
    draw_boxes,
    draw_gates,
    draw_sums,
    draw_words,
)
from vanishing.figures.scenes.maps import draw_block_map, draw_skip_paths
from vanishing.figures.scenes.numbers import draw_chain, draw_ranges, draw_two_axes
from vanishing.figures.scenes.overlaps import draw_overlap
from vanishing.figures.scenes.planes import draw_clipping, draw_dead_unit
from vanishing.figures.scenes.recurrence import draw_lstm_cell, draw_path_lengths, draw_unrolled
from vanishing.figures.scenes.signals import (
    draw_both_ways,
    draw_cliff,
    draw_digits,
    draw_ellipses,
    draw_heat_map,
    draw_pulse,
    draw_two_inputs,
)
from vanishing.figures.scenes.tables import draw_averaged_cells, draw_averaged_positions

__all__ = [
    "BLOCKS",
    "draw_attention",
    "draw_averaged_cells",
    "draw_averaged_positions",
    "draw_block",
    "draw_block_map",
    "draw_both_ways",
    "draw_boxes",
    "draw_chain",
    "draw_cliff",
    "draw_clipping",
    "draw_dead_unit",
    "draw_decisions",
    "draw_digits",
    "draw_ellipses",
    "draw_gates",
    "draw_heat_map",
    "draw_lstm_cell",
    "draw_overlap",
    "draw_path_lengths",
    "draw_pulse",
    "draw_ranges",
    "draw_skip_paths",
    "draw_sums",
    "draw_two_axes",
    "draw_two_inputs",
    "draw_unrolled",
    "draw_words",
]
