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
    """A file that cannot be read as text; the message names it and the remedy.

    rule: "file", "size" or "encoding". what, remedy, line: the same for a report of one's own.
    """

    def __init__(
        self, path: Path, what: str, remedy: str, *, rule: str = "file", line: int = 0
    ) -> None:
        """Join the parts to "path:line what; remedy"."""
        place = f"{path}:{line}:" if line else f"{path}"
        super().__init__(f"{place} {what}; {remedy}")
        self.what, self.remedy, self.rule, self.line = what, remedy, rule, line


def read_text(path: Path, limit: int, *, folders: int = 0) -> str:
    """Return the text of a regular UTF-8 file of at most `limit` bytes, without a BOM.

    folders: how many of the folders above the file must be real ones as well. Raises `ReadingError`
    for what is missing, a link, no file, too large or not UTF-8.
    """
    return decoded(path, read_bytes(path, limit, folders=folders), "utf-8-sig")


def decoded(path: Path, data: bytes, encoding: str = "utf-8") -> str:
    """Return the text of `data`; raise `ReadingError` with the line of what is not UTF-8."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        remedy = "save the file as UTF-8"
        raise ReadingError(path, what, remedy, rule="encoding", line=line) from None


def read_bytes(path: Path, limit: int, *, folders: int = 0) -> bytes:
    """Return the content of a regular file of at most `limit` bytes.

    Raises `ReadingError` as `read_text` does.
    """
    try:
        refuse_links(path, folders)
        refuse_other_kinds(path)
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise ReadingError(path, what, "correct that") from None
    if len(data) > limit:
        what, remedy = (
            f"has more than {limit:,} bytes, the bound",
            "remove what does not belong there",
        )
        raise ReadingError(path, what, remedy, rule="size")
    return data


def refuse_other_kinds(path: Path) -> None:
    """Raise `ReadingError` where `path` is no regular file, such as a link or a folder."""
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "a device")
        raise ReadingError(path, f"is {kind}", "put a regular file there")


def refuse_links(path: Path, folders: int) -> None:
    """Raise `ReadingError` where one of so many folders above `path` is a symbolic link."""
    for folder in path.parents[:folders]:
        if folder.is_symlink():
            raise ReadingError(folder, "is a symbolic link", "put a real folder there")
