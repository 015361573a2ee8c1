"""The consent ledger as the page asks it: codes, what a session is shown, taking back, being done."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from participant_edge.errors import Refused
from participant_edge.ledger_client import LedgerClient
from referral_exchange.message import Signer
from survivor_page.rules import Opened, Shared


class NotKnown(Exception):
    """The ledger knows no such code or session, or not any more; it never says which."""


@dataclass(frozen=True, slots=True)
class PageLedger:
    """Asks as the page's own programme. Thread-safe. Every method may raise OutcomeUnknown."""

    client: LedgerClient
    signer: Signer

    def open(self, code: str, session: bytes) -> datetime:
        """Uses the code up for `session`; until when it may look. Raises NotKnown."""
        return _time(self._ask("sessions", {"code": code, "session": _text(session)})["expires_at"])

    def view(self, session: bytes) -> list[Shared]:
        """What she agreed to there, oldest first. Raises NotKnown."""
        return [_shared(each) for each in self._ask("views", {"session": _text(session)})["consents"]]

    def withdraw(self, session: bytes, consent_id: str) -> datetime:
        """Since when it is in force. Raises NotKnown."""
        answer = self._ask("withdrawals", {"session": _text(session), "consent_id": consent_id})
        return _time(answer["in_force_at"])

    def end(self, session: bytes) -> None:
        """Nobody looks on with it."""
        self._ask("endings", {"session": _text(session)})

    def _ask(self, what: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self.client.ask(self.signer, f"/v1/person-{what}", body, None, dict)
        except Refused:
            raise NotKnown from None


def _shared(each: Mapping[str, Any]) -> Shared:
    ends_at, ended_at = each["ends_at"], each["ended_at"]
    return Shared(
        consent_id=each["consent_id"],
        referral_id=each["referral_id"],
        discloser=each["discloser"],
        recipient=each["recipient"],
        data_classes=tuple(each["data_classes"]),
        given_at=_time(each["given_at"]),
        ends_at=None if ends_at is None else _time(ends_at),
        standing=each["standing"],
        ended_at=None if ended_at is None else _time(ended_at),
        opened=tuple(Opened(o["data_class"], _time(o["at"])) for o in each["opened"]),
    )


def _text(session: bytes) -> str:
    return b64encode(session).decode()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
