"""The API's acts, each against what the edge is told and what the caller is answered."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bridge_kit import (
    NOW,
    OURS,
    THEIRS,
    StandInEdge,
    a_client,
    a_config,
    a_consent,
    a_view,
    an_id,
    keyed,
    received,
    some_needs,
)
from fastapi.testclient import TestClient

from ngo_bridge.app import build
from ngo_bridge.commands import form_commitment
from participant_edge.views import Disclosure, InboxEntry, OpenedPart, Opening, PurgeAnswer, Withdrawal
from referral_exchange import events


def test_a_consent_reaches_the_edge_as_it_was_signed(http: TestClient, edge: StandInEdge) -> None:
    answer = http.post("/v1/consents", json=a_consent(subject_is_minor=False), headers=keyed())
    assert answer.status_code == 201
    (draft,) = edge.did("give_consent")
    assert (draft.programme_from, draft.recipient, draft.purpose) == (OURS, THEIRS, "services")
    assert draft.data_classes == ("needs", "identity", "safe-contact")
    assert draft.ends_at == draft.signed_at + timedelta(days=30)
    assert draft.explained_at == datetime(2031, 5, 4, 22, 5, tzinfo=UTC)
    assert not (draft.services_conditioned)
    assert not (draft.signer_is_abuser)


def test_the_streams_are_the_programmes_own_where_none_are_named(http: TestClient, edge: StandInEdge) -> None:
    http.post("/v1/consents", json=a_consent(), headers=keyed("1"))
    http.post("/v1/consents", json=a_consent(funding_streams=["vawa"]), headers=keyed("2"))
    assert [draft.funding_streams for draft in edge.did("give_consent")] == [("voca",), ("vawa",)]


def test_the_answer_names_ids_links_and_the_salt_of_the_form(http: TestClient, edge: StandInEdge) -> None:
    answer = http.post("/v1/consents", json=a_consent(), headers=keyed())
    body = answer.json()
    assert answer.headers["location"] == f"/v1/referrals/{body['referral_id']}"
    assert {"consent_id", "return_consent_id", "subject_token", "ends_at"} <= set(body)
    assert len(body["form_salt"]) >= 20
    assert edge.did("give_consent")[0].form_commitment != bytes(32)


def test_a_commitment_of_the_callers_own_is_kept(http: TestClient, edge: StandInEdge) -> None:
    own = form_commitment(b"salt", "the form of an invented person")
    body = a_consent(form_commitment=b64encode(own).decode())
    answer = http.post("/v1/consents", json=body, headers=keyed())
    assert edge.did("give_consent")[0].form_commitment == own
    assert answer.json()["form_salt"] is None


def test_times_with_another_offset_are_taken_as_utc(http: TestClient, edge: StandInEdge) -> None:
    http.post("/v1/consents", json=a_consent(signed_at="2031-05-04T17:15:00-05:00"), headers=keyed())
    assert edge.did("give_consent")[0].signed_at == datetime(2031, 5, 4, 22, 15, tzinfo=UTC)


def test_an_offer_is_taken_once_the_broker_has_it(http: TestClient, edge: StandInEdge) -> None:
    consent = http.post("/v1/consents", json=a_consent(), headers=keyed()).json()
    body = {"consent_id": consent["consent_id"], "urgency": "emergency", "needs": some_needs()}
    answer = http.post("/v1/referrals", json=body, headers=keyed())
    assert answer.status_code == 202
    assert answer.headers["location"] == answer.json()["links"]["referral"]
    (draft,) = edge.did("offer")
    assert draft.needs == events.Needs(**some_needs())
    assert (draft.urgency, draft.answer_by) == ("emergency", None)


def test_a_yes_and_a_no(http: TestClient, edge: StandInEdge) -> None:
    edge.show(received("one"), received("two"))
    for name, body in (
        ("one", {"answer": "accepted", "reason": "accepted"}),
        ("two", {"answer": "declined", "reason": "no-room"}),
    ):
        answer = http.post(f"/v1/referrals/{an_id(name)}/answers", json=body, headers=keyed(name))
        assert answer.status_code == 202
    assert [said[1:] for said in edge.did("answer")] == [("accepted", "accepted"), ("declined", "no-room")]


def test_every_kind_of_part_becomes_its_record(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    parts = [
        {"data_class": "identity", "fields": {"chosen_name": "Invented Marigold"}},
        {"data_class": "safe-contact", "fields": {}},
        {"data_class": "location", "fields": {"place": "an invented orchard"}},
        {"data_class": "immigration", "fields": {"note": "an invented note"}},
        {"data_class": "needs", "fields": some_needs()},
    ]
    path = f"/v1/referrals/{an_id('a referral')}/disclosures"
    assert http.post(path, json={"parts": parts}, headers=keyed()).status_code == 202
    (_, records), *_ = edge.did("disclose")
    assert records == [
        events.Identity(chosen_name="Invented Marigold"),
        events.SafeContact(may_contact=False, voicemail=False),
        events.Location(place="an invented orchard"),
        events.Immigration(note="an invented note"),
        events.Needs(**some_needs()),
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"state": "in-progress"}, ("in_progress", None, None)),
        ({"state": "in-progress", "sub_state": "event-completed"}, ("in_progress", "event_completed", None)),
        (
            {"state": "on-hold", "reason": "waiting-for-room"},
            ("on_hold", None, events.StatusDetail(reason="waiting-for-room")),
        ),
        (
            {"state": "completed", "outcome": "service-provided"},
            ("completed", None, events.StatusDetail(outcome="service-provided")),
        ),
        (
            {"state": "failed", "reason": "contact-not-possible"},
            ("failed", None, events.StatusDetail(reason="contact-not-possible")),
        ),
    ],
)
def test_service_status_goes_out_in_wire_form(
    http: TestClient, edge: StandInEdge, body: dict[str, str], said: tuple[object, ...]
) -> None:
    edge.show(received(state="accepted"))
    path = f"/v1/referrals/{an_id('a referral')}/service-status"
    assert http.post(path, json=body, headers=keyed()).status_code == 202
    assert [told[1:] for told in edge.did("report_status")] == [said]


def test_cancelling_and_answering_a_purge(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view("mine"), received("theirs", purge="asked", standing="withdrawn"))
    cancelling = {"cancellation": "entered-in-error"}
    assert http.post(
        f"/v1/referrals/{an_id('mine')}/cancellations", json=cancelling, headers=keyed()
    ).is_success
    kept = {"purge": "legal-hold"}
    assert http.post(f"/v1/referrals/{an_id('theirs')}/purge-answers", json=kept, headers=keyed()).is_success
    assert edge.did("cancel") == [(an_id("mine"), "entered_in_error")]
    assert edge.did("answer_purge") == [(an_id("theirs"), "legal_hold")]


def test_openings_show_parts_and_are_never_stored(http: TestClient, edge: StandInEdge) -> None:
    edge.show(received())
    identity = events.Identity(chosen_name="Invented Marigold", pronouns="she/her")
    edge.parts[an_id("a referral")] = [
        OpenedPart(event_id=an_id("e"), data_class="identity", record=identity)
    ]
    for sent in ({"json": {}}, {}):
        answer = http.post(f"/v1/referrals/{an_id('a referral')}/openings", **sent)  # type: ignore[arg-type]
        assert answer.headers["cache-control"] == "no-store"
        (part,) = answer.json()["parts"]
        assert part["fields"]["chosen_name"] == "Invented Marigold"
        assert (part["data_class"], part["event_id"]) == ("identity", an_id("e"))


def test_a_withdrawal_says_whether_it_is_in_force(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view("soon"), a_view("later"))
    later = edge.seen[an_id("later")]
    edge.withdrawn[later.consent_id] = Withdrawal(
        consent_id=later.consent_id,
        referral_id=later.referral_id,
        state="not-yet-in-force",
        asked_at=NOW,
        in_force_at=None,
    )
    now = http.post("/v1/withdrawals", json={"referral_id": an_id("soon")}, headers=keyed("1"))
    assert (now.status_code, now.json()["state"]) == (200, "in-force")
    kept = http.post("/v1/withdrawals", json={"referral_id": an_id("later")}, headers=keyed("2"))
    assert (kept.status_code, kept.json()["state"]) == (202, "not-yet-in-force")
    assert kept.headers["location"] == f"/v1/withdrawals/{later.consent_id}"


def test_a_withdrawal_lists_openings_and_answers(http: TestClient, edge: StandInEdge) -> None:
    consent = an_id("a consent")
    edge.withdrawn[consent] = Withdrawal(
        consent_id=consent,
        referral_id=an_id("a referral"),
        state="recipients-told",
        asked_at=NOW,
        in_force_at=NOW,
        opened_before=(Opening(consent_id=consent, data_class="needs", recipient=THEIRS, at=NOW),),
        purge_answers=(PurgeAnswer(programme=THEIRS, purge="legal_hold", at=NOW),),
    )
    body = http.get(f"/v1/withdrawals/{consent}").json()
    assert body["opened_before"] == [
        {"data_class": "needs", "recipient": THEIRS, "at": "2031-05-04T22:15:00Z"}
    ]
    assert body["purge_answers"][0]["purge"] == "legal-hold"


def test_states_are_shown_as_fhir_writes_them(http: TestClient, edge: StandInEdge) -> None:
    view = received(state="in_progress", sub_state="event_completed")
    step = replace(view.steps[0], kind="ServiceStatusChanged", what="in_progress:event_completed")
    edge.show(replace(view, steps=(step,)))
    body = http.get(f"/v1/referrals/{an_id('a referral')}").json()
    assert (body["state"], body["sub_state"]) == ("in-progress", "event-completed")
    assert body["steps"][0]["what"] == "in-progress:event-completed"


def test_links_offer_only_what_can_be_done_now(http: TestClient, edge: StandInEdge) -> None:
    def doors(view: object) -> set[str]:
        edge.show(view)  # type: ignore[arg-type]
        links = http.get(f"/v1/referrals/{an_id('a referral')}").json()["links"]
        return set(links) - {"self", "disclosed"}

    assert doors(received()) == {"openings", "answers"}
    assert doors(received(state="accepted")) == {"openings", "service-status"}
    assert doors(received(state="cancelled", standing="withdrawn", purge="asked")) == {"purge-answers"}
    running = {"openings", "disclosures", "safe-contact", "cancellations", "withdraw"}
    assert doors(a_view(state="accepted")) == running
    edge.choices.append((an_id("a referral"), an_id("another")))
    assert doors(a_view(state="accepted")) == running | {"picks"}
    assert doors(a_view(state="in_progress")) == running
    assert doors(a_view(state="cancelled", standing="withdrawn")) == {"withdrawal"}


def test_the_inbox_shows_routing_only(http: TestClient, edge: StandInEdge) -> None:
    edge.entries = [
        InboxEntry(
            event_id=an_id("e"),
            kind="ReferralOffered",
            what="",
            referral_id=an_id("a referral"),
            programme_from=THEIRS,
            programme_to=OURS,
            occurred_at=NOW,
            received_at=NOW,
            state="delivered",
            parts=1,
            attempts=1,
            delivered="once",
            delivered_at=NOW,
        )
    ]
    (item,) = http.get("/v1/inbox").json()["items"]
    assert (item["event"], item["parts"], item["state"]) == ("ReferralOffered", 1, "delivered")
    assert item["links"] == {"referral": f"/v1/referrals/{an_id('a referral')}"}


def test_the_directory_shows_no_keys_and_no_place(http: TestClient) -> None:
    items = http.get("/v1/programmes").json()["items"]
    assert {"meadow-housing", "harbor-shelter"} <= {item["programme_id"] for item in items}
    assert all("key" not in name for item in items for name in item)
    shelter = next(item for item in items if item["programme_id"] == "harbor-shelter")
    assert (shelter["confidential"], shelter["region"]) == (True, "Bay Side")


def test_disclosures_are_what_the_ledger_knows(http: TestClient, edge: StandInEdge) -> None:
    edge.show(a_view())
    edge.evidence = [
        Disclosure(
            consent_id=an_id("c"),
            referral_id=an_id("a referral"),
            recipient=THEIRS,
            kind="opened",
            data_class="needs",
            at=NOW,
        )
    ]
    answer = http.get("/v1/disclosures", params={"referral_id": an_id("a referral")})
    assert [(line["kind"], line["data_class"]) for line in answer.json()["disclosures"]] == [
        ("opened", "needs")
    ]


def test_ready_follows_the_edge_and_live_does_not(http: TestClient, edge: StandInEdge) -> None:
    assert http.get("/health/ready").status_code == 200
    edge.is_ready = False
    assert http.get("/health/ready").status_code == 503
    assert http.get("/health/live").status_code == 200


def test_the_edge_runs_while_the_bridge_does(edge: StandInEdge, tmp_path: Path) -> None:
    app = build(edge, a_config(tmp_path))  # type: ignore[arg-type]
    assert not edge.running
    with a_client(app):
        assert edge.running
    assert not edge.running
