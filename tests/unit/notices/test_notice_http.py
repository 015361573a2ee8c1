"""SMS providers and webhooks on a real HTTP server, and addresses that are not called."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest
from gateway_kit import (
    Provider,
    answers,
    breaks_off,
    certificate,
    hangs,
    provider,
    says_nothing,
    talks_for_ever,
)
from notice_kit import an_id
from standardwebhooks import Webhook, WebhookVerificationError

from participant_edge.notices import outside, webhook
from participant_edge.notices.outcomes import Delivered, Failed
from participant_edge.notices.outside import AddressRefused, Call
from participant_edge.notices.sms import SmsProvider
from participant_edge.notices.webhook import Endpoint, SecretUnusable

MESSAGE = an_id("a message")
PAYLOAD = {"type": "change", "data": {"kind": "ReferralAnswered", "what": "accepted"}}


@pytest.fixture
def remote() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def sms(remote: Provider) -> SmsProvider:
    return SmsProvider(
        url=remote.url,
        fields={"To": "{to}", "Body": "{text}", "more": [{"id": "{message_id}", "n": 1}]},
        headers={"authorization": "Bearer secret-of-the-provider"},
        repeat_header="Idempotency-Key",
        allow_private=True,
        within_s=1.0,
    )


@pytest.fixture
def endpoint(remote: Provider) -> Endpoint:
    return Endpoint("one", remote.url, webhook.new_secret())


def deliver(endpoint: Endpoint, at: datetime | None = None) -> object:
    at = at or datetime.now(UTC)
    return webhook.deliver(endpoint, MESSAGE, PAYLOAD, at, allow_private=True, within_s=1.0)


def test_a_text_message_is_what_the_template_says(remote: Provider, sms: SmsProvider) -> None:
    assert sms.send("+1 555 0100", MESSAGE) == Delivered()
    (post,) = remote.took
    assert json.loads(post.body) == {
        "To": "+1 555 0100",
        "Body": "Something waits for you. Sign in.",
        "more": [{"id": MESSAGE, "n": 1}],
    }
    assert post.headers["authorization"] == "Bearer secret-of-the-provider"
    assert post.headers["idempotency-key"] == MESSAGE
    assert post.headers["user-agent"] == "notices/1"
    assert "secret-of-the-provider" not in repr(sms) + repr(sms.call("+1", MESSAGE))


def test_a_provider_may_want_a_form(remote: Provider, sms: SmsProvider) -> None:
    form = replace(sms, body="form", fields={"To": "{to}", "Body": "{text}"}, method="PUT")
    assert form.send("+1 555&x=1", MESSAGE) == Delivered()
    assert remote.took[0].method == "PUT"
    assert remote.took[0].body == b"To=%2B1+555%26x%3D1&Body=Something+waits+for+you.+Sign+in."


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        (500, Failed("http-500")),
        (503, Failed("http-503")),
        (401, Failed("http-401")),
        (404, Failed("http-404")),
        (400, Failed("http-400", gateway=False, lasting=True)),
        (422, Failed("http-422", gateway=False, lasting=True)),
    ],
)
def test_what_an_answer_means(remote: Provider, sms: SmsProvider, status: int, failed: Failed) -> None:
    remote.behaviour = answers(status)
    assert sms.send("+1", MESSAGE) == failed
    assert len(remote.took) == 1


@pytest.mark.parametrize("as_date", [False, True])
def test_a_provider_that_is_busy_says_for_how_long(remote: Provider, sms: SmsProvider, as_date: bool) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=2))
    remote.behaviour = answers(429, Retry_After=date if as_date else "120")
    outcome = sms.send("+1", MESSAGE)
    assert isinstance(outcome, Failed)
    assert outcome.code == "http-429"
    assert outcome.retry_after is not None
    assert timedelta(seconds=100) < outcome.retry_after <= timedelta(seconds=120)


@pytest.mark.parametrize("told", ["soon", "", "-5", "9" * 400, "Wed, 99 Foo 2031 00:00:00 GMT"])
def test_a_time_that_cannot_be_read_is_none_or_bounded(remote: Provider, sms: SmsProvider, told: str) -> None:
    remote.behaviour = answers(503, Retry_After=told)
    outcome = sms.send("+1", MESSAGE)
    assert isinstance(outcome, Failed)
    assert outcome.retry_after is None or outcome.retry_after <= timedelta(days=12)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(remote: Provider, sms: SmsProvider, status: int) -> None:
    remote.behaviour = answers(status, Location=f"http://127.0.0.1:{remote.port}/elsewhere")
    assert sms.send("+1", MESSAGE) == Failed("redirects")
    assert [post.path for post in remote.took] == ["/messages"]


@pytest.mark.parametrize(("behaviour", "code"), [(breaks_off, "broke-off"), (says_nothing, "broke-off")])
def test_a_provider_that_breaks_off_has_not_taken_it(
    remote: Provider, sms: SmsProvider, behaviour: object, code: str
) -> None:
    remote.behaviour = behaviour  # type: ignore[assignment]
    assert sms.send("+1", MESSAGE) == Failed(code)


@pytest.mark.parametrize("drip", [b"", b"H", b"HTTP/1.1 200 OK\r\nX: y\r\n"])
def test_a_provider_that_hangs_or_drips_is_left_in_time(
    remote: Provider, sms: SmsProvider, drip: bytes
) -> None:
    remote.behaviour = hangs(remote, drip)
    begun = time.monotonic()
    outcome = sms.send("+1", MESSAGE)
    assert isinstance(outcome, Failed)
    assert outcome.code in {"too-slow", "broke-off"}
    assert time.monotonic() - begun < 3


def test_an_answer_without_end_is_not_read_to_its_end(remote: Provider, sms: SmsProvider) -> None:
    remote.behaviour = talks_for_ever
    assert sms.send("+1", MESSAGE) == Delivered()


def test_a_provider_that_is_not_there_is_no_connection(sms: SmsProvider) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert replace(sms, url=f"http://127.0.0.1:{port}/").send("+1", MESSAGE) == Failed("no-connection")


def test_a_webhook_is_signed_as_the_standard_says(remote: Provider, endpoint: Endpoint) -> None:
    assert deliver(endpoint) == Delivered()
    (post,) = remote.took
    assert Webhook(endpoint.secret).verify(post.body, post.headers) == PAYLOAD
    assert post.headers["webhook-id"] == MESSAGE
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook.new_secret()).verify(post.body, post.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(post.body.replace(b"accepted", b"declined"), post.headers)
    assert endpoint.secret not in repr(endpoint)


def test_after_a_rotation_both_secrets_verify(remote: Provider, endpoint: Endpoint) -> None:
    rotated = replace(endpoint, secret=webhook.new_secret(), previous=endpoint.secret)
    assert deliver(rotated) == Delivered()
    (post,) = remote.took
    for secret in (rotated.secret, endpoint.secret):
        assert Webhook(secret).verify(post.body, post.headers) == PAYLOAD
    assert len(post.headers["webhook-signature"].split(" ")) == 2


def test_a_time_in_another_zone_is_signed_as_the_moment_it_is(remote: Provider, endpoint: Endpoint) -> None:
    here = datetime.now(timezone(timedelta(hours=-7)))
    assert deliver(endpoint, here) == Delivered()
    assert remote.took[0].headers["webhook-timestamp"] == str(int(here.timestamp()))
    assert Webhook(endpoint.secret).verify(remote.took[0].body, remote.took[0].headers) == PAYLOAD


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_YQ==", "whsec_not base64!", "YWJj" * 12])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(SecretUnusable, match="whsec_"):
        webhook.check_secret(secret)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:0:0:0:0:80ff:fffe",
    ],
)
def test_an_address_that_is_not_public_is_told_apart(address: str) -> None:
    assert not outside.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_is_told_apart(address: str) -> None:
    assert outside.is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "017700000001",
    ],
)
def test_a_private_address_is_not_called_however_it_is_written(remote: Provider, host: str) -> None:
    outcome = outside.send(Call("POST", f"https://{host}:{remote.port}/", {}, b""), within_s=2.0)
    assert outcome in (Failed("address-refused"), Failed("no-such-host"))
    assert remote.took == []


def test_one_private_address_among_public_ones_refuses_all() -> None:
    call = Call("POST", "https://mixed.example/", {}, b"")
    outcome = outside.send(call, resolve=lambda *_: ["8.8.8.8", "10.0.0.1"])
    assert outcome == Failed("address-refused")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/hosts",
        "//example.org",
        "",
        "https://",
        "https://user:word@example.org/",
        "https://example.org/#x",
        "https://exa mple.org/",
        "gopher://127.0.0.1:25/",
    ],
)
def test_an_address_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        outside.check_url(url)


def test_http_is_for_private_networks_by_setting_only() -> None:
    assert outside.check_url("http://10.0.0.1/", allow_private=True).host == "10.0.0.1"
    with pytest.raises(AddressRefused):
        outside.check_url("http://10.0.0.1/")


def test_it_connects_to_the_address_that_was_checked_and_proves_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second answer of the resolver, as in DNS rebinding, is never asked for."""
    context, _ = certificate(tmp_path, "hook.example")
    monkeypatch.setattr(outside, "is_public", lambda address: address == "127.0.0.1")
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with provider(context) as remote:
        url = f"https://hook.example:{remote.port}/in?x=1"
        # The certificate is not one that this machine trusts: the name is asked for and not proven.
        refused = outside.send(Call("POST", url, {}, b"{}"), resolve=resolve)
        assert refused == Failed("no-connection")
        trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        monkeypatch.setattr(outside, "tls_context", lambda: trusting)
        assert outside.send(Call("POST", url, {}, b"{}"), resolve=resolve) == Delivered()
        assert remote.took[0].headers["host"] == f"hook.example:{remote.port}"
        assert remote.took[0].path == "/in?x=1"
        other = url.replace("hook.example", "other.example")
        assert outside.send(Call("POST", other, {}, b"{}"), resolve=resolve) == Failed("no-connection")
    assert asked == ["hook.example", "hook.example", "other.example"]


def test_a_resolver_that_hangs_is_left_in_time() -> None:
    over = threading.Event()
    begun = time.monotonic()
    call = Call("POST", "https://slow.example/", {}, b"")

    def resolve(host: str, port: int) -> list[str]:
        over.wait(20)
        return []

    assert outside.send(call, within_s=0.3, resolve=resolve) == Failed("no-such-host")
    assert time.monotonic() - begun < 10, "long before the resolver came back"
    over.set()


def test_the_environments_proxy_is_not_asked(
    remote: Provider, sms: SmsProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert sms.send("+1", MESSAGE) == Delivered()
