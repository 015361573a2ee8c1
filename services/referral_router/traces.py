"""A span a message, as a new root linked to the sender's; nothing where no collector is set."""

import time
from typing import Protocol

from referral_exchange import tracing
from referral_router.letters import Letter
from referral_router.referral import Referral


class Traces(Protocol):
    """Names the trace that goes on with what a message caused."""

    wanted: bool

    def of(self, letter: Letter, verdict: str, code: str | None, referral: Referral | None) -> str:
        """The `traceparent` of the router's stretch; empty where nothing is traced."""


class NoTraces:
    """For a process without a collector."""

    wanted = False

    def of(self, letter: Letter, verdict: str, code: str | None, referral: Referral | None) -> str:
        """None."""
        return ""


class SpanPerMessage:
    """Spans made in the batch; `referral_exchange.tracing` sends them from a thread of its own."""

    wanted = True

    def of(self, letter: Letter, verdict: str, code: str | None, referral: Referral | None) -> str:
        """From the broker's append to now: the span shows how long the message lay there."""
        attributes: tracing.Attributes = {
            "messaging_system": "kafka",
            "messaging_operation_type": "process",
            "messaging_destination_name": letter.message.partition.topic,
            "messaging_destination_partition_id": letter.message.partition.number,
            "messaging_kafka_offset": letter.message.offset,
            "verdict": verdict,
        }
        if code:
            attributes["code"] = code
        if referral is not None and referral.programme_from is not None:
            attributes["referral_state"] = referral.state
        return tracing.record(
            f"route {letter.event.kind}" if letter.event.kind else "quarantine",
            "consumer",
            letter.message.appended_ms * 1_000_000,
            time.time_ns(),
            letter.event.referral_id or None,
            letter.headers.get("traceparent", b"").decode("ascii", "replace") or None,
            **attributes,
        )


def trace_id(traceparent: str) -> str | None:
    """The trace named by a `traceparent`; None where there is none."""
    return traceparent.split("-")[1] if traceparent else None
