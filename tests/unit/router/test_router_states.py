"""Every event in every state: what it leads to, or that it is refused. The design's table, written again."""

from collections.abc import Callable
from typing import Any, get_args

import pytest
from cases import (
    Case,
    answered,
    cancelled,
    disclosed,
    document_answered,
    offered,
    opening,
    part,
    purged,
    received,
    safe_contact,
    status,
)
from paper_router import RECIPIENT, SENDER, PaperRouter, paper

from referral_exchange.events import EventRefused
from referral_router.referral import GROUND, LEDGER, TERMINAL, Consent, Referral, State, Verdict

CASE = Case(SENDER, RECIPIENT)
WITH_RECIPIENT = ("accepted", "in_progress", "on_hold")
OPEN = ("requested", "received", *WITH_RECIPIENT)
STATES = tuple(s for s in get_args(State) if s != "unspecified")

SAID: dict[str, tuple[Callable[[], Any], dict[str, str]]] = {
    "offer": (lambda: offered(CASE), {"consented": "requested"}),
    "emergency": (lambda: opening(CASE, "EmergencyRequested"), {"consented": "requested"}),
    "resource": (lambda: opening(CASE, "ResourceRequested"), {"consented": "requested"}),
    "screening": (
        lambda: opening(CASE, "ScreeningCompleted"),
        {"consented": "requested", **{s: s for s in WITH_RECIPIENT}},
    ),
    "document": (
        lambda: opening(CASE, "DocumentSent"),
        {"consented": "requested", **{s: s for s in WITH_RECIPIENT}},
    ),
    "document answered": (
        lambda: document_answered(CASE),
        {"received": "accepted", **{s: s for s in WITH_RECIPIENT}},
    ),
    "received": (lambda: received(CASE), {"requested": "received"}),
    "accept": (lambda: answered(CASE), {"received": "accepted"}),
    "decline": (lambda: answered(CASE, "declined"), {"received": "rejected", "cancelled": "cancelled"}),
    "disclose": (lambda: disclosed(CASE), {s: s for s in WITH_RECIPIENT}),
    "safe contact": (lambda: safe_contact(CASE), {s: s for s in WITH_RECIPIENT}),
    "in progress": (lambda: status(CASE, "in_progress"), dict.fromkeys(WITH_RECIPIENT, "in_progress")),
    "on hold": (lambda: status(CASE, "on_hold", parts=[part()]), dict.fromkeys(WITH_RECIPIENT, "on_hold")),
    "completed": (lambda: status(CASE, "completed"), dict.fromkeys(WITH_RECIPIENT, "completed")),
    "failed": (lambda: status(CASE, "failed"), dict.fromkeys(WITH_RECIPIENT, "failed")),
    "cancel": (lambda: cancelled(CASE), {**dict.fromkeys(OPEN, "cancelled"), "cancelled": "cancelled"}),
    "in error": (
        lambda: cancelled(CASE, cancellation="entered_in_error"),
        dict.fromkeys(OPEN, "entered_in_error"),
    ),
}


ON_A_GROUND: dict[str, tuple[Callable[[], Any], dict[str, str]]] = {
    **SAID,
    "tip": (lambda: opening(CASE, "TipReported"), {"consented": "requested"}),
    "withdrawal asked": (lambda: opening(CASE, "WithdrawalAsked"), {"consented": "requested"}),
    "disclose": (lambda: disclosed(CASE), {"consented": "requested", **{s: s for s in OPEN}}),
}


def in_state(state: Any, standing: Any = "live", *, ground: bool = False) -> PaperRouter:
    router = paper(CASE)
    there = Consent(CASE.consent_id, SENDER.programme, RECIPIENT.programme, None, standing)
    back = Consent(CASE.return_consent_id, RECIPIENT.programme, SENDER.programme, None, standing)
    offered_by = (None, None) if state == "consented" else (SENDER.programme, RECIPIENT.programme)
    marks = [Verdict(LEDGER, c.consent_id, 0, GROUND, 0) for c in (there, back) if ground]
    record = Referral(CASE.referral_id, *offered_by, state, consents=(there, back), verdicts=tuple(marks))
    router.records.put(CASE.referral_id, record)
    return router


def said(router: PaperRouter, event: Any) -> list[Any]:
    who = SENDER if event.programme_from == SENDER.programme else RECIPIENT
    return [s.event for s in router.say(who, event) if s.topic.startswith("inbox.")]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", SAID)
def test_an_event_moves_the_states_it_may_and_is_refused_in_all_others(name: str, state: str) -> None:
    moves_as_told(in_state(state), state, *SAID[name])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ON_A_GROUND)
def test_under_a_ground_nothing_else_differs_than_what_may_come_first(name: str, state: str) -> None:
    moves_as_told(in_state(state, ground=True), state, *ON_A_GROUND[name])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", sorted(ON_A_GROUND.keys() - SAID.keys()))
def test_what_stands_on_a_ground_stands_on_no_consent(name: str, state: str) -> None:
    (told,) = said(in_state(state), ON_A_GROUND[name][0]())
    assert isinstance(told, EventRefused)
    assert told.code == "ground-missing"


def moves_as_told(router: PaperRouter, state: str, make: Callable[[], Any], moves: dict[str, str]) -> None:
    event = make()
    (told,) = said(router, event)
    if state in moves:
        assert told == event
        assert router.record(CASE).state == moves[state]
        assert (router.record(CASE).closed_at is not None) == (moves[state] in TERMINAL)
    else:
        assert isinstance(told, EventRefused)
        assert told.code == "wrong-state"
        assert router.record(CASE).state == state


@pytest.mark.parametrize("state", STATES)
def test_a_purge_is_answered_in_any_state_after_an_offer_and_moves_none(state: str) -> None:
    router, event = in_state(state, "withdrawn"), purged(CASE)
    (told,) = said(router, event)
    assert (told == event) == (state != "consented")
    assert router.record(CASE).state == state


@pytest.mark.parametrize("name", [n for n in SAID if n not in ("cancel", "in error")])
def test_nothing_that_shares_passes_under_an_ended_consent_in_any_state(name: str) -> None:
    for state in STATES:
        (told,) = said(in_state(state, "withdrawn"), SAID[name][0]())
        assert isinstance(told, EventRefused)
        assert told.code == "consent-ended"
