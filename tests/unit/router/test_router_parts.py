"""The small parts of the router: limits, clocks, records, options, what is traced, and what is familiar."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from cases import Case, given, offered, received
from paper_router import (
    IDS,
    RECIPIENT,
    SENDER,
    STRANGER,
    WIRE,
    Listed,
    PaperRouter,
    inbox_of,
    outgoing,
    paper,
)

from referral_exchange import ids, tracing
from referral_exchange.events import ReferralProgressed, ReferralRecord
from referral_exchange.runtime.tail import EndNotReached, Partition
from referral_exchange.settings import SettingsError
from referral_exchange.tracing.spans import Span, Tracing
from referral_router import clocks, consents
from referral_router.letters import opened
from referral_router.limits import Limit
from referral_router.options import Options
from referral_router.records import Records
from referral_router.referral import Clock, Consent, Referral
from referral_router.traces import NoTraces, SpanPerMessage
from referral_router.turn import Desk, Turn

SOURCE = Partition("outbox.lantern", 0)
DAY_MS = 24 * 3600_000


@pytest.fixture
def case() -> Case:
    return Case(SENDER, RECIPIENT)


def test_a_source_may_set_aside_so_many_a_minute_and_then_waits() -> None:
    limit = Limit(2)
    assert [limit.admit(SOURCE, now) for now in (0, 1000, 2000)] == [True, True, False]
    assert limit.admit(Partition("outbox.harbor", 0), 2000)
    assert limit.resumes_at(SOURCE) == 60_000
    assert not limit.admit(SOURCE, 59_999)
    assert limit.admit(SOURCE, 60_000)
    assert not limit.admit(SOURCE, 60_001)


def test_a_limit_may_look_back_further_than_a_minute() -> None:
    limit = Limit(1, 5 * 60_000)
    assert [limit.admit(SOURCE, now) for now in (0, 299_999, 300_000)] == [True, False, True]
    assert limit.resumes_at(SOURCE) == 600_000


def test_a_limit_of_nothing_stalls_at_once() -> None:
    assert not Limit(0).admit(SOURCE, 5)


def test_a_due_referral_is_named_until_it_was_put_back_without_its_clock() -> None:
    records = Records()
    waiting = Referral(ids.fresh(), clocks=(Clock("unanswered-urgent", 1000, False),))
    records.put(waiting.referral_id, waiting)
    assert records.due(999) == []
    assert records.due(1000) == records.due(1001) == [waiting]
    after, ran_out = clocks.elapse(waiting, 1001)
    assert ran_out == waiting.clocks
    records.put(after.referral_id, after)
    assert records.due(5000) == []
    assert clocks.elapse(after, 6000) == (after, ())


def test_a_clock_that_was_stopped_is_not_due() -> None:
    records = Records()
    waiting = Referral(ids.fresh(), clocks=(Clock("unanswered-urgent", 1000, False),))
    records.put(waiting.referral_id, waiting)
    records.put(waiting.referral_id, waiting._replace(clocks=()))
    assert records.due(2000) == []
    records.put(waiting.referral_id, None)
    assert (len(records), list(records)) == (0, [])


@pytest.mark.parametrize(
    ("closed_at", "ends_at", "standing", "updated_at", "from_day"),
    [
        (0, 30, "withdrawn", 2, 92),
        (5, 30, "withdrawn", 2, 95),
        (5, 30, "live", 6, 120),
        (5, None, "withdrawn", 7, 97),
    ],
)
def test_a_record_is_kept_90_days_after_its_close_and_its_last_consents_end(
    closed_at: int, ends_at: int | None, standing: Any, updated_at: int, from_day: int
) -> None:
    held = Consent(ids.fresh(), "a", "b", ends_at and ends_at * DAY_MS, standing)
    closed = Referral(
        ids.fresh(), consents=(held,), closed_at=closed_at * DAY_MS, updated_at=updated_at * DAY_MS
    )
    keep = 90 * DAY_MS
    assert not clocks.may_be_forgotten(closed, from_day * DAY_MS - 1, keep)
    assert clocks.may_be_forgotten(closed, from_day * DAY_MS, keep)
    assert not clocks.may_be_forgotten(closed._replace(closed_at=None), 1000 * DAY_MS, keep)


def test_a_ground_without_a_date_ends_with_its_referral_and_keeps_no_record() -> None:
    ground = Consent(ids.fresh(), "a", "b", None, "live")
    still_open = Referral(ids.fresh(), consents=(ground,), updated_at=DAY_MS)
    assert not clocks.may_be_forgotten(still_open, 10_000 * DAY_MS, 0)
    closed = still_open._replace(closed_at=DAY_MS)
    assert not clocks.may_be_forgotten(closed, 91 * DAY_MS - 1, 90 * DAY_MS)
    assert clocks.may_be_forgotten(closed, 91 * DAY_MS, 90 * DAY_MS)


def test_facts_that_cannot_belong_to_the_referral_are_set_aside(case: Case) -> None:
    router = paper(case)
    router.tell(*given(case))
    others = replace(given(case)[0], programme_to=STRANGER.programme, consent_id=ids.fresh())
    (pointer,) = router.tell(others)
    assert pointer.event.code == "other-parties"  # type: ignore[union-attr]
    elsewhere = PaperRouter(router.now, (case.partition + 1) % 6)
    (pointer,) = elsewhere.tell(given(case)[0])
    assert pointer.event.code == "wrong-partition"  # type: ignore[union-attr]
    for _ in range(consents.MOST_CONSENTS - 2):
        router.tell(replace(given(case)[0], consent_id=ids.fresh()))
    (pointer,) = router.tell(replace(given(case)[0], consent_id=ids.fresh()))
    assert pointer.event.code == "too-many-consents"  # type: ignore[union-attr]


def test_an_event_among_the_facts_is_set_aside(case: Case) -> None:
    router = paper(case)
    (pointer,) = router.turn([router.fact(offered(case))])
    assert (pointer.topic, pointer.event.code) == ("quarantine", "event-not-allowed")  # type: ignore[union-attr]


def test_beyond_the_limit_a_source_waits_at_its_message_and_others_go_on(case: Case) -> None:
    router = paper(case)
    router.limit = Limit(1)
    router.tell(*given(case))
    shared = Desk(WIRE, router.records, Listed(), router.limit, NoTraces(), 0)
    out = outgoing(router.number, nowhere)
    turn = Turn(shared, out, router.now)
    for value in (b"", b"", None):
        turn.take(opened(WIRE, router.letter(SENDER, offered(case), value=value), "lantern"))
    assert turn.stalled == {Partition("outbox.lantern", router.number): 1}
    assert turn.changed == {}


def test_facts_beyond_the_limit_wait_too(case: Case) -> None:
    router = paper(case)
    shared = Desk(WIRE, router.records, Listed(), Limit(0), NoTraces(), 0)
    turn = Turn(shared, outgoing(router.number, nowhere), router.now)
    poison, good = (router.fact(fact) for fact in given(case))
    for message in (poison._replace(value=b""), good):
        turn.hear(opened(WIRE, message, "consent_ledger"))
    assert turn.stalled == {Partition("consents", router.number): 0}
    assert turn.changed == {}


def nowhere(*_: Any, **__: Any) -> None:
    """Produces nothing."""


def test_what_a_letter_names_and_nobody_knows_is_read_on_for_once_and_decided_then(case: Case) -> None:
    router = paper(case)
    router.later = [router.fact(fact) for fact in given(case)]
    offer = offered(case)
    stranger = offered(case, programme_from=STRANGER.programme)
    sent = router.turn([router.letter(STRANGER, stranger), router.letter(SENDER, offer)])
    assert inbox_of(sent, RECIPIENT) == [offer]
    assert [e.code for e in inbox_of(sent, STRANGER)] == ["unknown"]


def test_a_renewal_that_lags_is_waited_for(case: Case) -> None:
    router = paper(case)
    router.tell(*given(case))
    router.say(SENDER, offered(case))
    renewed = replace(case, consent_id=ids.fresh(), return_consent_id=ids.fresh())
    router.later = [router.fact(fact) for fact in given(renewed)]
    event = received(renewed)
    assert inbox_of(router.say(RECIPIENT, event), SENDER) == [event]


def test_while_consents_stalls_nothing_is_refused_for_want_of_them(case: Case) -> None:
    router = paper(case)
    router.limit = Limit(0)
    router.later = [router.fact(given(case)[0])._replace(value=b"")]
    with pytest.raises(EndNotReached):
        router.say(SENDER, offered(case))


def test_options_are_numbers_of_the_settings_file() -> None:
    assert Options.of({"tick_s": 1, "port": 5, "keys": "there"}) == Options(tick_s=1)
    for wrong in ("10", True, -1):
        with pytest.raises(SettingsError, match="tick_s"):
            Options.of({"tick_s": wrong})


class Kept:
    """A sink that keeps what it takes."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def take(self, span: Span) -> None:
        self.spans.append(span)

    def stop(self, timeout_s: float) -> None:
        pass


