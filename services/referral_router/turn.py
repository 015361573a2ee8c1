"""One transaction's worth of decisions, on top of the records and not yet part of them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol, cast

from referral_exchange import refusals
from referral_exchange.events import BadMessageReported
from referral_exchange.events.consent import Purge
from referral_exchange.runtime.tail import EndNotReached, Partition
from referral_exchange.topics import committed_topics, inbox
from referral_router import clocks, consents, rules, saying, subjectless
from referral_router.by_hand import Progress
from referral_router.letters import Letter
from referral_router.limits import HOUR_MS, Limit
from referral_router.outgoing import Outgoing
from referral_router.records import Records
from referral_router.referral import ROUTER, Clock, Incoming, Programmes, Referral
from referral_router.traces import Traces, trace_id
from referral_router.wire import Wire

CONSENTS = committed_topics()["consents"].name

MOST_RESYNCS = 10
"""Times an hour that one partition of an outbox may ask for everything again."""

_IGNORANCE = frozenset(
    {
        refusals.UNKNOWN,
        refusals.CONSENT_MISSING,
        refusals.NOT_YOUR_PROGRAMME,
        refusals.UNKNOWN_PROGRAMME,
        refusals.NOT_TAKING_PART,
        refusals.DENIED,
    }
)
"""Refusals that may only mean that the log was not read far enough. A stranger's is among them, so that it
takes the same way, and the same time, as one about no referral at all."""

_CODE = re.compile(r"[a-z][a-z-]{1,39}")


class Post(Programmes, Protocol):
    """Who runs what, and where a refusal goes when the programme named is not the sender's."""

    def a_programme_of(self, participant: str) -> str:
        """One programme of `participant`, or the participant itself where it lists none."""


@dataclass(slots=True)
class Desk:
    """What the turns of one partition share."""

    wire: Wire
    records: Records
    post: Post
    limit: Limit
    traces: Traces
    unanswered_ms: int
    purge_ms: int = 72 * HOUR_MS
    """How long a recipient may take to answer a withdrawal."""
    resyncs: Limit = field(default_factory=lambda: Limit(MOST_RESYNCS, HOUR_MS))


