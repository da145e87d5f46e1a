"""Make of what the chapters' cells gave what one language's pages show."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from booktools.book import Book, catalogues_below
from booktools.chapters import Chapter, digest
from booktools.execution import Executed, executed_path, read_executed
from booktools.faults import BuildError
from booktools.files import keep, kept, write_whole
from booktools.library import Library, fingerprint

FOLDER = "_build/cache/painted"
NUMBERS = "text/csv"  # the kind of output that holds what is behind a figure; no page shows it

Output = dict[str, Any]


@dataclass(frozen=True)
class Painted:
    """What the code cells of a chapter show in one language."""

    code: str
    language_info: Mapping[str, Any]
    outputs: Sequence[Sequence[Output]]


def painted_path(root: Path, language: str, name: str) -> Path:
    """Return the file that holds what a chapter's cells show in a language."""
    return root / FOLDER / language / f"{name}.json"


def read_painted(path: Path) -> Painted | None:
    """Return what is kept in a file; a damaged one counts as none."""
    with suppress(TypeError):  # another version of these tools kept other things
        return Painted(**found) if (found := kept(path)) else None
    return None


def paint(
    root: Path,
    chapters: Sequence[Chapter],
    language: str,
    source: str,
    *,
    catalogues: Path,
    processes: int = 1,
) -> None:
    """Write what each chapter's cells show in a language; what is unchanged is not drawn again.

    The chapters have been run. catalogues: the folder that has one for each language.
    Raises BuildError where the library cannot draw.
    """
    library = Book(root).library
    labels = catalogues_below(catalogues, language) / f"{library.module}.po" if library else None
    records = [_edition(root, chapter, language, source) for chapter in chapters]
    seen = digest(
        [(record.key, record.outputs) for record in records],
        fingerprint(library),
        _text(labels) if labels else "",
    )
    stamp = root / FOLDER / language / "seen"
    if _text(stamp) == seen and all(
        read_painted(painted_path(root, language, one.name)) for one in chapters
    ):
        return
    recipes = [recipe for record in records for recipe in _recipes(record, library)]
    bundles: Iterator[Output] = iter(())
    if library and recipes:
        bundles = iter(_paint_recipes(root, language, recipes, library, catalogues, processes))
    for chapter, record in zip(chapters, records, strict=True):
        outputs = [[_shown(output, library, bundles) for output in cell] for cell in record.outputs]
        _write(root, chapter, language, record, outputs)
    write_whole(stamp, seen)


def _sources(root: Path, chapter: Chapter, language: str, source: str) -> Iterator[Path]:
    yield executed_path(root, source, chapter.name)
    if language != source and (own := executed_path(root, language, chapter.name)).exists():
        yield own


def _edition(root: Path, chapter: Chapter, language: str, source: str) -> Executed:
    """Return a chapter's outputs, those of tagged cells as they are in this language."""
    shared, *own = [_read(path) for path in _sources(root, chapter, language, source)]
    outputs = [
        own[0].outputs[n] if own and n in shared.tagged else shown
        for n, shown in enumerate(shared.outputs)
    ]
    return replace(shared, outputs=outputs)


def _read(path: Path) -> Executed:
    if known := read_executed(path):
        return known
    raise BuildError(f"{path} cannot be read although its chapter has been run: build again")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _recipes(record: Executed, library: Library | None) -> Iterator[Any]:
    for outputs in record.outputs:
        for output in outputs:
            if library and library.recipe in output.get("data", {}):
                yield output["data"][library.recipe]


def _paint_recipes(
    root: Path,
    language: str,
    recipes: Sequence[Any],
    library: Library,
    catalogues: Path,
    processes: int,
) -> Sequence[Output]:
    question = {
        "language": language,
        "recipes": recipes,
        "folder": str(root / "_build/cache/paintings" / language),
        "processes": processes,
    }
    environment = {**os.environ, library.variable("LOCALES"): str(catalogues)}
    return library.ask(question, environment, stage="drawing the figures")


def _write(
    root: Path,
    chapter: Chapter,
    language: str,
    record: Executed,
    outputs: Sequence[Sequence[Output]],
) -> None:
    painted = Painted(record.code, record.language_info, outputs)
    path = painted_path(root, language, chapter.name)
    if read_painted(path) != painted:
        keep(path, vars(painted))


def _shown(output: Mapping[str, Any], library: Library | None, bundles: Iterator[Output]) -> Output:
    """Return an output with its recipe, where it has one, replaced by what that gives."""
    if not library or library.recipe not in output.get("data", {}):
        return dict(output)
    return {**output, "data": dict(next(bundles))}
