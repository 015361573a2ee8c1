"""HTTP message signatures (RFC 9421, Ed25519) with Content-Digest: who asks, freshly, and only once."""

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    VerifyResult,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from starlette.requests import Request

from referral_exchange.message import Signer
from referral_exchange.problems import Problem

COVERED = ("@method", "@path", "@query", "content-digest")
"""What every signature covers."""

TAG = "referral-exchange"
"""Signed application tag: a signature made for another application proves nothing here."""

WINDOW = timedelta(seconds=60)
"""How old a signature may be."""

SKEW = timedelta(seconds=5)
"""How far a caller's clock may run ahead."""

_TOLD = {
    "signature": (401, "The request is not signed as it must be", "Sign it with the programme's listed key."),
    "stale": (401, "The signature is not fresh", "Set the clock right and sign the request anew."),
    "replayed": (401, "The signature was used before", "Sign every request anew, repeats too."),
    "busy": (503, "Too many requests at once", "Send it again in a minute, signed anew."),
}
_KEY_ID = re.compile(r"(?P<programme>[a-z0-9][a-z0-9_-]{0,62})/(?P<key>[A-Za-z0-9._-]{1,64})")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


class SignatureRefused(Exception):
    """A request is not signed as it must be. `code`: signature, stale, replayed or busy."""

    def __init__(self, code: str) -> None:
        """`code` is stable; nothing of the request is kept."""
        super().__init__(code)
        self.code = code


class Keys(Protocol):
    """Looks up pinned public keys."""

    def __call__(self, programme: str, key_id: str, /) -> bytes | None:
        """The raw Ed25519 key of a programme; None where unknown."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class SignedAs(httpx.Auth):
    """Signs every request of an httpx client as one programme."""

    requires_request_body = True

    def __init__(self, signer: Signer, clock: Callable[[], datetime] = utc_now) -> None:
        """`signer` signs; `clock` gives the time that is signed."""
        self._signer = signer
        self._clock = clock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Signs `request` afresh each time it is sent."""
        request.headers.pop("content-digest", None)
        sign_request(request, request.content, self._signer, self._clock())
        yield request


def sign_request(message: Any, body: bytes, signer: Signer, created: datetime) -> None:
    """Adds Content-Digest, Signature-Input and Signature to `message` (method, url, headers)."""
    maker = HTTPMessageSigner(signature_algorithm=algorithms.ED25519)
    prepared = maker.prepare(
        message,
        key_id=f"{signer.programme}/{signer.key_id}",
        created=created,
        nonce=secrets.token_urlsafe(16),
        label="exchange",
        tag=TAG,
        covered_component_ids=COVERED,
        body=body,
    )
    maker.apply(message, prepared, signer.sign(prepared.signature_base))


class _HeaderLines:
    """Header lines in wire order, as the library wants to see them."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self._lines = tuple(lines)

    def items(self) -> Iterable[tuple[str, str]]:
        return self._lines


@dataclass(frozen=True, slots=True, repr=False)
class ReceivedRequest:
    """A request as it arrived. `target` is path and query, still percent-encoded."""

    method: str
    target: str
    header_lines: Sequence[tuple[str, str]]
    body: bytes

    @property
    def url(self) -> str:
        """An absolute form; the authority is not covered, since a proxy may change it."""
        return f"http://service{self.target}"

    @property
    def headers(self) -> _HeaderLines:
        """The header lines."""
        return _HeaderLines(self.header_lines)


class NonceMemory:
    """Remembers each programme's nonces while their signatures are fresh; when full it refuses."""

    def __init__(self, limit: int = 100_000) -> None:
        """`limit`: most nonces kept for one programme."""
        self._limit = limit
        self._seen: dict[str, OrderedDict[str, datetime]] = {}
        self._lock = threading.Lock()

    def take(self, programme: str, nonce: str, forget_at: datetime, now: datetime) -> None:
        """Remembers `nonce` until `forget_at`. Raises SignatureRefused: replayed, or busy when full."""
        with self._lock:
            seen = self._seen.setdefault(programme, OrderedDict())
            while seen and next(iter(seen.values())) < now:
                seen.popitem(last=False)
            if nonce in seen:
                raise SignatureRefused("replayed")
            if len(seen) >= self._limit:
                raise SignatureRefused("busy")
            # Arrival order is nearly expiry order; the longest lifetime keeps the front the oldest.
            seen[nonce] = forget_at


class _PinnedKeys(HTTPSignatureKeyResolver):
    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        named = _KEY_ID.fullmatch(key_id)
        raw = self._keys(named["programme"], named["key"]) if named else None
        return Ed25519PublicKey.from_public_bytes(raw) if raw is not None else None


class _AnyTime(HTTPMessageVerifier):
    """The library reads the wall clock; freshness is judged by `RequestVerifier` with an injected one."""

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        """Nothing here."""


@dataclass(frozen=True, slots=True)
class RequestVerifier:
    """Tells which programme signed a request.

    What was signed before this process started is stale, since its nonces are not remembered.
    """

    keys: Keys
    clock: Callable[[], datetime] = utc_now
    nonces: NonceMemory = field(default_factory=NonceMemory)
    started: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Notes when the memory of nonces begins."""
        object.__setattr__(self, "started", self.clock().replace(microsecond=0))

    def verify_request(self, request: ReceivedRequest) -> str:
        """The programme that signed `request`. Raises SignatureRefused.

        One code for unknown programme, unknown key and wrong signature: a stranger learns nothing.
        """
        parameters = self._verified(request).parameters
        programme = str(parameters["keyid"]).split("/", 1)[0]
        created, nonce, now = parameters.get("created"), parameters.get("nonce"), self.clock()
        if not isinstance(created, int) or not isinstance(nonce, str) or not _NONCE.fullmatch(nonce):
            raise SignatureRefused("signature")
        self._check_fresh(created, now)
        self.nonces.take(programme, nonce, now + WINDOW + 2 * SKEW, now)
        return programme

    def _verified(self, request: ReceivedRequest) -> VerifyResult:
        verifier = _AnyTime(signature_algorithm=algorithms.ED25519, key_resolver=_PinnedKeys(self.keys))
        try:
            results = verifier.verify(
                request, max_age=None, expect_tag=TAG, require_components=COVERED, body=request.body
            )
        except (HTTPMessageSignaturesException, ValueError):
            # The library's text quotes headers, so it may not travel on.
            raise SignatureRefused("signature") from None
        if len(results) != 1:
            raise SignatureRefused("signature")
        return results[0]

    def _check_fresh(self, created: int, now: datetime) -> None:
        at = created - now.timestamp()
        if at > SKEW.total_seconds() or -at > WINDOW.total_seconds() or created < self.started.timestamp():
            raise SignatureRefused("stale")


async def programme_of(request: Request, verifier: RequestVerifier) -> str:
    """The programme that signed a Starlette request. Raises Problem: 401, or 503 when too busy."""
    query = request.scope["query_string"].decode("latin-1")
    received = ReceivedRequest(
        method=request.method,
        target=request.scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
        header_lines=[(n.decode("latin-1"), v.decode("latin-1")) for n, v in request.scope["headers"]],
        body=await request.body(),
    )
    try:
        return verifier.verify_request(received)
    except SignatureRefused as refused:
        status, title, detail = _TOLD[refused.code]
        raise Problem(status, refused.code, title, detail) from None
