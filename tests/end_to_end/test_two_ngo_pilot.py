"""The guide to a pilot of two NGOs, played from its page: up, hosted, asked, taken back, exported, left."""

import json
import re
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from coalition_kit import bearer_of
from guide_kit import Player, steps_of_guide
from real_edges import until

from exchange_command.hosting import coalition
from exchange_command.hosting.running import Host
from exchange_command.platform import Platform

FIRST, SECOND = "cedar-haven", "willow-rest"
NAME = "Invented Marigold"


@pytest.fixture
def player(tmp_path: Path, platform_to_end: Platform, new_port_base: Callable[[], int]) -> Iterator[Player]:
    """On a machine where the exchange of the demonstration has been; nothing of it runs beside the pilot."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    first = new_port_base()
    places = platform_to_end.places
    made = Player(folder, places, {"21120": str(first), "21121": str(first + 1)})
    try:
        yield made
    finally:
        if (folder / "pilot.toml").exists():
            hosted = coalition.load(folder / "pilot.toml")
            Host(hosted, places).stop(hosted.bridges)


def client(player: Player, name: str) -> httpx.Client:
    told = coalition.load(player.folder / "pilot.toml")
    port = next(bridge.port for bridge in told.bridges if bridge.id == name)
    allowed = bearer_of(player.folder / "hosted" / "settings" / f"ngo_bridge.{name}.toml")
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=allowed, timeout=30)


def post(http: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Repeats until it is taken: *not known yet* is an answer of a busy machine."""
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def once() -> dict[str, Any] | None:
        answer = http.post(path, json=body, headers=key)
        assert answer.status_code in (200, 201, 202, 503), answer.text
        return dict(answer.json()) if answer.status_code != 503 else None

    return until(once, path, 60)


def stands(http: httpx.Client, referral: str, state: str) -> None:
    def there() -> bool:
        found = http.get(f"/v1/referrals/{referral}")
        return found.status_code == 200 and found.json()["state"] == state

    until(there, state, 60)


def one_request(asks: httpx.Client, helps: httpx.Client) -> str:
    """Asked, accepted, the name sent and opened, taken back."""
    now = datetime.now(UTC)
    given = post(
        asks,
        "/v1/consents",
        {
            "programme_from": f"{FIRST}-outreach",
            "recipient": f"{SECOND}-shelter",
            "purpose": "services",
            "data_classes": ["needs", "identity", "safe-contact"],
            "comes_back": ["service-status"],
            "language": "es",
            "signer_role": "self",
            "subject_is_minor": False,
            "explained_at": (now - timedelta(minutes=5)).isoformat(),
            "signed_at": now.isoformat(),
        },
    )
    referral: str = given["referral_id"]
    needs = {
        "services": ["Housing Services"],
        "languages": ["es"],
        "region": "South Fields",
        "age_band": "adult",
        "household_size": 1,
    }
    post(asks, "/v1/referrals", {"consent_id": given["consent_id"], "urgency": "urgent", "needs": needs})
    stands(helps, referral, "received")
    post(helps, f"/v1/referrals/{referral}/answers", {"answer": "accepted", "reason": "accepted"})
    stands(asks, referral, "accepted")
    parts = [
        {"data_class": "safe-contact", "fields": {"may_contact": False}},
        {"data_class": "identity", "fields": {"chosen_name": NAME}},
    ]
    post(asks, f"/v1/referrals/{referral}/disclosures", {"parts": parts})
    until(lambda: NAME in helps.post(f"/v1/referrals/{referral}/openings").text, "the name is there", 60)
    post(asks, "/v1/withdrawals", {"referral_id": referral})
    stands(helps, referral, "cancelled")
    return referral


@pytest.mark.timeout(900)
def test_the_pilot_as_it_is_written(player: Player, platform_to_end: Platform) -> None:
    steps = {title[0]: text for title, text in steps_of_guide("two-ngo-pilot").items()}
    [up] = [line for line in steps["1"].splitlines() if line.startswith("exchange up")]
    player.play(up)
    named = set(up.rpartition(" ")[2].split(","))
    ready = {process.name for process in platform_to_end.status() if process.ready}
    # The front comes with the registry, and is not named.
    assert ready - {"registry.front"} == named
    player.play(steps["2"])
    kept = player.folder / "pilot.toml"
    kept.write_text(with_ports(player, kept.read_text(encoding="utf-8")), encoding="utf-8")
    assert player.play(steps["3"]).count("ready") == 4
    assert player.play(steps["4"]).count("codes_address") == 4

    with client(player, FIRST) as asks, client(player, SECOND) as helps:
        referral = one_request(asks, helps)
    seen = player.play(steps["5"])
    assert "holds:" in seen
    assert NAME not in seen

    player.play(steps["6"])
    player.play(steps["8"])
    for name in (FIRST, SECOND):
        with zipfile.ZipFile(player.folder / f"{name}.zip") as left:
            told = json.loads(left.read("manifest.json"))
            assert told["absent"] == []
            assert referral in left.read("referrals.jsonl").decode()
            assert all(NAME.encode() not in left.read(each) for each in left.namelist())
    assert list(player.places.run.glob("*.json")) == []


def with_ports(player: Player, text: str) -> str:
    return re.sub(r"2112[01]", lambda found: player.instead[found[0]], text)
