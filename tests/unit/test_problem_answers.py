"""Problem answers: RFC 9457, and never a word of what was sent."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Header, Query
from pydantic import BaseModel, ConfigDict

from referral_exchange import problems
from referral_exchange.http_guard import Guard, protect

CANARY = "canary-ada-birch-1990"


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    inner: list[Inner] = []
    free: dict[str, int] = {}


@pytest.fixture
def app() -> FastAPI:
    made = FastAPI()
    protect(made, max_body=1000, seconds=0.2)

    @made.post("/things/{number}")
    async def thing(
        number: int, body: Body, page: Annotated[int, Query()] = 1, x_more: Annotated[int, Header()] = 1
    ) -> dict[str, int]:
        if body.name == "denied":
            raise problems.Problem(403, "denied", "No", "Why", rule="a-rule", law="34 USC 12291(b)(2)")
        if body.name == "broken":
            raise RuntimeError(CANARY)
        return {"number": number + page + x_more}

    return made


def ask(app: FastAPI, method: str, path: str, **more: Any) -> httpx.Response:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, path, **more)

    return asyncio.run(go())


def post(app: FastAPI, path: str = "/things/1", **more: Any) -> httpx.Response:
    return ask(app, "POST", path, **more)


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (lambda app: post(app, json={"name": 1}), 422, "invalid"),
        (lambda app: post(app, json={}), 422, "invalid"),
        (lambda app: post(app, content=b"{" + CANARY.encode()), 422, "invalid"),
        (lambda app: post(app, json=[CANARY]), 422, "invalid"),
        (lambda app: post(app, json={"name": "x", CANARY: 1}), 422, "invalid"),
        (lambda app: post(app, json={"name": "x", "inner": [{"size": CANARY, CANARY: 1}]}), 422, "invalid"),
        (lambda app: post(app, json={"name": "x", "free": {CANARY: CANARY}}), 422, "invalid"),
        (lambda app: post(app, f"/things/{CANARY}", json={"name": "x"}), 422, "invalid"),
        (lambda app: post(app, f"/things/1?page={CANARY}", json={"name": "x"}), 422, "invalid"),
        (lambda app: post(app, json={"name": "x"}, headers={"x-more": CANARY}), 422, "invalid"),
        (lambda app: ask(app, "GET", f"/{CANARY}"), 404, "unknown"),
        (lambda app: ask(app, "DELETE", f"/things/1?{CANARY}"), 405, "method-not-allowed"),
        (lambda app: post(app, json={"name": CANARY * 100}), 413, "too-large"),
        (lambda app: post(app, json={"name": "denied"}), 403, "denied"),
        (lambda app: post(app, json={"name": "broken"}), 500, "internal"),
    ],
)
def test_every_error_is_a_problem_without_what_was_sent(  # type: ignore[no-untyped-def]
    app: FastAPI, caplog: pytest.LogCaptureFixture, answer, status: int, code: str
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "httpx")
    told = answer(app)
    assert told.status_code == status
    assert told.headers["content-type"] == "application/problem+json"
    assert told.headers["cache-control"] == "no-store"
    body = told.json()
    assert body["type"] == problems.TYPE_BASE + code
    assert body["status"] == status
    assert body["title"]
    assert CANARY not in told.text
    assert CANARY not in str(told.headers)
    assert CANARY not in caplog.text


def test_the_fields_that_are_wrong_are_named_where_they_are_ours(app: FastAPI) -> None:
    wrong = {"name": 1, "inner": [{"size": "x"}, {CANARY: 1}], "free": {CANARY: "x"}}
    fields = post(app, json=wrong).json()["fields"]
    assert {f["field"] for f in fields} == {
        "body.name",
        "body.inner.0.size",
        "body.inner.1.size",
        "body.inner.1.(unknown)",
        "body.free.(unknown)",
    }
    assert {f["error"] for f in fields} >= {"string_type", "int_parsing", "missing", "extra_forbidden"}


def test_a_denial_names_rule_and_law(app: FastAPI) -> None:
    body = post(app, json={"name": "denied"}).json()
    assert (body["rule"], body["law"], body["detail"]) == ("a-rule", "34 USC 12291(b)(2)", "Why")


def test_a_good_request_passes_the_guard(app: FastAPI) -> None:
    assert post(app, json={"name": "x"}).json() == {"number": 3}


def test_a_body_without_a_length_is_counted_as_it_comes(app: FastAPI) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    assert post(app, content=chunks()).status_code == 413


def test_a_body_that_never_ends_is_given_up(app: FastAPI) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    assert post(app, content=slow()).json()["type"].endswith("too-slow")


def test_a_caller_who_leaves_in_the_middle_reaches_nobody() -> None:
    reached: list[str] = []

    async def inner(*_: object) -> None:
        reached.append("app")

    sent: list[object] = []
    messages: Iterator[dict[str, object]] = iter(
        [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Guard(inner, 1000, 1.0)({"type": "http"}, receive, send))
    assert (reached, sent) == ([], [])
