"""The ledger's interface: signed, strict, and silent about what it is sent."""

import base64
import logging
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from ledger_kit import RECIPIENT, SENDER, STRANGER, UNLISTED, LedgerKit, a_form, give_body

from referral_exchange import ids
from referral_exchange.tracing.spans import Span

CANARY = "canary-7f3a-is-a-person"


class SpansKept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.kept: list[Span] = []

    def take(self, span: Span) -> None:
        self.kept.append(span)

    def stop(self, timeout_s: float) -> None:
        """Nothing waits."""


@pytest.fixture
def app(kit: LedgerKit) -> Iterator[object]:
    with kit.sending():
        yield kit.app()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def part(body: dict[str, object], **changes: object) -> dict[str, object]:
    named = {name: body[name] for name in ("consent_id", "referral_id", "recipient")}
    return {**named, "data_class": "identity", "blob": b64(b"a blob"), **changes}


def code(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["type"]).rpartition("/")[2]


def test_one_referral_there_and_back_over_http(kit: LedgerKit, app: object) -> None:
    body = give_body(a_form())
    with kit.client(app, SENDER) as sender, kit.client(app, RECIPIENT) as recipient:
        given = sender.post("/v1/consents", json=body)
        again = sender.post("/v1/consents", json=body)
        assert (given.status_code, again.status_code) == (201, 200)
        assert given.json() == again.json()
        assert given.json()["standing"] == "live"
        sealed = sender.post("/v1/seal", json={"parts": [part(body)]})
        named = {name: body[name] for name in ("consent_id", "referral_id")}
        lock = {**named, "lock": sealed.json()["locks"][0]}
        opened = recipient.post("/v1/open", json={"locks": [lock]})
        assert opened.json() == {"opened": [{"data_class": "identity", "blob": b64(b"a blob")}]}
        assert opened.headers["cache-control"] == "no-store"
        asked = {name: body[name] for name in ("consent_id", "referral_id", "recipient")}
        assert sender.post("/v1/check", json=asked).status_code == 204
        done = sender.post("/v1/withdrawals", json={"consent_id": body["consent_id"]}).json()
        assert done["standing"] == "withdrawn"
        assert [line["data_class"] for line in done["opened_before"]] == ["identity"]
        refused = recipient.post("/v1/open", json={"locks": [lock]})
        assert (refused.status_code, code(refused)) == (403, "denied")
        assert refused.json()["law"] == "34 USC 12291(b)(2)"
        assert "consent-ended" in refused.json()["rules"]
        lines = sender.post("/v1/disclosures", json={"subject_token": body["subject_token"]}).json()
        kinds = [line["kind"] for line in lines["disclosures"]]
        assert kinds == ["given", "given", "sealed", "opened", "withdrawn", "withdrawn", "denied"]
        by_id = sender.post("/v1/disclosures", json={"consent_ids": [body["consent_id"]]}).json()
        assert len(by_id["disclosures"]) == 5


def test_strangers_get_the_same_bytes_for_what_exists_and_what_does_not(kit: LedgerKit, app: object) -> None:
    body = give_body(a_form())
    with kit.client(app, SENDER) as sender:
        sender.post("/v1/consents", json=body)
        sealed = sender.post("/v1/seal", json={"parts": [part(body)]}).json()["locks"][0]
    for path, asked in (
        (
            "/v1/open",
            lambda i: {"locks": [{"consent_id": i, "referral_id": body["referral_id"], "lock": sealed}]},
        ),
        ("/v1/seal", lambda i: {"parts": [part(body, consent_id=i)]}),
        (
            "/v1/check",
            lambda i: {"consent_id": i, "referral_id": body["referral_id"], "recipient": RECIPIENT},
        ),
        ("/v1/withdrawals", lambda i: {"consent_id": i}),
        ("/v1/disclosures", lambda i: {"consent_ids": [i]}),
    ):
        with kit.client(app, STRANGER) as stranger:
            there = stranger.post(path, json=asked(body["consent_id"]))
            not_there = stranger.post(path, json=asked(ids.fresh()))
        assert there.status_code == 404
        assert (there.content, there.headers) == (not_there.content, not_there.headers)


