"""Signed requests: whole, fresh, once, and by a key that is pinned."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import ContentDigest, HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms
from hypothesis import given as whatever
from hypothesis import settings
from hypothesis import strategies as st

from referral_exchange.http_signature import (
    COVERED,
    SKEW,
    TAG,
    WINDOW,
    NonceMemory,
    ReceivedRequest,
    RequestVerifier,
    SignatureRefused,
    SignedAs,
)
from referral_exchange.signing import ProgrammeSigner

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIGNER = ProgrammeSigner("harbor-shelter", "1", Ed25519PrivateKey.generate())


@dataclass
class TurnedClock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def keys(programme: str, key_id: str, /) -> bytes | None:
    return SIGNER.public if (programme, key_id) == ("harbor-shelter", "1") else None


def a_verifier(clock: Callable[[], datetime]) -> RequestVerifier:
    return RequestVerifier(keys, clock)


def signed(
    signer: ProgrammeSigner = SIGNER,
    at: datetime = NOW,
    body: bytes = b'{"a": 1}',
    target: str = "/v1/open?x=1&y=%20",
) -> ReceivedRequest:
    request = httpx.Request("POST", f"https://ledger.example{target}", content=body)
    sent = next(SignedAs(signer, lambda: at).auth_flow(request))
    return as_received(sent)


def as_received(sent: httpx.Request) -> ReceivedRequest:
    lines = [(name.decode().lower(), value.decode()) for name, value in sent.headers.raw]
    return ReceivedRequest(sent.method, sent.url.raw_path.decode(), lines, sent.content)


def with_header(request: ReceivedRequest, name: str, value: str | None) -> ReceivedRequest:
    kept = [(n, v) for n, v in request.header_lines if n != name]
    return replace(request, header_lines=kept + ([(name, value)] if value is not None else []))


def header(request: ReceivedRequest, name: str) -> str:
    return dict(request.header_lines)[name]


def given(request: ReceivedRequest) -> str:
    return header(request, "signature-input")


def refusal(verifier: RequestVerifier, request: ReceivedRequest) -> str:
    with pytest.raises(SignatureRefused) as refused:
        verifier.verify_request(request)
    assert str(refused.value) == refused.value.code
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return refused.value.code


def test_a_signed_request_tells_its_programme() -> None:
    assert a_verifier(TurnedClock()).verify_request(signed()) == "harbor-shelter"
    assert a_verifier(TurnedClock()).verify_request(signed(body=b"", target="/")) == "harbor-shelter"


def test_the_signature_input_is_what_rfc_9421_says() -> None:
    told = header(signed(), "signature-input")
    assert told.startswith('exchange=("@method" "@path" "@query" "content-digest");')
    assert 'keyid="harbor-shelter/1"' in told
    assert f'tag="{TAG}"' in told
    assert 'alg="ed25519"' in told
    assert f"created={int(NOW.timestamp())}" in told


@pytest.mark.parametrize(
    "change",
    [
        lambda r: replace(r, method="PUT"),
        lambda r: replace(r, target="/v1/seal?x=1&y=%20"),
        lambda r: replace(r, target="/v1/open?x=2&y=%20"),
        lambda r: replace(r, target="/v1/open"),
        lambda r: replace(r, target="/v1/open?x=1&y=%zz"),
        lambda r: replace(r, body=b'{"a": 2}'),
        lambda r: replace(r, body=b""),
        lambda r: with_header(r, "content-digest", None),
        lambda r: with_header(r, "content-digest", "sha-256=:AAAA:"),
        lambda r: with_header(r, "signature", None),
        lambda r: with_header(r, "signature-input", None),
        lambda r: with_header(r, "signature", "exchange=:AAAA:"),
        lambda r: with_header(r, "signature", "exchange=1"),
        lambda r: with_header(r, "signature", "é;;"),
        lambda r: with_header(r, "signature-input", given(r).replace("@path", "@scheme")),
        lambda r: with_header(r, "signature-input", given(r).replace('"@query" ', "")),
        lambda r: with_header(r, "signature-input", given(r).replace("harbor", "meadow")),
        lambda r: with_header(r, "signature-input", given(r).replace("/1", "/2")),
        lambda r: with_header(r, "signature-input", given(r) + ";more=1"),
        lambda r: with_header(r, "signature-input", given(r).replace("created=", "created=1")),
        lambda r: replace(r, header_lines=[*r.header_lines, ("content-digest", "sha-256=:AAAA:")]),
        lambda r: replace(r, header_lines=[*r.header_lines, ("signature-input", given(r))]),
    ],
)
def test_any_change_breaks_it_and_every_break_looks_alike(
    change: Callable[[ReceivedRequest], ReceivedRequest],
) -> None:
    assert refusal(a_verifier(TurnedClock()), change(signed())) == "signature"


def test_unknown_programme_unknown_key_and_wrong_key_look_alike() -> None:
    strangers = [
        ProgrammeSigner("meadow-housing", "1", SIGNER.private),
        ProgrammeSigner("harbor-shelter", "2", SIGNER.private),
        ProgrammeSigner("harbor-shelter", "1", Ed25519PrivateKey.generate()),
        ProgrammeSigner("harbor-shelter/1", "1", SIGNER.private),
        ProgrammeSigner("", "1", SIGNER.private),
    ]
    verifier = a_verifier(TurnedClock())
    assert {refusal(verifier, signed(stranger)) for stranger in strangers} == {"signature"}


@pytest.mark.parametrize(
    ("age", "code"),
    [
        (WINDOW, None),
        (WINDOW + timedelta(seconds=1), "stale"),
        (-SKEW, None),
        (-SKEW - timedelta(seconds=1), "stale"),
        (timedelta(days=365), "stale"),
    ],
)
def test_a_signature_is_fresh_for_a_minute(age: timedelta, code: str | None) -> None:
    clock = TurnedClock(NOW - timedelta(days=400))
    verifier = a_verifier(clock)
    clock.now = NOW
    request = signed(at=NOW - age)
    if code is None:
        assert verifier.verify_request(request) == "harbor-shelter"
    else:
        assert refusal(verifier, request) == code


def test_a_request_counts_once() -> None:
    clock = TurnedClock()
    verifier, request = a_verifier(clock), signed()
    verifier.verify_request(request)
    assert refusal(verifier, request) == "replayed"
    clock.now += WINDOW
    assert refusal(verifier, request) == "replayed"
    clock.now += timedelta(seconds=1)
    assert refusal(verifier, request) == "stale"


def test_a_request_from_before_the_start_is_stale_since_its_nonce_is_not_remembered() -> None:
    request = signed()
    restarted = a_verifier(TurnedClock(NOW + timedelta(seconds=5)))
    assert refusal(restarted, request) == "stale"


def test_nonces_are_forgotten_with_time_and_a_full_memory_refuses_one_programme_only() -> None:
    memory, later = NonceMemory(limit=2), NOW + timedelta(minutes=2)
    memory.take("harbor-shelter", "a", later, NOW)
    memory.take("harbor-shelter", "b", later, NOW)
    with pytest.raises(SignatureRefused, match="busy"):
        memory.take("harbor-shelter", "c", later, NOW)
    memory.take("meadow-housing", "a", later, NOW)
    after = later + timedelta(seconds=1)
    memory.take("harbor-shelter", "c", after + timedelta(minutes=2), after)


class _Keys(HTTPSignatureKeyResolver):
    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        return SIGNER.private


@pytest.mark.parametrize(
    "own",
    [
        {"nonce": None},
        {"nonce": "short"},
        {"nonce": "has spaces and signs!!"},
        {"tag": "another-application"},
        {"tag": None},
        {"covered_component_ids": COVERED[:3]},
        {"covered_component_ids": ("@method",)},
    ],
)
def test_a_good_key_that_signs_too_little_proves_nothing(own: dict[str, object]) -> None:
    request = httpx.Request("POST", "https://ledger.example/v1/open", content=b"{}")
    usual: dict[str, object] = {
        "key_id": "harbor-shelter/1",
        "created": NOW,
        "nonce": "n" * 22,
        "tag": TAG,
        "covered_component_ids": COVERED,
    }
    request.headers["content-digest"] = ContentDigest.create(b"{}")
    maker = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Keys())
    maker.sign(request, use_existing_digest=True, **{**usual, **own})  # type: ignore[arg-type]
    assert refusal(a_verifier(TurnedClock()), as_received(request)) == "signature"


def test_a_request_sent_again_is_signed_anew() -> None:
    request = httpx.Request("POST", "https://ledger.example/v1/open", content=b"{}")
    auth, verifier = SignedAs(SIGNER, lambda: NOW), a_verifier(TurnedClock())
    for _ in range(2):
        assert verifier.verify_request(as_received(next(auth.auth_flow(request)))) == "harbor-shelter"


@settings(max_examples=150, deadline=None)
@whatever(st.sampled_from(("signature", "signature-input", "content-digest")), st.text(max_size=200))
def test_no_header_whatever_makes_it_fail_otherwise_than_by_refusing(name: str, value: str) -> None:
    request = with_header(signed(), name, value.encode("latin-1", "replace").decode("latin-1"))
    assert refusal(a_verifier(TurnedClock()), request) == "signature"
