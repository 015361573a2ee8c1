"""The directory as every party reads it: keys of its records, mailboxes, the latest word on room."""

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

from directory_kit import NOW, capacity, listed_participant, listed_programme

from participant_edge import reading
from participant_edge.means import Means
from referral_exchange.directory import Directory, entry_key, mailboxes
from referral_exchange.tracing.attributes import check_name


def test_a_participant_a_programme_and_its_room_of_one_name_have_keys_of_their_own() -> None:
    entries = (
        listed_participant(participant_id="one"),
        listed_programme(programme_id="one"),
        capacity(programme_id="one"),
    )
    assert [entry_key(entry) for entry in entries] == ["participant:one", "programme:one", "capacity:one"]


def test_an_exchange_service_has_mailboxes_only_where_something_can_be_sealed_to_it() -> None:
    directory = Directory()
    for name, sealing_key in (("consent_ledger", None), ("service_directory", bytes(32))):
        directory.apply(listed_participant(participant_id=name, kind="exchange_service"))
        directory.apply(
            listed_programme(
                programme_id=name, participant_id=name, role="exchange_service", sealing_key=sealing_key
            )
        )
    directory.apply(listed_participant())
    assert set(mailboxes(directory)) == {"harbor-house", "service_directory"}


def test_room_seen_earlier_never_replaces_room_seen_later() -> None:
    directory = Directory()
    for minutes in (5, 1, 9):
        directory.apply(capacity(as_of=NOW - timedelta(minutes=minutes), room=minutes))
    assert directory.capacities["harbor-advocacy"].room == 1


def test_spans_may_name_the_mailboxes_of_a_service() -> None:
    check_name("send outbox.service_directory")


def test_a_service_of_the_exchange_is_no_recipient_to_choose() -> None:
    directory = Directory()
    directory.apply(listed_programme())
    directory.apply(listed_programme(programme_id="service_directory", role="exchange_service"))
    means = cast(Means, SimpleNamespace(keys=SimpleNamespace(directory=directory)))
    assert [each.programme_id for each in reading.programmes(means)] == ["harbor-advocacy"]
