"""What of a referral a participant has to be sent again."""

from collections.abc import Mapping
from typing import Any

import pytest

from referral_exchange import ids
from referral_router import resync
from referral_router.referral import COMMITTED, GROUND, LEDGER, Consent, Referral, State, Verdict


class Listed:
    """Programmes by name; nobody else runs anything, and all take part."""

    away: Mapping[str, str] = {}

    def participant_of(self, programme: str) -> str | None:
        return {"shelter": "harbor", "advocacy": "harbor", "outreach": "lantern"}.get(programme)


def verdict(participant: str, code: str = COMMITTED) -> Verdict:
    return Verdict(participant, ids.fresh(), 0, code, 0)


def referral(programme_from: str | None, programme_to: str | None, **more: Any) -> Referral:
    return Referral(
        ids.fresh(), programme_from, programme_to, **{"state": "accepted", "updated_at": 50, **more}
    )


@pytest.mark.parametrize(
    ("of", "asker", "since", "expected"),
    [
        (referral("outreach", "shelter"), "harbor", 0, True),
        (referral("outreach", "shelter"), "lantern", 0, True),
        (referral("outreach", "shelter"), "orchard", 0, False),
        (referral("outreach", "shelter"), "harbor", 50, True),
        (referral("outreach", "shelter"), "harbor", 51, False),
        (referral(None, None, state="consented"), "harbor", 0, False),
        (referral("outreach", "gone"), "harbor", 0, False),
        (referral("outreach", "shelter", state="cancelled"), "harbor", 0, False),
        (referral("outreach", "shelter", state="cancelled", sub_state="cancel_requested"), "harbor", 0, True),
        (
            referral("outreach", "shelter", state="cancelled", sub_state="cancel_confirmed"),
            "harbor",
            0,
            False,
        ),
    ],
)
def test_a_referral_concerns_its_parties_while_something_is_left_to_do(
    of: Referral, asker: str, since: int, expected: bool
) -> None:
    assert resync.concerns(of, asker, since, Listed()) == expected


@pytest.mark.parametrize("state", ["rejected", "completed", "failed", "entered_in_error"])
def test_what_is_over_concerns_nobody(state: State) -> None:
    assert not resync.concerns(referral("outreach", "shelter", state=state), "harbor", 0, Listed())


def test_what_was_taken_of_either_side_is_sent_again_in_its_order() -> None:
    said = [verdict("lantern"), verdict("harbor"), verdict("lantern")]
    of = referral(
        "outreach",
        "shelter",
        verdicts=(
            verdict(LEDGER, GROUND),
            *said[:2],
            verdict("lantern", "wrong-state"),
            said[2],
        ),
    )
    assert resync.taken(of) == said


def test_where_consents_ended_is_known_in_the_order_of_the_log() -> None:
    ended = [Consent(ids.fresh(), "a", "b", None, "withdrawn", offset) for offset in (9, 4)]
    live = Consent(ids.fresh(), "a", "b", None, "live")
    assert resync.ended_for(referral("a", "b", consents=(*ended, live))) == [4, 9]


def test_a_participant_speaks_for_the_side_it_runs_and_for_none_that_it_gave_up() -> None:
    of = referral("outreach", "shelter")
    assert resync.programme_of("lantern", of, Listed()) == "outreach"
    assert resync.programme_of("harbor", of, Listed()) == "shelter"
    assert resync.programme_of("orchard", of, Listed()) is None
