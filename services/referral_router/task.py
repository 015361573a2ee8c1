"""One partition of the referrals: takes it over, then turns what was read into transactions."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from referral_exchange.fault_points import FaultPoints
from referral_exchange.message import Signer
from referral_exchange.runtime import clients
from referral_exchange.runtime.lifecycle import Clock, Stop
from referral_exchange.runtime.tail import EndNotReached, Partition, Read
from referral_exchange.topics import committed_topics
from referral_router import again, clocks, hanging
from referral_router.errands import Errands, Situation
from referral_router.inputs import Inputs
from referral_router.letters import Letter, opened
from referral_router.limits import Limit
from referral_router.mailroom import Mailroom
from referral_router.options import Options
from referral_router.originals import read_again
from referral_router.outgoing import Outgoing
from referral_router.records import Records
from referral_router.referral import Referral
from referral_router.restore import restored
from referral_router.traces import Traces
from referral_router.transactions import Fenced, InDoubt, MustAbort, Transactions
from referral_router.turn import Desk, Turn
from referral_router.wire import Wire, milliseconds

_LOG = logging.getLogger(__name__)

_TELL_AGAIN_MS = 3600_000
"""After a takeover the clocks that elapsed within this time are told again."""

_CALM_S = 60.0
"""Trouble after so long without any, or after a commit, is new trouble."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every task of a process shares."""

    kafka: clients.Kafka
    admin: AdminClient
    wire: Wire
    signer: Signer
    mailroom: Mailroom
    traces: Traces
    options: Options
    clock: Clock
    faults: FaultPoints


