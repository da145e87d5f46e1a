"""Figures of products show every number, where a line ends and why."""

import math

import pytest
from drawn import Speak, axes_of, data_of, legend_of

from vanishing.figures import draw_powers, draw_rates, draw_spectra


def test_powers_are_drawn_against_the_number_of_factors() -> None:
    drawing = draw_powers({"float32": (0.5, 0.25, 0.125)})
    assert data_of(drawing) == ([1.0, 2.0, 3.0], [0.5, 0.25, 0.125])
    assert legend_of(drawing) == ["float32"]
    assert "float32: from 0.5 to 0.12 at 3 factors." in drawing.description


def test_a_line_of_powers_ends_at_its_first_zero() -> None:
    drawing = draw_powers({"float16": (0.25, 0.0, 0.0, 0.0), "float32": (0.25, 0.1, 0.05, 0.02)})
    assert len(data_of(drawing)[0]) == 2
    assert axes_of(drawing).get_xlim() == (0, 4)  # the same for every factor
    assert "zero or underflow" in legend_of(drawing)
    assert "float16: from 0.25 to exactly zero, which is reached at 2 factors." in (
        drawing.description
    )
    assert "float32: from 0.25 to 0.02 at 4 factors." in drawing.description


def test_a_line_of_powers_ends_where_it_overflows() -> None:
    drawing = draw_powers({"float16": (256.0, math.inf, math.inf)})
    assert "infinite (overflow)" in legend_of(drawing)
    assert "float16: from 256 to infinity, which is reached at 2 factors." in drawing.description


def test_spectra_name_their_extremes_in_the_legend() -> None:
    drawing = draw_spectra({"gaussian": (2.0, 0.1, 1e-8), "orthogonal": (1.0, 1.0, 1.0)})
    assert legend_of(drawing) == ["Gaussian: 2 to 1.0e-8", "orthogonal: 1 to 1", "length unchanged"]
    assert data_of(drawing) == ([1.0, 2.0, 3.0], [2.0, 0.1, 1e-8])
    assert "Gaussian: 2 to 1.0e-8." in drawing.description


def test_spectra_take_another_name_as_it_is() -> None:
    assert legend_of(draw_spectra({"ReLU": (1.0, 0.5)}))[0] == "ReLU: 1 to 0.5"


def test_limits_keep_the_axis_of_spectra_and_powers_in_place() -> None:
    one = draw_spectra({"gaussian": (1.0, 0.5)}, limits=(1e-20, 1e10))
    two = draw_spectra({"gaussian": (1e9, 1e-19)}, limits=(1e-20, 1e10))
    assert axes_of(one).get_ylim() == axes_of(two).get_ylim()
    low, high = axes_of(draw_powers({"float32": (0.5, 0.25)}, limits=(1e-9, 10.0))).get_ylim()
    assert low <= 1e-9
    assert high >= 10.0


def test_rates_are_drawn_beside_their_limit() -> None:
    drawing = draw_rates({1: (1.9, 0.1), 50: (1.0, 0.4)}, limit=(0.9, 0.3))
    assert legend_of(drawing) == [
        "1 factor",
        "50 factors",
        "infinitely many (theory)",
        "length unchanged",
    ]
    assert data_of(drawing, 2) == ([1.0, 2.0], [0.9, 0.3])
    assert axes_of(drawing).get_yscale() == "linear"
    assert "50 factors: from 1 down to 0.4." in drawing.description


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="powers must name at least one format, got none"):
        draw_powers({})
    with pytest.raises(ValueError, match="spectra must name at least one product, got none"):
        draw_spectra({})
    with pytest.raises(ValueError, match="rates must name at least one number, got none"):
        draw_rates({}, limit=(1.0,))


def test_the_labels_are_in_the_reader_s_language(speak: Speak) -> None:
    entries = {
        "size (logarithmic)": "büyüklük (logaritmik)",
        "orthogonal": "dik",
        "{kind}: {largest} to {smallest}": "{kind}: {largest} – {smallest}",
    }
    speak("tr", entries)
    drawing = draw_spectra({"orthogonal": (1.0, 1.0)})
    assert legend_of(drawing)[0] == "dik: 1 – 1"
    assert axes_of(drawing).get_ylabel() == "büyüklük (logaritmik)"
