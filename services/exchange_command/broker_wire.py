"""The two requests for quotas as Kafka's protocol frames them: confluent-kafka's client has neither."""

import socket
import ssl
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from exchange_command.problem import Problem

_DESCRIBE, _ALTER = 48, 49
_VERSION = 0
"""Of both. Fields are of fixed width; KIP-546 describes them."""

_CLIENT = "exchange"
_MOST_BYTES = 16 * 1024 * 1024
_EXACT_OR_DEFAULT = 2
_SECONDS = 10.0

T = TypeVar("T")
Limits = Mapping[str, float]
"""Quotas by Kafka's names, such as `producer_byte_rate`, in bytes a second."""


class QuotasRefused(Problem):
    """The broker did not tell or set the quotas; the message says why."""


@dataclass(frozen=True, slots=True)
class BrokerWire:
    """Asks a broker by its own protocol, one connection a request. `context` None: without TLS."""

    bootstrap: str
    context: ssl.SSLContext | None = None

    def limits(self) -> dict[str | None, dict[str, float]]:
        """The limits of each user; under None those of everybody who has none of their own.

        Raises QuotasRefused.
        """
        components = _array([_text("user") + struct.pack(">b", _EXACT_OR_DEFAULT) + _text(None)])
        answer = _Reader(self._ask(_DESCRIBE, components + _flag(True)))
        answer.number(">i")
        _expect(answer.number(">h"), answer.text())
        found = answer.array(lambda: (answer.array(answer.pair), answer.array(answer.limit)))
        return {dict(entity)["user"]: dict(limits) for entity, limits in found}

    def limit(self, users: Mapping[str | None, Limits]) -> None:
        """Sets the limits of these users; None is everybody without their own. Raises QuotasRefused."""
        entries = _array(_entry(user, limits) for user, limits in users.items())
        answer = _Reader(self._ask(_ALTER, entries + _flag(False)))
        answer.number(">i")
        for code, said, _ in answer.array(
            lambda: (answer.number(">h"), answer.text(), answer.array(answer.pair))
        ):
            _expect(code, said)

    def _ask(self, api: int, body: bytes) -> bytes:
        head = struct.pack(">hhi", api, _VERSION, 1) + _text(_CLIENT)
        try:
            with self._connected() as connection:
                connection.sendall(struct.pack(">i", len(head + body)) + head + body)
                size = struct.unpack(">i", _exactly(connection, 4))[0]
                if not 4 <= size <= _MOST_BYTES:
                    raise QuotasRefused("what answers at the broker's address is no Kafka broker")
                return _exactly(connection, size)[4:]
        except OSError as error:
            raise QuotasRefused(
                f"the broker does not answer about quotas ({type(error).__name__}); run `exchange doctor`"
            ) from None

    def _connected(self) -> socket.socket:
        host, _, port = self.bootstrap.split(",")[0].strip().rpartition(":")
        plain = socket.create_connection((host.strip("[]"), int(port)), _SECONDS)
        if self.context is None:
            return plain
        try:
            return self.context.wrap_socket(plain, server_hostname=host.strip("[]"))
        except OSError:
            plain.close()
            raise


@dataclass(slots=True)
class _Reader:
    """Takes fields off an answer, in their order."""

    left: bytes
    at: int = field(default=0)

    def number(self, shape: str) -> int:
        """A number of this `struct` shape."""
        return int(self._one(shape))

    def text(self) -> str | None:
        """A string, or null."""
        size = self.number(">h")
        if size < 0:
            return None
        self.at += size
        return self.left[self.at - size : self.at].decode()

    def pair(self) -> tuple[str, str | None]:
        """A kind of entity and its name; None is the default of that kind."""
        return self.text() or "", self.text()

    def limit(self) -> tuple[str, float]:
        """A quota's name and value."""
        return self.text() or "", self._one(">d")

    def array(self, item: Callable[[], T]) -> list[T]:
        """As many of `item` as its length says; null is empty."""
        return [item() for _ in range(self.number(">i"))]

    def _one(self, shape: str) -> float:
        try:
            found: float = struct.unpack_from(shape, self.left, self.at)[0]
        except struct.error:
            raise QuotasRefused("the broker's answer about quotas breaks off") from None
        self.at += struct.calcsize(shape)
        return found


def _entry(user: str | None, limits: Limits) -> bytes:
    entity = _array([_text("user") + _text(user)])
    return entity + _array(_text(name) + struct.pack(">d?", value, False) for name, value in limits.items())


def _expect(code: int, said: str | None) -> None:
    if code:
        raise QuotasRefused(f"the broker refused the quotas with error {code}: {said or 'no reason given'}")


def _text(told: str | None) -> bytes:
    if told is None:
        return struct.pack(">h", -1)
    raw = told.encode()
    return struct.pack(">h", len(raw)) + raw


def _array(items: Iterable[bytes]) -> bytes:
    held = list(items)
    return struct.pack(">i", len(held)) + b"".join(held)


def _flag(told: bool) -> bytes:
    return struct.pack(">?", told)


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        if not (part := connection.recv(size - len(parts))):
            raise ConnectionError("closed")
        parts += part
    return parts
