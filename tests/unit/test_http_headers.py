"""Every answer of every HTTP service tells a browser to keep nothing, run nothing and frame nothing."""

import http.client
import logging
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import console_kit
import pytest
from bridge_kit import BASE, NOW, StandInEdge, a_client, a_config
from certificates import certificate
from console_kit import Rows, a_site
from console_tour import PATHS
from directory_kit import HOST, Office, file_url
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from ledger_kit import LedgerKit
from page_rules import wrong_in

from exchange_command.relay_server import server
from ngo_bridge.app import build
from referral_exchange.http_headers import ALWAYS, OVER_TLS, SecurityHeaders, headers
from referral_exchange.runtime.health import HealthServer
from referral_exchange.runtime.tls import client_context

TLS = "strict-transport-security"
PERSON = "Zephyrine Quillfeather"


def missing(found: Mapping[str, str], *, pages: bool, tls: bool = False) -> dict[str, str | None]:
    """What an answer should say and does not."""
    wanted = headers(pages=pages, tls=tls)
    return {name: found.get(name) for name, value in wanted.items() if found.get(name) != value}


def addresses(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of every route, each parameter filled in with something that nobody knows."""
    for route in iter_route_contexts(app.routes):
        path = str(route.path).replace(":path", "").replace("{", "no-").replace("}", "")
        for method in sorted(route.methods or ()):
            yield method, path
    yield "GET", "/nothing-here"
    yield "TRACE", "/health/live"


def every_answer(app: FastAPI, caller: TestClient) -> Iterator[tuple[str, Mapping[str, str], int]]:
    caller.follow_redirects = False
    with caller as client:
        for method, path in addresses(app):
            # An event stream never ends by itself; refused for want of an edge's answer it does.
            answer = client.request(method, path, headers={"last-event-id": "x" * 600})
            yield f"{method} {path}", answer.headers, answer.status_code
        for status, sent in (
            (421, {"headers": {"host": "evil.example"}}),
            (413, {"content": b"x" * 9_000_000, "headers": {"content-type": "application/json"}}),
        ):
            answer = client.request("POST", "/v1/consents", **sent)  # type: ignore[arg-type]
            yield f"a {status}", answer.headers, answer.status_code


@pytest.fixture
def bridge(tmp_path: Path) -> FastAPI:
    return build(StandInEdge(), a_config(tmp_path), lambda: NOW)  # type: ignore[arg-type]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[object]:
    kit = LedgerKit(tmp_path)
    yield kit.app()
    kit.close()


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[object]:
    office = Office(file_url(tmp_path))
    yield office.app
    office.close()


@pytest.mark.parametrize(
    ("service", "base", "pages", "at_least"),
    [
        ("bridge", BASE, True, 40),
        ("ledger", "http://ledger", False, 14),
        ("directory", f"http://{HOST}", False, 12),
    ],
)
def test_every_route_of_a_service_says_so(
    service: str, base: str, pages: bool, at_least: int, request: pytest.FixtureRequest
) -> None:
    app: FastAPI = request.getfixturevalue(service)
    known = a_client(app) if service == "bridge" else TestClient(app, base_url=base)
    told = list(every_answer(app, known))
    assert {where: gap for where, found, _ in told if (gap := missing(found, pages=pages))} == {}
    assert {TLS in found for _, found, _ in told} == {False}
    statuses = Counter(status for _, _, status in told)
    assert statuses[404] >= 1
    assert statuses[405] >= 1
    assert len(told) >= at_least, "every route was asked"


def test_no_page_of_the_bridge_loads_from_others_or_runs_anything(bridge: FastAPI) -> None:
    pages = 0
    with a_client(bridge) as client:
        for method, path in addresses(bridge):
            answer = client.request(method, path, headers={"last-event-id": "x" * 600})
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert wrong_in(answer.text) == [], path
                pages += 1
    assert pages > 8


def test_who_is_not_signed_in_is_told_so_too(bridge: FastAPI) -> None:
    told = list(every_answer(bridge, TestClient(bridge, base_url=BASE)))
    assert {where: gap for where, found, _ in told if (gap := missing(found, pages=True))} == {}
    assert {401, 303} <= {status for _, _, status in told}


def test_only_over_tls_a_browser_is_told_to_come_back_over_tls(bridge: FastAPI) -> None:
    with TestClient(bridge, base_url=BASE.replace("http:", "https:")) as client:
        answer = client.get("/style.css")
    assert missing(answer.headers, pages=True, tls=True) == {}
    assert answer.headers[TLS] == OVER_TLS[TLS]


async def _fails(_scope: Any, _receive: Any, _send: Any) -> None:
    raise RuntimeError(PERSON)


def test_what_nobody_caught_is_a_bare_500_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = TestClient(SecurityHeaders(_fails)).get("/")
    assert answer.status_code == 500
    assert missing(answer.headers, pages=False) == {}
    assert "RuntimeError at test_http_headers.py" in caplog.text
    assert PERSON not in answer.text + caplog.text


@dataclass
class EmptyBoard(Rows):
    """Nobody waits. Its list can fail."""

    failing: bool = False

    def entries(self) -> list[Any]:
        if self.failing:
            raise RuntimeError(PERSON)
        return []


def asked_of_the_board(board: EmptyBoard, *asked: tuple[str, str, Mapping[str, str]]) -> list[Any]:
    told = console_kit.asked(a_site(rows=board), *((how, path, more, None) for how, path, more in asked))
    return [(each.status, each.headers, each.text) for each in told]


def test_every_answer_of_the_board_says_so() -> None:
    told = asked_of_the_board(
        EmptyBoard(),
        *[
            ("GET", path, {})
            for path in ("/", "/console.css", "/v1/referrals", "/v1/referrals/no", "/nothing")
        ],
        *[("GET", path, {}) for path in ("/health/ready", "/health/live", "/metrics", *PATHS)],
        ("POST", "/quarantine/replay", {"sec-fetch-site": "cross-site"}),
        ("POST", "/", {}),
        ("GET", "/", {"host": "evil.example"}),
    )
    own = [404 if "/journeys/" in path else 200 for path in PATHS]
    assert [status for status, _, _ in told] == [200, 200, 200, 404, 404, 200, 200, 200, *own, 403, 405, 421]
    assert [missing(found, pages=True) for _, found, _ in told] == [{}] * len(told)
    assert {found["server"] for _, found, _ in told} == {"status_board"}


def test_a_failure_of_the_board_is_a_bare_500_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    board = EmptyBoard()
    board.failing = True
    ((status, found, text),) = asked_of_the_board(board, ("GET", "/v1/referrals", {}))
    assert status == 500
    assert missing(found, pages=True) == {}
    assert PERSON not in text + caplog.text


@pytest.fixture
def health() -> Iterator[int]:
    with HealthServer("127.0.0.1", 0, lambda: (True, {})) as listening:
        yield listening.port


@pytest.fixture
def relay() -> Iterator[int]:
    with server("127.0.0.1", 0, lambda spans: True) as listening:
        threading.Thread(target=listening.serve_forever, args=[0.01], daemon=True).start()
        yield listening.server_port
        listening.shutdown()


@pytest.mark.parametrize("service", ["health", "relay"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health/live", 200),
        ("GET", "/health/ready", 200),
        ("GET", "/nothing", 404),
        ("BREW", f"/{PERSON.split()[0]}", 501),
    ],
)
def test_the_small_servers_say_so_and_repeat_nothing(
    service: str, method: str, path: str, status: int, request: pytest.FixtureRequest
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", request.getfixturevalue(service), timeout=5)
    connection.request(method, path)
    answer = connection.getresponse()
    found, body = answer.headers, answer.read()
    assert answer.status == status
    assert missing({name.lower(): value for name, value in found.items()}, pages=False) == {}
    assert "Python" not in found["Server"]
    assert PERSON.split()[0].encode() not in body
    assert "BREW" not in answer.reason


def test_a_small_server_says_so_over_tls_too(tmp_path: Path) -> None:
    tls = certificate(tmp_path, "trace_relay")
    with server("127.0.0.1", 0, lambda spans: True, tls) as listening:
        threading.Thread(target=listening.serve_forever, args=[0.01], daemon=True).start()
        asking = http.client.HTTPSConnection(
            "127.0.0.1", listening.server_port, timeout=5, context=client_context(tls)
        )
        asking.request("GET", "/health/live")
        found = {name.lower(): value for name, value in asking.getresponse().headers.items()}
        asking.close()
        listening.shutdown()
    assert missing(found, pages=False, tls=True) == {}


def test_no_answer_allows_frames_or_others_or_scripts_of_others() -> None:
    for pages in (True, False):
        policy = headers(pages=pages, tls=True)["content-security-policy"]
        parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert parts["default-src"] == parts["frame-ancestors"] == parts["base-uri"] == "'none'"
        assert parts.get("script-src", "'none'") == ("'self'" if pages else "'none'")
        assert set(" ".join(parts.values()).split()) <= {"'none'", "'self'", "data:"}
    assert ALWAYS["cache-control"] == "no-store"


@pytest.mark.parametrize("taken_away", ["cache-control", "content-security-policy", "referrer-policy"])
def test_an_answer_that_lacks_one_is_noticed(taken_away: str) -> None:
    found = headers(pages=True, tls=False)
    del found[taken_away]
    assert list(missing(found, pages=True)) == [taken_away]
