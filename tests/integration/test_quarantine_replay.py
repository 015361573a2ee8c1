"""`exchange quarantine replay` and the real router: mended, still broken, and what made no sense to ask."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cases import Case, offered
from router_kit import Exchange, at_work, settle, stepping

from exchange_command import administration
from exchange_command import main as command
from exchange_command.platform import Platform
from referral_exchange.oversight import replay
from referral_exchange.oversight.set_aside import Pointer
from referral_exchange.oversight.source import Source
from referral_exchange.topics import inbox, outbox
from referral_router.router import Router


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Exchange:
    return Exchange(platform)


@pytest.fixture(scope="module")
def router(exchange: Exchange) -> Iterator[Router]:
    with stepping(exchange) as one:
        yield one


@pytest.fixture
def verb(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, Any]]:
    monkeypatch.setenv("EXCHANGE_HOME", str(platform.places.home))
    monkeypatch.setenv("EXCHANGE_PORT_BASE", str(platform.places.port_base))
    monkeypatch.setattr(administration, "write", lambda *_: None)

    def run(*argv: str) -> tuple[int, Any]:
        code = command.main(["quarantine", *argv, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def a_case(exchange: Exchange, router: Router) -> Case:
    made = Case(exchange.desk("lantern"), exchange.desk("harbor"))
    exchange.give(made)
    settle(router)
    return made


def pointers(verb: Callable[..., tuple[int, Any]], topic: str) -> list[dict[str, Any]]:
    return [each for each in verb("list")[1]["quarantined"] if each["topic"] == topic]


def test_a_message_that_can_be_read_by_now_arrives(
    exchange: Exchange, router: Router, verb: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came before the schema that it was written in, which is known by now."""
    case = a_case(exchange, router)
    offer = offered(case)
    encoded, wire = exchange.codec.encode(offer), exchange.tools.wire
    with monkeypatch.context() as unknowing:
        unknowing.setattr(wire, "_fast", {})
        unknowing.setattr(wire.codec, "_keys", {})
        exchange.send(case.sender, offer, value=encoded)
        settle(router, lambda: len(pointers(verb, outbox(case.sender.participant))) == 1)
    (aside,) = pointers(verb, outbox(case.sender.participant))
    assert (aside["class"], aside["bytes_exist"]) == ("unknown-schema-id", True)
    with at_work(router):
        code, told = verb("replay", aside["pointer"])
    assert (code, [each["became"] for each in told["replayed"]]) == (0, ["replayed"])
    assert exchange.inbox(case.recipient) == [offer]
    assert pointers(verb, outbox(case.sender.participant)) == []


def test_a_letter_framed_before_the_registry_was_made_anew_arrives_by_a_replay(
    exchange: Exchange, router: Router, verb: Callable[..., tuple[int, Any]]
) -> None:
    """Its id names nothing, or another record, by now; its header names the schema it was written in."""
    case = a_case(exchange, router)
    offer = offered(case)
    encoded = exchange.codec.encode(offer)
    exchange.send(case.sender, offer, value=encoded[:1] + b"\0\0\x7f\xff" + encoded[5:])
    settle(router, lambda: len(pointers(verb, outbox(case.sender.participant))) == 1)
    assert exchange.read(inbox(case.recipient.participant)) == []
    with at_work(router):
        code, told = verb("replay", "--class", "unknown-schema-id")
    assert (code, [each["became"] for each in told["replayed"]]) == (0, ["replayed"])
    (arrived,) = exchange.read(inbox(case.recipient.participant))
    assert exchange.codec.decode(arrived.value, offer.RECORD, own_registry=False) == offer


def test_what_still_cannot_be_read_says_so_long_before_the_wait_is_over(
    exchange: Exchange, router: Router, verb: Callable[..., tuple[int, Any]]
) -> None:
    case = a_case(exchange, router)
    exchange.send(case.sender, offered(case), value=b"\x01never an event")
    settle(router, lambda: len(pointers(verb, outbox(case.sender.participant))) == 1)
    (aside,) = pointers(verb, outbox(case.sender.participant))
    with at_work(router):
        code, told = verb("replay", "--class", aside["class"], "--wait", "60")
    became = {each["pointer"]: each["became"] for each in told["replayed"]}
    assert (code, became[aside["pointer"]]) == (1, replay.UNREADABLE)
    assert len(pointers(verb, outbox(case.sender.participant))) == 1
    assert verb("drop", aside["pointer"])[0] == 0
    assert pointers(verb, outbox(case.sender.participant)) == []


def test_what_makes_no_sense_to_ask_is_refused_with_its_class(
    exchange: Exchange, router: Router, platform: Platform
) -> None:
    case = a_case(exchange, router)
    places = platform.places
    source = Source(places.kafka("operator"), places.registry_url, tls=places.tls("operator"))
    never = Pointer(outbox(case.sender.participant), 3, 999_999)
    nowhere = Pointer(inbox("nobody"), 0, 1)
    with at_work(router):
        became = replay.ask(source, [never, nowhere], 60)
    assert became == {never: f"{replay.REFUSED}not-read-yet", nowhere: f"{replay.REFUSED}event-not-allowed"}
