"""Before the registry: everybody with a certificate reads, the administrator alone changes."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from exchange_command import registry_front
from referral_exchange.settings import Settings

BASE = "/apis/ccompat/v7"
SETTINGS = Settings(
    {}, "", service={"registry_url": "http://behind", "registry_health": "http://health/ready"}
)

Answer = Callable[[httpx.Request], httpx.Response]


class Behind:
    """What reached the registry, and how it answers."""

    def __init__(self) -> None:
        self.got: list[httpx.Request] = []
        self.answer: Answer = lambda _: httpx.Response(
            200, json={"id": 7}, headers={"content-type": "application/vnd.schemaregistry.v1+json"}
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.got.append(request)
        return self.answer(request)


@pytest.fixture
def behind() -> Behind:
    return Behind()


def ask(behind: Behind, method: str, path: str, peer: str | None, body: bytes = b"") -> httpx.Response:
    app = registry_front.build(SETTINGS, httpx.MockTransport(behind))

    async def named(scope: dict[str, object], receive: object, send: object) -> None:
        told = {"extensions": {"tls_peer": {"common_name": peer}}} if peer else {}
        await app({**scope, **told}, receive, send)  # type: ignore[arg-type]

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(named)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="https://front") as client:
            headers = {"content-type": "application/json", "authorization": "secret"}
            return await client.request(method, path, content=body, headers=headers)

    return asyncio.run(asked())


def test_a_question_and_its_answer_pass_unchanged(behind: Behind) -> None:
    answer = ask(behind, "POST", f"{BASE}/subjects/referral_exchange.a.B?normalize=false", "x", b'{"a": 1}')
    (got,) = behind.got
    assert str(got.url) == f"http://behind{BASE}/subjects/referral_exchange.a.B?normalize=false"
    assert (got.content, got.headers["content-type"]) == (b'{"a": 1}', "application/json")
    assert "authorization" not in got.headers
    assert (answer.status_code, answer.json()) == (200, {"id": 7})
    assert answer.headers["content-type"] == "application/vnd.schemaregistry.v1+json"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/subjects/a.B/versions"),
        ("DELETE", "/subjects/a.B"),
        ("DELETE", "/subjects/a.B/versions/1"),
        ("POST", "/subjects/a.B%2Fversions"),
        ("PUT", "/config"),
        ("PUT", "/mode"),
        ("POST", "/compatibility/subjects/a.B/versions/1"),
    ],
)
def test_only_the_administrator_changes_what_stands_there(behind: Behind, method: str, path: str) -> None:
    for peer in ("harbor-house", "operator", "registry", None):
        assert ask(behind, method, f"{BASE}{path}", peer).status_code == 403
    assert behind.got == []
    assert ask(behind, method, f"{BASE}{path}", "administrator").status_code == 200


@pytest.mark.parametrize("path", ["/subjects", "/schemas/ids/7", "/config", "/subjects/a.B/versions/latest"])
def test_whoever_shows_a_certificate_reads(behind: Behind, path: str) -> None:
    assert ask(behind, "GET", f"{BASE}{path}", "harbor-house").status_code == 200
    assert ask(behind, "GET", f"{BASE}{path}", None).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/apis/registry/v3/admin/export",
        "/ui",
        f"{BASE}/../../registry/v3/admin/export",
        f"{BASE}/%2e%2e/%2e%2e/registry/v3/admin/export",
        f"{BASE}//subjects",
        f"{BASE}/subjects/%2e%2e",
        f"{BASE}7/subjects",
    ],
)
def test_nothing_else_of_the_registry_is_there(behind: Behind, path: str) -> None:
    assert ask(behind, "GET", path, "administrator").status_code in (403, 404)
    assert [r.url.path for r in behind.got if not r.url.path.startswith(f"{BASE}/")] == []
    assert ask(behind, "POST", path, "harbor-house").status_code in (403, 404)


def test_a_registry_that_is_away_is_a_bad_gateway_and_not_ready(behind: Behind) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("invented")

    behind.answer = refuse
    assert ask(behind, "GET", f"{BASE}/subjects", "harbor-house").status_code == 502
    assert ask(behind, "GET", "/health/ready", "operator").status_code == 503
    assert ask(behind, "GET", "/health/live", "operator").status_code == 200
    behind.answer = lambda _: httpx.Response(503)
    assert ask(behind, "GET", "/health/ready", "operator").status_code == 503


def test_too_much_is_refused(behind: Behind) -> None:
    too_much = b"x" * (registry_front.MOST_BYTES + 1)
    assert ask(behind, "POST", f"{BASE}/subjects/a.B", "harbor-house", too_much).status_code == 413
    assert behind.got == []
