"""Over HTTP, what belongs to others and what does not exist are answered alike, byte for byte and as fast."""

import base64
import math
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
import uvicorn
from ledger_kit import (
    OPERATOR,
    RECIPIENT,
    SENDER,
    STRANGER,
    LedgerKit,
    a_form,
    a_ground,
    a_part,
    give_body,
    ground_body,
    id_of,
)
from sqlalchemy import update

from consent_ledger import ending
from consent_ledger.giving import give, record_ground
from consent_ledger.records import ConsentForm, GroundForm
from consent_ledger.sealing import seal
from consent_ledger.tables import consents
from referral_exchange import ids
from referral_exchange.http_signature import SignedAs

PAIRS, ROUND = 2000, 50
RELIEF = "open under 8 USC 1367"
NEAR_S = 0.001
Form = ConsentForm | GroundForm
Body = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One request about a thing: how it is asked, given the thing's form and some lock."""

    method: str
    path: str
    body: Callable[[Form, str], Body]


def _part(form: Form, lock: str) -> Body:
    named = {"consent_id": id_of(form), "referral_id": form.referral_id, "recipient": form.recipient}
    return {"parts": [{**named, "data_class": "identity", "blob": lock}]}


def _lock(form: Form, lock: str) -> Body:
    return {"locks": [{"consent_id": id_of(form), "referral_id": form.referral_id, "lock": lock}]}


def _check(form: Form, _: str) -> Body:
    return {"consent_id": id_of(form), "referral_id": form.referral_id, "recipient": form.recipient}


def _token(form: Form, _: str) -> Body:
    return {"subject_token": getattr(form, "subject_token", ids.fresh())}


OPERATIONS = {
    "withdrawals": Asked("POST", "/v1/withdrawals", lambda form, _: {"consent_id": id_of(form)}),
    "closings": Asked("POST", "/v1/closings", lambda form, _: {"ground_id": id_of(form)}),
    "confirmations": Asked("POST", "/v1/confirmations", lambda form, _: {"consent_ids": [id_of(form)]}),
    "seal": Asked("POST", "/v1/seal", _part),
    "open": Asked("POST", "/v1/open", _lock),
    "check": Asked("POST", "/v1/check", _check),
    "disclosures": Asked("POST", "/v1/disclosures", lambda form, _: {"consent_ids": [id_of(form)]}),
    "disclosures of a person": Asked("POST", "/v1/disclosures", _token),
    "proofs": Asked("GET", "/v1/evidence/proofs", lambda form, _: {"consent_id": id_of(form)}),
}
"""Every operation that names a thing which may be another's; `give` and `grounds` name what is to be made."""


def lived(kit: LedgerKit) -> Form:
    form = a_form()
    give(kit.ledger, form)
    return form


def withdrawn(kit: LedgerKit) -> Form:
    form = lived(kit)
    ending.withdraw(kit.ledger, SENDER, id_of(form))
    return form


def suspended(kit: LedgerKit) -> Form:
    form = lived(kit)
    with kit.database.transaction() as connection:
        named = consents.c.referral_id == form.referral_id
        connection.execute(update(consents).where(named).values(standing="suspended"))
    return form


def grounded(kit: LedgerKit) -> Form:
    form = a_ground()
    record_ground(kit.ledger, form)
    return form


def closed(kit: LedgerKit) -> Form:
    form = grounded(kit)
    ending.close(kit.ledger, SENDER, id_of(form))
    return form


EXISTING = {f.__name__: f for f in (lived, withdrawn, suspended, grounded, closed)}


def unknown() -> Form:
    return a_form()


