"""Hands a prepared event to the broker and remembers that the broker has it."""

from datetime import datetime

from sqlalchemy import Connection

from participant_edge import change_rows, command_rows, consent_rows, referral_rows, rules
from participant_edge.command_rows import Command
from participant_edge.errors import OutcomeUnknown
from participant_edge.means import Means
from participant_edge.rules import step_of
from participant_edge.saying import Opener, Outgoing
from participant_edge.subjectless import Report
from referral_exchange import events, runtime
from referral_exchange.message import Envelope, Message, headers
from referral_exchange.topics import committed_topics, outbox, partition_of
from referral_exchange.tracing import Stretch

Leaving = Outgoing | Report | events.BadMessageReported
"""What leaves through an outbox."""


def publish(means: Means, command: Command, stretch: Stretch) -> None:
    """Returns once the broker has the event. Raises OutcomeUnknown; the command then stays to be repeated."""
    event = event_in(means, command)
    _produce(means, event, command, stretch)
    means.faults.reach("participant_edge:acknowledged")
    with means.store.write() as connection:
        if command_rows.acknowledge(connection, command.command_id, prepared=None):
            _settle(means, connection, event, stretch.traceparent)
    means.wake.set()


def event_in(means: Means, command: Command) -> Leaving:
    """The event that was prepared."""
    # By its own name: a registry made anew since has other ids.
    event = means.codec.decode(command.prepared, command.kind, own_registry=False)
    if not isinstance(event, Leaving):
        raise TypeError(f"{command.kind} does not leave through an outbox")
    return event


def _produce(means: Means, event: Leaving, command: Command, stretch: Stretch) -> None:
    topic = outbox(means.own.participant)
    key = event.referral_id if isinstance(event, Outgoing) else event.event_id
    value = means.codec.reframed(command.prepared or b"", command.kind)
    with stretch.child(f"send {topic}", "producer", event_type=command.kind) as sending:
        envelope = Envelope(
            command.kind, event.event_id, event.occurred_at, key, event.programme_to, sending.traceparent
        )
        named = headers(envelope, value, means.own.signer(event.programme_from))
        partition = partition_of(key, committed_topics()["outbox"].partitions)
        try:
            means.outbox.produce_and_wait([Message(topic, key, value, named, partition)])
        except runtime.OutcomeUnknown:
            raise OutcomeUnknown("the broker did not answer in time; repeat with the same ids") from None
        except runtime.ProduceRefused:
            # Its topic or its rights are missing: for the operator to mend, after which the repeat passes.
            raise OutcomeUnknown(
                "the broker does not take this outbox's messages; tell the operator"
            ) from None


def _settle(means: Means, connection: Connection, event: Leaving, traceparent: str) -> None:
    now = means.clock.now()
    if isinstance(event, Report):
        change_rows.add(connection, None, event.event_id, type(event).__name__, "", "sent", now)
    if not isinstance(event, Outgoing):
        return
    referral_id = event.referral_id
    referral_rows.set_fields(connection, referral_id, traceparent=traceparent)
    step = step_of(event)
    kind = type(event).__name__
    if isinstance(event, Opener):
        referral_rows.set_opened(connection, referral_id, kind, event.urgency, event.answer_by)
    elif isinstance(event, events.ReferralDisclosed):
        referral_rows.set_opened(connection, referral_id, kind, "unspecified", None)
    if step is not None and rules.withdraws(step.kind, step.what):
        ask_withdrawal(connection, referral_id, now)
    referral_rows.confirm_step(connection, referral_id, event.event_id, now)


def close_ground(connection: Connection, referral_id: str, now: datetime) -> None:
    """The service of a referral is over: a ground that carried it goes; a consent stands to its own end."""
    consent = consent_rows.find(connection, referral_id)
    if consent is not None and consent.ground:
        consent_rows.ask_withdrawal(connection, consent, now)


def ask_withdrawal(connection: Connection, referral_id: str, now: datetime) -> None:
    """The sender's edge ends the referral's consent, or closes its ground; a loop sees it through."""
    consent = consent_rows.find(connection, referral_id)
    if consent is not None:
        consent_rows.ask_withdrawal(connection, consent, now)
