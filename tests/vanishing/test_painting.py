"""Recipes become paintings in one language; each is kept with the messages that it bears."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vanishing import diagnose, explore, figures, localisation, recipes
from vanishing.figures import Drawing
from vanishing.measurements import compare
from vanishing.painting import paintings, versions
from vanishing.painting.paintings import paint
from vanishing.tables import predicted_and_measured

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start every test in English, in a kernel that runs the book."""
    monkeypatch.setattr(localisation, "_chosen", "en")
    monkeypatch.setenv("VANISHING_STATIC", "1")


def speak(folder: Path, monkeypatch: pytest.MonkeyPatch, **entries: str) -> None:
    """Speak Portuguese from a catalogue with these entries; underscores stand for spaces."""
    path = folder / "pt" / "LC_MESSAGES" / "vanishing.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    pairs = (
        f'msgid "{source.replace("_", " ")}"\nmsgstr "{text}"\n' for source, text in entries.items()
    )
    path.write_text("\n".join(pairs), encoding="utf-8")
    monkeypatch.setattr(localisation, "LOCALES", folder)
    localisation._translations.cache_clear()
    localisation.set_language("pt")


def recipe_of(thing: Any) -> Any:
    return json.loads(thing._repr_mimebundle_()[recipes.MIME])


def norms(scale: float = 1.0) -> Drawing:
    return figures.draw_gradient_norms({"ReLU": [0.5 * scale, 0.25]})


def losses() -> Drawing:
    return figures.draw_detector_losses({"YOLO26": [3.0, 2.0]})


def test_every_kind_of_result_is_painted_as_it_shows_itself(tmp_path: Path) -> None:
    def draw_scaled(scale: float = 2.0) -> Drawing:
        return norms(scale)

    table, explorer = (
        predicted_and_measured(compare("slopes")),
        explore(draw_scaled, scale=[1.0, 2.0]),
    )
    things = [recipe_of(one) for one in (norms(), table, explorer)]
    drawing, rows, page = paint(things, tmp_path)
    assert drawing == norms().page()
    assert rows == table.page()
    assert page["text/html"] == explorer.html()
    assert paint(things, tmp_path) == [drawing, rows, page]


def test_two_processes_paint_the_same(tmp_path: Path) -> None:
    things = [recipe_of(norms(scale)) for scale in range(1, paintings.FEW + 3)]
    seen: list[tuple[int, int]] = []
    both = paint(things, tmp_path / "two", processes=2, report=lambda *at: seen.append(at))
    assert both == paint(things, tmp_path / "one")
    assert seen[-1] == (len(things), len(things))


def test_one_edited_label_draws_again_only_the_figures_that_bear_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    things = [recipe_of(norms()), recipe_of(losses())]
    speak(tmp_path, monkeypatch, loss_per_image="perda", training_step="passo")
    first = paint(things, tmp_path / "kept")
    speak(tmp_path, monkeypatch, loss_per_image="perda por imagem", training_step="passo")
    made: list[str] = []
    whole = recipes.made
    monkeypatch.setattr(paintings, "made", lambda one: made.append(one["call"]) or whole(one))
    second = paint(things, tmp_path / "kept")
    assert made == ["vanishing.figures.detection:draw_detector_losses"]
    assert first[0] == second[0]
    assert ">perda por imagem</text>" in second[1]["text/html"]


def test_a_language_has_its_own_paintings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    thing = [recipe_of(losses())]
    english = paint(thing, tmp_path / "kept")
    speak(tmp_path, monkeypatch)
    monkeypatch.setattr(paintings, "_remove_others", lambda *_: None)
    paint(thing, tmp_path / "kept")
    assert len(list((tmp_path / "kept").iterdir())) == 2
    localisation.set_language("en")
    assert paint(thing, tmp_path / "kept") == english


@pytest.mark.parametrize("damage", ["", "{", "\x00", "half", "another"])
def test_a_damaged_painting_is_made_again(tmp_path: Path, damage: str) -> None:
    things = [recipe_of(norms())]
    expected = paint(things, tmp_path)
    (kept,) = tmp_path.iterdir()
    whole = kept.read_text()
    changes = {"half": whole[: len(whole) // 2], "another": whole.replace("<svg", "<SVG")}
    kept.write_text(changes.get(damage, damage))
    assert paint(things, tmp_path) == expected
    assert kept.read_text() == whole


def test_paintings_that_nobody_wants_and_halves_of_files_go(tmp_path: Path) -> None:
    (tmp_path / "abc.partial").write_text("half")
    paint([recipe_of(norms())], tmp_path)
    paint([recipe_of(losses())], tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_diagnosis_and_not_a_number_survive_the_way(tmp_path: Path) -> None:
    import torch

    network = torch.nn.Sequential(torch.nn.Linear(4, 3))
    with torch.no_grad():
        network[0].weight.fill_(math.nan)
    found = diagnose(network, torch.ones(2, 4), torch.zeros(2, dtype=torch.long))
    assert paint([recipe_of(found)], tmp_path) == [found.page()]


def test_the_command_paints_in_any_language_and_tells_versions(tmp_path: Path) -> None:
    def ask(**question: Any) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "vanishing.painting"],
            input=json.dumps(question),
            capture_output=True,
            encoding="utf-8",
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        return json.loads(done.stdout)

    recipe = norms()._repr_mimebundle_()[recipes.MIME]
    painted = ask(language="ar", recipes=[recipe], folder=str(tmp_path), processes=1)
    localisation.set_language("ar")
    assert painted == [norms().page()]
    code = "from vanishing import RELU"
    assert ask(chapters=[code, code]) == [versions.version_of(code)] * 2


def test_a_chapter_depends_on_what_its_names_come_from() -> None:
    files = {
        code: {path.name for path in versions._imported(code)}
        for code in (
            "from vanishing import RELU, train",
            "from vanishing import figures",
            "from vanishing.explorer import explore\nimport torch",
            "import vanishing",
            "print(1)",
            "%matplotlib inline\nnot python",
        )
    }
    assert list(files.values()) == [
        {"experiment.py", "training.py"},
        {"__init__.py"},
        {"explore.py"},
        {"__init__.py"},
        set(),
        {"__init__.py"},
    ]
