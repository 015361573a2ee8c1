"""Whether a message of the inbox may be believed. Pure: keys, directory and view are handed in."""

from dataclasses import dataclass

from participant_edge.rules import SENDERS
from participant_edge.saying import Outgoing
from participant_edge.subjectless import Report
from participant_edge.views import ReferralView
from referral_exchange import events
from referral_exchange.event_kinds import FIRST, SAID_ONLY_BY
from referral_exchange.message import signed_bytes
from referral_exchange.signing import verifies
from referral_exchange.topics import committed_topics

ROUTER = "referral_router"
"""Programme that signs what the router makes."""

LEDGER = "consent_ledger"
"""Programme that signs the ledger's facts."""

FromRouter = events.ConsentEnded | events.EventRefused | events.ClockElapsed
"""What the router makes by itself."""

Incoming = Outgoing | Report | FromRouter
"""What an inbox may carry."""

"""What may be the first heard of a referral; a disclosure only under a ground, as the router sees to."""

_ENDINGS = {"ConsentWithdrawn.v1": "withdrawn", "ConsentExpired.v1": "expired"}


@dataclass(frozen=True, slots=True, repr=False)
class Arrived:
    """A decoded message, with what the headers say of it."""

    event: Incoming
    ce_type: str
    key: str
    value: bytes
    signature: bytes
    key_id: str
    traceparent: str | None = None


def about(event: Incoming) -> str | None:
    """The referral that `event` is about; None where it concerns none."""
    return None if isinstance(event, Report) else event.referral_id


def concerning(event: Incoming) -> str | None:
    """The referral whose history `event` stands in; None where it stands in none."""
    return event.about_referral if isinstance(event, events.QuestionAsked) else about(event)


def is_echo(event: Incoming, own_programmes: frozenset[str]) -> bool:
    """Whether this participant said it itself and gets it back: after its disk was lost."""
    return isinstance(event, Outgoing) and event.programme_from in own_programmes


def allowed_here(event: events.Event) -> Incoming | None:
    """`event` as one that an inbox may carry, by the topic files; None for any other."""
    allowed = type(event).__name__ in committed_topics()["inbox"].events
    return event if allowed and isinstance(event, Incoming) else None


def misaddressed(arrived: Arrived, own_programmes: frozenset[str]) -> str | None:
    """The code of an address that is wrong; None where it is right."""
    event = arrived.event
    if arrived.key != (about(event) or event.event_id):
        return "wrong-key"
    if event.programme_to not in own_programmes and not is_echo(event, own_programmes):
        return "not-your-programme"
    if (event.programme_from == ROUTER) != isinstance(event, FromRouter):
        return "event-not-allowed"
    return None


def forged(arrived: Arrived, public: bytes) -> str | None:
    """The code of a signature that `public` did not make; None where it did."""
    covered = signed_bytes(arrived.ce_type, arrived.key, arrived.event.programme_to, arrived.value)
    return None if verifies(public, arrived.signature, covered) else "bad-signature"


def unproven(ended: events.ConsentEnded, fact: events.Event | None, ledger_key: bytes) -> str | None:
    """The code of an end that the ledger did not sign; None where its own bytes prove it.

    `fact`: what `ended.ledger_event` decodes to, None where it does not.
    """
    if not isinstance(fact, events.ConsentWithdrawn | events.ConsentExpired):
        return "bad-proof"
    covered = signed_bytes(ended.ledger_type, fact.consent_id, fact.programme_to, ended.ledger_event)
    same = (
        (fact.consent_id, fact.referral_id) == (ended.consent_id, ended.referral_id)
        and _ENDINGS.get(ended.ledger_type) == ended.ending
        and ended.programme_to in {fact.programme_from, fact.programme_to}
    )
    return None if same and verifies(ledger_key, ended.ledger_signature, covered) else "bad-proof"


def misplaced(event: Incoming, view: ReferralView | None) -> str | None:
    """The code of an event that does not belong to the referral it names; None where it does."""
    if isinstance(event, FromRouter):
        # They may speak of a referral whose offer never came, or of none.
        return None if view is None or event.programme_to in _parties(view) else "unknown"
    if isinstance(event, events.QuestionAsked):
        return None if _asks_its_sender(event, view) else "unknown"
    if isinstance(event, Report):
        about_itself = getattr(event, "programme_id", event.programme_from) == event.programme_from
        return None if about_itself else "not-your-programme"
    if view is None:
        return None if type(event).__name__ in FIRST else "unknown"
    sender_speaks = type(event).__name__ in SENDERS
    expected = _parties(view) if sender_speaks else _parties(view)[::-1]
    if (event.programme_from, event.programme_to) != expected:
        return "unknown"
    return None if event.consent_id in {view.consent_id, view.return_consent_id} else "consent-missing"


def _asks_its_sender(event: events.QuestionAsked, view: ReferralView | None) -> bool:
    said_by_whom_may = event.programme_from == SAID_ONLY_BY["QuestionAsked"]
    return said_by_whom_may and view is not None and view.programme_from == event.programme_to


def _parties(view: ReferralView) -> tuple[str, str]:
    return view.programme_from, view.programme_to
