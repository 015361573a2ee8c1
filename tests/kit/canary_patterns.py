"""One person's text in every writing in which it might leave: what the search looks for."""

import hashlib
import html
import json
import re
import string
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

_LOWER = bytes.maketrans(string.ascii_uppercase.encode() + b"-_", string.ascii_lowercase.encode() + b"+/")
"""Upper case as lower, and the alphabet of base64url as that of base64."""

_DIGESTS = ("sha256", "sha1", "md5")
_HEX = re.compile(rb"[0-9a-f]{32,}")
_HEX_SIZES = (64, 40, 32)
_BITS_A_BYTE, _BITS_A_LETTER = 8, 6


def plain(data: bytes) -> bytes:
    """`data` as it is searched: lower case and without zero bytes, so that UTF-16 reads like text."""
    return data.translate(_LOWER, b"\0")


@dataclass(frozen=True, slots=True)
class Hit:
    """A text that was found: its number in the list, never the text; how it was written; where."""

    number: int
    writing: str
    at: int


class Patterns:
    """Finds any of `texts` in bytes that went through `plain`."""

    def __init__(self, texts: Iterable[str]) -> None:
        """The list's order gives each its number."""
        self._written: dict[bytes, tuple[int, str]] = {}
        self._hex: dict[bytes, tuple[int, str]] = {}
        for number, text in enumerate(texts):
            for writing, pattern in writings(text):
                self._written.setdefault(plain(pattern), (number, writing))
            for name, digest in digests(text):
                self._written.setdefault(plain(digest), (number, name))
                self._written.setdefault(plain(b64encode(digest).rstrip(b"=")), (number, f"{name} in base64"))
                self._hex.setdefault(digest.hex().encode(), (number, f"{name} in hex"))

    @property
    def count(self) -> int:
        """How many writings are looked for."""
        return len(self._written) + len(self._hex)

    def search(self, buffer: bytes) -> Iterator[Hit]:
        """Every hit in `buffer`."""
        # One fast search after another: an alternation of a thousand texts is ten times as slow.
        for pattern, (number, writing) in self._written.items():
            at = buffer.find(pattern)
            while at >= 0:
                yield Hit(number, writing, at)
                at = buffer.find(pattern, at + 1)
        for run in _HEX.finditer(buffer):
            yield from self._in_hex(run.group(), run.start())

    def _in_hex(self, run: bytes, start: int) -> Iterator[Hit]:
        for size in _HEX_SIZES:
            for at in range(len(run) - size + 1):
                if (known := self._hex.get(run[at : at + size])) is not None:
                    yield Hit(*known, start + at)


def writings(text: str) -> Iterator[tuple[str, bytes]]:
    """`text` in clear, escaped and encoded. Case and UTF-16 in clear need no writing of their own."""
    yield "clear", text.encode()
    yield "latin-1", text.encode("latin-1", "replace")
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "HTML", html.escape(text).encode()
    yield "URL", quote(text, safe="").encode()
    yield "a form", quote_plus(text).encode()
    for said, encoding in ((text, "utf-8"), (text.lower(), "utf-8"), (text, "utf-16-le")):
        yield f"hex of {encoding}", said.encode(encoding).hex().encode()
        yield from ((f"base64 of {encoding}", each) for each in _base64(said.encode(encoding)))


def _base64(raw: bytes) -> Iterator[bytes]:
    """The letters that depend on `raw` alone, wherever in a longer text it begins."""
    for before in range(3):
        whole = b64encode(bytes(before) + raw)
        first = -(-before * _BITS_A_BYTE // _BITS_A_LETTER)
        past = (before + len(raw)) * _BITS_A_BYTE // _BITS_A_LETTER
        yield whole[first:past]


def digests(text: str) -> Iterator[tuple[str, bytes]]:
    """Fingerprints of `text` as it stands and in small letters."""
    for name in _DIGESTS:
        for said in dict.fromkeys((text, text.lower())):
            yield name, hashlib.new(name, said.encode(), usedforsecurity=False).digest()
