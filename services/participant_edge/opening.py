"""Opens what came in: the ledger unlocks each time anew, the programme's own key opens, nothing is kept."""

from collections.abc import Sequence
from typing import Any

from participant_edge.inbox_rows import Entry
from participant_edge.ledger_messages import ToOpen, Unlocked
from participant_edge.means import Means
from participant_edge.sealing import Scope, Sealed, open_sealed
from participant_edge.views import OpenedPart
from referral_exchange import events, tracing

_AT_ONCE = 100
"""Most locks the ledger opens in one request."""


def open_entries(means: Means, entries: Sequence[Entry]) -> list[OpenedPart]:
    """Every part of `entries`, which are for one programme; all or nothing.

    Raises Refused, LedgerSilent and sealing.NotOpened.
    """
    holding = [(entry, event_of(means, entry)) for entry in entries if entry.value is not None]
    sealed = [(event, part) for _, event in holding for part in getattr(event, "parts", ())]
    if not sealed:
        return []
    programme = sealed[0][0].programme_to
    entry = holding[-1][0]
    asked = [ToOpen(event.consent_id, event.referral_id, part.lock) for event, part in sealed]
    signer = means.own.signer(programme)
    unlocked: list[Unlocked] = []
    with tracing.stretch("open", "client", referral_id=entry.referral_id, link=entry.traceparent) as stretch:
        stretch.set(part_count=len(asked))
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            unlocked += means.ledger.open(signer, some, stretch.traceparent)
    pairs = zip(sealed, unlocked, strict=True)
    return [_opened(means, event, part, found) for (event, part), found in pairs]


def event_of(means: Means, entry: Entry) -> Any:
    """The event of a stored message: verified when it came, whatever the registry numbers it now."""
    return means.codec.decode(entry.value, entry.ce_type, own_registry=False)


def _opened(means: Means, event: Any, part: events.SealedPart, found: Unlocked) -> OpenedPart:
    scope = Scope(event.consent_id, event.referral_id, event.programme_to)
    sealed = Sealed(found.data_class, found.blob, part.ciphertext)
    record = open_sealed(sealed, scope, means.own.sealing_keys[event.programme_to])
    return OpenedPart(event_id=event.event_id, data_class=found.data_class, record=record)
