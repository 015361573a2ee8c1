"""Lists the participants and programmes of a network file in the topic `directory`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

from exchange_command.network import Network, Participant, Programme
from exchange_command.places import Places
from exchange_command.problem import Problem
from referral_exchange import catalog, ids, message, registry, signing, topics
from referral_exchange.codec import Codec, Undecodable
from referral_exchange.directory import Directory
from referral_exchange.events import Event
from referral_exchange.events.directory import ParticipantListed, ProgrammeListed

PROGRAMME = "service_directory"
"""Who signs the listings until that service exists."""

TOPIC = "directory"
_SECONDS = 30.0
_LONG_AGO = datetime.fromtimestamp(0, UTC)

Listing = ParticipantListed | ProgrammeListed


class DirectoryUnpublished(Problem):
    """The broker did not take the listings; the message says how many are missing."""


def publish(places: Places, network: Network) -> int:
    """Writes the listings that the topic does not hold as they are; returns how many. Repeatable.

    Raises DirectoryUnpublished.
    """
    codec = Codec(catalog.committed(), registry.look_up_all(places.registry_url, catalog.committed()))
    new = unlisted(places, network, codec)
    if new:
        _produce(places, codec, new)
    return len(new)


def unlisted(places: Places, network: Network, codec: Codec) -> list[Listing]:
    """The listings that the topic lacks or holds otherwise. Raises DirectoryUnpublished, KeyUnusable."""
    listed = read(places.bootstrap, codec)
    return [listing for listing in listings(places, network) if not _holds(listed, listing)]


def listings(places: Places, network: Network) -> Iterator[Listing]:
    """Every participant and programme, with the public keys of the key folder."""
    for participant in network.participants:
        yield _participant(participant)
        for programme in participant.programmes:
            yield _programme(places, participant, programme)


def read(bootstrap: str, codec: Codec) -> Directory:
    """The directory as the topic holds it now."""
    directory = Directory()
    for value, named in _read_all(bootstrap):
        try:
            directory.apply(codec.decode(value, message.text(named, "ce_type")))
        except Undecodable:
            # Not ours to judge here: every reader of the topic does, and a new listing replaces it.
            continue
    return directory


def key_of(listing: Listing) -> str:
    """The record's key: compaction must not let a programme replace a participant of the same id."""
    if isinstance(listing, ParticipantListed):
        return f"participant:{listing.participant_id}"
    return f"programme:{listing.programme_id}"


def _participant(participant: Participant) -> ParticipantListed:
    return ParticipantListed(
        event_id=ids.fresh(),
        occurred_at=datetime.now(UTC),
        participant_id=participant.id,
        name=participant.name,
        kind=participant.kind,
    )


def _programme(places: Places, participant: Participant, programme: Programme) -> ProgrammeListed:
    signer = signing.load_signer(places.keys, programme.id)
    sealing = signing.load_sealing_key(places.keys, programme.id).public_key().public_bytes_raw()
    return ProgrammeListed(
        event_id=ids.fresh(),
        occurred_at=datetime.now(UTC),
        programme_id=programme.id,
        participant_id=participant.id,
        name=programme.name,
        confidential=programme.confidential,
        role=programme.role,
        funding_streams=programme.funding_streams,
        services=programme.services,
        languages=programme.languages,
        region=programme.region,
        age_bands=programme.age_bands,
        signing_key=signer.public,
        sealing_key=sealing if participant.has_mailboxes else None,
        key_id=signer.key_id,
    )


def _holds(directory: Directory, listing: Listing) -> bool:
    held: Listing | None
    if isinstance(listing, ParticipantListed):
        held = directory.participants.get(listing.participant_id)
    else:
        held = directory.programmes.get(listing.programme_id)
    return held is not None and _undated(held) == _undated(listing)


def _undated(listing: Listing) -> Event:
    return replace(listing, event_id="", occurred_at=_LONG_AGO)


def _produce(places: Places, codec: Codec, new: Iterable[Listing]) -> None:
    signer = signing.load_signer(places.keys, PROGRAMME)
    producer = Producer(
        {
            "bootstrap.servers": places.bootstrap,
            # A listing that arrives twice says the same thing twice; a transaction log is not woken for it.
            "acks": "all",
            "partitioner": "murmur2_random",
            "compression.type": "zstd",
        }
    )
    failed: list[KafkaError] = []
    for listing in new:
        value, key = codec.encode(listing), key_of(listing)
        envelope = message.Envelope(listing.RECORD, listing.event_id, listing.occurred_at, key, "")
        producer.produce(
            TOPIC,
            key=key,
            value=value,
            headers=list(message.headers(envelope, value, signer).items()),
            on_delivery=lambda error, _sent: failed.append(error) if error else None,
        )
    unsent = producer.flush(_SECONDS)
    if unsent or failed:
        raise DirectoryUnpublished(
            f"{unsent + len(failed)} listings did not reach the topic {TOPIC}; run `exchange doctor`, mend "
            "what it names, then run `exchange up` again"
        )


def _read_all(bootstrap: str) -> Iterator[tuple[bytes | None, dict[str, bytes]]]:
    """Every record of the topic up to its end at the time each partition's end is reached."""
    partitions = range(topics.committed_topics()[TOPIC].partitions)
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "exchange-command",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            # At its end a partition answers only after this long.
            "fetch.wait.max.ms": 10,
        }
    )
    try:
        consumer.assign([TopicPartition(TOPIC, partition, OFFSET_BEGINNING) for partition in partitions])
        unread = set(partitions)
        while unread:
            for record in consumer.consume(500, timeout=0.1):
                error = record.error()
                if error is None:
                    yield record.value(), message.read_headers(record.headers())
                elif error.code() == KafkaError._PARTITION_EOF:
                    unread.discard(record.partition())
                else:
                    raise DirectoryUnpublished(f"the topic {TOPIC} cannot be read: {error.name()}")
    finally:
        consumer.close()
