"""Two NGOs with real processes between them, each using nothing but HTTP at its own bridge."""

import signal
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from page_kit import Browser, Element, words_of

from exchange_command.demo.waiting import until
from exchange_command.platform import Platform
from exchange_command.sign_in_seed import bearer, load
from ngo_bridge.sign_in.one_time_codes import code_at

pytestmark = pytest.mark.timeout(300)

OURS, THEIRS = "lantern-case-management", "meadow-housing"
NAME = "Invented Twinflower"
SECONDS = 30.0


def bridge(platform: Platform, participant: str) -> str:
    """Address of a participant's bridge."""
    index = [each.id for each in platform.network.with_bridges].index(participant)
    return platform.places.bridge_address(index)


@pytest.fixture(scope="module")
def sender(whole_platform: Platform) -> Iterator[httpx.Client]:
    address = bridge(whole_platform, "lantern-outreach")
    allowed = bearer(whole_platform.places, "lantern-outreach")
    with httpx.Client(base_url=address, timeout=30, headers=allowed) as http:
        yield http


@pytest.fixture(scope="module")
def recipient(whole_platform: Platform) -> Iterator[httpx.Client]:
    address = bridge(whole_platform, "meadow-collective")
    allowed = bearer(whole_platform.places, "meadow-collective")
    with httpx.Client(base_url=address, timeout=30, headers=allowed) as http:
        yield http


