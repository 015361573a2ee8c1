"""Other web pages cannot reach the bridge through a browser; every answer tells it to keep nothing."""

import pytest
from bridge_kit import BASE, StandInEdge, a_consent, a_view, an_id, keyed
from fastapi.testclient import TestClient
from page_kit import Browser

from referral_exchange.http_headers import headers

SECURITY_HEADERS = headers(pages=True, tls=False)

JSON_POST = ("/v1/consents", {"json": a_consent(), "headers": keyed()})
EVERYWHERE = [
    "/",
    "/offer",
    "/withdraw",
    "/style.css",
    "/nothing",
    "/v1/inbox",
    "/v1/nothing",
    "/openapi.json",
]


@pytest.mark.parametrize("path", [*EVERYWHERE, "/health/ready", f"/referrals/{an_id('a referral')}"])
def test_every_answer_is_guarded(http: TestClient, path: str) -> None:
    answer = http.get(path)
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_even_a_refused_body_is_guarded(http: TestClient) -> None:
    answer = http.post("/v1/consents", content=b"x" * 100_000, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_no_script_but_ours_may_run_and_nobody_may_frame(http: TestClient) -> None:
    policy = http.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize("host", ["evil.example", "evil.example:21020", "127.0.0.1", "127.0.0.1:80", ""])
def test_another_host_name_is_refused(http: TestClient, path: str, host: str) -> None:
    assert http.get(path, headers={"host": host}).status_code == 421


def test_a_probe_may_use_any_name(http: TestClient) -> None:
    assert http.get("/health/live", headers={"host": "10.0.0.7:1"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:21999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": BASE, "sec-fetch-site": "cross-site"},
    ],
)
def test_json_from_another_page_is_refused(
    http: TestClient, edge: StandInEdge, headers: dict[str, str]
) -> None:
    answer = http.post("/v1/consents", json=a_consent(), headers=keyed() | headers)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/cross-site")
    assert edge.told == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": BASE}, {"origin": BASE, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}],
)
def test_a_program_and_our_own_page_may_send(http: TestClient, headers: dict[str, str]) -> None:
    assert http.post("/v1/consents", json=a_consent(), headers=keyed() | headers).status_code == 201


@pytest.mark.parametrize("target", ["iframe", "script", "image", "empty"])
def test_another_page_cannot_build_us_in(http: TestClient, target: str) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-dest": target}
    assert http.get("/v1/inbox", headers=headers).status_code == 403
    assert http.get("/", headers=headers).status_code == 403


def test_a_link_on_another_page_may_be_followed(http: TestClient) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}
    assert http.get("/", headers=headers).status_code == 200


def test_no_answer_lets_another_origin_read(http: TestClient) -> None:
    answer = http.options(
        "/v1/consents", headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
    )
    assert not answer.is_success
    assert not any(name.startswith("access-control") for name in answer.headers)


def a_withdrawal(browser: Browser, edge: StandInEdge) -> tuple[str, list[tuple[str, str]]]:
    edge.show(a_view())
    path = f"/withdraw/{an_id('a referral')}"
    browser.go(path)
    return path, browser.filled("Yes, take it back now")


def test_a_form_works_from_the_browser_it_was_given_to(browser: Browser, edge: StandInEdge) -> None:
    path, sent = a_withdrawal(browser, edge)
    # `Referrer-Policy: no-referrer` makes browsers call the origin of our own form "null".
    browser.http.headers |= {"origin": "null", "sec-fetch-site": "same-origin"}
    browser.send(path, sent)
    assert edge.did("withdraw") == [an_id("a referral")]


@pytest.mark.parametrize("spoilt", ["cookie", "token", "no token", "other page", "other origin"])
def test_a_form_of_another_page_does_nothing(browser: Browser, edge: StandInEdge, spoilt: str) -> None:
    path, sent = a_withdrawal(browser, edge)
    if spoilt == "cookie":
        browser.http.cookies.clear()
    if spoilt == "token":
        sent = [(n, "0" * 64 if n == "guard" else v) for n, v in sent]
    if spoilt == "no token":
        sent = [(n, v) for n, v in sent if n != "guard"]
    if spoilt == "other page":
        browser.http.headers |= {"sec-fetch-site": "cross-site"}
    if spoilt == "other origin":
        browser.http.headers |= {"origin": "https://evil.example"}
    browser.send(path, sent)
    # Without its cookie a browser is nobody's, and is shown the sign-in page.
    assert browser.answer.status_code == (200 if spoilt == "cookie" else 403)
    assert browser.answer.headers["content-type"].startswith("text/html")
    assert edge.did("withdraw") == []


def test_the_cookie_is_for_this_site_and_no_script(http: TestClient) -> None:
    http.cookies.clear()
    set_cookie = http.get("/sign-in").headers["set-cookie"].lower()
    assert "httponly" in set_cookie
    assert "samesite=strict" in set_cookie
    assert "path=/" in set_cookie
    assert "domain" not in set_cookie
    assert "secure" not in set_cookie
    assert "set-cookie" not in http.get("/sign-in").headers


def test_a_form_takes_forms_only(browser: Browser, edge: StandInEdge) -> None:
    path, sent = a_withdrawal(browser, edge)
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        answer = browser.http.post(path, content=str(sent), headers={"content-type": kind})
        assert answer.status_code == 415
    assert edge.did("withdraw") == []
