"""Says several things at once: all are allowed and sealed before the first is stored, or none is."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack

from sqlalchemy import Connection

from participant_edge import outgoing
from participant_edge.command_rows import Command, New
from participant_edge.commands import Receipt
from participant_edge.errors import Refused
from participant_edge.fingerprints import canonical
from participant_edge.means import Means
from participant_edge.publishing import publish
from participant_edge.saying import Saying
from referral_exchange import ids, tracing
from referral_exchange.tracing import Stretch

MOST = 20
"""How many things are said at once at most."""


def say_all(
    means: Means,
    sayings: Sequence[Saying],
    command_id: str,
    beside: Callable[[Connection], None] = lambda _: None,
) -> tuple[Receipt, ...]:
    """One receipt each, in order. `beside` writes in the transaction that stores what will be said.

    Raises as `outgoing.say`; after OutcomeUnknown the same command id goes on where it stood.
    """
    referrals = [saying.referral_id for saying in sayings]
    if not 0 < len(sayings) <= MOST or len(set(referrals)) != len(referrals):
        raise Refused("invalid", f"name 1 to {MOST} referrals, each once")
    news = _commands(means, sayings, command_id)
    with _turnstiles(means, referrals):
        stored = [outgoing.known(means, new) for new in news]
        begun = any(command.state == "begun" for command in stored)
        if begun:
            # They were never stored apart, so all of them are new.
            stored = _store(means, list(zip(sayings, news, strict=True)), beside)
        for command in stored:
            _publish(means, command, publish if begun else outgoing.publish_known)
    return tuple(Receipt(command.event_id, command.referral_id or "") for command in stored)


def _commands(means: Means, sayings: Sequence[Saying], command_id: str) -> list[New]:
    """One command each, under ids that do not show in the database that they belong together."""
    all_said = [outgoing.all_said(saying) for saying in sayings]
    kinds = sayings[0].kind
    print_ = means.memory.fingerprint(canonical(kinds, {"together": all_said}))
    own = [means.memory.fingerprint(f"{command_id}/{n}".encode()).hex() for n in range(len(sayings))]
    return [
        New(f"user:{each}", print_, saying.kind, ids.fresh(), saying.referral_id)
        for each, saying in zip(own, sayings, strict=True)
    ]


def _turnstiles(means: Means, referrals: Sequence[str]) -> AbstractContextManager[object]:
    held = ExitStack()
    for lock in means.turnstile.of_all(referrals):
        held.enter_context(lock)
    return held


def _store(
    means: Means, asked: Sequence[tuple[Saying, New]], beside: Callable[[Connection], None]
) -> list[Command]:
    with tracing.stretch(f"prepare {asked[0][0].kind}", "client") as stretch:
        decided = [outgoing.decide(means, saying, new, stretch) for saying, new in asked]
    with means.store.write() as connection:
        beside(connection)
        kept = [outgoing.keep(connection, each, means.clock.now()) for each in decided]
    means.faults.reach("participant_edge:prepared")
    return kept


def _publish(means: Means, command: Command, how: Callable[[Means, Command, Stretch], None]) -> None:
    if command.state != "acknowledged":
        with outgoing.stretch_of(means, command.kind, command.referral_id or "") as stretch:
            how(means, command, stretch)
