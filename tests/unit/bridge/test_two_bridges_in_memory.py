"""A referral there and back by pages and API alone, through two real edges, without network or script."""

from pathlib import Path

import pytest
from bridge_kit import a_client, a_config, a_consent, keyed, some_needs
from edge_kit import RECIPIENT, SENDER, Network
from page_kit import Browser, words_of

from ngo_bridge.app import build
from participant_edge.edge import Edge

NAME = "Invented Marigold"


class Office:
    """One NGO: its edge, a browser and a program at its bridge."""

    def __init__(self, network: Network, programme: str, folder: Path) -> None:
        self.edge: Edge = network.edge(programme)
        config = a_config(folder / programme, programmes=(programme,))
        self.http = a_client(build(self.edge, config, network.clock.now))
        self.browser = Browser(self.http)


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


@pytest.fixture
def sender(network: Network, tmp_path: Path) -> Office:
    return Office(network, SENDER, tmp_path)


@pytest.fixture
def recipient(network: Network, tmp_path: Path) -> Office:
    return Office(network, RECIPIENT, tmp_path)


def offered_by_pages(sender: Office) -> str:
    """The path of the page of a referral that was just offered."""
    browser = sender.browser
    browser.go("/offer")
    browser.press("It is safe. Go on.")
    browser.press(
        "Go on",
        services=["Housing Services"],
        urgency="emergency",
        region="Invented",
        age_band="adult",
        household="1",
        languages=["es"],
        programme_from=SENDER,
    )
    browser.press("Go on", to=RECIPIENT)
    later = {f"later.{RECIPIENT}": ["safe-contact", "identity"], f"yes.{RECIPIENT}": "yes"}
    form = {"explained_in": "es", "signer": "self", "signed": "yes", "told": "yes"}
    browser.press("See what will leave", **later, **form)
    page = browser.press("Send what got a yes")
    assert "The need went out, without a name." in words_of(page)
    return browser.answer.url.path


def test_the_whole_job_by_pages(network: Network, sender: Office, recipient: Office) -> None:
    page = offered_by_pages(sender)
    network.settle(sender.edge, recipient.edge)

    assert "It has reached them. They have not answered yet." in words_of(sender.browser.go(page))
    recipient.browser.go(page)
    said = words_of(recipient.browser.press("Show what is needed"))
    assert "A safe place to stay" in said
    recipient.browser.press("Yes, we can help")
    network.settle(sender.edge, recipient.edge)

    assert "They said yes." in words_of(sender.browser.go(page))
    sender.browser.press("Send it to Invented", chosen_name=NAME, asked="yes")
    assert NAME not in sender.browser.page.text
    network.settle(sender.edge, recipient.edge)

    recipient.browser.go(page)
    assert NAME not in recipient.browser.page.text
    said = words_of(recipient.browser.press("Show what they sent"))
    assert NAME in said
    assert "No. Do not contact this person." in said

    recipient.browser.press("Send the news", status="in-progress:scheduled")
    recipient.browser.press("Send the news", status="completed:service-provided")
    network.settle(sender.edge, recipient.edge)
    assert "Their help is done." in words_of(sender.browser.go(page))
    assert "The person got what was asked for" in words_of(sender.browser.press("Show what they sent"))


def test_a_withdrawal_by_pages_shuts_everything(network: Network, sender: Office, recipient: Office) -> None:
    page = offered_by_pages(sender)
    network.settle(sender.edge, recipient.edge)
    recipient.browser.go(page)
    recipient.browser.press("Show what is needed")
    recipient.browser.go(page)

    sender.browser.go(page.replace("/referrals/", "/withdraw/"))
    said = words_of(sender.browser.press("Yes, take it back now"))
    assert "In force." in said
    assert "What is needed: Invented" in said

    said = words_of(recipient.browser.press("Show what is needed"))
    assert "The yes has ended. Nothing more can be opened or sent." in said
    network.settle(sender.edge, recipient.edge)
    recipient.browser.go(page)
    assert recipient.browser.page.all("form", action=f"{page}/look") == []
    recipient.browser.press("We deleted all of it")
    network.settle(sender.edge, recipient.edge)
    said = words_of(sender.browser.go(page.replace("/referrals/", "/withdraw/")))
    assert "Everyone was told." in said
    assert "Deleted." in said


def test_a_silent_ledger_is_not_yet_in_force(network: Network, sender: Office, recipient: Office) -> None:
    page = offered_by_pages(sender).replace("/referrals/", "/withdraw/")
    network.settle(sender.edge, recipient.edge)
    sender.browser.go(page)
    network.ledger.silent = 100
    said = words_of(sender.browser.press("Yes, take it back now"))
    assert "Not yet in force" in said
    network.ledger.silent = 0
    network.settle(sender.edge, recipient.edge)
    assert "Not yet in force" not in words_of(sender.browser.go(page))


def test_a_no_by_pages_carries_its_reason_sealed(network: Network, sender: Office, recipient: Office) -> None:
    page = offered_by_pages(sender)
    network.settle(sender.edge, recipient.edge)
    recipient.browser.go("/")
    recipient.browser.press("No, not this time", reason="no-room")
    network.settle(sender.edge, recipient.edge)
    assert "They said no." in words_of(sender.browser.go(page))
    assert not any(b"no-room" in (m.value or b"") for m in network.broker.produced)


