"""Several offers at once, the pick, why a no came, and safe contact before anything else."""

from typing import Any

import pytest
from bridge_kit import NOW, THEIRS, StandInEdge, a_view, an_id, an_offer, keyed, received, some_needs
from fastapi.testclient import TestClient

from participant_edge.errors import Refused
from participant_edge.views import Disclosure
from referral_exchange import events

ONE, TWO = an_id("one"), an_id("two")
IDENTITY: dict[str, Any] = {"data_class": "identity", "fields": {"chosen_name": "Invented Marigold"}}
NO_CONTACT: dict[str, Any] = {"data_class": "safe-contact", "fields": {"may_contact": False}}


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]


def errors_of(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(each["field"], each["error"]) for each in answer.json()["fields"]]


def sealed(referral: str, data_class: str) -> Disclosure:
    return Disclosure(
        consent_id=an_id("c"),
        referral_id=referral,
        recipient=THEIRS,
        kind="sealed",
        data_class=data_class,
        at=NOW,
    )


def test_several_are_asked_at_once_and_belong_together(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view("one", state="consented"), a_view("two", state="consented"))
    body = {"offers": [an_offer("one"), an_offer("two")]}
    answer = http.post("/v1/referrals", json=body, headers=keyed())
    assert answer.status_code == 202
    assert [taken["referral_id"] for taken in answer.json()["offers"]] == [ONE, TWO]
    assert answer.headers["location"] == f"/v1/referrals/{ONE}"
    (drafts,) = edge.did("offer_together")
    assert [draft.needs for draft in drafts] == [events.Needs(**some_needs())] * 2
    assert http.get(f"/v1/referrals/{ONE}").json()["together"] == [ONE, TWO]


@pytest.mark.parametrize(
    ("body", "field", "error"),
    [
        ({"offers": []}, "body.offers", "too_short"),
        ({"offers": [an_offer("one")]}, "body.offers", "too_short"),
        ({"offers": [an_offer("one")] * 2}, "body", "listed-twice"),
        ({"offers": [an_offer(str(n)) for n in range(9)]}, "body.offers", "too_long"),
        ({"offers": None}, "body.offers", "list_type"),
        ({"offers": [an_offer("one"), 7]}, "body.offers.1", "model_type"),
        (
            {"offers": [an_offer("one"), an_offer("two")], "urgency": "urgent"},
            "body.urgency",
            "extra_forbidden",
        ),
        (an_offer("one") | {"offers": []}, "body.consent_id", "extra_forbidden"),
        (
            {"offers": [an_offer("one"), an_offer("two") | {"urgency": "soon"}]},
            "body.offers.1.urgency",
            "literal_error",
        ),
        ({}, "body.consent_id", "missing"),
    ],
)
def test_what_cannot_be_asked_together_is_named(
    http: TestClient, edge: StandInEdge, body: dict[str, Any], field: str, error: str
) -> None:
    assert (field, error) in errors_of(http.post("/v1/referrals", json=body, headers=keyed()))
    assert edge.told == []


def test_one_that_is_unknown_stops_all(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view("one", state="consented"))
    body = {"offers": [an_offer("one"), an_offer("nobody")]}
    assert code_of(http.post("/v1/referrals", json=body, headers=keyed())) == (404, "unknown")
    assert edge.told == []


@pytest.mark.parametrize("sent", [{"json": {}}, {}])
def test_the_person_picks_among_those_that_accepted(
    http: TestClient, edge: StandInEdge, sent: dict[str, Any]
) -> None:
    edge.show(a_view("one", state="accepted"), a_view("two", state="accepted"))
    edge.choices.append((ONE, TWO))
    links = http.get(f"/v1/referrals/{TWO}").json()["links"]
    answer = http.post(links["picks"], headers=keyed(), **sent)
    assert answer.status_code == 202
    assert (answer.json()["referral_id"], answer.json()["cancelled"]) == (TWO, [ONE])
    assert http.post(links["picks"], headers=keyed(), **sent).json() == answer.json()
    assert edge.did("pick") == [TWO]


def test_what_nobody_accepted_cannot_be_picked(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view("one"))
    edge.choices.append((ONE, TWO))
    assert "picks" not in http.get(f"/v1/referrals/{ONE}").json()["links"]
    assert code_of(http.post(f"/v1/referrals/{ONE}/picks", headers=keyed())) == (409, "wrong-state")


