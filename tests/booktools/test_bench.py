from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_book import SmallBook

from booktools.bench import __main__ as command
from booktools.bench import steps
from booktools.bench.copies import MARK, copy_tracked, with_added_word, with_other_docstrings
from booktools.bench.costs import Cost, Measure, Running, chapters_run, stages, table
from booktools.bench.steps import Bench, Changes
from booktools.faults import BuildError

CATALOGUE = """\
msgid ""
msgstr "Language: tr\\n"

#, fuzzy
msgid "Unsure"
msgstr "Kuşkulu"

msgid "Title"
msgstr "Başlık"

msgid "A sentence."
msgstr "Bir cümle."
"""
FIGURE = """
```{code-cell}
from vanishing import figures
figures.draw_gradient_norms({"ReLU": [0.5, 0.25]})
```
"""
LABEL = "layer (1 = next to the input)"
MODULE = '''\
"""First line.

Second line.
"""

TEXT = """No docstring."""


def half(x):
    """Return a half."""
    return f"""{x / 2}"""
'''


def tracked(root: Path) -> None:
    for arguments in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=root, check=True)


def python(code: str, folder: Path, **variables: str) -> Running:
    return Running(folder, (sys.executable, "-c", code), variables)


def measure(value: float, limit: float | None) -> Measure:
    return Measure(1, "a build", value, "s", limit, Cost(value, 3.0), {"paint": 1.25})


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Give a bench for a small book whose chapter shows a sentence and a figure."""
    book = SmallBook(tmp_path_factory.mktemp("small"))
    chapter = book.root / "book/index.md"
    text = chapter.read_text(encoding="utf-8")
    book.write("book/course/chapter.md", f"{text}{FIGURE}\nText of a chapter.\n")
    book.write("book/index.md", "# A small gradient\n")
    book.translate("tr", "Metin.")
    own = f'msgid ""\nmsgstr "Language: tr\\n"\n\nmsgid "{LABEL}"\nmsgstr "katman"\n'
    book.write("locales/tr/LC_MESSAGES/vanishing.po", own)
    book.copy_tools()
    tracked(book.root)
    changes = Changes(language="tr", page="book/course/chapter", module="figures/__init__.py")
    with ExitStack() as ending, pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "_PAUSE", 1.0)
        yield Bench(book.root, tmp_path_factory.mktemp("copies"), changes, ending)


def test_a_copy_has_the_tracked_files_as_they_are_now_and_no_others(tmp_path: Path) -> None:
    root = tmp_path / "book"
    for name in ("kept.md", "in a folder/Größe.md", "deleted.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("old")
    tracked(root)
    (root / "kept.md").write_text("new")
    (root / "deleted.md").unlink()
    (root / "left over.md").write_text("no")
    copy = copy_tracked(root, tmp_path / "copy")
    found = {path.relative_to(copy).as_posix() for path in copy.rglob("*.md")}
    assert found == {"kept.md", "in a folder/Größe.md"}
    assert (copy / "kept.md").read_text() == "new"


def test_a_folder_without_git_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=rf"git does not list the files of {tmp_path}: .*clone"):
        copy_tracked(tmp_path, tmp_path / "copy")


def test_the_first_translation_that_is_shown_gets_another_word() -> None:
    changed = with_added_word(CATALOGUE, lambda words: words != "Başlık")
    assert changed == CATALOGUE.replace("Bir cümle.", f"Bir cümle. {MARK}")


def test_a_translation_that_is_named_gets_another_word() -> None:
    changed = with_added_word(CATALOGUE, lambda words: False, "Title")
    assert changed == CATALOGUE.replace("Başlık", f"Başlık {MARK}")


@pytest.mark.parametrize(("msgid", "said"), [("Unsure", "translates 'Unsure'"), ("", "is shown")])
def test_a_catalogue_without_such_a_translation_is_refused(msgid: str, said: str) -> None:
    with pytest.raises(BuildError, match=rf"no entry of the catalogue {said}.*; name another"):
        with_added_word(CATALOGUE, lambda words: False, msgid)


def test_other_docstrings_leave_the_code_as_it_is() -> None:
    old, new = ast.parse(MODULE), ast.parse(with_other_docstrings(MODULE))
    functions = (old.body[-1], new.body[-1])
    for before, after in ((old, new), functions):
        assert ast.get_docstring(after) != ast.get_docstring(before)  # type: ignore[arg-type]
        del before.body[0], after.body[0]  # type: ignore[attr-defined]
    assert ast.dump(new) == ast.dump(old)


def test_the_stages_of_a_build_follow_from_what_it_prints() -> None:
    lines = [
        (2.0, "[en] running the cells: 0 %"),
        (5.0, "[en] ran book/index in 3.0 s"),
        (7.0, "[en] running the cells: 100 %"),
        (7.5, "[en] drawing the figures: 50 %"),
        (8.0, "[en] what the cells show is ready"),
    ]
    assert stages(lines, 20.0) == {"start": 2.0, "execute": 5.0, "paint": 1.0, "write": 12.0}
    assert stages(lines[4:], 20.0) == {"start": 0.0, "execute": 0.0, "paint": 8.0, "write": 12.0}
    assert chapters_run(lines) == 1


def test_a_row_says_target_measure_and_whether_it_is_met() -> None:
    rows = table([measure(2.0, 2.0), measure(2.1, 2.0), measure(9.0, None)]).splitlines()
    assert rows[1] == rows[3] == "   paint 1.25"
    assert re.fullmatch(r"1  a build +≤ 2 s +2 s  met +2.0 s, 3.0 s of CPU", rows[0])
    assert re.fullmatch(r"1  a build +≤ 2 s +2.1 s  missed +2.1 s, 3.0 s of CPU", rows[2])
    assert re.fullmatch(r"1  a build +9 s +9.0 s, 3.0 s of CPU", rows[4])


def test_the_processors_seconds_of_children_count(tmp_path: Path) -> None:
    work = "import time\nwhile time.process_time() < 0.6: pass"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"
    idle = "import time; time.sleep(0.6)"
    assert python(child, tmp_path).end().cpu > 0.6
    cost = python(idle, tmp_path).end()
    assert cost.seconds > 0.6 > cost.cpu
    assert cost + Cost(1.0, 2.0) == Cost(cost.seconds + 1.0, cost.cpu + 2.0)


def test_a_command_that_fails_is_told_with_its_last_lines(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"(?s)it ended with 3:\n.*no luck"):
        python("print('no luck'); raise SystemExit(3)", tmp_path).end()


@pytest.mark.parametrize("code", ["print('no luck')", "print('[tr] failed after 1 s'); input()"])
def test_what_is_never_said_is_not_waited_for(tmp_path: Path, code: str) -> None:
    with pytest.raises(BuildError, match=r"it did not say 'built':\n.*(no luck|failed)"):
        python(code, tmp_path).wait_for("built")


def test_only_the_variables_that_are_given_reach_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VANISHING_RESULTS", "BOOKTOOLS_PROCESSES", "UNRELATED"):
        monkeypatch.setenv(name, "inherited")
    run = python("import os; print(sorted(os.environ.items()))", tmp_path, VANISHING_CACHE="own")
    run.end()
    seen = dict(ast.literal_eval(run.lines[0][1]))
    assert seen["VANISHING_CACHE"] == "own"
    assert seen["UNRELATED"] == "inherited"
    assert seen["PYTHONPATH"] == str(tmp_path)
    assert not {"VANISHING_RESULTS", "BOOKTOOLS_PROCESSES"} & seen.keys()


def test_an_unknown_step_is_refused_with_the_known_ones() -> None:
    done = CliRunner().invoke(command.main, ["--only", "4,10"])
    assert done.exit_code == 2
    assert "a step must be one of 1, 2, 3, 4, 5, 6, 7, 8, 9, got '10'" in done.output


def test_a_missed_target_is_no_failure_but_a_failed_step_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(_bench: Bench, step: int) -> Measure:
        if step == 2:
            raise BuildError("a cell fails")
        return measure(9.0, 2.0)

    monkeypatch.setattr(Bench, "measure", found)
    SmallBook(tmp_path)
    done = CliRunner().invoke(command.main, ["--root", str(tmp_path), "--only", "1"])
    assert done.exit_code == 0, done.output
    assert "missed" in done.output
    done = CliRunner().invoke(command.main, ["--root", str(tmp_path), "--only", "2,1"])
    assert done.exit_code == 1
    assert "step 2 failed: a cell fails" in done.output
    kept = json.loads((tmp_path / "_build/bench.json").read_text())
    assert [one["met"] for one in kept["measures"]] == [False]
    assert kept["processors"] == os.cpu_count()


def test_a_further_language_and_the_plain_way_are_measured(bench: Bench) -> None:
    english, share = bench.measure(2), bench.measure(3)
    assert sum(n for stage, n in english.parts.items() if stage != "results computed") == (
        pytest.approx(english.value, abs=0.01)
    )
    assert share.value == pytest.approx(100 * share.cost.seconds / english.cost.seconds, abs=0.01)
    plain = bench.measure(7)
    assert plain.parts["ours both"] == english.cost.seconds + share.cost.seconds
    page = bench.folder / "plain-tr/book/_build/html/book/course/chapter.html"
    assert "<p>Metin.</p>" in page.read_text(encoding="utf-8")


def test_a_saved_sentence_and_a_saved_label_are_awaited_on_the_served_page(bench: Bench) -> None:
    seconds = [bench.measure(step).value for step in (4, 5)]
    page = bench.folder / "served/book/_build/html/tr/book/course/chapter.html"
    text = page.read_text(encoding="utf-8")
    assert f"<p>Metin. {MARK}</p>" in text
    assert f">katman {MARK}</text>" in text
    assert all(0.1 < one < 300 for one in seconds)


def test_a_changed_docstring_makes_nothing_anew(bench: Bench) -> None:
    found = bench.measure(6)
    assert found.value == 0
    changed = bench.folder / "docstring/book/vanishing/figures/__init__.py"
    assert changed.read_text(encoding="utf-8").startswith('"""Bench: Bench: ')
