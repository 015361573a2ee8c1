"""The staff of the demo's health provider: they work in their own FHIR server and know no exchange."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import Any

import httpx

from exchange_command.demo.waiting import until
from fhir_health import codes
from fhir_health.elements import Resource, coding, concept, extension, identifier, link, place, programme
from fhir_health.mapping import referral_of
from fhir_health.marks import problem_on
from fhir_health.transport import FhirServer
from participant_edge.delivery import NotDelivered

OWN = "https://cedar-grove.example/sid/order"
"""The provider's own identifiers."""

PATIENT = "Invented Elderberry"
_SECONDS = 40.0


@dataclass(slots=True)
class Clinic:
    """Cedar Grove's desk. `made`: how many resources of its own it created."""

    server: FhirServer
    stand_in: httpx.Client
    made: int = 0
    seen: list[str] = field(default_factory=list)

    def task(self, referral_id: str) -> Resource:
        """Awaits the Task of a referral."""
        return until(lambda: self._find(referral_id), _SECONDS, "the Task at the provider")

    def awaits(self, task: Resource, what: str, **elements: Any) -> Resource:
        """Awaits that the Task has these elements."""
        return until(lambda: self._if_has(task, elements), _SECONDS, what)

    def declined(self, task: Resource) -> Resource:
        """Awaits the decline and its reason, which may come a moment later."""
        return until(lambda: self._with_reason(task), _SECONDS, "the decline on the clinic's Task")

    def writes(self, task: Resource, **changes: Any) -> Resource:
        """Staff change their Task."""
        return self.server.change(place(task), lambda now: {**now, **changes})

    def goes_wrong(self, *faults: dict[str, Any]) -> None:
        """The server fails like this for a while."""
        self.stand_in.put("/faults", json=list(faults)).raise_for_status()

    def count(self, kind: str) -> int:
        """How many resources of a kind the server holds."""
        return sum(1 for _ in self.server.changed(kind, ""))

    def refers(self, recipient: str, *, with_consent: bool = True) -> Resource:
        """Staff refer a patient of theirs, under a signed consent or, carelessly, without."""
        person = self._adds(
            {"resourceType": "Patient", "active": True, "name": [{"use": "usual", "text": PATIENT}]}
        )
        consent = [link(self._adds(_consent(person, recipient)))] if with_consent else []
        request = self._adds(_without_empty(_request(person, consent)))
        return self._adds(_task(person, request, recipient))

    def sent(self, task: Resource) -> str:
        """Awaits that the Task carries the referral that it became."""
        return until(
            lambda: referral_of(self.server.read(place(task))), _SECONDS, "the provider's Task is offered"
        )

    def problem(self, task: Resource) -> tuple[str, str]:
        """Awaits the mistake that comes back: its code and its element."""
        return until(lambda: problem_on(self.server.read(place(task))), _SECONDS, "the mistake on the Task")

    def _adds(self, resource: Resource) -> Resource:
        self.made += 1
        name = f"{datetime.now(UTC).isoformat()}-{self.made}"
        return self.server.create({**resource, "identifier": [identifier(OWN, name)]}, OWN, name)

    def _find(self, referral_id: str) -> Resource | None:
        try:
            return self.server.find("Task", codes.REFERRALS, referral_id)
        except NotDelivered:
            return None

    def _with_reason(self, task: Resource) -> Resource | None:
        now = self._if_has(task, {"status": "rejected"})
        return now if now and "statusReason" in now else None

    def _if_has(self, task: Resource, elements: dict[str, Any]) -> Resource | None:
        now = self.server.read(place(task))
        return now if all(now.get(name) == value for name, value in elements.items()) else None


def reason(code: str) -> Resource:
    """Why, in a code."""
    return concept((codes.REASON, code), text=code)


def _consent(person: Resource, recipient: str) -> Resource:
    now = datetime.now(UTC)
    classes = [coding(codes.DATA_CLASS, each) for each in ("needs", "identity", "safe-contact")]
    back = [coding(codes.DATA_CLASS, "service-status")]
    return {
        "resourceType": "Consent",
        "language": "en",
        "status": "active",
        "scope": concept((codes.CONSENT_SCOPE, "patient-privacy")),
        "category": [concept((codes.ACT_CODE, "IDSCL"))],
        "patient": link(person),
        "dateTime": now.isoformat(),
        "policyRule": {"text": "45 CFR 164.508"},
        "extension": [
            extension(
                codes.SIGNING,
                signerRole__valueCode="self",
                signerIsAbuser__valueBoolean=False,
                subjectIsMinor__valueBoolean=False,
                minorMaySignAlone__valueBoolean=False,
                minorSigned__valueBoolean=False,
                servicesConditioned__valueBoolean=False,
                explainedAt__valueInstant=(now - timedelta(minutes=5)).isoformat(),
                formCommitment__valueBase64Binary=b64encode(token_bytes(32)).decode(),
                fundingStreams__valueString="hipaa",
            )
        ],
        "provision": {
            "type": "permit",
            "period": {"end": (now + timedelta(days=30)).isoformat()},
            "actor": [{"role": concept((codes.PARTICIPATION, "IRCP")), "reference": programme(recipient)}],
            "purpose": [coding(codes.ACT_REASON, "TREAT")],
            "class": classes,
            "provision": [{"type": "permit", "class": back}],
        },
    }


def _request(person: Resource, consent: list[Resource]) -> Resource:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": concept((codes.SERVICE, "Housing Services"), (codes.SDOHCC, "housing-instability")),
        "subject": link(person),
        "supportingInfo": consent,
    }


def _task(person: Resource, request: Resource, recipient: str) -> Resource:
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": concept((codes.TASK_CODE, "fulfill")),
        "focus": link(request),
        "for": link(person),
        "owner": programme(recipient),
        "input": [
            {"type": concept((codes.NEED, "language")), "valueCode": "en"},
            {"type": concept((codes.NEED, "region")), "valueString": "North Valley"},
            {
                "type": concept((codes.NEED, "age-band")),
                "valueCodeableConcept": concept((codes.AGE_BAND, "adult")),
            },
        ],
    }


def _without_empty(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if value != []}
