"""Cursors that tell a caller nothing: the edge's own place in a list, marked for that list."""

import base64
import hmac

from ngo_bridge.bridge import Bridge
from referral_exchange.problems import Problem

_MARK = 8


def opaque(bridge: Bridge, listing: str, place: str | None) -> str | None:
    """The cursor of `place` in `listing`; None at the end."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(_mark(bridge, listing, place) + place.encode()).decode().rstrip("=")


def place_of(bridge: Bridge, listing: str, cursor: str | None) -> str | None:
    """The place that `cursor` names. Raises Problem for one that this list never gave."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mark, place = raw[:_MARK], raw[_MARK:].decode()
    except ValueError:
        raise bad_cursor() from None
    if not hmac.compare_digest(mark, _mark(bridge, listing, place)):
        raise bad_cursor()
    return place


def bad_cursor() -> Problem:
    """The cursor is not one of ours."""
    return Problem(
        422, "bad-cursor", "This cursor was not given by this list", "Use `next` of the page before, or none."
    )


def _mark(bridge: Bridge, listing: str, place: str) -> bytes:
    return bridge.secret.mark("cursor", listing, place)[:_MARK]
