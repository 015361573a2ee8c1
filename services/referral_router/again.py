"""Writes into a turn what was asked for once more: a message taken anew, or what an edge has lost."""

from referral_exchange.runtime.tail import Partition
from referral_router import clocks, resync, saying
from referral_router.errands import Replay, Resend, Work
from referral_router.referral import TERMINAL
from referral_router.turn import Turn


def do(turn: Turn, work: Work) -> None:
    """All of `work`; the turn still has to be finished."""
    source = work.source
    if work.code:
        turn.out.set_aside(source.partition, source.offset, work.code, turn.now)
    if work.replay:
        _replay(turn, work.replay, source.appended_ms)
    for resend in work.resends:
        _resend(
            turn, resend, saying.source_of(source.partition.topic, str(source.offset)), source.appended_ms
        )


def _replay(turn: Turn, replay: Replay, at: int) -> None:
    asked = replay.asked
    where = Partition(asked.topic, asked.partition)
    if replay.message is None:
        return turn.out.close(where, asked.offset, "gone", asked.event_id, at)
    if replay.letter is None:
        turn.out.copy(replay.message)
    elif not turn.retake(replay.letter):
        return None  # its pointer stays open, and keeps its bytes
    return turn.out.close(where, asked.offset, "replayed", asked.event_id, at)


def _resend(turn: Turn, resend: Resend, cause: str, at: int) -> None:
    referral, post = resend.referral, turn.desk.post
    for verdict, letter in resend.letters:
        if letter is not None:
            turn.out.forward(letter, resend.asker, "")
        elif referral.state in TERMINAL:
            continue  # nobody seals anything for what is over
        elif programme := resync.programme_of(verdict.participant, referral, post):
            turn.out.tell(saying.lost(referral, verdict, programme, cause, at), verdict.participant, "")
    for end in resend.ends:
        for programme in sorted(referral.parties()):
            if post.participant_of(programme) == resend.asker:
                turn.out.tell(saying.ended(end, programme), resend.asker, "")
    if post.participant_of(referral.programme_from or "") == resend.asker:
        turn.tell_clocks(referral, clocks.elapsed(referral))
