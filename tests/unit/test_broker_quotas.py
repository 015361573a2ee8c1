"""The two requests for quotas, byte by byte, and what is asked for whom."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from exchange_command import quotas
from exchange_command.broker_wire import BrokerWire, QuotasRefused
from exchange_command.quotas import Quota

EMPTY = struct.pack(">ihh i", 0, 0, -1, 0)
TWO = bytes.fromhex(
    "00000000" "0000" "ffff" "00000002"
    "00000001" "000475736572" "ffff" "00000001" "001270726f64756365725f627974655f72617465" "412e848000000000"
    "00000001" "000475736572" "000c686172626f722d686f757365" "00000000"
)  # fmt: skip


@contextmanager
def broker(answer: Callable[[bytes], bytes]) -> Iterator[tuple[BrokerWire, list[bytes]]]:
    """Answers each connection once; what was asked, its head apart, is kept."""
    asked: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                size = struct.unpack(">i", connection.recv(4))[0]
                body = connection.recv(size)
                asked.append(body)
                told = body[4:8] + answer(body)
                connection.sendall(struct.pack(">i", len(told)) + told)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield BrokerWire(f"127.0.0.1:{server.getsockname()[1]}"), asked
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def test_the_limits_are_read_by_user_and_those_of_everybody_under_none() -> None:
    with broker(lambda _: TWO) as (wire, asked):
        assert wire.limits() == {None: {"producer_byte_rate": 1_000_000.0}, "harbor-house": {}}
    assert asked[0][:4] == bytes.fromhex("00300000")


def test_a_limit_is_written_as_the_protocol_says() -> None:
    with broker(lambda _: struct.pack(">ii", 0, 0)) as (wire, asked):
        wire.limit({"harbor-house": {"request_percentage": 40.0}, None: {}})
    assert asked[0][:4] == bytes.fromhex("00310000")
    assert asked[0][18:] == bytes.fromhex(
        "00000002"
        "00000001" "000475736572" "000c686172626f722d686f757365"
        "00000001" "0012726571756573745f70657263656e74616765" "4044000000000000" "00"
        "00000001" "000475736572" "ffff" "00000000"
        "00"
    )  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        struct.pack(">ihh", 0, 42, 2) + b"no" + struct.pack(">i", -1),
        struct.pack(">ihhi", 0, 0, -1, 7),
        b"\x00",
    ],
)
def test_what_is_no_answer_is_said_so(answer: bytes) -> None:
    with broker(lambda _: answer) as (wire, _), pytest.raises(QuotasRefused):
        wire.limits()


def test_a_refusal_names_the_brokers_reason() -> None:
    refused = struct.pack(">iihh", 0, 1, 31, 6) + b"denied" + struct.pack(">i", 0)
    with broker(lambda _: refused) as (wire, _), pytest.raises(QuotasRefused, match="31: denied"):
        wire.limit({None: {}})


def test_a_broker_that_is_away_is_said_so() -> None:
    with pytest.raises(QuotasRefused, match="does not answer"):
        BrokerWire("127.0.0.1:1").limits()


def test_only_what_differs_is_set() -> None:
    class Known(BrokerWire):
        def limits(self) -> dict[str | None, dict[str, float]]:
            return {None: dict(Quota().limits), "harbor-house": {}}

        def limit(self, users: object) -> None:
            told.append(users)

    told: list[object] = []
    wire = Known("127.0.0.1:1")
    assert quotas.make_so(wire, {None: Quota().limits}) == []
    assert told == []
    own = Quota(request_percent=10.0).limits
    assert quotas.make_so(wire, {None: Quota().limits, "harbor-house": own}) == ["harbor-house"]
    assert told == [{"harbor-house": own}]


def test_every_service_of_the_exchange_is_unbound_and_everybody_else_is_not() -> None:
    wanted = quotas.wanted()
    assert {"consent_ledger", "referral_router", "service_directory", "operator", "broker"} <= set(wanted)
    assert wanted[None]["producer_byte_rate"] < wanted["referral_router"]["producer_byte_rate"]
