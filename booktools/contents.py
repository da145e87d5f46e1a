"""Read a book's `_config.yml` and `_toc.yml`, and name what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from booktools.book import CONTENTS, SETTINGS
from booktools.faults import BuildError

_SUFFIXES = (".md", ".ipynb", ".rst")


def check_contents(root: Path) -> None:
    """Raise BuildError where the two files cannot be read or name a page that is not there."""
    _mapping(root / SETTINGS, "title")
    for page in _pages(_mapping(root / CONTENTS, "root")):
        if not any((root / f"{page}{suffix}").is_file() for suffix in ("", *_SUFFIXES)):
            raise BuildError(
                f"{root / CONTENTS} names the page {page}, but {root / page}.md is not there; "
                "write it, or remove its line"
            )


def _pages(part: Any) -> list[str]:
    """Return the pages that a table of contents names, at any depth."""
    if isinstance(part, list):
        return [page for one in part for page in _pages(one)]
    if not isinstance(part, dict):
        return []
    own = [str(part[key]) for key in ("root", "file") if key in part]
    nested = ("parts", "chapters", "sections", "subtrees", "entries")
    return own + [page for key in nested for page in _pages(part.get(key))]


def _mapping(path: Path, key: str) -> dict[str, Any]:
    """Return what a YAML file holds; `key` must be in it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BuildError(f"{path}: {error.strerror}; the book needs this file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BuildError(f"{_place(path, error)}: not YAML ({_what(error)}); mend it") from None
    if not isinstance(content, dict) or not content.get(key):
        raise BuildError(f"{path}: `{key}:` is missing; add that line")
    return content


def _place(path: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{path}:{mark.line + 1}" if mark else f"{path}"


def _what(error: Exception) -> str:
    return getattr(error, "problem", None) or str(error).splitlines()[0]
