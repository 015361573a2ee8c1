"""One event at a time: what goes on to its recipient, what is refused and with which code."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cases import (
    Case,
    answered,
    cancelled,
    desk,
    disclosed,
    expired,
    given,
    offered,
    part,
    purged,
    received,
    safe_contact,
    status,
    withdrawn,
)
from paper_router import HOUR_MS, RECIPIENT, SENDER, STRANGER, PaperRouter, Sent, inbox_of, paper

from referral_exchange import ids, refusals
from referral_exchange.events import ConsentEnded, EventRefused, ReferralProgressed, ReferralRecord
from referral_router.rules import MOST_EVENTS, RESERVE

DAY = timedelta(days=1)


@pytest.fixture
def case() -> Case:
    return Case(SENDER, RECIPIENT)


@pytest.fixture
def router(case: Case) -> PaperRouter:
    """The consents are given, nothing more."""
    fresh = paper(case)
    fresh.tell(*given(case))
    return fresh


def reach(router: PaperRouter, case: Case, state: str) -> None:
    """Leads the referral to `state` by its main path."""
    for who, event, leads_to in (
        (SENDER, offered(case), "requested"),
        (RECIPIENT, received(case), "received"),
        (RECIPIENT, answered(case), "accepted"),
        (RECIPIENT, status(case, "in_progress"), "in_progress"),
        (RECIPIENT, status(case, "completed"), "completed"),
    ):
        router.say(who, event)
        if leads_to == state:
            break
    assert router.record(case).state == state


def inboxes(sent: list[Sent]) -> list[Sent]:
    return [s for s in sent if s.topic.startswith("inbox.")]


def code(sent: list[Any], who: Any = SENDER) -> str | None:
    refused = [e for e in inbox_of(sent, who) if isinstance(e, EventRefused)]
    return refused[0].code if refused else None


def test_an_offer_goes_on_byte_for_byte_with_the_senders_signature(router: PaperRouter, case: Case) -> None:
    letter = router.letter(SENDER, offered(case))
    forwarded = next(s for s in router.turn([letter]) if s.topic == "inbox.harbor")
    assert forwarded.value == letter.value
    assert forwarded.key == case.referral_id
    assert forwarded.headers == dict(letter.headers)


def test_tracing_headers_and_inventions_of_the_sender_go_no_further(router: PaperRouter, case: Case) -> None:
    letter = router.letter(SENDER, offered(case))
    more = [
        ("traceparent", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"),
        ("tracestate", b"x=y"),
        ("baggage", b"a=b"),
        ("note", b"invented"),
        ("ce_source", b"x" * 5000),
    ]
    forwarded = next(
        s
        for s in router.turn([letter._replace(headers=[*letter.headers, *more])])
        if s.topic == "inbox.harbor"
    )
    assert forwarded.headers == dict(letter.headers)


def test_the_main_path_ends_completed_and_every_step_is_told_to_the_views(
    router: PaperRouter, case: Case
) -> None:
    reach(router, case, "accepted")
    router.say(SENDER, disclosed(case))
    router.say(SENDER, safe_contact(case))
    router.say(RECIPIENT, status(case, "in_progress", sub_state="scheduled"))
    router.say(RECIPIENT, status(case, "on_hold"))
    router.say(RECIPIENT, status(case, "completed"))
    steps = [s.event for s in router.sent if s.topic == "referral-progress"]
    assert [(s.step, s.state) for s in steps if isinstance(s, ReferralProgressed)] == [
        ("ReferralOffered", "requested"),
        ("ServiceStatusChanged", "received"),
        ("ReferralAnswered", "accepted"),
        ("ReferralDisclosed", "accepted"),
        ("SafeContactChanged", "accepted"),
        ("ServiceStatusChanged", "in_progress"),
        ("ServiceStatusChanged", "on_hold"),
        ("ServiceStatusChanged", "completed"),
    ]
    assert router.record(case).closed_at == router.now


def test_the_record_in_the_log_is_the_record_in_memory(router: PaperRouter, case: Case) -> None:
    reach(router, case, "completed")
    record = [s for s in router.sent if s.topic == "referral-records"][-1]
    assert isinstance(record.event, ReferralRecord)
    assert record.event.state == "completed"
    assert [v.code for v in record.event.verdicts] == ["committed"] * 5


@pytest.mark.parametrize(
    ("forge", "expected"),
    [
        ({"own_key": "00000000-0000-4000-8000-000000000000"}, refusals.WRONG_KEY),
        ({"own_key": ""}, refusals.WRONG_KEY),
    ],
)
def test_a_forged_key_is_refused(
    router: PaperRouter, case: Case, forge: dict[str, Any], expected: str
) -> None:
    assert code(router.say(SENDER, offered(case), **forge)) == expected


def test_another_partition_than_the_keys_is_refused() -> None:
    case = Case(SENDER, RECIPIENT)
    elsewhere = PaperRouter(paper(case).now, (case.partition + 1) % 6)
    assert code(elsewhere.say(SENDER, offered(case))) == refusals.WRONG_PARTITION


def test_a_programme_that_is_not_the_senders_is_refused_and_told_to_the_one_who_wrote(
    router: PaperRouter, case: Case
) -> None:
    sent = router.say(STRANGER, offered(case))
    (told,) = inbox_of(sent, STRANGER)
    assert (told.code, told.programme_to) == (refusals.NOT_YOUR_PROGRAMME, STRANGER.programme)
    assert inbox_of(sent, SENDER) == inbox_of(sent, RECIPIENT) == []


def test_an_event_that_outboxes_do_not_carry_is_refused(router: PaperRouter, case: Case) -> None:
    fact = given(case)[0]
    assert code(router.say(SENDER, fact)) == refusals.EVENT_NOT_ALLOWED


def test_a_stranger_is_answered_like_anyone_who_asks_for_what_does_not_exist(
    router: PaperRouter, case: Case
) -> None:
    reach(router, case, "accepted")
    there = offered(case, programme_from=STRANGER.programme)
    nowhere = replace(there, referral_id=ids.fresh())
    while paper(Case(SENDER, RECIPIENT, nowhere.referral_id)).number != router.number:
        nowhere = replace(there, referral_id=ids.fresh())
    before = router.record(case)
    (known,) = router.say(STRANGER, there)
    (unknown,) = router.say(STRANGER, nowhere)
    assert router.record(case) == before
    same = {"referral_id": "", "event_id": "", "refused_event_id": ""}
    assert replace(known.event, **same) == replace(unknown.event, **same)
    assert len(known.value or b"") == len(unknown.value or b"")
    assert known.headers.keys() == unknown.headers.keys()


def test_an_answer_by_one_who_was_not_asked_is_refused_as_unknown(router: PaperRouter, case: Case) -> None:
    reach(router, case, "received")
    sent = router.say(STRANGER, answered(case, programme_from=STRANGER.programme))
    assert code(sent, STRANGER) == refusals.UNKNOWN
    assert router.record(case).state == "received"


def test_an_answer_by_the_sender_itself_is_refused(router: PaperRouter, case: Case) -> None:
    reach(router, case, "received")
    swapped = answered(
        case,
        programme_from=SENDER.programme,
        programme_to=RECIPIENT.programme,
        consent_id=case.consent_id,
    )
    assert code(router.say(SENDER, swapped)) == refusals.WRONG_STATE


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"consent_id": ids.fresh()}, refusals.CONSENT_MISSING),
        ({"return_consent_id": ids.fresh()}, refusals.CONSENT_MISSING),
        ({"programme_to": STRANGER.programme}, refusals.CONSENT_MISSING),
        ({"urgency": "unspecified"}, refusals.UNSPECIFIED),
        ({"parts": []}, refusals.PARTS_MISSING),
        ({"parts": [part(), part()]}, refusals.PARTS_MISSING),
        ({"occurred_at": datetime.now(UTC) - 31 * DAY}, refusals.TOO_OLD),
    ],
)
def test_an_offer_that_its_consents_do_not_cover_is_refused(
    router: PaperRouter, case: Case, change: dict[str, Any], expected: str
) -> None:
    sent = router.say(SENDER, offered(case, **change))
    assert code(sent) == expected
    assert inbox_of(sent, RECIPIENT) == []


def test_an_offer_under_the_return_consent_is_refused(router: PaperRouter, case: Case) -> None:
    turned = offered(case, consent_id=case.return_consent_id, return_consent_id=case.consent_id)
    assert code(router.say(SENDER, turned)) == refusals.CONSENT_MISSING


def test_an_offer_without_any_consent_is_unknown_and_leaves_no_record(case: Case) -> None:
    router = paper(case)
    assert code(router.say(SENDER, offered(case))) == refusals.UNKNOWN
    assert len(router.records) == 0


def test_a_consent_past_its_date_has_ended_before_the_ledger_says_so(case: Case) -> None:
    router = paper(case)
    router.tell(*given(case, datetime.now(UTC) + timedelta(minutes=5)))
    router.now += 6 * 60_000
    assert code(router.say(SENDER, offered(case))) == refusals.CONSENT_ENDED


def test_a_recipient_that_cannot_be_reached_is_unknown() -> None:
    case = Case(SENDER, desk("gone"))
    router = paper(case)
    router.tell(*given(case))
    assert code(router.say(SENDER, offered(case))) == refusals.UNKNOWN_PROGRAMME


@pytest.mark.parametrize("state", ["in_progress", "on_hold", "completed", "failed"])
def test_status_before_acceptance_is_refused(router: PaperRouter, case: Case, state: str) -> None:
    reach(router, case, "received")
    assert code(router.say(RECIPIENT, status(case, state)), RECIPIENT) == refusals.WRONG_STATE


def test_an_answer_before_it_was_received_is_refused(router: PaperRouter, case: Case) -> None:
    reach(router, case, "requested")
    assert code(router.say(RECIPIENT, answered(case)), RECIPIENT) == refusals.WRONG_STATE


def test_a_sub_state_belongs_to_in_progress_only(router: PaperRouter, case: Case) -> None:
    reach(router, case, "accepted")
    odd = status(case, "completed", sub_state="scheduled")
    assert code(router.say(RECIPIENT, odd), RECIPIENT) == refusals.WRONG_STATE


def test_disclosure_before_acceptance_is_refused(router: PaperRouter, case: Case) -> None:
    reach(router, case, "received")
    assert code(router.say(SENDER, disclosed(case))) == refusals.WRONG_STATE


def test_disclosure_without_a_part_is_refused(router: PaperRouter, case: Case) -> None:
    reach(router, case, "accepted")
    assert code(router.say(SENDER, disclosed(case, parts=[]))) == refusals.PARTS_MISSING


def test_a_withdrawal_cancels_what_is_open_and_tells_both_with_the_ledgers_bytes(
    router: PaperRouter, case: Case
) -> None:
    reach(router, case, "accepted")
    facts = [router.fact(fact) for fact in withdrawn(case)]
    sent = router.turn(facts)
    record = router.record(case)
    assert (record.state, record.sub_state) == ("cancelled", "cancel_requested")
    for who in (SENDER, RECIPIENT):
        told = [e for e in inbox_of(sent, who) if isinstance(e, ConsentEnded)]
        assert {e.consent_id for e in told} == {case.consent_id, case.return_consent_id}
        assert {e.ledger_event for e in told} == {fact.value for fact in facts}
        assert all(len(e.ledger_signature) == 64 and e.ending == "withdrawn" for e in told)


def test_after_a_withdrawal_nothing_sealed_passes(router: PaperRouter, case: Case) -> None:
    reach(router, case, "accepted")
    router.tell(*withdrawn(case))
    assert code(router.say(SENDER, disclosed(case))) == refusals.CONSENT_ENDED
    assert code(router.say(RECIPIENT, status(case, "completed")), RECIPIENT) == refusals.CONSENT_ENDED
    assert code(router.say(RECIPIENT, answered(case, "declined")), RECIPIENT) == refusals.CONSENT_ENDED


def test_a_purge_is_answered_once_the_consent_has_ended_and_the_sender_sees_it(
    router: PaperRouter, case: Case
) -> None:
    reach(router, case, "accepted")
    assert code(router.say(RECIPIENT, purged(case)), RECIPIENT) == refusals.WRONG_STATE
    router.tell(*withdrawn(case))
    answer = purged(case)
    assert inbox_of(router.say(RECIPIENT, answer), SENDER) == [answer]
    assert router.record(case).sub_state == "cancel_confirmed"


def test_a_purge_after_completion_leaves_the_outcome_as_it_is(router: PaperRouter, case: Case) -> None:
    reach(router, case, "completed")
    router.tell(*withdrawn(case))
    held = purged(case, purge="legal_hold", consent_id=case.return_consent_id)
    assert inbox_of(router.say(RECIPIENT, held), SENDER) == [held]
    assert (router.record(case).state, router.record(case).sub_state) == ("completed", None)


def test_a_decline_without_a_reason_passes_only_when_the_consent_has_ended(
    router: PaperRouter, case: Case
) -> None:
    reach(router, case, "received")
    bare = answered(case, "declined", parts=[])
    assert code(router.say(RECIPIENT, bare), RECIPIENT) == refusals.PARTS_MISSING
    router.tell(*withdrawn(case))
    again = answered(case, "declined", parts=[])
    assert inbox_of(router.say(RECIPIENT, again), SENDER) == [again]
    assert router.record(case).state == "cancelled"


def test_a_cancellation_passes_under_an_ended_consent(router: PaperRouter, case: Case) -> None:
    reach(router, case, "accepted")
    router.tell(*withdrawn(case))
    end = cancelled(case)
    assert inbox_of(router.say(SENDER, end), RECIPIENT) == [end]
    assert router.record(case).sub_state == "cancel_requested"


def test_a_sender_that_cancelled_waits_for_the_purge_once_it_withdraws(
    router: PaperRouter, case: Case
) -> None:
    reach(router, case, "accepted")
    router.say(SENDER, cancelled(case))
    assert (router.record(case).state, router.record(case).sub_state) == ("cancelled", None)
    router.tell(*withdrawn(case))
    assert router.record(case).sub_state == "cancel_requested"


def test_only_the_sender_cancels(router: PaperRouter, case: Case) -> None:
    reach(router, case, "accepted")
    turned = cancelled(case, programme_from=RECIPIENT.programme, programme_to=SENDER.programme)
    assert code(router.say(RECIPIENT, turned), RECIPIENT) == refusals.WRONG_STATE


def test_expiry_ends_an_open_referral_and_asks_for_no_purge(router: PaperRouter, case: Case) -> None:
    reach(router, case, "requested")
    sent = router.tell(*expired(case))
    assert router.record(case).state == "cancelled"
    assert {e.ending for e in inbox_of(sent, RECIPIENT)} == {"expired"}


def test_a_renewed_consent_keeps_the_referral_open(router: PaperRouter, case: Case) -> None:
    reach(router, case, "accepted")
    renewed = replace(case, consent_id=ids.fresh(), return_consent_id=ids.fresh())
    router.tell(*given(renewed))
    router.tell(*expired(case))
    assert router.record(case).state == "accepted"
    assert code(router.say(SENDER, disclosed(renewed))) is None
    assert code(router.say(SENDER, disclosed(case))) == refusals.CONSENT_ENDED


def test_a_consent_that_ended_before_the_offer_is_told_to_both(router: PaperRouter, case: Case) -> None:
    sent = router.tell(*withdrawn(case))
    assert len(inbox_of(sent, SENDER)) == len(inbox_of(sent, RECIPIENT)) == 2
    assert code(router.say(SENDER, offered(case))) == refusals.CONSENT_ENDED


def test_an_end_heard_without_its_beginning_still_ends(case: Case) -> None:
    router = paper(case)
    router.tell(*withdrawn(case))
    router.tell(*given(case))
    assert [c.standing for c in router.record(case).consents] == ["withdrawn", "withdrawn"]
    assert code(router.say(SENDER, offered(case))) == refusals.CONSENT_ENDED


def test_a_repeated_event_is_sent_again_and_changes_nothing(router: PaperRouter, case: Case) -> None:
    letter = router.letter(SENDER, offered(case))
    first = router.turn([letter])
    record = router.record(case)
    again = router.turn([letter._replace(offset=99)])
    assert router.record(case) == record
    assert inboxes(again) == inboxes(first) != []


def test_a_repeated_refusal_is_the_same_refusal_even_when_it_would_pass_by_now(
    router: PaperRouter, case: Case
) -> None:
    early = router.letter(RECIPIENT, answered(case))
    reach(router, case, "requested")
    first = router.turn([early])
    router.say(RECIPIENT, received(case))
    again = router.turn([early])
    assert inboxes(again) == inboxes(first) != []
    assert router.record(case).state == "received"


def test_an_id_used_again_for_other_bytes_is_refused(router: PaperRouter, case: Case) -> None:
    offer = offered(case)
    router.say(SENDER, offer)
    assert code(router.say(SENDER, replace(offer, parts=[part()]))) == refusals.ID_REUSED


def test_anothers_event_id_is_nothing_special(router: PaperRouter, case: Case) -> None:
    offer = offered(case)
    router.say(SENDER, offer)
    mine = received(case, event_id=offer.event_id)
    sent = router.say(RECIPIENT, mine)
    assert inbox_of(sent, SENDER) == [mine]
    assert len({s.identity for s in router.sent if s.topic == "referral-progress"}) == 2


def test_a_full_record_refuses_and_forgets_nothing_but_still_lets_things_end(
    router: PaperRouter, case: Case
) -> None:
    reach(router, case, "accepted")
    for _ in range(MOST_EVENTS - 3):
        assert code(router.say(SENDER, disclosed(case))) is None
    assert code(router.say(SENDER, disclosed(case))) == refusals.TOO_MANY_EVENTS
    assert code(router.say(SENDER, cancelled(case))) is None
    router.tell(*withdrawn(case))
    for _ in range(RESERVE - 1):
        assert code(router.say(RECIPIENT, purged(case)), RECIPIENT) is None
    assert code(router.say(RECIPIENT, purged(case)), RECIPIENT) == refusals.TOO_MANY_EVENTS
    assert len(router.record(case).verdicts) == MOST_EVENTS + RESERVE


def test_an_urgent_offer_starts_a_clock_that_an_answer_stops(router: PaperRouter, case: Case) -> None:
    router.say(SENDER, offered(case, urgency="urgent"))
    (clock,) = router.record(case).clocks
    assert (clock.name, clock.due_at) == ("unanswered-urgent", router.now + HOUR_MS)
    router.say(RECIPIENT, received(case))
    assert router.record(case).clocks
    router.say(RECIPIENT, answered(case))
    assert router.record(case).clocks == ()


def test_every_refusal_code_has_a_sentence_that_says_what_to_do() -> None:
    codes = {v for k, v in vars(refusals).items() if k.isupper() and isinstance(v, str)}
    assert codes == set(refusals.SENTENCES)
    assert all(text.endswith(".") and ";" in text for text in refusals.SENTENCES.values())
    assert "newer" in refusals.sentence("of-tomorrow")
