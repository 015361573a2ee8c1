"""A programme's key asks for nothing without the certificate of the participant that runs the programme."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from ledger_kit import RECIPIENT, SENDER, START, LedgerKit, a_form, give_body

from consent_ledger.pins import Pins

NAMES = [f"{SENDER}-office", f"{RECIPIENT}-office", "operator", "consent_ledger", SENDER, "", None]


def over_tls(app: object, shown: str | None) -> Callable[..., Any]:
    """The app as a connection with that certificate sees it."""

    async def named(scope: dict[str, Any], receive: object, send: object) -> None:
        told = {} if shown is None else {"tls_peer": {"common_name": shown}}
        await app({**scope, "extensions": told}, receive, send)  # type: ignore[operator]

    return named


@pytest.fixture
def kit_with_tls(kit: LedgerKit) -> LedgerKit:
    pins = Pins(kit.database)
    pins.take(kit.directory.programmes, START)
    kit.runs = Pins(kit.database).participant  # as after a restart, before the directory is read
    return kit


def ask(kit: LedgerKit, shown: str | None, path: str, body: object) -> httpx.Response:
    with kit.client(over_tls(kit.app(), shown), SENDER) as client:
        return client.post(path, json=body)


@pytest.mark.parametrize("shown", NAMES)
def test_only_its_own_participants_certificate_counts(kit_with_tls: LedgerKit, shown: str | None) -> None:
    kit = kit_with_tls
    with kit.sending():
        answer = ask(kit, shown, "/v1/consents", give_body(a_form()))
    assert answer.status_code == (201 if shown == f"{SENDER}-office" else 401)


def test_every_address_asks_for_it_and_all_answer_alike(kit_with_tls: LedgerKit) -> None:
    paths = ("consents", "grounds", "withdrawals", "closings", "confirmations", "seal", "open", "check")
    answers = {
        ask(kit_with_tls, f"{RECIPIENT}-office", f"/v1/{p}", {}).content for p in (*paths, "disclosures")
    }
    assert len(answers) == 1
    assert b"not-your-certificate" in answers.pop()


def test_where_it_is_not_known_who_runs_it_nobody_is_answered(kit: LedgerKit) -> None:
    kit.runs = Pins(kit.database).participant
    answer = ask(kit, f"{SENDER}-office", "/v1/disclosures", {"consent_ids": [a_form().consent_id]})
    assert answer.status_code == 503


def test_without_mutual_tls_the_signature_alone_counts(kit: LedgerKit) -> None:
    with kit.sending():
        assert ask(kit, None, "/v1/consents", give_body(a_form())).status_code == 201


def test_who_runs_a_programme_is_followed(kit: LedgerKit) -> None:
    pins = Pins(kit.database)
    pins.take(kit.directory.programmes, START)
    listed = kit.directory.programmes[SENDER]
    kit.directory.apply(replace(listed, participant_id="harbor-new-office"))
    pins.take(kit.directory.programmes, START)
    for known in (pins, Pins(kit.database)):
        assert known.participant(SENDER) == "harbor-new-office"
        assert known.key(SENDER, "1") == kit.signers[SENDER].public
