"""Events about nobody: to which service of the exchange they go on, and what is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cases import PARTITIONS, reported, resync
from paper_router import RECIPIENT, SENDER, SERVICES, STRANGER, PaperRouter, Sent, inbox_of

from referral_exchange import ids, refusals
from referral_exchange.event_kinds import ADDRESSEES
from referral_exchange.events import EventRefused
from referral_exchange.topics import partition_of
from referral_router.subjectless import REPORT, RESYNC

NOW = 1_900_000_000_000
FORWARDED = [(kind, to) for kind, tos in ADDRESSEES.items() for to in sorted(tos) if to != "referral_router"]
DESKS = {desk.programme: desk for desk in (SENDER, RECIPIENT, STRANGER, *SERVICES)}


def owner_of(event: Any) -> PaperRouter:
    """The owner of the event's partition, a second after it happened."""
    now = round(event.occurred_at.timestamp() * 1000) + 1000
    return PaperRouter(now, partition_of(event.event_id, PARTITIONS))


def refused(sent: list[Sent], who: Any = SENDER) -> str:
    (one,) = sent
    assert one.topic == f"inbox.{who.participant}"
    assert isinstance(one.event, EventRefused)
    assert one.event.referral_id is None
    return one.event.code


@pytest.mark.parametrize(("kind", "to"), FORWARDED)
def test_it_goes_on_byte_for_byte_to_the_service_it_is_for_and_leaves_no_record(kind: str, to: str) -> None:
    event = reported(SENDER, kind, to)
    router = owner_of(event)
    letter = router.letter(SENDER, event)
    (sent,) = router.turn([letter])
    assert (sent.topic, sent.key, sent.value) == (f"inbox.{to}", event.event_id, letter.value)
    assert sent.headers == dict(letter.headers)
    assert len(router.records) == 0


@pytest.mark.parametrize(("kind", "to"), FORWARDED)
def test_a_repeat_goes_on_again_as_it_was(kind: str, to: str) -> None:
    event = reported(SENDER, kind, to)
    router = owner_of(event)
    letter = router.letter(SENDER, event)
    assert router.turn([letter]) == router.turn([letter])


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        (kind, to)
        for kind in sorted(ADDRESSEES.keys() - {REPORT, RESYNC})
        for to in (*sorted(DESKS), "referral_router", "consent_ledger", "nobody")
        if to not in ADDRESSEES[kind]
    ],
)
def test_it_goes_to_no_other_programme(kind: str, to: str) -> None:
    event = reported(SENDER, kind, to)
    assert refused(owner_of(event).say(SENDER, event)) == refusals.EVENT_NOT_ALLOWED


@pytest.mark.parametrize(("kind", "to"), FORWARDED)
@pytest.mark.parametrize(
    ("change", "how", "expected"),
    [
        ({"programme_from": STRANGER.programme}, {}, refusals.NOT_YOUR_PROGRAMME),
        ({"programme_from": ""}, {}, refusals.NOT_YOUR_PROGRAMME),
        ({}, {"own_key": ids.fresh()}, refusals.WRONG_KEY),
        ({"occurred_at": timedelta(days=-31)}, {}, refusals.TOO_OLD),
    ],
    ids=["another's programme", "no programme", "key", "age"],
)
def test_it_is_refused_where_it_does_not_belong(
    kind: str, to: str, change: dict[str, Any], how: dict[str, Any], expected: str
) -> None:
    event = reported(SENDER, kind, to)
    router = owner_of(event)
    if "occurred_at" in change:
        change = {"occurred_at": event.occurred_at + change["occurred_at"]}
    assert refused(router.say(SENDER, replace(event, **change), **how)) == expected


def test_it_is_refused_in_another_partition_than_its_keys() -> None:
    event = reported(SENDER, "CapacityReported", "service_directory")
    router = owner_of(event)
    router.number = (router.number + 1) % PARTITIONS
    assert refused(router.say(SENDER, event)) == refusals.WRONG_PARTITION


def test_a_service_without_mailboxes_is_unknown_after_reading_on(monkeypatch: pytest.MonkeyPatch) -> None:
    event = reported(SENDER, "CountsReported", "plan_office")
    router = owner_of(event)
    asked: list[str] = []
    monkeypatch.setattr("paper_router.DESKS", {SENDER.participant: SENDER})
    monkeypatch.setattr(router, "lagging", lambda: asked.append("read on") or [])
    assert refused(router.say(SENDER, event)) == refusals.UNKNOWN_PROGRAMME
    assert asked == ["read on"]


def test_a_service_that_was_listed_meanwhile_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    event = reported(SENDER, "CountsReported", "plan_office")
    router = owner_of(event)
    monkeypatch.setattr("paper_router.DESKS", {SENDER.participant: SENDER})
    office = next(d for d in SERVICES if d.participant == "plan_office")
    monkeypatch.setattr(
        router,
        "lagging",
        lambda: monkeypatch.setattr("paper_router.DESKS", {"lantern": SENDER, "plan_office": office}) or [],
    )
    assert inbox_of(router.say(SENDER, event), office) == [event]


def test_a_stranger_to_the_router_asks_it_for_nothing() -> None:
    event = resync(SENDER, programme_to="service_directory")
    assert refused(owner_of(event).say(SENDER, event)) == refusals.EVENT_NOT_ALLOWED
    theirs = resync(STRANGER)
    assert refused(owner_of(theirs).say(SENDER, theirs)) == refusals.NOT_YOUR_PROGRAMME


SURVIVORS = DESKS["survivor_page"]


@pytest.mark.parametrize("to", [SENDER, RECIPIENT, STRANGER], ids=lambda desk: desk.programme)
def test_a_question_goes_from_the_survivors_page_to_any_programme(to: Any) -> None:
    event = reported(SURVIVORS, "QuestionAsked", to.programme)
    router = owner_of(event)
    assert inbox_of(router.say(SURVIVORS, event), to) == [event]
    assert len(router.records) == 0


@pytest.mark.parametrize("who", [SENDER, STRANGER, DESKS["plan_office"]], ids=lambda desk: desk.programme)
def test_nobody_else_asks_a_question(who: Any) -> None:
    event = reported(who, "QuestionAsked", RECIPIENT.programme)
    assert refused(owner_of(event).say(who, event), who) == refusals.EVENT_NOT_ALLOWED


def test_a_question_to_nobody_is_refused() -> None:
    event = reported(SURVIVORS, "QuestionAsked", "nobody")
    assert refused(owner_of(event).say(SURVIVORS, event), SURVIVORS) == refusals.UNKNOWN_PROGRAMME