@contextmanager
def served(kit: LedgerKit) -> Iterator[str]:
    """The ledger on a port of its own, as uvicorn serves it."""
    # Asyncio sends at once only where the socket says that it is TCP; else each answer waits 40 ms.
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(kit.app(), log_config=None, access_log=False, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@contextmanager
def asking(kit: LedgerKit, address: str, programme: str) -> Iterator[httpx.Client]:
    auth = SignedAs(kit.signers[programme], kit.clock.wall)
    with httpx.Client(base_url=address, auth=auth, timeout=30) as client:
        yield client


def answered(client: httpx.Client, asked: Asked, form: Form, lock: str = "AAAA") -> httpx.Response:
    if asked.method == "GET":
        return client.get(asked.path, params=asked.body(form, lock))
    return client.post(asked.path, json=asked.body(form, lock))


def seen(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """All that somebody who is no party sees, but the time of day."""
    headers = [(name, value) for name, value in answer.headers.raw if name.lower() != b"date"]
    return answer.status_code, headers, answer.content


@pytest.mark.parametrize("made", EXISTING.values(), ids=EXISTING.keys())
def test_what_is_others_and_what_is_not_there_get_the_same_bytes(
    kit: LedgerKit, made: Callable[[LedgerKit], Form]
) -> None:
    form = made(kit)
    with served(kit) as address, asking(kit, address, STRANGER) as client:
        for name, asked in OPERATIONS.items():
            theirs, nobodys = answered(client, asked, form), answered(client, asked, unknown())
            assert seen(theirs) == seen(nobodys), name
            assert theirs.headers["content-length"] == str(len(theirs.content))
            assert theirs.status_code == (200 if name == "disclosures of a person" else 404)


def test_an_operator_who_is_no_party_sees_no_more(kit: LedgerKit) -> None:
    form = lived(kit)
    with served(kit) as address, asking(kit, address, OPERATOR) as client:
        for name, asked in OPERATIONS.items():
            assert seen(answered(client, asked, form)) == seen(answered(client, asked, unknown())), name


def test_one_of_ones_own_beside_it_makes_no_difference(kit: LedgerKit) -> None:
    foreign, own = lived(kit), a_form(discloser=RECIPIENT, recipient=SENDER)
    own = replace(own, discloser=STRANGER, recipient=SENDER, funding_streams=frozenset({"hipaa"}))
    give(kit.ledger, own)
    with served(kit) as address, asking(kit, address, STRANGER) as client:
        for path in ("/v1/confirmations", "/v1/disclosures"):
            both = [
                client.post(path, json={"consent_ids": [own.consent_id, id_of(other)]})
                for other in (foreign, unknown())
            ]
            assert seen(both[0]) == seen(both[1])
            assert both[0].status_code == 404


def test_ids_that_are_taken_conflict_alike_whosever_they_are(kit: LedgerKit) -> None:
    """That an id is taken cannot be hidden from who wants to take it; ids are random, 122 bits."""
    theirs = [made(kit) for made in EXISTING.values()]
    own = a_form(discloser=STRANGER, recipient=SENDER, funding_streams=frozenset({"hipaa"}))
    give(kit.ledger, own)
    with served(kit) as address, asking(kit, address, STRANGER) as client:
        answers = set()
        for form in (*theirs, own):
            taken = replace(own, consent_id=id_of(form), return_consent_id=ids.fresh(), language="fr")
            answers.add(repr(seen(client.post("/v1/consents", json=give_body(taken)))))
            ground = a_ground(discloser=STRANGER, recipient=SENDER, ground_id=id_of(form))
            answers.add(repr(seen(client.post("/v1/grounds", json=ground_body(ground)))))
    assert len(answers) == 1
    assert "conflict" in answers.pop()


def relief(kit: LedgerKit) -> tuple[Form, str]:
    """A lock on immigration data under an exception that does not hold any more when it is opened."""
    listed = kit.directory.programmes[SENDER]
    kit.directory.apply(replace(listed, funding_streams=["section_1367"]))
    form = a_form(
        data_classes=frozenset({"immigration"}),
        funding_streams=frozenset({"section_1367"}),
        exception_1367="victim-services",
        official_class="victim-assistance",
    )
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form, "immigration")])
    office = kit.directory.participants[f"{RECIPIENT}-office"]
    kit.directory.apply(replace(office, kind="state_agency"))
    return form, base64.b64encode(lock).decode()


