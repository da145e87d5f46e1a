"""The first command on machines other than this one: which Python, which browser, which pins."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from playwright.sync_api import Error
from real_book import BOOK, ROOT

from booktools import browsers

PYTHONS = ("3.11.2", "3.12.0", "3.13.0", "3.14.0")  # Debian 12 has the first
STUB = """\
#!/bin/sh
case "$*" in
    *ensurepip*) exit {lacking} ;;
    *version_info*) echo {version} ;;
    *"-m venv --clear .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
esac
"""

Machine = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Run .ci/environment where these Pythons are, and nothing else is: name=version."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/environment", tmp_path / ".ci")
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in ("sh", "dirname", "seq", "sed", "mkdir", "cp"):
        (programs / tool).symlink_to(str(shutil.which(tool)))

    def run(
        given: str = "", lacking: str = "", **versions: str
    ) -> subprocess.CompletedProcess[str]:
        for name, version in versions.items():
            stub = programs / name.replace("_", ".")
            lacks = int(stub.name == lacking)
            stub.write_text(STUB.format(version=version, lacking=lacks))
            stub.chmod(0o755)
        command = [programs / "sh", tmp_path / ".ci/environment", given]
        return subprocess.run(command, env={"PATH": str(programs)}, capture_output=True, text=True)

    return run


def test_the_newest_supported_python_is_taken_and_named(machine: Machine) -> None:
    done = machine(python3_15="3.15.0", python3_13="3.13.1", python3_11="3.11.2", python3="3.11.2")
    assert done.returncode == 0, done.stderr
    assert re.match(r"Python 3\.13\.1 \(\S+/python3\.13\) makes \.venv\.\n", done.stdout)
    assert "minutes" in done.stdout


@pytest.mark.parametrize("name", ["python3", "python"])
def test_a_python_without_its_version_in_its_name_serves(machine: Machine, name: str) -> None:
    assert "Python 3.12.3" in machine(**{name: "3.12.3"}).stdout


def test_a_python_without_venv_is_passed_over_for_an_older_one(machine: Machine) -> None:
    done = machine(lacking="python3.13", python3_13="3.13.1", python3_12="3.12.0")
    assert "Python 3.12.0" in done.stdout


def test_where_venv_is_missing_the_package_that_brings_it_is_named(machine: Machine) -> None:
    done = machine(lacking="python3", python3="3.12.3")
    assert done.returncode == 1
    assert "sudo apt-get install python3.12-venv" in done.stderr


@pytest.mark.parametrize("version", ["2.7.18", "3.9.18", "3.10.13", "3.15.0", "4.0.0"])
def test_a_machine_without_a_supported_python_says_how_to_get_one(
    machine: Machine, version: str
) -> None:
    done = machine(python3=version)
    assert done.returncode == 1
    assert f"python3 is {version};" in done.stderr
    assert "sudo apt-get install python3 python3-venv" in done.stderr
    assert "uv python install" in done.stderr


def test_a_machine_without_python_says_so(machine: Machine) -> None:
    assert "no Python at all" in machine().stderr


def test_the_python_that_is_asked_for_is_taken_or_refused(machine: Machine) -> None:
    done = machine("python3.11", python3_11="3.11.2", python3_13="3.13.1")
    assert "Python 3.11.2" in done.stdout
    done = machine("python3.9", python3_9="3.9.18")
    assert "PYTHON=python3.9 is 3.9.18; it must be 3.11 to 3.14." in done.stderr
    assert "PYTHON=nowhere cannot be run" in machine("nowhere").stderr
    done = machine("python3.12", lacking="python3.12", python3_12="3.12.3")
    assert "sudo apt-get install python3.12-venv" in done.stderr


def test_an_environment_that_works_is_kept_when_the_pins_change(machine: Machine) -> None:
    assert machine(python3="3.12.3").returncode == 0
    done = machine(python3_14="3.14.0")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Python 3.14.0" in machine("python3.14").stdout


def pins() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line[0] not in "#-"]


def test_every_pin_is_exact_and_every_supported_python_takes_it() -> None:
    """What is pinned, not what it needs: `.ci/resolve` asks the index for all of that."""
    assert len(pins()) > 100
    for pin in pins():
        ((operator, version),) = ((one.operator, one.version) for one in pin.specifier)
        assert operator == "==", pin
        if pin.marker and not pin.marker.evaluate():
            continue
        found = metadata.metadata(pin.name)
        if found["Version"].partition("+")[0] == version:
            needed = SpecifierSet(found.get("Requires-Python") or "")
            assert [one for one in PYTHONS if one not in needed] == [], pin


def test_the_wheel_holds_the_library_s_catalogues_and_none_of_the_book_s(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with ZipFile(wheel) as file:
        names = file.namelist()
    catalogues = {name for name in names if "/locales/" in name}
    assert catalogues == {
        f"vanishing/locales/{language.code}/LC_MESSAGES/vanishing.po"
        for language in BOOK.translations
    }
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {
        "vanishing",
        "booktools",
    }


LACKING = """
import runpy, sys
class Nowhere:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == sys.argv[1]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Nowhere())
runpy.run_module(sys.argv.pop(2), run_name="__main__")
"""


def without(package: str, module: str, *arguments: str) -> str:
    """Run a module of this clone where a package is not installed; return its last words."""
    done = subprocess.run(
        [sys.executable, "-c", LACKING, package, module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("package", ["click", "babel"])
def test_the_tools_in_a_clone_say_which_line_installs_what_they_need(package: str) -> None:
    assert without(package, "booktools") == (
        f"booktools needs {package}, which is not installed: "
        f'run pip install -r "{ROOT / "requirements.txt"}" -e "{ROOT}"'
    )


def test_the_library_in_a_clone_says_which_line_installs_what_it_needs() -> None:
    assert without("matplotlib", "vanishing.painting") == (
        f"ModuleNotFoundError: vanishing needs matplotlib, which is not installed: "
        f'run pip install -e "{ROOT}"'
    )


def browser_type(works: dict[str, Any] | None) -> Any:
    """Return a Playwright whose browser starts in one way only."""

    def launch(**way: Any) -> str:
        if way != works:
            raise Error("not here\nand a long log")
        return "browser"

    return SimpleNamespace(chromium=SimpleNamespace(launch=launch))


@pytest.mark.parametrize(
    "way",
    [{"executable_path": "/x/google-chrome"}, {}, {"channel": "chrome"}, {"channel": "msedge"}],
)
def test_any_relative_of_chromium_serves(
    monkeypatch: pytest.MonkeyPatch, way: dict[str, Any]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/x/{name}")
    assert browsers.start(browser_type(way)) == "browser"


def test_without_a_browser_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(browsers.NoBrowserError, match="playwright install chromium"):
        browsers.start(browser_type(None))


def tools(tmp_path: Path, *present: str) -> subprocess.CompletedProcess[str]:
    """Run .ci/tools where these programs are, and nothing else is."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/tools", tmp_path / ".ci")
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in ("sh", "dirname", "id"):
        (programs / tool).symlink_to(str(shutil.which(tool)))
    for tool in present:
        (programs / tool).write_text('#!/bin/sh\necho "$0" "$@"\n')
        (programs / tool).chmod(0o755)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "python $*"\ncase "$*" in *browsers*) exit 1 ;; esac\n')
    python.chmod(0o755)
    command = [programs / "sh", tmp_path / ".ci/tools"]
    return subprocess.run(command, env={"PATH": str(programs)}, capture_output=True, text=True)