def post(http: httpx.Client, path: str, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    return http.post(path, json=body, headers={"Idempotency-Key": key or str(uuid.uuid4())})


def a_consent(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    body = {
        "programme_from": OURS,
        "recipient": THEIRS,
        "purpose": "services",
        "data_classes": ["needs", "identity", "safe-contact"],
        "comes_back": ["service-status"],
        "language": "es",
        "signer_role": "self",
        "subject_is_minor": False,
        "explained_at": (now - timedelta(minutes=5)).isoformat(),
        "signed_at": now.isoformat(),
    }
    return body | changes


def an_offer(consent_id: str) -> dict[str, Any]:
    needs = {
        "services": ["Housing Services"],
        "languages": ["es"],
        "region": "South Fields",
        "age_band": "adult",
        "household_size": 1,
    }
    return {"consent_id": consent_id, "urgency": "urgent", "needs": needs}


def stands(http: httpx.Client, referral_id: str, state: str) -> dict[str, Any]:
    """The referral, once it stands in `state` here."""

    def look() -> dict[str, Any] | None:
        answer = http.get(f"/v1/referrals/{referral_id}")
        found: dict[str, Any] = answer.json()
        return found if answer.is_success and found["state"] == state else None

    return until(look, SECONDS, f"{state} at {http.base_url}")


def offered(sender: httpx.Client, recipient: httpx.Client) -> tuple[str, str]:
    """Referral and consent id of an offer that the sender knows was received."""
    consent = post(sender, "/v1/consents", a_consent())
    assert consent.status_code == 201, consent.text
    offer = post(sender, "/v1/referrals", an_offer(consent.json()["consent_id"]))
    assert offer.status_code == 202, offer.text
    stands(sender, offer.json()["referral_id"], "received")
    return offer.json()["referral_id"], consent.json()["consent_id"]


def accepted(sender: httpx.Client, recipient: httpx.Client) -> tuple[str, str]:
    referral, consent = offered(sender, recipient)
    yes = {"answer": "accepted", "reason": "accepted"}
    assert post(recipient, f"/v1/referrals/{referral}/answers", yes).status_code == 202
    stands(sender, referral, "accepted")
    return referral, consent


def parts(http: httpx.Client, referral: str) -> dict[str, dict[str, Any]]:
    """What opens now, by data class."""
    answer = http.post(f"/v1/referrals/{referral}/openings", json={})
    return {part["data_class"]: part["fields"] for part in answer.json().get("parts", [])}


def named(sender: httpx.Client, referral: str) -> httpx.Response:
    disclosed = [
        {"data_class": "identity", "fields": {"chosen_name": NAME}},
        {"data_class": "safe-contact", "fields": {}},
    ]
    return post(sender, f"/v1/referrals/{referral}/disclosures", {"parts": disclosed})


def test_a_referral_there_and_back(sender: httpx.Client, recipient: httpx.Client) -> None:
    referral, _ = accepted(sender, recipient)
    assert set(parts(recipient, referral)) == {"needs"}
    assert named(sender, referral).status_code == 202
    found = until(lambda: parts(recipient, referral).get("identity"), SECONDS, "the name")
    assert found["chosen_name"] == NAME
    assert parts(recipient, referral)["safe-contact"]["may_contact"] is False
    for body in (
        {"state": "in-progress", "sub_state": "scheduled"},
        {"state": "completed", "outcome": "service-provided"},
    ):
        assert post(recipient, f"/v1/referrals/{referral}/service-status", body).status_code == 202
        stands(sender, referral, body["state"])
    assert parts(sender, referral)["service-status"]["outcome"] == "service-provided"
    listed = sender.get("/v1/disclosures", params={"referral_id": referral}).json()["disclosures"]
    assert {line["data_class"] for line in listed if line["kind"] == "opened"} >= {"identity", "safe-contact"}


def test_the_same_post_many_times_at_once_is_one_offer(sender: httpx.Client, recipient: httpx.Client) -> None:
    consent = post(sender, "/v1/consents", a_consent()).json()
    body, key = an_offer(consent["consent_id"]), str(uuid.uuid4())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(sender, "/v1/referrals", body, key), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    referral = answers[0].json()["referral_id"]
    stands(sender, referral, "received")
    entries = recipient.get("/v1/inbox", params={"limit": 200}).json()["items"]
    offers = [e for e in entries if (e["referral_id"], e["event"]) == (referral, "ReferralOffered")]
    assert len(offers) == 1
    assert post(sender, "/v1/referrals", body | {"urgency": "routine"}, key).status_code == 422


def test_a_withdrawal_shuts_the_recipient_out_and_comes_back_answered(
    sender: httpx.Client, recipient: httpx.Client
) -> None:
    referral, consent = accepted(sender, recipient)
    assert named(sender, referral).status_code == 202
    until(lambda: parts(recipient, referral).get("identity"), SECONDS, "the name")
    withdrawn = post(sender, "/v1/withdrawals", {"referral_id": referral})
    assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "in-force")
    assert {o["data_class"] for o in withdrawn.json()["opened_before"]} >= {"needs", "identity"}
    for _ in range(10):
        shut = recipient.post(f"/v1/referrals/{referral}/openings", json={})
        assert shut.status_code in (403, 409)
        assert NAME not in shut.text
    stands(recipient, referral, "cancelled")
    assert post(recipient, f"/v1/referrals/{referral}/purge-answers", {"purge": "legal-hold"}).is_success
    told = until(lambda: _answered(sender, consent), SECONDS, "the purge answer")
    assert told["state"] == "recipients-told"
    assert [(a["programme"], a["purge"]) for a in told["purge_answers"]] == [(THEIRS, "legal-hold")]


def _answered(sender: httpx.Client, consent: str) -> dict[str, Any] | None:
    found: dict[str, Any] = sender.get(f"/v1/withdrawals/{consent}").json()
    return found if found["purge_answers"] else None


def test_a_bridge_that_was_killed_goes_on_where_it_was(
    whole_platform: Platform, sender: httpx.Client, recipient: httpx.Client
) -> None:
    referral, _ = offered(sender, recipient)
    body, key = {"answer": "declined", "reason": "no-room"}, str(uuid.uuid4())
    first = post(recipient, f"/v1/referrals/{referral}/answers", body, key)
    whole_platform.stop("ngo_bridge.meadow-collective", signal.SIGKILL)
    with pytest.raises(httpx.TransportError):
        recipient.get("/health/live")
    whole_platform.start("ngo_bridge.meadow-collective")
    again = post(recipient, f"/v1/referrals/{referral}/answers", body, key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    found = stands(sender, referral, "rejected")
    assert [step["event"] for step in found["steps"]].count("ReferralAnswered") == 1


def test_what_a_consent_does_not_cover_stays_inside(sender: httpx.Client, recipient: httpx.Client) -> None:
    referral, _ = accepted(sender, recipient)
    place = {
        "parts": [
            {"data_class": "safe-contact", "fields": {}},
            {"data_class": "location", "fields": {"place": NAME}},
        ]
    }
    answer = post(sender, f"/v1/referrals/{referral}/disclosures", place)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["rule"]
    assert answer.json()["law"]
    assert NAME not in answer.text


def test_what_is_wrong_is_a_clear_error(sender: httpx.Client, recipient: httpx.Client) -> None:
    referral, _ = offered(sender, recipient)
    yes = {"answer": "accepted", "reason": "accepted"}
    wrong = [
        (422, post(sender, "/v1/consents", a_consent(recipient="nobody-here"))),
        (422, post(sender, "/v1/consents", a_consent(data_classes=["a-story"]))),
        (403, post(sender, "/v1/consents", a_consent(services_conditioned=True))),
        (413, post(sender, "/v1/consents", a_consent(purpose="x" * 10_000_000))),
        (404, post(sender, "/v1/referrals", an_offer(str(uuid.uuid4())))),
        (403, post(sender, f"/v1/referrals/{referral}/answers", yes)),
        (409, named(sender, referral)),
        (409, post(recipient, f"/v1/referrals/{referral}/service-status", {"state": "in-progress"})),
    ]
    for status, answer in wrong:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert NAME not in answer.text


def offers(page: Element, button: str) -> bool:
    """Whether the page offers a button of this name."""
    return bool(page.all("button", name=button))


def signed_in(platform: Platform, participant: str, http: httpx.Client) -> Browser:
    """A browser in which the participant's invented caseworker has signed in."""
    kept, browser = load(platform.places, participant), Browser(http)
    browser.go("/")
    code = code_at(kept.codes, datetime.now(UTC))
    page = browser.press("Sign in", name=kept.name, password=kept.password, code=code)
    assert page.one("h1").text == "Today"
    return browser


def test_the_main_job_by_pages_alone(
    whole_platform: Platform, sender: httpx.Client, recipient: httpx.Client
) -> None:
    ours = signed_in(whole_platform, "lantern-outreach", sender)
    theirs = signed_in(whole_platform, "meadow-collective", recipient)
    ours.go("/offer")
    ours.press("It is safe. Go on.")
    ours.press(
        "Go on",
        services=["Housing Services", "Legal Services"],
        urgency="emergency",
        region="South Fields",
        age_band="adult",
        household="2",
        languages=["es", "mix"],
        programme_from=OURS,
    )
    ours.press("Go on", to=THEIRS)
    yes = {f"yes.{THEIRS}": "yes", f"later.{THEIRS}": ["safe-contact", "identity"]}
    ours.press("See what will leave", explained_in="es", signer="self", signed="yes", told="yes", **yes)
    page = ours.press("Send what got a yes")
    assert "The need went out, without a name." in words_of(page)
    path = ours.answer.url.path

    until(lambda: offers(theirs.go(path), "answer"), SECONDS, "the offer on the page")
    assert "A safe place to stay" in words_of(theirs.press("Show what is needed"))
    theirs.press("Yes, we can help")
    until(lambda: "They said yes." in words_of(ours.go(path)), SECONDS, "the yes on the page")
    ours.press("Send it to Meadow housing", chosen_name=NAME, asked="yes")
    until(lambda: "went to Meadow housing." in words_of(theirs.go(path)), SECONDS, "the name on its way")
    assert NAME in words_of(theirs.press("Show what they sent"))
    ours.go(path.replace("/referrals/", "/withdraw/"))
    said = words_of(ours.press("Yes, take it back now"))
    # The recipient may have been told before the page was made.
    assert "In force." in said or "Everyone was told." in said
    until(lambda: offers(theirs.go(path), "purge"), SECONDS, "the question")
    theirs.press("We deleted all of it")
    state = path.replace("/referrals/", "/withdraw/")
    until(lambda: "Deleted." in words_of(ours.go(state)), SECONDS, "the answer")


def test_no_log_names_anybody(whole_platform: Platform) -> None:
    logs = b"".join(path.read_bytes() for path in whole_platform.places.logs.rglob("*.log"))
    assert logs
    assert NAME.encode() not in logs
