"""The directory on the real broker: killed, on a new disk, beside the seeding, with a programme's room."""

import shutil
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from directory_kit import as_bytes, attribute, service
from real_edges import real_edge, until

from exchange_command import directory_seed
from exchange_command.platform import Platform
from participant_edge.commands import CapacityDraft
from referral_exchange import catalog, fault_points, ids
from referral_exchange.codec import Codec
from referral_exchange.directory import Directory
from referral_exchange.runtime.tls import client_context

NAME = "service_directory"
TERMS = [attribute(1, "programme:harbor-advocacy"), attribute(2, "Legal Services", "NIEM")]


@pytest.fixture(scope="module")
def settings(platform: Platform) -> Path:
    """The process's settings, as `exchange up` writes them."""
    return platform.places.settings / f"{NAME}.toml"


@pytest.fixture
def ground(settings: Path, clean_platform: Platform) -> Iterator[Platform]:
    """An empty disk, and a topic that the seeding filled; what a test starts on it is killed."""
    told = settings.read_text(encoding="utf-8")
    shutil.rmtree(clean_platform.places.data(NAME), ignore_errors=True)
    yield clean_platform
    clean_platform.stop(NAME, signal.SIGKILL)
    settings.write_text(told, encoding="utf-8")


@pytest.fixture
def client(ground: Platform) -> Iterator[httpx.Client]:
    """As the operator asks the process, which need not run yet."""
    own = client_context(ground.places.tls("operator"))
    with httpx.Client(base_url=ground.places.address(NAME), timeout=30, trust_env=False, verify=own) as made:
        yield made


@pytest.fixture
def directory(ground: Platform, client: httpx.Client) -> httpx.Client:
    """The process, at work."""
    ground.start(NAME)
    return client


def topic(platform: Platform) -> Directory:
    return directory_seed.read(platform.places.kafka("operator"), Codec(catalog.committed(), {}))


def searched(directory: httpx.Client, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = directory.get("/v1/services", params=query).json()["services"]
    return found


def imported(directory: httpx.Client, **changed: Any) -> dict[str, Any]:
    answer = directory.post(
        "/v1/imports", content=as_bytes(service(**changed)), headers={"content-type": "application/json"}
    )
    report: dict[str, Any] = answer.json()
    return report


def test_what_was_imported_outlives_a_kill_the_disk_and_another_seeding(
    directory: httpx.Client, ground: Platform
) -> None:
    platform = ground
    assert len(searched(directory)) == len([p for p in platform.network.programmes if p.role == "assistance"])
    assert imported(directory, attributes=TERMS)["programmes"] == ["harbor-advocacy"]
    listed = topic(platform).programmes["harbor-advocacy"]
    assert (listed.services, listed.languages, listed.region) == (["Legal Services"], ["tl"], "South Fields")
    before = searched(directory)
    platform.stop(NAME, signal.SIGKILL)
    shutil.rmtree(platform.places.data(NAME))
    assert directory_seed.publish(platform.places, platform.network) == 0
    platform.start(NAME)
    assert searched(directory) == before
    assert topic(platform).programmes["harbor-advocacy"] == listed


@pytest.mark.parametrize("point", ["committed", "acknowledged"])
def test_killed_around_the_brokers_answer_an_import_is_published_all_the_same(
    client: httpx.Client, ground: Platform, settings: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = ground
    settings.write_text(settings.read_text(encoding="utf-8") + "faults = true\n", encoding="utf-8")
    monkeypatch.setenv(fault_points.VARIABLE, f"{NAME}:{point}")
    platform.start(NAME)
    with pytest.raises(httpx.TransportError):
        imported(client, attributes=TERMS)
    monkeypatch.delenv(fault_points.VARIABLE)
    platform.start(NAME)
    until(
        lambda: topic(platform).programmes["harbor-advocacy"].services == ["Legal Services"],
        "the listing stands in the topic",
    )
    assert searched(client, service="Legal Services", region="South Fields")
    assert imported(client, attributes=TERMS)["programmes"] == []


def test_a_listing_by_the_seeding_reaches_a_running_directory(
    directory: httpx.Client, ground: Platform
) -> None:
    platform = ground
    held = topic(platform).participants["harbor-house"]
    changed = type(held)(**{**held.to_datum(), "name": "Harbor Houses", "occurred_at": datetime.now(UTC)})
    places = platform.places
    directory_seed._produce(places, directory_seed._writing(places), [changed])
    until(lambda: "Harbor Houses" in directory.get("/v1/hsds").text, "the new name is exported")


def test_a_programmes_room_reaches_the_search_and_the_topic(
    directory: httpx.Client, ground: Platform, tmp_path: Path
) -> None:
    platform = ground
    platform.start("referral_router")
    now = datetime.now(UTC)
    edge = real_edge(platform, "harbor-house", tmp_path)
    try:
        edge.report_capacity(
            "harbor-advocacy",
            CapacityDraft(
                capacity="waitlist",
                room=None,
                household_size=2,
                accessible=True,
                languages=["es"],
                as_of=now,
                valid_until=now + timedelta(hours=1),
            ),
            ids.fresh(),
        )
        until(lambda: searched(directory, capacity="waitlist"), "the room is found", 60)
        until(lambda: topic(platform).capacities.get("harbor-advocacy"), "the room stands in the topic")
    finally:
        edge.stop()
        platform.stop("referral_router")
