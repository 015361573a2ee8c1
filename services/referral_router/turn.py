"""One transaction's worth of decisions, on top of the records and not yet part of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from referral_exchange import refusals
from referral_exchange.runtime.tail import Partition
from referral_exchange.topics import inbox
from referral_router import clocks, consents, rules, saying
from referral_router.letters import Letter, fact, incoming
from referral_router.outgoing import Outgoing
from referral_router.quarantine import QuarantineLimit
from referral_router.records import Records
from referral_router.referral import Clock, Incoming, Programmes, Referral
from referral_router.traces import Traces, trace_id

REPORT = "BadMessageReported"

_CODE = re.compile(r"[a-z][a-z-]{1,39}")


class Post(Programmes, Protocol):
    """Who runs what, and where a refusal goes when the programme named is not the sender's."""

    def a_programme_of(self, participant: str) -> str:
        """One programme of `participant`, or the participant itself where it lists none."""


@dataclass(slots=True)
class Desk:
    """What the turns of one partition share."""

    records: Records
    post: Post
    limit: QuarantineLimit
    traces: Traces
    unanswered_ms: int


@dataclass(slots=True)
class Turn:
    """Feed it what was read, then `finish`. What it changed counts once its transaction stands."""

    desk: Desk
    out: Outgoing
    now: int
    changed: dict[str, Referral | None] = field(default_factory=dict)
    stalled: dict[Partition, int] = field(default_factory=dict)
    """Sources that reached the quarantine's limit, and the offset where each waits."""

    def hear(self, letter: Letter) -> None:
        """Takes one fact of `consents`."""
        if letter.message.partition in self.stalled:
            return
        if letter.fault:
            return self._set_aside(letter, letter.fault)
        heard = fact(letter)
        known = self._known(heard.referral_id)
        if code := consents.fault(known, heard):
            return self._set_aside(letter, code)
        after = consents.heard(known, heard, self.now)
        traceparent = self.desk.traces.of(letter, "committed", None, after)
        if after is not known:
            self.changed[heard.referral_id] = after
        if heard.kind in consents.ENDINGS:
            self._tell_ended(letter, heard, traceparent)
            self._step(after, letter, traceparent)
        return None

    def take(self, letter: Letter) -> None:
        """Takes one message of an outbox."""
        if letter.message.partition in self.stalled:
            return
        if letter.fault:
            return self._set_aside(letter, letter.fault)
        known = self._known(letter.referral_id)
        event = incoming(letter, known=known is not None)
        if event.kind == REPORT:
            return self._take_report(letter, event)
        decision = rules.decide(known, event, self.now, self.desk.post)
        traceparent = self.desk.traces.of(letter, _verdict(decision), _code(decision), known)
        after = known
        if known is not None and decision.kept:
            after = rules.evolve(known, event, decision, self.now, self.desk.unanswered_ms)
            self.changed[event.referral_id] = after
        if not decision.committed:
            return self._refuse(event, decision.code, traceparent)
        if recipient := self.desk.post.participant_of(event.programme_to):
            self.out.forward(letter, recipient, traceparent)
        return self._step(after, letter, traceparent)

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
            cause = (saying.ROUTER, event.event_id)
            self.out.progress(saying.progressed(referral, "ClockElapsed", cause, self.now, None))

    def forget(self, referrals: Iterable[Referral]) -> None:
        """Drops the records of these referrals for good."""
        self.changed.update(dict.fromkeys(referral.referral_id for referral in referrals))

    def finish(self) -> None:
        """Writes every record that changed, once."""
        for referral_id, referral in self.changed.items():
            self.out.record(referral_id, referral)

    def _known(self, referral_id: str) -> Referral | None:
        if referral_id in self.changed:
            return self.changed[referral_id]
        return self.desk.records.get(referral_id)

    def _take_report(self, letter: Letter, event: Incoming) -> None:
        """An edge could not accept a message of its inbox: the operator gets the pointer."""
        if code := rules.misplaced(event, self.desk.post):
            return self._refuse(event, code, self.desk.traces.of(letter, "refused", code, None))
        self.desk.traces.of(letter, "committed", None, None)
        said = letter.routing["code"]
        where = Partition(inbox(event.participant), letter.routing["partition"])
        code = said if _CODE.fullmatch(said) else "reported"
        return self.out.set_aside(where, letter.routing["offset"], code, self.now)

    def _refuse(self, event: Incoming, code: str, traceparent: str) -> None:
        post = self.desk.post
        theirs = post.participant_of(event.programme_from) == event.participant
        to = event.programme_from if theirs else post.a_programme_of(event.participant)
        self.out.tell(saying.refused(event, code, to), event.participant, traceparent)

    def _tell_ended(self, letter: Letter, ended: consents.Fact, traceparent: str) -> None:
        # Both, even before an offer: after a torn transaction a recipient may hold what no record shows.
        for programme in sorted({ended.programme_from, ended.programme_to}):
            if participant := self.desk.post.participant_of(programme):
                self.out.tell(saying.ended(ended, letter, programme), participant, traceparent)
            else:
                self._set_aside(letter, refusals.UNKNOWN_PROGRAMME)

    def _step(self, after: Referral | None, letter: Letter, traceparent: str) -> None:
        if after is None or after.programme_from is None:
            return
        if traceparent:
            after = after._replace(trace_id=trace_id(traceparent))
            if after.referral_id in self.changed:
                self.changed[after.referral_id] = after
        cause = (letter.participant, letter.routing["event_id"])
        received = letter.message.appended_ms
        self.out.progress(saying.progressed(after, letter.kind, cause, self.now, received))

    def _set_aside(self, letter: Letter, code: str) -> None:
        source, offset = letter.message.partition, letter.message.offset
        if not self.desk.limit.admit(source, self.now):
            self.stalled[source] = offset
            return
        self.desk.traces.of(letter, "quarantined", code, None)
        self.out.set_aside(source, offset, code, self.now)


def _code(decision: rules.Decision) -> str | None:
    return None if decision.committed else decision.code


def _verdict(decision: rules.Decision) -> str:
    if decision.repeated:
        return "repeated"
    return "committed" if decision.committed else "refused"
