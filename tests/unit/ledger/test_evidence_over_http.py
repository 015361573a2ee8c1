"""Checkpoints for anyone, proofs for the discloser, leaves for the operator, and nothing more for anybody."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from evidence_kit import facts, the_verifier
from ledger_kit import (
    OPERATOR,
    RECIPIENT,
    SENDER,
    STRANGER,
    AsgiTransport,
    LedgerKit,
    a_form,
    a_part,
    give_body,
    to_open,
)

from consent_ledger import checkpoints, merkle, retention
from consent_ledger.giving import give
from consent_ledger.sealing import open_locks, seal
from consent_ledger.strangers import Strangers
from referral_exchange import ids


def code(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


def unsigned(kit: LedgerKit) -> httpx.Client:
    return httpx.Client(transport=AsgiTransport(kit.app()), base_url="http://ledger")


def at_work(kit: LedgerKit, opened: int = 1) -> str:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    for _ in range(opened):
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    return form.consent_id


def parts(answer: dict[str, Any]) -> tuple[int, bytes]:
    lines = str(answer["checkpoint"]).split("\n")
    return int(lines[1]), base64.b64decode(lines[2])


def test_anyone_gets_a_checkpoint_and_the_proof_that_the_log_only_grew(kit: LedgerKit) -> None:
    with unsigned(kit) as client:
        at_work(kit)
        first = client.get("/v1/evidence/checkpoint").json()
        again = client.get("/v1/evidence/checkpoint").json()
        assert again == first
        assert first["consistency"] is None
        at_work(kit, opened=5)
        second = client.get("/v1/evidence/checkpoint", params={"after": first["size"]}).json()
    (old, old_root), (new, new_root) = parts(first), parts(second)
    assert new == second["size"] > old == first["size"]
    proof = [base64.b64decode(each) for each in second["consistency"]]
    assert merkle.extends(old, new, old_root, new_root, proof)
    assert not merkle.extends(old, new, new_root, new_root, proof)


def test_a_checkpoint_of_more_leaves_than_there_are_is_told_to_be_one(kit: LedgerKit) -> None:
    with unsigned(kit) as client:
        answer = client.get("/v1/evidence/checkpoint", params={"after": 1000})
        assert (answer.status_code, code(answer)) == (409, "log-shorter")
        assert client.get("/v1/evidence/checkpoint", params={"after": -1}).status_code == 422
        assert client.get("/v1/evidence/checkpoint", params={"after": 0}).json()["consistency"] == []


def test_a_discloser_is_proved_every_disclosure_of_its_own(kit: LedgerKit, tmp_path: Path) -> None:
    mine, other = at_work(kit), at_work(kit)
    with kit.client(kit.app(), STRANGER) as stranger:
        stranger.post("/v1/withdrawals", json={"consent_id": mine})
    with kit.client(kit.app(), SENDER) as sender:
        listed = sender.post("/v1/disclosures", json={"consent_ids": [mine]}).json()["disclosures"]
        answer = sender.get("/v1/evidence/proofs", params={"consent_id": [mine]}).json()
    told = [proof["opening"]["facts"] for proof in answer["proofs"]]
    assert [json.loads(proof["leaf"])["kind"] for proof in answer["proofs"]] == [
        line["kind"] for line in listed
    ]
    assert [each["asked_by"] for each in told] == [line["asked_by"] for line in listed]
    assert told[-1]["asked_by"] == STRANGER
    assert answer["more_from"] is None
    assert other not in json.dumps(answer)
    file = tmp_path / "proofs.json"
    file.write_text(json.dumps(answer))
    assert the_verifier().main([str(file), "--key", answer["public_key"]]) == 0
    right = answer["proofs"][0]["path"][0]
    answer["proofs"][0]["path"][0] = base64.b64encode(b"\1" * 32).decode()
    file.write_text(json.dumps(answer))
    assert the_verifier().main([str(file)]) == 1
    answer["proofs"][0]["path"][0] = right
    answer["proofs"][1]["opening"]["facts"]["data_class"] = "needs"
    file.write_text(json.dumps(answer))
    assert the_verifier().main([str(file)]) == 1


def test_many_proofs_come_in_portions(kit: LedgerKit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent_ledger.proving.AT_ONCE", 4)
    mine, found, first = at_work(kit, opened=7), [], 0
    with kit.client(kit.app(), SENDER) as sender:
        while first is not None:
            asked = {"consent_id": [mine], "first": first}
            answer = sender.get("/v1/evidence/proofs", params=asked).json()
            found += [json.loads(proof["leaf"])["kind"] for proof in answer["proofs"]]
            first = answer["more_from"]
    assert found == ["given", "sealed", *["opened"] * 7]


def test_what_was_forgotten_is_still_proved_and_says_nothing(kit: LedgerKit) -> None:
    mine = at_work(kit)
    with kit.client(kit.app(), SENDER) as sender:
        sender.post("/v1/withdrawals", json={"consent_id": mine})
        kit.clock.pass_(days=retention.KEPT.days)
        retention.forget_due(kit.ledger)
        answer = sender.get("/v1/evidence/proofs", params={"consent_id": [mine]}).json()
    assert [proof["opening"] for proof in answer["proofs"]] == [None] * 4


@pytest.mark.parametrize("asker", [RECIPIENT, STRANGER, OPERATOR])
def test_nobody_else_is_proved_anything_and_learns_whether_it_exists(kit: LedgerKit, asker: str) -> None:
    mine = at_work(kit)
    with kit.client(kit.app(), asker) as client:
        there = client.get("/v1/evidence/proofs", params={"consent_id": [mine]})
        nowhere = client.get("/v1/evidence/proofs", params={"consent_id": [ids.fresh()]})
    assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content)
    assert code(there) == "unknown"
    assert [each["asked_by"] for each in facts(kit, "denied")] == [asker] * 2


@pytest.mark.parametrize("path", ["leaves?first=0&below=9", "proofs?consent_id=x"])
def test_what_is_not_signed_gets_a_checkpoint_only(kit: LedgerKit, path: str) -> None:
    with unsigned(kit) as client:
        assert client.get(f"/v1/evidence/{path}").status_code == 401
        assert client.get("/v1/administration/held?programme=x").status_code == 401
        assert client.post("/v1/administration", json={}).status_code == 401


@pytest.mark.parametrize("asker", [SENDER, RECIPIENT, STRANGER])
def test_only_the_operator_reads_leaves_administers_and_is_told_what_is_held(
    kit: LedgerKit, asker: str
) -> None:
    with kit.client(kit.app(), asker) as client:
        answers = [
            client.get("/v1/evidence/leaves", params={"first": 0, "below": 9}),
            client.get("/v1/administration/held", params={"programme": [SENDER]}),
            client.post("/v1/administration", json={"action": "expel", "about": "harbor-house"}),
        ]
    assert [(answer.status_code, code(answer)) for answer in answers] == [(403, "denied")] * 3
    assert facts(kit, "administration") == []
    assert facts(kit, "administration-denied") == [
        {"asked_by": asker, "action": action} for action in ("evidence-export", "held", "expel")
    ]


@pytest.mark.parametrize(
    ("action", "about"),
    [("erase", "harbor-house"), ("expel", ""), ("expel", "Two Words"), ("expel", "x" * 200), ("expel", 7)],
)
def test_an_action_that_is_not_listed_is_not_written(kit: LedgerKit, action: str, about: object) -> None:
    with kit.client(kit.app(), OPERATOR) as operator:
        answer = operator.post("/v1/administration", json={"action": action, "about": about})
    assert answer.status_code == 422
    assert facts(kit, "administration") == []


def test_the_operator_is_told_what_is_held_as_counts_and_tokens(kit: LedgerKit) -> None:
    mine = at_work(kit)
    form = a_form()
    give(kit.ledger, form)
    with kit.client(kit.app(), SENDER) as sender:
        sender.post("/v1/withdrawals", json={"consent_id": form.consent_id})
    with kit.client(kit.app(), OPERATOR) as operator:
        asked = {"programme": [SENDER, "harbor-shelter"]}
        held = operator.get("/v1/administration/held", params=asked).json()["held"]
        nothing = operator.get("/v1/administration/held", params={"programme": ["nobody"]}).json()["held"]
    assert held["consents"] == {"live": 2, "withdrawn": 2}
    assert (held["consent_keys"], held["subjects"]) == (2, 2)
    assert held["disclosures"] == {"given": 4, "opened": 1, "sealed": 1, "withdrawn": 2}
    assert held["evidence_leaves"] == 8
    assert (held["facts_to_send"], held["facts_sent"]) == (6, 0)
    assert mine in [token["consent_id"] for token in held["tokens"]]
    assert not any(nothing.values())


def test_who_is_refused_too_often_waits_and_ends_its_own_consents_all_the_same(
    kit: LedgerKit,
) -> None:
    object.__setattr__(kit.ledger, "strangers", Strangers(2, 15, kit.clock.monotonic))
    own, app = give_body(a_form(discloser=STRANGER, funding_streams=frozenset({"hipaa"}))), kit.app()
    foreign = {"consent_id": at_work(kit), "referral_id": ids.fresh(), "recipient": RECIPIENT}
    with kit.sending(), kit.client(app, STRANGER) as stranger:
        assert stranger.post("/v1/consents", json=own).status_code == 201
        answers = [stranger.post("/v1/check", json=foreign) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [404, 404, 429, 429]
        assert code(answers[-1]) == "too-many-refusals"
        assert stranger.post("/v1/withdrawals", json={"consent_id": own["consent_id"]}).status_code == 200
        kit.clock.pass_(seconds=15)
        assert stranger.post("/v1/check", json=foreign).status_code == 404
    assert len(facts(kit, "denied")) == 3


def test_a_checkpoint_is_kept_every_ten_minutes_while_the_log_grows(kit: LedgerKit) -> None:
    at_work(kit)
    assert checkpoints.keep(kit.ledger)
    at_work(kit)
    assert not checkpoints.keep(kit.ledger)
    kit.clock.pass_(minutes=10)
    assert checkpoints.keep(kit.ledger)
    kit.clock.pass_(minutes=10)
    assert not checkpoints.keep(kit.ledger)
    with kit.database.snapshot() as connection:
        assert len(checkpoints.kept(connection, 0, 10**6)) == 2
