"""What opens a referral besides an offer, what adds to one, what answers, and what a ground permits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cases import (
    OPENER_KINDS,
    Case,
    answered,
    cancelled,
    disclosed,
    document_answered,
    expired,
    given,
    grounds,
    now,
    opening,
    part,
    received,
    status,
)
from paper_router import HOUR_MS, RECIPIENT, SENDER, STRANGER, PaperRouter, Sent, inbox_of, paper

from referral_exchange import ids, refusals
from referral_exchange.event_kinds import ADDING, ONLY_ON_GROUNDS
from referral_exchange.events import ClockElapsed, ConsentEnded, EventRefused, ReferralProgressed

CASE = Case(SENDER, RECIPIENT)
BY_CONSENT = sorted(OPENER_KINDS.keys() - ONLY_ON_GROUNDS)


def under(case: Case, kind: str) -> PaperRouter:
    """A router that knows what an opener of `kind` stands on, and nothing more."""
    router = paper(case)
    router.tell(*(grounds(case) if kind in ONLY_ON_GROUNDS else given(case)))
    return router


def served(case: Case = CASE) -> PaperRouter:
    """A referral that its recipient has accepted."""
    router = under(case, "ReferralOffered")
    for who, event in (
        (SENDER, opening(case, "ReferralOffered")),
        (RECIPIENT, received(case)),
        (RECIPIENT, answered(case)),
    ):
        router.say(who, event)
    return router


def code(sent: list[Sent], who: Any = SENDER) -> str | None:
    return next((e.code for e in inbox_of(sent, who) if isinstance(e, EventRefused)), None)


@pytest.mark.parametrize("kind", OPENER_KINDS)
def test_all_that_follows_an_opener_is_as_after_an_offer(kind: str) -> None:
    router = under(CASE, kind)
    opener = opening(CASE, kind)
    assert inbox_of(router.say(SENDER, opener), RECIPIENT) == [opener]
    for who, other, event, state in (
        (RECIPIENT, SENDER, received(CASE), "received"),
        (RECIPIENT, SENDER, answered(CASE), "accepted"),
        (SENDER, RECIPIENT, disclosed(CASE), "accepted"),
        (RECIPIENT, SENDER, status(CASE, "in_progress"), "in_progress"),
        (RECIPIENT, SENDER, status(CASE, "completed"), "completed"),
    ):
        assert inbox_of(router.say(who, event), other) == [event]
        assert router.record(CASE).state == state
    steps = [s.event for s in router.sent if s.topic == "referral-progress"]
    assert isinstance(steps[0], ReferralProgressed)
    assert (steps[0].step, steps[0].state, len(steps)) == (kind, "requested", 6)


@pytest.mark.parametrize("kind", OPENER_KINDS)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"consent_id": ids.fresh()}, refusals.CONSENT_MISSING),
        ({"return_consent_id": ids.fresh()}, refusals.CONSENT_MISSING),
        ({"programme_to": STRANGER.programme}, refusals.CONSENT_MISSING),
        ({"urgency": "unspecified"}, refusals.UNSPECIFIED),
        ({"parts": []}, refusals.PARTS_MISSING),
        ({"occurred_at": now() - timedelta(days=31)}, refusals.TOO_OLD),
    ],
)
def test_an_opener_is_held_to_what_an_offer_is(kind: str, change: dict[str, Any], expected: str) -> None:
    router = under(CASE, kind)
    sent = router.say(SENDER, opening(CASE, kind, **change))
    assert (code(sent), inbox_of(sent, RECIPIENT)) == (expected, [])
    assert router.record(CASE).state == "consented"


@pytest.mark.parametrize("kind", OPENER_KINDS)
def test_only_a_document_has_several_parts(kind: str) -> None:
    sent = under(CASE, kind).say(SENDER, opening(CASE, kind, parts=[part(), part()]))
    assert code(sent) == (None if kind == "DocumentSent" else refusals.PARTS_MISSING)


@pytest.mark.parametrize("kind", OPENER_KINDS)
def test_the_recipient_opens_nothing_under_the_consents_of_another(kind: str) -> None:
    router = under(CASE, kind)
    sent = router.say(STRANGER, opening(CASE, kind, programme_from=STRANGER.programme))
    assert code(sent, STRANGER) == refusals.UNKNOWN


@pytest.mark.parametrize("kind", OPENER_KINDS)
def test_an_urgent_opener_starts_the_clock_and_an_answer_of_either_sort_stops_it(kind: str) -> None:
    for answer in (answered(CASE), document_answered(CASE)):
        router = under(CASE, kind)
        router.say(SENDER, opening(CASE, kind, urgency="emergency"))
        (clock,) = router.record(CASE).clocks
        assert (clock.name, clock.due_at) == ("unanswered-urgent", router.now + HOUR_MS)
        router.say(RECIPIENT, received(CASE))
        assert router.record(CASE).clocks
        assert inbox_of(router.say(RECIPIENT, answer), SENDER) == [answer]
        assert (router.record(CASE).state, router.record(CASE).clocks) == ("accepted", ())


def test_an_emergency_that_nobody_answers_is_told_to_its_sender() -> None:
    router = under(CASE, "EmergencyRequested")
    router.say(SENDER, opening(CASE, "EmergencyRequested", urgency="emergency"))
    router.now += HOUR_MS
    assert [type(e) for e in inbox_of(router.turn(), SENDER)] == [ClockElapsed]


@pytest.mark.parametrize("kind", sorted(ADDING))
def test_what_adds_to_a_referral_moves_nothing_and_comes_from_its_sender_only(kind: str) -> None:
    router = served()
    before = router.record(CASE)
    more = opening(CASE, kind, urgency="urgent")
    assert inbox_of(router.say(SENDER, more), RECIPIENT) == [more]
    after = router.record(CASE)
    assert (after.state, after.urgency, after.clocks) == (before.state, before.urgency, before.clocks)
    turned = Case(RECIPIENT, SENDER, CASE.referral_id, CASE.return_consent_id, CASE.consent_id)
    assert code(router.say(RECIPIENT, opening(turned, kind)), RECIPIENT) == refusals.WRONG_STATE


@pytest.mark.parametrize("kind", sorted(OPENER_KINDS.keys() - ADDING))
def test_no_other_opener_adds_to_a_referral(kind: str) -> None:
    expected = refusals.GROUND_MISSING if kind in ONLY_ON_GROUNDS else refusals.WRONG_STATE
    assert code(served().say(SENDER, opening(CASE, kind))) == expected


def test_a_document_is_answered_by_its_recipient_with_a_part_and_under_the_way_back() -> None:
    router = under(CASE, "DocumentSent")
    router.say(SENDER, opening(CASE, "DocumentSent"))
    assert code(router.say(RECIPIENT, document_answered(CASE)), RECIPIENT) == refusals.WRONG_STATE
    router.say(RECIPIENT, received(CASE))
    for wrong, expected in (
        (document_answered(CASE, parts=[]), refusals.PARTS_MISSING),
        (document_answered(CASE, consent_id=CASE.consent_id), refusals.CONSENT_MISSING),
    ):
        assert code(router.say(RECIPIENT, wrong), RECIPIENT) == expected
    own = document_answered(
        CASE,
        programme_from=SENDER.programme,
        programme_to=RECIPIENT.programme,
        consent_id=CASE.consent_id,
    )
    assert code(router.say(SENDER, own)) == refusals.WRONG_STATE
    assert router.record(CASE).state == "received"
    good = document_answered(CASE)
    assert inbox_of(router.say(RECIPIENT, good), SENDER) == [good]


def test_a_recipient_that_serves_answers_documents_without_moving_anything() -> None:
    router = served()
    router.say(RECIPIENT, status(CASE, "in_progress", sub_state="scheduled"))
    answer = document_answered(CASE)
    assert inbox_of(router.say(RECIPIENT, answer), SENDER) == [answer]
    assert (router.record(CASE).state, router.record(CASE).sub_state) == ("in_progress", "scheduled")
    router.say(RECIPIENT, status(CASE, "completed"))
    assert code(router.say(RECIPIENT, document_answered(CASE)), RECIPIENT) == refusals.WRONG_STATE


@pytest.mark.parametrize("kind", sorted(ONLY_ON_GROUNDS))
def test_what_stands_on_a_ground_is_refused_under_a_consent(kind: str) -> None:
    router = paper(CASE)
    router.tell(*given(CASE))
    sent = router.say(SENDER, opening(CASE, kind))
    assert (code(sent), inbox_of(sent, RECIPIENT)) == (refusals.GROUND_MISSING, [])


@pytest.mark.parametrize("kind", BY_CONSENT)
def test_what_stands_on_a_consent_may_stand_on_a_ground(kind: str) -> None:
    router = paper(CASE)
    router.tell(*grounds(CASE))
    assert code(router.say(SENDER, opening(CASE, kind))) is None


def test_under_a_ground_a_disclosure_needs_no_offer_and_no_acceptance() -> None:
    router = paper(CASE)
    router.tell(*grounds(CASE))
    report = disclosed(CASE)
    assert inbox_of(router.say(SENDER, report), RECIPIENT) == [report]
    record = router.record(CASE)
    assert (record.state, record.programme_from, record.urgency) == (
        "requested",
        SENDER.programme,
        "unspecified",
    )
    got = received(CASE)
    assert inbox_of(router.say(RECIPIENT, got), SENDER) == [got]
    more = disclosed(CASE)
    assert inbox_of(router.say(SENDER, more), RECIPIENT) == [more]
    assert router.record(CASE).state == "received"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (given(CASE), refusals.WRONG_STATE),
        (grounds(CASE)[:1], refusals.CONSENT_MISSING),
        ([*grounds(CASE)[:1], given(CASE)[1]], None),
        ([given(CASE)[0], grounds(CASE)[1]], refusals.WRONG_STATE),
        ([*grounds(CASE), expired(CASE)[1]], refusals.WRONG_STATE),
        ([*grounds(CASE), expired(CASE)[0]], refusals.CONSENT_ENDED),
    ],
    ids=["consent", "no way back", "way back by consent", "only the way back", "way back ended", "ended"],
)
def test_a_disclosure_comes_first_under_a_live_ground_with_a_way_back_only(
    facts: list[Any], expected: str | None
) -> None:
    router = paper(CASE)
    router.tell(*facts)
    assert code(router.say(SENDER, disclosed(CASE))) == expected


def test_a_ground_ends_by_its_date_and_its_end_is_told_to_both() -> None:
    router = paper(CASE)
    router.tell(*grounds(CASE, now() + timedelta(minutes=5)))
    router.say(SENDER, disclosed(CASE))
    router.now += 6 * 60_000
    assert code(router.say(SENDER, disclosed(CASE))) == refusals.CONSENT_ENDED
    sent = router.tell(*expired(CASE))
    assert router.record(CASE).state == "cancelled"
    assert {type(e) for e in inbox_of(sent, RECIPIENT)} == {ConsentEnded}


def test_under_a_ground_its_sender_closes() -> None:
    router = under(CASE, "TipReported")
    router.say(SENDER, opening(CASE, "TipReported"))
    end = cancelled(CASE)
    assert inbox_of(router.say(SENDER, end), RECIPIENT) == [end]
    assert router.record(CASE).state == "cancelled"


def test_a_ground_heard_twice_is_one_ground_and_survives_in_the_log() -> None:
    router = paper(CASE)
    facts = [router.fact(fact) for fact in grounds(CASE)]
    router.turn([*facts, *facts])
    once = router.record(CASE)
    router.turn(facts)
    assert router.record(CASE) == once
    assert all(once.stands_on_ground(c.consent_id) for c in once.consents)
    assert not once.stands_on_ground(ids.fresh())


def test_a_consent_id_that_a_participant_uses_as_event_id_makes_no_ground() -> None:
    router = paper(CASE)
    router.tell(*given(CASE))
    router.say(SENDER, disclosed(CASE, event_id=CASE.consent_id))
    assert not router.record(CASE).stands_on_ground(CASE.consent_id)
    assert code(router.say(SENDER, replace(disclosed(CASE)))) == refusals.WRONG_STATE
