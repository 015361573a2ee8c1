"""The bytes that stand in a file: as they are, and unpacked where Kafka or a logger packed them."""

import errno
import gzip
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cramjam

_BATCH = struct.Struct(">qiiBIhiqqqhii")
"""Offset, length, epoch, magic, checksum, attributes, last offset, two times, producer (3), records."""

_BEFORE_LENGTH_COUNTS = 12
_MAGIC = 2
_GZIP = b"\x1f\x8b"
_XERIAL = b"\x82SNAPPY\0"
_XERIAL_HEAD = 16


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """What `path` holds, and how it was packed there: `""` for the file itself. Raises OSError."""
    data = _written(path)
    yield "", data
    if data.startswith(_GZIP):
        yield from _unpacked("gzip", gzip.decompress, data)
    if path.name.partition(".")[2].startswith("log") and path.name.partition(".")[0].isdecimal():
        yield from batches(data)


def _written(path: Path) -> bytes:
    """Without what nobody ever wrote: of an index of Kafka's that is nearly all its 10 MB."""
    pieces, at = [], 0
    with path.open("rb") as file:
        while (begin := _next_data(file.fileno(), at)) is not None:
            at = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
            file.seek(begin)
            pieces.append(file.read(at - begin))
    return b"".join(pieces)


def _next_data(descriptor: int, at: int) -> int | None:
    try:
        return os.lseek(descriptor, at, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return None


def batches(segment: bytes) -> Iterator[tuple[str, bytes]]:
    """The records of every packed batch of a Kafka segment, without the room that it keeps free."""
    at = 0
    while at + _BATCH.size <= len(segment):
        _, length, _, magic, _, attributes, *_ = _BATCH.unpack_from(segment, at)
        if length <= 0 or magic != _MAGIC:
            return
        end = at + _BEFORE_LENGTH_COUNTS + length
        if codec := attributes & 7:
            name, unpack = _CODECS[codec]
            yield from _unpacked(f"{name}, batch at {at}", unpack, segment[at + _BATCH.size : end])
        at = end


def _unpacked(how: str, unpack: Callable[[bytes], bytes], data: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        yield how, bytes(unpack(data))
    except (cramjam.DecompressionError, OSError, EOFError, zlib.error):
        # A batch that was cut off in the middle; its bytes were searched as they stand.
        return


def _snappy(data: bytes) -> bytes:
    """Raw, or in the blocks of the Java library."""
    if not data.startswith(_XERIAL):
        return bytes(cramjam.snappy.decompress_raw(data))
    out, at = b"", _XERIAL_HEAD
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        out += bytes(cramjam.snappy.decompress_raw(data[at + 4 : at + 4 + size]))
        at += 4 + size
    return out


_CODECS: dict[int, tuple[str, Callable[[bytes], bytes]]] = {
    1: ("gzip", gzip.decompress),
    2: ("snappy", _snappy),
    3: ("lz4", lambda data: bytes(cramjam.lz4.decompress(data))),
    4: ("zstd", lambda data: bytes(cramjam.zstd.decompress(data))),
}
