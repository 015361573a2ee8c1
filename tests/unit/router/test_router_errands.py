"""What is done once more: messages that an operator has read again, and all that an edge has lost."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cases import (
    PARTITIONS,
    Case,
    answered,
    cancelled,
    disclosed,
    expired,
    given,
    now,
    offered,
    received,
    resync,
    status,
    withdrawn,
)
from paper_router import (
    DAY_MS,
    HOUR_MS,
    RECIPIENT,
    SENDER,
    STRANGER,
    WIRE,
    PaperRouter,
    Sent,
    inbox_of,
    paper,
)

from referral_exchange import ids, refusals
from referral_exchange.events import (
    ClockElapsed,
    ConsentEnded,
    EventRefused,
    MessageQuarantined,
    QuarantineClosed,
    ReplayAsked,
)
from referral_exchange.runtime.tail import Partition, Read
from referral_exchange.topics import partition_of
from referral_router import errands
from referral_router.letters import opened
from referral_router.limits import Limit
from referral_router.quarantine import still_open

OUTBOX = "outbox.lantern"


@pytest.fixture
def case() -> Case:
    return Case(SENDER, RECIPIENT)


@pytest.fixture
def router(case: Case) -> PaperRouter:
    fresh = paper(case)
    fresh.tell(*given(case))
    return fresh


def told(sent: Iterable[Sent]) -> list[Any]:
    return [s.event for s in sent if s.topic == "quarantine"]


def closed(sent: Iterable[Sent]) -> list[tuple[str, int, str]]:
    return [(e.topic, e.offset, e.how) for e in told(sent) if isinstance(e, QuarantineClosed)]


def inboxes(sent: Iterable[Sent]) -> list[Sent]:
    return [s for s in sent if s.topic.startswith("inbox.")]


class TestReplay:
    def poisoned(self, router: PaperRouter, event: Any) -> Read:
        """An event that nobody could read when it came, and that can be read by now."""
        letter = router.letter(SENDER, event)
        (pointer,) = told(router.turn([letter._replace(value=b"")]))
        assert (pointer.topic, pointer.offset) == (OUTBOX, letter.offset)
        return letter

    def test_what_can_be_read_by_now_is_taken_as_if_it_came_now_and_its_pointer_closes(
        self, router: PaperRouter, case: Case
    ) -> None:
        offer = offered(case)
        letter = self.poisoned(router, offer)
        sent = router.run(router.asked(OUTBOX, letter.offset))
        assert inbox_of(sent, RECIPIENT) == [offer]
        assert closed(sent) == [(OUTBOX, letter.offset, "replayed")]
        assert router.record(case).state == "requested"
        assert still_open(told(router.sent)) == set()

    def test_what_is_refused_was_read_and_closes_too(self, router: PaperRouter, case: Case) -> None:
        letter = self.poisoned(router, disclosed(case))
        sent = router.run(router.asked(OUTBOX, letter.offset))
        assert [e.code for e in inbox_of(sent, SENDER)] == [refusals.WRONG_STATE]
        assert closed(sent) == [(OUTBOX, letter.offset, "replayed")]

    def test_what_still_cannot_be_read_stays_set_aside_and_is_not_set_aside_anew(
        self, router: PaperRouter, case: Case
    ) -> None:
        letter = self.poisoned(router, offered(case))
        router.log[letter.partition, letter.offset] = letter._replace(value=b"")
        assert router.run(router.asked(OUTBOX, letter.offset)) == []
        assert still_open(told(router.sent)) == {(letter.partition, letter.offset)}

    def test_what_is_no_longer_kept_is_gone(self, router: PaperRouter, case: Case) -> None:
        letter = self.poisoned(router, offered(case))
        del router.log[letter.partition, letter.offset]
        sent = router.run(router.asked(OUTBOX, letter.offset))
        assert closed(sent) == [(OUTBOX, letter.offset, "gone")]
        assert inboxes(sent) == []

    def test_what_was_taken_before_is_a_repeat(self, router: PaperRouter, case: Case) -> None:
        letter = router.letter(SENDER, offered(case))
        first, record = router.turn([letter]), router.record(case)
        again = router.run(router.asked(OUTBOX, letter.offset))
        assert inboxes(again) == inboxes(first)
        assert router.record(case) == record

    def test_a_fact_is_heard_again(self, case: Case) -> None:
        router = paper(case)
        facts = [router.fact(fact) for fact in given(case)]
        router.turn([facts[0]._replace(value=b""), facts[1]])
        sent = router.run(router.asked("consents", facts[0].offset))
        assert closed(sent) == [("consents", facts[0].offset, "replayed")]
        assert {c.consent_id for c in router.record(case).consents} == {
            case.consent_id,
            case.return_consent_id,
        }

    def test_a_fact_that_still_cannot_belong_stays_set_aside(self, case: Case) -> None:
        router = paper(case)
        router.tell(*given(case))
        others = router.fact(replace(given(case)[0], programme_to=STRANGER.programme))
        router.turn([others])
        assert router.run(router.asked("consents", others.offset)) == []

    def test_a_message_of_an_inbox_stands_there_once_more_as_it_was(self, case: Case) -> None:
        router = PaperRouter(paper(case).now, 0)
        there = Read(Partition("inbox.harbor", 0), 7, b"k", b"v", [("ce_type", b"Any.v1")], 0)
        router.log[there.partition, 7] = there
        copy, closing = router.run(router.asked("inbox.harbor", 7))
        assert (copy.topic, copy.partition, copy.key, copy.value) == ("inbox.harbor", 0, "k", b"v")
        assert copy.headers == {"ce_type": b"Any.v1"}
        assert closed([closing]) == [("inbox.harbor", 7, "replayed")]

    def test_a_lagging_consent_is_read_on_for(self, case: Case) -> None:
        router = paper(case)
        offer = offered(case)
        letter = self.poisoned(router, offer)
        router.later = [router.fact(fact) for fact in given(case)]
        assert inbox_of(router.run(router.asked(OUTBOX, letter.offset)), RECIPIENT) == [offer]

    def test_facts_read_on_for_go_aside_where_they_cannot_be_read(self, case: Case) -> None:
        router = paper(case)
        letter = self.poisoned(router, offered(case))
        facts = [router.fact(fact) for fact in given(case)]
        router.later = [*facts, router.fact(given(case)[0])._replace(value=b"")]
        sent = router.run(router.asked(OUTBOX, letter.offset))
        aside = [e for e in told(sent) if isinstance(e, MessageQuarantined)]
        assert [(e.topic, e.code) for e in aside] == [("consents", "truncated")]

    @pytest.mark.parametrize(
        ("topic", "offset", "how", "code"),
        [
            ("referral-records", 0, {}, "event-not-allowed"),
            ("outbox.nobody", 0, {}, "event-not-allowed"),
            ("operations", 0, {}, "event-not-allowed"),
            (OUTBOX, 0, {"partition": -1}, "wrong-partition"),
            (OUTBOX, 99, {}, "not-read-yet"),
        ],
    )
    def test_an_errand_that_makes_no_sense_is_set_aside_itself(
        self, router: PaperRouter, case: Case, topic: str, offset: int, how: dict[str, Any], code: str
    ) -> None:
        router.say(SENDER, offered(case))
        (pointer,) = told(router.run(router.asked(topic, offset, **how)))
        assert (pointer.topic, pointer.offset, pointer.code) == ("operations", 0, code)

    def test_what_is_no_errand_is_set_aside(self, router: PaperRouter, case: Case) -> None:
        unreadable = router.asked(OUTBOX, 0)._replace(value=b"")
        offer = router.letter(SENDER, offered(case))
        other = router.asked(OUTBOX, 0)._replace(
            value=offer.value, headers=[("ce_type", b"ReferralOffered.v1")]
        )
        assert [e.code for e in told(router.run(unreadable, other))] == ["truncated", "event-not-allowed"]

    def test_an_errand_that_comes_again_before_it_is_done_is_the_same_errand(
        self, router: PaperRouter, case: Case
    ) -> None:
        router.say(SENDER, offered(case))
        asked = router.asked(OUTBOX, 0)
        assert router.errands.sorted_out([asked, asked]) == []
        assert router.errands.sorted_out([asked]) == []
        assert len(router.errands) == 1

    def test_mail_passes_the_errands_by(self, router: PaperRouter, case: Case) -> None:
        letter = router.letter(SENDER, offered(case))
        assert router.errands.sorted_out([letter, router.asked(OUTBOX, 0)]) == [letter]
        mail = [letter]
        assert router.errands.sorted_out(mail) is mail


class TestResync:
    def open(self, router: PaperRouter, case: Case) -> list[Any]:
        """A referral under way, and what was taken of both its sides."""
        router.tell(*given(case))
        taken = [offered(case, urgency="urgent"), received(case), answered(case), disclosed(case)]
        for who, event in (
            (SENDER, taken[0]),
            (RECIPIENT, taken[1]),
            (RECIPIENT, taken[2]),
            (SENDER, disclosed(case, parts=[])),
            (SENDER, taken[3]),
        ):
            router.say(who, event)
        return taken

    def asked_by(self, router: PaperRouter, who: Any, **how: Any) -> list[Read]:
        """An edge of `who` asks; what of it comes to the owner of this partition."""
        event = resync(who, **how)
        owner = PaperRouter(router.now, partition_of(event.event_id, PARTITIONS), offsets=router.offsets)
        letter = owner.letter(who, event, number=owner.number)
        router.log[letter.partition, letter.offset] = letter
        sent = owner.turn([letter])
        assert [(s.topic, s.key) for s in sent] == [("operations", f"outbox.{who.participant}")] * PARTITIONS
        assert [s.partition for s in sent] == list(range(PARTITIONS))
        assert len({s.event.event_id for s in sent if isinstance(s.event, ReplayAsked)}) == PARTITIONS
        return router.shares(sent)

    def test_a_recipient_gets_again_what_either_side_said_in_order_and_byte_for_byte(
        self, case: Case
    ) -> None:
        router = paper(case)
        events = self.open(router, case)
        before = inboxes(s for s in router.sent if s.topic == "inbox.harbor")
        again = inboxes(router.run(*self.asked_by(router, RECIPIENT)))
        assert [s.event for s in again] == events
        assert [s for s in again if s.event.programme_from == SENDER.programme] == before  # type: ignore[union-attr]

    def test_a_sender_gets_again_what_it_said_what_went_to_it_and_its_clocks(self, case: Case) -> None:
        router = paper(case)
        router.tell(*given(case))
        router.say(SENDER, said := offered(case, urgency="urgent"))
        router.say(RECIPIENT, got := received(case))
        router.now += HOUR_MS
        (clock,) = inbox_of(router.turn(), SENDER)
        assert isinstance(clock, ClockElapsed)
        sent = router.run(*self.asked_by(router, SENDER))
        assert inbox_of(sent, SENDER) == [said, got, clock]
        assert inbox_of(sent, RECIPIENT) == []

    def test_nothing_is_remembered_of_it(self, case: Case) -> None:
        router = paper(case)
        self.open(router, case)
        before = router.records.fingerprint(WIRE)
        sent = router.run(*self.asked_by(router, RECIPIENT))
        assert {s.topic for s in sent} == {"inbox.harbor"}
        assert router.records.fingerprint(WIRE) == before

    def test_others_referrals_and_closed_ones_and_mere_consents_are_left_alone(self, case: Case) -> None:
        router = paper(case)
        self.open(router, case)
        assert router.run(*self.asked_by(router, STRANGER)) == []
        router.say(RECIPIENT, status(case, "completed"))
        other = same_partition(case)
        router.tell(*given(other))
        assert router.run(*self.asked_by(router, RECIPIENT)) == []

    def test_a_referral_that_was_taken_back_is_told_with_its_end_as_long_as_the_purge_is_open(
        self, case: Case
    ) -> None:
        router = paper(case)
        self.open(router, case)
        router.tell(*withdrawn(case))
        sent = router.run(*self.asked_by(router, RECIPIENT))
        ends = [e for e in inbox_of(sent, RECIPIENT) if isinstance(e, ConsentEnded)]
        first = [e for e in inbox_of(router.sent, RECIPIENT) if isinstance(e, ConsentEnded)]
        assert ends == first[:2]
        assert len(inbox_of(sent, RECIPIENT)) == 6

    def test_what_is_no_longer_kept_is_sealed_again_by_its_sender(self, case: Case) -> None:
        router = paper(case)
        offer, *others = self.open(router, case)
        del router.log[next(p for p, r in router.log.items() if offer.event_id.encode() in (r.value or b""))]
        sent = router.run(*self.asked_by(router, RECIPIENT))
        assert inbox_of(sent, RECIPIENT) == others
        (lost,) = inbox_of(sent, SENDER)
        assert isinstance(lost, EventRefused)
        assert (lost.code, lost.refused_event_id, lost.referral_id, lost.programme_to) == (
            refusals.SEAL_AGAIN,
            offer.event_id,
            case.referral_id,
            SENDER.programme,
        )
        once_more = inbox_of(router.run(*self.asked_by(router, RECIPIENT)), SENDER)
        assert once_more[0].event_id != lost.event_id

    def test_another_message_at_that_place_is_not_the_lost_one(self, case: Case) -> None:
        router = paper(case)
        offer, *_ = self.open(router, case)
        place = next(p for p, r in router.log.items() if offer.event_id.encode() in (r.value or b""))
        stranger = PaperRouter(router.now, router.number).letter(SENDER, offered(case))
        router.log[place] = stranger
        sent = router.run(*self.asked_by(router, RECIPIENT))
        assert [e.refused_event_id for e in inbox_of(sent, SENDER)] == [offer.event_id]

    def test_nobody_is_asked_to_seal_for_what_is_over(self, case: Case) -> None:
        router = paper(case)
        self.open(router, case)
        router.tell(*withdrawn(case))
        router.log = {p: r for p, r in router.log.items() if p[0].topic == "consents"}
        sent = router.run(*self.asked_by(router, RECIPIENT))
        assert {type(e) for e in inbox_of(sent, RECIPIENT)} == {ConsentEnded}
        assert inbox_of(sent, SENDER) == []

    def test_since_leaves_out_what_was_appended_before(self, case: Case) -> None:
        router = paper(case)
        self.open(router, case)
        since = datetime.fromtimestamp(router.now / 1000, UTC) + timedelta(hours=1)
        assert router.run(*self.asked_by(router, RECIPIENT, since=since)) == []
        router.now += 2 * HOUR_MS
        router.say(SENDER, late := disclosed(case))
        assert inbox_of(router.run(*self.asked_by(router, RECIPIENT, since=since)), RECIPIENT) == [late]

    def test_ends_from_before_since_are_left_out_too(self, case: Case) -> None:
        router = paper(case)
        self.open(router, case)
        renewed = replace(case, consent_id=ids.fresh(), return_consent_id=ids.fresh())
        router.tell(*given(renewed))
        router.tell(expired(case)[0])
        since = datetime.fromtimestamp(router.now / 1000, UTC) + timedelta(hours=1)
        router.now += 2 * HOUR_MS
        router.say(SENDER, late := disclosed(renewed))
        assert inbox_of(router.run(*self.asked_by(router, RECIPIENT, since=since)), RECIPIENT) == [late]

    @pytest.mark.parametrize(("days", "asked"), [(13, []), (15, [refusals.SEAL_AGAIN] * 2)])
    def test_what_went_before_since_is_asked_for_only_where_it_can_be_as_old(
        self, case: Case, days: int, asked: list[str]
    ) -> None:
        router = paper(case)
        self.open(router, case)
        router.now += 20 * DAY_MS
        router.say(RECIPIENT, status(case, "in_progress"))
        router.log = {}
        since = datetime.fromtimestamp((router.now - days * DAY_MS) / 1000, UTC)
        sent = router.run(*self.asked_by(router, RECIPIENT, since=since))
        assert [e.code for e in inbox_of(sent, SENDER)] == asked

    def test_one_referral_stays_together_and_many_take_several_turns(
        self, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(errands, "SLICE", 6)
        router = paper(case)
        cases = [case, *(same_partition(case) for _ in range(4))]
        events = {event.event_id: one for one in cases for event in self.open(router, one)}
        router.errands.sorted_out(self.asked_by(router, RECIPIENT))
        turns = []
        while len(router.errands):
            turns.append([s.event.event_id for s in inboxes(router.run_one())])  # type: ignore[union-attr]
        assert [len(turn) for turn in turns] == [8, 8, 4]
        assert sorted(event_id for turn in turns for event_id in turn) == sorted(events)
        whose = [[events[e].referral_id for e in turn] for turn in turns]
        assert all(len(set(turn[n : n + 4])) == 1 for turn in whose for n in range(0, len(turn), 4))

    def test_a_torn_turn_or_a_takeover_sends_the_same_again(
        self, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(errands, "SLICE", 1)
        router = paper(case)
        self.open(router, case)
        self.open(router, same_partition(case))
        share = self.asked_by(router, RECIPIENT)
        router.errands.sorted_out(share)
        torn = router.run_one(torn=True)
        assert inboxes(router.run_one()) == inboxes(torn)
        router.errands = router.no_errands()
        whole = inboxes(router.run(*share))
        assert whole[:4] == inboxes(torn)
        assert len(whole) == 8

    def test_what_changes_between_two_turns_is_seen_by_the_second(
        self, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(errands, "SLICE", 1)
        router = paper(case)
        other = same_partition(case)
        self.open(router, case)
        self.open(router, other)
        router.errands.sorted_out(self.asked_by(router, RECIPIENT))
        router.run_one()
        router.say(SENDER, cancelled(other))
        assert inboxes(router.run_one()) == []
        assert len(router.errands) == 0

    def test_an_operators_replay_of_it_asks_everybody_again(self, case: Case) -> None:
        event = resync(RECIPIENT)
        router = PaperRouter(paper(case).now, partition_of(event.event_id, PARTITIONS))
        letter = router.letter(RECIPIENT, event)
        sent = router.run(router.asked("outbox.harbor", letter.offset))
        assert [s.topic for s in sent] == ["operations"] * PARTITIONS + ["quarantine"]
        shares = router.shares(sent)
        assert [s.topic for s in router.run(*shares)] == []

    def test_what_is_asked_too_often_is_refused_until_an_hour_has_passed(self, case: Case) -> None:
        event = resync(RECIPIENT)
        router = PaperRouter(paper(case).now, partition_of(event.event_id, PARTITIONS))
        limit = Limit(2, HOUR_MS)
        answers = []
        for _ in range(4):
            turn, sent = router._turn()
            turn.desk.resyncs = limit
            turn.take(opened(WIRE, router.letter(RECIPIENT, event), "harbor"))
            answers.append([getattr(s.event, "code", s.topic) for s in sent][-1])
            router.now += HOUR_MS * (len(answers) == 3)
        assert answers == ["operations", "operations", refusals.TOO_OFTEN, "operations"]

    def test_a_share_of_what_is_gone_or_something_else_is_nothing(self, case: Case) -> None:
        router = paper(case)
        self.open(router, case)
        share = self.asked_by(router, RECIPIENT)
        router.log = {p: r for p, r in router.log.items() if dict(r.headers)["ce_type"] != b"ResyncAsked.v1"}
        assert router.run(*share) == []

    def test_a_consent_that_ended_and_was_renewed_is_told_too(self, case: Case) -> None:
        router = paper(case)
        self.open(router, case)
        renewed = replace(case, consent_id=ids.fresh(), return_consent_id=ids.fresh())
        router.tell(*given(renewed))
        router.tell(expired(case)[0])
        sent = router.run(*self.asked_by(router, SENDER))
        assert [e.consent_id for e in inbox_of(sent, SENDER) if isinstance(e, ConsentEnded)] == [
            case.consent_id
        ]


def same_partition(case: Case) -> Case:
    other = Case(case.sender, case.recipient)
    while other.partition != case.partition:
        other = Case(case.sender, case.recipient)
    return other


def test_a_pointer_is_open_until_it_is_closed_and_may_open_again() -> None:
    where = Partition("outbox.lantern", 3)
    about = {"event_id": ids.fresh(), "occurred_at": now(), "topic": where.topic, "partition": 3}
    aside = [MessageQuarantined(**about, offset=n, code="truncated") for n in (4, 5)]
    closing = QuarantineClosed(**about, offset=4, how="dropped")
    assert still_open([]) == set()
    assert still_open(aside) == {(where, 4), (where, 5)}
    assert still_open([*aside, closing]) == {(where, 5)}
    assert still_open([closing, *aside]) == {(where, 4), (where, 5)}
    assert still_open([*aside, closing, aside[0]]) == {(where, 4), (where, 5)}