def test_what_is_not_signed_by_a_listed_programme_is_refused(kit: LedgerKit, app: object) -> None:
    body = give_body(a_form())
    with httpx.Client(transport=kit.client(app, SENDER)._transport, base_url="http://ledger") as unsigned:
        assert code(unsigned.post("/v1/consents", json=body)) == "signature"
    with kit.client(app, UNLISTED) as nobody:
        assert code(nobody.post("/v1/consents", json=body)) == "signature"


def test_a_programme_gives_only_its_own_consents(kit: LedgerKit, app: object) -> None:
    with kit.client(app, STRANGER) as other:
        assert code(other.post("/v1/consents", json=give_body(a_form()))) == "not-your-programme"


def test_conflicting_ids_answer_409(kit: LedgerKit, app: object) -> None:
    body = give_body(a_form())
    with kit.client(app, SENDER) as sender:
        sender.post("/v1/consents", json=body)
        answer = sender.post("/v1/consents", json={**body, "data_classes": ["needs"]})
    assert (answer.status_code, code(answer)) == (409, "conflict")


@pytest.mark.parametrize(
    "changes",
    [
        {"consent_id": CANARY},
        {"recipient": "Not A Slug " + CANARY},
        {"data_classes": []},
        {"comes_back": []},
        {"comes_back": ["documents"]},
        {"comes_back": [CANARY]},
        {"signer_role": CANARY},
        {"services_conditioned": CANARY},
        {"form_commitment": b64(b"short")},
        {"form_commitment": CANARY + "!"},
        {"subject_token": "short"},
        {"ends_at": CANARY},
        {"ends_at": "2026-04-01T00:00:00"},
        {"funding_streams": CANARY},
        {CANARY: CANARY},
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_repeated(
    kit: LedgerKit, app: object, caplog: pytest.LogCaptureFixture, changes: dict[str, object]
) -> None:
    caplog.set_level(logging.DEBUG)
    with kit.client(app, SENDER) as sender:
        answer = sender.post("/v1/consents", json={**give_body(a_form()), **changes})
    assert (answer.status_code, code(answer)) == (422, "invalid")
    assert answer.json()["fields"]
    assert CANARY not in answer.text
    assert CANARY not in caplog.text


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'"x"', b"\xff\xfe", b'{"locks": ' + b"[" * 5000])
def test_what_is_no_json_of_ours_is_a_problem(kit: LedgerKit, app: object, content: bytes) -> None:
    with kit.client(app, RECIPIENT) as recipient:
        headers = {"content-type": "application/json"}
        answer = recipient.post("/v1/open", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    code(answer)


def test_a_large_body_and_a_large_batch_are_refused(kit: LedgerKit, app: object) -> None:
    body = give_body(a_form())
    with kit.client(app, SENDER) as sender:
        sender.post("/v1/consents", json=body)
        assert code(sender.post("/v1/seal", content=b"x" * 10_000_000)) == "too-large"
        many = sender.post("/v1/seal", json={"parts": [part(body)] * 101})
        assert (many.status_code, code(many)) == (422, "invalid")


def test_a_broker_that_is_away_makes_a_given_consent_an_unknown_outcome_and_a_withdrawal_none(
    kit: LedgerKit,
) -> None:
    app, body = kit.app(acknowledged_within_s=0.05), give_body(a_form())
    with kit.client(app, SENDER) as sender:
        answer = sender.post("/v1/consents", json=body)
        assert (answer.status_code, code(answer)) == (503, "outcome-unknown")
        assert "same ids" in answer.json()["detail"]
        kit.outbox.step()
        assert sender.post("/v1/consents", json=body).status_code == 200
        assert len({m.headers["ce_id"] for m in kit.log.messages}) == 2
        assert sender.post("/v1/withdrawals", json={"consent_id": body["consent_id"]}).status_code == 200


def test_before_the_directory_is_known_only_withdrawals_and_lists_are_answered(
    kit: LedgerKit, app: object
) -> None:
    body = give_body(a_form())
    with kit.client(app, SENDER) as sender:
        sender.post("/v1/consents", json=body)
        kit.can_judge = False
        assert sender.get("/health/ready").status_code == 503
        for path, asked in (
            ("/v1/consents", give_body(a_form())),
            ("/v1/seal", {"parts": [part(body)]}),
            ("/v1/check", {n: body[n] for n in ("consent_id", "referral_id", "recipient")}),
        ):
            assert code(sender.post(path, json=asked)) == "unavailable"
        assert sender.post("/v1/withdrawals", json={"consent_id": body["consent_id"]}).status_code == 200
        assert sender.post("/v1/disclosures", json={"consent_ids": [body["consent_id"]]}).status_code == 200


def test_a_request_that_is_an_hour_old_is_stale(kit: LedgerKit, app: object) -> None:
    with kit.client(app, SENDER) as sender:
        request = sender.build_request("POST", "/v1/withdrawals", json={"consent_id": ids.fresh()})
        signed = next(sender.auth.auth_flow(request))  # type: ignore[union-attr]
    kit.clock.jump(seconds=timedelta(hours=1).total_seconds())
    with httpx.Client(transport=kit.client(app, SENDER)._transport) as late:
        assert code(late.send(signed)) == "stale"


def test_no_class_token_blob_or_lock_is_ever_logged(
    kit: LedgerKit, app: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")  # the client of this test tells of addresses
    body = give_body(a_form(subject_token=CANARY, data_classes=frozenset({"tribal", "needs"})))
    asked = part(body, data_class="tribal", blob=b64(CANARY.encode()))
    with kit.client(app, SENDER) as sender, kit.client(app, RECIPIENT) as recipient:
        sender.post("/v1/consents", json=body)
        lock = sender.post("/v1/seal", json={"parts": [asked]}).json()["locks"][0]
        named = {"consent_id": body["consent_id"], "referral_id": body["referral_id"], "lock": lock}
        recipient.post("/v1/open", json={"locks": [named]})
        recipient.post("/v1/open", json={"locks": [{**named, "lock": b64(CANARY.encode())}]})
        sender.post("/v1/seal", json={"parts": [{**asked, "data_class": "tribal-nation"}]})
        sender.post("/v1/disclosures", json={"subject_token": CANARY})
        sender.get("/v1/" + CANARY)
        sender.post("/v1/withdrawals", json={"consent_id": body["consent_id"]})
    for hidden in (CANARY, b64(CANARY.encode()), "tribal", lock):
        assert hidden not in caplog.text


def test_a_span_names_the_referral_and_links_the_caller_and_shows_nothing_else(kit: LedgerKit) -> None:
    spans = SpansKept()
    app = kit.app(acknowledged_within_s=0.01, spans=spans)
    body = give_body(a_form(subject_token=CANARY, data_classes=frozenset({"tribal", "needs"})))
    caller = "00-" + "c" * 32 + "-" + "d" * 16 + "-01"
    with kit.client(app, SENDER) as sender:
        sender.post("/v1/consents", json=body, headers={"traceparent": caller})
        sender.post("/v1/seal", json={"parts": [part(body, data_class="tribal", blob=b64(b"blob"))]})
        sender.post("/v1/seal", json={"parts": [part(body, data_class="health")]})
        sender.post("/v1/withdrawals", json={"consent_id": body["consent_id"]})
        sender.post("/v1/disclosures", json={"subject_token": CANARY})
    names = [span.name for span in spans.kept]
    assert names == [
        "POST /v1/consents",
        "POST /v1/seal",
        "POST /v1/seal",
        "POST /v1/withdrawals",
        "POST /v1/disclosures",
    ]
    assert spans.kept[0].link is not None
    assert spans.kept[0].link.traceparent == caller
    assert all(span.attributes["referral.id"] == body["referral_id"] for span in spans.kept[:4])
    assert spans.kept[2].attributes["exchange.code"] == "denied"
    assert not any("exchange.withheld" in span.attributes for span in spans.kept)
    assert "tribal" not in repr(spans.kept)
    assert CANARY not in repr(spans.kept)


def test_a_failure_inside_shows_and_logs_its_class_and_place_only(
    kit: LedgerKit, app: object, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("consent_ledger.sealing.seal", broken)
    with kit.client(app, SENDER) as sender:
        answer = sender.post("/v1/seal", json={"parts": [part(give_body(a_form()))]})
    assert (answer.status_code, code(answer)) == (500, "internal")
    assert CANARY not in answer.text + caplog.text
    assert "RuntimeError at test_ledger_over_http.py" in caplog.text
