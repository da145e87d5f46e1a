"""Paint recipes in the language in use; keep each painting with the messages that it bears."""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vanishing.explorer.page import Gallery
from vanishing.localisation import language, look_up, recording, set_language
from vanishing.recipes import made
from vanishing.remembering.files import write
from vanishing.remembering.keys import code_version

FONTS = Path(__file__).parents[1] / "fonts"
FEW = 20  # paintings that are made sooner than further processes start

Bundle = dict[str, str]


def paint(
    wanted: Sequence[Any],
    folder: Path,
    *,
    processes: int = 1,
    report: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[Bundle]:
    """Return what a page shows for each recipe, in the language in use: text by MIME type.

    folder: where paintings are kept; one is made again only where its recipe, what draws it or a
    message in it has changed. Paintings that are not wanted are removed.
    report: called with the number of recipes that are painted and of all that must be.
    """
    galleries = [_gallery(recipe) for recipe in wanted]
    parts = [
        [(_key(part), part) for part in (gallery.recipes if gallery else [recipe])]
        for recipe, gallery in zip(wanted, galleries, strict=True)
    ]
    single = dict(itertools.chain(*parts))
    paintings = {key: painting for key in single if (painting := _kept(folder / f"{key}.json"))}
    missing = {key: part for key, part in single.items() if key not in paintings}
    for done, (key, painting) in enumerate(_made(missing, folder, processes), start=1):
        paintings[key] = painting
        report(done, len(missing))
    _remove_others(folder, paintings)
    shown = ([paintings[key] for key, _part in one] for one in parts)
    return [_whole(gallery, one) for gallery, one in zip(galleries, shown, strict=True)]


def _gallery(recipe: Any) -> Gallery | None:
    is_one = recipe.get("class") == f"{Gallery.__module__}:{Gallery.__qualname__}"
    gallery: Gallery | None = made(recipe) if is_one else None
    return gallery


def _whole(gallery: Gallery | None, parts: Sequence[Bundle]) -> Bundle:
    return gallery.page(parts) if gallery else parts[0]


def _made(missing: Mapping[str, Any], folder: Path, processes: int) -> Iterable[tuple[str, Bundle]]:
    folder.mkdir(parents=True, exist_ok=True)
    work = [(key, recipe, folder) for key, recipe in missing.items()]
    if processes < 2 or len(missing) <= FEW:
        yield from map(_paint, work)
        return
    # A forked process has loaded everything already; elsewhere, each loads it anew.
    way = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(way)
    with ProcessPoolExecutor(processes, context, set_language, (language(),)) as pool:
        yield from pool.map(_paint, work, chunksize=4)


def _paint(work: tuple[str, Any, Path]) -> tuple[str, Bundle]:
    key, recipe, folder = work
    with recording() as lookups:
        bundle: Bundle = made(recipe).page()
    text = json.dumps({"lookups": list(lookups.items()), "bundle": bundle}, ensure_ascii=False)
    write(folder / f"{key}.json", f"{_digest(text)}\n{text}")
    return key, bundle


def _kept(path: Path) -> Bundle | None:
    """Return a painting whose every message is what it was; a damaged one counts as none."""
    with suppress(OSError, ValueError):
        digest, _line, text = path.read_text(encoding="utf-8").partition("\n")
        if digest == _digest(text):
            kept = json.loads(text)
            if all(look_up(tuple(lookup)) == found for lookup, found in kept["lookups"]):
                bundle: Bundle = kept["bundle"]
                return bundle
    return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _remove_others(folder: Path, paintings: Mapping[str, Bundle]) -> None:
    for path in folder.iterdir():
        if path.suffix != ".json" or path.stem not in paintings:
            path.unlink(missing_ok=True)


def _key(recipe: Any) -> str:
    module = str(recipe.get("call") or recipe.get("class")).split(":")[0]
    text = json.dumps([recipe, language(), _drawing_version(module)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def _drawing_version(module: str) -> str:
    """Return a digest of all that a module draws with."""
    digest = hashlib.sha256()
    digest.update(code_version(Path(str(import_module(module).__file__))).encode())
    for name in ("matplotlib", "babel"):
        digest.update(f"{name} {version(name)}".encode())
    for path in sorted(FONTS.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()
