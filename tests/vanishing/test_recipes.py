"""A recipe holds what a cell shows as plain data, and gives the same in any language."""

import json
import math
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from vanishing import RELU, figures, localisation, recipes
from vanishing.training import Run


@pytest.fixture
def portuguese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer Portuguese from a small catalogue, without choosing it."""
    path = tmp_path / "pt" / "LC_MESSAGES" / "vanishing.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid "layer (1 = next to the input)"\nmsgstr "camada"\n', encoding="utf-8")
    monkeypatch.setattr(localisation, "LOCALES", tmp_path)


def through_json(value: Any) -> Any:
    return recipes.restored(json.loads(json.dumps(recipes.plain(value))))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        0.1,
        -math.inf,
        "ReLU",
        (1, (2.5, "x")),
        {"name": {8: (0.5,)}, 0.25: None, True: ()},
        Run(RELU.at(depth=3), ("1", "output"), (0,), ((math.inf, 0.1),), (2.3,), (0.1,), "stalled"),
    ],
)
def test_what_is_written_comes_back(value: Any) -> None:
    assert through_json(value) == value


def test_arrays_and_their_numbers_become_plain() -> None:
    given = [numpy.float64(0.5), numpy.arange(2), torch.tensor([0.25]), numpy.int64(3)]
    assert through_json(given) == (0.5, (0, 1), (0.25,), 3)
    assert math.isnan(through_json(math.nan))


def test_what_is_no_plain_data_is_refused() -> None:
    with pytest.raises(TypeError, match=r"must be plain data, got <object object at .*: pass num"):
        recipes.plain({"runs": [object()]})


@pytest.mark.parametrize("path", ["os:system", "vanishingly:small", "builtins:eval"])
def test_a_recipe_names_nothing_outside_this_package(path: str) -> None:
    with pytest.raises(ValueError, match="a recipe must name something of vanishing, got "):
        recipes.made({"call": path, "arguments": {}})
    with pytest.raises(ValueError, match="a recipe must name something of vanishing, got "):
        recipes.made({"class": path, "fields": {}})


def test_the_recipe_of_a_drawing_makes_the_same_drawing() -> None:
    drawing = figures.draw_gradient_norms({"ReLU": [0.5, 0.0], "σ": [1e-3, math.nan]})
    recipe = json.loads(json.dumps(drawing.recipe))
    assert recipe["call"] == "vanishing.figures.runs:draw_gradient_norms"
    assert recipes.made(recipe).page() == drawing.page()


@pytest.mark.usefixtures("portuguese")
def test_a_drawing_speaks_the_language_in_use_when_it_is_shown() -> None:
    drawing = figures.draw_gradient_norms({"ReLU": [0.5, 0.25]})
    english = drawing.page()
    localisation.set_language("pt")
    assert ">camada</text>" in drawing.html()
    localisation.set_language("en")
    assert drawing.page() == english


def test_a_drawing_keeps_the_figure_that_it_has_shown() -> None:
    drawing = figures.draw_gradient_norms({"ReLU": [0.5, 0.25]})
    drawing.figure.axes[0].set_xlabel("mine")
    assert ">mine</text>" in drawing.html()


def test_wrong_data_are_refused_where_the_drawing_is_asked_for() -> None:
    with pytest.raises(ValueError, match="norms must name at least one network, got none"):
        figures.draw_gradient_norms({})
    with pytest.raises(ValueError, match="values on a logarithmic axis must be at least 0"):
        figures.draw_gradient_norms({"ReLU": [-1.0]})


@pytest.mark.parametrize("name", [name for name in figures.__all__ if name.startswith("draw_")])
def test_every_drawing_function_makes_drawings(name: str) -> None:
    assert hasattr(getattr(figures, name), "__wrapped__")
