"""What the forge runs and shows: pinned, without secrets, in step with the commands."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from real_book import BOOK, ROOT

from booktools.checks.finding import Finding
from booktools.languages import is_code

FORGE = ROOT / ".github"
WORKFLOWS = sorted((FORGE / "workflows").glob("*.y*ml"))
GUIDES = sorted((ROOT / "locales").glob("*/TRANSLATING.md"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
USES = re.compile(r"^\s*(?:- )?uses:\s*(\S+)(.*)$", re.MULTILINE)
# An action without a commit, and why: {"owner/name@v1": "reason"}.
UNPINNED: dict[str, str] = {}

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def read(path: Path) -> dict[Any, Any]:
    """Parse a YAML file; PyYAML reads the key `on` as true."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def jobs(path: Path) -> Iterator[dict[str, Any]]:
    yield from read(path)["jobs"].values()


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path):
        yield from job["steps"]


def commands(path: Path) -> str:
    return "\n".join(step.get("run", "") for step in steps(path))


def test_pushes_and_pull_requests_run_every_test() -> None:
    checks = FORGE / "workflows/checks.yml"
    assert {"push", "pull_request"} <= set(read(checks)[True])
    assert "bash .ci/run" in commands(checks)
    assert any(step.get("with", {}).get("path") == "_build/html" for step in steps(checks))


def test_only_main_is_published_and_only_the_deploying_job_may() -> None:
    publish = read(FORGE / "workflows/publish.yml")
    assert publish[True]["push"] == {"branches": ["main"]}
    assert "pull_request" not in publish[True]
    build, deploy = publish["jobs"]["build"], publish["jobs"]["deploy"]
    assert "permissions" not in build
    assert deploy["permissions"] == {"pages": "write", "id-token": "write"}
    assert {"VANISHING_REPOSITORY", "VANISHING_SITE"} <= set(build["env"])


@each_workflow
def test_every_action_is_pinned_by_commit_and_names_its_version(path: Path) -> None:
    found = USES.findall(path.read_text(encoding="utf-8"))
    assert found
    for action, comment in found:
        if action not in UNPINNED:
            assert PINNED.fullmatch(action), action
            assert re.match(r" # v\d+\.\d+\.\d+", comment), action


