"""Figures of explosions show how a run ended and what a number format loses."""

import math
from dataclasses import replace

import pytest
from drawn import Speak, axes_of, data_of, legend_of

from vanishing.experiment import RELU
from vanishing.figures import draw_clipped_runs, draw_divergence, draw_lost_shares
from vanishing.training import Run

RUN = Run(
    experiment=RELU,
    layers=("1", "output"),
    steps=(0, 1, 2),
    gradient_norms=((1.0, 1.0),) * 3,
    losses=(2.3, 1.0, 0.5),
    accuracies=(0.1, 0.5, 0.9),
    state="learned",
)
LOST = replace(RUN, losses=(2.3, 1e12, math.nan), state="diverged")


def test_a_divergence_is_drawn_by_training_step_and_its_end_is_marked() -> None:
    drawing = draw_divergence((2.0, 1e9, math.nan), (1.0, 1e8, math.nan), (0.5, 20.0, math.nan))
    assert legend_of(drawing)[:3] == ["loss", "gradient norm", "largest weight"]
    assert "NaN (not a number)" in legend_of(drawing)
    assert data_of(drawing)[1][:2] == [2.0, 1e9]
    assert "loss: from 2 to 1.0e9; from step 2 on, infinite or NaN." in drawing.description


def test_a_divergence_that_stays_finite_says_so() -> None:
    drawing = draw_divergence((2.0, 1.0), (1.0, math.inf), (0.5, 0.6))
    assert "largest weight: from 0.5 to 0.6; always finite." in drawing.description
    assert "infinite (overflow)" in legend_of(drawing)


def test_clipped_runs_are_named_by_their_clipping_and_their_end() -> None:
    runs = {"none": LOST, "norm": RUN, "value": replace(RUN, state="stalled"), "Adam": RUN}
    drawing = draw_clipped_runs(runs)
    assert legend_of(drawing)[:4] == [
        "no clipping: diverged",
        "clipped by norm: learned, 90%",
        "clipped by value: stalled, 90%",
        "Adam: learned, 90%",
    ]
    assert "guessing: 2.30" in legend_of(drawing)


def test_losses_above_a_million_are_left_out_and_the_axis_stays_put() -> None:
    one, two = draw_clipped_runs({"none": LOST}), draw_clipped_runs({"norm": RUN})
    assert data_of(one)[0] == [0.0, 2.0]
    assert data_of(two)[0] == [0.0, 1.0, 2.0]
    assert axes_of(one).get_xlim() == axes_of(two).get_xlim()
    assert axes_of(two).get_ylim()[0] == pytest.approx(0.01)
    assert "Losses above one million are not drawn." in one.description


def test_a_run_without_a_loss_below_a_million_is_marked_as_infinite() -> None:
    runs = {"none": replace(LOST, losses=(1e7, 1e8, 1e9))}
    assert "infinite (overflow)" in legend_of(draw_clipped_runs(runs))


def test_lost_shares_are_drawn_against_the_exponent_of_the_scale() -> None:
    drawing = draw_lost_shares((0, 8, 16), (0.5, 0.1, 0.0), (0.0, 0.0, 0.25), (0.4, 0.1, 0.0))
    assert legend_of(drawing) == ["rounded to zero", "infinite or NaN", "expected zeros"]
    assert data_of(drawing) == ([0.0, 8.0, 16.0], [0.5, 0.1, 0.0])
    assert axes_of(drawing).get_ylim() == (0.0, 1.0)
    assert "At best, with exponent 8, 0.1 are lost" in drawing.description


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="losses must hold at least 1, got none"):
        draw_divergence((), (), ())
    with pytest.raises(ValueError, match="runs must name at least one run, got none"):
        draw_clipped_runs({})
    with pytest.raises(ValueError, match="exponents must hold at least 1, got none"):
        draw_lost_shares((), (), ())


def test_the_labels_are_in_the_reader_s_language(speak: Speak) -> None:
    entries = {
        "loss scale (exponent of 2)": "kayıp ölçeği (2'nin üssü)",
        "no clipping": "kırpma yok",
        "{clipping}: diverged": "{clipping}: ıraksadı",
    }
    speak("tr", entries)
    assert legend_of(draw_clipped_runs({"none": LOST}))[0] == "kırpma yok: ıraksadı"
    drawing = draw_lost_shares((0, 8), (0.5, 0.1), (0.0, 0.0))
    assert axes_of(drawing).get_xlabel() == "kayıp ölçeği (2'nin üssü)"
