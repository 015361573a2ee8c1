"""What stands in `operations`: messages to read again, and what of it fits the next transaction."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from referral_exchange.codec import Undecodable
from referral_exchange.events import ReplayAsked, ResyncAsked
from referral_exchange.runtime.tail import Partition, Read
from referral_exchange.topics import committed_topics, inbox, outbox
from referral_router import resync
from referral_router.letters import Letter, opened
from referral_router.originals import Pointer
from referral_router.outgoing import share_id
from referral_router.records import Records
from referral_router.referral import LEDGER, Programmes, Referral, Verdict
from referral_router.wire import Wire, milliseconds

OPERATIONS = committed_topics()["operations"].name
OPERATOR = "operator"
"""Who writes `operations`, besides the router itself."""

SLICE = 100
"""Messages sent again in one transaction, one referral's more or less: its own stay together."""

_CONSENTS = committed_topics()["consents"].name


class Replay(NamedTuple):
    """One message is to be taken anew. No `message`: it is no longer kept. No `letter`: it is an inbox's."""

    asked: ReplayAsked
    message: Read | None
    letter: Letter | None


class Resend(NamedTuple):
    """What a referral is to tell `asker` again. A letter that is None is no longer kept."""

    asker: str
    referral: Referral
    letters: list[tuple[Verdict, Letter | None]]
    ends: list[Letter]


class Work(NamedTuple):
    """Fits one transaction."""

    source: Read
    """The message of `operations` that asks for it."""
    last: bool = True
    """Whether that message is dealt with after it."""
    code: str = ""
    """Why that message itself is to be set aside."""
    replay: Replay | None = None
    resends: tuple[Resend, ...] = ()
    taken: int = 0
    """Referrals that are dealt with after it, sent again or not."""


class Situation(NamedTuple):
    """What the owner of a partition knows when it looks at its errands."""

    records: Records
    programmes: Programmes
    open: frozenset[str]
    """Participants with mailboxes."""
    committed: Mapping[Partition, int]
    kept_since: int
    """What was appended before, ms, may have been deleted."""


@dataclass(slots=True)
class _Errand:
    source: Read
    asker: str = ""
    since: int = 0
    left: deque[str] | None = None
    """Referrals that still have to be sent again; None where that is not what is asked, or not known yet."""


