"""The consent ledger as an edge asks it: signed HTTP requests, repeated while the answer is unknown."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import httpx

from participant_edge import ledger_messages as said
from participant_edge.errors import EdgeError, OutcomeUnknown, Refused, Suspended
from participant_edge.views import Disclosure, SurvivorCode
from referral_exchange.http_signature import SignedAs
from referral_exchange.message import Signer
from referral_exchange.runtime.tls import verifying
from referral_exchange.settings import Tls

T = TypeVar("T")

_PAUSES = (0.1, 0.3, 0.9)
"""Seconds before each repeat of one request; what still has no answer is repeated by the caller."""

_ENOUGH_S = 12.0
"""No repeat begins later than this after the first."""

_SUSPENDED = "suspended"
"""Code of a consent that a restored ledger holds until its discloser has confirmed it."""

_ASK_AGAIN = frozenset({401, 408, 429, 500, 502, 503, 504})
"""401: a ledger that has just started takes no signature from before; a fresh one may pass."""


class LedgerSilent(OutcomeUnknown):
    """The ledger did not answer in time, or not readably: repeat with the same ids."""


class LedgerClient:
    """Asks the ledger as one of the participant's programmes. Thread-safe.

    Every method raises Refused for a definite no, Suspended where a restored ledger waits for the consent
    to be confirmed, and LedgerSilent where no answer came.
    """

    def __init__(
        self,
        url: str,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], object] | None = None,
        timeout_s: float = 10.0,
        tls: Tls | None = None,
    ) -> None:
        """`transport` and `pause` stand in for network and waiting in tests; `tls`: who asks."""
        self._closed = threading.Event()
        self._pause = pause or self._closed.wait
        limits = httpx.Timeout(timeout_s, connect=2.0)
        self._http = httpx.Client(
            base_url=url, transport=transport, timeout=limits, trust_env=False, verify=verifying(tls)
        )

    def give(self, signer: Signer, consent: Mapping[str, Any], trace: str | None = None) -> said.Given:
        """Records the consent and its return consent; returns once the broker has both facts."""
        return self.ask(signer, "/v1/consents", consent, trace, said.given)

    def record_ground(
        self, signer: Signer, ground: Mapping[str, Any], trace: str | None = None
    ) -> said.Given:
        """Records a legal ground and what may come back under it."""
        return self.ask(signer, "/v1/grounds", ground, trace, said.grounded)

    def close_ground(self, signer: Signer, ground_id: str, trace: str | None = None) -> said.Withdrawn:
        """Ends a ground and what comes back under it, as its date would."""
        return self.ask(signer, "/v1/closings", {"ground_id": ground_id}, trace, said.closed)

    def confirm(self, signer: Signer, consent_ids: Sequence[str], trace: str | None = None) -> None:
        """The signer's edge knows that these are not withdrawn: a restored ledger makes them live again."""
        self.ask(signer, "/v1/confirmations", {"consent_ids": list(consent_ids)}, trace, lambda _: None)

    def withdraw(self, signer: Signer, consent_id: str, trace: str | None = None) -> said.Withdrawn:
        """Ends the consent and its return consent."""
        return self.ask(signer, "/v1/withdrawals", {"consent_id": consent_id}, trace, said.withdrawn)

    def seal(self, signer: Signer, parts: Sequence[said.ToLock], trace: str | None = None) -> list[bytes]:
        """One lock a part, in the same order; all or nothing."""
        body = {"parts": [said.locking(part) for part in parts]}
        return self.ask(signer, "/v1/seal", body, trace, lambda answer: said.locks(answer, parts))

    def open(
        self, signer: Signer, locks: Sequence[said.ToOpen], trace: str | None = None
    ) -> list[said.Unlocked]:
        """What the locks hold, in order; all or nothing. Each call is a disclosure in the evidence."""
        body = {"locks": [said.unlocking(lock) for lock in locks]}
        return self.ask(signer, "/v1/open", body, trace, lambda answer: said.opened(answer, locks))

    def check(
        self, signer: Signer, consent_id: str, referral_id: str, recipient: str, trace: str | None = None
    ) -> None:
        """Returns where the consent lets its discloser speak to the recipient now."""
        body = {"consent_id": consent_id, "referral_id": referral_id, "recipient": recipient}
        self.ask(signer, "/v1/check", body, trace, lambda _: None)

    def disclosures(
        self, signer: Signer, consent_ids: Sequence[str], trace: str | None = None
    ) -> list[Disclosure]:
        """The evidence under consents that the signer disclosed under."""
        body = {"consent_ids": list(consent_ids)}
        return self.ask(signer, "/v1/disclosures", body, trace, said.evidence)

    def survivor_code(
        self, signer: Signer, consent_id: str, request_id: str, trace: str | None = None
    ) -> SurvivorCode:
        """A code for the person who gave the signer this consent. The same request: the same code."""
        body = {"consent_id": consent_id, "request_id": request_id}
        return self.ask(signer, "/v1/person-codes", body, trace, said.survivor_code)

    def give_up(self) -> None:
        """What waits to be repeated is not, any more; what is under way is answered."""
        self._closed.set()

    def close(self) -> None:
        """Ends the connections."""
        self.give_up()
        self._http.close()

    def ask(
        self,
        signer: Signer,
        path: str,
        body: Mapping[str, Any],
        trace: str | None,
        read: Callable[[said.Answer], T],
    ) -> T:
        """What `read` makes of the answer to one signed request."""
        enough = time.monotonic() + _ENOUGH_S
        for pause in (*_PAUSES, None):
            answer = self._once(signer, path, body, trace)
            if answer is not None and answer.status_code not in _ASK_AGAIN:
                return _judged(answer, read)
            if pause is None or self._closed.is_set() or time.monotonic() > enough:
                break
            self._pause(pause)
        raise LedgerSilent("the consent ledger did not answer in time; repeat with the same ids")

    def _once(
        self, signer: Signer, path: str, body: Mapping[str, Any], trace: str | None
    ) -> httpx.Response | None:
        headers = {"traceparent": trace} if trace else {}
        try:
            return self._http.post(path, json=body, auth=SignedAs(signer), headers=headers)
        except (httpx.HTTPError, RuntimeError):
            # RuntimeError: the client was closed by a stop; either way no answer came.
            return None


def _judged(answer: httpx.Response, read: Callable[[said.Answer], T]) -> T:
    """An answer that is not of the agreed form is no answer; its text never travels on."""
    try:
        loaded: said.Answer = dict(answer.json()) if answer.content else {}
        if answer.is_success:
            return read(loaded)
        raise _refused(loaded)
    except (ValueError, KeyError, TypeError):
        raise LedgerSilent("the consent ledger's answer is not of the agreed form; update it") from None


def _refused(problem: said.Answer) -> EdgeError:
    code = str(problem["type"]).rsplit("/", 1)[-1]
    if code == _SUSPENDED:
        return Suspended("the ledger was restored; it waits until who gave this consent has confirmed it")
    detail = str(problem.get("detail") or problem.get("title") or "the consent ledger refuses this")
    return Refused(code, detail, problem.get("rule"), problem.get("law"))