class Task:
    """Owner of one partition, as long as the lease lasts. Not thread-safe: one thread steps it."""

    def __init__(self, tools: Tools, number: int, group: Callable[[], Any]) -> None:
        """`group`: the lease's consumer group metadata, asked at each commit."""
        self.number = number
        self._tools = tools
        self._group = group
        self._inputs = Inputs(tools.kafka, tools.admin, number)
        self._transactions = Transactions(
            tools.kafka, f"router-{number}", tools.options.transaction_s, tools.faults
        )
        self._out = Outgoing(tools.wire, tools.signer, number)
        limit = Limit(tools.options.quarantine_per_minute)
        unanswered = round(tools.options.unanswered_s * 1000)
        purge = round(tools.options.purge_answer_s * 1000)
        self._desk = Desk(tools.wire, Records(), tools.mailroom, limit, tools.traces, unanswered, purge)
        self._open: frozenset[str] | None = None
        self._errands = self._no_errands()
        self._facts_are_new = True
        self._tell_again: list[Referral] = []
        self._failing_since = self._failed_at = -_CALM_S
        self._failures = 0
        self._swept_at = time.monotonic()
        self._leaving = Stop()
        self.restored = False
        self.ticked_at = time.monotonic()

    @property
    def records(self) -> Records:
        """What it knows; for whoever looks, not for whoever writes."""
        return self._desk.records

    @property
    def committed(self) -> Mapping[Partition, int]:
        """How far each of its inputs has been dealt with."""
        return self._inputs.committed

    @property
    def stalled(self) -> list[str]:
        """Sources that wait because too much of them had to go aside."""
        return [f"{partition.topic}/{partition.number}" for partition in self._inputs.held]

    @property
    def errands(self) -> int:
        """How many messages of `operations` still have to be dealt with."""
        return len(self._errands)

    def step(self, wait_s: float) -> bool:
        """One turn: takes over where need be, reads, decides, commits. Whether there was anything to do.

        Waits at most `wait_s` for input. Trouble is met by going back; raises once it has lasted for
        `patience_s`, and for anything that is not the broker's doing.
        """
        try:
            if not self.restored:
                self.take_over()
            worked = self.restored and self._step(wait_s)
        except MustAbort as trouble:
            self._troubled(trouble)
            self._go_back()
        except Fenced as trouble:
            self.restored = False
            self._troubled(trouble, self._tools.options.session_s / 2)
        except (InDoubt, EndNotReached) as trouble:
            self.restored = False
            self._troubled(trouble)
        except KafkaException as trouble:
            self.restored = False
            self._troubled(InDoubt(trouble.args[0].name()))
        else:
            return worked
        return True

    def take_over(self) -> None:
        """Fences the owner before, finds the offsets, restores. In this order: nothing moves meanwhile.

        The facts up to now follow, in transactions of their own, before any letter is looked at.
        """
        tools = self._tools
        if self._leaving.asked():
            return  # whoever owns the partition by now must not be fenced by one that has lost it
        self._transactions.renew()
        self._open = tools.mailroom.open
        self._end_what_hangs(self._open)
        self._inputs.start(self._open)
        self._errands = self._no_errands()
        self._facts_are_new = True
        self._desk.records = restored(
            tools.kafka, tools.admin, tools.wire, self.number, tools.options.catch_up_s
        )
        since = self._now() - _TELL_AGAIN_MS
        self._tell_again = [r for r in self.records if r.updated_at >= since and clocks.elapsed(r)]
        self.restored = True

    def _end_what_hangs(self, participants: frozenset[str]) -> None:
        """Behind trouble the group's offsets may hang alone, where nobody can look."""
        tools, within = self._tools, self._tools.options.transaction_s
        held = hanging.held_back(tools.admin, hanging.written(self.number, participants), within)
        if held or self._failures:
            nowhere = TopicPartition(committed_topics()["consents"].name, self.number, 0)
            hanging.end_what_hangs(self._transactions, held, nowhere, self._group)

    @property
    def hangs(self) -> bool:
        """Whether its turn is stuck in the Kafka client and will not come back by itself."""
        return self._transactions.hangs

    def leave(self) -> None:
        """Asks the thread that steps it to come to an end soon. Any thread may ask."""
        self._leaving.ask()

    def close(self) -> None:
        """Leaves the partition to whoever comes next."""
        self._transactions.close()
        self._inputs.close()

    def _step(self, wait_s: float) -> bool:
        inputs, most = self._inputs, self._tools.options.batch
        inputs.release(self._now())
        self._welcome()
        if self._facts_are_new:
            for facts in inputs.facts_to_present_end(self._tools.options.catch_up_s, most):
                self._transact(facts, [])
            self._facts_are_new = False
        facts = inputs.facts(most)
        wait_s = 0 if facts or len(self._errands) else wait_s
        mail = [] if len(facts) >= most else self._errands.sorted_out(inputs.mail(most, wait_s))
        worked = self._transact(facts, mail)
        return self._run_an_errand() or worked

    def _welcome(self) -> None:
        """Reads the outboxes of participants that have come since."""
        if self._tools.mailroom.open is not self._open:
            self._open = self._tools.mailroom.open
            self._inputs.extend(self._open)

    def _transact(self, facts: list[Read], mail: list[Read]) -> bool:
        due, stale = self._due()
        if not (facts or mail or due or stale or self._tell_again):
            return False
        turn = self._turn(facts)
        for message in [*facts]:
            turn.hear(self._opened(message))
        for message in mail:
            turn.take(self._opened(message))
        turn.tick(due)
        for referral in self._tell_again:
            turn.tell_clocks(referral, clocks.elapsed(referral))
        turn.forget(stale)
        turn.finish()
        self._commit(turn, self._inputs.reached(chain(facts, mail), turn.stalled))
        return True

    def _run_an_errand(self) -> bool:
        """One transaction's worth of what is to be done once more: new mail does not wait for all of it."""
        if not len(self._errands):
            return False
        kept_since = self._now() - round(self._tools.options.keep_read_s * 1000)
        mailroom, committed = self._tools.mailroom, self._inputs.committed
        situation = Situation(self.records, mailroom, mailroom.open, committed, kept_since)
        if (work := self._errands.next(situation)) is None:
            return False
        facts: list[Read] = []
        turn = self._turn(facts)
        again.do(turn, work)
        turn.finish()
        dealt_with = [*facts, work.source] if work.last else facts
        self._commit(turn, self._inputs.reached(dealt_with, turn.stalled))
        self._errands.done(work)
        return True

    def _turn(self, facts: list[Read]) -> Turn:
        self._out.produce = self._transactions.begin()
        return Turn(self._desk, self._out, self._now(), lambda: self._read_on(facts))

    def _no_errands(self) -> Errands:
        tools = self._tools
        within = tools.options.catch_up_s
        return Errands(
            tools.wire, self.number, lambda wanted: read_again(tools.kafka, tools.admin, wanted, within)
        )

    def _opened(self, message: Read) -> Letter:
        return opened(self._tools.wire, message, self._inputs.writer_of(message))

    def _read_on(self, facts: list[Read]) -> list[Letter]:
        """What the directory and `consents` hold as of now; adds the facts to those of this turn."""
        # The transaction is open meanwhile and must not run out.
        within = self._tools.options.transaction_s / 2
        self._tools.mailroom.catch_up(within)
        new = [*chain.from_iterable(self._inputs.facts_to_present_end(within, self._tools.options.batch))]
        facts.extend(new)
        return [self._opened(message) for message in new]

    def _commit(self, turn: Turn, offsets: Mapping[Partition, int]) -> None:
        reached = [TopicPartition(*partition, offset) for partition, offset in offsets.items()]
        self._transactions.commit(reached, self._group)
        # Only now: what a turn changed is part of the records when the log says so.
        self._desk.records.put_all(turn.changed)
        self._failed_at = -_CALM_S
        self._inputs.confirm(offsets)
        self._tell_again = []
        self._inputs.hold({source: self._desk.limit.resumes_at(source) for source in turn.stalled})

    def _due(self) -> tuple[list[Referral], list[Referral]]:
        """Referrals whose clocks ran out, and those that may be forgotten; nothing between the ticks."""
        options, since = self._tools.options, time.monotonic()
        if since - self.ticked_at < options.tick_s:
            return [], []
        self.ticked_at = since
        now = self._now()
        if since - self._swept_at < options.sweep_s:
            return self.records.due(now), []
        self._swept_at = since
        keep = round(options.keep_closed_s * 1000)
        stale = (r for r in self.records if clocks.may_be_forgotten(r, now, keep))
        return self.records.due(now), list(islice(stale, options.batch))

    def _go_back(self) -> None:
        try:
            self._transactions.abort()
            self._inputs.rewind()
        except (Fenced, InDoubt, MustAbort, KafkaException):
            self.restored = False

    def _troubled(self, trouble: Exception, wait_s: float = 0.0) -> None:
        """Says so, and waits a little longer each time. Raises `trouble` when patience is over."""
        now = time.monotonic()
        if now - self._failed_at > _CALM_S:
            self._failing_since, self._failures = now, 0
        self._failed_at = now
        self._failures += 1
        _LOG.warning("partition %d: %s: %s", self.number, type(trouble).__name__, trouble)
        if now - self._failing_since > self._tools.options.patience_s:
            raise trouble
        self._leaving.wait(max(wait_s, min(5.0, 0.05 * 2**self._failures)))

    def _now(self) -> int:
        return milliseconds(self._tools.clock.now())
