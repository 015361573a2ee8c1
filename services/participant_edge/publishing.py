"""Hands a prepared event to the broker and remembers that the broker has it."""

from datetime import datetime

from sqlalchemy import Connection

from participant_edge import command_rows, consent_rows, referral_rows, rules
from participant_edge.command_rows import Command
from participant_edge.errors import OutcomeUnknown
from participant_edge.means import Means
from participant_edge.rules import step_of
from referral_exchange import events, runtime
from referral_exchange.message import Envelope, Message, headers
from referral_exchange.topics import committed_topics, outbox, partition_of
from referral_exchange.tracing import Stretch

Outgoing = (
    events.ReferralOffered
    | events.ReferralAnswered
    | events.ReferralDisclosed
    | events.ReferralCancelled
    | events.ServiceStatusChanged
    | events.PurgeAnswered
    | events.BadMessageReported
)
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


def event_in(means: Means, command: Command) -> Outgoing:
    """The event that was prepared."""
    event = means.codec.decode(command.prepared, command.kind)
    if not isinstance(event, Outgoing):
        raise TypeError(f"{command.kind} does not leave through an outbox")
    return event


def _produce(means: Means, event: Outgoing, command: Command, stretch: Stretch) -> None:
    topic = outbox(means.own.participant)
    key = event.event_id if isinstance(event, events.BadMessageReported) else event.referral_id
    value = command.prepared or b""
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


def _settle(means: Means, connection: Connection, event: Outgoing, traceparent: str) -> None:
    if isinstance(event, events.BadMessageReported):
        return
    now = means.clock.now()
    referral_id = event.referral_id
    referral_rows.set_fields(connection, referral_id, traceparent=traceparent)
    if isinstance(event, events.ReferralOffered):
        referral_rows.set_fields(connection, referral_id, urgency=event.urgency, answer_by=event.answer_by)
    step = step_of(event)
    if step is not None and rules.withdraws(step.kind, step.what):
        ask_withdrawal(connection, referral_id, now)
    referral_rows.confirm_step(connection, referral_id, event.event_id, now)


def ask_withdrawal(connection: Connection, referral_id: str, now: datetime) -> None:
    """The sender's edge withdraws the referral's consent; the withdrawal loop sees it through."""
    consent = consent_rows.find(connection, referral_id)
    if consent is not None:
        consent_rows.ask_withdrawal(connection, consent, now)