def test_a_no_says_why_in_a_code(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view("one", state="rejected"), a_view("two"))
    edge.reasons[ONE] = "no-room"
    assert http.get(f"/v1/referrals/{ONE}").json()["reason"] == "no-room"
    assert http.get(f"/v1/referrals/{TWO}").json()["reason"] is None


def disclosing(http: TestClient, *parts: dict[str, Any], key: str = "k") -> Any:
    return http.post(f"/v1/referrals/{ONE}/disclosures", json={"parts": list(parts)}, headers=keyed(key))


@pytest.mark.parametrize(
    "part", [IDENTITY, {"data_class": "location", "fields": {"place": "an invented orchard"}}]
)
def test_nothing_is_handed_over_before_safe_contact(
    http: TestClient, edge: StandInEdge, part: dict[str, Any]
) -> None:
    edge.show(a_view("one", state="accepted"))
    edge.evidence = [sealed(ONE, "needs")]
    answer = disclosing(http, part)
    assert code_of(answer) == (409, "safe-contact-first")
    assert "safe-contact" in answer.json()["detail"]
    assert edge.told == []
    assert disclosing(http, NO_CONTACT, part).status_code == 202, "the same key, mended"


def test_safe_contact_on_record_is_enough(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view("one", state="accepted"))
    assert disclosing(http, NO_CONTACT, key="1").status_code == 202
    edge.evidence = [sealed(ONE, "safe-contact")]
    assert disclosing(http, IDENTITY, key="2").status_code == 202


def test_a_silent_ledger_is_no_record(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view("one", state="accepted"))
    edge.evidence = [sealed(ONE, "safe-contact")]
    edge.failing = Refused("denied", "ask first")
    assert disclosing(http, IDENTITY).status_code == 403
    assert edge.did("disclose") == []


def test_a_change_of_safe_contact_goes_to_everybody_who_serves(http: TestClient, edge: StandInEdge) -> None:
    edge.show(
        a_view("one", state="in_progress"),
        a_view("two", state="accepted"),
        a_view("asked", state="received"),
        a_view("over", state="completed"),
        a_view("ended", state="accepted", standing="withdrawn"),
        a_view("another person", state="accepted"),
    )
    edge.persons.append(tuple(an_id(name) for name in ("asked", "two", "over", "one", "ended")))
    body = {"may_contact": True, "method": "text", "value": "555-0100", "voicemail": True}
    answer = http.post(f"/v1/referrals/{ONE}/safe-contact", json=body, headers=keyed())
    assert answer.status_code == 202
    assert [told["referral_id"] for told in answer.json()["told"]] == [ONE, TWO]
    ((told, contact),) = edge.did("change_safe_contact")
    assert told == (ONE, TWO)
    assert contact == events.SafeContact(may_contact=True, method="text", value="555-0100", voicemail=True)


def test_who_may_not_know_safe_contact_is_not_told_of_a_change(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view("one", state="accepted"), a_view("two", state="accepted"))
    edge.persons.append((ONE, TWO))
    edge.classes = frozenset({"needs"})
    http.post(f"/v1/referrals/{ONE}/safe-contact", json={}, headers=keyed())
    ((told, contact),) = edge.did("change_safe_contact")
    assert told == (ONE,), "asked for by name: the policy has the last word"
    assert contact == events.SafeContact(may_contact=False, voicemail=False)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"may_contact": True}, "method-missing"),
        ({"may_contact": True, "method": "text"}, "value-missing"),
        ({"may_contact": False, "value": "555-0100"}, "not-to-be-contacted"),
        ({"may_contact": "yes"}, "bool_type"),
        ({"may_contact": True, "method": "pigeon", "value": "x"}, "literal_error"),
        ({"referrals": [TWO]}, "extra_forbidden"),
    ],
)
def test_a_safe_contact_that_cannot_be_is_named(
    http: TestClient, edge: StandInEdge, body: dict[str, Any], error: str
) -> None:
    edge.show(a_view("one", state="accepted"))
    answer = http.post(f"/v1/referrals/{ONE}/safe-contact", json=body, headers=keyed())
    assert error in [found for _, found in errors_of(answer)]
    assert edge.told == []


def test_a_recipient_hands_nothing_over(http: TestClient, edge: StandInEdge) -> None:
    edge.show(received("one", state="accepted"))
    edge.failing = None
    links = http.get(f"/v1/referrals/{ONE}").json()["links"]
    assert not {"picks", "safe-contact", "disclosures"} & set(links)
