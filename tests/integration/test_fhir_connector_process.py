"""The connector as a process on the real exchange: killed and kept waiting at the worst moments."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from edge_kit import IDENTITY, offer_of
from real_edges import a_consent, reaches, real_edge, until
from warm_start import Warm

from exchange_command import service_settings
from exchange_command.platform import Platform
from fhir_health import codes
from fhir_health.elements import Resource, concept, place
from fhir_health.transport import FhirServer
from participant_edge.edge import Edge
from referral_exchange import ids
from referral_exchange.fault_points import VARIABLE
from referral_exchange.runtime.tls import client_context

pytestmark = pytest.mark.timeout(240)
CLINIC, CONNECTOR, STAND_IN = "cedar-grove-clinic", "connector.fhir_health", "stand_in.fhir_health"
SECONDS = 60


class Connector:
    """One process of the kit, told where to die."""

    def __init__(self, platform: Platform, folder: Path, fault: str | None = None) -> None:
        sections = dict(service_settings.all_settings(platform.places, platform.network)[CONNECTOR])
        own: dict[str, Any] = {"data": str(folder / "connector"), "timeout_s": 1, "faults": True}
        sections["service"] = {**sections["service"], **own}
        service_settings.write(folder, CONNECTOR, sections)
        file = str(folder / f"{CONNECTOR}.toml")
        environment = {**os.environ, **({VARIABLE: fault} if fault else {})}
        self.log = (folder / "connector.log").open("ab")
        self.process = Warm(
            ["-m", "participant_edge.kit", "--settings", file], self.log, environment=environment
        )

    def ends(self) -> int:
        return self.process.wait(SECONDS)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(30) == 0
        self.log.close()


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Iterator[Platform]:
    names = ["kafka", "registry", "consent_ledger", "referral_router", STAND_IN]
    platform.up(names)
    yield platform
    for name in reversed(names[2:]):
        platform.stop(name)


@pytest.fixture(scope="module")
def sender(exchange: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    edge = real_edge(exchange, "lantern-outreach", tmp_path_factory.mktemp("sender"))
    yield edge
    edge.stop()


@pytest.fixture
def server(exchange: Platform) -> Iterator[FhirServer]:
    fhir = FhirServer.at(f"{exchange.places.address(STAND_IN)}/fhir")
    yield fhir
    fhir.close()


@pytest.fixture
def stand_in(exchange: Platform) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=exchange.places.address(STAND_IN), trust_env=False) as http:
        yield http
        http.put("/faults", json=[])


def offered(sender: Edge) -> str:
    draft = replace(a_consent(), recipient=CLINIC)
    given = sender.give_consent(draft, ids.fresh())
    return sender.offer(offer_of(given.consent_id), ids.fresh()).referral_id


def task_of(server: FhirServer, referral_id: str) -> Resource:
    found = until(lambda: server.find("Task", codes.REFERRALS, referral_id), "the Task", SECONDS)
    assert found is not None
    return found


def people(server: FhirServer) -> int:
    return sum(1 for _ in server.changed("Patient", ""))


def accepted(sender: Edge, server: FhirServer) -> tuple[str, Resource]:
    referral_id = offered(sender)
    task = task_of(server, referral_id)
    server.change(place(task), lambda now: {**now, "status": "accepted"})
    reaches(sender, referral_id, "accepted", SECONDS)
    return referral_id, task


def disclosed_once(server: FhirServer, task: Resource, before: int) -> None:
    until(lambda: "focus" in server.read(place(task)), "the person at the provider", SECONDS)
    assert people(server) - before == 1


@pytest.mark.parametrize("point", ["ingested", "delivered"])
def test_killed_between_delivered_and_remembered_it_takes_effect_once(
    exchange: Platform, sender: Edge, server: FhirServer, tmp_path: Path, point: str
) -> None:
    referral_id = offered(sender)
    dying = Connector(exchange, tmp_path, f"participant_edge:{point}")
    assert dying.ends() == -signal.SIGKILL
    held = server.find("Task", codes.REFERRALS, referral_id)
    assert (held is not None) is (point == "delivered")
    again = Connector(exchange, tmp_path)
    task = task_of(server, referral_id)
    reaches(sender, referral_id, "received", SECONDS)
    # `find` raises where there are two.
    assert task["meta"]["versionId"] == "1"
    again.stop()


def test_a_disclosure_killed_after_it_took_effect_makes_one_person(
    exchange: Platform, sender: Edge, server: FhirServer, tmp_path: Path
) -> None:
    first = Connector(exchange, tmp_path)
    referral_id, task = accepted(sender, server)
    first.stop()
    before = people(server)
    sender.disclose(referral_id, [IDENTITY], ids.fresh())
    dying = Connector(exchange, tmp_path, "participant_edge:delivered")
    assert dying.ends() == -signal.SIGKILL
    again = Connector(exchange, tmp_path)
    disclosed_once(server, task, before)
    begun = {"status": "in-progress", "businessStatus": concept((codes.BSER, "5.1.1"))}
    server.change(place(task), lambda now: {**now, **begun})
    reaches(sender, referral_id, "in_progress", SECONDS)
    assert people(server) - before == 1
    again.stop()


def test_a_server_that_answers_late_or_lies_gets_everything_once(
    exchange: Platform, sender: Edge, server: FhirServer, stand_in: httpx.Client, tmp_path: Path
) -> None:
    connector = Connector(exchange, tmp_path)
    referral_id, task = accepted(sender, server)
    before = people(server)
    faults = [
        {"kind": "late", "method": "POST", "seconds": 1.5},
        {"kind": "stored-500", "method": "POST"},
        {"kind": "stored-500", "method": "PUT"},
        {"kind": "429", "method": "PUT", "seconds": 1},
        {"kind": "412", "method": "PUT", "times": 2},
    ]
    stand_in.put("/faults", json=faults)
    sender.disclose(referral_id, [IDENTITY], ids.fresh())
    disclosed_once(server, task, before)
    connector.stop()


def test_a_server_that_is_away_loses_nothing_and_is_told(
    exchange: Platform, sender: Edge, server: FhirServer, tmp_path: Path
) -> None:
    exchange.stop(STAND_IN)
    connector = Connector(exchange, tmp_path)
    referral_id = offered(sender)
    health = f"{exchange.places.address(CONNECTOR)}/health/ready"
    own = client_context(exchange.places.tls("operator"))

    def told() -> bool:
        try:
            answer = httpx.get(health, trust_env=False, verify=own)
        except httpx.ConnectError:
            return False
        return answer.status_code == 200 and answer.json()["system"] == "unreachable"

    until(told, "the health page says that the system is away", SECONDS)
    exchange.start(STAND_IN)
    task_of(server, referral_id)
    reaches(sender, referral_id, "received", SECONDS)
    connector.stop()
    log = (tmp_path / "connector.log").read_text(encoding="utf-8")
    assert "unreachable" in log
    assert "Task/" not in log
