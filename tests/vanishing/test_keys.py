"""A measurement is computed anew where its code has changed, and only there."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from vanishing.remembering import keys

FILES = {
    "__init__.py": "from vanishing.drawing import everything",
    "drawing.py": "everything = 1",
    "reproducible.py": "threads = 1",
    "data.py": "import math\n\nnumbers = 1",
    "other.py": "numbers = 2",
    "inner/__init__.py": "",
    "inner/first.py": "x = 1",
    "inner/second.py": "from .first import x\nfrom ..data import numbers",
    "remembering/__init__.py": "from vanishing.drawing import everything",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a small package in the place of this library's."""
    package = tmp_path / "vanishing"
    for name, source in FILES.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    monkeypatch.setattr(keys, "PACKAGE", package)
    monkeypatch.setattr(keys, "SETTINGS", package / "reproducible.py")
    return package


def version(package: Path, source: str | None = None) -> str:
    path = package / "measuring.py"
    if source is not None:
        path.write_text(source)
    keys.code_version.cache_clear()
    return keys.code_version(path)


def needed(package: Path, source: str) -> set[str]:
    (package / "measuring.py").write_text(source)
    found = keys.needed(package / "measuring.py")
    return {path.relative_to(package).as_posix() for path in found} - {"measuring.py"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from vanishing.data import numbers", {"data.py"}),
        ("from vanishing import data", {"data.py"}),
        ("from vanishing import data as d, other", {"data.py", "other.py"}),
        ("import vanishing.data", {"data.py"}),
        ("import os, vanishing.data as d", {"data.py"}),
        ("from . import data", {"data.py"}),
        ("from .data import numbers", {"data.py"}),
        ("def late():\n    from .data import numbers", {"data.py"}),
        ("import vanishing.inner", {"inner/__init__.py"}),
        ("from vanishing.inner import first", {"inner/first.py", "inner/__init__.py"}),
        ("import vanishing.inner.first", {"inner/first.py", "inner/__init__.py"}),
        (
            "from .inner.second import x",
            {"inner/second.py", "inner/first.py", "inner/__init__.py", "data.py"},
        ),
        ("from vanishing import everything", {"__init__.py", "drawing.py"}),
        ("import vanishing", {"__init__.py", "drawing.py"}),
        ("from vanishing.remembering import remembered", set()),
        ("import torch\nfrom numpy import linalg", set()),
    ],
)
def test_every_way_to_import_is_followed(source: str, expected: set[str], package: Path) -> None:
    assert needed(package, source) == expected


def test_modules_that_import_each_other_are_followed_once(package: Path) -> None:
    (package / "data.py").write_text("from vanishing.measuring import x")
    assert needed(package, "from vanishing.data import numbers") == {"data.py"}


def test_code_changes_the_version_wherever_it_stands(package: Path) -> None:
    seen = {version(package, "from vanishing.data import numbers")}
    for name, source in {
        "measuring.py": "from vanishing.data import numbers as n",
        "data.py": "import math\n\nnumbers = 1.0",
        "reproducible.py": "threads = 2",
    }.items():
        (package / name).write_text(source)
        seen.add(version(package))
    assert len(seen) == 4
    (package / "other.py").write_text("numbers = 3")
    assert version(package) in seen


CODE = """
from vanishing.data import numbers

class Network:
    def forward(self, x: int = 1, *, scale: float = 2.0) -> str:
        return f"{x!r:>{3}} and {scale}" + 'text' + u"more"
"""
PROSE = '''"""What this measures."""
# a comment
from vanishing.data import numbers
class Network:
    """A network."""
    size: int  # of what
    """Its size."""
    def forward(self, x: int = 1, *,
                scale: float = 2.0) -> str:
        "Say it."
        return (f"{x!r:>{3}} and {scale}"
                + "text" + "more")
'''


def test_prose_and_layout_do_not_change_the_version(package: Path) -> None:
    assert version(package, CODE.replace("    def", "    size: int\n    def")) == version(
        package, PROSE
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("= 1", "= True"),
        ("= 1", "= 1.0"),
        ("2.0", "2.00001"),
        ("'text'", "'Text'"),
        ("!r", "!s"),
        (", *,", ","),
        ("Network", "Net"),
        ("class", "@dataclass\nclass"),
    ],
)
def test_the_smallest_change_of_meaning_changes_it(old: str, new: str, package: Path) -> None:
    assert version(package, CODE) != version(package, CODE.replace(old, new))


def test_every_python_gives_the_same_version() -> None:
    """Results travel between machines."""
    module = keys.PACKAGE / "measurements.py"
    keys.code_version.cache_clear()
    code = (
        "import importlib.util, sys, pathlib; p = pathlib.Path(sys.argv[1]); "
        "s = importlib.util.spec_from_file_location('keys', p / 'remembering/keys.py'); "
        "m = importlib.util.module_from_spec(s); s.loader.exec_module(m); "
        "print(m.code_version(p / 'measurements.py'))"
    )
    for python in _pythons():
        done = subprocess.run(
            [python, "-c", code, str(keys.PACKAGE)], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == keys.code_version(module), python


def _pythons() -> list[str]:
    """Return this interpreter and the newer ones that pyenv or the system has."""
    places = [
        *Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python"),
        *Path("/usr/bin").glob("python3.1[1-9]"),
    ]
    return [sys.executable, *map(str, places)]


def test_measuring_modules_do_not_depend_on_drawing_or_words() -> None:
    """A changed label must not train every network again."""
    measuring = [p for p in keys.PACKAGE.rglob("*.py") if "\n@remembered" in p.read_text("utf-8")]
    assert len(measuring) >= 11
    for path in measuring:
        found = {one.relative_to(keys.PACKAGE).parts[0] for one in keys.needed(path)}
        shown = {"figures", "localisation.py", "explorer", "recipes.py"}
        assert not found & {*shown, "__init__.py"}, path


def test_what_many_modules_need_is_parsed_once_until_it_changes(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    parse = ast.parse
    monkeypatch.setattr(ast, "parse", lambda text: parsed.append(text) or parse(text))
    modules = [package / f"measuring_{number}.py" for number in range(3)]
    for number, module in enumerate(modules):
        module.write_text(f"from vanishing.data import numbers\n\nown = {number}")
    (package / "data.py").write_text("numbers = 'shared'")
    first = keys.code_version(modules[0])
    times = parsed.count("numbers = 'shared'")
    assert keys.code_version(modules[1]) != first
    assert parsed.count("numbers = 'shared'") == times > 0
    (package / "data.py").write_text("numbers = 'changed'")
    changed = keys.code_version(modules[2])
    (package / "data.py").write_text("numbers = 'shared'")
    keys.code_version.cache_clear()
    assert keys.code_version(modules[2]) != changed