@dataclass(slots=True)
class Errands:
    """The errands of one partition, first come first served. Nothing is ticked off before `done`."""

    wire: Wire
    number: int
    read: Callable[[Iterable[Pointer]], Mapping[Pointer, Read]]
    """Gives those messages that are still kept."""
    _waiting: deque[_Errand] = field(default_factory=deque)
    _newest: int = -1

    def sorted_out(self, mail: list[Read]) -> list[Read]:
        """`mail` without the errands in it, which wait from now on. One that is read again is no new one."""
        rest = [message for message in mail if message.partition.topic != OPERATIONS]
        if len(rest) == len(mail):
            return mail
        for message in mail:
            if message.partition.topic == OPERATIONS and message.offset > self._newest:
                self._newest = message.offset
                self._waiting.append(_Errand(message))
        return rest

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def next(self, situation: Situation) -> Work | None:
        """What to do next, with the messages it needs; None where nothing waits. Raises as `read` does."""
        if not self._waiting:
            return None
        errand = self._waiting[0]
        work = self._begun(errand, situation) if errand.left is None else None
        return work or self._slice(errand, errand.left or deque(), situation)

    def done(self, work: Work) -> None:
        """That work stands in the log."""
        if left := self._waiting[0].left:
            for _ in range(work.taken):
                left.popleft()
        if work.last:
            self._waiting.popleft()

    def _begun(self, errand: _Errand, situation: Situation) -> Work | None:
        """The whole of it, where it asks for one message; None where it asks for many."""
        asked = self._asked(errand.source)
        if isinstance(asked, str):
            return Work(errand.source, code=asked)
        where = Partition(asked.topic, asked.partition)
        writers = {_CONSENTS: LEDGER, **{outbox(p): p for p in situation.open}}
        share = asked.event_id == share_id(where, asked.offset, self.number)
        if code := None if share else self._fault(where, asked.offset, writers, situation):
            return Work(errand.source, code=code)
        message = self.read([(where, asked.offset)]).get((where, asked.offset))
        writer = writers.get(where.topic)
        letter = self._opened(message, writer) if message and writer else None
        if not share:
            return Work(errand.source, replay=Replay(asked, message, letter))
        return self._resync_begun(errand, letter, situation)

    def _resync_begun(self, errand: _Errand, letter: Letter | None, situation: Situation) -> Work | None:
        event = self._decoded(letter.message) if letter else None
        if letter is None or not isinstance(event, ResyncAsked):
            return Work(errand.source)
        errand.asker = letter.participant
        errand.since = milliseconds(event.since) if event.since else 0
        concerned = (r for r in situation.records if self._concerned(r, errand, situation))
        errand.left = deque(referral.referral_id for referral in concerned)
        return None

    def _slice(self, errand: _Errand, left: deque[str], situation: Situation) -> Work:
        chosen: list[Referral] = []
        pointers: set[Pointer] = set()
        taken = 0
        for referral_id in left:
            if len(pointers) >= SLICE:
                break
            taken += 1
            referral = situation.records.get(referral_id)
            if referral is not None and self._concerned(referral, errand, situation):
                chosen.append(referral)
                pointers.update(self._pointers(referral, situation))
        found = self.read(pointers)
        resends = tuple(self._resend(referral, errand, situation, found) for referral in chosen)
        return Work(errand.source, taken == len(left), resends=resends, taken=taken)

    def _resend(
        self, referral: Referral, errand: _Errand, situation: Situation, found: Mapping[Pointer, Read]
    ) -> Resend:
        letters: list[tuple[Verdict, Letter | None]] = []
        for verdict in resync.taken(referral):
            letter = self._original(found.get(self._pointer(verdict)), verdict, referral)
            # What is gone was old already when it went: it matters to whoever asks for what is as old.
            if letter.message.appended_ms >= errand.since if letter else errand.since <= situation.kept_since:
                letters.append((verdict, letter))
        consents = Partition(_CONSENTS, self.number)
        ends = [
            found[consents, offset] for offset in resync.ended_for(referral) if (consents, offset) in found
        ]
        told = [self._opened(end, LEDGER) for end in ends if end.appended_ms >= errand.since]
        return Resend(errand.asker, referral, letters, told)

    def _opened(self, message: Read, writer: str) -> Letter:
        """What is read again may be older than a registry that was made anew: `ce_type` names its schema."""
        return opened(self.wire, message, writer, own_registry=False)

    def _original(self, message: Read | None, verdict: Verdict, referral: Referral) -> Letter | None:
        """That very event; what stands there in a topic that was made anew is none."""
        letter = self._opened(message, verdict.participant) if message else None
        same = letter and (letter.event.event_id, letter.about) == (verdict.event_id, referral.referral_id)
        return letter if same else None

    def _pointers(self, referral: Referral, situation: Situation) -> Iterator[Pointer]:
        for verdict in resync.taken(referral):
            if verdict.participant in situation.open:
                yield self._pointer(verdict)
        for offset in resync.ended_for(referral):
            yield Partition(_CONSENTS, self.number), offset

    def _pointer(self, verdict: Verdict) -> Pointer:
        return Partition(outbox(verdict.participant), self.number), verdict.offset

    def _concerned(self, referral: Referral, errand: _Errand, situation: Situation) -> bool:
        return resync.concerns(referral, errand.asker, errand.since, situation.programmes)

    def _fault(
        self, where: Partition, offset: int, writers: Mapping[str, str], situation: Situation
    ) -> str | None:
        """Why an operator's errand cannot be done; None where it can."""
        if where.topic not in writers and where.topic not in {inbox(p) for p in situation.open}:
            return "event-not-allowed"
        if where.number != self.number:
            return "wrong-partition"
        # What was not read yet will be; taken now it would overtake what stands before it.
        return "not-read-yet" if offset >= situation.committed.get(where, offset + 1) else None

    def _asked(self, source: Read) -> ReplayAsked | str:
        """What the message of `operations` asks for, or why it cannot be read."""
        event = self._decoded(source)
        if isinstance(event, str):
            return event
        return event if isinstance(event, ReplayAsked) else "event-not-allowed"

    def _decoded(self, message: Read) -> object:
        """The event, or the code that says why there is none."""
        ce_type = dict(message.headers).get("ce_type") or b""
        try:
            return self.wire.codec.decode(
                message.value, ce_type.decode("ascii", "replace"), own_registry=False
            )
        except Undecodable as error:
            return error.code
