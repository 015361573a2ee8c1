"""Says what concerns no person: stored first, then produced, and the same for the same command id."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from participant_edge import asking, command_rows, legal_facts, subjectless, taking_part
from participant_edge.command_rows import Command, New
from participant_edge.commands import Receipt, ReportKind
from participant_edge.errors import Refused
from participant_edge.fingerprints import canonical
from participant_edge.means import Means
from participant_edge.publishing import publish
from participant_edge.saying import malformed
from referral_exchange import events, ids, tracing
from referral_exchange.codec import Unencodable
from referral_exchange.refusals import sentence

_RESYNC: ReportKind = "ResyncAsked"

_LEAVE_ALONE = timedelta(seconds=32)
"""How long a prepared report is its caller's before the repeats take it over."""


def report(
    means: Means, kind: ReportKind, programme_from: str, fields: Mapping[str, Any], command_id: str
) -> Receipt:
    """See `Edge.report`."""
    means.own.signer(programme_from)
    said = {"programme_from": programme_from, **fields}
    new = New(command_id, means.memory.fingerprint(canonical(kind, said)), kind, ids.fresh())
    with means.turnstile.of(command_id):
        with means.store.read() as connection:
            stored = command_rows.known(connection, new)
        if stored.state == "refused":
            raise Refused(stored.code or "unknown", "it was given up; " + sentence(stored.code or "unknown"))
        if stored.state == "begun":
            stored = _prepare(means, kind, programme_from, fields, new)
            means.faults.reach("participant_edge:prepared")
        if stored.state == "prepared":
            with tracing.stretch(f"publish {kind}", "producer") as stretch:
                publish(means, stored, stretch)
    return Receipt(stored.event_id)


def ask_resync(means: Means, since: datetime | None) -> Receipt:
    """See `Edge.ask_resync`. Each asking is one of its own."""
    return report(means, _RESYNC, min(means.own.programmes), {"since": since}, f"own:{ids.fresh()}")


def _prepare(
    means: Means, kind: ReportKind, programme_from: str, fields: Mapping[str, Any], new: New
) -> Command:
    if kind != _RESYNC:
        taking_part.require(means, programme_from)
    now = means.clock.now()
    event = subjectless.report_of(kind, programme_from, fields, new.event_id, now)
    try:
        value = means.codec.encode(event)
    except Unencodable as error:
        raise malformed(error) from None
    subjectless.require_sound(event)
    if isinstance(event, events.CountsReported):
        _require_counts(means, event, now)
    with means.store.write() as connection:
        return command_rows.prepare(
            connection,
            new,
            now,
            now + _LEAVE_ALONE,
            kind=event.RECORD,
            programme_from=programme_from,
            programme_to=event.programme_to,
            prepared=value,
        )


def _require_counts(means: Means, event: events.CountsReported, now: datetime) -> None:
    counts, directory = legal_facts.counted(event), means.keys.directory
    question = asking.counting(directory, event.programme_from, event.programme_to, counts, now)
    asking.require(means.policy, question)
