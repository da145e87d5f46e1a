"""The names that cells give reach the reader in his own language; those of his own stay."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.vanishing.test_pictures import masked
from vanishing import Experiment, figures, localisation, pictures
from vanishing.experiment import _NAMES
from vanishing.explorer.sliders import value_text
from vanishing.figures.drawing import Drawing
from vanishing.figures.labels import LABELS, worded
from vanishing.lab_page.words import kinds

RUN = SimpleNamespace(
    experiment=SimpleNamespace(label="linear", seed=0),
    optimization=SimpleNamespace(seed=0),
    steps=(0, 1),
    gradient_norms=((0.5, 1.0), (0.5, 1.0)),
    losses=(2.0, 1.0),
    accuracies=(0.1, 0.9),
    state="learned",
    norms_at=lambda _step: (0.5, 1.0),
)
LAYER = SimpleNamespace(name="linear", gradient_norm=1.0)
LINE, BY_NUMBER = {"linear": [0.5, 1.0]}, {"linear": {1: 0.5, 2: 1.0}}
SEEDS = {"linear": {1: [0.5], 2: [1.0]}}
DRAWINGS: list[Callable[[], Drawing]] = [
    lambda: figures.draw_activation("linear", [0.0, 1.0], [0.0, 1.0], [1.0, 1.0]),
    lambda: figures.draw_slopes([0.0, 1.0], LINE),
    lambda: figures.draw_gradient_norms(LINE),
    lambda: figures.draw_gradient_norms({"A": [1.0]}, notes={"A": "linear"}),
    lambda: figures.draw_runs([RUN]),
    lambda: figures.draw_losses([RUN], names=["linear"]),
    lambda: figures.draw_powers(LINE),
    lambda: figures.draw_spectra(LINE),
    lambda: figures.draw_signal_growth(LINE),
    lambda: figures.draw_lesions({"linear": 0.9}, LINE),
    lambda: figures.draw_accuracies(LINE),
    lambda: figures.draw_relative_updates(LINE),
    lambda: figures.draw_accuracies_by_depth(SEEDS, chance=0.1),
    lambda: figures.draw_clipped_runs({"linear": RUN}),
    lambda: figures.draw_gradient_by_time(LINE),
    lambda: figures.draw_losses_by_rate(SEEDS),
    lambda: figures.draw_gradients_by_length(BY_NUMBER),
    lambda: figures.draw_block_gradients(LINE),
    lambda: figures.draw_sensitivities(LINE),
    lambda: figures.draw_accuracies_by_length(SEEDS, chance=0.1),
    lambda: figures.draw_right_words(SEEDS),
    lambda: figures.draw_first_token_gradients(BY_NUMBER),
    lambda: figures.draw_source_gradients(LINE),
    lambda: figures.draw_blocks(BY_NUMBER),
    lambda: figures.draw_detector_losses(LINE),
    lambda: figures.draw_history(SimpleNamespace(steps=(0,), records=((LAYER,),))),
    lambda: pictures.draw_ellipses({"linear": ((1.0, 0.0), (0.0, 1.0))}),
    lambda: pictures.draw_cliff([0.0, 1.0], [1.0, 0.0], {"linear": [0.5]}),
    lambda: pictures.draw_words(["one"], {"linear": [1.0]}),
]


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_figure_says_a_name_of_the_book_in_the_readers_words(
    draw: Callable[[], Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localisation, "look_up", masked)
    drawing = draw()
    table = drawing.table  # of a chart, its first column is what the legend says
    names = [str(row[0]) for row in table.rows] if table.head[0] == "series" else [drawing.svg()]
    for shown in (drawing.description, *names):
        assert "жжжжжж" in shown
        assert "linear" not in shown


def test_a_slider_says_a_name_of_the_book_in_the_readers_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(localisation, "look_up", masked)
    assert value_text("momentum") == "жжжжжжжж"
    assert value_text("Adam") == "Adam"


@pytest.mark.parametrize("value", [1.05, 0.999, 1.25, 0.1 + 0.2, 123.456, 1e-5, 200, 2e-7])
def test_a_slider_says_a_number_with_all_of_its_digits(value: float) -> None:
    assert float(value_text(value)) == pytest.approx(value, rel=1e-11)


def test_a_slider_says_what_is_no_usual_number() -> None:
    assert [value_text(value) for value in (float("inf"), 0.5, True)] == ["∞", "0.5", "yes"]


def test_a_name_of_the_readers_own_keeps_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localisation, "look_up", masked)
    assert worded("my linear network") == "my linear network"
    assert worded("") == ""


def test_a_name_that_an_experiment_makes_is_put_into_words_part_by_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(localisation, "look_up", masked)
    own = Experiment(
        activation="identity", residual=True, branch="scaled", init="xavier",
        learning_rate=0.1, epochs=1,
    )  # fmt: skip
    assert own.label == "linear + skip + scaled + Xavier init"
    assert not re.search("[A-Za-z]", worded(own.label))
    assert worded("ReLU + Xavier init") == "ReLU + жжжжжж жжжж"


def test_every_part_of_an_experiments_name_that_is_a_word_is_known() -> None:
    names = {"ReLU", "Leaky ReLU", "ELU", "SELU", "GELU", "SiLU", "ReZero"}
    names |= {"BatchNorm", "LayerNorm", "RMSNorm"}
    assert {*_NAMES.values(), "skip"} - names <= LABELS


def test_a_whole_name_comes_before_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = "ReLU + PyTorch init"
    assert whole in LABELS
    monkeypatch.setattr(localisation, "look_up", lambda lookup: f"<{lookup[0]}>")
    assert worded(whole) == f"<{whole}>"


def test_the_laboratory_names_networks_as_figures_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localisation, "look_up", lambda lookup: lookup[0])
    assert kinds() == {}
    monkeypatch.setattr(localisation, "look_up", masked)
    assert kinds()["skip"] == "жжжж"
    assert kinds().keys() == LABELS
