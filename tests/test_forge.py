"""What the forge runs and shows: pinned, without secrets, in step with the commands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from booktools.checks.finding import Finding
from booktools.languages import load_languages

ROOT = Path(__file__).resolve().parent.parent
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
    assert read(path)["permissions"] == {"contents": "read"}
    # A title or a branch's name inside a command would be a command of its author's.
    assert "${{" not in commands(path)


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
    name = next(language.name for language in load_languages() if language.code == code)
    text = path.read_text(encoding="utf-8")
    link = f"[{name}]({path.relative_to(ROOT).as_posix()})"
    assert link in (ROOT / "TRANSLATING.md").read_text(encoding="utf-8")
    assert "(../../TRANSLATING.md" in text
    catalogues = re.findall(r"locales/[\w/.-]+\.po", text)
    assert catalogues
    for catalogue in catalogues:
        assert catalogue.startswith(f"locales/{code}/LC_MESSAGES/")
        assert (ROOT / catalogue).is_file(), catalogue
