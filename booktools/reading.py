"""Read a file that a stranger may have made: whatever lies there, the answer is quick."""

from __future__ import annotations

import stat
from pathlib import Path

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


class ReadingError(ValueError):
    """A file that cannot be read as text; the message names it and the remedy."""


def read_text(path: Path, limit: int, *, folders: int = 0) -> str:
    """Return the text of a regular UTF-8 file of at most `limit` bytes, without a BOM.

    folders: how many of the folders above the file must be real ones as well. Raises `ReadingError`
    for what is missing, a link, no file, too large or not UTF-8.
    """
    data = read_bytes(path, limit, folders=folders)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong = data[error.start]
        raise ReadingError(
            f"{path}:{line}: byte 0x{wrong:02x} is not UTF-8; save the file as UTF-8"
        ) from None


def read_bytes(path: Path, limit: int, *, folders: int = 0) -> bytes:
    """Return the content of a regular file of at most `limit` bytes.

    Raises `ReadingError` as `read_text` does.
    """
    try:
        for folder in path.parents[:folders]:
            if folder.is_symlink():
                raise ReadingError(f"{folder} is a symbolic link; put a real folder there")
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            kind = _KINDS.get(stat.S_IFMT(mode), "a device")
            raise ReadingError(f"{path} is {kind}; put a regular file there")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise ReadingError(f"{path} cannot be read: {error.strerror}; correct that") from None
    if len(data) > limit:
        raise ReadingError(
            f"{path} has more than {limit:,} bytes, the bound; remove what does not belong there"
        )
    return data
