"""Who is paused or expelled: what is refused, and what still passes because it only ends something."""

from typing import Any

import pytest
from cases import (
    PARTITIONS,
    Case,
    answered,
    cancelled,
    disclosed,
    given,
    offered,
    purged,
    received,
    reported,
    resync,
    status,
    withdrawn,
)
from paper_router import RECIPIENT, SENDER, SERVICES, STRANGER, PaperRouter, Sent, inbox_of, paper

from referral_exchange import refusals
from referral_exchange.events import ConsentEnded, EventRefused, ReferralProgressed
from referral_exchange.topics import partition_of

AWAY = ["paused", "expelled", "unspecified"]
BOTH = [SENDER, RECIPIENT]


@pytest.fixture
def case() -> Case:
    return Case(SENDER, RECIPIENT)


@pytest.fixture
def router(case: Case) -> PaperRouter:
    """A referral that is being served."""
    made = paper(case)
    made.tell(*given(case))
    for who, event in (
        (SENDER, offered(case)),
        (RECIPIENT, received(case)),
        (RECIPIENT, answered(case)),
        (RECIPIENT, status(case, "in_progress")),
    ):
        made.say(who, event)
    return made


def code(sent: list[Sent], who: Any) -> str | None:
    found = [e for e in inbox_of(sent, who) if isinstance(e, EventRefused)]
    return found[0].code if found else None


def other(who: Any) -> Any:
    return RECIPIENT if who is SENDER else SENDER


@pytest.mark.parametrize("away", BOTH)
@pytest.mark.parametrize("standing", AWAY)
def test_nothing_new_goes_to_or_comes_from_who_does_not_take_part(
    router: PaperRouter, case: Case, away: Any, standing: str
) -> None:
    router.away = {away.programme: standing}
    for who, event in ((SENDER, disclosed(case)), (RECIPIENT, status(case, "on_hold"))):
        sent = router.say(who, event)
        assert code(sent, who) == refusals.NOT_TAKING_PART
        assert inbox_of(sent, other(who)) == []
    assert router.record(case).state == "in_progress"


@pytest.mark.parametrize("away", BOTH)
@pytest.mark.parametrize("standing", AWAY)
def test_no_offer_opens_a_referral(case: Case, away: Any, standing: str) -> None:
    router = paper(case)
    router.tell(*given(case))
    router.away = {away.programme: standing}
    sent = router.say(SENDER, offered(case))
    assert code(sent, SENDER) == refusals.NOT_TAKING_PART
    assert inbox_of(sent, RECIPIENT) == []
    assert router.record(case).state == "consented"


@pytest.mark.parametrize("away", BOTH)
def test_a_cancellation_passes_while_one_side_is_paused(router: PaperRouter, case: Case, away: Any) -> None:
    router.away = {away.programme: "paused"}
    sent = router.say(SENDER, cancelled(case))
    assert code(sent, SENDER) is None
    assert router.record(case).state == "cancelled"
    assert len(inbox_of(sent, RECIPIENT)) == 1


@pytest.mark.parametrize("standing", ["expelled", "unspecified"])
def test_who_was_expelled_says_nothing_any_more(router: PaperRouter, case: Case, standing: str) -> None:
    router.away = {SENDER.programme: standing}
    assert code(router.say(SENDER, cancelled(case)), SENDER) == refusals.NOT_TAKING_PART
    assert router.record(case).state == "in_progress"


def test_a_decline_to_who_is_away_passes_without_its_reason(case: Case) -> None:
    router = paper(case)
    router.tell(*given(case))
    router.say(SENDER, offered(case))
    router.say(RECIPIENT, received(case))
    bare = answered(case, "declined", parts=[])
    assert code(router.say(RECIPIENT, bare), RECIPIENT) == refusals.PARTS_MISSING
    router.away = {SENDER.programme: "paused"}
    sent = router.say(RECIPIENT, answered(case, "declined", parts=[]))
    assert code(sent, RECIPIENT) is None
    assert router.record(case).state == "rejected"


@pytest.mark.parametrize("standing", AWAY)
def test_the_end_of_an_expelled_ones_consents_closes_the_referral_and_both_are_told(
    router: PaperRouter, case: Case, standing: str
) -> None:
    router.away = {SENDER.programme: standing}
    sent = router.tell(*withdrawn(case))
    assert router.record(case).state == "cancelled"
    assert router.record(case).sub_state == "cancel_requested"
    assert [type(e) for e in inbox_of(sent, RECIPIENT)] == [ConsentEnded, ConsentEnded]
    answer = router.say(RECIPIENT, purged(case))
    assert code(answer, RECIPIENT) is None
    assert router.record(case).sub_state == "cancel_confirmed"
    assert any(isinstance(s.event, ReferralProgressed) for s in answer if s.topic == "referral-progress")


def test_a_repeat_keeps_its_verdict_and_a_new_event_passes_after_the_pause(
    router: PaperRouter, case: Case
) -> None:
    router.away = {SENDER.programme: "paused"}
    first = disclosed(case)
    assert code(router.say(SENDER, first), SENDER) == refusals.NOT_TAKING_PART
    router.away = {}
    assert code(router.say(SENDER, first), SENDER) == refusals.NOT_TAKING_PART
    assert code(router.say(SENDER, disclosed(case)), SENDER) is None


def test_who_was_just_resumed_is_looked_up_before_it_is_refused(router: PaperRouter, case: Case) -> None:
    router.away, router.caught_up = {SENDER.programme: "paused"}, {}
    assert code(router.say(SENDER, disclosed(case)), SENDER) is None


def test_a_stranger_learns_nothing_of_a_standing(router: PaperRouter, case: Case) -> None:
    unlike = Case(STRANGER, RECIPIENT, case.referral_id, case.consent_id, case.return_consent_id)
    before = router.say(STRANGER, offered(unlike))
    router.away = {RECIPIENT.programme: "paused", STRANGER.programme: "paused"}
    after = router.say(STRANGER, offered(unlike))
    assert code(before, STRANGER) == code(after, STRANGER) == refusals.UNKNOWN


@pytest.mark.parametrize("standing", AWAY)
def test_reports_about_nobody_wait_too(standing: str) -> None:
    event = reported(SENDER, "CountsReported", "plan_office")
    router = owner_of(event)
    router.away = {SENDER.programme: standing}
    assert code(router.say(SENDER, event), SENDER) == refusals.NOT_TAKING_PART
    assert [inbox_of(router.sent, service) for service in SERVICES] == [[], [], []]


@pytest.mark.parametrize(("standing", "expected"), [("paused", None), ("expelled", refusals.NOT_TAKING_PART)])
def test_who_is_paused_may_ask_for_what_it_lost(standing: str, expected: str | None) -> None:
    event = resync(SENDER)
    router = owner_of(event)
    router.away = {SENDER.programme: standing}
    assert code(router.say(SENDER, event), SENDER) == expected


def test_others_are_not_touched(router: PaperRouter, case: Case) -> None:
    router.away = {STRANGER.programme: "expelled"}
    assert code(router.say(SENDER, disclosed(case)), SENDER) is None


def owner_of(event: Any) -> PaperRouter:
    now = round(event.occurred_at.timestamp() * 1000) + 1000
    return PaperRouter(now, partition_of(event.event_id, PARTITIONS))
