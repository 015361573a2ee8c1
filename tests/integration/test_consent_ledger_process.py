"""The ledger on the real broker: killed at its worst moments, it loses nothing and says nothing twice."""

import base64
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from ledger_process import RECIPIENT, SENDER, LedgerProcess, a_consent, until

from exchange_command.platform import Platform
from referral_exchange import ids
from referral_exchange.message import read_headers, signed_bytes
from referral_exchange.signing import load_signer, verifies
from referral_exchange.topics import partition_of

CANARY = "canary-4711-of-a-person"


@pytest.fixture
def ledger(platform: Platform, tmp_path: Path, free_port_base: int) -> Iterator[LedgerProcess]:
    made = LedgerProcess(platform, tmp_path, free_port_base + 38)
    yield made
    made.stop(signal.SIGKILL)


def sealed(ledger: LedgerProcess, body: dict[str, object], blob: bytes = b"a blob") -> dict[str, object]:
    """A lock as its recipient asks for it."""
    named = {name: body[name] for name in ("consent_id", "referral_id")}
    part = {
        **named,
        "recipient": RECIPIENT,
        "data_class": "identity",
        "blob": base64.b64encode(blob).decode(),
    }
    answer = ledger.post(SENDER, "/v1/seal", {"parts": [part]})
    assert answer.status_code == 200
    return {**named, "lock": answer.json()["locks"][0]}


def test_a_consent_is_on_the_topic_when_it_is_answered_signed_and_in_its_referrals_partition(
    ledger: LedgerProcess, platform: Platform
) -> None:
    ledger.start()
    body = a_consent()
    assert ledger.post(SENDER, "/v1/consents", body).status_code == 201
    for consent_id, to in ((body["consent_id"], RECIPIENT), (body["return_consent_id"], SENDER)):
        (read,) = ledger.told(str(consent_id))
        named = read_headers(read.headers)
        assert read.partition.number == partition_of(str(body["referral_id"]), 6)
        covered = signed_bytes("ConsentGiven.v1", str(consent_id), to, read.value or b"")
        public = load_signer(platform.places.keys, "consent_ledger").public
        assert verifies(public, named["signature"], covered)
    assert ledger.stop() == 0