def test_nothing_is_installed_where_everything_is_there(tmp_path: Path) -> None:
    done = tools(tmp_path, "chromium", "msgfmt", "apt-get")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_where_there_is_no_apt_it_is_not_called_and_playwright_brings_the_browser(
    tmp_path: Path,
) -> None:
    done = tools(tmp_path)
    assert done.returncode == 0
    assert "python -m playwright install chromium" in done.stdout
    assert "gettext's tools are missing" in done.stderr
    assert "not found" not in done.stderr


def test_where_there_is_apt_it_installs_what_is_missing(tmp_path: Path) -> None:
    done = tools(tmp_path, "apt-get", "sudo")
    assert re.search("apt-get install .* gettext\n", done.stdout)
    assert re.search("apt-get install .* chromium\n", done.stdout)


def test_binder_installs_what_is_pinned_and_nothing_of_cuda() -> None:
    script = ROOT / "binder/postBuild"
    assert os.access(script, os.X_OK)
    (command,) = re.findall(r"^uv pip install .*", script.read_text(), re.MULTILINE)
    assert "--torch-backend=cpu" in command
    assert "'.[detection]'" in command
    pinned = {f"{pin.name}{pin.specifier}" for pin in pins()}
    assert set(re.findall(r"\S+==\S+", command)) <= pinned
    uv = re.search(r"uv==\S+", (ROOT / "binder/requirements.txt").read_text())
    assert uv
    assert uv[0] in (ROOT / ".github/workflows/environments.yml").read_text()


def test_binders_branch_moves_only_when_what_is_installed_changes(tmp_path: Path) -> None:
    script, clone = ROOT / ".github/move_environment", tmp_path / "clone"

    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        done = subprocess.run(
            ["git", *who, *arguments], cwd=clone, check=True, capture_output=True, text=True
        )
        return done.stdout

    def moved_by(name: str) -> bool:
        """Say whether the branch is where a commit is that changes this file."""
        (clone / name).parent.mkdir(exist_ok=True)
        (clone / name).write_text(
            (clone / name).read_text() + "a" if (clone / name).exists() else ""
        )
        git("add", ".")
        git("commit", "-m", name)
        subprocess.run(["sh", str(script)], cwd=clone, check=True, capture_output=True)
        there = git("ls-remote", "origin", "refs/heads/environment").split()[0]
        return there == git("rev-parse", "HEAD").strip()

    clone.mkdir()
    git("init", "--bare", "../forge")
    git("clone", "../forge", ".")
    for name in ("vanishing/__init__.py", "binder/postBuild", "pyproject.toml", "hatch_build.py"):
        assert moved_by(name), name
    assert not moved_by("locales/ar.po")
    assert not moved_by("notebooks/a.ipynb")
    assert moved_by("vanishing/__init__.py")
