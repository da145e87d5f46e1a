"""Build the site of one language, or of all, and the page that leads to them."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml
from sphinx.errors import SphinxError

from booktools.catalogues import write_safe_copies
from booktools.checks import shortened
from booktools.faults import BuildError
from booktools.languages import Language, LanguageError, load_languages, source_language
from booktools.portal import write_portal, write_redirect
from booktools.sphinx_run import Progress, run_sphinx
from booktools.workers import Outcome, build_apart

AT_ONCE = 2
_LAST_LINES = 15


@dataclass(frozen=True)
class Times:
    """How long a language took: in all, and to read and run each chapter, in seconds."""

    seconds: float
    chapters: Mapping[str, float]


def build_language(root: Path, code: str, *, backwards: bool = False) -> Times:
    """Build one language's site in this process; `backwards` reads the last page first.

    Sphinx and gettext keep translations in global variables: one process builds one language, once.
    Raises BuildError on any warning and on a cell that fails, naming its chapter and cell.
    """
    started = time.perf_counter()
    # The glossary names each term in every language, so every catalogue is checked.
    for language in _languages(root):
        findings = write_safe_copies(
            language.code, root / "_build/locale", root=root, all_findings=language.code == code
        )
        for line in shortened(findings) if language.code == code else []:
            print(f"shown in English: {line}", flush=True)
    progress = Progress()
    target = root / "_build/html" / code
    run_sphinx(root, code, "html", target, progress=progress, backwards=backwards)
    write_redirect(target, _first_page(root))
    return Times(round(time.perf_counter() - started, 2), progress.chapters)


def build_all(root: Path, codes: Sequence[str]) -> None:
    """Build these languages, the source language first.

    All languages share their training runs, so the second one starts with the last page: each of
    the two trains one half. After a failure, no further language is started.
    Raises BuildError that names every language that failed, its command and its last lines.
    """
    started = time.perf_counter()
    source = source_language(_languages(root)).code
    ordered = sorted(codes, key=lambda code: code != source)
    failed = threading.Event()

    def build(place: int) -> Outcome | None:
        if failed.is_set():
            return None
        outcome = build_apart(root, ordered[place], backwards=place == 1)
        if outcome.exit_code:
            failed.set()
        return outcome

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(build, range(len(ordered))))
    outcomes = [outcome for outcome in results if outcome]
    _drop_executed_notebooks(root / "_build/html/jupyter_execute")
    write_portal(root / "_build/html", _languages(root), _title(root), _first_page(root))
    _report_times(root, [o.code for o in outcomes], time.perf_counter() - started)
    _raise_failures(root, outcomes)


def _drop_executed_notebooks(folder: Path) -> None:
    """Keep out of the site what MyST-NB writes beside it: one language's outputs over another's."""
    for path in folder.rglob("*.ipynb"):
        path.unlink()


def _raise_failures(root: Path, outcomes: Sequence[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.exit_code]
    if not failed:
        return
    parts = [f"{len(failed)} of {len(outcomes)} languages failed"]
    for outcome in failed:
        log = root / "_build/log" / f"{outcome.code}.txt"
        parts.append(f"{sys.executable} -m booktools build {outcome.code}   # log: {log}")
        parts += [f"    {line}" for line in outcome.log[-_LAST_LINES:]]
    raise BuildError("\n".join(parts))


def _report_times(root: Path, codes: Sequence[str], total: float) -> None:
    """Print and keep (_build/times.json) the seconds per language and per chapter."""
    times = {code: json.loads(_times_path(root, code).read_text()) for code in codes}
    record = {"seconds": round(total, 2), "languages": times}
    (root / "_build/times.json").write_text(json.dumps(record, indent=2) + "\n")
    for code, entry in times.items():
        chapters = ", ".join(f"{page} {seconds:.1f}" for page, seconds in entry["chapters"].items())
        print(f"{code:>6} {entry['seconds']:7.1f} s   {chapters or 'nothing to read'}")
    print(f"{'all':>6} {total:7.1f} s", flush=True)


def _times_path(root: Path, code: str) -> Path:
    return root / "_build/log" / f"{code}.json"


def _languages(root: Path) -> Sequence[Language]:
    return load_languages(root / "locales/languages.toml")


def _first_page(root: Path) -> str:
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return f"{toc['root']}.html"


def _title(root: Path) -> str:
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return str(config["title"])


def main(root: Path, code: str, order: Sequence[str] = ()) -> None:
    """Build one language once standard input says so; leave its times for the parent to read."""
    if not sys.stdin.readline():
        return
    path = _times_path(root, code)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(Times(0, {}))))
    try:
        times = build_language(root, code, backwards="backwards" in order)
    except (BuildError, LanguageError, SphinxError) as error:
        sys.exit(f"{error}")
    path.write_text(json.dumps(asdict(times)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
