"""Notices in the process that hosts an edge: from its settings file, on its health page, killed."""

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from bridge_kit import StandInEdge, a_client
from gateway_kit import Mailbox, Provider, mail_server, provider
from notice_kit import DOWN, MINUTE, Desk, HandClock, PaperEdge, an_id

from ngo_bridge.app import build
from ngo_bridge.config import BridgeConfig
from participant_edge.notices.assembly import notices_of
from referral_exchange import settings as files
from referral_exchange.settings import Settings, SettingsError

SECTION = """
[kafka]
"bootstrap.servers" = "127.0.0.1:1"
[registry]
url = "http://127.0.0.1:1"
[service]
participant = "harbor-house"
data = "{folder}"
keys = "{folder}/keys"
[notices]
allow_private = true
[notices.email]
host = "127.0.0.1"
port = {mail}
tls = "none"
from = "notices@example.org"
[notices.sms]
url = "http://127.0.0.1:{sms}/messages"
repeat_header = "Idempotency-Key"
fields = {{ to = "{{to}}", text = "{{text}}" }}
[notices.contacts.duty]
email = "duty@example.org"
sms = "+1 555 0100"
[[notices.ladder]]
after = "0s"
to = "duty"
by = "email"
[[notices.ladder]]
after = "0s"
to = "duty"
by = "sms"
"""

# A process of its own with one offer that waits; it is killed while the provider has its SMS in hand.
HOST = """
import pathlib, sys, threading
from datetime import UTC, datetime
sys.path[:0] = {path!r}
from notice_kit import HandClock, PaperEdge
from participant_edge.notices.assembly import notices_of
from referral_exchange import settings
edge = PaperEdge(HandClock(datetime.now(UTC)))
edge.offered("one")
notices = notices_of(edge, settings.load(pathlib.Path(sys.argv[1])))
notices.start()
threading.Event().wait(60)
"""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server(Mailbox()) as running:
        yield running


@pytest.fixture
def remote() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def told(tmp_path: Path, mailbox: Mailbox, remote: Provider) -> Path:
    path = tmp_path / "bridge.toml"
    text = SECTION.format(folder=tmp_path, mail=mailbox.port, sms=remote.port)
    path.write_text(text, encoding="utf-8")
    return path


def config(folder: Path) -> BridgeConfig:
    origins = ("http://127.0.0.1:1",)
    return BridgeConfig("harbor-house", ("harbor-shelter",), folder, "127.0.0.1", 1, origins)


def test_killed_while_a_provider_has_its_message_in_hand_it_repeats_that_one_and_no_other(
    told: Path, mailbox: Mailbox, remote: Provider, tmp_path: Path
) -> None:
    host: list[subprocess.Popen[bytes]] = []

    def kill(handler: BaseHTTPRequestHandler) -> None:
        os.kill(host[0].pid, signal.SIGKILL)
        handler.close_connection = True

    remote.behaviour = kill
    script = tmp_path / "host.py"
    kit = str(Path(__file__).resolve().parents[2] / "kit")
    script.write_text(HOST.format(path=[kit]), encoding="utf-8")
    host.append(subprocess.Popen([sys.executable, str(script), str(told)]))
    assert host[0].wait(60) == -signal.SIGKILL
    assert (len(mailbox.took), len(remote.took)) == (1, 1)

    remote.behaviour = None
    edge = PaperEdge(HandClock(datetime.now(UTC)))
    edge.offered("one")
    notices = notices_of(edge, files.load(told))  # type: ignore[arg-type]
    assert notices is not None
    notices.start()
    try:
        for _ in range(400):
            if len(remote.took) == 2:
                break
            edge.wait_for_changes(1, 0.05)
    finally:
        notices.stop()
    first, again = remote.took
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"]
    assert len(mailbox.took) == 1


def test_without_a_section_there_are_no_notices(told: Path) -> None:
    read = files.load(told)
    bare = Settings(read.kafka, read.registry_url, service=read.service)
    assert notices_of(PaperEdge(HandClock()), bare) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x", "sqlite:////dev/null/notices.db"])
def test_a_database_that_cannot_be_used_is_named(told: Path, url: str) -> None:
    section = tomllib.loads(told.read_text(encoding="utf-8"))
    bad = Settings({}, "", service=section["service"], notices={"database": url})
    with pytest.raises(SettingsError, match=r"\[notices\] database"):
        notices_of(PaperEdge(HandClock()), bad)  # type: ignore[arg-type]


def test_the_health_page_shows_what_nobody_answered_and_stays_ready(
    database_url: str, tmp_path: Path
) -> None:
    desk = Desk(database_url)
    app = build(StandInEdge(), config(tmp_path), notices=desk.notices)  # type: ignore[arg-type]
    client = a_client(app, "http://127.0.0.1:1")
    assert client.get("/health/notices").status_code == 200
    desk.ways.broken["email"] = DOWN
    desk.edge.offered("one")
    desk.turn()
    for _ in range(60):
        desk.turn(MINUTE)
    answer = client.get("/health/notices")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "look",
        "waiting": 1,
        "nobody_answered": 1,
        "webhooks_failing": 0,
        "ways_out": {"email": "no-connection", "sms": "works"},
    }
    assert client.get("/health/ready").status_code == 200
    desk.close()


def test_what_waits_is_listed_and_acknowledged_over_the_api(database_url: str, tmp_path: Path) -> None:
    desk = Desk(database_url)
    app = build(StandInEdge(), config(tmp_path), notices=desk.notices)  # type: ignore[arg-type]
    client = a_client(app, "http://127.0.0.1:1")
    assert client.get("/v1/notices").json() == {"items": [], "next": None}
    desk.edge.offered("one")
    desk.turn()
    (shown,) = client.get("/v1/notices").json()["items"]
    assert (shown["kind"], shown["urgency"]) == ("answer-wanted", "urgent")
    assert (shown["referral_id"], shown["nobody_answered_since"]) == (an_id("one"), None)
    address = shown["links"]["acknowledgement"]
    assert [client.put(address).status_code for _ in range(2)] == [204, 204]
    assert client.get("/v1/notices").json()["items"] == []
    assert desk.turn(60 * MINUTE) == []
    assert client.put("/v1/notices/4711/acknowledgement").status_code == 404
    assert client.put("/v1/notices/x/acknowledgement").status_code == 422
    assert client.put(f"/v1/notices/{2**63}/acknowledgement").status_code == 422
    desk.close()


def test_a_bridge_without_notices_says_so(tmp_path: Path) -> None:
    client = a_client(build(StandInEdge(), config(tmp_path)), "http://127.0.0.1:1")  # type: ignore[arg-type]
    assert client.get("/health/notices").json() == {"status": "nobody is told"}
    assert client.get("/v1/notices").status_code == 503
