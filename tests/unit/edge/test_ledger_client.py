"""The ledger as an edge asks it: what is repeated, what is final, and what is no answer at all."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from edge_kit import LEDGER, RECIPIENT, SENDER, Network

from participant_edge.errors import Refused
from participant_edge.ledger_client import LedgerClient, LedgerSilent
from participant_edge.ledger_messages import ToLock, ToOpen

PROBLEM = "https://referral-exchange.example/problems/"


class Ledger:
    """Answers from a list, then 204 for ever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []

    def client(self) -> LedgerClient:
        return LedgerClient("http://ledger", httpx.MockTransport(self._answer), self.pauses.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(204)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def signer(tmp_path: Path) -> Any:
    return Network(tmp_path).signers[SENDER]


def check(ledger: Ledger, signer: Any) -> None:
    ledger.client().check(signer, "c", "r", RECIPIENT, "00-trace-01")


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("x"),
        httpx.ReadTimeout("x"),
        httpx.RemoteProtocolError("x"),
        httpx.Response(503),
        httpx.Response(500),
        httpx.Response(401),
        httpx.Response(429),
    ],
    ids=lambda t: type(t).__name__ + str(getattr(t, "status_code", "")),
)
def test_trouble_is_repeated_and_passes(signer: Any, trouble: httpx.Response | Exception) -> None:
    ledger = Ledger(trouble, trouble)
    check(ledger, signer)
    assert len(ledger.requests) == 3
    assert ledger.pauses == sorted(ledger.pauses)


def test_repeats_are_bounded(signer: Any) -> None:
    ledger = Ledger(*[httpx.ConnectError("x")] * 50)
    with pytest.raises(LedgerSilent):
        check(ledger, signer)
    assert len(ledger.requests) == 4


def test_every_repeat_is_signed_anew(signer: Any) -> None:
    ledger = Ledger(httpx.Response(401), httpx.Response(401))
    check(ledger, signer)
    assert len({request.headers["signature-input"] for request in ledger.requests}) == 3
    assert {request.headers["traceparent"] for request in ledger.requests} == {"00-trace-01"}


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422])
def test_a_definite_no_is_not_repeated(signer: Any, status: int) -> None:
    body = {"type": PROBLEM + "denied", "title": "No", "detail": "Do this", "rule": "r", "law": "l"}
    ledger = Ledger(httpx.Response(status, json=body))
    with pytest.raises(Refused) as refused:
        check(ledger, signer)
    assert len(ledger.requests) == 1
    assert vars(refused.value) == {"code": "denied", "detail": "Do this", "rule": "r", "law": "l"}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"not json CANARY"),
        httpx.Response(200, json=["CANARY"]),
        httpx.Response(200, json={"locks": ["CANARY!"]}),
        httpx.Response(200, json={"locks": []}),
        httpx.Response(200, json={"locks": ["QUJD", "QUJD"]}),
        httpx.Response(200, json={"locks": [7]}),
        httpx.Response(403, content=b"CANARY"),
        httpx.Response(302),
    ],
    ids=lambda a: f"{a.status_code} {a.content[:20]!r}",
)
def test_an_answer_of_another_form_is_none_and_is_not_shown(signer: Any, answer: httpx.Response) -> None:
    with pytest.raises(LedgerSilent) as silent:
        Ledger(answer).client().seal(signer, [ToLock("c", "r", RECIPIENT, "needs", b"blob")])
    assert "CANARY" not in str(silent.value)
    assert silent.value.__cause__ is None


def test_as_many_are_opened_as_were_asked(signer: Any) -> None:
    one = {"data_class": "needs", "blob": "QUJD"}
    asked = [ToOpen("c", "r", b"lock")]
    (opened,) = Ledger(httpx.Response(200, json={"opened": [one]})).client().open(signer, asked)
    assert (opened.data_class, opened.blob) == ("needs", b"ABC")
    with pytest.raises(LedgerSilent):
        Ledger(httpx.Response(200, json={"opened": [one, one]})).client().open(signer, asked)


def test_a_closed_client_gives_up_at_once(signer: Any) -> None:
    ledger = Ledger(*[httpx.ConnectError("x")] * 5)
    client = ledger.client()
    client.close()
    with pytest.raises(LedgerSilent):
        client.check(signer, "c", "r", RECIPIENT)
    assert len(ledger.requests) <= 1


def test_a_request_is_signed_by_the_programme_that_asks(tmp_path: Path) -> None:
    network = Network(tmp_path)
    with pytest.raises(Refused, match="unknown"):
        LedgerClient("http://ledger", network.ledger.transport).withdraw(network.signers[LEDGER], "c")
    assert network.ledger.asked == [(LEDGER, "/v1/withdrawals")]