@dataclass(slots=True)
class Turn:
    """Feed it what was read, then `finish`. What it changed counts once its transaction stands."""

    desk: Desk
    out: Outgoing
    now: int
    read_on: Callable[[], Iterable[Letter]] = tuple
    """Reads the directory and `consents` to their present end; gives the facts that were new."""
    changed: dict[str, Referral | None] = field(default_factory=dict)
    stalled: dict[Partition, int] = field(default_factory=dict)
    """Sources that reached the quarantine's limit, and the offset where each waits."""
    steps: list[Progress] = field(default_factory=list)
    _has_read_on: bool = False

    def hear(self, letter: Letter) -> None:
        """Takes one fact of `consents`."""
        if self.stalled and letter.message.partition in self.stalled:
            return
        if letter.fault:
            return self._set_aside(letter, letter.fault)
        fact = letter.event
        known = self._known(fact.referral_id)
        if known is None:
            fact = fact._replace(in_its_partition=letter.in_its_partition)
        if code := consents.fault(known, fact):
            return self._set_aside(letter, code)
        after = consents.heard(known, fact, self.now, self.desk.purge_ms)
        traceparent = self.desk.traces.of(letter, "committed", None, after)
        if after is not known:
            self.changed[fact.referral_id] = after
        if fact.kind in consents.ENDINGS:
            self._tell_ended(letter, traceparent)
            self._step(after, letter, traceparent)
        return None

    def take(self, letter: Letter) -> None:
        """Takes one message of an outbox."""
        if self.stalled and letter.message.partition in self.stalled:
            return
        if letter.fault:
            return self._set_aside(letter, letter.fault)
        event = letter.event
        if not event.referral_id:
            return self._take_subjectless(letter)
        known, decision = self._decided(letter)
        traceparent = self._traced(letter, decision, known)
        if known is not None and decision.kept:
            known = rules.evolve(known, event, decision, self.now, self.desk.unanswered_ms)
            self.changed[event.referral_id] = known
        if not decision.committed:
            return self._refuse(event, decision.code, traceparent)
        if recipient := self.desk.post.participant_of(event.programme_to):
            self.out.forward(letter, recipient, traceparent)
        return self._step(known, letter, traceparent)

    def tick(self, due: Iterable[Referral]) -> None:
        """Lets the clocks of `due` run out that have not been stopped in this turn."""
        for referral in due:
            known = self._known(referral.referral_id)
            if known is None:
                continue
            after, ran_out = clocks.elapse(known, self.now)
            if ran_out:
                self.changed[after.referral_id] = after
                self.tell_clocks(after, ran_out)

    def tell_clocks(self, referral: Referral, elapsed: Iterable[Clock]) -> None:
        """Says to the sender that the clocks ran out; again, where it is not known whether it was heard."""
        for clock in elapsed:
            event = saying.elapsed(referral, clock)
            if sender := self.desk.post.participant_of(event.programme_to):
                self.out.tell(event, sender, "")
            cause = (ROUTER, event.event_id)
            self.steps.append(saying.progressed(referral, "ClockElapsed", cause, self.now, None))

    def forget(self, referrals: Iterable[Referral]) -> None:
        """Drops the records of these referrals for good."""
        self.changed.update(dict.fromkeys(referral.referral_id for referral in referrals))

    def retake(self, letter: Letter) -> bool:
        """Takes a message anew that was set aside; whether it could be read. What cannot stays set aside."""
        desk = replace(self.desk, limit=Limit(0))
        again = Turn(desk, self.out, self.now, self._read_on_for_another, self.changed, steps=self.steps)
        if letter.message.partition.topic == CONSENTS:
            again.hear(letter)
        else:
            again.take(letter)
        return not again.stalled

    def finish(self) -> None:
        """Writes every step, and every changed record once; topic by topic, which is quicker to send."""
        for step in self.steps:
            self.out.progress(step)
        for referral_id, referral in self.changed.items():
            self.out.record(referral_id, referral)

    def _known(self, referral_id: str) -> Referral | None:
        if referral_id in self.changed:
            return self.changed[referral_id]
        return self.desk.records.get(referral_id)

    def _decided(self, letter: Letter) -> tuple[Referral | None, rules.Decision]:
        """What is known of the letter's referral, and the verdict; after reading on where it must be."""
        event, post = letter.event, self.desk.post
        known = self._known(event.referral_id)
        if known is None:
            event = event._replace(in_its_partition=letter.in_its_partition)
        decision = rules.decide(known, event, self.now, post)
        if decision.code not in _IGNORANCE or decision.repeated or self._has_read_on:
            return known, decision
        self._read_on()
        return self._decided(letter)

    def _read_on(self) -> None:
        """Once a turn is enough: all its letters stood in the log before what is read now."""
        self._has_read_on = True
        for fact in self.read_on():
            self.hear(fact)
        if any(source.topic == CONSENTS for source in self.stalled):
            # Deciding now would refuse what the facts permit: better that everything waits, and is seen.
            raise EndNotReached("consents stalls: too much of it had to be set aside")

    def _read_on_for_another(self) -> Iterable[Letter]:
        """Facts heard here change what the other turn sees, and go aside here where they cannot be read."""
        if not self._has_read_on:
            self._read_on()
        return ()

    def _traced(self, letter: Letter, decision: rules.Decision, known: Referral | None) -> str:
        if not self.desk.traces.wanted:
            return ""
        verdict = "repeated" if decision.repeated else "committed" if decision.committed else "refused"
        return self.desk.traces.of(letter, verdict, None if decision.committed else decision.code, known)

    def _take_subjectless(self, letter: Letter) -> None:
        event = letter.event._replace(in_its_partition=letter.in_its_partition)
        code = subjectless.refusal(event, self.now, self.desk.post)
        if code in _IGNORANCE and not self._has_read_on:
            self._read_on()
            code = subjectless.refusal(event, self.now, self.desk.post)
        if code is None and event.kind == subjectless.RESYNC:
            # Cheap to ask for and costly to do: an edge that starts again and again must not flood its inbox.
            admitted = self.desk.resyncs.admit(letter.message.partition, self.now)
            code = None if admitted else refusals.TOO_OFTEN
        traceparent = self.desk.traces.of(letter, "refused" if code else "committed", code, None)
        if code:
            self._refuse(event, code, traceparent)
        elif event.kind == subjectless.REPORT:
            self._point_at_what_was_reported(letter)
        elif event.kind == subjectless.RESYNC:
            self.out.spread(letter)
        elif recipient := self.desk.post.participant_of(event.programme_to):
            self.out.forward(letter, recipient, traceparent)

    def _point_at_what_was_reported(self, letter: Letter) -> None:
        """An edge could not accept a message of its inbox: the operator gets the pointer."""
        report = self.desk.wire.codec.decode(letter.message.value, letter.headers["ce_type"].decode())
        if isinstance(report, BadMessageReported):
            where = Partition(inbox(letter.participant), report.partition)
            said = report.code if _CODE.fullmatch(report.code) else "reported"
            self.out.set_aside(where, report.offset, said, self.now)

    def _refuse(self, event: Incoming, code: str, traceparent: str) -> None:
        post = self.desk.post
        theirs = post.participant_of(event.programme_from) == event.participant
        to = event.programme_from if theirs else post.a_programme_of(event.participant)
        self.out.tell(saying.refused(event, code, to), event.participant, traceparent)

    def _tell_ended(self, letter: Letter, traceparent: str) -> None:
        # Both, even before an offer: after a torn transaction a recipient may hold what no record shows.
        for programme in sorted({letter.event.programme_from, letter.event.programme_to}):
            if participant := self.desk.post.participant_of(programme):
                self.out.tell(saying.ended(letter, programme), participant, traceparent)
            else:
                self._set_aside(letter, refusals.UNKNOWN_PROGRAMME)

    def _step(self, after: Referral | None, letter: Letter, traceparent: str) -> None:
        if after is None or after.programme_from is None:
            return
        if traceparent:
            after = after._replace(trace_id=trace_id(traceparent))
            if after.referral_id in self.changed:
                self.changed[after.referral_id] = after
        cause = (letter.participant, letter.event.event_id)
        received, event = letter.message.appended_ms, letter.event
        purge = cast(Purge, event.said) if event.kind == rules.PURGED else None
        self.steps.append(saying.progressed(after, event.kind, cause, self.now, received, purge))

    def _set_aside(self, letter: Letter, code: str) -> None:
        source, offset = letter.message.partition, letter.message.offset
        if not self.desk.limit.admit(source, self.now):
            self.stalled[source] = offset
            return
        self.desk.traces.of(letter, "quarantined", code, None)
        self.out.set_aside(source, offset, code, self.now)
