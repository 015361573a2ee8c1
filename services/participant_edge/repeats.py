"""Finishes what was begun: prepared commands without an answer, and what the edge says by itself."""

import logging

from participant_edge import command_rows, giving, outgoing, own_intents, referral_rows
from participant_edge.command_rows import Command
from participant_edge.errors import OutcomeUnknown, Refused, UnknownThing
from participant_edge.inbox_rows import back_off
from participant_edge.means import Means
from participant_edge.publishing import ask_withdrawal, publish
from participant_edge.taking_part import Paused
from referral_exchange import tracing

_LOG = logging.getLogger(__name__)
_AT_ONCE = 200


def turn(means: Means, *, all_now: bool = False) -> int:
    """Repeats what is due (`all_now`: everything, after a start); returns how much was finished."""
    with means.store.read() as connection:
        due = command_rows.unfinished(connection, None if all_now else means.clock.now(), _AT_ONCE)
    return sum(_finish(means, command) for command in due)


def finish_own(means: Means, referral_id: str) -> None:
    """Says first what the edge itself still owes about the referral. Raises OutcomeUnknown."""
    with means.store.read() as connection:
        owed = command_rows.own_unfinished(connection, referral_id)
    for command in owed:
        if not _finish(means, command):
            raise OutcomeUnknown("the referral's receipt is not reported yet; repeat with the same ids")


def _finish(means: Means, command: Command) -> bool:
    try:
        _repeat(means, command)
    except (OutcomeUnknown, Paused):
        with means.store.write() as connection:
            until = means.clock.now() + back_off(command.attempts)
            command_rows.put_off(connection, command.command_id, until)
        return False
    except (Refused, UnknownThing) as error:
        _give_up(means, command, error.code if isinstance(error, Refused) else "unknown")
    return True


def _give_up(means: Means, command: Command, code: str) -> None:
    _LOG.warning("%s was given up with %s", command.kind, code)
    with means.store.write() as connection:
        command_rows.refuse(connection, command.command_id, code)
        referral_rows.drop_step(connection, command.event_id)
        if command.intent and command.kind.startswith("ReferralCancelled"):
            # Another was picked: whatever kept it from being taken back, nothing more is shared there.
            ask_withdrawal(connection, command.referral_id or "", means.clock.now())


def _repeat(means: Means, command: Command) -> None:
    if command.kind in (giving.KIND, giving.GROUND):
        giving.settle(means, command)
    elif command.state == "prepared":
        _publish_again(means, command)
    elif command.kind == own_intents.BAD:
        with tracing.stretch(f"publish {command.kind}", "producer") as stretch:
            publish(means, own_intents.prepare_report(means, command), stretch)
    else:
        outgoing.say(means, *own_intents.said(command))


def _publish_again(means: Means, command: Command) -> None:
    with means.turnstile.of(command.referral_id or command.event_id):
        with means.store.read() as connection:
            current = command_rows.find(connection, command.command_id)
            link = referral_rows.traceparent_of(connection, command.referral_id or "")
        if current.state != "prepared":
            return
        name = f"publish {command.kind}"
        with tracing.stretch(name, "producer", referral_id=command.referral_id, link=link) as stretch:
            outgoing.publish_known(means, current, stretch)
