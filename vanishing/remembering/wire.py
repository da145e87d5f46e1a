"""Whole messages through a pipe: a length, then a pickle."""

import pickle
import struct
from io import RawIOBase
from typing import Any

_BEGIN = b"\x00vanishing\x00"
_LENGTH = struct.Struct("<Q")


class Closed(Exception):  # noqa: N818, how a pipe ends, and not an error by itself
    """The other end is closed."""


def begin(pipe: RawIOBase) -> None:
    """Let the other end know that from here on there are messages."""
    pipe.write(_BEGIN)


def wait_for_begin(pipe: RawIOBase) -> None:
    """Skip what somebody else has written before. Raises ``Closed`` at the end."""
    seen = b""
    while seen != _BEGIN:
        seen = (seen + _read(pipe, 1))[-len(_BEGIN) :]


def send(pipe: RawIOBase, message: object) -> None:
    """Write one message. Raises ``Closed`` where nobody reads any more."""
    data = pickle.dumps(message)
    rest = memoryview(_LENGTH.pack(len(data)) + data)
    try:
        while rest:
            rest = rest[pipe.write(rest) :]
    except (OSError, ValueError) as error:
        raise Closed from error


def receive(pipe: RawIOBase) -> Any:
    """Read one message. Raises ``Closed`` at the end, also within a message."""
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    return pickle.loads(_read(pipe, length))


def _read(pipe: RawIOBase, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        try:
            part = pipe.read(length - len(data))
        except (OSError, ValueError) as error:
            raise Closed from error
        if not part:
            raise Closed
        data += part
    return bytes(data)
