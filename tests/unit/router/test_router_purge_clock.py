"""A withdrawal starts a clock at its recipient's door; its word stops it, silence is told to the sender."""

from typing import Any

import pytest
from cases import (
    Case,
    answered,
    cancelled,
    disclosed,
    expired,
    given,
    offered,
    purged,
    received,
    status,
    withdrawn,
)
from paper_router import DAY_MS, RECIPIENT, SENDER, PaperRouter, Sent, inbox_of, paper

from referral_exchange.events import ClockElapsed, ReferralProgressed
from referral_router import clocks
from referral_router.options import Options


@pytest.fixture
def case() -> Case:
    return Case(SENDER, RECIPIENT)


@pytest.fixture
def router(case: Case) -> PaperRouter:
    """A referral that is served."""
    made = paper(case)
    made.tell(*given(case))
    made.say(SENDER, offered(case))
    made.say(RECIPIENT, received(case))
    made.say(RECIPIENT, answered(case))
    made.say(SENDER, disclosed(case))
    return made


def pass_days(router: PaperRouter, days: float) -> list[Sent]:
    router.now += round(days * DAY_MS)
    return [sent for _ in range(3) for sent in router.turn()]


def overdue(sent: list[Sent]) -> list[Any]:
    return [e for e in inbox_of(sent, SENDER) if isinstance(e, ClockElapsed)]


def due(router: PaperRouter, case: Case) -> list[tuple[str, int]]:
    return [(clock.name, clock.due_at) for clock in router.record(case).clocks if not clock.elapsed]


def test_a_withdrawal_that_nobody_answers_is_told_to_its_sender_once(router: PaperRouter, case: Case) -> None:
    router.tell(*withdrawn(case))
    assert due(router, case) == [("purge-overdue", router.now + 3 * DAY_MS)]
    assert overdue(pass_days(router, 2.9)) == []
    sent = pass_days(router, 0.1)
    (told,) = overdue(sent)
    assert (told.clock, told.referral_id, told.programme_to) == (
        "purge-overdue",
        case.referral_id,
        SENDER.programme,
    )
    assert not [e for e in inbox_of(sent, RECIPIENT) if isinstance(e, ClockElapsed)]
    (step,) = [s.event for s in sent if isinstance(s.event, ReferralProgressed)]
    assert (step.step, step.sub_state) == ("ClockElapsed", "cancel_requested")
    assert overdue(pass_days(router, 30)) == []


@pytest.mark.parametrize("answer", ["purged", "legal_hold"])
def test_either_answer_stops_it_and_reaches_the_sender(router: PaperRouter, case: Case, answer: Any) -> None:
    router.tell(*withdrawn(case))
    pass_days(router, 1)
    told = router.say(RECIPIENT, purged(case, purge=answer))
    assert [e.purge for e in inbox_of(told, SENDER)] == [answer]
    progress = [sent.event for sent in told if isinstance(sent.event, ReferralProgressed)]
    assert [(step.step, step.purge) for step in progress] == [("PurgeAnswered", answer)]
    assert due(router, case) == []
    assert overdue(pass_days(router, 30)) == []


def test_what_the_sender_says_meanwhile_stops_nothing(router: PaperRouter, case: Case) -> None:
    router.tell(*withdrawn(case))
    router.say(SENDER, cancelled(case))
    assert len(overdue(pass_days(router, 3))) == 1


def test_an_answer_that_is_refused_stops_nothing(router: PaperRouter, case: Case) -> None:
    router.tell(*withdrawn(case))
    router.say(SENDER, purged(case, programme_from=SENDER.programme, programme_to=RECIPIENT.programme))
    assert len(overdue(pass_days(router, 3))) == 1


def test_a_late_answer_is_taken_and_the_record_remembers_that_it_was_late(
    router: PaperRouter, case: Case
) -> None:
    router.tell(*withdrawn(case))
    pass_days(router, 4)
    assert inbox_of(router.say(RECIPIENT, purged(case)), SENDER)
    assert [(c.name, c.elapsed) for c in router.record(case).clocks] == [("purge-overdue", True)]
    assert router.record(case).sub_state == "cancel_confirmed"


def test_it_runs_also_where_the_referral_was_over(router: PaperRouter, case: Case) -> None:
    router.say(RECIPIENT, status(case, "completed"))
    router.tell(*withdrawn(case))
    assert router.record(case).state == "completed"
    assert len(overdue(pass_days(router, 3))) == 1


def test_an_end_by_date_asks_nothing_and_the_persons_word_after_it_does(
    router: PaperRouter, case: Case
) -> None:
    router.tell(*expired(case))
    assert due(router, case) == []
    router.tell(*withdrawn(case))
    assert due(router, case) == [("purge-overdue", router.now + 3 * DAY_MS)]
    router.tell(*expired(case))
    assert len(overdue(pass_days(router, 3))) == 1


def test_where_nothing_was_sent_nothing_is_awaited(case: Case) -> None:
    router = paper(case)
    router.tell(*given(case))
    router.tell(*withdrawn(case))
    assert due(router, case) == []


def test_the_two_consents_of_a_form_start_one_clock_in_whatever_order(
    router: PaperRouter, case: Case
) -> None:
    forward, back = withdrawn(case)
    router.tell(back)
    assert due(router, case) == []
    router.tell(forward)
    router.tell(forward, back)
    assert len(due(router, case)) == 1
    assert len(overdue(pass_days(router, 3))) == 1


def test_a_renewed_consent_that_is_withdrawn_too_adds_no_second_clock(
    router: PaperRouter, case: Case
) -> None:
    renewed = Case(SENDER, RECIPIENT, case.referral_id)
    router.tell(*given(renewed))
    router.tell(*withdrawn(case))
    first = due(router, case)
    pass_days(router, 1)
    router.tell(*withdrawn(renewed))
    assert due(router, case) == first
    assert len(overdue(pass_days(router, 30))) == 1


def test_a_record_whose_clock_runs_is_not_forgotten(router: PaperRouter, case: Case) -> None:
    router.tell(*withdrawn(case))
    record = router.record(case)
    late = router.now + 400 * DAY_MS
    assert not clocks.may_be_forgotten(record, late, DAY_MS)
    told, _ = clocks.elapse(record, late)
    assert clocks.may_be_forgotten(told, late + 400 * DAY_MS, DAY_MS)


def test_how_long_it_may_take_is_a_setting() -> None:
    assert Options().purge_answer_s == 72 * 3600
    assert Options.of({"purge_answer_s": 60}).purge_answer_s == 60
