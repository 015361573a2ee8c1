"""Confirms to a restored ledger which consents still live: it holds them all until their disclosers have."""

import logging
from collections.abc import Callable
from typing import TypeVar

from participant_edge import consent_rows
from participant_edge.errors import OutcomeUnknown, Refused, Suspended
from participant_edge.means import Means

T = TypeVar("T")

_AT_ONCE = 100
_LOG = logging.getLogger(__name__)


def asking(means: Means, programme: str, ask: Callable[[], T]) -> T:
    """The answer of `ask`, which asks the ledger as `programme`; consents are confirmed first where it waits.

    Raises as `ask`.
    """
    try:
        return ask()
    except Suspended:
        confirm(means, programme)
        return ask()


def confirm(means: Means, programme: str) -> int:
    """Confirms every consent that `programme` gave and that this edge holds for live; how many.

    What somebody withdrew here, also where the ledger has not confirmed that yet, is never confirmed. What
    comes back under a consent is confirmed with it.
    """
    with means.store.read() as connection:
        given = consent_rows.live_of(connection, programme)
    done = sum(_confirm(means, programme, some) for some in _in_batches(given))
    _LOG.warning("the ledger was restored; %d consents of %s were confirmed", done, programme)
    return done


def _confirm(means: Means, programme: str, consents: list[str]) -> int:
    """All at once; where the ledger knows better about one of them, one by one."""
    signer = means.own.signer(programme)
    try:
        means.ledger.confirm(signer, consents)
    except Refused as refused:
        if len(consents) > 1:
            return sum(_confirm(means, programme, [each]) for each in consents)
        _LOG.warning("a consent was not confirmed: the ledger says %s", refused.code)
        return 0
    return len(consents)


def turn(means: Means) -> None:
    """Finds out whether the ledger waits, by asking about one live consent of each programme."""
    for programme in sorted(means.own.programmes):
        with means.store.read() as connection:
            consent = consent_rows.any_live(connection, programme)
        if consent is None:
            continue
        try:
            signer = means.own.signer(programme)
            means.ledger.check(signer, consent.consent_id, consent.referral_id, consent.recipient)
        except Suspended:
            confirm(means, programme)
        except (Refused, OutcomeUnknown):
            # Its answer is for whoever sends something; here it only shows that the ledger does not wait.
            continue


def _in_batches(consents: list[str]) -> list[list[str]]:
    return [consents[start : start + _AT_ONCE] for start in range(0, len(consents), _AT_ONCE)]
