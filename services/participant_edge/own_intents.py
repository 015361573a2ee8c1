"""What an edge says by itself: that a referral was received or is taken back, that a message was bad."""

import json
from datetime import datetime

from sqlalchemy import Connection

from participant_edge import command_rows
from participant_edge.command_rows import Command, New
from participant_edge.inbox_rows import Pointer
from participant_edge.means import Means
from participant_edge.saying import Saying
from participant_edge.verification import ROUTER
from referral_exchange import events, ids

BAD = "BadMessageReported"
"""Record name of a report."""

_OWN = b"asked by the edge itself"


def intend_received(
    connection: Connection, source_event: str, referral_id: str, listener: str, now: datetime
) -> None:
    """The edge is to report `received`; once for the event that brought the referral."""
    kind = "ServiceStatusChanged"
    event_id = ids.derived(source_event, kind, listener)
    intent = json.dumps({"state": "received"})
    command_rows.intend(connection, New(f"own:{event_id}", _OWN, kind, event_id, referral_id, intent), now)


def intend_cancel(connection: Connection, source: str, referral_id: str, now: datetime) -> None:
    """The edge is to take a referral back for the sake of `source`, a command that picked another."""
    kind = "ReferralCancelled"
    event_id = ids.derived(source, kind, referral_id)
    intent = json.dumps({"cancellation": "cancelled"})
    command_rows.intend(connection, New(f"own:{event_id}", _OWN, kind, event_id, referral_id, intent), now)


def intend_report(connection: Connection, pointer: Pointer, code: str, now: datetime) -> None:
    """The edge is to report that the message at `pointer` is bad; once for each place in the log."""
    place = f"{pointer.topic}/{pointer.partition}/{pointer.offset}"
    event_id = ids.derived(place, BAD, ROUTER)
    intent = json.dumps({"partition": pointer.partition, "offset": pointer.offset, "code": code})
    command_rows.intend(connection, New(f"own:{event_id}", _OWN, BAD, event_id, intent=intent), now)


def said(command: Command) -> tuple[Saying, New]:
    """What an intent of `intend_received` or `intend_cancel` says."""
    fields = json.loads(command.intent)
    what = next(iter(fields.values()))
    more = {"sub_state": None} if command.kind == "ServiceStatusChanged" else {}
    saying = Saying(
        kind=command.kind, referral_id=command.referral_id or "", what=what, fields={**fields, **more}
    )
    return saying, _again(command)


def prepare_report(means: Means, command: Command) -> Command:
    """Stores the report of an intent of `intend_report`."""
    now = means.clock.now()
    pointer = json.loads(command.intent)
    event = events.BadMessageReported(
        event_id=command.event_id,
        occurred_at=now,
        programme_from=min(means.own.programmes),
        programme_to=ROUTER,
        partition=pointer["partition"],
        offset=pointer["offset"],
        code=pointer["code"],
    )
    with means.store.write() as connection:
        value = means.codec.encode(event)
        return command_rows.prepare(connection, _again(command), now, now, kind=event.RECORD, prepared=value)


def _again(command: Command) -> New:
    return New(command.command_id, _OWN, command.kind, command.event_id, command.referral_id, command.intent)
