"""What the ledger shows a participant's programmes of their own consents: disclosures, and proofs of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from exchange_command.leaving.bundle import Row
from exchange_command.ledger_requests import LedgerAway, LedgerRefused
from referral_exchange import signing
from referral_exchange.http_signature import SignedAs
from referral_exchange.runtime.tls import verifying
from referral_exchange.settings import Settings

_AT_ONCE = 100
"""Consents that the ledger takes in one question."""

_SECONDS = 60.0
Page = Mapping[str, Any]


@dataclass(slots=True)
class OwnLedger:
    """The ledger as the programmes of one participant may ask it."""

    settings: Settings
    http: httpx.Client
    unknown: set[str] = field(default_factory=set)
    """Consents that it no longer knows, or that are not the asker's."""

    def disclosures(self, consents: Mapping[str, Sequence[str]]) -> Iterator[Row]:
        """What was given, sealed, opened, denied, ended; `consents`: ids by the programme that disclosed."""

        def ask(signed: SignedAs, ids: Sequence[str]) -> Iterator[Row]:
            body = {"consent_ids": list(ids)}
            yield from self._asked(lambda: self.http.post("/v1/disclosures", json=body, auth=signed))[
                "disclosures"
            ]

        return self._each(consents, ask)

    def proofs(self, consents: Mapping[str, Sequence[str]]) -> Iterator[Row]:
        """The ledger's own answers, as `deploy/verify_evidence.py` checks them: leaves, paths, checkpoint."""

        def ask(signed: SignedAs, ids: Sequence[str]) -> Iterator[Row]:
            first: int | None = 0
            while first is not None:
                page = self._page(signed, ids, first)
                yield page
                first = page["more_from"]

        return self._each(consents, ask)

    def _page(self, signed: SignedAs, ids: Sequence[str], first: int) -> Page:
        asked: dict[str, Any] = {"consent_id": list(ids), "first": first}
        return self._asked(lambda: self.http.get("/v1/evidence/proofs", params=asked, auth=signed))

    def _each(
        self,
        consents: Mapping[str, Sequence[str]],
        ask: Callable[[SignedAs, Sequence[str]], Iterator[Row]],
    ) -> Iterator[Row]:
        keys = Path(self.settings.need("keys"))
        for programme, ids in sorted(consents.items()):
            signed = SignedAs(signing.load_signer(keys, programme))
            for first in range(0, len(ids), _AT_ONCE):
                yield from self._known(signed, ids[first : first + _AT_ONCE], ask)

    def _known(
        self, signed: SignedAs, ids: Sequence[str], ask: Callable[[SignedAs, Sequence[str]], Iterator[Row]]
    ) -> Iterator[Row]:
        """The ledger answers for all or none; where one is unknown, the others are asked for apart."""
        asked = [each for each in ids if each not in self.unknown]
        if not asked:
            return
        try:
            yield from ask(signed, asked)
        except _Unknown:
            if len(asked) == 1:
                self.unknown.add(asked[0])
                return
            half = len(asked) // 2
            yield from self._known(signed, asked[:half], ask)
            yield from self._known(signed, asked[half:], ask)

    def _asked(self, send: Callable[[], httpx.Response]) -> Page:
        try:
            answer = send()
        except httpx.TransportError as error:
            raise LedgerAway(f"the ledger does not answer ({type(error).__name__})") from None
        if answer.is_success:
            return dict(answer.json())
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise _Unknown
        raise LedgerRefused(f"the ledger answered {answer.status_code}")


class _Unknown(Exception):
    """One of the consents is not one that the asker may list."""


@contextmanager
def as_participant(settings: Settings) -> Iterator[OwnLedger]:
    """Asks with the participant's certificate and its programmes' keys. Raises LedgerAway, LedgerRefused."""
    address = str(settings.need("ledger_url"))
    verify = True if settings.tls is None else verifying(settings.tls)
    with httpx.Client(base_url=address, verify=verify, timeout=_SECONDS, trust_env=False) as http:
        yield OwnLedger(settings, http)
