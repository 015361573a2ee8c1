"""A mail server and an HTTP server of this machine that take, hang, refuse and break off as they are told."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Post:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Provider:
    """An HTTP server. `behaviour` writes the answer; None answers 200."""

    port: int = 0
    took: list[Post] = field(default_factory=list)
    behaviour: Callable[[BaseHTTPRequestHandler], None] | None = None
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"


def answers(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A plain answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    """Half an answer, and gone."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    handler.close_connection = True


def says_nothing(handler: BaseHTTPRequestHandler) -> None:
    """Gone without a word."""
    handler.close_connection = True


def talks_for_ever(handler: BaseHTTPRequestHandler) -> None:
    """An answer without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    try:
        while True:
            handler.wfile.write(bytes(100_000))
    except OSError:
        handler.close_connection = True


@contextmanager
def provider(context: ssl.SSLContext | None = None) -> Iterator[Provider]:
    """A provider that listens."""
    state = Provider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.took.append(Post(self.command, self.path, headers, body))
            (state.behaviour or answers(200))(self)

        do_POST = do_PUT = do_GET = _any

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def hangs(state: Provider, drip: bytes = b"") -> Callable[[BaseHTTPRequestHandler], None]:
    """Answers nothing until the test is over, or one byte now and then."""

    def hang(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        try:
            while not state.over.wait(0.05):
                handler.wfile.write(drip)
        except OSError:
            return

    return hang


@dataclass
class Mailbox:
    """What a mail server took. `code`: what it answers to a recipient, by address."""

    port: int = 0
    took: list[Any] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    data_code: str = "250 OK"
    tried: int = 0
    greeted: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    hang: bool = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.codes:
            return self.codes[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.tried += 1
        self.greeted.append(session.host_name)
        if self.hang:
            await asyncio.sleep(30)
        if self.data_code.startswith("250"):
            self.took.append((session.ssl is not None, envelope))
        return self.data_code


def any_login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Takes the password `correct` only."""
    return AuthResult(success=data.password == b"correct", handled=False)


class AnyPort(Controller):
    """On a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(mailbox: Mailbox, context: ssl.SSLContext | None = None, **options: Any) -> Iterator[Mailbox]:
    """The mailbox behind SMTP, with STARTTLS where a context is given."""
    controller = AnyPort(
        mailbox, hostname="127.0.0.1", port=0, tls_context=context, require_starttls=False, **options
    )
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        controller.stop()


def certificate(folder: Path, *names: str) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context and the PEM text of the one certificate it shows, for these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "invented")])
    now = datetime.now(UTC)
    alternatives = [
        x509.IPAddress(ip_address(each)) if each[0].isdigit() else x509.DNSName(each) for each in names
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "cert.pem").write_bytes(pem)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").write_bytes(secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, pem.decode()
