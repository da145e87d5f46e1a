"""What a user can mend: errors whose message names the place and the remedy."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from booktools.glossary_terms import TermsError
from booktools.languages import LanguageError
from booktools.reading import ReadingError

NEEDED = "about 500 MB"
REFUSED = 74  # the exit code of a worker whose disk refuses; BSD's EX_IOERR
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST}
# The words of programs and libraries that hand on no number.
_FULL_WORDS = re.compile(
    r"no space left on device|disk quota exceeded|file too large|disk is full|disk i/o error",
    re.IGNORECASE,
)
_FORBIDDEN_WORDS = re.compile(
    r"read-only file system|readonly database|unable to open database file", re.IGNORECASE
)


class BuildError(Exception):
    """A book that cannot be built; the message names the place and the remedy."""


class RepositoryError(ValueError):
    """The address given for the repository is none."""


class DiskError(BuildError):
    """A disk that takes no more, or nothing at all."""


FAULTS = (BuildError, LanguageError, ReadingError, RepositoryError, TermsError)


def disk_error(error: BaseException, root: Path) -> DiskError | None:
    """Return what the user must mend where a full or closed disk is behind this error."""
    for cause in _causes(error):
        if isinstance(cause, DiskError):
            return cause
        if isinstance(cause, OSError) and (found := _by_number(cause, root)):
            return found
    return disk_error_in(str(error), root)


def disk_error_in(text: str, root: Path) -> DiskError | None:
    """Return what the user must mend where a program's words tell of a full or closed disk."""
    if _FULL_WORDS.search(text):
        return _full(root / "_build")
    return _forbidden(root / "_build") if _FORBIDDEN_WORDS.search(text) else None


def as_sentence(error: OSError, root: Path) -> str:
    """Return an error of the system with its place and its remedy."""
    if found := disk_error(error, root):
        return str(found)
    if error.filename is None or error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}; mend that and run the command again"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what is behind it: Sphinx and SQLAlchemy keep that in attributes."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        yield error
        seen.append(error)
        wrapped = getattr(error, "orig_exc", None) or getattr(error, "orig", None)
        error = wrapped or error.__cause__


def _by_number(error: OSError, root: Path) -> DiskError | None:
    place = Path(str(error.filename)) if error.filename else root / "_build"
    if error.errno in _FULL:
        return _full(place)
    if error.errno in _FORBIDDEN:
        return _forbidden(place)
    if error.errno in _NO_FOLDER and (file := _file_in_the_way(place)):
        return DiskError(
            f"{file} is a file where a folder is needed; move it away and run the command again"
        )
    return None


def _full(place: Path) -> DiskError:
    folder = _existing(place)
    free = shutil.disk_usage(folder).free / 1e6
    return DiskError(
        f"no room to write {place}: {free:.1f} MB are free there, the whole book needs {NEEDED}; "
        "free some space (`make clean` removes what is built) and run the command again"
    )


def _forbidden(place: Path) -> DiskError:
    return DiskError(
        f"{place} cannot be read or written: permission denied, or the disk is read-only; "
        f"make {_existing(place)} and what is in it writable and run the command again"
    )


def _file_in_the_way(place: Path) -> Path | None:
    return next((one for one in (place, *place.parents) if one.is_file()), None)


def _existing(place: Path) -> Path:
    """Return the nearest folder that is there."""
    return next(one for one in (place.absolute(), *place.absolute().parents) if one.is_dir())
