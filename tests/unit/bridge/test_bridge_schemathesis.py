"""Whatever the description allows, and whatever it does not: no 5xx, and every answer as described."""

from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from bridge_kit import BASE, NOW, StandInEdge, a_config, a_view, an_id, received, some_notices
from fastapi import FastAPI
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ngo_bridge.api import document
from ngo_bridge.app import build
from ngo_bridge.tokens import SCOPES, Token

# What a schema cannot say (dates in order, one of two) may be refused: nothing here asks that all be taken.
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    missing_required_header,
    negative_data_rejection,
)
ENDLESS = "/v1/events"
"""A stream does not end; it has tests of its own."""

REJECTIONS = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]
TOO_LARGE_IS_A_NO = schemathesis.Config.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": REJECTIONS}}}
)
EXAMPLES = 12
LABELS = [
    f"{method.upper()} {path}"
    for path, item in document.committed()["paths"].items()
    for method in item
    if path != ENDLESS
]
BY_FIELD = {
    "consent_id": [an_id("sent consent"), an_id("fresh consent")],
    "referral_id": [an_id("sent"), an_id("came")],
}


def an_edge() -> StandInEdge:
    """Knows enough that what is asked can succeed."""
    edge = StandInEdge()
    edge.show(
        a_view("sent", state="accepted"),
        a_view("fresh", state="consented"),
        received("came", state="accepted"),
    )
    return edge


def an_app(edge: StandInEdge, folder: Path) -> FastAPI:
    config = a_config(folder, origins=(BASE, "http://testserver"))
    return build(edge, config, lambda: NOW, notices=some_notices(edge, folder))  # type: ignore[arg-type]


def a_token(app: FastAPI, *scopes: Any) -> dict[str, str]:
    """The header of a token that works."""
    token_id = an_id(" ".join(scopes))
    issued = Token(token_id=token_id, name="fuzz", scopes=frozenset(scopes), issued_at=NOW, ends_at=None)
    return {"Authorization": f"Bearer {app.state.bridge.tokens.issue(issued).text}"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return an_app(an_edge(), tmp_path_factory.mktemp("fuzzed"))


@pytest.fixture(scope="module")
def allowed(app: FastAPI) -> dict[str, str]:
    return a_token(app, *SCOPES)


def known_ids(case: Any, chosen: int) -> None:
    """Puts ids that the edge knows where the description only asks for any id."""
    for place in (case.path_parameters, case.query, case.body):
        for name, ids in BY_FIELD.items():
            if isinstance(place, dict) and name in place:
                place[name] = ids[chosen % len(ids)]


def always_up(app: FastAPI) -> Any:
    """Schemathesis starts and stops what it calls with every test; nothing here needs its threads."""

    async def called(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    return called


def spoils_token(case: Any) -> bool:
    """Whether what is wrong with the request is, or may be, its token."""
    return case.meta is not None and case.meta.generation.mode is GenerationMode.NEGATIVE


def seen(app: FastAPI, label: str, headers: dict[str, str], examples: int = EXAMPLES) -> set[int]:
    """Statuses that were answered. Raises what schemathesis found."""
    described = schemathesis.openapi.from_asgi("/openapi.json", always_up(app), config=TOO_LARGE_IS_A_NO)
    (operation,) = [r.ok() for r in described.get_all_operations() if r.ok().label == label]
    statuses: set[int] = set()

    def run(case: Any, chosen: int) -> None:
        answer = case.call(headers=headers)
        if not (spoils_token(case) and answer.status_code == 401):
            statuses.add(answer.status_code)
        # A token that was left out on purpose is put back by `headers`: then nothing need be wrong.
        mended = headers and "Authorization" not in (case.headers or {})
        checks = [check for check in CHECKS if not (mended and check is negative_data_rejection)]
        case.validate_response(answer, checks=checks, headers=headers)

    def run_filled(case: Any, chosen: int) -> None:
        known_ids(case, chosen)
        run(case, chosen)

    bounded = settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    for mode, does in ((GenerationMode.POSITIVE, run_filled), (GenerationMode.NEGATIVE, run)):
        cases = operation.as_strategy(generation_mode=mode)
        # Nothing can be wrong with a request that says nothing.
        with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
            bounded(seed(7)(given(cases, st.integers(0, 3))(does)))()
    return statuses


@pytest.mark.timeout(60)
@pytest.mark.parametrize("label", LABELS)
def test_nothing_that_can_be_asked_fails_here_or_is_answered_otherwise_than_described(
    app: FastAPI, allowed: dict[str, str], label: str
) -> None:
    statuses = seen(app, label, allowed)
    assert not {status for status in statuses if status >= 500 or status == 401}


def test_most_of_it_reaches_what_it_is_for(app: FastAPI, allowed: dict[str, str]) -> None:
    """A guard that every request stops at would make the rest of these tests say nothing."""
    for label in (
        "POST /v1/documents",
        "POST /v1/grounds",
        "GET /v1/referrals/{referral_id}",
        "POST /v1/intake",
    ):
        assert {status for status in seen(app, label, allowed, 30) if status < 300}, label


@pytest.mark.parametrize("label", ["GET /v1/inbox", "POST /v1/withdrawals", "DELETE /v1/tokens/{token_id}"])
def test_without_a_token_every_answer_is_as_described_too(
    app: FastAPI, allowed: dict[str, str], label: str
) -> None:
    assert {401} <= seen(app, label, {}) <= {401, 429}


def test_a_planted_failure_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edge = an_edge()
    app = an_app(edge, tmp_path)

    def broken(*_: Any) -> Any:
        raise RuntimeError("planted")

    monkeypatch.setattr(StandInEdge, "inbox", broken)
    with pytest.raises(FailureGroup) as found:
        seen(app, "GET /v1/inbox", a_token(app, "read"))
    assert "500" in str(found.value.exceptions)


def test_a_planted_answer_of_another_shape_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = an_app(an_edge(), tmp_path)
    described = document.committed() | {}
    described = {**described, "paths": {p: dict(i) for p, i in described["paths"].items()}}
    inbox = described["paths"]["/v1/inbox"]["get"]
    only_numbers = {"description": "x", "content": {"application/json": {"schema": {"type": "integer"}}}}
    described["paths"]["/v1/inbox"]["get"] = {
        **inbox,
        "responses": {**inbox["responses"], "200": only_numbers},
    }
    app.openapi = lambda: described  # type: ignore[method-assign]
    with pytest.raises(FailureGroup):
        seen(app, "GET /v1/inbox", a_token(app, "read"))
