"""What the edge shows: lists, opened parts, and the ledger's evidence."""

from participant_edge import inbox_rows, outgoing, referral_rows
from participant_edge.errors import Refused
from participant_edge.means import Means
from participant_edge.opening import open_entries
from participant_edge.sealing import NotOpened
from participant_edge.views import Direction, Disclosure, InboxEntry, OpenedPart, Page, ReferralView
from referral_exchange.events import CapacityReported, ParticipantListed, ProgrammeListed
from referral_exchange.refusals import CONSENT_ENDED, sentence

_LONGEST_PAGE = 200


def open_parts(means: Means, referral_id: str) -> list[OpenedPart]:
    """See `Edge.open_parts`."""
    # In this order: what is gone by the time it is read went with a consent that is seen to have ended.
    with means.store.read() as connection:
        entries = inbox_rows.with_parts(connection, referral_id)
    view = outgoing.need_view(means, referral_id)
    if view.standing != "live":
        raise Refused(CONSENT_ENDED, sentence(CONSENT_ENDED))
    try:
        return open_entries(means, entries)
    except NotOpened:
        raise Refused("not-openable", "a part does not open; ask the sender to send it again") from None


def referrals(
    means: Means, direction: Direction | None, cursor: str | None, limit: int
) -> Page[ReferralView]:
    """See `Edge.referrals`."""
    with means.store.read() as connection:
        return referral_rows.page(connection, direction, _place(cursor), _length(limit))


def inbox(means: Means, cursor: str | None, limit: int) -> Page[InboxEntry]:
    """See `Edge.inbox`."""
    with means.store.read() as connection:
        return inbox_rows.page(connection, _place(cursor), _length(limit))


def programmes(means: Means) -> list[ProgrammeListed]:
    """See `Edge.programmes`."""
    listed = means.keys.directory.programmes.values()
    # The exchange's own services are reported to, never referred to.
    found = (p for p in listed if p.sealing_key is not None and p.role != "exchange_service")
    return sorted(found, key=lambda each: each.programme_id)


def participants(means: Means) -> list[ParticipantListed]:
    """See `Edge.participants`."""
    return sorted(means.keys.directory.participants.values(), key=lambda each: each.participant_id)


def capacities(means: Means) -> list[CapacityReported]:
    """See `Edge.capacities`."""
    return sorted(means.keys.directory.capacities.values(), key=lambda each: each.programme_id)


def disclosures(means: Means, referral_id: str) -> list[Disclosure]:
    """See `Edge.disclosures`."""
    view = outgoing.need_view(means, referral_id)
    sent = view.direction == "sent"
    programme = view.programme_from if sent else view.programme_to
    consents = [view.consent_id, view.return_consent_id] if sent else [view.return_consent_id]
    return means.ledger.disclosures(means.own.signer(programme), consents)


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 18:
        raise Refused("bad-cursor", "use the cursor that the page before returned, or none")
    return int(cursor)


def _length(limit: int) -> int:
    return max(1, min(limit, _LONGEST_PAGE))
