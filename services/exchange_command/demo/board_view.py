"""The operator's screen in the demo: what the status board shows, as it changes."""

from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(slots=True)
class BoardView:
    """Reads the board by HTTP and remembers all it was shown."""

    http: httpx.Client
    seen: list[str] = field(default_factory=list)

    def row(self, referral_id: str) -> dict[str, Any] | None:
        """The board's row of one referral; None where it shows none."""
        answer = self.http.get("/v1/referrals")
        answer.raise_for_status()
        self.seen.append(answer.text)
        rows: list[dict[str, Any]] = answer.json()["referrals"]
        return next((row for row in rows if row["referral_id"] == referral_id), None)

    def waiting(self, referral_id: str) -> dict[str, Any] | None:
        """The row, where the board marks the referral as waiting."""
        row = self.row(referral_id)
        return row if row and row["waiting"] else None

    def moved_on(self, referral_id: str) -> bool:
        """Whether the board shows the referral as waiting no longer."""
        row = self.row(referral_id)
        return row is not None and not row["waiting"]
