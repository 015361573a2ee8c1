"""A plain Kafka client with a participant's certificate does the four things it may, and nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from plain_client import ALLOWED, PlainClient, outcome
from raw_kafka import RawKafka

from exchange_command import authority, participant_rights, probes, quotas, topic_setup
from exchange_command.demo.waiting import until
from exchange_command.platform import Platform
from referral_exchange.contract_docs import rights
from referral_exchange.contract_docs.rights import Right
from referral_exchange.topics import committed_topics, inbox, outbox

WHO = "harbor-house"
OWN = {"directory", outbox(WHO), inbox(WHO)}
DENIED = "TOPIC_AUTHORIZATION_FAILED"
GROUP_DENIED = "GROUP_AUTHORIZATION_FAILED"
TAKEN = "87"
"""INVALID_RECORD: what was written was looked at, and is no batch."""
CLUSTER_DENIED = "CLUSTER_AUTHORIZATION_FAILED"


@pytest.fixture(scope="module")
def client(platform: Platform) -> PlainClient:
    return PlainClient(platform.places.kafka(WHO), platform.places.tls(WHO))


@pytest.fixture(scope="module")
def raw(platform: Platform) -> Iterator[RawKafka]:
    """The same certificate, past all that a library would refuse to ask."""
    made = RawKafka(platform.places.port("kafka"), platform.places.tls(WHO))
    yield made
    made.close()


@pytest.fixture(scope="module")
def everything(platform: Platform) -> list[str]:
    """Every topic the broker has, its own among them."""
    admin = probes.admin(platform.places.kafka("administrator"))
    # The broker makes its own two when somebody first needs them.
    found = set(admin.list_topics(timeout=30).topics) | {"__consumer_offsets", "__transaction_state"}
    assert len(found) > 20
    return sorted(found)


def test_the_four_things_it_may(client: PlainClient) -> None:
    assert client.produces(outbox(WHO)) == ALLOWED
    assert client.produces(outbox(WHO), **{"enable.idempotence": True, "acks": "all"}) == ALLOWED
    assert client.reads(inbox(WHO), f"{WHO}.edge") == ALLOWED
    assert client.reads("directory", f"{WHO}.edge-directory") == ALLOWED
    assert client.joins(f"{WHO}.edge", inbox(WHO)) == ALLOWED
    assert client.commits(f"{WHO}.edge", inbox(WHO)) == ALLOWED


def test_it_writes_no_other_topic(client: PlainClient, raw: RawKafka, everything: list[str]) -> None:
    others = [topic for topic in everything if topic != outbox(WHO)]
    assert {topic: raw.produce(topic) for topic in others} == dict.fromkeys(others, DENIED)
    assert {topic: client.produces(topic) for topic in others} == dict.fromkeys(others, DENIED)


def test_it_reads_no_other_topic(client: PlainClient, raw: RawKafka, everything: list[str]) -> None:
    others = [topic for topic in everything if topic not in {"directory", inbox(WHO)}]
    assert {topic: raw.fetch(topic) for topic in others} == dict.fromkeys(others, DENIED)
    assert {topic: client.joins(f"{WHO}.edge", topic) for topic in others} == dict.fromkeys(others, DENIED)


def test_it_asks_nothing_of_another_topic(raw: RawKafka, everything: list[str]) -> None:
    others = [topic for topic in everything if topic not in OWN]
    assert {topic: raw.ends(topic) for topic in others} == dict.fromkeys(others, DENIED)


def test_it_deletes_nothing_even_of_its_own(raw: RawKafka, everything: list[str]) -> None:
    assert {topic: raw.delete(topic) for topic in everything} == dict.fromkeys(everything, DENIED)


def test_nothing_else_is_listed_to_it(platform: Platform, client: PlainClient) -> None:
    assert client.sees() == OWN
    for each in platform.network.with_bridges:
        other = PlainClient(platform.places.kafka(each.id), platform.places.tls(each.id))
        assert other.sees() == {"directory", outbox(each.id), inbox(each.id)}


def test_it_uses_no_other_group(platform: Platform, client: PlainClient, raw: RawKafka) -> None:
    others = [f"{each.id}.edge" for each in platform.network.with_bridges if each.id != WHO]
    ours = ["referral_router", "consent_ledger", "status_board", "service_directory.edge", "operator"]
    alike = [WHO, f"{WHO}-2.edge", "harbor.edge", "edge", f"x.{WHO}.edge"]
    for group in (*others, *ours, *alike):
        asked = {raw.commit(group, inbox(WHO)), raw.committed(group, inbox(WHO))}
        assert asked | {client.joins(group, inbox(WHO))} == {GROUP_DENIED}, group


def test_no_other_group_is_listed_to_it(platform: Platform, client: PlainClient) -> None:
    neighbour = PlainClient(
        platform.places.kafka("lantern-outreach"), platform.places.tls("lantern-outreach")
    )
    assert neighbour.commits("lantern-outreach.edge", inbox("lantern-outreach")) == ALLOWED
    assert client.commits(f"{WHO}.edge", inbox(WHO)) == ALLOWED
    assert {group for group in client.groups() if not group.startswith(f"{WHO}.")} == set()


@pytest.mark.parametrize("name", ["router-0", "router-5", WHO, f"{WHO}.edge", "x"])
def test_it_begins_no_transaction(client: PlainClient, name: str) -> None:
    assert client.transacts(name) == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"


def test_it_administers_nothing(client: PlainClient) -> None:
    tried = dict(client.administers(outbox(WHO), WHO))
    refused = {DENIED, GROUP_DENIED, CLUSTER_DENIED}
    assert {call: how for call, how in tried.items() if how not in refused} == {}
    assert len(tried) == 13


def test_nobodys_rights_are_told_to_it(platform: Platform, client: PlainClient) -> None:
    administrator = PlainClient(platform.places.kafka("administrator"), platform.places.tls("administrator"))
    assert len(administrator.rights()) > 50
    assert client.rights() == []


def test_no_right_of_anybody_else_is_its_own(platform: Platform, client: PlainClient, raw: RawKafka) -> None:
    """Every line of `schemas/ACLS.md` that names somebody else, tried with its certificate."""
    topics = committed_topics()
    mine = {(r.operation, r.resource, r.name) for r in rights.of_participant(WHO, topics)}
    everybody = rights.of_network([p.id for p in platform.network.with_mailboxes], topics)
    others = [r for r in everybody if (r.operation, r.resource, r.name) not in mine]
    assert len(others) > 40
    allowed = [right for right in others if not _try(client, raw, _example(right)).endswith("FAILED")]
    assert allowed == []


def _example(right: Right) -> Right:
    """One thing that the right covers and no right of the participant does."""
    if right.resource == "topic" and right.prefixed:
        return replace(right, name=f"{right.name}lantern-outreach", prefixed=False)
    if right.prefixed:
        return replace(right, name=f"{right.name}0", prefixed=False)
    return replace(right, name="referral_router") if right.name == "*" else right


def _try(client: PlainClient, raw: RawKafka, right: Right) -> str:
    attempts: dict[tuple[str, str], Callable[[], str]] = {
        ("topic", "Write"): lambda: raw.produce(right.name),
        ("topic", "Read"): lambda: raw.fetch(right.name),
        ("topic", "Delete"): lambda: raw.delete(right.name),
        ("topic", "Describe"): lambda: raw.ends(right.name),
        ("group", "Read"): lambda: raw.commit(right.name, inbox(WHO)),
        ("group", "Describe"): lambda: raw.committed(right.name, inbox(WHO)),
        ("transactional-id", "Write"): lambda: client.transacts(right.name),
        ("transactional-id", "Describe"): lambda: client.transacts(right.name),
    }
    return attempts[right.resource, right.operation]()


@pytest.fixture
def newcomer(platform: Platform) -> Iterator[tuple[str, RawKafka]]:
    """A certificate of our authority, and no rights at all; connected."""
    name, places = "nobody-yet", platform.places
    authority.authority_in(places.authority).keep(places.certificates / name, name)
    made = RawKafka(places.port("kafka"), places.tls(name))
    yield name, made
    made.close()


def test_a_certificate_alone_gives_no_right(
    platform: Platform, newcomer: tuple[str, RawKafka], everything: list[str]
) -> None:
    name, raw = newcomer
    assert PlainClient(platform.places.kafka(name), platform.places.tls(name)).sees() == set()
    for ask in (raw.fetch, raw.produce, raw.ends, raw.delete):
        assert {topic: ask(topic) for topic in everything} == dict.fromkeys(everything, DENIED)
    assert raw.commit(f"{name}.edge", "directory") == GROUP_DENIED


def test_rights_come_and_go_in_mid_connection(platform: Platform, newcomer: tuple[str, RawKafka]) -> None:
    name, raw = newcomer
    admin = probes.admin(platform.places.kafka("administrator"))
    own = {n: kind for n, kind in topic_setup.wanted([name]).items() if kind.per_participant}
    topic_setup.make_so(admin, own)
    answers = {
        "enrolled": (TAKEN, ALLOWED, ALLOWED),
        "paused": (DENIED, ALLOWED, ALLOWED),
        "expelled": (DENIED, DENIED, GROUP_DENIED),
    }

    def asked() -> tuple[str, str, str]:
        return raw.produce(outbox(name)), raw.fetch(inbox(name)), raw.commit(f"{name}.edge", inbox(name))

    for standing in ("enrolled", "paused", "enrolled", "expelled"):
        participant_rights.make_so(admin, name, standing)
        # The broker applies a right a moment after it has written it down.
        until(lambda wanted=answers[standing]: asked() == wanted, 5, f"the rights of one that is {standing}")
    assert raw.fetch("directory") == DENIED


def test_repeating_it_changes_nothing(platform: Platform) -> None:
    admin = probes.admin(platform.places.kafka("administrator"))
    assert participant_rights.make_so(admin, WHO, "enrolled") is False


def test_no_service_of_the_exchange_loses_its_rights_by_a_slip(platform: Platform) -> None:
    admin = probes.admin(platform.places.kafka("administrator"))
    for name in rights.services(committed_topics()):
        with pytest.raises(participant_rights.NotListed):
            participant_rights.make_so(admin, name, "expelled")


def test_nobody_without_a_certificate_of_ours_is_heard(platform: Platform, tmp_path: Path) -> None:
    places = platform.places
    forged = authority.authority_in(tmp_path / "another")
    forged.issue(tmp_path / WHO, WHO)
    kafka = places.kafka(WHO)
    stranger = {
        "ssl.certificate.location": str(tmp_path / WHO / "certificate.pem"),
        "ssl.key.location": str(tmp_path / WHO / "key.pem"),
    }
    bare = {
        name: value for name, value in kafka.items() if name.startswith(("bootstrap", "security", "ssl.ca"))
    }
    plain = {"bootstrap.servers": places.bootstrap}
    for settings in (kafka | stranger, bare, plain):
        asking = PlainClient(settings, places.tls(WHO)).admin
        assert outcome(lambda asking=asking: asking.list_topics(timeout=2)) == "_TRANSPORT"


def test_everybody_is_bounded_and_the_exchange_itself_is_not(platform: Platform) -> None:
    limits = quotas.wire(platform.places).limits()
    assert limits[None] == dict(quotas.Quota().limits)
    assert WHO not in limits
    assert limits["referral_router"] == dict(quotas.UNBOUND.limits)
