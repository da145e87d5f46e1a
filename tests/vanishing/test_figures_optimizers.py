"""Figures of the chapter on optimizers show what they are given, in words too."""

import pytest
from drawn import axes_of, data_of, legend_of

from vanishing.figures import (
    draw_accuracies_by_depth,
    draw_optimized_runs,
    draw_relative_updates,
)
from vanishing.optimizers import Optimization, OptimizedRun


def a_run(seed: int, state: str) -> OptimizedRun:
    updates = ((1e-6, 1e-2), (1e-5, 1e-1))
    return OptimizedRun(
        Optimization(depth=1, seed=seed),
        (0, 1, 2),
        (2.3, 2.2, 2.1),
        (0.1, 0.2, 0.61),
        (1e-5, 1e-1),
        updates,
        state,
    )


def test_updates_stand_at_their_layers_on_a_logarithmic_axis() -> None:
    drawing = draw_relative_updates({"SGD": [1e-6, 1e-3, 0.02]}, limits=(1e-9, 1))
    assert axes_of(drawing).get_yscale() == "log"
    assert data_of(drawing) == ([1, 2, 3], [1e-6, 1e-3, 0.02])
    assert axes_of(drawing).get_ylim() == pytest.approx((1e-9, 1))
    assert "SGD. Update 1.0e-6 in the first layer, 0.02 in the last" in drawing.description


def test_an_update_of_nothing_is_marked() -> None:
    assert "zero or underflow" in legend_of(draw_relative_updates({"SGD": [0.0, 0.1]}))


def test_runs_are_named_by_their_seed_and_their_end() -> None:
    runs = [a_run(3, "learned"), a_run(4, "stalled")]
    drawing = draw_optimized_runs(runs, step=2)
    assert legend_of(drawing) == ["seed 3: learned, accuracy 61%", "seed 4: stalled, accuracy 61%"]
    assert data_of(drawing)[1] == [1e-5, 1e-1]
    assert data_of(draw_optimized_runs(runs))[1] == [1e-6, 1e-2]


def test_accuracies_by_depth_are_medians_with_guessing_marked() -> None:
    drawing = draw_accuracies_by_depth({"Adam": {2: [1.0, 0.9, 0.2], 8: [0.1]}}, chance=0.1)
    assert data_of(drawing) == ([2, 8], [0.9, 0.1])
    assert legend_of(drawing) == ["Adam", "guessing: 0.1"]
    assert "Adam: 0.9 with 2 hidden layers, 0.1 with 8." in drawing.description


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="updates must name at least one optimizer, got none"):
        draw_relative_updates({})
    with pytest.raises(TypeError, match=r"runs\[0\] must be a run, got 7: pass optimize\(optim"):
        draw_optimized_runs([7])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="accuracies must name at least one optimizer, got none"):
        draw_accuracies_by_depth({}, chance=0.1)
