"""What `exchange evidence` and `exchange held` ask of the ledger, as the operator."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from exchange_command.authority import OPERATOR
from exchange_command.evidence_file import Ask
from exchange_command.places import Places
from exchange_command.problem import Problem
from referral_exchange import signing
from referral_exchange.http_signature import SignedAs
from referral_exchange.runtime.tls import verifying

_LEDGER = "consent_ledger"
_SECONDS = 60.0


class LedgerAway(Problem):
    """The ledger does not answer."""


class LedgerRefused(Problem):
    """The ledger did not do it; the message says why and what to do."""


def operators_client(places: Places, within_s: float) -> httpx.Client:
    """Asks the ledger of this platform, signed by the operator. Raises signing.KeyUnusable."""
    return httpx.Client(
        base_url=places.address(_LEDGER),
        auth=SignedAs(signing.load_signer(places.keys, OPERATOR)),
        verify=verifying(places.tls(OPERATOR)),
        timeout=within_s,
        trust_env=False,
    )


@contextmanager
def asking(places: Places) -> Iterator[Ask]:
    """Asks the ledger of this platform while open. Raises LedgerAway, LedgerRefused."""
    try:
        made = operators_client(places, _SECONDS)
    except signing.KeyUnusable as error:
        raise Problem(str(error)) from None
    with made as client:
        yield lambda path, asked: _ask(client, path, asked)


def _ask(client: httpx.Client, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    try:
        answer = client.get(path, params=dict(asked))
    except httpx.TransportError as error:
        told = f"the ledger does not answer ({type(error).__name__}); run `exchange up`, then again"
        raise LedgerAway(told) from None
    if answer.is_success:
        found: dict[str, Any] = answer.json()
        return found
    raise LedgerRefused(_told(answer))


def _told(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    title = problem.get("title", f"the ledger answered {answer.status_code}")
    return f"{title}. {problem.get('detail', '')}".rstrip()