def test_who_may_not_open_under_8_usc_1367_is_told_what_a_stranger_is_told(kit: LedgerKit) -> None:
    form, lock = relief(kit)
    with served(kit) as address, asking(kit, address, RECIPIENT) as client:
        barred = answered(client, OPERATIONS["open"], form, lock)
        nobodys = answered(client, OPERATIONS["open"], unknown(), lock)
    assert barred.status_code == 404
    assert seen(barred) == seen(nobodys)
    assert b"1367" not in barred.content


def test_the_discloser_of_ones_own_data_is_told_rule_and_law(kit: LedgerKit) -> None:
    form, _ = relief(kit)
    with served(kit) as address, asking(kit, address, SENDER) as client:
        part = {**_part(form, "AAAA")["parts"][0], "data_class": "immigration"}
        told = client.post("/v1/seal", json={"parts": [part]}).json()
    assert (told["rule"], told["law"]) == (
        "section-1367-victim-services-are-nongovernmental",
        "8 USC 1367(b)(7)",
    )


@dataclass
class Timed:
    """Seconds of requests about what exists and about what does not, in turn."""

    theirs: list[float] = field(default_factory=list)
    nobodys: list[float] = field(default_factory=list)

    @property
    def apart(self) -> float:
        """Seconds between the two medians."""
        return abs(statistics.median(self.theirs) - statistics.median(self.nobodys))

    @property
    def noise(self) -> float:
        """Three standard errors of `apart`: what a busy machine makes of no difference at all."""
        return 3 * math.hypot(_error(self.theirs), _error(self.nobodys))

    @property
    def told_apart(self) -> bool:
        """Whether somebody who asks so often could tell one from the other."""
        return self.apart >= max(NEAR_S, self.noise)

    def ask(self, client: httpx.Client, asked: Asked, thing: tuple[Form, str], count: int) -> None:
        form, lock = thing
        for turn in range(count):
            both = [(form, self.theirs), (unknown(), self.nobodys)]
            for about, times in both if turn % 2 else reversed(both):
                began = time.perf_counter()
                answered(client, asked, about, lock)
                times.append(time.perf_counter() - began)


def _error(times: list[float]) -> float:
    """Of a median, from the median deviation, which a few slow answers do not move."""
    middle = statistics.median(times)
    return 1.86 * statistics.median(abs(each - middle) for each in times) / math.sqrt(len(times))


def timed(kit: LedgerKit, name: str, enough: Callable[[Timed], bool]) -> Timed:
    """Pairs by the round until there are enough."""
    who, thing = (RECIPIENT, relief(kit)) if name == RELIEF else (STRANGER, (lived(kit), "AAAA"))
    asked = OPERATIONS["open" if name == RELIEF else name]
    with served(kit) as address, asking(kit, address, who) as client:
        Timed().ask(client, asked, thing, 5)
        found = Timed()
        while not enough(found):
            found.ask(client, asked, thing, ROUND)
    return found


@pytest.mark.parametrize("name", [*OPERATIONS, RELIEF])
def test_what_is_others_and_what_is_not_there_take_as_long(sqlite_kit: LedgerKit, name: str) -> None:
    """What looks apart is asked about up to 2,000 times; tests/bench/denials_bench.py always does."""

    def enough(found: Timed) -> bool:
        return bool(found.theirs) and (not found.told_apart or len(found.theirs) >= PAIRS)

    assert not timed(sqlite_kit, name, enough).told_apart


def test_a_slower_answer_is_noticed() -> None:
    slow, fast = [0.005 + n / 1e6 for n in range(50)], [0.003 + n / 1e6 for n in range(50)]
    assert Timed(slow, fast).told_apart
    assert not Timed(slow, slow[::-1]).told_apart
    busy = [0.1 + n / 100 for n in range(50)]
    assert not Timed(busy, [each + 0.002 for each in busy]).told_apart
