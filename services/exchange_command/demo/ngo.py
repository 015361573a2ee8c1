"""An NGO in the demo: speaks to its own bridge by HTTP and remembers all it was shown."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from exchange_command.demo.stories import Story
from exchange_command.demo.waiting import until

_REPEAT_S = 60.0


class Refused(Exception):
    """The bridge said no; carries the problem's rule and law, as a caseworker sees them."""

    def __init__(self, problem: dict[str, Any]) -> None:
        """`problem`: the body of an RFC 9457 answer."""
        super().__init__(str(problem.get("title", "not allowed")))
        self.problem = problem


@dataclass(slots=True)
class Ngo:
    """One participant. `seen` holds the text of every answer it got."""

    participant: str
    http: httpx.Client
    seen: list[str] = field(default_factory=list)

    def get(self, path: str) -> dict[str, Any]:
        """The JSON at `path`. Raises Refused, httpx.HTTPError."""
        return self._read(self.http.get(path))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Does one thing once: 503 means outcome unknown, so it is repeated under the same key.

        Raises Refused, httpx.HTTPError, TookTooLong.
        """
        named = {"Idempotency-Key": str(uuid.uuid4())}
        answer = until(lambda: self._known(path, body, named), _REPEAT_S, f"{self.participant}: an answer")
        return self._read(answer)

    def consent(self, story: Story, recipient: str) -> dict[str, Any]:
        """Records a written consent for one recipient."""
        now = datetime.now(UTC)
        body = {
            "programme_from": story.sender,
            "recipient": recipient,
            "purpose": "services",
            "data_classes": list(story.data_classes),
            "comes_back": ["service-status"],
            "language": story.needs["languages"][0],
            "signer_role": "self",
            "subject_is_minor": story.minor,
            "minor_may_sign_alone": story.minor,
            "minor_signed": story.minor,
            "explained_at": (now - timedelta(minutes=5)).isoformat(),
            "signed_at": now.isoformat(),
            "ends_at": (now + timedelta(days=30)).isoformat(),
        }
        return self.post("/v1/consents", body)

    def offer(self, story: Story, consent_id: str) -> dict[str, Any]:
        """Offers the need, without identity."""
        body = {"consent_id": consent_id, "urgency": story.urgency, "needs": story.needs}
        return self.post("/v1/referrals", body)

    def disclose(self, story: Story, referral_id: str) -> dict[str, Any]:
        """Hands over the identity and what goes with it."""
        parts = [{"data_class": name, "fields": fields} for name, fields in story.disclosed.items()]
        return self.post(f"/v1/referrals/{referral_id}/disclosures", {"parts": parts})

    def open(self, referral_id: str) -> dict[str, dict[str, Any]]:
        """Opens what was sealed for this NGO; fields by data class. Raises Refused."""
        answer = self.post(f"/v1/referrals/{referral_id}/openings", {})
        return {part["data_class"]: part["fields"] for part in answer["parts"]}

    def state(self, referral_id: str) -> str | None:
        """The referral's state as this NGO sees it; None where it has not arrived."""
        answer = self.http.get(f"/v1/referrals/{referral_id}")
        return None if answer.status_code == httpx.codes.NOT_FOUND else str(self._read(answer)["state"])

    def arrived(self, referral_id: str, *states: str, seconds: float = 20) -> str:
        """Waits until the referral stands in one of `states` here, and says which."""
        found = until(lambda: self._if_in(referral_id, states), seconds, f"{self.participant}: {states[0]}")
        return str(found)

    def deliveries(self, referral_id: str) -> int:
        """How many offers of `referral_id` reached the inbox."""
        entries = [entry for entry in self.inbox() if entry["referral_id"] == referral_id]
        return sum(1 for entry in entries if entry["event"].startswith("ReferralOffered"))

    def inbox(self) -> Iterator[dict[str, Any]]:
        """Every entry of the inbox, page by page."""
        cursor = ""
        while True:
            page = self.get(f"/v1/inbox?limit=100{cursor}")
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = f"&cursor={page['next']}"

    def _known(self, path: str, body: dict[str, Any], named: dict[str, str]) -> httpx.Response | None:
        answer = self.http.post(path, json=body, headers=named)
        return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else answer

    def _if_in(self, referral_id: str, states: tuple[str, ...]) -> str | None:
        state = self.state(referral_id)
        return state if state in states else None

    def _read(self, answer: httpx.Response) -> dict[str, Any]:
        self.seen.append(answer.text)
        if answer.headers.get("content-type", "").startswith("application/problem+json"):
            raise Refused(answer.json())
        answer.raise_for_status()
        body: dict[str, Any] = answer.json() if answer.content else {}
        return body
