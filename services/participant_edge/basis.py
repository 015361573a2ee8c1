"""What a referral stands on when it is asked of the ledger: a signed consent, or a legal ground. Pure."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from participant_edge import asking
from participant_edge.commands import ConsentDraft, GroundDraft

OPEN_END = datetime.max.replace(tzinfo=UTC, microsecond=999000)
"""The end of a ground that has no date of its own."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The ids that this edge made for it, and its parties."""

    consent_id: str
    return_consent_id: str
    referral_id: str
    discloser: str
    recipient: str

    @property
    def parties(self) -> tuple[str, str]:
        """Who discloses, and to whom."""
        return self.discloser, self.recipient

    def asked(self, draft: ConsentDraft | GroundDraft, fresh: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is remembered of it, and the body of the request to the ledger.

        `fresh`: token of a person not seen before.
        """
        if isinstance(draft, GroundDraft):
            return asking.ground_facts_of(draft), self._ground(draft)
        token = draft.subject_token or fresh
        return asking.facts_of(draft, token), self._consent(draft, token)

    def _ground(self, draft: GroundDraft) -> dict[str, Any]:
        """The body of `POST /v1/grounds`."""
        ends = {"ends_at": draft.ends_at.isoformat()} if draft.ends_at is not None else {}
        return {
            "ground_id": self.consent_id,
            "return_ground_id": self.return_consent_id,
            "referral_id": self.referral_id,
            "discloser": self.discloser,
            "recipient": self.recipient,
            "kind": draft.kind,
            "statute": draft.statute,
            "jurisdiction": draft.jurisdiction,
            "data_classes": list(draft.data_classes),
            **ends,
            **({"compelled_by": draft.compelled_by} if draft.compelled_by is not None else {}),
            **({"notice_attempted": True} if draft.notice_attempted else {}),
        }

    def _consent(self, draft: ConsentDraft, token: str) -> dict[str, Any]:
        """The body of `POST /v1/consents`."""
        return {
            "consent_id": self.consent_id,
            "return_consent_id": self.return_consent_id,
            "referral_id": self.referral_id,
            "subject_token": token,
            "discloser": self.discloser,
            "recipient": self.recipient,
            "purpose": draft.purpose,
            "data_classes": list(draft.data_classes),
            "comes_back": list(draft.comes_back),
            "signer_role": draft.signer_role,
            "signer_is_abuser": draft.signer_is_abuser,
            "subject_is_minor": draft.subject_is_minor,
            "minor_may_sign_alone": draft.minor_may_sign_alone,
            "minor_signed": draft.minor_signed,
            "services_conditioned": draft.services_conditioned,
            "form_commitment": b64encode(draft.form_commitment).decode(),
            "language": draft.language,
            "explained_at": draft.explained_at.isoformat(),
            "signed_at": draft.signed_at.isoformat(),
            "ends_at": draft.ends_at.isoformat(),
            "funding_streams": list(draft.funding_streams),
            **({"intermediary_named": True} if draft.intermediary_named else {}),
            **({"exception_1367": draft.exception_1367} if draft.exception_1367 else {}),
            **({"official_class": draft.official_class} if draft.official_class else {}),
        }
