"""The person's page at the ledger: only it redeems codes, and one answer tells nothing of what was wrong."""

import base64
import logging
import secrets
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from ledger_kit import OPERATOR, PAGE, RECIPIENT, SENDER, STRANGER, LedgerKit, a_form, give_body

from consent_ledger.strangers import Strangers
from referral_exchange import ids
from referral_exchange.tracing.spans import Span


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


def fresh() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def ask(kit: LedgerKit, app: object, who: str, path: str, body: object) -> httpx.Response:
    with kit.client(app, who) as client:
        return client.post(f"/v1/{path}", json=body)


def given(kit: LedgerKit, app: object, **changes: object) -> dict[str, object]:
    body = give_body(a_form(**changes))
    assert ask(kit, app, SENDER, "consents", body).status_code == 201
    return body


def code(kit: LedgerKit, app: object, body: dict[str, object]) -> str:
    asked = {"consent_id": body["consent_id"], "request_id": ids.fresh()}
    made = ask(kit, app, SENDER, "person-codes", asked)
    assert made.status_code == 201
    return str(made.json()["code"])


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, str(answer.json()["type"]).rpartition("/")[2]


def test_from_a_code_to_what_is_taken_back(kit: LedgerKit, app: object) -> None:
    body, session = given(kit, app), fresh()
    redeemed = {"code": code(kit, app, body), "session": session}
    opened = ask(kit, app, PAGE, "person-sessions", redeemed)
    assert (opened.status_code, set(opened.json())) == (201, {"expires_at"})
    (shown,) = ask(kit, app, PAGE, "person-views", {"session": session}).json()["consents"]
    assert shown == {
        **{name: body[name] for name in ("consent_id", "referral_id", "discloser", "recipient", "purpose")},
        "data_classes": body["data_classes"],
        "given_at": "2026-03-02T09:00:00.000Z",
        "ends_at": "2026-04-01T09:00:00.000Z",
        "standing": "live",
        "ended_at": None,
        "opened": [],
    }
    asked = {"session": session, "consent_id": body["consent_id"]}
    assert ask(kit, app, PAGE, "person-endings", {"session": session}).status_code == 204
    assert problem(ask(kit, app, PAGE, "person-views", {"session": session})) == (404, "unknown")
    done = ask(kit, app, PAGE, "person-withdrawals", asked).json()
    assert (done["standing"], done["opened_before"]) == ("withdrawn", [])
    named = {name: body[name] for name in ("consent_id", "referral_id", "recipient")}
    assert ask(kit, app, SENDER, "check", named).status_code == 403


def test_wrong_used_and_old_codes_are_answered_in_the_same_bytes(kit: LedgerKit, app: object) -> None:
    body = given(kit, app)
    old = code(kit, app, body)
    kit.clock.pass_(minutes=15)
    used = code(kit, app, body)
    ask(kit, app, PAGE, "person-sessions", {"code": used, "session": fresh()})
    replaced = code(kit, app, body)
    never = next(c for c in ("000000001", "000000002") if c not in (old, used, replaced))
    code(kit, app, body)
    answers = [
        ask(kit, app, PAGE, "person-sessions", {"code": each, "session": fresh()})
        for each in (old, used, replaced, never)
    ]
    assert {problem(answer) for answer in answers} == {(404, "unknown")}
    assert len({(answer.content, str(answer.headers)) for answer in answers}) == 1


@pytest.mark.parametrize("who", [SENDER, RECIPIENT, STRANGER, OPERATOR])
def test_nobody_but_the_page_redeems_views_or_withdraws(kit: LedgerKit, app: object, who: str) -> None:
    body, session = given(kit, app), fresh()
    told = code(kit, app, body)
    for path, asked in (
        ("person-sessions", {"code": told, "session": fresh()}),
        ("person-views", {"session": session}),
        ("person-endings", {"session": session}),
        ("person-withdrawals", {"session": session, "consent_id": body["consent_id"]}),
    ):
        assert problem(ask(kit, app, who, path, asked)) == (403, "denied")
    # The code is as good as before.
    redeemed = {"code": told, "session": session}
    assert ask(kit, app, PAGE, "person-sessions", redeemed).status_code == 201


def test_the_page_makes_no_codes(kit: LedgerKit, app: object) -> None:
    body = given(kit, app)
    asked = {"consent_id": body["consent_id"], "request_id": ids.fresh()}
    assert problem(ask(kit, app, PAGE, "person-codes", asked)) == (404, "unknown")


def test_whose_consent_exists_and_whose_does_not_is_answered_alike(kit: LedgerKit, app: object) -> None:
    body = given(kit, app)
    answers = [
        ask(kit, app, STRANGER, "person-codes", {"consent_id": each, "request_id": ids.fresh()})
        for each in (body["consent_id"], ids.fresh())
    ]
    assert answers[0].status_code == 404
    assert (answers[0].content, answers[0].headers) == (answers[1].content, answers[1].headers)


def test_after_too_many_wrong_codes_none_is_looked_at(kit: LedgerKit) -> None:
    body = given_directly(kit)
    kit.ledger = replace(kit.ledger, tries=Strangers(burst=1, every_s=60))
    app = kit.app()
    right = code(kit, app, body)
    wrong = f"{(int(right) + 1) % 10**9:09}"
    first = ask(kit, app, PAGE, "person-sessions", {"code": wrong, "session": fresh()})
    assert problem(first) == (404, "unknown")
    for each in (wrong, right):
        answer = ask(kit, app, PAGE, "person-sessions", {"code": each, "session": fresh()})
        assert problem(answer) == (429, "too-many-tries")


def given_directly(kit: LedgerKit) -> dict[str, object]:
    with kit.sending():
        return given(kit, kit.app())


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "12345678"},
        {"code": "12345678x"},
        {"code": 123456789},
        {"session": "c2hvcnQ="},
        {"who": "me"},
    ],
)
def test_what_is_no_code_or_session_is_named_and_not_repeated(
    kit: LedgerKit, app: object, changes: dict[str, object]
) -> None:
    asked = {"code": "123456789", "session": fresh(), **changes}
    answer = ask(kit, app, PAGE, "person-sessions", asked)
    assert problem(answer) == (422, "invalid")
    for value in asked.values():
        assert str(value) not in answer.text


def test_no_code_or_session_is_logged_or_on_a_span(kit: LedgerKit, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    spans, session = SpansKept(), fresh()
    with kit.sending():
        app = kit.app(spans=spans)
        body = given(kit, app)
        told = code(kit, app, body)
        for path, asked in (
            ("person-sessions", {"code": told, "session": session}),
            ("person-sessions", {"code": told, "session": fresh()}),
            ("person-views", {"session": session}),
            ("person-withdrawals", {"session": session, "consent_id": body["consent_id"]}),
        ):
            ask(kit, app, PAGE, path, asked)
    shown = caplog.text + repr(spans.kept)
    for hidden in (told, session, str(body["subject_token"])):
        assert hidden not in shown
    assert not any("exchange.withheld" in span.attributes for span in spans.kept)
