"""A coalition hosts three NGOs as real processes: one is killed, one has no disk, and the third goes on."""

import json
import os
import resource
import signal
import stat
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from coalition_kit import HOSTED, bearer_of, coalition_file
from real_edges import until

from exchange_command.hosting import coalition, quarters
from exchange_command.hosting.running import Bridge, Host
from exchange_command.main import main
from exchange_command.places import Places
from exchange_command.platform import Platform

KILLED, FULL, OTHER = HOSTED
Told = list[dict[str, Any]]


@dataclass
class Hosting:
    """The coalition's file, and `exchange host` on it."""

    file: Path
    host: Host
    capsys: pytest.CaptureFixture[str]

    @property
    def places(self) -> Places:
        return self.host.places

    def __call__(self, *words: str, code: int = 0) -> Told:
        self.capsys.readouterr()
        assert main(["host", str(self.file), *words, "--json"]) == code, self.capsys.readouterr().out
        found: Told = json.loads(self.capsys.readouterr().out)
        return found

    def pids(self) -> dict[str, int]:
        return {each["id"]: each["pid"] for each in self("status", code=0)}

    def client(self, name: str) -> httpx.Client:
        port = next(each.port for each in self.host.coalition.bridges if each.id == name)
        allowed = bearer_of(self.places.settings / f"ngo_bridge.{name}.toml")
        return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=allowed, timeout=30)


@pytest.fixture(scope="module")
def own(
    tmp_path_factory: pytest.TempPathFactory,
    jar_cache: Path,
    new_port_base: Callable[[], int],
    guarded: Callable[[Platform], AbstractContextManager[None]],
) -> Iterator[Platform]:
    made = Platform.at(tmp_path_factory.mktemp("coalition"), jar_cache, new_port_base())
    with guarded(made):
        made.up(["kafka", "registry", "consent_ledger", "referral_router", "service_directory"])
        yield made


@pytest.fixture
def hosting(
    own: Platform,
    new_port_base: Callable[[], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Hosting]:
    places = own.places
    monkeypatch.setenv("EXCHANGE_HOME", str(places.home))
    monkeypatch.setenv("EXCHANGE_CACHE", str(places.cache))
    monkeypatch.setenv("EXCHANGE_PORT_BASE", str(places.port_base))
    file = coalition_file(tmp_path, new_port_base())
    told = coalition.load(file)
    host = Host(told, places)
    try:
        yield Hosting(file, host, capsys)
    finally:
        ended: list[Bridge] = host.stop(told.bridges)
        assert not any(bridge.running for bridge in ended)


def give(http: httpx.Client, name: str) -> httpx.Response:
    """A consent to a programme of the demonstration network."""
    now = datetime.now(UTC)
    body = {
        "programme_from": f"{name}-shelter",
        "recipient": "meadow-housing",
        "purpose": "services",
        "data_classes": ["needs", "identity", "safe-contact"],
        "comes_back": ["service-status"],
        "language": "es",
        "signer_role": "self",
        "subject_is_minor": False,
        "explained_at": (now - timedelta(minutes=5)).isoformat(),
        "signed_at": now.isoformat(),
    }
    return http.post("/v1/consents", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})


def refers(http: httpx.Client, name: str) -> None:
    """Returns once a referral of it has gone through the router."""
    given = until(lambda: ok(give(http, name)), "a consent is given", 30)
    needs = {
        "services": ["Housing Services"],
        "languages": ["es"],
        "region": "South Fields",
        "age_band": "adult",
        "household_size": 1,
    }
    body = {"consent_id": given["consent_id"], "urgency": "urgent", "needs": needs}
    sent = http.post("/v1/referrals", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert sent.status_code == 202, sent.text
    shown = http.get(f"/v1/referrals/{given['referral_id']}").json()
    assert shown["state"] == "requested"


def ok(answer: httpx.Response) -> dict[str, Any] | None:
    assert answer.status_code in (201, 503), answer.text
    return answer.json() if answer.status_code == 201 else None


def without_disk(pid: int) -> None:
    """Whatever it writes from now on does not fit."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.timeout(240)
def test_one_is_killed_and_one_has_no_disk_and_the_third_goes_on(hosting: Hosting) -> None:
    started = hosting()
    assert [each["id"] for each in started if each["ready"] and not each["problem"]] == list(HOSTED)
    before = hosting.pids()

    with hosting.client(OTHER) as http, hosting.client(FULL) as full:
        without_disk(before[FULL])
        os.kill(before[KILLED], signal.SIGKILL)
        psutil.wait_procs([psutil.Process(before[KILLED])], timeout=10)
        assert give(full, FULL).status_code == 503
        refers(http, OTHER)

        stands = {each["id"]: each for each in hosting("status", code=1)}
        assert not stands[KILLED]["running"]
        assert stands[OTHER]["ready"]
        assert stands[OTHER]["pid"] == before[OTHER]

        again = {each["id"]: each for each in hosting("start", "--only", KILLED)}
        assert again[KILLED]["ready"]
        assert again[KILLED]["pid"] != before[KILLED]
        assert hosting.pids()[OTHER] == before[OTHER]
        refers(http, OTHER)
    with hosting.client(KILLED) as back:
        refers(back, KILLED)

    kept_apart(hosting.places)
    cannot_serve_from_the_neighbours_data(hosting)


def kept_apart(places: Places) -> None:
    """Every folder for its owner only, every private key too, and none stands where two look."""
    folders = [each for each in places.home.rglob("*") if each.is_dir()]
    assert {stat.S_IMODE(each.stat().st_mode) for each in [places.home, *folders]} == {0o700}
    private = [each for each in places.home.rglob("*") if b"PRIVATE KEY" in content(each)]
    assert len(private) == len(HOSTED) * 3
    kept = [*private, *places.keys.rglob("*.key"), *places.data("").rglob("*.db")]
    assert {stat.S_IMODE(each.stat().st_mode) for each in kept} == {0o600}
    databases = [each.relative_to(places.data("")) for each in places.data("").rglob("*.db")]
    for name in HOSTED:
        own = {each.name for each in databases if each.parts[0] == f"ngo_bridge.{name}"}
        assert own >= {"bridge.db", "edge.db"}


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def cannot_serve_from_the_neighbours_data(hosting: Hosting) -> None:
    """The system tells a bridge that turns on its neighbour that it may not; without walls a lock would."""
    places, told = hosting.places, hosting.host.coalition
    hosting("stop", "--only", KILLED)
    turned = next(each for each in told.bridges if each.id == KILLED)
    settings = places.settings / f"{turned.process}.toml"
    own = settings.read_text(encoding="utf-8")
    neighbours = own.replace(f"data/ngo_bridge.{KILLED}", f"data/ngo_bridge.{OTHER}")
    assert neighbours != own
    settings.write_text(neighbours, encoding="utf-8")
    command = quarters.spec_of(places, told, turned).command
    ended = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert ended.returncode != 0
    denied = (b"PermissionError", b"OperationalError", b"StoreUnavailable")
    assert any(each in ended.stderr for each in denied), ended.stderr
    assert b"StoreUnusable" not in ended.stderr
