import os
from pathlib import Path

import pytest

from booktools.reading import ReadingError, read_bytes, read_text


def test_a_regular_file_is_read_up_to_the_bound_and_without_its_byte_order_mark(
    tmp_path: Path,
) -> None:
    path = tmp_path / "table.toml"
    path.write_bytes(b"\xef\xbb\xbf" + "çok\r\n".encode())
    assert read_text(path, 9) == "çok\r\n"
    assert len(read_bytes(path, 9)) == 9


def put_nothing(path: Path) -> None:
    """Leave the place empty."""


def put_folder(path: Path) -> None:
    path.mkdir()


def put_pipe(path: Path) -> None:
    os.mkfifo(path)


def put_link(path: Path) -> None:
    target = path.with_suffix(".real")
    target.write_text("secret", encoding="utf-8")
    path.symlink_to(target)


def put_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def put_link_to_zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def put_too_much(path: Path) -> None:
    path.write_bytes(b"x" * 101)


def put_latin_1(path: Path) -> None:
    path.write_bytes(b"a\nb\xe7")


@pytest.mark.parametrize(
    ("put", "complaint"),
    [
        (put_nothing, "cannot be read: No such file or directory"),
        (put_folder, "is a folder; put a regular file there"),
        (put_pipe, "is a pipe; put a regular file there"),
        (put_link, "is a symbolic link; put a regular file there"),
        (put_link_to_itself, "is a symbolic link"),
        (put_link_to_zeros, "is a symbolic link"),
        (put_too_much, "more than 100 bytes, the bound; remove what does not belong there"),
        (put_latin_1, ":2: byte 0xe7 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_what_is_no_small_regular_text_is_refused_by_name(
    tmp_path: Path, put: object, complaint: str
) -> None:
    path = tmp_path / "table.toml"
    assert callable(put)
    put(path)
    with pytest.raises(ReadingError, match=complaint) as error:
        read_text(path, 100)
    assert str(path) in str(error.value)


def test_a_folder_that_is_a_link_is_refused_where_that_matters(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/table.toml").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    path = tmp_path / "link/table.toml"
    assert read_text(path, 9) == "x"
    with pytest.raises(ReadingError, match=r"link is a symbolic link; put a real folder there"):
        read_text(path, 9, folders=1)
