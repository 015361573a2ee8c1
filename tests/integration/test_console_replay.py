"""The console as a process beside the real router: what is set aside is read again behind the key."""

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cases import Case, offered
from console_process import Process, eventually
from router_kit import Exchange, at_work, settle, stepping

from exchange_command import console_key, service_settings
from exchange_command.platform import Platform
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
def console(platform: Platform, tmp_path: Path, free_port_base: int) -> Iterator[Process]:
    told = dict(service_settings.all_settings(platform.places, platform.network)["status_board"])
    told["service"] = {**told["service"], "port": free_port_base, "data": str(tmp_path / "data")}
    service_settings.write(tmp_path, "status_board", told)
    running = Process(tmp_path, free_port_base, ["-m", "status_board"])
    eventually(running.is_ready)
    yield running
    running.end()


def posted(console: Process, key: str, pointer: str) -> tuple[int, str]:
    guard = re.search(r'name="guard" value="([^"]+)"', console.get("/quarantine")[1])
    assert guard
    form = urllib.parse.urlencode({"guard": guard[1], "key": key, "pointer": pointer}).encode()
    request = urllib.request.Request(f"{console.address}/quarantine/replay", data=form, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_message_is_read_again_with_the_key_and_only_with_it(
    platform: Platform, exchange: Exchange, router: Router, console: Process
) -> None:
    """Its id names another record since the registry was made anew; its header names the right one."""
    case = Case(exchange.desk("lantern"), exchange.desk("harbor"))
    exchange.give(case)
    settle(router)
    offer = offered(case)
    encoded = exchange.codec.encode(offer)
    exchange.send(case.sender, offer, value=encoded[:1] + b"\0\0\x7f\xff" + encoded[5:])
    source = outbox(case.sender.participant)
    with at_work(router):
        eventually(lambda: source in console.get("/quarantine")[1], 30)
        page = console.get("/quarantine")[1]
        pointer = re.search(rf'value="({re.escape(source)}/\d+/\d+)"', page)
        assert pointer
        assert "Its schema number is not the one of its kind here." in page
        assert posted(console, "wrong", pointer[1])[0] == 403
        assert exchange.read(inbox(case.recipient.participant)) == []
        eventually(lambda: posted(console, console_key.load(platform.places), pointer[1])[0] == 200, 30)
        eventually(lambda: source not in console.get("/quarantine")[1], 30)
    (arrived,) = exchange.read(inbox(case.recipient.participant))
    assert exchange.codec.decode(arrived.value, offer.RECORD, own_registry=False) == offer
    assert f"asked at the console to read again: {pointer[1].rsplit('/', 2)[0]}" in console.log.read_text()
    assert console_key.load(platform.places) not in console.log.read_text()


def test_what_the_console_looks_at_is_allowed_to_it_and_there(console: Process) -> None:
    """Every look succeeds with the certificate and the rights of status_board alone."""
    eventually(lambda: "inbox.harbor-house" in console.get("/lag")[1], 30)
    eventually(lambda: "referral_exchange.referral.ReferralOffered" in console.get("/schemas")[1], 60)
    eventually(lambda: "Harbor" in console.get("/capacity")[1], 30)
    schemas = re.sub(r"<[^>]+>", " ", console.get("/schemas")[1])
    assert "missing in the registry" not in schemas
    assert "another text" not in schemas
    assert "looking at" not in console.log.read_text()
