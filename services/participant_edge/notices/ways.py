"""The ways out, as the ladder uses them: one call a contact and way."""

from datetime import datetime
from typing import Any, Protocol

from participant_edge.notices import webhook
from participant_edge.notices.outcomes import Failed, Outcome
from participant_edge.notices.rules import Rung
from participant_edge.notices.settings import NoticeSettings

Told = dict[str, Any]
"""Routing fields of what waits, for a webhook; mail and SMS are told none of it."""


class Ways(Protocol):
    """Tells a rung's contact. Tests hand in their own."""

    def tell(self, rung: Rung, message_id: str, told: list[Told], at: datetime) -> Outcome:
        """One attempt. `message_id` is the same for a repeat."""


class RealWays:
    """Mail server, SMS provider and webhooks of the settings."""

    def __init__(self, settings: NoticeSettings) -> None:
        """Connects nothing yet."""
        self._settings = settings

    def tell(self, rung: Rung, message_id: str, told: list[Told], at: datetime) -> Outcome:
        """One attempt."""
        contact = self._settings.contacts[rung.to]
        if rung.by == "email" and self._settings.mail and contact.email:
            return self._settings.mail.send(contact.email, message_id)
        if rung.by == "sms" and self._settings.sms and contact.sms:
            return self._settings.sms.send(contact.sms, message_id)
        if rung.by == "webhook" and contact.webhook:
            payload = {"type": "notice", "timestamp": at.isoformat(), "data": {"waiting": told}}
            private = self._settings.allow_private
            return webhook.deliver(contact.webhook, message_id, payload, at, allow_private=private)
        return Failed("not-set-up", gateway=False, lasting=True)