@each_workflow
def test_strangers_code_meets_no_secret_and_no_right_to_write(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    assert "secrets." not in text
    assert "secrets[" not in text
    assert read(path)["permissions"] == {"contents": "read"}
    # A title or a branch's name inside a command would be a command of its author's.
    assert "${{" not in commands(path)


def test_two_pythons_run_every_test_and_all_run_the_library_s() -> None:
    checks = read(FORGE / "workflows/checks.yml")["jobs"]["checks"]
    assert len(checks["strategy"]["matrix"]["python"]) == 2
    weekly = FORGE / "workflows/environments.yml"
    matrix = read(weekly)["jobs"]["library"]["strategy"]["matrix"]
    bounds = (ROOT / ".ci/environment").read_text(encoding="utf-8")
    oldest, newest = map(int, re.findall(r"(?:oldest|newest)=(\d+)", bounds))
    assert matrix["python"] == [f"3.{minor}" for minor in range(oldest, newest + 1)]
    assert {"macos-14", "windows-latest", "ubuntu-24.04-arm"} < set(matrix["system"])
    assert "sh .ci/resolve" in commands(weekly)


def on_pull_requests(path: Path) -> bool:
    return "pull_request" in read(path)[True]


def test_no_job_of_a_pull_request_has_rights_an_environment_or_runners_of_ours() -> None:
    for path in filter(on_pull_requests, WORKFLOWS):
        for job in jobs(path):
            assert not {"permissions", "environment", "secrets", "uses", "container"} & set(job)
            assert job["runs-on"] == "ubuntu-latest"


def test_a_pull_request_saves_no_cache_and_hands_no_file_to_another_workflow() -> None:
    for path in filter(on_pull_requests, WORKFLOWS):
        for step in steps(path):
            action = step.get("uses", "").partition("@")[0]
            assert action not in ("actions/cache", "actions/cache/save")
            assert action != "actions/download-artifact"
            assert "cache" not in step.get("with", {}), "this setting saves a cache as well"


def caches(path: Path) -> Iterator[dict[str, Any]]:
    for step in steps(path):
        if step.get("uses", "").startswith("actions/cache"):
            yield step["with"]


def test_every_cache_is_main_s_and_its_key_sees_every_source() -> None:
    found = [cache for path in WORKFLOWS for cache in caches(path)]
    assert found
    for cache in found:
        keys = [cache["key"], *cache["restore-keys"].split("\n")]
        assert all(key.startswith("main-") for key in keys if key)
        for pattern in re.findall(r"hashFiles\('([^']+)'\)", cache["key"]):
            assert any(ROOT.glob(pattern)), pattern
        if "experiments" in cache["path"]:
            seen = {one.name for one in ROOT.glob("vanishing/**/*.py")}
            assert "hashFiles('vanishing/**/*.py')" in cache["key"]
            assert {"experiment.py", "charts.py"} <= seen


def test_only_main_fills_the_caches() -> None:
    for path in WORKFLOWS:
        if any(step.get("uses", "").startswith("actions/cache@") for step in steps(path)):
            assert read(path)[True]["push"] == {"branches": ["main"]}
            assert not on_pull_requests(path)


def translations_job() -> dict[str, Any]:
    job: dict[str, Any] = read(FORGE / "workflows/checks.yml")["jobs"]["translations"]
    return job


def test_a_translation_is_checked_by_the_tools_of_main() -> None:
    job = translations_job()
    assert job["if"] == "needs.sort.outputs.translations-only == 'true'"
    tools, proposal, take, *others = job["steps"]
    assert tools["with"]["ref"] == "${{ github.event.pull_request.base.ref }}"
    assert "path" not in tools["with"]
    assert proposal["with"]["path"] == "proposal"
    assert take["id"] == "take"
    for step in others:
        assert "proposal" not in step.get("run", "")
        assert step.get("if", "steps.take.outcome == 'success'").count("steps.take.outcome") == 1


class Proposal:
    """A stranger's branch in a scratch repository: main, then one commit merged into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.main = folder / "main"
        self.git("init", "-q", "-b", "main", str(self.main), cwd=folder)
        self.write("locales/languages.toml", "# main's")
        self.write("locales/tr/LC_MESSAGES/book/index.po", "# main's")
        self.write("Makefile", "# main's")
        self.commit()

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
        return subprocess.run(
            command, cwd=cwd or self.main, check=True, capture_output=True, text=True
        ).stdout

    def write(self, name: str, text: str) -> None:
        path = self.main / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self) -> None:
        self.git("add", "-A", "--force")
        self.git("commit", "-q", "--allow-empty", "-m", "a change")

    def merged(self) -> Path:
        """Merge what was written, as the forge does, and check it out beside main's tools."""
        self.git("checkout", "-q", "-b", "stranger")
        self.commit()
        self.git("checkout", "-q", "-b", "merge", "main")
        self.git("merge", "-q", "--no-ff", "stranger", "-m", "merge")
        merge = self.git("rev-parse", "HEAD").strip()
        self.git("checkout", "-q", "main")
        self.git("clone", "-q", str(self.main), str(self.main / "proposal"), cwd=self.folder)
        self.git("checkout", "-q", merge, cwd=self.main / "proposal")
        shutil.copytree(FORGE, self.main / ".github")
        return self.main / "proposal"


@pytest.fixture
def proposal(tmp_path: Path) -> Proposal:
    return Proposal(tmp_path)


def run_step(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step's commands as the forge does."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def sorted_as(checkout: Path, event: str = "pull_request") -> str:
    job = read(FORGE / "workflows/checks.yml")["jobs"]["sort"]
    output = checkout.parent / "output"
    done = run_step(job["steps"][1]["run"], checkout, EVENT=event, GITHUB_OUTPUT=str(output))
    assert done.returncode == 0, done.stderr
    return output.read_text()


def taken(proposal: Proposal) -> subprocess.CompletedProcess[str]:
    return run_step(translations_job()["steps"][2]["run"], proposal.main)


def test_a_catalogue_is_taken_and_nothing_else_of_its_branch(proposal: Proposal) -> None:
    proposal.write("locales/tr/LC_MESSAGES/book/index.po", "# a stranger's")
    proposal.write("locales/tr/LC_MESSAGES/book/new.po", "# a stranger's")
    checkout = proposal.merged()
    assert sorted_as(checkout) == "translations-only=true\n"
    done = taken(proposal)
    assert done.returncode == 0, done.stderr
    folder = proposal.main / "locales/tr/LC_MESSAGES/book"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "index.po": "# a stranger's",
        "new.po": "# a stranger's",
    }
    assert not checkout.exists()


@pytest.mark.parametrize(
    "name",
    ["Makefile", "tests/conftest.py", "booktools/build.py", ".github/workflows/checks.yml",
     ".ci/run", "pyproject.toml", "locales.py", "sitecustomize.py", "book/locales/x.po",
     "Locales/tr/LC_MESSAGES/x.po", "notebooks/tr/index.ipynb"],
)  # fmt: skip
def test_a_branch_that_changes_more_is_not_a_translation(proposal: Proposal, name: str) -> None:
    proposal.write("locales/tr/LC_MESSAGES/book/index.po", "# a stranger's")
    proposal.write(name, "# a stranger's")
    assert sorted_as(proposal.merged()) == "translations-only=false\n"


def test_a_push_is_no_translation_of_a_stranger(proposal: Proposal) -> None:
    proposal.write("locales/tr/LC_MESSAGES/book/index.po", "# ours")
    assert sorted_as(proposal.merged(), "push") == "translations-only=false\n"


@pytest.mark.parametrize(
    "name",
    ["locales/conftest.py", "locales/tr/__init__.py", "locales/tr/LC_MESSAGES/vanishing.mo",
     "locales/.gitattributes", "locales/tr/LC_MESSAGES/.hidden.po", "locales/tr/Makefile",
     "locales/tr/LC_MESSAGES/two words.po", "locales/tr/LC_MESSAGES/new\nline.po",
     "locales/tr/LC_MESSAGES/a/b/c/d/e/deep.po", "locales/Pipfile.toml", "locales/tr/other.toml",
     "locales/tr/pyproject.toml", "locales/tr/LC_MESSAGES/INDEX.po/x.po", "locales/--help.md"],
)  # fmt: skip
def test_a_file_that_no_translator_needs_is_refused(proposal: Proposal, name: str) -> None:
    proposal.write(name, "# a stranger's")
    assert sorted_as(proposal.merged()) == "translations-only=true\n"
    done = taken(proposal)
    assert done.returncode == 1
    assert re.search(r"refused: .* neither a catalogue nor a table or guide", done.stderr)
    assert (proposal.main / "locales/languages.toml").read_text() == "# main's"


@pytest.mark.parametrize(
    "name",
    ["locales/tr/LC_MESSAGES/book/link.po", "locales/tr/LC_MESSAGES/book/index.po",
     "locales/tr/LC_MESSAGES", "locales/tr", "locales"],
)  # fmt: skip
def test_a_link_is_refused_wherever_it_stands(proposal: Proposal, name: str) -> None:
    path = proposal.main / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to("/etc/passwd")
    proposal.merged()
    done = taken(proposal)
    assert done.returncode == 1
    assert "mode 120000: only regular files are taken" in done.stderr


def test_a_catalogue_without_bound_is_refused(proposal: Proposal) -> None:
    path = proposal.main / "locales/tr/LC_MESSAGES/book/index.po"
    path.write_text("#" * 2_000_001)
    proposal.merged()
    assert "has 2,000,001 bytes, the bound is 2,000,000" in taken(proposal).stderr


def test_a_catalogue_that_may_be_run_is_refused(proposal: Proposal) -> None:
    (proposal.main / "locales/tr/LC_MESSAGES/book/index.po").chmod(0o755)
    proposal.merged()
    assert "mode 100755: only regular files are taken" in taken(proposal).stderr


def test_a_repository_in_place_of_a_language_is_refused(proposal: Proposal) -> None:
    commit = proposal.git("rev-parse", "HEAD").strip()
    proposal.merged()
    proposal.git("checkout", "-q", "-b", "nested", cwd=proposal.main / "proposal")
    link = f"160000,{commit},locales/nested"
    proposal.git("update-index", "--add", "--cacheinfo", link, cwd=proposal.main / "proposal")
    proposal.git("commit", "-q", "-m", "nested", cwd=proposal.main / "proposal")
    assert "mode 160000: only regular files are taken" in taken(proposal).stderr


def test_a_thousand_catalogues_are_refused(proposal: Proposal) -> None:
    for number in range(1_000):
        proposal.write(f"locales/tr/LC_MESSAGES/book/page-{number}.po", "#")
    proposal.merged()
    assert "locales holds 1,002 files, it must be 1 to 1,000" in taken(proposal).stderr


def test_a_catalogue_that_git_cannot_read_leaves_the_folder_as_it_was(proposal: Proposal) -> None:
    name = "locales/tr/LC_MESSAGES/book/new.po"
    proposal.write(name, "".join(f"# {number * number}\n" for number in range(1_000)))
    checkout = proposal.merged()
    blob = proposal.git("rev-parse", f"HEAD:{name}", cwd=checkout).strip()
    stored = checkout / ".git/objects" / blob[:2] / blob[2:]
    data = stored.read_bytes()
    stored.unlink()
    stored.write_bytes(data[: len(data) // 2])
    done = taken(proposal)
    assert done.returncode == 1
    assert "refused" in done.stderr
    kept = proposal.main / "locales/tr/LC_MESSAGES/book/index.po"
    assert kept.read_text(encoding="utf-8") == "# main's"


def test_what_main_has_can_be_taken() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "-s", "locales"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    refusal = runpy.run_path(str(FORGE / "take_locales.py"))["refusal"]
    for line in listing.splitlines():
        mode, path = line.split(" ")[0], line.partition("\t")[2]
        assert refusal(mode, path, (ROOT / path).stat().st_size) is None


@pytest.mark.parametrize(
    "path",
    [
        "con/terms.toml", "CON/terms.toml", "AR/terms.toml", "____/terms.toml", "__pycache__/x.md",
        "ar/NUL.md", "ar/LC_MESSAGES/aux.po", "ar/LC_MESSAGES/Con/x.po",
        f"ar/LC_MESSAGES/{'x' * 252}.po", f"ar/{'X' * 253}.md",
    ],
)  # fmt: skip
def test_a_name_that_some_system_cannot_hold_is_no_languages_file(path: str) -> None:
    refusal = runpy.run_path(str(FORGE / "take_locales.py"))["refusal"]
    assert "is neither a catalogue nor" in refusal("100644", f"locales/{path}", 1)


@pytest.mark.parametrize("code", ["es_419", "zh_Hant_TW", "fil", "con_DE"])
def test_every_code_of_a_language_can_be_taken(code: str) -> None:
    refusal = runpy.run_path(str(FORGE / "take_locales.py"))["refusal"]
    assert is_code(code)
    assert refusal("100644", f"locales/{code}/LC_MESSAGES/book/index.po", 1) is None


def test_folders_that_differ_in_capitals_only_are_refused(proposal: Proposal) -> None:
    proposal.write("locales/tr/LC_MESSAGES/Book/other.po", "#")
    proposal.write("locales/tr/LC_MESSAGES/book/another.po", "#")
    proposal.merged()
    assert "differ in capitals only" in taken(proposal).stderr


@each_workflow
def test_every_job_ends_in_time_and_leaves_no_credentials(path: Path) -> None:
    assert "group" in read(path)["concurrency"]
    assert all(0 < job["timeout-minutes"] <= 120 for job in jobs(path))
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@each_workflow
def test_every_make_target_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", commands(path))) <= targets


def test_a_finding_becomes_a_note_on_its_line() -> None:
    matcher = json.loads((FORGE / "catalogues.json").read_text(encoding="utf-8"))
    pattern = matcher["problemMatcher"][0]["pattern"][0]
    path = Path("locales/ar/LC_MESSAGES/book/index.po")
    finding = Finding(path, 17, "placeholder", "{depth} is missing", "put it back")
    found = re.fullmatch(pattern["regexp"], str(finding))
    assert found
    assert found[pattern["file"]] == path.as_posix()
    assert found[pattern["line"]] == "17"
    assert found[pattern["message"]] == "placeholder: {depth} is missing; put it back"


def test_the_form_for_translation_mistakes_asks_for_what_a_translator_needs() -> None:
    form = read(FORGE / "ISSUE_TEMPLATE/translation.yml")
    assert {"name", "description", "body"} <= set(form)
    assert [field["id"] for field in form["body"]] == ["page", "sentence", "better"]
    assert all(field["validations"]["required"] for field in form["body"])


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.parent.name)
def test_a_translated_guide_is_found_and_names_its_own_files(path: Path) -> None:
    code = path.parent.name
    name = next(language.name for language in BOOK.languages if language.code == code)
    text = path.read_text(encoding="utf-8")
    link = f"[{name}]({path.relative_to(ROOT).as_posix()})"
    assert link in (ROOT / "TRANSLATING.md").read_text(encoding="utf-8")
    assert "(../../TRANSLATING.md" in text
    catalogues = re.findall(r"locales/[\w/.-]+\.po", text)
    assert catalogues
    for catalogue in catalogues:
        assert catalogue.startswith(f"locales/{code}/LC_MESSAGES/")
        assert (ROOT / catalogue).is_file(), catalogue
