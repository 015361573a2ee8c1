"""A registry made anew from the repository has other ids; what stands in topics and edges is still read."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from directory_kit import Office, listed_participant, listed_programme
from edge_kit import IDENTITY, NEEDS, RECIPIENT, SENDER, Network, accepted
from topic_kit import Writer

from exchange_command import main as command
from exchange_command import preparation, process_control
from exchange_command.places import Places
from exchange_command.platform import Platform
from exchange_command.service_settings import connections, to_toml
from participant_edge.assembly import edge_of
from referral_exchange import catalog, ids, registry
from referral_exchange.codec import Codec, Undecodable
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.events import ProgrammeListed, ReferralProgressed, ReferralRecord
from referral_exchange.message import Message
from referral_exchange.oversight import room
from referral_exchange.oversight.source import Source
from referral_exchange.runtime import clients
from referral_exchange.runtime.directory_follower import DirectoryFollower
from referral_exchange.topics import partition_of
from referral_router.restore import restored
from referral_router.wire import Wire
from service_directory.book import Book

NOW = datetime(2031, 5, 4, 22, 15, tzinfo=UTC)
OTHERS = 5
"""Schemas of somebody else that the new registry numbered first."""


@dataclass(frozen=True)
class Rebuilt:
    """The ids that the first registry gave, and those of the new one."""

    before: dict[str, int]
    now: dict[str, int]

    @property
    def codec(self) -> Codec:
        return Codec(catalog.committed(), self.now)


@pytest.fixture(scope="module")
def rebuilt(
    platform: Platform,
    tmp_path_factory: pytest.TempPathFactory,
    jar_cache: Path,
    new_port_base: Callable[[], int],
    guarded: Callable[[Platform], AbstractContextManager[None]],
) -> Iterator[Rebuilt]:
    """A second registry, empty but for what is none of ours, then filled from the repository."""
    anew = Platform(Places(tmp_path_factory.mktemp("anew"), jar_cache, new_port_base()))
    spec = anew.specs["registry"]
    with guarded(anew):
        anew.places.run.mkdir(parents=True)
        preparation.just_before(anew.places, "registry")
        process_control.start(anew.places, spec)
        process_control.wait_ready(anew.places, spec)
        # Behind its front, which the command line starts: here only its numbers matter.
        url = f"{anew.places.address('registry_behind')}/apis/ccompat/v7"
        number_others_first(url)
        first = platform.places
        before = registry.look_up_all(first.registry_url, catalog.committed(), first.tls("operator"))
        yield Rebuilt(before, registry.register_all(url, catalog.committed()))


def number_others_first(url: str) -> None:
    with SchemaRegistryClient({"url": url}) as client:
        for number in range(OTHERS):
            text = json.dumps({"type": "record", "name": f"Foreign{number}", "fields": []})
            client.register_schema(f"foreign.Foreign{number}", Schema(text, "AVRO"))


def kafka(platform: Platform) -> dict[str, str]:
    return platform.places.kafka("administrator")


def test_every_id_is_another_one(rebuilt: Rebuilt) -> None:
    assert rebuilt.before.keys() == rebuilt.now.keys() == catalog.committed().keys()
    assert [key for key, number in rebuilt.now.items() if rebuilt.before[key] == number] == []
    taken_over = set(rebuilt.before.values()) & set(rebuilt.now.values())
    assert taken_over, "the worst case: an old id now names another record"


def test_what_is_new_must_carry_the_new_id(platform: Platform, rebuilt: Rebuilt) -> None:
    event = a_step(ids.fresh())
    with pytest.raises(Undecodable, match="unknown-schema-id"):
        rebuilt.codec.decode(Writer(platform, rebuilt.before).codec.encode(event), event.RECORD)


def test_the_directory_is_read(platform: Platform, rebuilt: Rebuilt) -> None:
    follower = DirectoryFollower(kafka(platform), rebuilt.codec, "operator")
    try:
        follower.read_to_present_end()
    finally:
        follower.close()
    listed = {programme.id for programme in platform.network.programmes}
    assert listed <= set(follower.directory.programmes)
    assert all(follower.directory.participant_of(programme) for programme in listed)


def test_a_listing_of_the_first_version_is_read_as_the_newest(platform: Platform, rebuilt: Rebuilt) -> None:
    vector = json.loads((SCHEMAS / "vectors" / "ProgrammeListed.v1.json").read_text(encoding="utf-8"))
    old = rebuilt.before["ProgrammeListed.v1"]
    value = b"\0" + old.to_bytes(4, "big") + bytes.fromhex(vector["body_hex"])
    name = vector["json"]["programme_id"]
    Writer(platform).put(Message("directory", f"programme:{name}", value, {"ce_type": b"ProgrammeListed.v1"}))
    listed = room.read(Source(kafka(platform), ""), quiet=True).programmes[name]
    assert isinstance(listed, ProgrammeListed)
    assert (listed.name, listed.access) == (vector["json"]["name"], [])


def a_step(referral_id: str) -> ReferralProgressed:
    return ReferralProgressed(
        event_id=ids.fresh(),
        occurred_at=NOW,
        referral_id=referral_id,
        programme_from=SENDER,
        programme_to=RECIPIENT,
        step="ReferralOffered.v1",
        step_event_id=ids.fresh(),
        state="requested",
        urgency="urgent",
    )


def test_the_routers_records_are_restored(platform: Platform, rebuilt: Rebuilt) -> None:
    referral_id = ids.fresh()
    record = ReferralRecord(
        referral_id=referral_id,
        programme_from=SENDER,
        programme_to=RECIPIENT,
        state="in_progress",
        urgency="urgent",
        consents=[],
        clocks=[],
        verdicts=[],
        updated_at=NOW,
    )
    writer = Writer(platform, rebuilt.before)
    writer.put(writer.plain("referral-records", referral_id, record))
    wire, admin = Wire(catalog.committed(), rebuilt.now), clients.admin(kafka(platform))
    records = restored(kafka(platform), admin, wire, partition_of(referral_id, 6), 15)
    found = records.get(referral_id)
    assert found is not None
    assert (found.state, found.programme_to) == ("in_progress", RECIPIENT)


def test_an_operator_needs_no_registry_to_read(
    platform: Platform,
    rebuilt: Rebuilt,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    referral_id = ids.fresh()
    for numbers in (rebuilt.before, rebuilt.now):
        writer = Writer(platform, numbers)
        writer.put(writer.plain("referral-progress", referral_id, a_step(referral_id)))
    file = tmp_path / "elsewhere.toml"
    operators = connections(platform.places, "operator")
    file.write_text(to_toml({**operators, "registry": {"url": "http://127.0.0.1:1"}}), encoding="utf-8")
    assert command.main(["journey", referral_id, "--json", "--settings", str(file)]) == 0
    assert len(json.loads(capsys.readouterr().out)["steps"]) == 2


def test_an_edge_opens_what_stood_in_its_inbox_before(rebuilt: Rebuilt, tmp_path: Path) -> None:
    network = Network(tmp_path)
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    referral_id = accepted(sender, recipient, network)
    sender.disclose(referral_id, [IDENTITY], "disclose")
    network.settle(sender, recipient)

    network._stores.pop(RECIPIENT).close()
    means, inbox = network.parts(RECIPIENT)
    restarted = edge_of(replace(means, codec=rebuilt.codec), inbox, None, on_failure=lambda: None)
    opened = [part.record for part in restarted.open_parts(referral_id)]
    assert [record for record in (NEEDS, IDENTITY) if record not in opened] == []
    network.close()


def test_the_service_directory_knows_its_own_listings(rebuilt: Rebuilt, tmp_path: Path) -> None:
    office = Office(f"sqlite:///{tmp_path / 'directory.db'}")
    office.book.adopt([listed_participant(), listed_programme()])
    reopened = Book(office.database, rebuilt.codec, office.clock).view.directory
    assert set(reopened.programmes) == {listed_programme().programme_id}
    office.close()