def test_killed_between_commit_and_answer_a_repeat_gives_the_same_consent_told_once(
    ledger: LedgerProcess,
) -> None:
    body = a_consent()
    ledger.start(fault="consent_ledger:give-committed")
    with pytest.raises(httpx.TransportError):
        ledger.post(SENDER, "/v1/consents", body)
    assert ledger.ended() == -signal.SIGKILL
    ledger.start()
    answers = [ledger.post(SENDER, "/v1/consents", body) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["standing"] == "live"
    for name in ("consent_id", "return_consent_id"):
        assert ledger.told_types(str(body[name])) == ["ConsentGiven.v1"]
    assert ledger.post(RECIPIENT, "/v1/open", {"locks": [sealed(ledger, body)]}).status_code == 200


def test_killed_between_the_brokers_answer_and_its_own_mark_it_repeats_the_same_event(
    ledger: LedgerProcess,
) -> None:
    body = a_consent()
    ledger.start(fault="consent_ledger:outbox-acknowledged")
    with pytest.raises(httpx.TransportError):
        ledger.post(SENDER, "/v1/consents", body)
    assert ledger.ended() == -signal.SIGKILL
    assert len(ledger.told(str(body["consent_id"]))) == 1
    ledger.start()
    assert ledger.post(SENDER, "/v1/consents", body).status_code == 200
    told = ledger.told(str(body["consent_id"]))
    assert len(told) == 2
    assert len({(read.value, tuple(sorted(read.headers))) for read in told}) == 1


def test_killed_between_a_withdrawal_and_its_answer_it_is_in_force(ledger: LedgerProcess) -> None:
    body = a_consent()
    ledger.start(fault="consent_ledger:withdraw-committed")
    ledger.post(SENDER, "/v1/consents", body)
    lock = sealed(ledger, body)
    assert ledger.post(RECIPIENT, "/v1/open", {"locks": [lock]}).status_code == 200
    with pytest.raises(httpx.TransportError):
        ledger.post(SENDER, "/v1/withdrawals", {"consent_id": body["consent_id"]})
    assert ledger.ended() == -signal.SIGKILL
    ledger.start()
    refused = ledger.post(RECIPIENT, "/v1/open", {"locks": [lock]})
    assert (refused.status_code, refused.json()["rule"]) == (403, "voca-release-needs-consent")
    done = ledger.post(SENDER, "/v1/withdrawals", {"consent_id": body["consent_id"]}).json()
    assert [line["data_class"] for line in done["opened_before"]] == ["identity"]
    until("the withdrawal is told", lambda: len(ledger.told(str(body["consent_id"]))) == 2)
    assert ledger.told_types(str(body["consent_id"])) == ["ConsentGiven.v1", "ConsentWithdrawn.v1"]


def test_killed_before_it_answers_an_opening_the_disclosure_is_listed(ledger: LedgerProcess) -> None:
    body = a_consent()
    ledger.start(fault="consent_ledger:open-committed")
    ledger.post(SENDER, "/v1/consents", body)
    lock = sealed(ledger, body)
    with pytest.raises(httpx.TransportError):
        ledger.post(RECIPIENT, "/v1/open", {"locks": [lock]})
    assert ledger.ended() == -signal.SIGKILL
    ledger.start()
    lines = ledger.post(SENDER, "/v1/disclosures", {"consent_ids": [body["consent_id"]]}).json()
    assert [line["kind"] for line in lines["disclosures"]] == ["given", "sealed", "opened"]


def test_a_broker_that_is_down_delays_giving_and_never_withdrawing(
    ledger: LedgerProcess, platform: Platform
) -> None:
    first, second = a_consent(), a_consent()
    ledger.start()
    ledger.post(SENDER, "/v1/consents", first)
    platform.stop("kafka", signal.SIGKILL)
    try:
        unknown = ledger.post(SENDER, "/v1/consents", second)
        assert unknown.status_code == 503
        assert unknown.json()["type"].endswith("/outcome-unknown")
        withdrawn = ledger.post(SENDER, "/v1/withdrawals", {"consent_id": first["consent_id"]})
        assert withdrawn.status_code == 200
    finally:
        platform.start("kafka")
    until("the repeat is known", lambda: ledger.post(SENDER, "/v1/consents", second).status_code == 200)
    assert len(set(ledger.told_ids(str(second["consent_id"])))) == 1
    until("the withdrawal is told", lambda: len(set(ledger.told_ids(str(first["consent_id"])))) == 2)
    assert ledger.told_types(str(first["consent_id"]))[-1] == "ConsentWithdrawn.v1"


def test_a_second_ledger_on_the_same_database_does_not_start(
    ledger: LedgerProcess, platform: Platform, free_port_base: int
) -> None:
    ledger.start()
    second = LedgerProcess(platform, ledger.folder, free_port_base + 39)
    second.launch()
    assert second.ended() == 1
    assert "another ledger works on it" in second.log.read_text(encoding="utf-8")


def test_nothing_of_a_person_is_in_its_log_or_on_its_topic(ledger: LedgerProcess) -> None:
    body = a_consent(subject_token=CANARY, data_classes=["identity", "tribal"])
    ledger.start()
    ledger.post(SENDER, "/v1/consents", body)
    lock = sealed(ledger, body, blob=CANARY.encode())
    ledger.post(RECIPIENT, "/v1/open", {"locks": [lock, {**lock, "lock": "AAAA"}]})
    ledger.post(RECIPIENT, f"/v1/{CANARY}?{CANARY}", {CANARY: CANARY})
    ledger.post(SENDER, "/v1/consents", {**a_consent(), "data_classes": [CANARY], "purpose": CANARY})
    ledger.post(SENDER, "/v1/disclosures", {"subject_token": CANARY})
    ledger.post(SENDER, "/v1/withdrawals", {"consent_id": body["consent_id"]})
    until("the withdrawal is told", lambda: len(ledger.told(str(body["consent_id"]))) == 2)
    assert ledger.stop() == 0
    hidden = (CANARY, base64.b64encode(CANARY.encode()).decode(), "tribal", str(lock["lock"]))
    log = ledger.log.read_text(encoding="utf-8")
    told = [ledger.told(str(body[name])) for name in ("consent_id", "return_consent_id")]
    topic = b"".join((r.value or b"") + repr(r.headers).encode() for reads in told for r in reads)
    for word in hidden:
        assert word not in log
        assert word.encode() not in topic


def test_an_unknown_programme_is_told_nothing(ledger: LedgerProcess) -> None:
    ledger.start()
    answer = httpx.post(f"{ledger.url}/v1/withdrawals", json={"consent_id": ids.fresh()}, trust_env=False)
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (401, "signature")
