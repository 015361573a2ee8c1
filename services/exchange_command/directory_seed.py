"""Enrols the participants and programmes of a network file in the topic `directory`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

from exchange_command.authority import ADMINISTRATOR
from exchange_command.network import Network, Participant, Programme
from exchange_command.places import Places
from exchange_command.problem import Problem
from referral_exchange import catalog, ids, message, registry, signing, topics
from referral_exchange.codec import Codec, Undecodable
from referral_exchange.directory import Directory, entry_key
from referral_exchange.events import Event
from referral_exchange.events.directory import ParticipantListed, ProgrammeListed

PROGRAMME = "service_directory"
"""Who signs the listings. That service adopts what stands in the topic, signed by its own key."""

TOPIC = "directory"
_SECONDS = 30.0
_LONG_AGO = datetime.fromtimestamp(0, UTC)

_IMPORTED = ("services", "languages", "region", "age_bands", "access")
_KEYS = ("signing_key", "sealing_key", "key_id", "previous_key_id", "previous_key_signature")

Listing = ParticipantListed | ProgrammeListed


class DirectoryUnpublished(Problem):
    """The broker did not take the listings; the message says how many are missing."""


def publish(places: Places, network: Network) -> int:
    """Writes the listings that the topic does not hold as they are; returns how many. Repeatable.

    Raises DirectoryUnpublished.
    """
    new = unlisted(places, network, Codec(catalog.committed(), {}))
    if new:
        _produce(places, _writing(places), new)
    return len(new)


def unlisted(places: Places, network: Network, codec: Codec) -> list[Listing]:
    """The listings that the topic lacks or holds otherwise. Raises DirectoryUnpublished, KeyUnusable.

    What a programme offers is the directory's own once it is listed: an import there is not undone here.
    """
    listed = read(places.kafka(PROGRAMME), codec)
    wanted = (_enrolled(listed, listing) for listing in listings(places, network))
    return [listing for listing in wanted if not _holds(listed, listing)]


def listings(places: Places, network: Network) -> Iterator[Listing]:
    """Every participant and programme, with the public keys of the key folder."""
    for participant in network.here:
        yield _participant(participant)
        for programme in participant.programmes:
            yield _programme(places, participant, programme)


def read(kafka: Mapping[str, str], codec: Codec) -> Directory:
    """The directory as the topic holds it now."""
    directory = Directory()
    for value, named in _read_all(kafka):
        try:
            ce_type = message.text(named, "ce_type")
            directory.apply(codec.decode(value, ce_type, own_registry=False))
        except Undecodable:
            # Not ours to judge here: every reader of the topic does, and a new listing replaces it.
            continue
    return directory


def as_listed(places: Places) -> Directory:
    """The same, for the administrator: it reads when nobody else may yet, and needs no registry."""
    return read(places.kafka(ADMINISTRATOR), Codec(catalog.committed(), {}))


def _writing(places: Places) -> Codec:
    known = catalog.committed()
    written = {record: known[record] for record in (ParticipantListed.RECORD, ProgrammeListed.RECORD)}
    return Codec(known, registry.look_up_all(places.registry_url, written, places.tls(PROGRAMME)))


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
        access=programme.access,
    )


def _enrolled(directory: Directory, listing: Listing) -> Listing:
    """The listing as enrolment wants it, with what the directory itself decides left as it stands."""
    if isinstance(listing, ParticipantListed):
        present = directory.participants.get(listing.participant_id)
        # Who was paused or expelled stays so: the network file says who there is, not who may take part.
        return replace(listing, standing=present.standing) if present else listing
    held = directory.programmes.get(listing.programme_id)
    if held is None:
        return listing
    # Where somebody replaced the first key since, the key folder's is an older one.
    names = _IMPORTED if held.key_id == listing.key_id else (*_IMPORTED, *_KEYS)
    kept: dict[str, Any] = {name: getattr(held, name) for name in names}
    if held.confidential:
        # An import may have made it so, and then named it by its alias.
        kept |= {"confidential": True, "name": held.name}
    return replace(listing, **kept)


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
            **places.kafka(PROGRAMME),
            "enable.metrics.push": False,
            # A listing that arrives twice says the same thing twice; a transaction log is not woken for it.
            "acks": "all",
            "partitioner": "murmur2_random",
            "compression.type": "zstd",
        }
    )
    failed: list[KafkaError] = []
    for listing in new:
        value, key = codec.encode(listing), entry_key(listing)
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


def _read_all(kafka: Mapping[str, str]) -> Iterator[tuple[bytes | None, dict[str, bytes]]]:
    """Every record of the topic up to its end at the time each partition's end is reached."""
    partitions = range(topics.committed_topics()[TOPIC].partitions)
    consumer = Consumer(
        {
            **kafka,
            "enable.metrics.push": False,
            "group.id": f"{PROGRAMME}.seed",
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