def test_every_message_gets_a_new_root_linked_to_the_senders_and_passes_it_on(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept()
    monkeypatch.setattr(tracing, "_configured", Tracing(kept))
    router = paper(case)
    router.tell(*given(case))
    theirs = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    letter = router.letter(SENDER, offered(case))
    letter = letter._replace(headers=[*letter.headers, ("traceparent", theirs.encode())])
    sent: dict[str, dict[str, Any]] = {}
    events: dict[str, Any] = {}

    def produce(topic: str, value: bytes | None, key: str, partition: int, *, headers: Any) -> None:
        sent[topic] = dict(headers)
        events[topic] = WIRE.codec.decode(value, sent[topic]["ce_type"].decode())

    desk = Desk(WIRE, router.records, Listed(), router.limit, SpanPerMessage(), 0)
    turn = Turn(desk, outgoing(router.number, produce), router.now)
    turn.take(opened(WIRE, letter, "lantern"))
    turn.finish()
    (span,) = kept.spans
    assert span.link is not None
    assert (span.link.trace, span.parent, span.name) == ("a" * 32, None, "route ReferralOffered")
    assert span.attributes["referral.id"] == case.referral_id
    assert sent["inbox.harbor"]["traceparent"] == span.own.traceparent.encode()
    progress, record = events["referral-progress"], events["referral-records"]
    assert isinstance(progress, ReferralProgressed)
    assert isinstance(record, ReferralRecord)
    assert progress.trace_id == record.trace_id == span.own.trace


def test_no_line_of_the_log_holds_anything_of_a_message(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    router = paper(case)
    router.tell(*given(case))
    router.say(SENDER, offered(case))
    router.say(SENDER, offered(case), value=b"Invented Name")
    assert caplog.records == []


def test_ids_are_fixed_for_the_paper_wire() -> None:
    assert len(set(IDS.values())) == len(IDS)
