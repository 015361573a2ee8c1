"""The API's newer verbs through real edges, without network: choice, safe contact, documents, changes."""

from pathlib import Path
from typing import Any

import pytest
from bridge_kit import LETTER, a_client, a_config, a_consent, keyed, some_needs
from edge_kit import OTHER, RECIPIENT, SENDER, Network

from ngo_bridge.app import build
from participant_edge.edge import Edge

CLASSES = ["needs", "identity", "safe-contact", "documents"]
IDENTITY: dict[str, Any] = {"data_class": "identity", "fields": {"chosen_name": "Invented Marigold"}}
YES = {"answer": "accepted", "reason": "accepted"}


class Office:
    """One NGO: its edge and a program at its bridge. Every command gets a key of its own."""

    def __init__(self, network: Network, programme: str, folder: Path) -> None:
        self.edge: Edge = network.edge(programme)
        config = a_config(folder / programme, programmes=(programme,))
        self.http = a_client(build(self.edge, config, network.clock.now))
        self._commands = 0

    def post(self, path: str, body: dict[str, Any], status: int = 202) -> dict[str, Any]:
        self._commands += 1
        answer = self.http.post(path, json=body, headers=keyed(str(self._commands)))
        assert answer.status_code == status, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def see(self, referral_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/v1/referrals/{referral_id}").json()
        return found


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


@pytest.fixture
def offices(network: Network, tmp_path: Path) -> dict[str, Office]:
    return {name: Office(network, name, tmp_path) for name in (SENDER, RECIPIENT, OTHER)}


def consented(network: Network, sender: Office, recipient: str, **more: Any) -> dict[str, Any]:
    moments = {n: network.clock.now().isoformat() for n in ("explained_at", "signed_at")}
    parties = {"programme_from": SENDER, "recipient": recipient, "funding_streams": ["voca"]}
    body = a_consent(**parties, **moments, data_classes=CLASSES, **more)
    return sender.post("/v1/consents", body | {"comes_back": ["service-status", "documents"]}, 201)


def an_offer(consent: dict[str, Any]) -> dict[str, Any]:
    return {"consent_id": consent["consent_id"], "urgency": "urgent", "needs": some_needs()}


def settle(network: Network, offices: dict[str, Office]) -> None:
    network.settle(*(office.edge for office in offices.values()))


def asked_both(network: Network, offices: dict[str, Office]) -> tuple[str, str]:
    sender = offices[SENDER]
    first = consented(network, sender, RECIPIENT)
    second = consented(network, sender, OTHER, subject_token=first["subject_token"])
    taken = sender.post("/v1/referrals", {"offers": [an_offer(first), an_offer(second)]})
    settle(network, offices)
    one, two = (each["referral_id"] for each in taken["offers"])
    return one, two


def test_of_two_that_accept_the_person_picks_one_and_the_other_ends(
    network: Network, offices: dict[str, Office]
) -> None:
    sender = offices[SENDER]
    one, two = asked_both(network, offices)
    offices[RECIPIENT].post(f"/v1/referrals/{one}/answers", YES)
    offices[OTHER].post(f"/v1/referrals/{two}/answers", YES)
    settle(network, offices)
    assert sender.see(one)["together"] == [one, two]
    picked = sender.post(sender.see(one)["links"]["picks"], {})
    assert (picked["referral_id"], picked["cancelled"]) == (one, [two])
    settle(network, offices)
    assert (sender.see(one)["state"], sender.see(two)["state"]) == ("accepted", "cancelled")
    assert offices[OTHER].see(two)["standing"] == "withdrawn"
    assert offices[RECIPIENT].see(one)["standing"] == "live"


def test_a_no_is_read_by_who_asked_and_by_nobody_else(network: Network, offices: dict[str, Office]) -> None:
    one, two = asked_both(network, offices)
    no = {"answer": "declined", "reason": "no-room"}
    offices[OTHER].post(f"/v1/referrals/{two}/answers", no)
    settle(network, offices)
    assert (offices[SENDER].see(two)["state"], offices[SENDER].see(two)["reason"]) == ("rejected", "no-room")
    assert offices[SENDER].see(one)["reason"] is None
    assert not any(b"no-room" in (m.value or b"") for m in network.broker.produced)


def test_safe_contact_comes_first_and_a_change_reaches_who_serves(
    network: Network, offices: dict[str, Office]
) -> None:
    sender, recipient = offices[SENDER], offices[RECIPIENT]
    one, two = asked_both(network, offices)
    recipient.post(f"/v1/referrals/{one}/answers", YES)
    offices[OTHER].post(f"/v1/referrals/{two}/answers", YES)
    settle(network, offices)
    for each in (one, two):
        refused = sender.post(f"/v1/referrals/{each}/disclosures", {"parts": [IDENTITY]}, 409)
        assert refused["type"].endswith("/safe-contact-first")
        contact = {"data_class": "safe-contact", "fields": {"may_contact": False}}
        sender.post(f"/v1/referrals/{each}/disclosures", {"parts": [contact]})
        sender.post(f"/v1/referrals/{each}/disclosures", {"parts": [IDENTITY]})
    settle(network, offices)
    changed = {"may_contact": True, "method": "text", "value": "555-0100"}
    told = sender.post(f"/v1/referrals/{one}/safe-contact", changed)["told"]
    assert [each["referral_id"] for each in told] == [one, two]
    settle(network, offices)
    for office, each in ((recipient, one), (offices[OTHER], two)):
        parts = office.http.post(f"/v1/referrals/{each}/openings").json()["parts"]
        contacts = [part["fields"] for part in parts if part["data_class"] == "safe-contact"]
        assert "555-0100" in [contact["value"] for contact in contacts]


def test_a_document_goes_there_and_its_answer_back(network: Network, offices: dict[str, Office]) -> None:
    sender, recipient = offices[SENDER], offices[RECIPIENT]
    consent = consented(network, sender, RECIPIENT)
    asked = {"consent_id": consent["consent_id"], "urgency": "urgent", "forms": [LETTER]}
    sent = sender.post("/v1/documents", asked)
    settle(network, offices)
    referral = sent["referral_id"]
    (part,) = recipient.http.post(f"/v1/referrals/{referral}/openings").json()["parts"]
    assert (part["record"], part["fields"]["letter_number"]) == ("LetterVerificationAsked", "INVENTED-0001")
    answer = {
        "referral_id": referral,
        "document_event_id": sent["event_id"],
        "forms": [{"form": "LetterVerificationAnswered", "fields": {"valid": True}}],
    }
    recipient.post("/v1/documents/answers", answer)
    settle(network, offices)
    (part,) = sender.http.post(f"/v1/referrals/{referral}/openings").json()["parts"]
    assert (part["record"], part["fields"]) == ("LetterVerificationAnswered", {"valid": True})
    assert not any(b"INVENTED-0001" in (m.value or b"") for m in network.broker.produced)


def test_what_an_edge_learns_is_numbered_for_its_stream(network: Network, offices: dict[str, Office]) -> None:
    one, two = asked_both(network, offices)
    offices[RECIPIENT].post(f"/v1/referrals/{one}/answers", YES)
    settle(network, offices)
    edge = offices[SENDER].edge
    learnt = edge.changes(0, 1000)
    assert [change.number for change in learnt] == sorted({change.number for change in learnt})
    assert {change.referral_id for change in learnt} == {one, two}
    assert "ReferralAnswered" in {c.kind for c in learnt if c.direction == "received"}
    assert edge.wait_for_changes(learnt[-1].number, 0.01) is False