def test_the_sender_forgets_nothing_it_was_promised_and_keeps_no_name(
    network: Network, sender: Office, recipient: Office, tmp_path: Path
) -> None:
    page = offered_by_pages(sender)
    network.settle(sender.edge, recipient.edge)
    recipient.browser.go(page)
    recipient.browser.press("Yes, we can help")
    network.settle(sender.edge, recipient.edge)
    sender.browser.go(page)
    sender.browser.press("Send it to Invented", chosen_name=NAME, asked="yes")
    network.settle(sender.edge, recipient.edge)
    recipient.browser.go(page)
    recipient.browser.press("Show what they sent")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert NAME.encode() not in kept


def test_without_consent_nothing_reaches_the_broker(
    network: Network, sender: Office, recipient: Office
) -> None:
    body = a_consent(programme_from=SENDER, recipient=RECIPIENT, funding_streams=["voca"])
    moments = {n: network.clock.now().isoformat() for n in ("explained_at", "signed_at")}
    consent = sender.http.post("/v1/consents", json=body | moments, headers=keyed("1")).json()
    needs = some_needs()
    offer = {"consent_id": consent["consent_id"], "urgency": "urgent", "needs": needs}
    referral = sender.http.post("/v1/referrals", json=offer, headers=keyed("2")).json()["referral_id"]
    network.settle(sender.edge, recipient.edge)
    yes = {"answer": "accepted", "reason": "accepted"}
    assert recipient.http.post(f"/v1/referrals/{referral}/answers", json=yes, headers=keyed("3")).is_success
    network.settle(sender.edge, recipient.edge)
    before = len(network.broker.produced)
    contact = {"data_class": "safe-contact", "fields": {}}
    beyond = {"parts": [contact, {"data_class": "location", "fields": {"place": "an invented orchard"}}]}
    answer = sender.http.post(f"/v1/referrals/{referral}/disclosures", json=beyond, headers=keyed("4"))
    assert answer.status_code == 403
    assert answer.json()["rule"]
    assert answer.json()["law"]
    assert len(network.broker.produced) == before


def test_services_that_hang_on_a_yes_are_refused_with_the_law(sender: Office, network: Network) -> None:
    moments = {n: network.clock.now().isoformat() for n in ("explained_at", "signed_at")}
    body = a_consent(programme_from=SENDER, recipient=RECIPIENT, services_conditioned=True)
    answer = sender.http.post("/v1/consents", json=body | moments, headers=keyed())
    assert answer.status_code == 403
    assert answer.json()["law"] == "28 CFR 94.115"
    assert network.broker.produced == []


def test_status_before_acceptance_is_a_wrong_state(
    network: Network, sender: Office, recipient: Office
) -> None:
    page = offered_by_pages(sender)
    network.settle(sender.edge, recipient.edge)
    path = f"/v1{page}/service-status"
    answer = recipient.http.post(path, json={"state": "in-progress"}, headers=keyed())
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (409, "wrong-state")


def test_who_was_not_asked_cannot_answer(network: Network, sender: Office, recipient: Office) -> None:
    page = offered_by_pages(sender)
    network.settle(sender.edge, recipient.edge)
    yes = {"answer": "accepted", "reason": "accepted"}
    assert sender.http.post(f"/v1{page}/answers", json=yes, headers=keyed()).status_code == 403


def test_an_unknown_programme_is_named_as_such(sender: Office, network: Network) -> None:
    moments = {n: network.clock.now().isoformat() for n in ("explained_at", "signed_at")}
    body = a_consent(programme_from=SENDER, recipient="nobody-here") | moments
    answer = sender.http.post("/v1/consents", json=body, headers=keyed())
    assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (422, "unknown-programme")


def test_a_lost_acknowledgement_is_an_unknown_outcome_and_a_repeat_does_it_once(
    network: Network, sender: Office, recipient: Office
) -> None:
    page = offered_by_pages(sender)
    network.settle(sender.edge, recipient.edge)
    network.broker.losing = 1
    no = {"answer": "declined", "reason": "no-room"}
    first = recipient.http.post(f"/v1{page}/answers", json=no, headers=keyed())
    assert (first.status_code, first.headers["retry-after"]) == (503, "2")
    assert recipient.http.post(f"/v1{page}/answers", json=no, headers=keyed()).status_code == 202
    network.settle(sender.edge, recipient.edge)
    steps = sender.http.get(f"/v1{page}").json()["steps"]
    assert [s["event"] for s in steps].count("ReferralAnswered") == 1


def test_what_was_opened_is_never_in_an_address(network: Network, sender: Office, recipient: Office) -> None:
    page = offered_by_pages(sender)
    network.settle(sender.edge, recipient.edge)
    recipient.browser.go(page)
    recipient.browser.press("Show what is needed")
    assert recipient.browser.answer.url.path == f"{page}/look"
    assert recipient.browser.answer.url.query == b""
