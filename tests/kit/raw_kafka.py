"""Kafka's protocol by hand: asks the broker itself, past all that a client's library would refuse to ask."""

import socket
import struct

from referral_exchange.runtime.tls import client_context
from referral_exchange.settings import Tls

ERRORS = {
    0: "",
    3: "UNKNOWN_TOPIC_OR_PART",
    29: "TOPIC_AUTHORIZATION_FAILED",
    30: "GROUP_AUTHORIZATION_FAILED",
    31: "CLUSTER_AUTHORIZATION_FAILED",
    53: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
}
"""Names as confluent-kafka gives them; anything else is told as its number."""


class RawKafka:
    """One connection with a principal's certificate. Every answer is the name of an error; "" is none."""

    def __init__(self, port: int, tls: Tls) -> None:
        plain = socket.create_connection(("127.0.0.1", port), 10)
        self._connection = client_context(tls).wrap_socket(plain, server_hostname="127.0.0.1")

    def close(self) -> None:
        self._connection.close()

    def fetch(self, topic: str) -> str:
        """Reads partition 0 from its beginning."""
        body = struct.pack(">iiiib", -1, 100, 1, 1_000_000, 0)
        return self._error(1, 4, body + _one(topic, struct.pack(">iqi", 0, 0, 1_000_000)), 4, 4)

    def produce(self, topic: str) -> str:
        """Writes to partition 0; what it writes is no batch, which only matters to who may write."""
        body = _text(None) + struct.pack(">hi", -1, 5000)
        return self._error(0, 3, body + _one(topic, struct.pack(">ii", 0, 1) + b"x"), 0, 4)

    def ends(self, topic: str) -> str:
        """Asks where partition 0 ends."""
        return self._error(2, 2, struct.pack(">ib", -1, 0) + _one(topic, struct.pack(">iq", 0, -1)), 4, 4)

    def delete(self, topic: str) -> str:
        """Deletes what stands in partition 0."""
        body = _one(topic, struct.pack(">iq", 0, -1)) + struct.pack(">i", 5000)
        return self._error(21, 0, body, 4, 12)

    def commit(self, group: str, topic: str) -> str:
        """Commits an offset for `group`."""
        head = _text(group) + struct.pack(">i", -1) + _text("") + struct.pack(">q", -1)
        return self._error(8, 2, head + _one(topic, struct.pack(">iq", 0, 0) + _text(None)), 0, 4)

    def committed(self, group: str, topic: str) -> str:
        """Asks how far `group` has read."""
        return self._error(9, 1, _text(group) + _one(topic, struct.pack(">i", 0)), 0, 14)

    def _error(self, api: int, version: int, body: bytes, throttle: int, before: int) -> str:
        """`throttle`: bytes before the topics; `before`: bytes of the partition before its error."""
        answer = self._ask(api, version, body)
        name = struct.unpack_from(">h", answer, throttle + 4)[0]
        at = throttle + 4 + 2 + name + 4 + before
        code = struct.unpack_from(">h", answer, at)[0]
        return ERRORS.get(code, str(code))

    def _ask(self, api: int, version: int, body: bytes) -> bytes:
        asked = struct.pack(">hhi", api, version, 7) + _text("raw") + body
        self._connection.sendall(struct.pack(">i", len(asked)) + asked)
        size = struct.unpack(">i", self._exactly(4))[0]
        return self._exactly(size)[4:]

    def _exactly(self, size: int) -> bytes:
        parts = b""
        while len(parts) < size:
            if not (part := self._connection.recv(size - len(parts))):
                raise ConnectionError("the broker closed the connection")
            parts += part
        return parts


def _one(topic: str, partition: bytes) -> bytes:
    return struct.pack(">i", 1) + _text(topic) + struct.pack(">i", 1) + partition


def _text(told: str | None) -> bytes:
    return struct.pack(">h", -1) if told is None else struct.pack(">h", len(told)) + told.encode()
