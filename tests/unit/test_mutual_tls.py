"""Both sides show a certificate of one authority; what is renewed on disk is used without a restart."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from certificates import certificate
from fastapi import FastAPI, Request

from referral_exchange.runtime import tls as ours
from referral_exchange.runtime.health import HealthServer
from referral_exchange.runtime.http_service import server_of
from referral_exchange.runtime.peer import common_name, peer_of
from referral_exchange.settings import Settings, SettingsError, Tls

Report = tuple[bool, dict[str, str]]


def well() -> Report:
    return True, {}


@contextmanager
def health(tls: Tls | None) -> Iterator[str]:
    with HealthServer("127.0.0.1", 0, well, tls) as server:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.port}/health/live"


def get(url: str, tls: Tls | ssl.SSLContext | None) -> httpx.Response:
    verify = ours.client_context(tls) if isinstance(tls, Tls) else tls or True
    return httpx.get(url, verify=verify, trust_env=False, timeout=5)


def trusting(tls: Tls) -> ssl.SSLContext:
    """A client that believes the authority and has no certificate."""
    return ssl.create_default_context(cafile=tls.authority)


def test_who_shows_a_certificate_of_the_authority_is_answered(tmp_path: Path) -> None:
    with health(certificate(tmp_path, "referral_router")) as url:
        assert get(url, certificate(tmp_path, "operator")).json() == {"live": True}


def test_who_shows_none_or_anothers_is_not(tmp_path: Path) -> None:
    server = certificate(tmp_path, "referral_router")
    stranger = certificate(tmp_path, "operator", "another")
    believing = trusting(server)
    believing.load_cert_chain(stranger.certificate, stranger.key)
    with health(server) as url:
        for context in (trusting(server), believing):
            with pytest.raises(httpx.TransportError):
                get(url, context)
        with pytest.raises(httpx.TransportError):
            get(url.replace("https", "http"), None)
        assert get(url, certificate(tmp_path, "operator")).status_code == 200


def test_a_client_believes_no_other_authority(tmp_path: Path) -> None:
    with (
        health(certificate(tmp_path, "referral_router", "another")) as url,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        get(url, certificate(tmp_path, "operator"))


def test_who_is_slow_to_shake_hands_holds_up_nobody(tmp_path: Path) -> None:
    with health(certificate(tmp_path, "referral_router")) as url:
        address = ("127.0.0.1", httpx.URL(url).port or 0)
        with socket.create_connection(address), socket.create_connection(address):
            assert get(url, certificate(tmp_path, "operator")).status_code == 200


def serial(context: ssl.SSLContext, port: int) -> int:
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        told = connection.getpeercert()
        assert told
        return int(str(told["serialNumber"]), 16)


def test_a_renewed_certificate_is_shown_by_the_next_connection(tmp_path: Path) -> None:
    server, client = certificate(tmp_path, "referral_router"), certificate(tmp_path, "operator")
    with health(server) as url:
        port = httpx.URL(url).port or 0
        first = serial(ours.client_context(client), port)
        assert serial(ours.client_context(client), port) == first
        certificate(tmp_path, "referral_router")
        certificate(tmp_path, "operator")
        second = serial(ours.client_context(client), port)
        assert second != first
        # Half replaced: the key is another's, so what was read last is shown on.
        certificate(tmp_path / "aside", "referral_router")
        server.key.write_bytes((tmp_path / "aside/authority/referral_router/key.pem").read_bytes())
        assert serial(ours.client_context(client), port) == second


def test_an_application_learns_who_asks(tmp_path: Path) -> None:
    app = FastAPI()

    @app.get("/who")
    def who(request: Request) -> dict[str, str | None]:
        return {"peer": peer_of(request)}

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for tls in (certificate(tmp_path, "consent_ledger"), None):
        settings = Settings({}, "", service={"port": port}, tls=tls)
        with running(server_of(app, settings)):
            for name in ("harbor-house", "operator") if tls else ("operator",):
                asked = f"{'https' if tls else 'http'}://127.0.0.1:{port}/who"
                answer = get(asked, certificate(tmp_path, name) if tls else None)
                assert answer.json() == {"peer": name if tls else None}


@contextmanager
def running(server: uvicorn.Server) -> Iterator[None]:
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()


def test_a_name_is_told_only_where_there_is_exactly_one() -> None:
    one = ((("commonName", "operator"),),)
    assert common_name({"subject": one}) == "operator"
    assert common_name(None) is None
    assert common_name({}) is None
    assert common_name({"subject": (*one, (("commonName", "administrator"),))}) is None
    assert common_name({"subject": (*one, (("organizationName", "Invented"),))}) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "exchange.example"])
def test_what_lies_open_to_others_needs_certificates(host: str, tmp_path: Path) -> None:
    for guard in (ours.outward, ours.between_machines):
        with pytest.raises(SettingsError, match=r"lies open to others: set \[tls\]"):
            guard(host, None)
        assert guard(host, certificate(tmp_path, "harbor-house")) is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_loopback_pages_are_plain_and_machines_use_what_they_have(host: str, tmp_path: Path) -> None:
    tls = certificate(tmp_path, "harbor-house")
    assert ours.outward(host, tls) is None
    assert ours.between_machines(host, None) is None
    asked = ours.between_machines(host, tls)
    assert asked is not None
    assert asked.verify_mode is ssl.CERT_REQUIRED


def test_browsers_are_asked_for_no_certificate(tmp_path: Path) -> None:
    context = ours.outward("0.0.0.0", certificate(tmp_path, "harbor-house"))
    assert context is not None
    assert context.verify_mode is ssl.CERT_NONE


def test_files_that_cannot_be_used_are_named_without_their_place(tmp_path: Path) -> None:
    tls = certificate(tmp_path, "harbor-house")
    tls.key.write_bytes(b"no PEM")
    with pytest.raises(SettingsError, match=r"\[tls\] harbor-house: its files cannot be used") as told:
        ours.server_context(tls)
    assert str(tmp_path) not in str(told.value)
