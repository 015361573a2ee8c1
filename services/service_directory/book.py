"""The directory as it stands: listings, what publishers said, and what is to be published. One writer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import RLock

from sqlalchemy import Connection

from referral_exchange import ids, vocabulary
from referral_exchange.codec import Codec, Undecodable
from referral_exchange.directory import Directory, Entry, entry_key
from referral_exchange.events import CapacityReported, ParticipantListed, ProgrammeListed
from referral_exchange.runtime.lifecycle import Clock
from service_directory import capacity_rules, keys, rules, standing_rules, store
from service_directory.database import Database
from service_directory.findings import Report
from service_directory.publications import Organization, Publications, Service

Listing = ParticipantListed | ProgrammeListed


class ListingRefused(Exception):
    """A participant may not be listed so. `faults` say where and how to mend."""

    def __init__(self, faults: Sequence[rules.Fault]) -> None:
        """`faults` is not empty."""
        super().__init__(", ".join(sorted({fault.code for fault in faults})))
        self.faults = tuple(faults)


class NotListed(Exception):
    """No participant of that id is listed."""


@dataclass(frozen=True, slots=True)
class View:
    """Everything at one moment; never changed once it is shown."""

    directory: Directory = field(default_factory=Directory)
    services: Mapping[str, Service] = field(default_factory=dict)
    organizations: Mapping[str, Organization] = field(default_factory=dict)


class Book:
    """Thread-safe. What a method changed is stored, and waits in the outbox, when it returns."""

    def __init__(self, database: Database, codec: Codec, clock: Clock) -> None:
        """Reads what is stored. Raises StoreUnavailable."""
        self._database = database
        self._codec = codec
        self._clock = clock
        self._lock = RLock()
        self.view = View()
        """What is known now. Readers need no lock: it is put in place whole."""
        with self.alone(publications=True):
            pass

    @contextmanager
    def alone(self, *, publications: bool = False) -> Iterator[Connection]:
        """Nobody else writes meanwhile; the view is read again at the end. Raises StoreUnavailable.

        `publications`: organizations and services change too, of which there may be many.
        """
        with self._lock:
            with self._database.transaction() as connection:
                yield connection
                view = replace(self.view, directory=self._listings(connection))
                if publications:
                    services, organizations = store.services(connection), store.organizations(connection)
                    view = replace(view, services=services, organizations=organizations)
            self.view = view

    @contextmanager
    def undisturbed(self) -> Iterator[View]:
        """Nobody else writes meanwhile: what is decided by the view still holds when it is written."""
        with self._lock:
            yield self.view

    def adopt(self, entries: Iterable[Entry]) -> int:
        """Takes what stands in the topic, unless something newer is known or waits; how many."""
        with self.alone() as connection:
            known = self._listings(connection)
            return sum(self._adopt(connection, entry, known) for entry in entries)

    def republish(self, seen: frozenset[str]) -> int:
        """Queues every listing whose key the topic lacks: it was made anew, or lost; how many."""
        missing = 0
        with self.alone() as connection:
            for stored in store.listings(connection):
                if stored.key not in seen and not store.waits(connection, stored.key):
                    entry = self._decoded(stored)
                    if entry is not None:
                        store.to_send(connection, stored, entry.occurred_at)
                        missing += 1
        return missing

    def enrol(
        self,
        participant: ParticipantListed,
        programmes: Sequence[ProgrammeListed],
        key_lost: frozenset[str] = frozenset(),
    ) -> int:
        """Lists a participant and these programmes; how many listings changed. Raises ListingRefused."""
        with self.alone() as connection:
            held = self.view.directory
            by_key = keys.all_endorsed(programmes, held.programmes)
            faults = rules.enrolment_faults(
                participant, programmes, held, listable_codes(), vouched=by_key | key_lost
            )
            faults += standing_rules.return_faults(participant, programmes, held, key_lost)
            if faults:
                raise ListingRefused(faults)
            for programme in programmes:
                self._note_key_change(connection, programme, by_key)
            merged = [rules.with_services(p, self.view.services.values()) for p in programmes]
            listed: tuple[Listing, ...] = (standing_rules.kept(participant, held), *merged)
            return sum(self._list(connection, listing) for listing in listed)

    def stand(self, participant_id: str, wanted: standing_rules.Wanted) -> bool:
        """Sets how a participant stands; whether that is new. Raises NotListed, ListingRefused."""
        with self.alone() as connection:
            held = self.view.directory.participants.get(participant_id)
            if held is None:
                raise NotListed
            fault = standing_rules.standing_fault(held, wanted)
            if fault is not None:
                raise ListingRefused([fault])
            return self._list(connection, replace(held, standing=wanted))

    def take(self, publications: Publications, report: Report) -> Report:
        """Stores the publications and lists what they change; the report with the programmes that changed."""
        with self.alone(publications=True) as connection:
            store.put_organizations(connection, publications.organizations)
            store.put_services(connection, publications.services)
            changed = self._list_changed(connection, publications)
            done = replace(report, programmes=changed)
            store.put_report(connection, done, self._clock.now())
        return done

    def keep(self, report: Report) -> None:
        """Stores the report of an import that took nothing."""
        with self.alone() as connection:
            store.put_report(connection, report, self._clock.now())

    def report(self, import_id: str) -> dict[str, object] | None:
        """What came of an import; None for one that never was."""
        with self._database.transaction() as connection:
            return store.report(connection, import_id)

    def report_capacity(self, report: CapacityReported) -> capacity_rules.Refusal | None:
        """Lists a programme's room; the code of why not where it is refused. A repeat changes nothing."""
        with self.alone() as connection:
            directory = self.view.directory
            listed = _as_listed(report)
            if directory.capacities.get(report.programme_id) == listed:
                return None
            refused = capacity_rules.refusal(report, directory, self._clock.now())
            if refused is None:
                self._put(connection, listed)
            return refused

    def _list_changed(self, connection: Connection, publications: Publications) -> tuple[str, ...]:
        known = store.services(connection).values()
        touched = {service.programme_id for service in publications.services if service.programme_id}
        # A service that changed its programme leaves the other one with less.
        touched |= {
            before.programme_id
            for service in publications.services
            if (before := self.view.services.get(service.id)) and before.programme_id
        }
        listed = (self.view.directory.programmes[p] for p in sorted(touched))
        return tuple(p.programme_id for p in listed if self._list(connection, rules.with_services(p, known)))

    def _list(self, connection: Connection, listing: Listing) -> bool:
        """Whether it said something new."""
        if rules.same(listing, self._held(listing)):
            return False
        self._put(connection, replace(listing, event_id=ids.fresh(), occurred_at=self._clock.now()))
        return True

    def _held(self, listing: Listing) -> Listing | None:
        directory = self.view.directory
        if isinstance(listing, ParticipantListed):
            return directory.participants.get(listing.participant_id)
        return directory.programmes.get(listing.programme_id)

    def _put(self, connection: Connection, entry: Entry) -> None:
        stored = self._stored(entry)
        store.put_listing(connection, stored)
        store.to_send(connection, stored, entry.occurred_at)

    def _adopt(self, connection: Connection, entry: Entry, known: Directory) -> bool:
        key = entry_key(entry)
        held = _entry_of(known, key)
        if held == entry or store.waits(connection, key) or (held and _moment(held) > _moment(entry)):
            return False
        store.put_listing(connection, self._stored(entry))
        known.apply(entry)
        return True

    def _note_key_change(
        self, connection: Connection, programme: ProgrammeListed, by_key: frozenset[str]
    ) -> None:
        held = self.view.directory.programmes.get(programme.programme_id)
        if held is not None and rules.changes_key(programme, held):
            vouched_by = "key" if programme.programme_id in by_key else "person"
            changed = (held.key_id, programme.key_id)
            store.note_key_change(connection, programme.programme_id, changed, vouched_by, self._clock.now())

    def _stored(self, entry: Entry) -> store.Stored:
        return store.Stored(entry_key(entry), entry.event_id, entry.RECORD, self._codec.encode(entry))

    def _decoded(self, stored: store.Stored) -> Entry | None:
        try:
            event = self._codec.decode(stored.value, stored.record, own_registry=False)
        except Undecodable:
            # Written by a newer directory; the topic's own readers judge it, and a new listing replaces it.
            return None
        return event if isinstance(event, Entry) else None

    def _listings(self, connection: Connection) -> Directory:
        directory = Directory()
        for stored in store.listings(connection):
            entry = self._decoded(stored)
            if entry is not None:
                directory.apply(entry)
        return directory


def listable_codes() -> rules.Codes:
    """The codes of the vocabulary that a listing may hold."""
    return rules.Codes(
        services=frozenset(vocabulary.service_categories()),
        funding_streams=frozenset(vocabulary.funding_streams()),
        age_bands=frozenset(vocabulary.age_bands()) - {"unknown"},
        access=frozenset(vocabulary.access_needs()),
    )


def _as_listed(report: CapacityReported) -> CapacityReported:
    """The report as the topic carries it: an id of its own, which a repeat makes again."""
    event_id = ids.derived(report.event_id, "capacity", report.programme_id)
    return replace(report, event_id=event_id)


def _entry_of(directory: Directory, key: str) -> Entry | None:
    kind, _, name = key.partition(":")
    held: Mapping[str, Entry] = {
        "participant": directory.participants,
        "programme": directory.programmes,
        "capacity": directory.capacities,
    }[kind]  # type: ignore[assignment]
    return held.get(name)


def _moment(entry: Entry) -> datetime:
    return entry.as_of if isinstance(entry, CapacityReported) else entry.occurred_at
